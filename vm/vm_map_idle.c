/*
 * vm/vm_map_idle.c -- objects that are looked after when there is time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_map_merge.h.  In the queue is an object that is linear again: it is
 * settled.  Or one that was merged, or collapses with the one above, with pages
 * left in it: they are moved up.
 */
#include "kern/assert.h"
#include "kern/clock.h"
#include "kern/printf.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "kern/waitq.h"
#include "lib/cmdline.h"
#include "lib/list.h"
#include "lib/string.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_shadow.h"

#include <machine/boot_info.h>
#include <machine/cpu.h>

/* (C) set at start-up, (L) lock. */
static struct {
	struct spinlock	lock;		/* the thread's interlock */
	struct list	objects;	/* (L) */
	unsigned int	nr_objects;	/* (L) */
	struct waitq	work;		/* the thread, while there are none */
} vm_idle;

void
vm_map_merge_setup(void)
{
	spin_init(&vm_idle.lock, RANK_CLIENT);
	list_init(&vm_idle.objects);
	vm_idle.nr_objects = 0;
	waitq_init(&vm_idle.work);
	vm_map_merge_enable(false);
}

void
vm_map_merge_queue(struct vm_object *object)
{
	bool first;

	spin_assert_held(&object->lock);
	if (object->queued)
		return;
	object->queued = true;
	vm_map_merge_count_queued();
	spin_lock(&vm_idle.lock);
	first = vm_idle.nr_objects++ == 0;
	list_add_tail(&vm_idle.objects, &object->queue_node);
	spin_unlock(&vm_idle.lock);
	if (first)
		waitq_wake_one(&vm_idle.work);
}

void
vm_map_merge_release(struct vm_object *object)
{
	bool is_last;

	spin_lock(&object->lock);
	is_last = object->refs == 1;
	if (!is_last) {
		object->refs--;
		vm_map_merge_queue(object);
	}
	spin_unlock(&object->lock);
	if (is_last)
		vm_object_release(object);
}

/* The object leaves the queue. */
static void
vm_idle_remove(struct vm_object *object)
	REQUIRES(object->lock) REQUIRES(vm_idle.lock)
{
	list_remove(&object->queue_node);
	vm_idle.nr_objects--;
	object->queued = false;
}

void
vm_map_merge_dequeue(struct vm_object *object)
{
	spin_lock(&vm_idle.lock);
	vm_idle_remove(object);
	spin_unlock(&vm_idle.lock);
}

/* What is to be done about an object that was in the queue. */
struct vm_idle_work {
	struct vm_object *below;	/* pull it up, there is a reference; or
					 * NULL */
	struct vm_map	*map;		/* settle its range; or NULL */
	const struct vm_object *object;	/* its object there, maybe gone */
	uintptr_t	start;
	uintptr_t	end;
	struct list	pages;		/* to be freed */
};

/* The object is some map's only: note it, with a reference to the map. */
static void
vm_idle_note(struct vm_object *object, struct vm_idle_work *work)
	REQUIRES(object->lock)
{
	uint64_t start = vm_object_first_address(object, object->delta);
	uint64_t end = object->base + object->delta + object->size;

	work->map = NULL;
	if (object->nr_linear == 0 || object->pager != NULL
	    || !vm_map_try_ref(object->home))
		return;
	work->map = object->home;
	work->object = object;
	work->start = (uintptr_t)start;
	work->end = (uintptr_t)MIN(end, (uint64_t)work->map->end);
}

/* Take the first object off the queue; false: there is none. */
static bool UNCHECKED_LOCKING
vm_idle_take(struct vm_idle_work *work)
{
	struct vm_object *object;
	bool locked;

	do {
		spin_lock(&vm_idle.lock);
		if (vm_idle.nr_objects == 0) {
			spin_unlock(&vm_idle.lock);
			return false;
		}
		object = list_entry(list_first(&vm_idle.objects),
				    struct vm_object, queue_node);
		locked = spin_trylock(&object->lock);
		if (locked)
			vm_idle_remove(object);
		spin_unlock(&vm_idle.lock);
		if (!locked)
			cpu_relax();
	} while (!locked);

	assert(object->refs != 0);
	if (object->refs == 1 && object->nr_above == 1
	    && object->pager == NULL) {
		object->refs++;
		work->below = object;
	} else if (object->refs == object->nr_linear) {
		vm_idle_note(object, work);
	}
	spin_unlock(&object->lock);
	return true;
}

