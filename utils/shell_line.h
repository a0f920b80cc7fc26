/*
 * utils/shell_line.h -- a line that is typed and edited.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef UTILS_SHELL_LINE_H
#define UTILS_SHELL_LINE_H

#include <stddef.h>

#define SHELL_LINE	128	/* bytes, with the 0 */
#define SHELL_HISTORY	16	/* lines that come back */

struct shell_line {
	const char	*prompt;
	size_t		length;
	size_t		cursor;		/* at most length */
	size_t		shown;		/* columns behind the prompt */
	unsigned int	escape;		/* bytes of an arrow's code */
	char		text[SHELL_LINE];
	char		done[SHELL_LINE];	/* what was given out */
	unsigned int	nr_old;		/* lines ever kept */
	unsigned int	back;		/* how far back the shown one is */
	char		old[SHELL_HISTORY][SHELL_LINE];
};

/* Print the prompt and begin an empty line; the history stays. */
void shell_line_begin(struct shell_line *line, const char *prompt);

/*
 * A byte was typed.  Returns the whole line, which may be changed, after
 * Return; else NULL.
 */
char *shell_line_key(struct shell_line *line, char key);

#endif /* UTILS_SHELL_LINE_H */
