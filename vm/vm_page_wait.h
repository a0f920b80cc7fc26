/*
 * vm/vm_page_wait.h -- what to do when there is no frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Include vm/vm_page.h.
 */
#ifndef VM_VM_PAGE_WAIT_H
#define VM_VM_PAGE_WAIT_H

#include <stdbool.h>

#include "lib/macros.h"

#include "vm/vm_page.h"

/**
 * vm_page_get - get a frame, as the caller may wait for it
 * @limit:	as for vm_page_alloc()
 * @kind:	as for vm_page_alloc()
 * @km_flags:	KM_SLEEP, KM_WAIT or KM_NOSLEEP (kern/slab.h)
 * @what:	what it is for, should memory be out
 *
 * Context: a thread, or start-up.  But with KM_NOSLEEP it may block: no spin
 *	    lock held.
 * Return:  the frame; NULL only without KM_SLEEP.
 */
MUST_CHECK struct vm_page *vm_page_get(enum vm_page_zone_limit limit,
				       enum vm_page_kind kind,
				       unsigned int km_flags,
				       const char *what);

/**
 * vm_page_shortage - there was no frame: is it worth to try again?
 * @count:	frames wanted
 * @km_flags:	as for vm_page_get()
 * @what:	what for: when reclaim makes no progress, memory is reported to
 *		be out.  NULL: the caller does that
 *
 * Reclaims (slab_collect()); with KM_SLEEP waits besides.
 *
 * Context: as vm_page_get().
 * Return:  false, not with KM_SLEEP: there is nothing to be had, or the thread
 *	    has been asked to end.
 */
MUST_CHECK bool vm_page_shortage(unsigned long count, unsigned int km_flags,
				 const char *what);

/**
 * vm_page_wait - wait for somebody to free a frame
 *
 * Returns when frames were freed (slab_collect() is asked first), or after a
 * short while; the caller tries again.  Panics before there are threads.
 *
 * Context: a thread; blocks.
 */
void vm_page_wait(void);

#endif /* VM_VM_PAGE_WAIT_H */