/*
 * Settling: with the map locked for a while, one piece of the range.
 */

/*
 * Take what @object, of an entry with @delta, has between two addresses where
 * it has no entry.  It may reach less far than the work: it may have another
 * base or size since, or be a new one where the one asked about was.  If it
 * reaches below the lowest address of all, or above the highest, what is there
 * goes too: no entry can show it.
 */
static void
vm_idle_free(struct vm_idle_work *work, struct vm_object *object,
	     uint64_t delta, uintptr_t start, uintptr_t end)
{
	uint64_t first = vm_object_first_address(object, delta);
	uint64_t last = MIN(object->base + object->size + delta,
			    (uint64_t)work->map->end);
	uint64_t from = object->base, to = object->base + object->size;

	if (start >= last || end < first)
		return;
	if (start > first)
		from = start - delta;
	if (end < last)
		to = end - delta;
	if (from < to && vm_object_is_linear(object))
		vm_object_take_range(object, from, to - from, &work->pages);
}

/*
 * Take what the object has outside of its entries, as far as many entries reach
 * from work->start on.  Return where they end.
 */
static uintptr_t
vm_idle_free_piece(struct vm_idle_work *work)
	REQUIRES(work->map->lock)
{
	struct vm_map_entry *entry = vm_map_lookup_from(work->map,
							work->start);
	uintptr_t at = work->start, end = work->start;
	struct vm_object *object = NULL;
	uint64_t delta = 0;

	for (unsigned int n = 0; entry != NULL && entry->start < work->end
	     && n < VM_MERGE_ENTRIES; n++) {
		end = entry->end;
		if (entry->object == work->object) {
			object = entry->object;
			delta = vm_map_entry_delta(entry);
			vm_idle_free(work, object, delta, at, entry->start);
			at = entry->end;
		}
		entry = vm_map_next(entry);
	}
	if (entry == NULL || entry->start >= work->end)
		end = work->end;
	if (object != NULL)
		vm_idle_free(work, object, delta, at, end);
	return end;
}

/*
 * Offer joins from work->start on, until objects were worked on or many entries
 * looked at.  Afterwards work->start is where to go on; false: nowhere.
 */
static bool
vm_idle_settle_piece(struct vm_idle_work *work)
	REQUIRES(work->map->lock)
{
	struct vm_merge_budget budget = vm_merge_budget();
	uintptr_t end = vm_idle_free_piece(work);
	struct vm_map_entry *entry;

	budget.idle = true;
	entry = vm_map_lookup_from(work->map, work->start);
	while (entry != NULL && entry->start <= end
	       && budget.entries == VM_MERGE_ENTRIES) {
		uintptr_t start = entry->start;

		work->start = entry->end;
		if (vm_map_merge_alone(work->map, entry, &budget))
			entry = vm_map_lookup(work->map, start);
		(void)vm_map_join(work->map, entry, &budget);
		/* The border there may be gone. */
		entry = vm_map_lookup_from(work->map, work->start);
		if (entry != NULL && entry->start < work->start)
			entry = vm_map_next(entry);
	}
	return entry != NULL && entry->start <= work->end;
}

/* Settle the range; the reference to the map goes. */
static void UNCHECKED_LOCKING
vm_idle_settle(struct vm_idle_work *work)
{
	struct vm_map *map = work->map;
	bool more;

	do {
		rw_lock_write(&map->lock);
		more = vm_idle_settle_piece(work);
		rw_unlock_write(&map->lock);
		vm_object_free_pages(&work->pages);
		(void)sched_yield();
	} while (more);
	vm_map_merge_count_settled();
	vm_map_unref(map);
}

/*
 * Moving up what is left of an object that was merged.
 */

/* The object above, if one link is all that uses @below but for our reference.
 * It is locked. */
static struct vm_object * UNCHECKED_LOCKING
vm_idle_lock_top(struct vm_object *below)
{
	for (;;) {
		struct vm_object *top = NULL;
		bool locked = false;

		spin_lock(&below->lock);
		if (below->refs == 2 && below->nr_above == 1) {
			top = list_entry(list_first(&below->above),
					 struct vm_shadow, node)->top;
			locked = spin_trylock(&top->lock);
		}
		spin_unlock(&below->lock);
		if (top == NULL || locked)
			return top;
		cpu_relax();
	}
}

