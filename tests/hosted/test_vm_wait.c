/*
 * tests/hosted/test_vm_wait.c -- who waits for a wiring can be interrupted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One thread wires memory of a pager that does not answer, so the entries stay
 * in transition.  Others want to change, unmap, wire or fork the same range,
 * and wait; an interruption, or their end, lets them leave with nothing
 * changed.  A fault beside it goes on all the time.  A fault that itself waits
 * for such a pager can be broken, too.
 */
#include "unit.h"

#include <machine/trap.h>

#include "kern/sched.h"
#include "kern/thread.h"
#include "kern/waitq.h"
#include "lib/macros.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_page_stats.h"
#include "vm/vm_pager.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define NR_PAGES	8u

static struct vm_pager pager;
static struct vm_map *map;
static uintptr_t base;			/* of the pager's object */
static uintptr_t other;			/* and of other memory */

static kern_return_t
on_request(struct vm_pager *silent, uint64_t offset, uint64_t size,
	   vm_prot_t access)
{
	(void)silent;
	(void)offset;
	(void)size;
	(void)access;
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
}

static const struct vm_pager_ops ops = {
	on_request, on_request, on_return, on_terminate,
};

static uintptr_t
end(void)
{
	return base + NR_PAGES * PAGE_SIZE;
}

static kern_return_t
do_wire(void)
{
	return vm_map_wire(map, base, end(), VM_PROT_READ, SIZE_MAX);
}

static kern_return_t
do_unwire(void)
{
	return vm_map_wire(map, base, end(), VM_PROT_NONE, SIZE_MAX);
}

static kern_return_t
do_protect(void)
{
	return vm_map_protect(map, base, end(), VM_PROT_READ, false);
}

static kern_return_t
do_remove(void)
{
	return vm_map_remove(map, base + PAGE_SIZE, end());
}

static kern_return_t
do_wire_all(void)
{
	return vm_map_wire_all(map, VM_WIRE_ALL);
}

static kern_return_t
do_wire_future(void)
{
	return vm_map_wire_all(map, VM_WIRE_FUTURE);
}

static kern_return_t
do_fork(void)
{
	struct vm_map *child;
	kern_return_t kr = vm_map_fork(map, &child);

	if (kr == KERN_SUCCESS)
		vm_map_unref(child);
	return kr;
}

static kern_return_t (*const waiters[])(void) = {
	do_wire, do_unwire, do_protect, do_remove, do_fork, do_wire_all,
	do_wire_future,
};

struct caller {
	struct thread	*thread;
	kern_return_t	(*fn)(void);
	kern_return_t	kr;
};

static void
caller_run(void *arg)
{
	struct caller *caller = arg;

	caller->kr = caller->fn();
}

static void
caller_start(struct caller *caller, kern_return_t (*fn)(void))
{
	caller->fn = fn;
	caller->thread = thread_spawn("caller", caller_run, caller, 25);
	assert(caller->thread != NULL);
}

static void
caller_end(struct caller *caller)
{
	thread_join(caller->thread);
	thread_unref(caller->thread);
	check_equal(caller->kr, KERN_ABORTED);
}

static bool
somebody_waits(void)
{
	bool waits;

	spin_lock(&map->wait_lock);
	waits = !waitq_is_empty(&map->waiters);
	spin_unlock(&map->wait_lock);
	return waits;
}

static void
set_up(void)
{
	struct vm_object *object;

	vm_pager_init(&pager, &ops);
	object = vm_pager_open(&pager, NR_PAGES * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	base = 0;
	check_equal(vm_map_enter(map, &base, NR_PAGES * PAGE_SIZE, 0, true,
				 object, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
				 VM_INHERIT_SHARE), KERN_SUCCESS);
	vm_object_unref(object);
	other = vm_test_allocate_any(map, NR_PAGES * PAGE_SIZE);
}

static void
wait_thread(void *arg)
{
	struct vm_test_balance before;
	struct caller wirer, caller;
	size_t entries;

	(void)arg;
	/* Threads free on CPUs of their own; the helpers get it from there. */
	slab_reclaim_start();
	before = vm_test_balance();
	set_up();
	entries = vm_map_entries(map);
	caller_start(&wirer, do_wire);
	while (vm_pager_in_progress(&pager) == 0)
		(void)sched_yield();

	for (size_t i = 0; i < 2 * ARRAY_SIZE(waiters); i++) {
		caller_start(&caller, waiters[i / 2]);
		while (!somebody_waits())
			(void)sched_yield();
		check_equal(vm_fault(map, other + i % NR_PAGES * PAGE_SIZE,
				     VM_PROT_WRITE), KERN_SUCCESS);
		if (i % 2 == 0)
			thread_interrupt(caller.thread);
		else
			thread_terminate(caller.thread);
		caller_end(&caller);
		check_equal(vm_map_entries(map), entries);
		vm_map_check(map);
	}

	/* Who wires, too; then all is as if it had not begun. */
	thread_interrupt(wirer.thread);
	caller_end(&wirer);
	check_equal(vm_map_wired(map), 0);
	vm_map_check(map);
	check_equal(do_protect(), KERN_SUCCESS);
	vm_map_unref(map);
	vm_test_check_balance(before);
	slab_reclaim_stop();
	vm_page_check();
}

static void
test_wait(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, wait_thread);
	vm_test_run(4, (size_t)16 << 20, wait_thread);
}

