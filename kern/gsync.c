/*
 * kern/gsync.c -- see kern/gsync.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/gsync.h"

#include <machine/page.h>
#include <machine/user_copy.h>

#include "kern/clock.h"
#include "kern/spinlock.h"
#include "kern/thread.h"
#include "kern/waitq.h"
#include "lib/list.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_map.h"
#include "vm/vm_map_region.h"
#include "vm/vm_object.h"

#define GSYNC_BUCKETS	256u

/* Where somebody waits: a map, or an object that is referenced. */
struct gsync_key {
	struct vm_map	*map;		/* or NULL */
	struct vm_object *object;	/* or NULL */
	uint64_t	offset;		/* from the object's first byte, or the
					 * address */
};

/* On the stack of who waits.  All by gsync_lock. */
struct gsync_waiter {
	struct list	link;		/* in the bucket of its key */
	struct gsync_key key;
	struct waitq	waitq;
	bool		woken;		/* and on no list */
};

static struct spinlock gsync_lock;	/* RANK_CLIENT */
static struct list gsync_buckets[GSYNC_BUCKETS];	/* gsync_lock */

void
gsync_init(void)
{
	spin_init(&gsync_lock, RANK_CLIENT);
	for (unsigned int i = 0; i < GSYNC_BUCKETS; i++)
		list_init(&gsync_buckets[i]);
}

/*
 * Keys.
 */

static bool
gsync_is_aligned(uintptr_t addr)
{
	return addr % sizeof(uint32_t) == 0;
}

/* The object at @addr, and a reference to it.  What has none yet gets it now,
 * so that it stays the same when the memory is copied or shared later. */
static kern_return_t
gsync_key_keep(struct vm_map *map, uintptr_t addr, struct gsync_key *key)
{
	kern_return_t kr;

	if (!vm_map_get_place(map, addr, true, &key->object, &key->offset))
		return KERN_INVALID_ADDRESS;
	if (key->object != NULL)
		return KERN_SUCCESS;

	kr = vm_fault(map, addr, VM_PROT_READ);
	if (kr == KERN_PROTECTION_FAILURE)
		kr = KERN_INVALID_ADDRESS;
	if (kr != KERN_SUCCESS)
		return kr;
	/* If it has none again it was unmapped meanwhile. */
	if (!vm_map_get_place(map, addr, true, &key->object, &key->offset)
	    || key->object == NULL)
		return KERN_INVALID_ADDRESS;
	return KERN_SUCCESS;
}

/* By what is @addr known?  For who stays, or gives it to others that do. */
static kern_return_t
gsync_key_get(struct vm_map *map, uintptr_t addr, int flags,
	      struct gsync_key *key)
{
	*key = (struct gsync_key){ .map = map, .offset = addr };
	if (!gsync_is_aligned(addr))
		return KERN_INVALID_ADDRESS;
	if ((flags & GSYNC_SHARED) == 0)
		return KERN_SUCCESS;
	key->map = NULL;
	return gsync_key_keep(map, addr, key);
}

/*
 * The same, to compare it only: no reference, which would make who forks or
 * frees memory now take the long way.  Who waits with this key has one, so the
 * object can have gone and another come in its place only if nobody waits;
 * then who has just begun to is woken for nothing.
 */
static bool
gsync_key_peek(struct vm_map *map, uintptr_t addr, int flags,
	       struct gsync_key *key)
{
	*key = (struct gsync_key){ .map = map, .offset = addr };
	if ((flags & GSYNC_SHARED) == 0)
		return true;
	key->map = NULL;
	return vm_map_get_place(map, addr, false, &key->object, &key->offset);
}

static void
gsync_key_put(struct gsync_key *key)
{
	if (key->object != NULL)
		vm_object_unref(key->object);
}

static bool
gsync_key_is(const struct gsync_key *a, const struct gsync_key *b)
{
	return a->map == b->map && a->object == b->object &&
	       a->offset == b->offset;
}

