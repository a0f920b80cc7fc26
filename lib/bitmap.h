/*
 * lib/bitmap.h -- arrays of bits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A bitmap of n bits is an array of BITMAP_WORDS(n) unsigned longs that the
 * caller provides; bit i is bit i % BITMAP_WORD_BITS of its word, lowest
 * first.  Bits at n and above in the last word are never looked at, and only
 * bitmap_fill() and bitmap_zero() write them (as zeros).  Nothing here is
 * atomic.
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/macros.h"

#define BITMAP_WORD_BITS	(sizeof(unsigned long) * CHAR_BIT)
#define BITMAP_WORDS(nbits) \
	(((nbits) + BITMAP_WORD_BITS - 1) / BITMAP_WORD_BITS)

/* A bitmap as a variable or member. */
#define BITMAP_DECLARE(name, nbits)	unsigned long name[BITMAP_WORDS(nbits)]

static inline void
bitmap_set(unsigned long *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] |= 1ul << (bit % BITMAP_WORD_BITS);
}

static inline void
bitmap_clear(unsigned long *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] &= ~(1ul << (bit % BITMAP_WORD_BITS));
}

static inline bool
bitmap_test(const unsigned long *map, size_t bit)
{
	return (map[bit / BITMAP_WORD_BITS]
		>> (bit % BITMAP_WORD_BITS) & 1) != 0;
}

/* Set, or clear, all bits. */
void bitmap_fill(unsigned long *map, size_t nbits);
void bitmap_zero(unsigned long *map, size_t nbits);

/* The first bit at or after `from` that is set, or is zero; `nbits` if there
 * is none.  `from` may be any number. */
size_t bitmap_find_next_set(const unsigned long *map, size_t nbits,
			    size_t from);
size_t bitmap_find_next_zero(const unsigned long *map, size_t nbits,
			     size_t from);

static inline size_t
bitmap_find_first_set(const unsigned long *map, size_t nbits)
{
	return bitmap_find_next_set(map, nbits, 0);
}

static inline size_t
bitmap_find_first_zero(const unsigned long *map, size_t nbits)
{
	return bitmap_find_next_zero(map, nbits, 0);
}

/* How many bits are set? */
size_t bitmap_count(const unsigned long *map, size_t nbits);

#endif /* LIB_BITMAP_H */
