/*
 * tests/kernel/test_vm_pager.c -- objects with a pager, in the kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pager answers nothing by itself; the tests answer for it.  A thread that
 * waits for such a page holds up nobody else in its map (mission M10), and one
 * fault maps all resident neighbours.
 */
#include <machine/physmem.h>

#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/thread_act.h"
#include "kern/thread_user.h"
#include "lib/atomic.h"
#include "tests/kernel/ktest.h"
#include "vm/pmap.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_map.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_page_window.h"
#include "vm/vm_pager.h"

#define NR_PAGES	64u
#define AROUND		16u		/* pages mapped by one fault */
#define WAIT_MS		60000u

static struct vm_pager pager;
static struct vm_map *map;
static uintptr_t base;
static unsigned int requests;		/* (A) */
static unsigned int terminated;		/* (A) */

static kern_return_t
on_request(struct vm_pager *silent, uint64_t offset, uint64_t size,
	   vm_prot_t access)
{
	(void)silent;
	(void)offset;
	(void)access;
	ktest_assert(size == PAGE_SIZE);
	(void)atomic_fetch_add(&requests, 1u);
	return KERN_SUCCESS;
}

static void
on_return(struct vm_pager *silent, uint64_t offset, struct vm_page *page,
	  bool dirty, bool kept)
{
	(void)silent;
	(void)offset;
	(void)dirty;
	if (!kept)
		vm_page_free(page, 0);
}

static void
on_terminate(struct vm_pager *silent)
{
	(void)silent;
	(void)atomic_fetch_add(&terminated, 1u);
}

static const struct vm_pager_ops ops = {
	on_request, on_request, on_return, on_terminate,
};

static uintptr_t
page_addr(size_t page)
{
	return base + page * PAGE_SIZE;
}

/* The object is mapped where an aligned part of the map begins. */
static bool
map_pager(void)
{
	const struct vm_map_enter_args args = {
		.anywhere = true,
		.mask = AROUND * PAGE_SIZE - 1,
		.prot = VM_PROT_DEFAULT,
		.max_prot = VM_PROT_ALL,
		.inherit = VM_INHERIT_SHARE,
	};
	struct vm_map_enter_args with = args;

	requests = 0;
	terminated = 0;
	vm_pager_init(&pager, &ops);
	with.object = vm_pager_open(&pager, NR_PAGES * PAGE_SIZE, KM_WAIT);
	if (!ktest_assert(with.object != NULL))
		return false;
	base = 0;
	ktest_assert(vm_map_enter_with(map, &base, NR_PAGES * PAGE_SIZE, &with)
		     == KERN_SUCCESS);
	vm_object_unref(with.object);
	return true;
}

static bool
begin(void)
{
	return ktest_assert(vm_map_create(&map) == KERN_SUCCESS)
		&& map_pager();
}

static void
finish(void)
{
	vm_map_check(map);
	ktest_assert(vm_pager_in_progress(&pager) == 0);
	vm_map_unref(map);
	ktest_assert(terminated == 1);
}

static bool
supply(size_t page)
{
	struct vm_page *frame = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);

	if (!ktest_assert(frame != NULL))
		return false;
	page_zero(vm_page_phys(frame));
	return ktest_assert(vm_pager_supply(&pager, page * PAGE_SIZE, frame,
					    VM_PROT_NONE, false)
			    == KERN_SUCCESS);
}

static bool
is_mapped(size_t page)
{
	phys_addr_t pa;

	return pmap_extract(vm_map_pmap(map), page_addr(page), &pa);
}

struct faulter {
	struct thread	*thread;
	size_t		page;
	kern_return_t	kr;
};

static void
faulter_run(void *arg)
{
	struct faulter *faulter = arg;

	faulter->kr = vm_fault(map, page_addr(faulter->page), VM_PROT_READ);
}

