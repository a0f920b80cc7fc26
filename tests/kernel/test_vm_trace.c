/*
 * tests/kernel/test_vm_trace.c -- a server's trace in the kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm_trace.h; tests/hosted/test_vm_trace.c runs it beside a model, which
 * says how many entries there must be at the end.  The lines `bench: ...' are
 * for tests/bench/run.
 */
#include <machine/user_copy.h>

#include "kern/printf.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "tests/kernel/ktest_vm.h"
#include "tests/kernel/vm_trace.h"
#include "vm/vm_map.h"

#define MOST_ENTRIES	93u
#define CLIENT_PAGES	17u

static struct vm_trace trace;

static bool
client_begin(struct vm_map *client)
{
	uintptr_t addr = PAGE_SIZE;

	if (!ktest_assert(vm_map_enter(client, &addr, CLIENT_PAGES * PAGE_SIZE,
				       0, false, NULL, 0, VM_PROT_DEFAULT,
				       VM_PROT_ALL, VM_INHERIT_COPY)
			  == KERN_SUCCESS))
		return false;
	ktest_use_map(client);
	for (uint32_t i = 1; i <= CLIENT_PAGES; i++) {
		if (!ktest_assert(copy_to_user(USER_ADDR(i * PAGE_SIZE), &i,
					       sizeof i)))
			return false;
	}
	return true;
}

static void
trace_run(void)
{
	if (!client_begin(trace.client))
		return;
	if (!vm_trace_run(&trace))
		kprintf("trace: %s\n", trace.wrong);
	ktest_assert(trace.wrong == NULL);
	ktest_assert(trace.entries <= MOST_ENTRIES);
	vm_map_check(trace.map);
	kprintf("bench: server-trace-entries %u entries\n", trace.entries);
	kprintf("bench: server-trace-most %u entries\n", trace.most);
}

KTEST(vm_map_bench_trace)
{
	trace = (struct vm_trace){ .use = ktest_use_map };
	if (!ktest_assert(vm_map_create(&trace.map) == KERN_SUCCESS))
		return;
	if (ktest_assert(vm_map_create(&trace.client) == KERN_SUCCESS)) {
		trace_run();
		ktest_use_map(NULL);
		vm_map_unref(trace.client);
	}
	vm_map_unref(trace.map);
}