/*
 * Who wires the rest while all, and the future, is being wired has nothing to
 * say of the future, however the two end.
 */

static uintptr_t
middle(void)
{
	return base + NR_PAGES / 2 * PAGE_SIZE;
}

static kern_return_t
do_wire_rest(void)
{
	return vm_map_wire(map, middle(), end(), VM_PROT_READ, SIZE_MAX);
}

static void
future_thread(void *arg)
{
	struct caller all, rest;

	(void)arg;
	set_up();
	check_equal(vm_map_protect(map, middle(), end(), VM_PROT_NONE, false),
		    KERN_SUCCESS);
	caller_start(&all, do_wire_all);
	while (vm_pager_in_progress(&pager) != 1)
		(void)sched_yield();

	/* That was left out, and may be changed. */
	check_equal(vm_map_protect(map, middle(), end(), VM_PROT_READ, false),
		    KERN_SUCCESS);
	caller_start(&rest, do_wire_rest);
	while (vm_pager_in_progress(&pager) != 2)
		(void)sched_yield();
	thread_interrupt(all.thread);
	caller_end(&all);
	thread_interrupt(rest.thread);
	caller_end(&rest);

	check_equal(vm_map_wired(map), 0);
	(void)vm_test_allocate_any(map, PAGE_SIZE);
	check_equal(vm_map_wired(map), 0);
	vm_map_unref(map);
}

static void
test_future(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, future_thread);
	vm_test_run(4, (size_t)16 << 20, future_thread);
}

/*
 * A fault by a trap.  A program that is interrupted goes back, and does what it
 * was interrupted for; the kernel, which copies for it, is told.
 */

struct trapper {
	struct thread	*thread;
	bool		user;
	kern_return_t	kr;
	bool		stops;		/* it was asked to end */
	bool		interrupted;	/* it still is, afterwards */
};

static void
trapper_run(void *arg)
{
	struct trapper *trapper = arg;

	vm_test_use_map(map);
	trapper->kr = trap_hook_page_fault(base + PAGE_SIZE, VM_PROT_READ,
					   trapper->user);
	trapper->stops = thread_should_stop();
	trapper->interrupted = thread_clear_interrupted();
	vm_test_use_map(NULL);
}

static void
trapper_check(bool user, bool terminate)
{
	struct trapper trapper = { .user = user };

	trapper.thread = thread_spawn("trapper", trapper_run, &trapper, 25);
	assert(trapper.thread != NULL);
	while (vm_pager_in_progress(&pager) == 0)
		(void)sched_yield();
	check_equal(vm_fault(map, other, VM_PROT_WRITE), KERN_SUCCESS);
	if (terminate)
		thread_terminate(trapper.thread);
	else
		thread_interrupt(trapper.thread);
	thread_join(trapper.thread);
	thread_unref(trapper.thread);
	check_equal(trapper.kr, user ? KERN_SUCCESS : KERN_ABORTED);
	check_equal(trapper.stops, terminate);
	check_equal(trapper.interrupted, !user && !terminate);
	check_equal(vm_pager_in_progress(&pager), 0);
	vm_map_check(map);
}

static void
trap_thread(void *arg)
{
	struct vm_test_balance before;

	(void)arg;
	slab_reclaim_start();
	before = vm_test_balance();
	set_up();
	for (unsigned int i = 0; i < 4; i++)
		trapper_check((i & 1) != 0, (i & 2) != 0);
	vm_map_unref(map);
	vm_test_check_balance(before);
	slab_reclaim_stop();
	vm_page_check();
}

static void
test_trap(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, trap_thread);
	vm_test_run(4, (size_t)16 << 20, trap_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_future),
		cmocka_unit_test(test_trap),
	};

	return unit_main(tests);
}