static bool
faulter_start(struct faulter *faulter, size_t page)
{
	faulter->page = page;
	faulter->thread = thread_spawn("faulter", faulter_run, faulter,
				       PRI_USER);
	return ktest_assert(faulter->thread != NULL);
}

static void
faulter_end(struct faulter *faulter, kern_return_t kr)
{
	thread_join(faulter->thread);
	thread_unref(faulter->thread);
	ktest_assert(faulter->kr == kr);
}

static bool
two_wait(void *arg)
{
	(void)arg;
	return vm_pager_in_progress(&pager) == 2;
}

/* While two threads wait: faults, and what needs the map exclusively. */
static void
others_go_on(void)
{
	uintptr_t at = 0;

	for (size_t i = 0; i < 8; i++) {
		ktest_assert(supply(i));
		ktest_assert(vm_fault(map, page_addr(i), VM_PROT_WRITE)
			     == KERN_SUCCESS);
	}
	ktest_assert(vm_map_enter(map, &at, 8 * PAGE_SIZE, 0, true, NULL, 0,
				  VM_PROT_DEFAULT, VM_PROT_ALL,
				  VM_INHERIT_COPY) == KERN_SUCCESS);
	ktest_assert(vm_fault(map, at, VM_PROT_WRITE) == KERN_SUCCESS);
	ktest_assert(vm_map_protect(map, page_addr(0), page_addr(4),
				    VM_PROT_READ, false) == KERN_SUCCESS);
	ktest_assert(vm_map_remove(map, at, at + 8 * PAGE_SIZE)
		     == KERN_SUCCESS);
}

KTEST(vm_pager_slow)
{
	struct faulter faulters[2];

	if (!begin())
		return;
	if (!faulter_start(&faulters[0], 20)
	    || !faulter_start(&faulters[1], 40))
		return;
	ktest_assert(ktest_wait(two_wait, NULL, WAIT_MS));
	others_go_on();

	ktest_assert(vm_pager_in_progress(&pager) == 2);
	ktest_assert(supply(20));
	faulter_end(&faulters[0], KERN_SUCCESS);
	thread_interrupt(faulters[1].thread);
	faulter_end(&faulters[1], KERN_ABORTED);
	ktest_assert(requests == 2);
	finish();
	ktest_allow_growth();		/* stacks */
}

/*
 * A program whose next instruction is in a page that its pager does not bring.
 */

static struct thread *program_thread;	/* (A) */

static void
program_run(void *arg)
{
	(void)arg;
	thread_ref(current_thread());
	atomic_store_release(&program_thread, current_thread());
	thread_user_enter(page_addr(20), 0);
}

static bool
program_waits(void *arg)
{
	(void)arg;
	return atomic_load_acquire(&program_thread) != NULL
		&& vm_pager_in_progress(&pager) == 1;
}

static bool
is_terminated(void *arg)
{
	(void)arg;
	return atomic_load_relaxed(&terminated) == 1;
}

/* An abort sends it to the same instruction again; its end ends the wait. */
KTEST(vm_fault_aborted)
{
	struct task *task;

	if (!ktest_assert(task_create("program", &task) == KERN_SUCCESS))
		return;
	map = task->map;
	atomic_store_relaxed(&program_thread, NULL);
	if (!map_pager()
	    || !ktest_assert(thread_user_create(task, program_run, NULL)
			     == KERN_SUCCESS))
		return;
	ktest_assert(ktest_wait(program_waits, NULL, WAIT_MS));
	for (unsigned int i = 0; i < 3; i++) {
		ktest_assert(thread_abort(program_thread) == KERN_SUCCESS);
		ktest_assert(ktest_wait(program_waits, NULL, WAIT_MS));
	}
	ktest_assert(requests == 1);
	vm_map_check(map);

	ktest_assert(task_terminate(task) == KERN_SUCCESS);
	thread_join(program_thread);
	thread_unref(program_thread);
	task_unref(task);
	ktest_assert(ktest_wait(is_terminated, NULL, WAIT_MS));
	ktest_assert(vm_pager_in_progress(&pager) == 0);
	ktest_allow_growth();		/* stacks, magazines */
}

