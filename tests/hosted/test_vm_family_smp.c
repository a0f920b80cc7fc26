/*
 * tests/hosted/test_vm_family_smp.c -- copies on four CPUs, with four models.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each thread has a family of maps, that fork and send memory to each other,
 * with a model of its own (vm_random.h).  In between it works where the others
 * do: with memory of a map that all have in common, and with a pair of maps of
 * its own, in which is an object that all pairs have in common.  Each thread
 * has a byte of its own in each page there, and the others write beside it.  A
 * copy of such memory, as a message or a fork makes it while they do, has the
 * thread's bytes as they were, and never changes, whoever writes what it is
 * from.  Objects are merged meanwhile, by whichever thread, those of other
 * families too.
 *
 *	family 0 .. 3:	up to 4 maps each, nothing in common
 *	common map:	its own memory, copied when it is written
 *	pair 0 .. 3:	2 maps each  ->  the common object, copied at once
 *
 * Two things that are rare by nature are brought about: that the object of a
 * copy is locked while others write below it, and that a page below a copy is
 * read before it is written, being mapped nowhere.
 *
 * Now and then all threads meet, and everything is compared.
 *
 * In half of the tests memory is short: allocations of each thread fail at
 * random, in most of its calls.  A call that is refused for it has changed
 * nothing, and is made again.  When all meet there is memory again: then
 * nothing is lost, and what was given up for want of it has been done.
 */
#include "tests/hosted/unit.h"

#include <machine/cpu.h>

#include "kern/clock.h"
#include "kern/sched.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "tests/hosted/alloc_fail.h"
#include "tests/hosted/vm_caller.h"
#include "tests/hosted/vm_random.h"
#include "tests/hosted/vm_test.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"

#define NR_THREADS	4u
#define OPS		1000ul		/* of each thread, times the scale;
					 * twice as many if memory is short */
#define MEET_EVERY	250ul
#define NR_COMMON	12u		/* pages */
#define SMALL_WINDOWS	(PAGE_SHIFT + 6)
#define HOLD_WRITES	4u		/* of others, that a lock is held for */
#define HOLD_MAX	400u		/* if there are so many: cpu_relax() */

/* Where threads meet, as one of them sees it. */
struct place {
	struct vm_map	*maps[2];	/* that have it; or one, twice */
	unsigned char	value[NR_COMMON];	/* of the thread's bytes */
};

struct worker {
	unsigned int	id;
	unsigned int	met;		/* meetings so far */
	struct random	random;
	struct vm_random run;		/* of the family */
	struct place	pair;
	struct place	common;
	struct vm_caller caller;
};

static struct worker workers[NR_THREADS];
static bool is_short;			/* memory is: allocations fail */
static struct vm_map *common_map;
static unsigned long nr_frames;		/* of objects, before */
static const struct vm_object *counted[1024];	/* by check_frames() */
static unsigned int nr_counted;
static unsigned int nr_met;		/* (A) arrivals at meet() */
static unsigned int nr_writes;		/* (A) to places, so far */

/* Wait until all workers are here as often as this one. */
static void
meet(struct worker *worker)
{
	unsigned int all = ++worker->met * NR_THREADS;

	atomic_fetch_add(&nr_met, 1u);
	while (atomic_load_acquire(&nr_met) < all) {
		cpu_relax();
		(void)sched_yield();
	}
}

static unsigned int
below(struct worker *worker, unsigned int bound)
{
	return random_below(&worker->random, bound);
}

/* The byte of thread @id in a page that is mapped at @base. */
static uintptr_t
byte_addr(uintptr_t base, unsigned int page, unsigned int id)
{
	return base + page * PAGE_SIZE + 100 + id * 8;
}

/* It is written by one map that has it, and read by another. */
static void
write_by(struct worker *worker, struct place *place, struct vm_map *writer,
	 struct vm_map *reader, unsigned int page)
{
	unsigned char value = (unsigned char)below(worker, 256);
	uintptr_t addr = byte_addr(VM_TEST_BASE, page, worker->id);

	/* Relaxed: the sanitizer must not take it for a lock. */
	atomic_add_relaxed(&nr_writes, 1u);
	vm_caller_put(&worker->caller, writer, addr, place->value[page],
		      value);
	check_equal(vm_caller_get(&worker->caller, reader, addr), value);
	place->value[page] = value;
}

static void
write_page(struct worker *worker, struct place *place, unsigned int page)
{
	unsigned int which = below(worker, 2);

	write_by(worker, place, place->maps[which], place->maps[1 - which],
		 page);
}

