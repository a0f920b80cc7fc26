/*
 * tests/hosted/test_vm_send.c -- how programs send memory, and what is left.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each pattern with entries, objects and frames counted; then senders, writers
 * and forks of one map on several CPUs: what arrived does not change.
 */
#include "unit.h"

#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define PAGES		32u
#define SIZE		(PAGES * PAGE_SIZE)
#define RING		3u

static struct vm_map *map;

static void
allocate(size_t page, size_t n)
{
	vm_test_allocate(map, vm_test_at(page), n * PAGE_SIZE);
}

static void
put_at(struct vm_map *in, uintptr_t addr, unsigned char value)
{
	vm_test_put(in, addr + 9, value);
}

static unsigned char
get_at(struct vm_map *in, uintptr_t addr)
{
	return vm_test_get(in, addr + 9);
}

/* A map with PAGES pages that hold 1, 2, ... */
static void
begin(void)
{
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	allocate(0, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		put_at(map, vm_test_at(i), (unsigned char)(i + 1));
}

static struct vm_map_copy *
copyin(bool destroy)
{
	struct vm_map_copy *copy;

	check_equal(vm_map_copyin(map, VM_TEST_BASE, SIZE, destroy, &copy),
		    KERN_SUCCESS);
	return copy;
}

static uintptr_t
copyout(struct vm_map *to, struct vm_map_copy *copy)
{
	uintptr_t addr = 0;

	check_equal(vm_map_copyout(to, &addr, copy), KERN_SUCCESS);
	return addr;
}

static void
drop(struct vm_map *from, uintptr_t addr)
{
	check_equal(vm_map_remove(from, addr, addr + SIZE), KERN_SUCCESS);
}

static void
check_range(struct vm_map *in, uintptr_t addr, unsigned char first)
{
	for (size_t i = 0; i < PAGES; i++)
		check_equal(get_at(in, addr + i * PAGE_SIZE),
			    (unsigned char)(first + i));
}

/* The map's object of the first page. */
static struct vm_object *
first_object(void)
{
	struct vm_object *object;

	rw_lock_read(&map->lock);
	object = vm_map_lookup(map, VM_TEST_BASE)->object;
	rw_unlock_read(&map->lock);
	return object;
}

/*
 * One buffer, again and again, to oneself: some are in transit, and some stay
 * mapped for a while.  The sender's entry and object stay, and there are no
 * more objects of the kernel's at the end than at the beginning.
 */
static void
many_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned long rounds = 2000 * unit_scale(), most = 0, live;
	struct vm_map_copy *ring[RING] = { NULL };
	uintptr_t mapped[RING] = { 0 };
	struct vm_object *object;

	(void)arg;
	begin();
	object = first_object();
	live = slab_live();
	for (unsigned long i = 0; i < rounds; i++) {
		unsigned int at = (unsigned int)(i % RING);

		put_at(map, vm_test_at(i % PAGES), (unsigned char)i);
		if (mapped[at] != 0)
			drop(map, mapped[at]);
		if (ring[at] != NULL)
			mapped[at] = copyout(map, ring[at]);
		ring[at] = copyin(false);
		check_equal(first_object() == object, true);
		most = MAX(most, slab_live() - live);
	}
	for (unsigned int at = 0; at < RING; at++) {
		if (mapped[at] != 0)
			drop(map, mapped[at]);
		vm_map_copy_discard(ring[at]);
	}
	check_equal(vm_map_entries(map), 1);
	check_equal(first_object() == object, true);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), PAGES);
	printf("# %lu sends: 1 entry, 1 object; at most %lu objects of the "
	       "kernel's more meanwhile\n", rounds, most);
	assert(most < 100);
	vm_map_check(map);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_many(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, many_thread);
}

