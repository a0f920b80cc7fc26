/*
 * tests/hosted/vm_caller.h -- who calls vm/ until there is memory for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * If memory is short for a caller, some of its calls are made with allocations
 * failing (alloc_fail.h).  One that is refused, which is for that reason only,
 * must have changed nothing, and is made again.  Calls that cannot be refused
 * just have less memory.  Panics at what is wrong.
 */
#ifndef TESTS_HOSTED_VM_CALLER_H
#define TESTS_HOSTED_VM_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/random.h"
#include "vm/vm_map.h"

struct vm_map_copy;

/* A thread that calls, with no map of its own meanwhile. */
struct vm_caller {
	struct random	*random;
	bool		is_short;	/* memory is */
	unsigned long	refused;	/* calls so far */
	void		(*check)(void *arg);	/* has nothing changed? */
	void		*arg;
};

unsigned char vm_caller_get(struct vm_caller *caller, struct vm_map *map,
			    uintptr_t addr);

/* Write a byte that is @old now, and stays so until it is written. */
void vm_caller_put(struct vm_caller *caller, struct vm_map *map,
		   uintptr_t addr, unsigned char old, unsigned char value);

/* vm_map_fork(), vm_map_copyin(), vm_map_copyout() and so on. */
struct vm_map *vm_caller_fork(struct vm_caller *caller, struct vm_map *map);
struct vm_map_copy *vm_caller_copyin(struct vm_caller *caller,
				     struct vm_map *map, uintptr_t start,
				     size_t size);
uintptr_t vm_caller_copyout(struct vm_caller *caller, struct vm_map *map,
			    struct vm_map_copy *copy);
void vm_caller_inherit(struct vm_caller *caller, struct vm_map *map,
		       uintptr_t start, uintptr_t end, vm_inherit_t inherit);
void vm_caller_remove(struct vm_caller *caller, struct vm_map *map,
		      uintptr_t start, uintptr_t end);
void vm_caller_unref(struct vm_caller *caller, struct vm_map *map);
void vm_caller_merge(struct vm_caller *caller);

#endif /* TESTS_HOSTED_VM_CALLER_H */
