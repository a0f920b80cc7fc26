/*
 * kern/slab_debug.c -- zones, poison and owners of objects.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A cache that is debugged has a table of records, one for each object that
 * was allocated since, by address.  A record is LIVE or FREED; it goes when the
 * object's slab does.  An object without a record is not checked: it was
 * allocated before, or the table could not grow.
 *
 *	zone	a pattern from the object's end to what the allocator keeps
 *		behind it, or to the next object.  Written when the object is
 *		allocated, compared when it is freed.  Caches that are debugged
 *		from their making have ZONE_MIN bytes at least, others what
 *		rounding has left
 *	poison	a pattern all over a free object, but for cookie and link.
 *		Written when it is freed, compared when it is allocated.  Not
 *		in caches with a constructor, whose objects keep their state
 *	owner	who has allocated the object, and who freed it, with the
 *		thread and the time
 *
 * The table's frames come from the frame allocator directly: nothing recurses.
 */

#include "kern/slab_priv.h"

#include "kern/assert.h"
#include "kern/clock.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/symbols.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/string.h"

#define ZONE_BYTE	0xbb
#define POISON_BYTE	0x6b

enum record_state { RECORD_NONE, RECORD_LIVE, RECORD_FREED };

struct kmem_record {
	uintptr_t	obj;		/* 0: none */
	uintptr_t	alloc_pc;	/* who has allocated it last */
	uintptr_t	free_pc;	/* who freed it last, or 0 */
	uint32_t	thread;		/* who did the last of the two */
	uint32_t	ms;		/* and when, since boot */
	uint8_t		state;
	uint8_t		flags;		/* KMEM_DEBUG_* that it has */
};

static void tell_record(const struct kmem_record *record);

/*
 * The table: open addressing, each record as near behind its place as may be.
 */

static unsigned long
place_of(const struct kmem_debug *debug, uintptr_t obj)
{
	uintptr_t mixed = (obj >> 3) * (uintptr_t)0x9e3779b97f4a7c15ull;

	return (unsigned long)(mixed >> 8) % debug->room;
}

/* Where the record of @obj is, or would be put. */
static struct kmem_record *
record_find(const struct kmem_debug *debug, uintptr_t obj)
{
	unsigned long i = place_of(debug, obj);

	while (debug->table[i].obj != 0 && debug->table[i].obj != obj)
		i = i + 1 == debug->room ? 0 : i + 1;
	return &debug->table[i];
}

static struct kmem_record *
record_lookup(const struct kmem_debug *debug, const void *obj)
{
	struct kmem_record *record;

	if (debug->table == NULL)
		return NULL;
	record = record_find(debug, (uintptr_t)obj);
	return record->obj != 0 ? record : NULL;
}

/* Take a record out, and put what stands behind it where it belongs. */
static void
record_remove(struct kmem_debug *debug, struct kmem_record *record)
{
	unsigned long i = (unsigned long)(record - debug->table);

	record->obj = 0;
	debug->count--;
	for (;;) {
		struct kmem_record moved;

		i = i + 1 == debug->room ? 0 : i + 1;
		if (debug->table[i].obj == 0)
			break;
		moved = debug->table[i];
		debug->table[i].obj = 0;
		*record_find(debug, moved.obj) = moved;
	}
}

/* Use the frames of 2^@order at @page as the table; returns the old ones. */
static struct vm_page *
table_replace(struct kmem_debug *debug, struct vm_page *page,
	      unsigned int order, unsigned int *old_order)
	REQUIRES(debug->lock)
{
	struct kmem_record *old = debug->table;
	unsigned long old_room = debug->room;

	*old_order = debug->order;
	debug->table = page == NULL ? NULL : vm_page_direct(page);
	debug->order = order;
	debug->room = page == NULL ? 0
		: (PAGE_SIZE << order) / sizeof(struct kmem_record);
	if (page != NULL)
		memset(debug->table, 0, PAGE_SIZE << order);
	else
		debug->count = debug->nr_lost = 0;
	for (unsigned long i = 0; page != NULL && i < old_room; i++)
		if (old[i].obj != 0)
			*record_find(debug, old[i].obj) = old[i];
	return old == NULL ? NULL : vm_page_from_direct(old);
}