static void
write_some(struct worker *worker, struct place *place)
{
	for (unsigned int n = below(worker, NR_COMMON); n != 0; n--)
		write_page(worker, place, below(worker, NR_COMMON));
}

/* All that the thread knows of a place, by any map that has it. */
static void
check_place(struct worker *worker, const struct place *place,
	    struct vm_map *map)
{
	for (unsigned int i = 0; i < NR_COMMON; i++)
		check_equal(vm_test_get(map, byte_addr(VM_TEST_BASE, i,
						       worker->id)),
			    place->value[i]);
}

/* As a machine may at any time: no page of a place is mapped by @map. */
static void
forget(struct vm_map *map)
{
	pmap_remove(vm_map_pmap(map), VM_TEST_BASE,
		    VM_TEST_BASE + NR_COMMON * PAGE_SIZE);
}

/* Lock the object that @map has at @addr while others write, as a fault does
 * for a moment. */
static void
hold(struct vm_map *map, uintptr_t addr)
{
	unsigned int writes = atomic_load_relaxed(&nr_writes);
	struct vm_object *object;

	rw_lock_read(&map->lock);
	object = vm_map_lookup(map, addr)->object;
	if (object != NULL) {
		spin_lock(&object->lock);
		for (unsigned int i = 0; i < HOLD_MAX; i++) {
			if (atomic_load_relaxed(&nr_writes) - writes
			    >= HOLD_WRITES)
				break;
			cpu_relax();
		}
		spin_unlock(&object->lock);
	}
	rw_unlock_read(&map->lock);
}

/* The bytes of all threads in @n pages at @base of @map. */
static void
look(struct worker *worker, struct vm_map *map, uintptr_t base,
     unsigned int n, unsigned char seen[NR_COMMON][NR_THREADS])
{
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int id = 0; id < NR_THREADS; id++)
			seen[i][id] = vm_caller_get(&worker->caller, map,
						    byte_addr(base, i, id));
}

/*
 * @n pages at @base of @map are a copy of some of a place's: here are the
 * thread's bytes as they were then, and nobody's change.
 */
static void
check_copy(struct worker *worker, struct place *place, struct vm_map *map,
	   uintptr_t base, unsigned int n, const unsigned char *values)
{
	unsigned char before[NR_COMMON][NR_THREADS];
	unsigned char after[NR_COMMON][NR_THREADS];

	look(worker, map, base, n, before);
	if (below(worker, 2) == 0)
		hold(map, base + below(worker, n) * PAGE_SIZE);
	write_some(worker, place);
	look(worker, map, base, n, after);
	for (unsigned int i = 0; i < n; i++) {
		check_equal(before[i][worker->id], values[i]);
		for (unsigned int id = 0; id < NR_THREADS; id++)
			check_equal(before[i][id], after[i][id]);
	}
}

/* What becomes of a copy is not seen where it is from.  @values: its bytes. */
static void
write_copy(struct worker *worker, const struct place *place,
	   struct vm_map *map, uintptr_t base, unsigned int n,
	   const unsigned char *values)
{
	for (unsigned int i = 0; i < n; i++)
		vm_caller_put(&worker->caller, map,
			      byte_addr(base, i, worker->id), values[i],
			      (unsigned char)~place->value[i]);
	check_place(worker, place, place->maps[0]);
}

/* The same with a copy that two maps have: both see what one writes. */
static void
share_copy(struct worker *worker, const struct place *place,
	   struct vm_map *map, uintptr_t base, unsigned int n)
{
	struct vm_caller *caller = &worker->caller;
	struct vm_map *child;

	vm_caller_inherit(caller, map, base, base + n * PAGE_SIZE,
			  VM_INHERIT_SHARE);
	child = vm_caller_fork(caller, map);
	for (unsigned int i = 0; i < n; i++) {
		uintptr_t addr = byte_addr(base, i, worker->id);
		unsigned char old = vm_caller_get(caller, child, addr);
		unsigned char value = (unsigned char)(old + 1);

		vm_caller_put(caller, map, addr, old, value);
		check_equal(vm_caller_get(caller, child, addr), value);
	}
	check_place(worker, place, place->maps[0]);
	vm_caller_unref(&worker->caller, child);
}

