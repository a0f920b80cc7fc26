/*
 * kern/slab_cpu.c -- the CPU layer: the magazines that CPUs have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See kern/slab.h for the design.  Where a CPU has no magazine, top and end
 * stand on a NULL that all share: empty and full at once, so every allocation
 * and every free comes here.  So does each if cpu.slab_slot names the slot in
 * every cache that no CPU owns; that is how the layer is switched off for all
 * caches.  Another CPU may change the slot at any time: a push or pop reads it
 * once.
 *
 * Magazines are objects of a few caches, one for each capacity, which have no
 * CPU layer: a free that needs a magazine never comes here again.
 */

#include "kern/slab_priv.h"

#include "kern/assert.h"
#include "kern/cpu.h"
#include "kern/panic.h"
#include "lib/atomic.h"
#include "lib/format.h"

#define MAG_FIRST_BYTES	64u	/* of the smallest magazine */
#define MAG_CLASSES	6u	/* each twice as large as the one before */
#define MAG_START	4u	/* the class that small objects begin with */

/* What a CPU may hold of one cache, and of all, bytes. */
#define HELD_CACHE_MIN	(128ul << 10)
#define HELD_CACHE_MAX	(512ul << 10)
#define HELD_CACHE_PART	4ul	/* of what it may hold of all */
#define HELD_ALL_MIN	(64ul << 10)
#define HELD_ALL_PART	64ul	/* of memory */

/* Memory is short when less than this part of it is free. */
#define SHORT_PART	64ul

static struct kmem_cache magazine_caches[MAG_CLASSES];

/* Bytes that the magazines of a CPU could hold: what it has taken, less what
 * others have taken from it.  (O) the CPU's own. */
static struct {
	size_t		taken;		/* (O) */
	size_t		lost;		/* (A) */
} __attribute__((aligned(CACHE_LINE))) held_by[CONFIG_MAX_CPUS];

static size_t held_max;			/* (C) of one CPU, bytes */

/* Reasons for the layer to be off; 0: it is on.  The lock is held from the look
 * at them to the last slot that tells of it: whoever has given a reason finds
 * the layer off until he takes it back. */
static struct {
	struct spinlock	lock;		/* RANK_KMEM_SLOTS */
	unsigned int	reasons;	/* (lock) */
	bool		switched_off;	/* (lock; A to peek) one of them: by
					 * slab_set_cpu_layer() */
} suspended = {
	.lock = SPINLOCK_INITIALIZER(RANK_KMEM_SLOTS),
};

/* What top and end stand on if there is no magazine. */
static void *no_rounds[1];

/* Magazines only cost memory: they take none when it is short. */
static struct vm_page *
source_alloc(unsigned int order, unsigned int km_flags)
{
	if (vm_page_free_count() < vm_page_total() / SHORT_PART)
		return NULL;
	return kmem_default_source.alloc(order, km_flags);
}

static bool
source_wait(unsigned int order, unsigned int km_flags)
{
	(void)order;
	(void)km_flags;
	return false;
}

static const struct kmem_page_source magazine_source = {
	.alloc = source_alloc,
	.free = vm_page_free,
	.wait = source_wait,
};

static unsigned int
class_capacity(unsigned int class)
{
	size_t bytes = (size_t)MAG_FIRST_BYTES << class;

	return (unsigned int)((bytes - sizeof(struct kmem_magazine))
			      / sizeof(void *));
}

/*
 * Switching the layer on and off.
 */

static void
slot_update(unsigned int cpu)
	REQUIRES(suspended.lock)
{
	size_t slot = cpu * sizeof(struct kmem_cpu);

	spin_assert_held(&suspended.lock);
	if (suspended.reasons != 0)
		slot = KMEM_OFF_SLOT;
	atomic_store_relaxed(&cpus[cpu].slab_slot, slot);
}

void
slab_cpu_init(unsigned int cpu)
{
	spin_lock(&suspended.lock);
	slot_update(cpu);
	spin_unlock(&suspended.lock);
}

void
slab_cpu_trim(void)
{
	/* Whoever goes by the old number of places has done so. */
	spin_lock(&suspended.lock);
	spin_unlock(&suspended.lock);
}

static void
suspend_locked(bool suspend)
	REQUIRES(suspended.lock)
{
	assert(suspend || suspended.reasons != 0);
	suspended.reasons += suspend ? 1u : ~0u;
	for (unsigned int i = 0; i < cpu_places(); i++)
		slot_update(i);
}

void
kmem_cpu_suspend(bool suspend)
{
	spin_lock(&suspended.lock);
	suspend_locked(suspend);
	spin_unlock(&suspended.lock);
}

