/*
 * lib/bitmap.c -- arrays of bits; see lib/bitmap.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lib/bitmap.h"
#include "lib/string.h"

/* The bits of the last word that are below `nbits`. */
static unsigned long
bitmap_last_mask(size_t nbits)
{
	return ~0ul >> (-nbits % BITMAP_WORD_BITS);
}

void
bitmap_fill(unsigned long *map, size_t nbits)
{
	size_t words = BITMAP_WORDS(nbits);

	if (words == 0)
		return;
	memset(map, 0xff, words * sizeof *map);
	map[words - 1] = bitmap_last_mask(nbits);
}

void
bitmap_zero(unsigned long *map, size_t nbits)
{
	memset(map, 0, BITMAP_WORDS(nbits) * sizeof *map);
}

/* Find a bit that differs from those of `flip`, which is 0 or ~0. */
static size_t
bitmap_find_next(const unsigned long *map, size_t nbits, size_t from,
		 unsigned long flip)
{
	size_t word = from / BITMAP_WORD_BITS;
	unsigned long bits;
	size_t found;

	if (from >= nbits)
		return nbits;

	bits = (map[word] ^ flip) & (~0ul << (from % BITMAP_WORD_BITS));
	while (bits == 0) {
		word++;
		if (word == BITMAP_WORDS(nbits))
			return nbits;
		bits = map[word] ^ flip;
	}
	found = word * BITMAP_WORD_BITS + (size_t)__builtin_ctzl(bits);
	return MIN(found, nbits);	/* it may be behind the last bit */
}

size_t
bitmap_find_next_set(const unsigned long *map, size_t nbits, size_t from)
{
	return bitmap_find_next(map, nbits, from, 0);
}

size_t
bitmap_find_next_zero(const unsigned long *map, size_t nbits, size_t from)
{
	return bitmap_find_next(map, nbits, from, ~0ul);
}

/*
 * How many bits of a word are set: each turn clears the lowest.  The builtin
 * would be a call into the compiler's library, which is compiled for code
 * that nothing interrupts on its own stack (it may use the red zone).
 */
static unsigned int
bitmap_count_word(unsigned long bits)
{
	unsigned int count = 0;

	for (; bits != 0; bits &= bits - 1)
		count++;
	return count;
}

size_t
bitmap_count(const unsigned long *map, size_t nbits)
{
	size_t words = BITMAP_WORDS(nbits);
	size_t count = 0;
	size_t i;

	if (words == 0)
		return 0;
	for (i = 0; i < words - 1; i++)
		count += bitmap_count_word(map[i]);
	return count + bitmap_count_word(map[i] & bitmap_last_mask(nbits));
}
