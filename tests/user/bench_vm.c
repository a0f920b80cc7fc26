/*
 * tests/user/bench_vm.c -- what memory calls and zero-fill faults cost.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An allocation and its deallocation, nothing touched; then every page of
 * fresh memory is touched once, and freed.  Under -icount shift=0 the time
 * stamp counter counts instructions, and a repeated string instruction counts
 * each of its steps; clearing a page is one for each word, printed apart.
 */
#include "tests/user/lib/bench.h"

#define PAGES		4096ul
#define CLEAR_STEPS	(USER_PAGE_SIZE / sizeof(long))

/* Cycles to touch @pages pages one by one, fresh or known. */
static uint64_t
touch(vm_offset_t base, unsigned long pages)
{
	uint64_t start = user_cycles();

	for (unsigned long i = 0; i < pages; i++)
		*(volatile char *)(base + i * USER_PAGE_SIZE) = 1;
	return user_cycles() - start;
}

/* Cycles of one vm_allocate and vm_deallocate. */
static uint64_t
pair(void)
{
	mach_port_name_t self = mach_task_self();
	uint64_t best = UINT64_MAX;

	for (int run = 0; run < 200; run++) {
		vm_offset_t at = 0;
		uint64_t start = user_cycles(), spent;

		(void)syscall_vm_allocate(self, &at, 16 * USER_PAGE_SIZE,
					  TRUE);
		(void)syscall_vm_deallocate(self, at, 16 * USER_PAGE_SIZE);
		spent = user_cycles() - start;
		if (spent < best)
			best = spent;
	}
	return best;
}

int
main(int argc, char **argv)
{
	uint64_t best = UINT64_MAX, free_best = UINT64_MAX;

	(void)argc;
	(void)argv;
	bench_result("vm-allocate-deallocate", pair(), "instructions");
	for (int round = 0; round < 8; round++) {
		vm_offset_t base = 0;
		uint64_t fresh, known, start, spent;

		if (syscall_vm_allocate(mach_task_self(), &base,
					PAGES * USER_PAGE_SIZE, TRUE) != 0)
			user_die("bench: no memory\n");
		fresh = touch(base, PAGES);
		known = touch(base, PAGES);
		start = user_cycles();
		(void)syscall_vm_deallocate(mach_task_self(), base,
					    PAGES * USER_PAGE_SIZE);
		spent = user_cycles() - start;
		if (fresh - known < best)
			best = fresh - known;
		if (spent < free_best)
			free_best = spent;
	}
	bench_result("fault-zero-fill-and-clear", best / PAGES, "instructions");
	bench_result("fault-zero-fill",
		     best / PAGES - CLEAR_STEPS, "instructions");
	bench_result("unmap-page", free_best / PAGES, "instructions");
	return 0;
}
