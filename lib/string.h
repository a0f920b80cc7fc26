/*
 * lib/string.h -- memory and strings, as in the C library.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In the kernel these are lib/string.c; on the host they are the C library's
 * (the sanitizers know those), and lib/string.c is tested under other names.
 * The compiler calls memcpy, memmove, memset and memcmp by itself too.
 *
 * Where defined: C11 7.24; strnlen: POSIX.1-2008; strlcpy: POSIX.1-2024.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stddef.h>

#if CONFIG_HOST
#include <string.h>
#define strlcpy	lib_strlcpy	/* only new C libraries have it */
#else

void *memcpy(void *restrict dst, const void *restrict src, size_t size);
void *memmove(void *dst, const void *src, size_t size);
void *memset(void *dst, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *start, int byte, size_t size);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *s, int c);

#endif /* CONFIG_HOST */

/**
 * strlcpy - copy what fits of a string
 * @dst:	room for @size bytes; ends with a 0 afterwards unless @size is 0
 * @src:	the string
 * @size:	in bytes, the 0 included
 *
 * Return:  the length of @src: it was cut if that is not below @size.
 */
static inline size_t
strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	size_t length = strlen(src);

	if (size != 0) {
		size_t copied = length < size ? length : size - 1;

		memcpy(dst, src, copied);
		dst[copied] = '\0';
	}
	return length;
}

#endif /* LIB_STRING_H */
