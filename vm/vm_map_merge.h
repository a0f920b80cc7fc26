/*
 * vm/vm_map_merge.h -- two objects of one map become one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The second half of the join rule (vm/vm_map_join.h): neighbours whose
 * attributes are equal and whose objects differ, both linear.  Such objects
 * come from messages, from what was shared or wired at a fork, from a fault
 * that found the window's object in use for a moment.
 *
 * The object with fewer pages goes below the other (vm/vm_shadow.h), and its
 * entries are pointed to that one, so neighbours are one entry at once.  Then
 * its pages move up one by one, and it is gone.  An object that is no whole
 * window goes into the window's, whatever its size, since only that can hold
 * the entries of both.  If the objects count their offsets from other places,
 * those of the one that goes below are made addresses first.
 *
 *	|== A ==|== B ==|     |====== B ======|     |====== B ======|
 *	  1 2 3   4 5 6 7       - - - 4 5 6 7         1 2 3 4 5 6 7
 *			      A: 1 2 3 (below)
 *
 * An operation on a map does this only if it is little (VM_MERGE_PAGES,
 * VM_MERGE_ENTRIES); what is more waits, VM_MERGE_DELAY_MS at least, for a
 * thread of the lowest priority, which has the map locked for as much at a
 * time as one operation may do.  What is gone until then is no work.
 *
 * That thread also looks after objects that become linear again when a user
 * in another map, or a message, is gone: pages outside of the entries are
 * freed and joins are offered that were refused because of it.  It is told
 * only of objects about which somebody asked in vain (`asked').
 *
 * Refused: what is not linear; wired pages below; more than one of the two with
 * others below; entries of one object in two windows.
 *
 * Locks:  map > object > the queue.  From the queue up to objects by try-lock.
 * An object in the queue has no reference for that; its end takes it out.
 */
#ifndef VM_VM_MAP_MERGE_H
#define VM_VM_MAP_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/annotate.h"
#include "lib/macros.h"
#include "vm/vm_map_join.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"

/* What one operation may do. */
#define VM_MERGE_PAGES		32u	/* moved */
#define VM_MERGE_ENTRIES	256u	/* looked at */

/* Without a word on the command line. */
#define VM_MERGE_DEFAULT	true

/* How long the thread leaves an object alone. */
#define VM_MERGE_DELAY_MS	50u

/* What is left of it to one operation. */
struct vm_merge_budget {
	unsigned int	pages;
	unsigned int	entries;
	bool		idle;		/* the thread's: objects with more
					 * pages are merged too */
};

/** vm_merge_budget - all of it, for an operation of a program's. */
struct vm_merge_budget vm_merge_budget(void);

/* Since start-up. */
struct vm_map_merge_stats {
	unsigned long	merges;		/* objects that went into another */
	unsigned long	pages;		/* moved for it */
	unsigned long	unfinished;	/* of merges, with pages left then */
	unsigned long	queued;		/* objects for the thread */
	unsigned long	settled;	/* of which were settled */
};

/**
 * vm_map_merge_enable - switch the merging of objects on or off
 * @on:		what is under way goes on
 *
 * Context: any.
 */
void vm_map_merge_enable(bool on);

/** vm_map_merge_is_enabled - are objects merged?  Context: any. */
bool vm_map_merge_is_enabled(void);

/* For tests: another number than VM_MERGE_PAGES, which is not 0. */
void vm_map_merge_set_pages(unsigned int pages);

/**
 * vm_map_merge_objects - let two neighbours have one object, if that can be
 * @map:	locked
 * @low:	one at least has an object; their attributes are equal
 * @high:	right behind it
 * @budget:	what may be done; less afterwards
 * @why:	set if nothing was done
 *
 * Entries of the map may have gone into others, these two as well.
 *
 * Context: a thread; memory is taken without waiting for it.
 * Return:  whether anything has changed.
 */
MUST_CHECK bool vm_map_merge_objects(struct vm_map *map,
				     struct vm_map_entry *low,
				     struct vm_map_entry *high,
				     struct vm_merge_budget *budget,
				     enum vm_map_refusal *why)
	REQUIRES(map->lock);

/**
 * vm_map_merge_alone - let an entry's object go into the window's
 * @map:	locked
 * @entry:	of @map; may have gone into another afterwards, as others
 * @budget:	as above
 *
 * Whatever its neighbours are: two objects of a map that show the same one
 * below keep that from a collapse.
 *
 * Return:  whether anything has changed.
 */
MUST_CHECK bool vm_map_merge_alone(struct vm_map *map,
				   const struct vm_map_entry *entry,
				   struct vm_merge_budget *budget)
	REQUIRES(map->lock);

/** vm_map_merge_get_stats - read the counts. */
void vm_map_merge_get_stats(struct vm_map_merge_stats *stats);

/** vm_map_merge_show - print the counts. */
void vm_map_merge_show(void);

/* The queue and the thread: vm/vm_map_idle.c. */

/**
 * vm_map_merge_queue - let the thread look at an object
 * @object:	that is linear again, or below another, to go into that
 */
void vm_map_merge_queue(struct vm_object *object) REQUIRES(object->lock);

/**
 * vm_map_merge_release - let the thread look at an object, without a reference
 * @object:	the caller's reference to it goes
 *
 * In one step: the thread does nothing about what somebody else refers to.
 */
void vm_map_merge_release(struct vm_object *object) EXCLUDES(object->lock);

/** vm_map_merge_dequeue - @object, which is in the queue, ends. */
void vm_map_merge_dequeue(struct vm_object *object) REQUIRES(object->lock);

/**
 * vm_map_merge_setup - make the queue.  Called by vm_init().
 */
void vm_map_merge_setup(void);

/** vm_map_merge_start - start the thread, and obey the command line. */
void vm_map_merge_start(void);

/**
 * vm_map_merge_run - do what the thread would do, for tests and the thread
 *
 * Context: a thread, no lock held; may block.
 * Return:  whether there was anything to do.
 */
bool vm_map_merge_run(void);

/* For vm/vm_map_merge.c and vm/vm_map_idle.c. */

/** vm_map_merge_pull - vm_shadow_pull(), counted. */
MUST_CHECK bool vm_map_merge_pull(struct vm_object *top,
				  struct vm_object *below,
				  unsigned int *pages);

/** vm_map_merge_count_queued - one object was put into the queue. */
void vm_map_merge_count_queued(void);

/** vm_map_merge_count_settled - one object was settled. */
void vm_map_merge_count_settled(void);

#endif /* VM_VM_MAP_MERGE_H */