static struct list *
gsync_bucket(const struct gsync_key *key)
{
	uint64_t mix = (uintptr_t)key->map ^ (uintptr_t)key->object;

	mix = (mix / sizeof(void *) + key->offset / sizeof(uint32_t))
	      * 0x9e3779b97f4a7c15ull;
	return &gsync_buckets[mix >> 56];
}

/*
 * Memory.
 */

static bool
gsync_read(struct vm_map *map, uintptr_t addr, uint32_t *words, size_t size)
{
	struct vm_map_copy *copy;
	kern_return_t kr;

	if (map == vm_current_map())
		return copy_from_user(words, USER_ADDR(addr), size);
	if (vm_map_copyin(map, addr, size, false, &copy) != KERN_SUCCESS)
		return false;
	kr = vm_map_copy_read(copy, 0, words, size);
	vm_map_copy_discard(copy);
	return kr == KERN_SUCCESS;
}

static bool
gsync_write(struct vm_map *map, uintptr_t addr, uint32_t word)
{
	struct vm_map_copy *copy;

	if (map == vm_current_map())
		return copy_to_user(USER_ADDR(addr), &word, sizeof word);
	if (vm_map_copyin_kernel(&word, sizeof word, &copy) != KERN_SUCCESS)
		return false;
	if (vm_map_copy_overwrite(map, addr, copy) != KERN_SUCCESS) {
		vm_map_copy_discard(copy);
		return false;
	}
	return true;
}

/*
 * The lists.
 */

static void
gsync_wake_waiter(struct gsync_waiter *waiter)
	REQUIRES(gsync_lock)
{
	list_remove(&waiter->link);
	waiter->woken = true;
	waitq_wake_all(&waiter->waitq);
}

/* The one that has waited longest; or NULL. */
static struct gsync_waiter *
gsync_first(const struct gsync_key *key)
	REQUIRES(gsync_lock)
{
	struct gsync_waiter *waiter;

	list_for_each_entry(gsync_bucket(key), waiter, link)
		if (gsync_key_is(&waiter->key, key))
			return waiter;
	return NULL;
}

static void
gsync_enter(struct gsync_waiter *waiter)
{
	waitq_init(&waiter->waitq);
	waiter->woken = false;
	spin_lock(&gsync_lock);
	list_add_tail(gsync_bucket(&waiter->key), &waiter->link);
	spin_unlock(&gsync_lock);
}

/* Wait no more, for @kr; who was woken meanwhile has succeeded. */
static kern_return_t
gsync_leave(struct gsync_waiter *waiter, kern_return_t kr)
{
	spin_lock(&gsync_lock);
	if (waiter->woken)
		kr = KERN_SUCCESS;
	else
		list_remove(&waiter->link);
	spin_unlock(&gsync_lock);
	return kr;
}

static kern_return_t
gsync_block(struct gsync_waiter *waiter, uint64_t deadline)
{
	enum wait_result result = WAIT_OK;

	spin_lock(&gsync_lock);
	while (!waiter->woken && result == WAIT_OK)
		result = waitq_wait(&waiter->waitq, &gsync_lock, deadline,
				    WAIT_INTERRUPTIBLE);
	spin_unlock(&gsync_lock);
	return gsync_leave(waiter, result == WAIT_TIMED_OUT ? KERN_TIMEDOUT
							    : KERN_INTERRUPTED);
}