bool
kmem_cpu_is_off(void)
{
	return atomic_load_relaxed(&suspended.switched_off);
}

void
slab_set_cpu_layer(bool on)
{
	bool changes;

	spin_lock(&suspended.lock);
	changes = suspended.switched_off == on;
	if (changes) {
		atomic_store_relaxed(&suspended.switched_off, !on);
		suspend_locked(!on);
	}
	spin_unlock(&suspended.lock);
	if (changes && !on)
		slab_shrink();
}

void
kmem_cpu_init(void)
{
	size_t memory = (size_t)vm_page_total() << PAGE_SHIFT;

	held_max = MAX(memory / HELD_ALL_PART, HELD_ALL_MIN);
	spin_lock(&suspended.lock);
	suspended.reasons = 0;
	atomic_store_relaxed(&suspended.switched_off, false);
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++) {
		held_by[i].taken = 0;
		held_by[i].lost = 0;
		slot_update(i);
	}
	spin_unlock(&suspended.lock);
	for (unsigned int i = 0; i < MAG_CLASSES; i++) {
		char name[KMEM_NAME_SIZE];

		ksnprintf(name, sizeof name, "magazine_%u", class_capacity(i));
		kmem_cache_init_source(&magazine_caches[i], name,
				       (size_t)MAG_FIRST_BYTES << i, 0, NULL,
				       KMEM_NO_CPU, &magazine_source);
	}
}

bool
kmem_cpu_owns(const struct kmem_cache *cache)
{
	return cache >= magazine_caches
		&& cache < magazine_caches + MAG_CLASSES;
}

unsigned long
kmem_cpu_trim(unsigned int keep)
{
	unsigned long frames = 0;

	for (unsigned int i = 0; i < MAG_CLASSES; i++)
		frames += kmem_slab_trim(&magazine_caches[i], keep);
	return frames;
}

size_t
kmem_cpu_held(unsigned int cpu)
{
	return atomic_load_relaxed(&held_by[cpu].taken)
		- atomic_load_relaxed(&held_by[cpu].lost);
}

size_t
kmem_cpu_held_max(void)
{
	return held_max;
}

/* What a CPU with two full magazines of a class would hold of a cache. */
static size_t
class_holds(const struct kmem_cache *cache, unsigned int class)
{
	return (size_t)2 * class_capacity(class) * cache->stride;
}

/* What a CPU may hold of one cache, bytes. */
static size_t
cache_held_max(void)
{
	return MAX(MIN(held_max / HELD_CACHE_PART, HELD_CACHE_MAX),
		   HELD_CACHE_MIN);
}

static void
cpu_set_none(struct kmem_cpu *cpu)
{
	cpu->top = no_rounds;
	cpu->end = no_rounds;
	cpu->loaded = NULL;
	cpu->previous = NULL;
}

void
kmem_cpu_init_cache(struct kmem_cache *cache, bool no_cpu)
{
	unsigned int class = MAG_CLASSES - 1;
	size_t most = cache_held_max();

	spin_init(&cache->depot.lock, RANK_KMEM_CACHE);
	for (unsigned int i = 0; i < ARRAY_SIZE(cache->cpus); i++)
		cpu_set_none(&cache->cpus[i]);
	cache->cpus[CONFIG_MAX_CPUS].is_off = true;
	while (class > 0 && class_holds(cache, class) > most)
		class--;
	cache->mag_class_max = (uint8_t)class;
	cache->mag_class = (uint8_t)MIN(class, MAG_START);
	if (class_holds(cache, class) > most)
		no_cpu = true;
	cache->no_cpu_asked = no_cpu;
	cache->no_cpu = no_cpu;
}

unsigned int
kmem_cpu_capacity(const struct kmem_cache *cache)
{
	if (atomic_load_relaxed(&cache->no_cpu))
		return 0;
	return class_capacity(atomic_load_relaxed(&cache->mag_class));
}

/*
 * Magazines.
 */

/* A magazine of the cache's present capacity, or NULL. */
static struct kmem_magazine *
magazine_alloc(const struct kmem_cache *cache)
{
	unsigned int class = atomic_load_relaxed(&cache->mag_class);
	struct kmem_magazine *mag;

	mag = kmem_cache_alloc(&magazine_caches[class], KM_NOSLEEP);
	if (mag == NULL)
		return NULL;
	mag->next = NULL;
	mag->count = 0;
	mag->capacity = (uint16_t)class_capacity(class);
	mag->below = NULL;
	return mag;
}

void
kmem_magazine_free(struct kmem_magazine *mag)
{
	unsigned int class = 0;

	assert(mag->count == 0);
	while (class_capacity(class) != mag->capacity)
		class++;
	kmem_cache_free(&magazine_caches[class], mag);
}

