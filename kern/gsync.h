/*
 * kern/gsync.h -- waiting for words of user memory.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A thread waits at an address while a word there has a value; who changes
 * the word wakes it.  A waiter puts itself on the list of its address before
 * it looks at the word, so no wake between the two is lost.  An address is
 * known as map and address, or, shared, as object and offset, so that tasks
 * meet which map the object at different places.
 *
 * Who waits shared keeps the key for as long: a reference to the object makes
 * it not linear (vm/vm_object.h), so neither merge nor collapse nor fork gives
 * the map another one there, and memory that has no object yet gets it first.
 * So it also meets those that come to share the memory later.  After a fork
 * that copies, who waited goes on to wait for the parent's word; who waits in
 * memory that is unmapped, until it is interrupted.
 *
 * Lock order:	gsync's lock (RANK_CLIENT)  >  wait queues.  Memory is touched
 *		with no lock held.
 */
#ifndef KERN_GSYNC_H
#define KERN_GSYNC_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "lib/macros.h"

struct vm_map;

/* Flags of the calls; programs know them from their own library's header. */
#define GSYNC_SHARED	0x01	/* meet by object, not by map */
#define GSYNC_QUAD	0x02	/* look at two words */
#define GSYNC_TIMED	0x04	/* no longer than `ms' */
#define GSYNC_BROADCAST	0x08	/* all, not one */
#define GSYNC_MUTATE	0x10	/* store the value, then wake */

/* Context: start-up. */
void gsync_init(void);

/**
 * gsync_wait - wait while a word has a value
 * @map:	whose memory; the caller has a reference
 * @addr:	of the word
 * @val1:	what it has
 * @val2:	with GSYNC_QUAD, what the next one has
 * @ms:		with GSYNC_TIMED, at most so long
 * @flags:	GSYNC_*
 *
 * Context: a thread, no lock held; blocks, interruptible.
 * Return:  KERN_SUCCESS: woken; KERN_INVALID_ADDRESS: not aligned, or not
 *	    readable; KERN_INVALID_ARGUMENT: it has another value;
 *	    KERN_TIMEDOUT; KERN_INTERRUPTED; with GSYNC_SHARED also
 *	    KERN_RESOURCE_SHORTAGE: no memory for an object there.
 * Defined: semantics.md, gsync_wait.
 */
kern_return_t gsync_wait(struct vm_map *map, uintptr_t addr, uint32_t val1,
			 uint32_t val2, unsigned int ms, int flags);

/**
 * gsync_wake - wake who waits at an address
 * @val:	with GSYNC_MUTATE, stored there before
 *
 * One, the one that has waited longest, or all.
 *
 * Context: a thread, no lock held; may block.
 * Return:  KERN_SUCCESS; KERN_INVALID_ADDRESS: as above, or not writable;
 *	    KERN_INVALID_ARGUMENT: nobody waits.
 */
kern_return_t gsync_wake(struct vm_map *map, uintptr_t addr, uint32_t val,
			 int flags);

/**
 * gsync_requeue - let who waits at @src wait at @dst
 * @wake_one:	wake the first one instead of moving it
 *
 * One is moved, or all.
 *
 * Return:  KERN_SUCCESS; KERN_INVALID_ADDRESS; KERN_INVALID_ARGUMENT: nobody
 *	    waits; KERN_RESOURCE_SHORTAGE, as gsync_wait().
 */
kern_return_t gsync_requeue(struct vm_map *map, uintptr_t src, uintptr_t dst,
			    bool wake_one, int flags);

#endif /* KERN_GSYNC_H */