/* A key in a waiter that was moved has the reference of its new place. */
kern_return_t
gsync_wait(struct vm_map *map, uintptr_t addr, uint32_t val1, uint32_t val2,
	   unsigned int ms, int flags)
{
	bool is_quad = (flags & GSYNC_QUAD) != 0;
	uint32_t words[2] = { 0, val2 };
	struct gsync_waiter waiter;
	uint64_t deadline = WAIT_FOREVER;
	kern_return_t kr;

	might_block();
	kr = gsync_key_get(map, addr, flags, &waiter.key);
	if (kr != KERN_SUCCESS)
		return kr;
	if ((flags & GSYNC_TIMED) != 0)
		deadline = clock_deadline_ms(ms);

	gsync_enter(&waiter);
	if (!gsync_read(map, addr, words, is_quad ? 8 : 4))
		kr = gsync_leave(&waiter, KERN_INVALID_ADDRESS);
	else if (words[0] != val1 || words[1] != val2)
		kr = gsync_leave(&waiter, KERN_INVALID_ARGUMENT);
	else
		kr = gsync_block(&waiter, deadline);
	gsync_key_put(&waiter.key);
	return kr;
}

/* Wake one or all at @key; how many? */
static unsigned int
gsync_wake_key(const struct gsync_key *key, bool all)
{
	struct gsync_waiter *waiter;
	unsigned int n = 0;

	spin_lock(&gsync_lock);
	for (waiter = gsync_first(key); waiter != NULL && (all || n == 0);
	     waiter = gsync_first(key)) {
		gsync_wake_waiter(waiter);
		n++;
	}
	spin_unlock(&gsync_lock);
	return n;
}

kern_return_t
gsync_wake(struct vm_map *map, uintptr_t addr, uint32_t val, int flags)
{
	bool all = (flags & GSYNC_BROADCAST) != 0;
	struct gsync_key key;

	might_block();
	if (!gsync_is_aligned(addr))
		return KERN_INVALID_ADDRESS;
	if ((flags & GSYNC_MUTATE) != 0 && !gsync_write(map, addr, val))
		return KERN_INVALID_ADDRESS;
	if (!gsync_key_peek(map, addr, flags, &key))
		return KERN_INVALID_ADDRESS;
	return gsync_wake_key(&key, all) != 0 ? KERN_SUCCESS
					      : KERN_INVALID_ARGUMENT;
}

/* Move one or all; the reference that a waiter gives up is dropped later, when
 * no lock is held, by a list that needs no memory: one at a time. */
static bool
gsync_move_one(const struct gsync_key *src, const struct gsync_key *dst)
{
	struct gsync_key old = { 0 };
	struct gsync_waiter *waiter;

	if (dst->object != NULL)
		vm_object_ref(dst->object);
	spin_lock(&gsync_lock);
	waiter = gsync_first(src);
	if (waiter != NULL) {
		old = waiter->key;
		list_remove(&waiter->link);
		waiter->key = *dst;
		list_add_tail(gsync_bucket(dst), &waiter->link);
	} else {
		old = *dst;
	}
	spin_unlock(&gsync_lock);
	gsync_key_put(&old);
	return waiter != NULL;
}

static kern_return_t
gsync_requeue_keys(const struct gsync_key *src, const struct gsync_key *dst,
		   bool wake_one, bool all)
{
	unsigned int n = 0;

	if (wake_one)
		n = gsync_wake_key(src, false);
	if (wake_one && n == 0)
		return KERN_INVALID_ARGUMENT;
	if (gsync_key_is(src, dst))
		return KERN_SUCCESS;
	while (gsync_move_one(src, dst)) {
		n++;
		if (!all)
			break;
	}
	return n != 0 ? KERN_SUCCESS : KERN_INVALID_ARGUMENT;
}

kern_return_t
gsync_requeue(struct vm_map *map, uintptr_t src, uintptr_t dst, bool wake_one,
	      int flags)
{
	struct gsync_key from, to;
	kern_return_t kr;

	might_block();
	kr = gsync_key_get(map, src, flags, &from);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = gsync_key_get(map, dst, flags, &to);
	if (kr == KERN_SUCCESS) {
		kr = gsync_requeue_keys(&from, &to, wake_one,
					(flags & GSYNC_BROADCAST) != 0);
		gsync_key_put(&to);
	}
	gsync_key_put(&from);
	return kr;
}
