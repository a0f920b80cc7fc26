/*
 * lib/random.h -- a small deterministic generator of random numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For tests, for slab colouring and the like: the same seed gives the same
 * numbers on every machine.  Not for secrets.
 *
 * The generator is PCG-XSH-RR 64/32: a linear congruential step on 64 bits
 * of state, and an output of 32 bits that is a fold of the high half rotated
 * by the topmost bits.  M. E. O'Neill, "PCG: A Family of Simple Fast
 * Space-Efficient Statistically Good Algorithms for Random Number
 * Generation", HMC-CS-2014-0905, sections 4.3 and 6.3.
 */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

/* The next 32 random bits. */
static inline uint32_t
random_u32(struct random *random)
{
	uint64_t state = random->state;
	uint32_t folded = (uint32_t)(((state >> 18) ^ state) >> 27);
	unsigned int turn = (unsigned int)(state >> 59);

	random->state = state * 6364136223846793005u + 1442695040888963407u;
	return (folded >> turn) | (folded << ((32 - turn) & 31));
}

/* Begin the sequence of `seed`, which may be any number. */
static inline void
random_init(struct random *random, uint64_t seed)
{
	random->state = seed + 1442695040888963407u;
	(void)random_u32(random);
}

/* The next 64 random bits. */
static inline uint64_t
random_u64(struct random *random)
{
	uint64_t high = random_u32(random);

	return (high << 32) | random_u32(random);
}

/*
 * A random number below `bound`, which is not 0.  Scales instead of dividing
 * (no 64-bit division on 32-bit machines); the bias of at most bound / 2^32
 * does not matter here.
 */
static inline uint32_t
random_below(struct random *random, uint32_t bound)
{
	return (uint32_t)(((uint64_t)random_u32(random) * bound) >> 32);
}

#endif /* LIB_RANDOM_H */