/* Note the map of the object above. */
static bool UNCHECKED_LOCKING
vm_idle_home(struct vm_idle_work *work)
{
	struct vm_object *top = vm_idle_lock_top(work->below);

	if (top == NULL)
		return false;
	vm_idle_note(top, work);
	spin_unlock(&top->lock);
	return work->map != NULL;
}

/* What moving up has come to. */
enum vm_idle_pulled {
	VM_IDLE_DONE,
	VM_IDLE_MORE,
	VM_IDLE_STUCK,		/* no memory, or no room */
	VM_IDLE_CHANGED,	/* it is not that map's any more */
};

/* Some pages.  The map's entries keep the object above. */
static enum vm_idle_pulled UNCHECKED_LOCKING
vm_idle_pull_some(struct vm_idle_work *work)
{
	struct vm_object *top = vm_idle_lock_top(work->below);
	struct vm_merge_budget budget = vm_merge_budget();
	bool same;

	if (top == NULL)
		return VM_IDLE_CHANGED;
	same = top == work->object && top->nr_linear != 0
		&& top->home == work->map;
	spin_unlock(&top->lock);
	if (!same)
		return VM_IDLE_CHANGED;
	if (vm_map_merge_pull(top, work->below, &budget.pages))
		return VM_IDLE_DONE;
	return budget.pages == 0 ? VM_IDLE_MORE : VM_IDLE_STUCK;
}

static void UNCHECKED_LOCKING
vm_idle_pull(struct vm_idle_work *work)
{
	enum vm_idle_pulled pulled = VM_IDLE_CHANGED;

	if (vm_idle_home(work)) {
		do {
			rw_lock_write(&work->map->lock);
			pulled = vm_idle_pull_some(work);
			rw_unlock_write(&work->map->lock);
			(void)sched_yield();
		} while (pulled == VM_IDLE_MORE);
	}
	/* What others have made of it, and what only lacked somebody's
	 * reference to be done, a collapse may go on with. */
	if (pulled == VM_IDLE_STUCK && vm_object_has_pages(work->below))
		vm_map_merge_release(work->below);
	else
		vm_object_unref(work->below);
}

/*
 * Who faults waits for the map's lock, and for who waits to have it
 * exclusively: who is only busy must not keep the thread from letting it go.
 */
static int
vm_idle_raise(void)
{
	int priority = current_thread()->priority;

	thread_set_priority(current_thread(), MIN(priority, PRI_USER));
	return priority;
}

bool
vm_map_merge_run(void)
{
	struct vm_idle_work work = { .below = NULL };
	int priority;

	list_init(&work.pages);
	if (!vm_idle_take(&work))
		return false;
	priority = vm_idle_raise();
	if (work.below != NULL)
		vm_idle_pull(&work);
	if (work.map != NULL)
		vm_idle_settle(&work);
	thread_set_priority(current_thread(), priority);
	return true;
}

/*
 * The thread.
 */

/* Wait for work, and how much there is. */
static unsigned int
vm_idle_wait(void)
{
	unsigned int nr;

	spin_lock(&vm_idle.lock);
	while (vm_idle.nr_objects == 0)
		(void)waitq_wait(&vm_idle.work, &vm_idle.lock, WAIT_FOREVER,
				 0);
	nr = vm_idle.nr_objects;
	spin_unlock(&vm_idle.lock);
	return nr;
}

static void
vm_idle_thread(void *arg)
{
	(void)arg;
	for (;;) {
		unsigned int nr;

		(void)vm_idle_wait();
		clock_sleep_ms(VM_MERGE_DELAY_MS);
		/* What comes back is for the next time. */
		nr = vm_idle_wait();
		while (nr-- != 0 && vm_map_merge_run())
			continue;
	}
}

/* Does the command line say so? */
static bool
vm_idle_wanted(void)
{
	char value[8];

	if (!cmdline_find(boot_info()->cmdline, "vm_merge", value,
			  sizeof value))
		return VM_MERGE_DEFAULT;
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		kprintf("vm: vm_merge= is not understood\n");
	return strcmp(value, "on") == 0;
}

void
vm_map_merge_start(void)
{
	struct thread *thread;

	thread = thread_spawn("vm merge", vm_idle_thread, NULL, PRI_LOWEST);
	if (thread == NULL)
		return;
	thread_unref(thread);
	vm_map_merge_enable(vm_idle_wanted());
}
