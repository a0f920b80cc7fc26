/* utils/lib/include/stdio.h -- what the utilities need of C11 7.21. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UTILS_LIB_INCLUDE_STDIO_H
#define UTILS_LIB_INCLUDE_STDIO_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/macros.h"

#define EOF	(-1)

/* Both go to the console, a line at a time; conversions: lib/format.h. */
typedef struct user_file FILE;
extern FILE *const stdout;
extern FILE *const stderr;

int printf(const char *restrict format, ...) PRINTF_LIKE(1, 2);
int vprintf(const char *restrict format, va_list args) PRINTF_LIKE(1, 0);
int fprintf(FILE *restrict file, const char *restrict format, ...)
	PRINTF_LIKE(2, 3);
int snprintf(char *restrict buffer, size_t size, const char *restrict format,
	     ...) PRINTF_LIKE(3, 4);
int vsnprintf(char *restrict buffer, size_t size, const char *restrict format,
	      va_list args) PRINTF_LIKE(3, 0);
int puts(const char *text);
int putchar(int c);
int fputs(const char *restrict text, FILE *restrict file);
int fflush(FILE *file);

#endif /* UTILS_LIB_INCLUDE_STDIO_H */
