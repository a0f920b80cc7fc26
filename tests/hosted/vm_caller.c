/*
 * tests/hosted/vm_caller.c -- see vm_caller.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/vm_caller.h"

#include "tests/hosted/alloc_fail.h"
#include "tests/hosted/vm_test.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"

#define FAIL_CALLS	3u	/* one of so many, if memory is short */
#define FAIL_CHANCE	8u	/* of its allocations: one, at least */

/* Let allocations of the next call fail, perhaps. */
static void
begin_call(struct vm_caller *caller)
{
	if (caller->is_short && random_below(caller->random, FAIL_CALLS) == 0)
		alloc_fail_begin(caller->random,
				 1 + random_below(caller->random,
						  FAIL_CHANCE));
}

/* That was it; is it to be made again?  It was refused with no other reason
 * than that. */
static bool
is_again(struct vm_caller *caller, bool refused)
{
	unsigned int nr_failed = alloc_fail_end();

	if (!refused)
		return false;
	assert(nr_failed != 0);
	caller->refused++;
	return true;
}

/* The same with the call's answer. */
static bool
is_refused(struct vm_caller *caller, kern_return_t kr)
{
	if (is_again(caller, kr == KERN_RESOURCE_SHORTAGE)) {
		caller->check(caller->arg);
		return true;
	}
	check_equal(kr, KERN_SUCCESS);
	return false;
}

unsigned char
vm_caller_get(struct vm_caller *caller, struct vm_map *map, uintptr_t addr)
{
	unsigned char value = 0;
	bool done;

	vm_test_use_map(map);
	do {
		begin_call(caller);
		done = vm_test_read(addr, &value);
	} while (is_again(caller, !done));
	vm_test_use_map(NULL);
	return value;
}

void
vm_caller_put(struct vm_caller *caller, struct vm_map *map, uintptr_t addr,
	      unsigned char old, unsigned char value)
{
	unsigned char seen = 0;
	bool done;

	vm_test_use_map(map);
	for (;;) {
		begin_call(caller);
		done = vm_test_write(addr, value);
		if (!is_again(caller, !done))
			break;
		check_equal(vm_test_read(addr, &seen), true);
		check_equal(seen, old);
	}
	vm_test_use_map(NULL);
}

struct vm_map *
vm_caller_fork(struct vm_caller *caller, struct vm_map *map)
{
	struct vm_map *child = NULL;
	kern_return_t kr;

	do {
		begin_call(caller);
		kr = vm_map_fork(map, &child);
	} while (is_refused(caller, kr));
	return child;
}

struct vm_map_copy *
vm_caller_copyin(struct vm_caller *caller, struct vm_map *map,
		 uintptr_t start, size_t size)
{
	struct vm_map_copy *copy = NULL;
	kern_return_t kr;

	do {
		begin_call(caller);
		kr = vm_map_copyin(map, start, size, false, &copy);
	} while (is_refused(caller, kr));
	return copy;
}

uintptr_t
vm_caller_copyout(struct vm_caller *caller, struct vm_map *map,
		  struct vm_map_copy *copy)
{
	uintptr_t addr = 0;
	kern_return_t kr;

	do {
		begin_call(caller);
		kr = vm_map_copyout(map, &addr, copy);
	} while (is_refused(caller, kr));
	return addr;
}

void
vm_caller_inherit(struct vm_caller *caller, struct vm_map *map,
		  uintptr_t start, uintptr_t end, vm_inherit_t inherit)
{
	kern_return_t kr;

	do {
		begin_call(caller);
		kr = vm_map_inherit(map, start, end, inherit);
	} while (is_refused(caller, kr));
}

void
vm_caller_remove(struct vm_caller *caller, struct vm_map *map,
		 uintptr_t start, uintptr_t end)
{
	kern_return_t kr;

	do {
		begin_call(caller);
		kr = vm_map_remove(map, start, end);
	} while (is_refused(caller, kr));
}

void
vm_caller_unref(struct vm_caller *caller, struct vm_map *map)
{
	begin_call(caller);
	vm_map_unref(map);
	(void)is_again(caller, false);
}

void
vm_caller_merge(struct vm_caller *caller)
{
	begin_call(caller);
	(void)vm_map_merge_run();
	(void)is_again(caller, false);
}
