/*
 * vm/vm_page_wait.c -- waiting for memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The number of waiters is read without the lock when a frame is freed.  A
 * wake-up that slips through so, or goes to a waiter that a third thread robs
 * of the frame, costs a pause of WAIT_MS and no more.
 */

#include "vm/vm_page_priv.h"

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/panic.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "kern/waitq.h"
#include "lib/atomic.h"

#define WAIT_MS		20

static struct spinlock wait_lock = SPINLOCK_INITIALIZER(RANK_CLIENT);
static struct waitq wait_queue;		/* (wait_lock) made by the first one */
static bool wait_queue_made;		/* (wait_lock) */
unsigned int vm_page_nr_waiters;	/* written under wait_lock */

void
vm_page_wake(void)
{
	if (!vm_page_is_waited_for())
		return;
	spin_lock(&wait_lock);
	waitq_wake_all(&wait_queue);
	spin_unlock(&wait_lock);
}

/* Is this before there are threads? */
static bool
is_starting(void)
{
	const struct thread *self = current_thread();

	return self == NULL || self == cpu_self()->idle;
}

bool
vm_page_shortage(unsigned long count, unsigned int km_flags, const char *what)
{
	bool must_wait = (km_flags & KM_SLEEP) != 0;

	if ((km_flags & KM_NOSLEEP) != 0)
		return false;
	if (!must_wait && !is_starting() && thread_should_stop())
		return false;
	if (slab_collect(count) != 0)
		return true;
	if (what != NULL)
		slab_report_no_memory(what);
	if (must_wait)
		vm_page_wait();
	return must_wait;
}

struct vm_page *
vm_page_get(enum vm_page_zone_limit limit, enum vm_page_kind kind,
	    unsigned int km_flags, const char *what)
{
	struct vm_page *page;

	do {
		page = vm_page_alloc(0, limit, kind);
	} while (page == NULL && vm_page_shortage(1, km_flags, what));
	return page;
}

void
vm_page_wait(void)
{
	if (is_starting())
		panic("out of memory at start-up");
	if (slab_collect(1) != 0)
		return;
	spin_lock(&wait_lock);
	if (!wait_queue_made) {
		waitq_init(&wait_queue);
		wait_queue_made = true;
	}
	atomic_store_relaxed(&vm_page_nr_waiters, vm_page_nr_waiters + 1);
	(void)waitq_wait(&wait_queue, &wait_lock, clock_deadline_ms(WAIT_MS),
			 0);
	atomic_store_relaxed(&vm_page_nr_waiters, vm_page_nr_waiters - 1);
	spin_unlock(&wait_lock);
}
