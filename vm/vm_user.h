/*
 * vm/vm_user.h -- memory calls of programs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers that come from a program are of types on which no arithmetic
 * compiles: user_addr_t (<machine/user_copy.h>) and user_size_t.  In vm_user.c
 * one function turns an address and a size into a page range that can be
 * trusted; all the corner answers are decided there or in the calls below:
 *
 *   size 0		vm_allocate succeeds and answers address 0,
 *			vm_deallocate succeeds, vm_map answers
 *			KERN_INVALID_ARGUMENT
 *   not aligned	vm_allocate and vm_map round the address down and the
 *			size up, each by itself; vm_deallocate unmaps each page
 *			that the range touches
 *   size too big	to be rounded: anywhere KERN_NO_SPACE, fixed
 *			KERN_INVALID_ADDRESS
 *   beyond the map	fixed KERN_INVALID_ADDRESS; vm_deallocate succeeds for
 *			the part within
 *   wrap		fixed KERN_INVALID_ADDRESS; vm_deallocate succeeds and
 *			does nothing
 *   taken		KERN_NO_SPACE
 *   mask		see vm_map_enter(); any shape but low bits and high bits
 *			is KERN_NO_SPACE
 *   protection		vm_map: unknown bits are KERN_INVALID_ARGUMENT, a
 *			current protection beyond the maximum is accepted
 *   anywhere		the address given is ignored; page 0 is never the answer
 *
 * There are two forms of each call.  vm_user_NAME() takes values, as from a
 * message; vm_NAME_user() is the trap: its address is where the program keeps
 * the address.
 */
#ifndef VM_VM_USER_H
#define VM_VM_USER_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <machine/user_copy.h>

#include "lib/macros.h"

struct vm_map;

/* A number of bytes as a program gave it. */
typedef struct {
	uintptr_t	bytes;
} user_size_t;

#define USER_SIZE(x)	((user_size_t){ (uintptr_t)(x) })

/* An alignment mask as a program gave it. */
typedef struct {
	uintptr_t	bits;
} user_mask_t;

#define USER_MASK(x)	((user_mask_t){ (uintptr_t)(x) })

/* Page aligned, and not turned round. */
struct vm_user_range {
	uintptr_t	start;
	uintptr_t	end;
};

/**
 * vm_user_touched - the pages that a program's range touches
 * @addr:	any
 * @size:	any; 0: no page
 * @range:	set on success
 *
 * Return: false: the range wraps.
 */
MUST_CHECK bool vm_user_touched(user_addr_t addr, user_size_t size,
				struct vm_user_range *range);

/* What vm_map asks for besides a range. */
struct vm_user_map_args {
	user_mask_t	mask;
	bool		anywhere;
	vm_prot_t	prot;		/* as given */
	vm_prot_t	max_prot;	/* as given */
	vm_inherit_t	inherit;	/* as given */
};

/**
 * vm_user_allocate - fresh memory, readable and writable
 * @map:	where; NULL is answered KERN_INVALID_ARGUMENT
 * @addr:	in: the address, if not @anywhere; out: the address, unchanged
 *		on failure
 * @size:	how much
 * @anywhere:	let the map choose
 *
 * Context: a thread, no lock held; may block.
 * Return:  KERN_SUCCESS, KERN_INVALID_ARGUMENT, KERN_INVALID_ADDRESS,
 *	    KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE: see above.  On failure
 *	    nothing has changed.
 * Defined: semantics of vm_allocate.
 */
MUST_CHECK kern_return_t vm_user_allocate(struct vm_map *map,
					  user_addr_t *addr, user_size_t size,
					  bool anywhere);

/**
 * vm_user_deallocate - unmap every page that a range touches
 * @map:	where; NULL is answered KERN_INVALID_ARGUMENT
 * @addr:	any
 * @size:	any
 *
 * Context: a thread, no lock held; may block.
 * Return:  KERN_SUCCESS, holes or not; KERN_INVALID_ARGUMENT;
 *	    KERN_RESOURCE_SHORTAGE, nothing has changed.
 * Defined: semantics of vm_deallocate.
 */
MUST_CHECK kern_return_t vm_user_deallocate(struct vm_map *map,
					    user_addr_t addr,
					    user_size_t size);

/**
 * vm_user_map - map fresh memory (vm_map with the null object)
 * @map:	where; NULL is answered KERN_INVALID_ARGUMENT
 * @addr:	as vm_user_allocate()
 * @size:	how much
 * @args:	the rest
 *
 * Context: a thread, no lock held; may block.
 * Return:  as vm_user_allocate().
 * Defined: semantics of vm_map.
 */
MUST_CHECK kern_return_t vm_user_map(struct vm_map *map, user_addr_t *addr,
				     user_size_t size,
				     const struct vm_user_map_args *args);

/**
 * vm_allocate_user - the trap: vm_user_allocate() on the current map
 * @map:	the current map
 * @inout:	where the program keeps the address
 * @size:	how much
 * @anywhere:	let the map choose
 *
 * Context: a thread, no lock held; may block; user copies.
 * Return:  as vm_user_allocate(); KERN_INVALID_ARGUMENT if @inout can't be read
 *	    or written: nothing is allocated then.
 */
MUST_CHECK kern_return_t vm_allocate_user(struct vm_map *map,
					  user_addr_t inout, user_size_t size,
					  bool anywhere);

/** vm_deallocate_user - the trap: vm_user_deallocate(). */
MUST_CHECK kern_return_t vm_deallocate_user(struct vm_map *map,
					    user_addr_t addr,
					    user_size_t size);

/** vm_map_user - the trap: vm_user_map(); as vm_allocate_user(). */
MUST_CHECK kern_return_t vm_map_user(struct vm_map *map, user_addr_t inout,
				     user_size_t size,
				     const struct vm_user_map_args *args);

#endif /* VM_VM_USER_H */
