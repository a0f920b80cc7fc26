/*
 * kern/vm_event.h -- what page faults came to, and messages, counted.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each count has one writer at a time, and is read by anybody: that of a CPU is
 * the CPU's, where nothing is preempted; that of a thread is the thread's.
 * They wrap.
 */
#ifndef KERN_VM_EVENT_H
#define KERN_VM_EVENT_H

#include "lib/atomic.h"

/* The first three are what a fault may come to, and one of them each. */
enum vm_event {
	VM_EVENT_FAULT,		/* the page was there, or none can be had */
	VM_EVENT_ZERO_FILL,	/* it got a cleared page */
	VM_EVENT_COPY,		/* it got a copy of what is shared */
	VM_EVENT_PUSH,		/* another got a copy, before a write */
	VM_EVENT_PAGEIN,	/* a pager was asked */
	/* Not of CPUs: messages of the thread's own, by mach_msg; in the order
	 * of its options, so that one of the four counts a call. */
	VM_EVENT_NO_MESSAGE,
	VM_EVENT_SENT,
	VM_EVENT_RECEIVED,
	VM_EVENT_SENT_RECEIVED,
	NR_VM_EVENTS,
};

struct vm_events {
	unsigned long count[NR_VM_EVENTS];	/* (A) */
};

/** vm_events_add - count once.  Context: the only writer. */
static inline void
vm_events_add(struct vm_events *events, enum vm_event event)
{
	unsigned long *count = &events->count[event];

	atomic_store_relaxed(count, *count + 1);
}

/** vm_events_sum - add what was counted.  Context: any, for @from. */
static inline void
vm_events_sum(struct vm_events *to, const struct vm_events *from)
{
	for (unsigned int i = 0; i < NR_VM_EVENTS; i++)
		to->count[i] += atomic_load_relaxed(&from->count[i]);
}

/* Messages. */
static inline unsigned long
vm_events_sent(const struct vm_events *events)
{
	return events->count[VM_EVENT_SENT]
		+ events->count[VM_EVENT_SENT_RECEIVED];
}

static inline unsigned long
vm_events_received(const struct vm_events *events)
{
	return events->count[VM_EVENT_RECEIVED]
		+ events->count[VM_EVENT_SENT_RECEIVED];
}

/* All faults; and pages that were copied. */
static inline unsigned long
vm_events_faults(const struct vm_events *events)
{
	return events->count[VM_EVENT_FAULT]
		+ events->count[VM_EVENT_ZERO_FILL]
		+ events->count[VM_EVENT_COPY];
}

static inline unsigned long
vm_events_copies(const struct vm_events *events)
{
	return events->count[VM_EVENT_COPY] + events->count[VM_EVENT_PUSH];
}

#endif /* KERN_VM_EVENT_H */