/* See that there is room for one record more. */
static void
table_grow(struct kmem_debug *debug)
{
	struct vm_page *page, *old;
	unsigned int order, old_order;
	bool grow;

	spin_lock(&debug->lock);
	grow = debug->flags != 0 && (debug->count + 1) * 4 > debug->room * 3;
	order = debug->table == NULL ? 0 : debug->order + 1;
	spin_unlock(&debug->lock);
	if (!grow || order > VM_PAGE_MAX_ORDER)
		return;
	page = vm_page_alloc(order, VM_PAGE_DIRECT, VM_PAGE_KERNEL);
	if (page == NULL)
		return;
	spin_lock(&debug->lock);
	if (debug->flags != 0
	    && (debug->table == NULL || order > debug->order)) {
		old = table_replace(debug, page, order, &old_order);
	} else {
		old = page;	/* somebody was quicker, or ended it */
		old_order = order;
	}
	spin_unlock(&debug->lock);
	if (old != NULL)
		vm_page_free(old, old_order);
}

static void
table_drop(struct kmem_debug *debug)
{
	struct vm_page *old;
	unsigned int order;

	spin_lock(&debug->lock);
	old = table_replace(debug, NULL, 0, &order);
	spin_unlock(&debug->lock);
	if (old != NULL)
		vm_page_free(old, order);
}

/*
 * Zones and poison.
 */

/* The bytes between an object and what stands behind it. */
static size_t
zone_size(const struct kmem_cache *cache)
{
	return (cache->ctor != NULL ? cache->tail : cache->stride)
		- cache->size;
}

/* The poisoned bytes of an object: from where? */
static size_t
poison_start(void)
{
	return sizeof(struct kmem_free);
}

/* Do all bytes hold @byte? */
static bool
is_filled(const unsigned char *at, size_t size, unsigned char byte)
{
	for (size_t i = 0; i < size; i++)
		if (at[i] != byte)
			return false;
	return true;
}

static bool
zone_is_whole(const struct kmem_cache *cache, const void *obj)
{
	return is_filled((const unsigned char *)obj + cache->size,
			 zone_size(cache), ZONE_BYTE);
}

static bool
poison_is_whole(const struct kmem_cache *cache, const void *obj)
{
	if (cache->size <= poison_start())
		return true;
	return is_filled((const unsigned char *)obj + poison_start(),
			 cache->size - poison_start(), POISON_BYTE);
}

/*
 * What happens to objects.
 */

static void
record_set(struct kmem_record *record, enum record_state state, uintptr_t pc)
{
	const struct thread *self = current_thread();

	record->state = (uint8_t)state;
	if (state == RECORD_LIVE)
		record->alloc_pc = pc;
	else
		record->free_pc = pc;
	record->thread = self != NULL ? self->id : 0;
	record->ms = (uint32_t)(clock_uptime_ns() / NS_PER_MS);
}

/* A bug that debugging has found. */
static NORETURN void
found(struct kmem_cache *cache, const void *obj, const char *what)
{
	kmem_debug_tell(cache, obj);
	panic("slab: %s: %p: %s", cache->name, obj, what);
}

void
kmem_debug_alloc(struct kmem_cache *cache, void *obj, const void *caller)
{
	struct kmem_debug *debug = &cache->debug;
	bool was_poisoned = false;
	struct kmem_record *record;
	unsigned int flags;

	table_grow(debug);
	spin_lock(&debug->lock);
	flags = debug->flags;
	if (flags != 0 && debug->count + 1 < debug->room) {
		record = record_find(debug, (uintptr_t)obj);
		if (record->obj == 0) {
			*record = (struct kmem_record){ .obj = (uintptr_t)obj };
			debug->count++;
		}
		was_poisoned = record->state == RECORD_FREED
			&& (record->flags & KMEM_DEBUG_POISON) != 0;
		if (!was_poisoned || poison_is_whole(cache, obj))
			record_set(record, RECORD_LIVE, (uintptr_t)caller);
		record->flags = (uint8_t)flags;
	} else if (flags != 0) {
		debug->nr_lost++;
	}
	spin_unlock(&debug->lock);

	if (was_poisoned && !poison_is_whole(cache, obj))
		found(cache, obj, "was written to after it was freed");
	if ((flags & KMEM_DEBUG_ZONE) != 0)
		memset((char *)obj + cache->size, ZONE_BYTE,
		       zone_size(cache));
}

