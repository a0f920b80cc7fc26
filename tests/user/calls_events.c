/*
 * tests/user/calls_events.c -- what faults are counted as.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/calls.h"

#include "utils/lib/uthread.h"

#define PAGES	16
#define SLACK	8	/* pages of stack and reply that may come with them */

struct counts {
	struct task_events_info task;
	struct vm_statistics all;
};

static struct counts
counts_now(void)
{
	mach_msg_type_number_t count = TASK_EVENTS_INFO_COUNT;
	struct counts counts;

	memset(&counts, 0, sizeof counts);
	WANT(KERN_SUCCESS,
	     task_info(ports.self, TASK_EVENTS_INFO,
		       (task_info_t)&counts.task, &count));
	tap_is(count, (long)TASK_EVENTS_INFO_COUNT, "the words of it");
	WANT(KERN_SUCCESS, vm_statistics(ports.self, &counts.all));
	return counts;
}

static void
touch(vm_address_t address)
{
	for (unsigned int i = 0; i < PAGES; i++)
		*user_int_at(address + i * PAGE) = 1;
}

static void
touch_run(void *arg)
{
	touch(*(vm_address_t *)arg);
}

/* Is it PAGES, and not many more? */
static void
about(uint64_t now, uint64_t then, const char *what)
{
	tap_ok(now - then >= PAGES && now - then <= PAGES + SLACK,
	       "%s: %llu, for %d pages", what,
	       (unsigned long long)(now - then), PAGES);
}

static void
at_least(integer_t now, integer_t then, const char *what)
{
	tap_ok((unsigned int)now - (unsigned int)then >= PAGES,
	       "%s: %u in all, for %d pages", what,
	       (unsigned int)now - (unsigned int)then, PAGES);
}

static void
compare(const struct counts *then, const struct counts *now, bool copied)
{
	about(now->task.faults, then->task.faults, "faults");
	at_least(now->all.faults, then->all.faults, "faults");
	if (copied) {
		about(now->task.cow_faults, then->task.cow_faults, "copies");
		at_least(now->all.cow_faults, then->all.cow_faults, "copies");
	} else {
		about(now->task.zero_fills, then->task.zero_fills, "zeros");
		at_least(now->all.zero_fill_count, then->all.zero_fill_count,
			 "zeros");
		tap_ok(now->task.cow_faults - then->task.cow_faults <= SLACK,
		       "hardly any copies");
	}
	tap_is((long)(now->task.pageins - then->task.pageins), 0,
	       "no pager was asked");
}

void
calls_events(void)
{
	struct counts then, now;
	struct uthread *thread;
	vm_address_t page = 0;
	mach_port_t child;

	WANT(KERN_SUCCESS, vm_allocate(ports.self, &page, PAGES * PAGE, TRUE));
	then = counts_now();
	touch(page);
	now = counts_now();
	compare(&then, &now, false);

	/* What a child shares is copied when it is written. */
	WANT(KERN_SUCCESS, task_create(ports.self, TRUE, &child));
	then = counts_now();
	touch(page);
	now = counts_now();
	compare(&then, &now, true);
	WANT(KERN_SUCCESS, task_terminate(child));
	calls_drop(child);
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, page, PAGES * PAGE));

	/* A thread that has ended leaves its counts. */
	WANT(KERN_SUCCESS, vm_allocate(ports.self, &page, PAGES * PAGE, TRUE));
	then = counts_now();
	thread = uthread_create(touch_run, &page);
	if (!tap_ok(thread != NULL, "a thread"))
		return;
	uthread_join(thread);
	now = counts_now();
	compare(&then, &now, false);
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, page, PAGES * PAGE));
}
