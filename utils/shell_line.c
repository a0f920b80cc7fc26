/*
 * utils/shell_line.c -- see utils/shell_line.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "utils/shell_line.h"

#include <stdio.h>
#include <string.h>

#include "lib/macros.h"

#define CONTROL(letter)	((letter) - 'A' + 1)
#define CHAR_DELETE	0x7f
#define CHAR_ESCAPE	0x1b

/* Write the line again from its start, and put the cursor in its place. */
static void
line_show(struct shell_line *line)
{
	size_t blanks = line->shown > line->length
		? line->shown - line->length : 0;
	size_t back = line->length + blanks - line->cursor;

	printf("\r%s%.*s%*s", line->prompt, (int)line->length, line->text,
	       (int)blanks, "");
	for (size_t i = 0; i < back; i++)
		putchar('\b');
	fflush(stdout);
	line->shown = line->length;
}

void
shell_line_begin(struct shell_line *line, const char *prompt)
{
	line->prompt = prompt;
	line->length = 0;
	line->cursor = 0;
	line->shown = 0;
	line->escape = 0;
	line->back = 0;
	line_show(line);
}

static void
line_insert(struct shell_line *line, char c)
{
	if (line->length == SHELL_LINE - 1)
		return;
	memmove(line->text + line->cursor + 1, line->text + line->cursor,
		line->length - line->cursor);
	line->text[line->cursor++] = c;
	line->length++;
}

/* Take what is between two places out. */
static void
line_cut(struct shell_line *line, size_t start, size_t end)
{
	memmove(line->text + start, line->text + end, line->length - end);
	line->length -= end - start;
	line->cursor = start;
}

static size_t
line_word_start(const struct shell_line *line)
{
	size_t at = line->cursor;

	while (at > 0 && line->text[at - 1] == ' ')
		at--;
	while (at > 0 && line->text[at - 1] != ' ')
		at--;
	return at;
}

/* Show an older line, or with 0 an empty one. */
static void
line_recall(struct shell_line *line, unsigned int back)
{
	const char *old;

	if (back > MIN(line->nr_old, SHELL_HISTORY))
		return;
	line->back = back;
	old = back == 0 ? "" : line->old[(line->nr_old - back)
					 % SHELL_HISTORY];
	line->length = strlen(old);
	line->cursor = line->length;
	memcpy(line->text, old, line->length);
}

/* The last byte of an arrow's code. */
static void
line_arrow(struct shell_line *line, char key)
{
	if (key == 'A')
		line_recall(line, line->back + 1);
	else if (key == 'B' && line->back > 0)
		line_recall(line, line->back - 1);
	else if (key == 'C' && line->cursor < line->length)
		line->cursor++;
	else if (key == 'D' && line->cursor > 0)
		line->cursor--;
}

static char *
line_finish(struct shell_line *line)
{
	line->cursor = line->length;
	line_show(line);
	putchar('\n');
	memcpy(line->done, line->text, line->length);
	line->done[line->length] = '\0';
	if (line->length > 0)
		memcpy(line->old[line->nr_old++ % SHELL_HISTORY], line->done,
		       line->length + 1);
	return line->done;
}

/* Keys that edit; others are inserted if they can be shown. */
static void
line_edit(struct shell_line *line, char key)
{
	switch (key) {
	case CONTROL('A'):
		line->cursor = 0;
		break;
	case CONTROL('B'):
		line_arrow(line, 'D');
		break;
	case CONTROL('C'):
	case CONTROL('U'):
		line_cut(line, 0, line->length);
		break;
	case CONTROL('E'):
		line->cursor = line->length;
		break;
	case CONTROL('F'):
		line_arrow(line, 'C');
		break;
	case CONTROL('H'):
	case CHAR_DELETE:
		if (line->cursor > 0)
			line_cut(line, line->cursor - 1, line->cursor);
		break;
	case CONTROL('K'):
		line_cut(line, line->cursor, line->length);
		break;
	case CONTROL('N'):
		line_arrow(line, 'B');
		break;
	case CONTROL('P'):
		line_arrow(line, 'A');
		break;
	case CONTROL('W'):
		line_cut(line, line_word_start(line), line->cursor);
		break;
	default:
		if (key >= ' ')
			line_insert(line, key);
		break;
	}
}

char *
shell_line_key(struct shell_line *line, char key)
{
	if (line->escape == 1 && key == '[') {
		line->escape = 2;
		return NULL;
	}
	if (line->escape == 2) {
		line->escape = 0;
		line_arrow(line, key);
	} else if (key == CHAR_ESCAPE) {
		line->escape = 1;
		return NULL;
	} else if (key == '\r' || key == '\n') {
		return line_finish(line);
	} else {
		line->escape = 0;
		line_edit(line, key);
	}
	line_show(line);
	return NULL;
}
