/*
 * tests/hosted/vm_test.h -- what the hosted tests of vm/ share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A test function runs in a kernel thread of a fresh machine.  There an
 * assertion is the kernel's own: the first one that fails ends the program.
 */
#ifndef TESTS_HOSTED_VM_TEST_H
#define TESTS_HOSTED_VM_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <machine/host.h>
#include <machine/page.h>
#include <machine/physmem.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/assert.h"
#include "kern/panic.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "kern/waitq.h"
#include "vm/pmap.h"
#include "vm/vm_boot.h"
#include "vm/vm_map.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_page.h"

/*
 * Boot a machine, memory and vm/, run @fn in a thread, and stop it all.  Only
 * the first @direct bytes of memory are directly mapped, the rest is high.
 */
static inline void
vm_test_run_high(unsigned int ncpus, size_t memory, size_t direct,
		 void (*fn)(void *arg))
{
	host_machine_init(ncpus);
	host_memory_init_high(memory, direct);
	vm_init();
	host_run(fn, NULL);
	host_memory_fini();
}

/* The same, with all memory directly mapped. */
static inline void
vm_test_run(unsigned int ncpus, size_t memory, void (*fn)(void *arg))
{
	vm_test_run_high(ncpus, memory, memory, fn);
}

/* The same, with windows of objects of 1 << @shift bytes. */
static inline void
vm_test_run_windows(unsigned int shift, unsigned int ncpus, size_t memory,
		    void (*fn)(void *arg))
{
	host_window_shift = shift;
	vm_test_run(ncpus, memory, fn);
	host_window_shift = HOST_WINDOW_SHIFT;
}

/* Panic with both numbers if they differ. */
#define check_equal(a, b)						\
	vm_test_check_equal((uint64_t)(a), (uint64_t)(b),		\
			    __FILE__, __LINE__, #a " is not " #b)

static inline void
vm_test_check_equal(uint64_t a, uint64_t b, const char *file, int line,
		    const char *what)
{
	if (a != b)
		panic("%s:%d: %s: %#llx, %#llx", file, line, what,
		      (unsigned long long)a, (unsigned long long)b);
}

/* Let the current thread run on @map; NULL: on none. */
static inline void
vm_test_use_map(struct vm_map *map)
{
	thread_set_space(current_thread(), map,
			 map != NULL ? vm_map_pmap(map) : NULL);
}

/* A new map, on which the current thread runs. */
static inline struct vm_map *
vm_test_begin_map(void)
{
	struct vm_map *map;

	check_equal(vm_map_create(&map), KERN_SUCCESS);
	vm_test_use_map(map);
	return map;
}

/* Check a map, leave it and give it up. */
static inline void
vm_test_end_map(struct vm_map *map)
{
	vm_map_check(map);
	vm_test_use_map(NULL);
	vm_map_unref(map);
}

/* Pages counted from the border between the first two windows of objects. */
#define VM_TEST_BASE	((uintptr_t)1 << HOST_WINDOW_SHIFT)

static inline uintptr_t
vm_test_at(size_t page)
{
	return VM_TEST_BASE + page * PAGE_SIZE;
}

/* Memory as vm_allocate gives it: @size bytes at @addr. */
static inline void
vm_test_allocate(struct vm_map *map, uintptr_t addr, size_t size)
{
	check_equal(vm_map_enter(map, &addr, size, 0, false, NULL, 0,
				 VM_PROT_DEFAULT, VM_PROT_ALL,
				 VM_INHERIT_COPY), KERN_SUCCESS);
}

/* The same at the first place that is free. */
static inline uintptr_t
vm_test_allocate_any(struct vm_map *map, size_t size)
{
	uintptr_t addr = 0;

	check_equal(vm_map_enter(map, &addr, size, 0, true, NULL, 0,
				 VM_PROT_DEFAULT, VM_PROT_ALL,
				 VM_INHERIT_COPY), KERN_SUCCESS);
	return addr;
}

/* Merge all that waits for it, as the machine's thread would. */
static inline void
vm_test_merge_all(void)
{
	for (unsigned int i = 0; vm_map_merge_run(); i++)
		assert(i < 10000);
}

/* Frames in use for @kind, of the whole machine. */
static inline unsigned long
vm_test_pages(enum vm_page_kind kind)
{
	struct vm_page_stats stats;

	vm_page_get_stats(&stats);
	return stats.kind[kind];
}

/* Threads that wait at @wq now. */
static inline unsigned int
vm_test_waiting(struct waitq *wq)
{
	intr_state_t state = spin_lock_intr(&wq->lock);
	unsigned int n = 0;
	struct list *pos;

	list_for_each(&wq->waiters, pos)
		n++;
	spin_unlock_intr(&wq->lock, state);
	return n;
}

/* What must be the same before and after: free frames, live objects. */
struct vm_test_balance {
	unsigned long	free;
	unsigned long	live;
};

static inline struct vm_test_balance
vm_test_balance(void)
{
	struct vm_test_balance balance;

	slab_shrink();
	balance.free = vm_page_free_count();
	balance.live = slab_live();
	return balance;
}

static inline void
vm_test_check_balance(struct vm_test_balance before)
{
	struct vm_test_balance now = vm_test_balance();

	check_equal(now.live, before.live);
	check_equal(now.free, before.free);
}

static inline bool
vm_test_write(uintptr_t addr, unsigned char value)
{
	return copy_to_user(USER_ADDR(addr), &value, 1);
}

static inline bool
vm_test_read(uintptr_t addr, unsigned char *value)
{
	return copy_from_user(value, USER_ADDR(addr), 1);
}

/* A byte of a map on which the thread does not run, before and after. */
static inline void
vm_test_put(struct vm_map *map, uintptr_t addr, unsigned char value)
{
	vm_test_use_map(map);
	check_equal(vm_test_write(addr, value), true);
	vm_test_use_map(NULL);
}

static inline unsigned char
vm_test_get(struct vm_map *map, uintptr_t addr)
{
	unsigned char value = 0;

	vm_test_use_map(map);
	check_equal(vm_test_read(addr, &value), true);
	vm_test_use_map(NULL);
	return value;
}

#endif /* TESTS_HOSTED_VM_TEST_H */