KTEST(vm_fault_around)
{
	if (!begin())
		return;
	for (size_t i = 0; i < 2 * AROUND; i++)
		if (i != 5 && !supply(i))
			return;
	ktest_assert(!is_mapped(0));
	ktest_assert(vm_fault(map, page_addr(3), VM_PROT_READ)
		     == KERN_SUCCESS);
	for (size_t i = 0; i < 2 * AROUND; i++)
		ktest_assert(is_mapped(i) == (i < AROUND && i != 5));
	ktest_assert(pmap_resident(vm_map_pmap(map)) == AROUND - 1);
	ktest_assert(requests == 0);
	finish();
	ktest_allow_growth();		/* magazines */
}

/*
 * A delayed copy, sent and forked: what is in it is not what is written
 * afterwards, and what the pager takes back is in it.
 */

/* The first byte of a page as a map shows it. */
static unsigned char
peek(struct vm_map *of, uintptr_t at)
{
	struct vm_map_copy *copy;
	unsigned char byte = 255;

	ktest_assert(vm_map_copyin(of, at, 1, false, &copy) == KERN_SUCCESS);
	ktest_assert(vm_map_copy_read(copy, 0, &byte, 1) == KERN_SUCCESS);
	vm_map_copy_discard(copy);
	return byte;
}

static void
poke(struct vm_map *of, uintptr_t at, unsigned char byte)
{
	struct vm_map_copy *copy;

	ktest_assert(vm_map_copyin_kernel(&byte, 1, &copy) == KERN_SUCCESS);
	ktest_assert(vm_map_copy_overwrite(of, at, copy) == KERN_SUCCESS);
}

KTEST(vm_pager_delays)
{
	struct vm_map_copy *copy = NULL;
	struct vm_map *child = NULL;
	uintptr_t at = 0;

	if (!begin())
		return;
	for (size_t i = 0; i < NR_PAGES; i++)
		if (!supply(i))
			return;
	ktest_assert(vm_pager_set_copy(&pager, MEMORY_OBJECT_COPY_DELAY)
		     == KERN_SUCCESS);
	for (size_t i = 0; i < 8; i++)
		poke(map, page_addr(i), (unsigned char)(10 + i));
	ktest_assert(vm_map_inherit(map, page_addr(0), page_addr(NR_PAGES),
				    VM_INHERIT_COPY) == KERN_SUCCESS);
	if (!ktest_assert(vm_map_copyin(map, page_addr(0),
					NR_PAGES * PAGE_SIZE, false, &copy)
			  == KERN_SUCCESS)
	    || !ktest_assert(vm_map_fork(map, &child) == KERN_SUCCESS))
		return;

	for (size_t i = 0; i < 4; i++)
		poke(map, page_addr(i), 1);
	ktest_assert(vm_pager_lock(&pager, 4 * PAGE_SIZE, 4 * PAGE_SIZE,
				   VM_PAGER_RETURN_NONE, true,
				   VM_PAGER_KEEP_LOCK) == KERN_SUCCESS);
	for (size_t i = 4; i < 8; i++)
		ktest_assert(supply(i));
	ktest_assert(vm_map_copyout(map, &at, copy) == KERN_SUCCESS);
	for (size_t i = 0; i < 8; i++) {
		ktest_assert(peek(map, at + i * PAGE_SIZE) == 10 + i);
		ktest_assert(peek(child, page_addr(i)) == 10 + i);
		ktest_assert(peek(map, page_addr(i)) == (i < 4 ? 1 : 0));
	}
	ktest_assert(requests == 0);
	vm_map_check(child);
	vm_map_unref(child);
	finish();
	ktest_allow_growth();		/* magazines */
}