/* Where the top stands if a magazine has @count rounds. */
static inline void **
magazine_top(struct kmem_magazine *mag, unsigned int count)
{
	return &mag->below + count;
}

/*
 * A CPU's magazines.  Each function is called on that CPU, with @cpu not the
 * shared slot.
 */

/* Write down the count of the loaded magazine. */
static void
cpu_sync(const struct kmem_cache *cache, struct kmem_cpu *cpu)
{
	if (cpu->loaded != NULL && cache->ctor == NULL)
		cpu->loaded->count = (uint16_t)(cpu->top
						- &cpu->loaded->below);
}

/* Load a magazine.  Constructed objects are not for the fast ways: top and end
 * do not show them, and the count is always right. */
static void
cpu_load(const struct kmem_cache *cache, struct kmem_cpu *cpu,
	 struct kmem_magazine *mag)
{
	cpu->loaded = mag;
	if (cache->ctor != NULL)
		return;
	cpu->top = magazine_top(mag, mag->count);
	cpu->end = magazine_top(mag, mag->capacity);
}

/* Loaded and previous change places. */
static void
cpu_swap(const struct kmem_cache *cache, struct kmem_cpu *cpu)
{
	struct kmem_magazine *mag = cpu->loaded;

	cpu_sync(cache, cpu);
	cpu_load(cache, cpu, cpu->previous);
	cpu->previous = mag;
	cpu->was_changed = true;
}

static size_t
magazine_holds(const struct kmem_cache *cache, const struct kmem_magazine *mag)
{
	return (size_t)mag->capacity * cache->stride;
}

/* May this CPU have @mag for what holds @out bytes? */
static bool
cpu_may_hold(const struct kmem_cache *cache, const struct kmem_magazine *mag,
	     size_t out)
{
	size_t in = magazine_holds(cache, mag);

	return in <= out
		|| kmem_cpu_held(cpu_id()) + in - out <= held_max;
}

/* A CPU has a magazine no more. */
static void
cpu_lose(const struct kmem_cache *cache, unsigned int cpu,
	 const struct kmem_magazine *mag)
{
	size_t bytes = magazine_holds(cache, mag);

	if (cpu == cpu_id())
		held_by[cpu].taken -= bytes;
	else
		atomic_add_relaxed(&held_by[cpu].lost, bytes);
}

/* What was this CPU's previous magazine, of @out bytes, is the depot's; and it
 * may have no other one. */
static void
cpu_lose_previous(struct kmem_cpu *cpu, size_t out)
{
	held_by[cpu_id()].taken -= out;
	cpu->previous = NULL;
}

/* This CPU has @mag, which it loads, and no more what was its previous one,
 * which held @out bytes. */
static void
cpu_take(const struct kmem_cache *cache, struct kmem_cpu *cpu,
	 struct kmem_magazine *mag, size_t out)
{
	held_by[cpu_id()].taken += magazine_holds(cache, mag) - out;
	cpu_sync(cache, cpu);
	cpu->previous = cpu->loaded;
	cpu->was_changed = true;
	cpu_load(cache, cpu, mag);
}

/*
 * The slow ways.
 */

/* This CPU's part of the cache, or NULL: it shall not use any. */
static struct kmem_cpu *
cpu_usable(struct kmem_cache *cache)
{
	struct kmem_cpu *cpu = &kmem_shift(cache)->cpus[0];

	if (cpu->is_off || atomic_load_relaxed(&cache->no_cpu))
		return NULL;
	return cpu;
}

/* Bytes that the previous magazine holds, or would. */
static size_t
previous_holds(const struct kmem_cache *cache, const struct kmem_cpu *cpu)
{
	return cpu->previous == NULL ? 0
		: magazine_holds(cache, cpu->previous);
}

/* Load a magazine that has rounds; false if there is none. */
static bool
cpu_load_full(struct kmem_cache *cache, struct kmem_cpu *cpu)
{
	size_t out = previous_holds(cache, cpu);
	struct kmem_magazine *mag;

	if (cpu->previous != NULL && cpu->previous->count != 0) {
		cpu_swap(cache, cpu);
		return true;
	}
	mag = kmem_depot_exchange(cache, cpu->previous, true);
	if (mag == NULL)
		return false;
	if (!cpu_may_hold(cache, mag, out)) {
		cpu_lose_previous(cpu, out);
		kmem_depot_put(cache, mag);
		return false;
	}
	cpu_take(cache, cpu, mag, out);
	return true;
}

/* An empty magazine for the previous one, if there is one, which goes to the
 * depot.  NULL: it stays. */