void
kmem_debug_free(struct kmem_cache *cache, void *obj, const void *caller)
{
	struct kmem_debug *debug = &cache->debug;
	bool is_zoned = false, is_recorded = false;
	struct kmem_record *record;
	unsigned int flags;

	spin_lock(&debug->lock);
	flags = debug->flags;
	record = record_lookup(debug, obj);
	if (record != NULL) {
		is_recorded = true;
		is_zoned = (record->flags & KMEM_DEBUG_ZONE) != 0;
		if (cache->ctor != NULL)
			flags &= ~KMEM_DEBUG_POISON;
		record_set(record, RECORD_FREED, (uintptr_t)caller);
		record->flags = (uint8_t)flags;
	}
	spin_unlock(&debug->lock);

	if (is_zoned && !zone_is_whole(cache, obj))
		found(cache, obj, "the bytes behind it were written to");
	if (is_recorded && (flags & KMEM_DEBUG_POISON) != 0
	    && cache->size > poison_start())
		memset((char *)obj + poison_start(), POISON_BYTE,
		       cache->size - poison_start());
}

void
kmem_debug_forget(struct kmem_cache *cache, const struct vm_page *slab)
{
	struct kmem_debug *debug = &cache->debug;
	const char *obj = kmem_slab_first(cache, slab);

	spin_lock(&debug->lock);
	for (unsigned int i = 0; i < slab->slab.nr_objs; i++) {
		struct kmem_record *record = record_lookup(debug, obj);

		if (record != NULL)
			record_remove(debug, record);
		obj += cache->stride;
	}
	spin_unlock(&debug->lock);
}

/*
 * Reports.
 */

static void
print_pc(uintptr_t pc)
{
	const char *name;
	uintptr_t offset;

	if (symbols_lookup(pc, &name, &offset))
		kprintf("%s+%#lx", name, (unsigned long)offset);
	else
		kprintf("%#lx", (unsigned long)pc);
}

static void
tell_record(const struct kmem_record *record)
{
	kprintf("slab: %#lx was allocated by ", (unsigned long)record->obj);
	print_pc(record->alloc_pc);
	if (record->free_pc != 0) {
		kprintf(", freed by ");
		print_pc(record->free_pc);
	}
	kprintf("; %s at %u ms by thread %u\n",
		record->state == RECORD_LIVE ? "allocated" : "freed",
		record->ms, record->thread);
}

void
kmem_debug_tell(struct kmem_cache *cache, const void *obj)
{
	struct kmem_debug *debug = &cache->debug;
	struct kmem_record copy = { .obj = 0 };
	struct kmem_record *record;

	spin_lock(&debug->lock);
	record = record_lookup(debug, obj);
	if (record != NULL)
		copy = *record;
	spin_unlock(&debug->lock);
	if (copy.obj != 0)
		tell_record(&copy);
}

/*
 * Where the live objects of one caller are counted: a place that none has is
 * used for it; the last is for all that find no other.
 */
static struct kmem_owner *
owner_find(struct kmem_owners *owners, uintptr_t pc)
{
	const unsigned int places = KMEM_MAX_OWNERS - 1;
	unsigned int i = (unsigned int)((pc >> 2) % places);

	for (unsigned int tries = 0; tries < places; tries++) {
		struct kmem_owner *owner = &owners->owners[i];

		if (owner->nr_live == 0)
			owner->pc = pc;
		if (owner->pc == pc)
			return owner;
		i = i + 1 == places ? 0 : i + 1;
	}
	return &owners->owners[places];
}

