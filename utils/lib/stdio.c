/*
 * utils/lib/stdio.c -- printing on the console.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include <stdbool.h>
#include <string.h>

#include <mach.h>

#include "lib/atomic.h"
#include "lib/format.h"

#define FILE_LINE	256		/* bytes at a time, with the 0 */

/* A line that is not ended yet, by lock. */
struct user_file {
	int	lock;
	size_t	length;
	char	line[FILE_LINE];
};

static struct user_file out_file, error_file;
FILE *const stdout = &out_file;
FILE *const stderr = &error_file;

static void
file_enter(FILE *file)
{
	while (atomic_exchange(&file->lock, 1) != 0)
		swtch_pri(0);
}

static void
file_leave(FILE *file)
{
	atomic_store_release(&file->lock, 0);
}

static void
file_flush(FILE *file)
{
	if (file->length == 0)
		return;
	file->line[file->length] = '\0';
	mach_print(file->line);
	file->length = 0;
}

static void
file_put(void *arg, const char *text, size_t length)
{
	FILE *file = arg;

	for (size_t i = 0; i < length; i++) {
		file->line[file->length++] = text[i];
		if (text[i] == '\n' || file->length == FILE_LINE - 1)
			file_flush(file);
	}
}

static int
file_format(FILE *file, const char *format, va_list args)
{
	size_t length;

	file_enter(file);
	length = format_v(file_put, file, format, args);
	file_leave(file);
	return (int)length;
}

int
vprintf(const char *restrict format, va_list args)
{
	return file_format(stdout, format, args);
}

int
printf(const char *restrict format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = file_format(stdout, format, args);
	va_end(args);
	return length;
}

int
fprintf(FILE *restrict file, const char *restrict format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = file_format(file, format, args);
	va_end(args);
	return length;
}

int
vsnprintf(char *restrict buffer, size_t size, const char *restrict format,
	  va_list args)
{
	return kvsnprintf(buffer, size, format, args);
}

int
snprintf(char *restrict buffer, size_t size, const char *restrict format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = kvsnprintf(buffer, size, format, args);
	va_end(args);
	return length;
}

int
fputs(const char *restrict text, FILE *restrict file)
{
	file_enter(file);
	file_put(file, text, strlen(text));
	file_leave(file);
	return 0;
}

int
puts(const char *text)
{
	fputs(text, stdout);
	return putchar('\n');
}

int
putchar(int c)
{
	char text = (char)c;

	file_enter(stdout);
	file_put(stdout, &text, 1);
	file_leave(stdout);
	return c;
}

int
fflush(FILE *file)
{
	if (file == NULL)
		return fflush(stdout) | fflush(stderr);
	file_enter(file);
	file_flush(file);
	file_leave(file);
	return 0;
}
