/* utils/lib/include/stdlib.h -- what the utilities need of C11 7.22. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UTILS_LIB_INCLUDE_STDLIB_H
#define UTILS_LIB_INCLUDE_STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS	0
#define EXIT_FAILURE	1

/* Any thread may call these. */
void *malloc(size_t size);
void *calloc(size_t number, size_t size);
void *realloc(void *object, size_t size);
void free(void *object);

/* A number too large becomes the largest; base is 0, 10 or 16. */
unsigned long strtoul(const char *restrict text, char **restrict end, int base);

/* Not stable; takes n log n comparisons and no memory. */
void qsort(void *base, size_t number, size_t size,
	   int (*compare)(const void *, const void *));

/* Tell whoever waits for it, and end the task. */
_Noreturn void exit(int status);
_Noreturn void abort(void);

#endif /* UTILS_LIB_INCLUDE_STDLIB_H */
