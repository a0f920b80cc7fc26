/*
 * lib/cmdline.h -- the words of the kernel's command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words are separated by spaces, tabs and newlines; nothing is quoted.  The
 * first '=' of a word ends its name:
 *
 *	console=com0	name "console", value "com0"
 *	a=b=c		name "a", value "b=c"
 *	debug-exit	name "debug-exit", no value
 *	-s		letters: name "-s", no value
 *
 * A NULL line is an empty line.  Lines are not changed and not kept.
 */
#ifndef LIB_CMDLINE_H
#define LIB_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

/* A word; name and value point into the line and do not end in a 0. */
struct cmdline_word {
	const char *name;
	size_t	name_length;	/* not 0, except for a word like "=x" */
	const char *value;	/* NULL: the word has no '=' */
	size_t	value_length;
};

/**
 * cmdline_next - cut the first word off a line
 * @line:	in: the line or what is left of it; out: what is left
 * @word:	is filled
 *
 * Return:  false if there are only blanks left.
 */
bool cmdline_next(const char **line, struct cmdline_word *word);

/**
 * cmdline_find - look for a word by its name
 * @line:	the line
 * @name:	without '='
 * @buffer:	gets the value of the first such word, empty if it has none,
 *		cut if it does not fit; always ends in a 0.  Unchanged if there
 *		is no such word.  May be NULL if @size is 0
 * @size:	of @buffer in bytes
 *
 * Return:  whether there is such a word, with or without a value.
 */
bool cmdline_find(const char *line, const char *name, char *buffer,
		  size_t size);

/* Is there a word of this name, with or without a value? */
static inline bool
cmdline_has(const char *line, const char *name)
{
	return cmdline_find(line, name, NULL, 0);
}

/**
 * cmdline_number - a value as a decimal number
 * @text:	digits and nothing else
 * @number:	set on success
 *
 * Return:  false: it is not one, or too large.
 */
bool cmdline_number(const char *text, unsigned long *number);

/**
 * cmdline_letters - the value of the boot variable boot-args
 * @line:	the line
 * @buffer:	gets "-" and the letters of all words that begin with '-', in
 *		order, cut if they do not fit; "-x" if there are none
 * @size:	of @buffer in bytes; at least 3
 */
void cmdline_letters(const char *line, char *buffer, size_t size);

/**
 * cmdline_root_device - the value of the boot variable root-device
 * @line:	the line
 * @buffer:	gets the value of root= less a leading "/dev/", cut if it does
 *		not fit; "UNKNOWN" if there is no root=
 * @size:	of @buffer in bytes; not 0
 */
void cmdline_root_device(const char *line, char *buffer, size_t size);

#endif /* LIB_CMDLINE_H */