/* A message to a map of the pair. */
static void
send(struct worker *worker, struct place *place)
{
	unsigned int page = below(worker, NR_COMMON);
	unsigned int n = 1 + below(worker, NR_COMMON - page);
	struct vm_map *to = worker->pair.maps[below(worker, 2)];
	unsigned char values[NR_COMMON];
	struct vm_map_copy *copy;
	uintptr_t at;

	for (unsigned int i = 0; i < n; i++)
		values[i] = place->value[page + i];
	copy = vm_caller_copyin(&worker->caller, place->maps[below(worker, 2)],
				VM_TEST_BASE + page * PAGE_SIZE,
				n * PAGE_SIZE);
	if (below(worker, 2) == 0) {
		forget(place->maps[0]);
		check_place(worker, place, place->maps[0]);
	}
	write_some(worker, place);
	at = vm_caller_copyout(&worker->caller, to, copy);
	check_copy(worker, place, to, at, n, values);
	if (below(worker, 4) == 0)
		share_copy(worker, place, to, at, n);
	else
		write_copy(worker, place, to, at, n, values);
	vm_caller_remove(&worker->caller, to, at, at + n * PAGE_SIZE);
}

/* A fork of a map whose children have a copy, and of one whose share it. */
static void
fork_copy(struct worker *worker, struct place *place)
{
	unsigned char values[NR_COMMON];
	struct vm_map *child;

	for (unsigned int i = 0; i < NR_COMMON; i++)
		values[i] = place->value[i];
	child = vm_caller_fork(&worker->caller, place->maps[1]);
	write_some(worker, place);
	check_copy(worker, place, child, VM_TEST_BASE, NR_COMMON, values);
	write_copy(worker, place, child, VM_TEST_BASE, NR_COMMON, values);
	vm_map_check(child);
	vm_caller_unref(&worker->caller, child);
}

static void
fork_share(struct worker *worker, struct place *place)
{
	struct vm_map *child = vm_caller_fork(&worker->caller, place->maps[0]);

	write_some(worker, place);
	check_place(worker, place, child);
	for (unsigned int i = 0; i < NR_COMMON; i++)
		write_by(worker, place, child, place->maps[1], i);
	vm_caller_unref(&worker->caller, child);
}

static void
work(struct worker *worker)
{
	struct place *place = below(worker, 3) == 0 ? &worker->pair
						    : &worker->common;

	switch (below(worker, 16)) {
	case 0:
	case 1:
		send(worker, place);
		break;
	case 2:
		fork_copy(worker, place);
		break;
	case 3:
		fork_share(worker, &worker->pair);
		break;
	case 4:
		vm_caller_merge(&worker->caller);
		break;
	default:
		write_page(worker, place, below(worker, NR_COMMON));
		break;
	}
}

/* Frames of an object and of those below, which nobody has counted yet. */
static unsigned long
count_object(const struct vm_object *object)
{
	unsigned long frames = 0;

	while (object != NULL) {
		for (unsigned int i = 0; i < nr_counted; i++)
			if (counted[i] == object)
				return frames;
		assert(nr_counted < ARRAY_SIZE(counted));
		counted[nr_counted++] = object;
		frames += object->nr_pages;
		object = object->shadow != NULL ? object->shadow->below : NULL;
	}
	return frames;
}

static unsigned long
count_map(struct vm_map *map)
{
	const struct rbnode *node;
	unsigned long frames = 0;

	rw_lock_read(&map->lock);
	rbtree_for_each(&map->entries, node)
		frames += count_object(vm_map_entry_of(node)->object);
	rw_unlock_read(&map->lock);
	return frames;
}

/* Frames in use are those that the maps have or show. */
static void
check_frames(void)
{
	unsigned long frames = nr_frames;

	nr_counted = 0;
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		frames += count_map(workers[i].run.map);
		for (unsigned int j = 0; j < 2; j++)
			frames += count_map(workers[i].pair.maps[j]);
	}
	frames += count_map(common_map);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames);
}

/* Nobody else does anything: everything is as the models say. */
static void
check_all(void)
{
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		vm_random_quiet(&workers[i].run);
		vm_test_use_map(NULL);
		for (unsigned int j = 0; j < 2; j++) {
			check_place(&workers[i], &workers[i].pair,
				    workers[i].pair.maps[j]);
			vm_map_check(workers[i].pair.maps[j]);
		}
		check_place(&workers[i], &workers[i].common, common_map);
	}
	vm_map_check(common_map);
	check_frames();
}

static void
worker_thread(void *arg)
{
	unsigned long ops = unit_scale() * (is_short ? 2 * OPS : OPS);
	struct worker *worker = arg;

	for (unsigned long i = 1; i <= ops; i++) {
		vm_random_step(&worker->run);
		vm_test_use_map(NULL);
		work(worker);
		if (i % MEET_EVERY != 0)
			continue;
		meet(worker);
		if (worker->id == 0)
			check_all();
		meet(worker);
	}
}

