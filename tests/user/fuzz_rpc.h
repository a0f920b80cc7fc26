/*
 * tests/user/fuzz_rpc.h -- random hostile calls.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_USER_FUZZ_RPC_H
#define TESTS_USER_FUZZ_RPC_H

#include "lib/random.h"
#include "tests/user/lib/user.h"

#define FUZZ_WORDS	64		/* of a message, in pointers */
#define FUZZ_SCRATCH	64		/* pages that calls on memory mean */

/* A thread that calls. */
struct fuzz {
	struct random	random;
	volatile uint32_t *what;	/* it is just doing: an id, or a number
					 * of fuzz_rpc_*.c */
	mach_port_t	self, thread, host, priv;	/* send rights */
	mach_port_t	reply;
	vm_address_t	scratch;
	/* Where answers go. */
	mach_port_t	port;
	vm_address_t	address;
	vm_size_t	size;
	mach_msg_type_number_t count, count2;
	natural_t	words[1024];
	mach_port_t	names[8];
};

/* Begin.  @f is all zero but for its random numbers and @priv. */
void fuzz_begin(struct fuzz *f);

/* Make one call: a random message, a trap, or what a stub sends. */
void fuzz_call(struct fuzz *f);

static inline uint32_t
pick(struct fuzz *f, uint32_t below)
{
	return random_below(&f->random, below);
}

/* Arguments: a name; mostly an object's; any word; mostly a small number; an
 * address, and a size, that are mostly of the scratch pages. */
mach_port_name_t pick_name(struct fuzz *f);
mach_port_name_t pick_target(struct fuzz *f);
uintptr_t pick_word(struct fuzz *f);
int pick_small(struct fuzz *f);
vm_address_t pick_address(struct fuzz *f);
vm_size_t pick_size(struct fuzz *f);

/* Make one call by a stub: fuzz_rpc_stubs.c. */
void fuzz_stub(struct fuzz *f);

#endif /* TESTS_USER_FUZZ_RPC_H */