/* Nothing is copied until it is written, and then one page. */
static void
later_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copy;
	struct vm_map *receiver;
	unsigned long frames;
	uintptr_t addr;

	(void)arg;
	begin();
	check_equal(vm_map_create(&receiver), KERN_SUCCESS);
	frames = vm_test_pages(VM_PAGE_OBJECT);
	check_equal(frames, PAGES);
	copy = copyin(false);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames);
	put_at(map, vm_test_at(3), 100);
	put_at(map, vm_test_at(3), 101);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames + 1);
	addr = copyout(receiver, copy);
	check_range(receiver, addr, 1);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames + 1);
	put_at(receiver, addr + 5 * PAGE_SIZE, 102);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames + 2);
	check_equal(get_at(map, vm_test_at(3)), 101);
	check_equal(get_at(map, vm_test_at(5)), 6);
	/* What is new to the sender was zeros. */
	drop(receiver, addr);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames);
	vm_map_unref(receiver);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_later(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, later_thread);
}

/* To oneself, twice, so with two other deltas; all is written; each goes. */
static void
deltas_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	uintptr_t a, b;

	(void)arg;
	for (unsigned int round = 0; round < 3; round++) {
		begin();
		a = copyout(map, copyin(false));
		b = copyout(map, copyin(false));
		for (size_t i = 0; i < PAGES; i += 2)
			put_at(map, a + i * PAGE_SIZE, 200);
		if (round == 0)
			drop(map, VM_TEST_BASE);
		if (round == 1)
			drop(map, a);
		if (round == 2)
			drop(map, b);
		if (round != 0)
			check_range(map, VM_TEST_BASE, 1);
		if (round != 2)
			check_range(map, b, 1);
		for (size_t i = 0; round != 1 && i < PAGES; i++)
			check_equal(get_at(map, a + i * PAGE_SIZE),
				    i % 2 == 0 ? 200 : i + 1);
		vm_map_check(map);
		vm_map_unref(map);
	}
	vm_test_check_balance(before);
}

static void
test_deltas(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, deltas_thread);
}

/* Unmapped while in transit, and mapped again: zeros here, the old there.  What
 * the copy does not have is free at once. */
static void
again_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copy;
	unsigned char value;

	(void)arg;
	begin();
	allocate(PAGES, 8);
	for (size_t i = 0; i < 8; i++)
		put_at(map, vm_test_at(PAGES + i), 50);
	copy = copyin(false);
	check_equal(vm_map_remove(map, vm_test_at(1), vm_test_at(PAGES + 4)),
		    KERN_SUCCESS);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), PAGES + 4);
	allocate(1, PAGES + 3);
	for (size_t i = 1; i < PAGES + 4; i++)
		check_equal(get_at(map, vm_test_at(i)), 0);
	for (size_t i = 0; i < PAGES; i++) {
		check_equal(vm_map_copy_read(copy, i * PAGE_SIZE + 9, &value,
					     1), KERN_SUCCESS);
		check_equal(value, i + 1);
	}
	vm_map_copy_discard(copy);
	vm_test_merge_all();
	check_equal(vm_test_pages(VM_PAGE_OBJECT), PAGES + 8);
	vm_map_check(map);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_again(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, again_thread);
}

/* Moved: no frame more or less, none needed; offsets are the new addresses. */
static void
move_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *receiver;
	uintptr_t addr;

	(void)arg;
	for (unsigned int round = 0; round < 3; round++) {
		unsigned long others = round == 0 ? 0 : 2;

		begin();
		if (round != 0)
			allocate(PAGES, others);
		for (size_t i = 0; i < others; i++)
			put_at(map, vm_test_at(PAGES + i), 90);
		check_equal(vm_map_create(&receiver), KERN_SUCCESS);
		addr = copyout(round == 2 ? map : receiver, copyin(true));
		check_equal(vm_test_pages(VM_PAGE_OBJECT), PAGES + others);
		check_equal(vm_map_size(map), others * PAGE_SIZE
			    + (round == 2 ? SIZE : 0));
		check_range(round == 2 ? map : receiver, addr, 1);
		check_equal(vm_test_pages(VM_PAGE_OBJECT), PAGES + others);
		if (round != 2) {
			rw_lock_read(&receiver->lock);
			check_equal(vm_map_entry_delta(
					vm_map_lookup(receiver, addr)), 0);
			rw_unlock_read(&receiver->lock);
			drop(receiver, addr);
			check_equal(vm_test_pages(VM_PAGE_OBJECT), others);
		}
		vm_map_check(map);
		vm_map_unref(map);
		vm_map_unref(receiver);
	}
	vm_test_check_balance(before);
}