/* What the thread knows of both places, after a call that was refused. */
static void
check_refused(void *arg)
{
	struct worker *worker = arg;

	check_place(worker, &worker->pair, worker->pair.maps[0]);
	check_place(worker, &worker->common, common_map);
}

static void
begin_worker(struct worker *worker, unsigned int id, struct vm_object *object)
{
	static const vm_inherit_t inherits[2] = {
		VM_INHERIT_SHARE, VM_INHERIT_COPY,
	};
	struct vm_map *map;

	*worker = (struct worker){ .id = id };
	random_init(&worker->random, unit_seed() + 100 + id);
	worker->caller = (struct vm_caller){
		.random = &worker->random,
		.is_short = is_short,
		.check = check_refused,
		.arg = worker,
	};
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	vm_random_init_family(&worker->run, map, unit_seed() + id);
	worker->run.alone = false;
	worker->run.failing = is_short;
	for (unsigned int i = 0; i < 2; i++) {
		uintptr_t addr = VM_TEST_BASE;

		check_equal(vm_map_create(&worker->pair.maps[i]),
			    KERN_SUCCESS);
		check_equal(vm_map_enter(worker->pair.maps[i], &addr,
					 NR_COMMON * PAGE_SIZE, 0, false,
					 object, 0, VM_PROT_DEFAULT,
					 VM_PROT_ALL, inherits[i]),
			    KERN_SUCCESS);
		worker->common.maps[i] = common_map;
	}
}

static void
end_worker(struct worker *worker)
{
	struct vm_map *map = worker->run.map;

	check_equal(worker->run.stats.short_of != 0, is_short);
	check_equal(worker->caller.refused != 0, is_short);
	vm_test_use_map(map);
	vm_random_fini(&worker->run, "one of four families");
	vm_test_end_map(map);
	for (unsigned int i = 0; i < 2; i++)
		vm_map_unref(worker->pair.maps[i]);
}

static void
smp_thread(void *arg)
{
	struct thread *threads[NR_THREADS];
	struct vm_test_balance before;
	struct vm_object *object;

	(void)arg;
	slab_reclaim_start();
	before = vm_test_balance();
	nr_frames = vm_test_pages(VM_PAGE_OBJECT);
	vm_map_merge_enable(true);
	vm_map_merge_set_pages(4);
	object = vm_object_create(0, NR_COMMON * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	check_equal(vm_map_create(&common_map), KERN_SUCCESS);
	vm_test_allocate(common_map, VM_TEST_BASE, NR_COMMON * PAGE_SIZE);
	/* Two entries of one object: a copy of both is made in another way. */
	check_equal(vm_map_protect(common_map, vm_test_at(NR_COMMON / 2),
				   vm_test_at(NR_COMMON), VM_PROT_DEFAULT,
				   true), KERN_SUCCESS);
	nr_met = 0;
	for (unsigned int i = 0; i < NR_THREADS; i++)
		begin_worker(&workers[i], i, object);
	vm_object_unref(object);
	alloc_fail_enable(is_short);
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		threads[i] = thread_spawn("worker", worker_thread, &workers[i],
					  25);
		assert(threads[i] != NULL);
	}
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	alloc_fail_enable(false);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		end_worker(&workers[i]);
	vm_map_unref(common_map);
	vm_test_merge_all();
	check_equal(vm_test_pages(VM_PAGE_OBJECT), nr_frames);
	clock_sleep_ms(1000);	/* threads end a bit later than their join */
	vm_test_check_balance(before);
	slab_reclaim_stop();
	vm_page_check();
	slab_check();
}

/* With windows of 1 << @shift bytes. */
static void
run(unsigned int shift, bool memory_is_short)
{
	is_short = memory_is_short;
	vm_test_run_windows(shift, NR_THREADS, (size_t)64 << 20, smp_thread);
}

static void
test_small_windows(void **state)
{
	(void)state;
	run(SMALL_WINDOWS, false);
}

static void
test_one_window(void **state)
{
	(void)state;
	run(HOST_WINDOW_SHIFT, false);
}

static void
test_small_windows_short(void **state)
{
	(void)state;
	run(SMALL_WINDOWS, true);
}

static void
test_one_window_short(void **state)
{
	(void)state;
	run(HOST_WINDOW_SHIFT, true);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_windows),
		cmocka_unit_test(test_one_window),
		cmocka_unit_test(test_small_windows_short),
		cmocka_unit_test(test_one_window_short),
	};

	return unit_main(tests);
}
