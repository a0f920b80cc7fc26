/*
 * kern/printf.c -- formatted text to the console.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/console.h"
#include "kern/printf.h"
#include "lib/format.h"
#include "lib/string.h"

/* Pieces of formatted text are gathered here, so that lines come out whole. */
struct printf_line {
	size_t used;
	char text[KPRINTF_LINE];
};

static void
printf_flush(struct printf_line *line)
{
	if (line->used > 0)
		console_write(line->text, line->used);
	line->used = 0;
}

static void
printf_put(void *arg, const char *text, size_t length)
{
	struct printf_line *line = arg;

	while (length > 0) {
		size_t piece = MIN(length, sizeof line->text - line->used);

		memcpy(line->text + line->used, text, piece);
		line->used += piece;
		text += piece;
		length -= piece;
		if (line->used == sizeof line->text)
			printf_flush(line);
	}
}

int
kvprintf(const char *fmt, va_list args)
{
	struct printf_line line;
	size_t length;

	line.used = 0;
	length = format_v(printf_put, &line, fmt, args);
	printf_flush(&line);
	return (int)MIN(length, (size_t)INT_MAX);
}

int
kprintf(const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = kvprintf(fmt, args);
	va_end(args);
	return length;
}
