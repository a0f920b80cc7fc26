/*
 * lib/string.c -- memory and strings; see lib/string.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Plain C, so that it serves every machine: eight words a turn for blocks,
 * bytes for strings.  Machine layers have their own ways to clear and copy
 * whole pages.
 *
 * The compiler knows these functions and is fond of replacing a loop that
 * does what memset does by a call of memset; OPAQUE() hides from it where a
 * pointer comes from, so that no function here becomes a call of itself.
 */
#include "lib/string.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/macros.h"

#if !CONFIG_HOST

#define OPAQUE(pointer)	__asm__("" : "+r"(pointer))

/* A word at any address, over objects of any type. */
typedef unsigned long word_t __attribute__((may_alias, aligned(1)));

#define WORD		sizeof(word_t)

/*
 * Blocks are done by some words a turn.  What that leaves is done with words
 * that end where the block does, over words that are done already.
 */

static ALWAYS_INLINE void
copy_2_words(unsigned char *to, const unsigned char *from)
{
	word_t *w = (word_t *)(void *)to;
	const word_t *r = (const word_t *)(const void *)from;
	word_t a = r[0], b = r[1];

	w[0] = a;
	w[1] = b;
}

static ALWAYS_INLINE void
copy_4_words(unsigned char *to, const unsigned char *from)
{
	copy_2_words(to, from);
	copy_2_words(to + 2 * WORD, from + 2 * WORD);
}

/* Less than four words. */
static ALWAYS_INLINE void
copy_few(unsigned char *to, const unsigned char *from, size_t size)
{
	if (size >= 2 * WORD) {
		copy_2_words(to, from);
		copy_2_words(to + size - 2 * WORD, from + size - 2 * WORD);
		return;
	}
	if (size >= WORD) {
		const unsigned char *last = from + size - WORD;

		*(word_t *)(void *)to = *(const word_t *)(const void *)from;
		*(word_t *)(void *)(to + size - WORD) =
			*(const word_t *)(const void *)last;
		return;
	}
	for (; size > 0; size--) {
		*to++ = *from++;
		OPAQUE(to);
	}
}

CALLED_BY_COMPILER void *
memcpy(void *restrict dst, const void *restrict src, size_t size)
{
	unsigned char *to = dst;
	const unsigned char *from = src;

	if (size < 4 * WORD) {
		copy_few(to, from, size);
		return dst;
	}
	for (; size > 8 * WORD; size -= 8 * WORD) {
		copy_4_words(to, from);
		copy_4_words(to + 4 * WORD, from + 4 * WORD);
		to += 8 * WORD;
		from += 8 * WORD;
		OPAQUE(to);
	}
	if (size > 4 * WORD)
		copy_4_words(to, from);
	copy_4_words(to + size - 4 * WORD, from + size - 4 * WORD);
	return dst;
}

/* memmove to a higher address: from the end backwards. */
static void
memory_copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
	to += size;
	from += size;
	for (; size >= WORD; size -= WORD) {
		to -= WORD;
		from -= WORD;
		*(word_t *)(void *)to = *(const word_t *)(const void *)from;
		OPAQUE(to);
	}
	for (; size > 0; size--) {
		*--to = *--from;
		OPAQUE(to);
	}
}

/* memmove to a lower address: from the start.  Each word is read before a
 * byte at or above its address is written. */
static void
memory_copy_down(unsigned char *to, const unsigned char *from, size_t size)
{
	for (; size >= WORD; size -= WORD) {
		*(word_t *)(void *)to = *(const word_t *)(const void *)from;
		to += WORD;
		from += WORD;
		OPAQUE(to);
	}
	for (; size > 0; size--) {
		*to++ = *from++;
		OPAQUE(to);
	}
}

CALLED_BY_COMPILER void *
memmove(void *dst, const void *src, size_t size)
{
	/* Distance as an unsigned number: at least `size` when apart. */
	if ((uintptr_t)dst - (uintptr_t)src >= size)
		memory_copy_down(dst, src, size);
	else
		memory_copy_up(dst, src, size);
	return dst;
}

static ALWAYS_INLINE void
fill_2_words(unsigned char *to, word_t fill)
{
	word_t *w = (word_t *)(void *)to;

	w[0] = fill;
	w[1] = fill;
}

static ALWAYS_INLINE void
fill_4_words(unsigned char *to, word_t fill)
{
	fill_2_words(to, fill);
	fill_2_words(to + 2 * WORD, fill);
}

/* Less than four words. */
static ALWAYS_INLINE void
fill_few(unsigned char *to, word_t fill, size_t size)
{
	if (size >= 2 * WORD) {
		fill_2_words(to, fill);
		fill_2_words(to + size - 2 * WORD, fill);
		return;
	}
	if (size >= WORD) {
		*(word_t *)(void *)to = fill;
		*(word_t *)(void *)(to + size - WORD) = fill;
		return;
	}
	for (; size > 0; size--) {
		*to++ = (unsigned char)fill;
		OPAQUE(to);
	}
}

CALLED_BY_COMPILER void *
memset(void *dst, int byte, size_t size)
{
	unsigned char *to = dst;
	word_t fill = (unsigned char)byte * (~0ul / 0xff);

	if (size < 4 * WORD) {
		fill_few(to, fill, size);
		return dst;
	}
	for (; size > 8 * WORD; size -= 8 * WORD) {
		fill_4_words(to, fill);
		fill_4_words(to + 4 * WORD, fill);
		to += 8 * WORD;
		OPAQUE(to);
	}
	if (size > 4 * WORD)
		fill_4_words(to, fill);
	fill_4_words(to + size - 4 * WORD, fill);
	return dst;
}

/* Not in line: it would be there before the compiler sees that a few words,
 * compared for equality, need no loop. */
NOINLINE CALLED_BY_COMPILER int
memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *p = a;
	const unsigned char *q = b;

	/* Skip words that are equal; the bytes find the difference. */
	while (size >= WORD && *(const word_t *)(const void *)p
			== *(const word_t *)(const void *)q) {
		p += WORD;
		q += WORD;
		size -= WORD;
	}
	for (; size > 0; size--, p++, q++)
		if (*p != *q)
			return *p < *q ? -1 : 1;
	return 0;
}

void *
memchr(const void *start, int byte, size_t size)
{
	const unsigned char *p = start;

	for (; size > 0; size--, p++)
		if (*p == (unsigned char)byte)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t
strlen(const char *s)
{
	const char *end = s;

	while (*end != '\0') {
		end++;
		OPAQUE(end);
	}
	return (size_t)(end - s);
}

size_t
strnlen(const char *s, size_t max)
{
	size_t length = 0;

	while (length < max && s[length] != '\0')
		length++;
	return length;
}

int
strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int
strncmp(const char *a, const char *b, size_t max)
{
	for (; max > 0; max--, a++, b++) {
		unsigned char x = (unsigned char)*a;
		unsigned char y = (unsigned char)*b;

		if (x != y)
			return x < y ? -1 : 1;
		if (x == '\0')
			break;
	}
	return 0;
}

char *
strchr(const char *s, int c)
{
	while (*s != (char)c) {
		if (*s == '\0')
			return NULL;
		s++;
	}
	return (char *)(uintptr_t)s;
}

#endif /* !CONFIG_HOST */
