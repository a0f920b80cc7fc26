/*
 * tests/user/test_zerofill.c -- a million zero-fill faults, in rounds.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each round allocates, touches every page once in an order of its own, and
 * frees.  A page must be zero when it is new.  An argument sets the number of
 * rounds.
 */
#include "tests/user/lib/user.h"

#define PAGES		4096ul		/* of a round: 16 MiB */
#define ROUNDS		256		/* 1,048,576 faults */

/* Touch all pages; the number of those that were not zero. */
static unsigned long
touch_all(vm_offset_t base, unsigned long step)
{
	unsigned long dirty = 0, at = 0;

	for (unsigned long i = 0; i < PAGES; i++) {
		volatile uintptr_t *page =
			(volatile uintptr_t *)(base + at * USER_PAGE_SIZE);

		if (page[0] != 0 || page[511] != 0)
			dirty++;
		page[0] = base + i;
		page[511] = ~0ul;
		at = (at + step) % PAGES;
	}
	return dirty;
}

static int
number(const char *text)
{
	int value = 0;

	while (*text >= '0' && *text <= '9')
		value = value * 10 + (*text++ - '0');
	return value;
}

int
main(int argc, char **argv)
{
	mach_port_name_t self = mach_task_self();
	int rounds = argc > 1 ? number(argv[1]) : ROUNDS;
	unsigned long dirty = 0, failed = 0;

	for (int round = 0; round < rounds; round++) {
		vm_offset_t base = 0;

		if (syscall_vm_allocate(self, &base, PAGES * USER_PAGE_SIZE,
					TRUE) != KERN_SUCCESS) {
			failed++;
			continue;
		}
		/* Odd steps reach every page of a power of two. */
		dirty += touch_all(base, 2 * (unsigned long)round + 1);
		if (syscall_vm_deallocate(self, base,
					  PAGES * USER_PAGE_SIZE) !=
		    KERN_SUCCESS)
			failed++;
	}
	tap_is((long)failed, 0, "%d rounds of %lu pages", rounds, PAGES);
	tap_is((long)dirty, 0, "each page was zero when it was new");
	return tap_done("zerofill");
}