static void
test_move(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, move_thread);
}

/*
 * Several CPUs.
 */

#define NR_WRITERS	2u
#define NR_SENDERS	2u
#define SENDS		150u

static unsigned int nr_sending;		/* (A) */

struct worker {
	unsigned int	id;
	struct random	rng;
};

/* Two counters of a page: the second follows the first. */
static void
bump(uintptr_t page, unsigned char value)
{
	check_equal(vm_test_write(page, value), true);
	check_equal(vm_test_write(page + 2000, value), true);
}

static void
writer_thread(void *arg)
{
	struct worker *worker = arg;
	unsigned char value = 0, seen = 0;

	vm_test_use_map(map);
	while (atomic_load_acquire(&nr_sending) != 0) {
		value++;
		for (size_t i = worker->id; i < PAGES; i += NR_WRITERS) {
			bump(vm_test_at(i), value);
			check_equal(vm_test_read(vm_test_at(i), &seen), true);
			check_equal(seen, value);
		}
		(void)sched_yield();
	}
	vm_test_use_map(NULL);
}

/* What arrived stays, whatever the sender does. */
static void
check_arrived(struct worker *worker, struct vm_map *in, uintptr_t addr)
{
	unsigned char first, second, again;

	vm_test_use_map(in);
	for (size_t i = 0; i < PAGES; i++) {
		uintptr_t page = addr + i * PAGE_SIZE;

		check_equal(vm_test_read(page, &first), true);
		check_equal(vm_test_read(page + 2000, &second), true);
		/* Pages that were copied at once may be of two moments. */
		if (random_below(&worker->rng, 4) == 0) {
			bump(page, 0x77);
			first = 0x77;
			second = 0x77;
		}
		(void)sched_yield();
		check_equal(vm_test_read(page, &again), true);
		check_equal(again, first);
		check_equal(vm_test_read(page + 2000, &again), true);
		check_equal(again, second);
	}
	vm_test_use_map(NULL);
}

static void
sender_thread(void *arg)
{
	struct worker *worker = arg;
	struct vm_map *receiver, *child;

	check_equal(vm_map_create(&receiver), KERN_SUCCESS);
	for (unsigned int i = 0; i < SENDS; i++) {
		struct vm_map_copy *copy = copyin(false), *on;
		uintptr_t addr, next = 0;

		(void)sched_yield();
		addr = copyout(receiver, copy);
		if (i % 3 == 0)
			check_arrived(worker, receiver, addr);
		/* And on, moved or copied, while the source is forked. */
		check_equal(vm_map_copyin(receiver, addr, SIZE, i % 2 == 0,
					  &on), KERN_SUCCESS);
		if (i % 5 == 0) {
			check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
			next = copyout(child, on);
			check_arrived(worker, child, next);
			check_arrived(worker, child, VM_TEST_BASE);
			vm_map_unref(child);
		} else {
			next = copyout(receiver, on);
			check_arrived(worker, receiver, next);
			drop(receiver, next);
		}
		if (i % 2 != 0)
			drop(receiver, addr);
	}
	vm_map_unref(receiver);
	atomic_fetch_sub(&nr_sending, 1u);
}

static void
smp_thread(void *arg)
{
	struct worker workers[NR_WRITERS + NR_SENDERS];
	struct thread *threads[NR_WRITERS + NR_SENDERS];

	(void)arg;
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	allocate(0, PAGES);
	atomic_store_release(&nr_sending, NR_SENDERS);
	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++) {
		workers[i].id = i;
		random_init(&workers[i].rng, i + unit_seed());
		threads[i] = thread_spawn("worker", i < NR_WRITERS
					  ? writer_thread : sender_thread,
					  &workers[i], 25);
		assert(threads[i] != NULL);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	vm_test_merge_all();
	vm_map_check(map);
	check_equal(vm_map_entries(map), 1);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), PAGES);
	vm_map_unref(map);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 0);
	vm_page_check();
	slab_check();
}

static void
test_smp(void **state)
{
	(void)state;
	vm_test_run(4, (size_t)32 << 20, smp_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_deltas),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_smp),
	};

	return unit_main(tests);
}
