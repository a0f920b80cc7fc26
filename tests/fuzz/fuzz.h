/*
 * tests/fuzz/fuzz.h -- what a fuzz target is made of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A target is one file with the two functions below.  It is linked with
 * driver.c, which feeds it a fixed sequence of mutated seeds, or without it
 * under libFuzzer, which looks for new ways through the code by itself:
 *
 *	clang -fsanitize=fuzzer,address,undefined ... fuzz_elf.c lib/elf.c ...
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_SEED_MAX	4096	/* bytes of a seed */

/**
 * LLVMFuzzerTestOneInput - feed one input to the code under test
 * @data:	exactly @size bytes; a read past them is seen by the sanitizer
 * @size:	may be 0
 *
 * Ends the process with fuzz_check() if a result is wrong.
 * Return:  0, always.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * fuzz_seed - an input to begin with
 * @index:	0, 1, ...
 * @data:	room for FUZZ_SEED_MAX bytes
 *
 * Return:  its size in bytes, not 0; or 0: there are no more.
 */
size_t fuzz_seed(unsigned int index, uint8_t *data);

/* fuzz_seed() of a target whose @count seeds are text, without the 0. */
static inline size_t
fuzz_seed_text(const char *const *seeds, size_t count, unsigned int index,
	       uint8_t *data)
{
	size_t size;

	if (index >= count)
		return 0;
	size = strlen(seeds[index]);
	memcpy(data, seeds[index], size);
	return size;
}

/* What must be true of every result. */
#define fuzz_check(condition) \
	((condition) ? (void)0 \
	 : (fprintf(stderr, "%s:%d: false: %s\n", __FILE__, __LINE__, \
		    #condition), abort()))

#endif /* TESTS_FUZZ_FUZZ_H */