/* Count the live records by caller. */
static void
count_records(const struct kmem_debug *debug, struct kmem_owners *owners)
	REQUIRES(debug->lock)
{
	for (unsigned long i = 0; i < debug->room; i++) {
		const struct kmem_record *record = &debug->table[i];
		struct kmem_owner *owner;

		if (record->obj == 0 || record->state != RECORD_LIVE)
			continue;
		owner = owner_find(owners, record->alloc_pc);
		if (owner->nr_live++ == 0 || record->ms < owner->oldest_ms)
			owner->oldest_ms = record->ms;
	}
}

void
kmem_debug_owners(struct kmem_cache *cache, struct kmem_owners *owners)
{
	struct kmem_debug *debug = &cache->debug;

	memset(owners, 0, sizeof *owners);
	memcpy(owners->cache, cache->name, sizeof owners->cache);
	owners->stride = cache->stride;
	spin_lock(&debug->lock);
	owners->flags = debug->flags;
	owners->nr_lost = debug->nr_lost;
	count_records(debug, owners);
	spin_unlock(&debug->lock);

	for (unsigned int i = 0; i < KMEM_MAX_OWNERS; i++)
		if (owners->owners[i].nr_live != 0)
			owners->owners[owners->count++] = owners->owners[i];
}

static void
print_owner(const struct kmem_owner *owner)
{
	kprintf("%8lu by ", owner->nr_live);
	if (owner->pc == 0)
		kprintf("others");
	else
		print_pc(owner->pc);
	kprintf(", the oldest at %u ms\n", owner->oldest_ms);
}

/* Print owners, the largest first; they are counted as nothing then. */
static void
print_owners(struct kmem_owners *owners)
{
	for (unsigned int left = owners->count; left != 0; left--) {
		struct kmem_owner *most = &owners->owners[0];

		for (unsigned int i = 1; i < owners->count; i++)
			if (owners->owners[i].nr_live > most->nr_live)
				most = &owners->owners[i];
		print_owner(most);
		most->nr_live = 0;
	}
	if (owners->nr_lost != 0)
		kprintf("%8lu were not recorded\n", owners->nr_lost);
}

void
kmem_debug_report(struct kmem_cache *cache)
{
	struct kmem_owners *owners;
	struct vm_page *page;

	if (!atomic_load_relaxed(&cache->is_debugged))
		return;
	page = vm_page_alloc(0, VM_PAGE_DIRECT, VM_PAGE_KERNEL);
	if (page == NULL)
		return;
	_Static_assert(sizeof *owners <= PAGE_SIZE, "they fit in a frame");
	owners = vm_page_direct(page);
	kmem_debug_owners(cache, owners);
	kprintf("slab: %s: live objects by who has allocated them\n",
		cache->name);
	print_owners(owners);
	vm_page_free(page, 0);
}

/*
 * Switching.
 */

void
kmem_debug_init(struct kmem_cache *cache)
{
	spin_init(&cache->debug.lock, RANK_KMEM_CACHE);
}

unsigned int
kmem_debug_flags(struct kmem_cache *cache)
{
	unsigned int flags;

	spin_lock(&cache->debug.lock);
	flags = cache->debug.flags;
	spin_unlock(&cache->debug.lock);
	return flags;
}

void
kmem_debug_set(struct kmem_cache *cache, unsigned int flags)
{
	struct kmem_debug *debug = &cache->debug;
	bool was_debugged = atomic_load_relaxed(&cache->is_debugged);

	if (flags == 0 && !was_debugged)
		return;
	spin_lock(&debug->lock);
	debug->flags = flags;
	spin_unlock(&debug->lock);
	if (flags == 0)
		table_drop(debug);
	else
		/* First: what is recorded as freed must not be allocated from a
		 * magazine, by the way that records nothing. */
		atomic_store_release(&cache->no_cpu, true);
	/* Who has seen that it is debugged finds nothing to do when it is not
	 * any more. */
	atomic_store_release(&cache->is_debugged, flags != 0);
	kmem_cache_set_no_cpu(cache, cache->no_cpu_asked || flags != 0
			      || cache->hard_limit != 0
			      || cache->soft_limit != 0);
}

void
kmem_debug_destroy(struct kmem_cache *cache)
{
	cache->debug.flags = 0;
	table_drop(&cache->debug);
}