static struct kmem_magazine *
cpu_get_empty(struct kmem_cache *cache, struct kmem_cpu *cpu)
{
	struct kmem_magazine *previous = cpu->previous;
	struct kmem_magazine *mag = kmem_depot_exchange(cache, previous, false);
	struct kmem_magazine *larger;

	if (mag == NULL) {
		mag = magazine_alloc(cache);
		if (mag != NULL && previous != NULL)
			kmem_depot_put(cache, previous);
		return mag;
	}
	if (unlikely(mag->capacity < kmem_cpu_capacity(cache))) {
		larger = magazine_alloc(cache);
		if (larger != NULL) {
			kmem_magazine_free(mag);
			mag = larger;
		}
	}
	return mag;
}

/* Load a magazine that has room; false if there is none. */
static bool
cpu_load_empty(struct kmem_cache *cache, struct kmem_cpu *cpu)
{
	size_t out = previous_holds(cache, cpu);
	struct kmem_magazine *mag;

	if (cpu->previous != NULL && cpu->previous->count == 0) {
		cpu_swap(cache, cpu);
		return true;
	}
	mag = cpu_get_empty(cache, cpu);
	if (mag == NULL)
		return false;
	if (!cpu_may_hold(cache, mag, out)) {
		cpu_lose_previous(cpu, out);
		kmem_magazine_free(mag);
		return false;
	}
	cpu_take(cache, cpu, mag, out);
	return true;
}

/* Has the loaded magazine a round; has it room? */
static bool
cpu_is_empty(const struct kmem_cache *cache, struct kmem_cpu *cpu)
{
	cpu_sync(cache, cpu);
	return cpu->loaded == NULL || cpu->loaded->count == 0;
}

static bool
cpu_is_full(const struct kmem_cache *cache, struct kmem_cpu *cpu)
{
	cpu_sync(cache, cpu);
	return cpu->loaded == NULL
		|| cpu->loaded->count == cpu->loaded->capacity;
}

void *
kmem_cpu_get(struct kmem_cache *cache)
{
	struct kmem_cpu *cpu = cpu_usable(cache);
	struct kmem_magazine *mag;
	void *obj;

	if (cpu == NULL
	    || (cpu_is_empty(cache, cpu) && !cpu_load_full(cache, cpu)))
		return NULL;
	mag = cpu->loaded;
	obj = mag->rounds[--mag->count];
	cpu_load(cache, cpu, mag);
	return obj;
}

bool
kmem_cpu_put(struct kmem_cache *cache, void *obj)
{
	struct kmem_cpu *cpu = cpu_usable(cache);
	struct kmem_magazine *mag;

	if (cpu == NULL
	    || (cpu_is_full(cache, cpu) && !cpu_load_empty(cache, cpu)))
		return false;
	mag = cpu->loaded;
	mag->rounds[mag->count++] = obj;
	cpu_load(cache, cpu, mag);
	return true;
}

void
kmem_cpu_flush(struct kmem_cache *cache, unsigned int cpu)
{
	struct kmem_cpu *mine = &cache->cpus[cpu];
	struct kmem_magazine *mags[2];

	cpu_sync(cache, mine);
	mags[0] = mine->previous;
	mags[1] = mine->loaded;
	cpu_set_none(mine);
	for (unsigned int i = 0; i < ARRAY_SIZE(mags); i++) {
		if (mags[i] == NULL)
			continue;
		cpu_lose(cache, cpu, mags[i]);
		kmem_depot_put(cache, mags[i]);
	}
	kmem_slab_disown(cache, cpu);
}

/* A magazine that a CPU had, and did not need, goes to the depot. */
static void
put_idle(struct kmem_cache *cache, struct kmem_magazine *mag, unsigned int cpu)
{
	if (mag == NULL)
		return;
	cpu_lose(cache, cpu, mag);
	kmem_depot_put_idle(cache, mag);
}

void
kmem_cpu_end_interval(struct kmem_cache *cache, unsigned int cpu)
{
	struct kmem_cpu *mine = &cache->cpus[cpu];
	struct kmem_magazine *loaded = mine->loaded;
	struct kmem_magazine *previous = mine->previous;

	if (mine->nr_allocs == mine->nr_allocs_seen) {
		cpu_sync(cache, mine);
		cpu_set_none(mine);
		put_idle(cache, previous, cpu);
		put_idle(cache, loaded, cpu);
		kmem_slab_disown(cache, cpu);
	} else if (!mine->was_changed) {
		mine->previous = NULL;
		put_idle(cache, previous, cpu);
	}
	mine->nr_allocs_seen = mine->nr_allocs;
	mine->was_changed = false;
}
