/*
 * tests/hosted/test_vm_merge.c -- objects that become one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Neighbours with two objects, of all kinds that there are: what arrived by
 * message, what another fault has made, what was shared until now.  Entries,
 * objects, frames and contents afterwards; what is refused, and why; how much
 * is done at once.
 */
#include "unit.h"

#include <string.h>

#include <mach_debug/kernel_stat_types.h>
#include <machine/vm_layout.h>

#include "kern/clock.h"
#include "kern/mig/kernel_stat_server.h"
#include "kern/sched.h"
#include "lib/macros.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_shadow.h"
#include "vm_merge_test.h"

static struct vm_map_merge_stats
counts(void)
{
	struct vm_map_merge_stats stats;

	vm_map_merge_get_stats(&stats);
	return stats;
}

/*
 * What becomes one.
 */

/* Memory of a message next to touched memory; the message's is larger, but no
 * window. */
static void
message_thread(void *arg)
{
	(void)arg;
	begin();
	allocate(0, 4);
	fill(0, 4);
	receive(4, 6);
	fill(4, 6);
	check_map(2, 10);
	vm_test_merge_all();
	check_map(1, 10);
	check_filled(0, 10);
	receive(10, 3);
	fill(11, 1);
	vm_test_merge_all();
	check_map(1, 11);
	check_filled(0, 10);
	check_filled(11, 1);
	check_zeros(10, 1);
	/* It is one object, and linear: what is unmapped is free. */
	check_equal(vm_map_remove(map, AT(2), AT(12)), KERN_SUCCESS);
	check_map(2, 2);
	end();
}

/* Without a window there: one is made. */
static void
messages_thread(void *arg)
{
	(void)arg;
	begin();
	for (int i = 0; i < 8; i++) {
		receive(i % 2 == 0 ? i / 2 * 4 : 28 - i / 2 * 4, 4);
		fill(i % 2 == 0 ? i / 2 * 4 : 28 - i / 2 * 4, 3);
	}
	check_map(8, 24);
	vm_test_merge_all();
	check_map(1, 24);
	for (int i = 0; i < 8; i++) {
		check_filled(i * 4, 3);
		check_zeros(i * 4 + 3, 1);
	}
	end();
}

/* A message's memory, and none next to it, which goes over a border. */
static void
none_thread(void *arg)
{
	(void)arg;
	begin();
	allocate(-8, 8 + 4);
	receive(4, 4);
	fill(5, 2);
	vm_test_merge_all();
	check_map(2, 2);
	check_equal(vm_test_write(AT(2), 9), true);
	check_map(2, 3);
	check_filled(5, 2);
	end();
}

/* Somebody holds the window's object, so a fault makes another; then not. */
static void
held_thread(void *arg)
{
	struct vm_object *held, *other;

	(void)arg;
	begin();
	allocate(0, 4);
	fill(0, 4);
	held = object_at(0);
	vm_object_ref(held);
	allocate(4, 2);
	fill(4, 2);
	check_map(2, 6);
	other = object_at(4);
	assert(held != other);
	vm_test_merge_all();
	check_map(2, 6);
	vm_object_unref(held);
	vm_test_merge_all();
	check_map(1, 6);
	check_filled(0, 6);
	/* The larger one is left, and the map's for the window. */
	assert(object_at(0) == held);
	allocate(8, 1);
	fill(8, 1);
	assert(object_at(8) == held);
	/* What was unmapped meanwhile goes when nobody holds it any more. */
	vm_object_ref(held);
	check_equal(vm_map_remove(map, AT(3), AT(9)), KERN_SUCCESS);
	check_map(1, 7);
	vm_object_unref(held);
	vm_test_merge_all();
	check_map(1, 3);
	end();
}

/* Shared with a child until that ends; pages left by an unmap go then. */
static void
shared_thread(void *arg)
{
	struct vm_map *child;

	(void)arg;
	begin();
	allocate(0, 12);
	fill(0, 12);
	check_equal(vm_map_inherit(map, AT(4), AT(8), VM_INHERIT_SHARE),
		    KERN_SUCCESS);
	check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
	check_equal(vm_map_inherit(map, AT(4), AT(8), VM_INHERIT_COPY),
		    KERN_SUCCESS);
	fill(5, 3);
	check_equal(vm_map_remove(map, AT(5), AT(6)), KERN_SUCCESS);
	check_equal(vm_map_remove(map, AT(7), AT(8)), KERN_SUCCESS);
	check_map(4, 15);
	vm_map_unref(child);
	vm_test_merge_all();
	check_map(3, 10);
	check_filled(0, 5);
	check_filled(6, 1);
	check_filled(8, 4);
	allocate(5, 1);
	allocate(7, 1);
	check_map(1, 10);
	check_zeros(5, 1);
	check_zeros(7, 1);
	end();
}

/* What programs are told of the border below a page. */
static uint64_t
told(int page)
{
	map_border_t rows[8], *list = rows;
	mach_msg_type_number_t i, count = ARRAY_SIZE(rows);

	check_equal(vm_map_borders(map, &list, &count), KERN_SUCCESS);
	for (i = 0; i < count && rows[i].mb_address != AT(page); i++)
		continue;
	return i < count ? rows[i].mb_reason : MAP_BORDER_NR_REASONS;
}

/* A join that an operation offers is done at once, if it is little. */
static void
at_once_thread(void *arg)
{
	struct vm_map_merge_stats before;

	(void)arg;
	begin();
	vm_map_merge_enable(false);
	allocate(0, 2);
	fill(0, 2);
	receive(2, VM_MERGE_PAGES - 1);
	fill(2, VM_MERGE_PAGES - 1);
	receive(2 + VM_MERGE_PAGES, VM_MERGE_PAGES);
	fill(2 + VM_MERGE_PAGES, VM_MERGE_PAGES);
	protect(0, 2, VM_PROT_READ);
	vm_map_merge_enable(true);
	check_map(3, 2 * VM_MERGE_PAGES + 1);
	before = counts();
	protect(0, 2, VM_PROT_DEFAULT);
	check_map(2, 2 * VM_MERGE_PAGES + 1);
	check_equal(counts().merges, before.merges + 1);
	check_equal(counts().queued, before.queued);
	/* One page more is too much for now. */
	allocate(1 + VM_MERGE_PAGES, 1);
	check_map(2, 2 * VM_MERGE_PAGES + 1);
	assert(refused(VM_MAP_REFUSE_BUDGET) != 0);
	check_equal(told(2 + VM_MERGE_PAGES), MAP_BORDER_BUDGET);
	check_equal(counts().queued, before.queued + 1);
	vm_test_merge_all();
	check_map(1, 2 * VM_MERGE_PAGES + 1);
	check_filled(0, 1 + VM_MERGE_PAGES);
	check_zeros(1 + VM_MERGE_PAGES, 1);
	check_filled(2 + VM_MERGE_PAGES, VM_MERGE_PAGES);
	end();
}

/* In the middle of it: what is below is read, written, unmapped, forked. */
static void
middle_thread(void *arg)
{
	unsigned long before = counts().unfinished;
	struct vm_map *child;

	(void)arg;
	begin();
	vm_map_merge_set_pages(4);
	allocate(0, 1);
	fill(0, 1);
	receive(1, 64);
	fill(1, 64);
	check_equal(vm_map_merge_run(), true);
	check_equal(counts().unfinished, before + 1);
	check_map(1, 65);
	check_filled(0, 65);
	/* A copy of page 40 above; 41 goes, and comes again. */
	check_equal(vm_test_write(AT(40) + 5, 1), true);
	check_equal(vm_test_write(AT(40) + 5, value_of(40)), true);
	check_equal(vm_map_remove(map, AT(41), AT(43)), KERN_SUCCESS);
	allocate(41, 1);
	check_zeros(41, 1);
	check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
	check_equal(vm_test_write(AT(50) + 5, 77), true);
	vm_test_use_map(child);
	check_filled(0, 41);
	check_zeros(41, 1);
	check_filled(43, 22);
	check_equal(vm_test_write(AT(51) + 5, 78), true);
	vm_test_use_map(map);
	check_filled(51, 14);
	vm_test_merge_all();
	check_filled(51, 14);
	vm_map_unref(child);
	vm_test_merge_all();
	check_equal(vm_test_write(AT(50) + 5, value_of(50)), true);
	check_filled(0, 41);
	check_filled(43, 22);
	check_zeros(41, 1);
	check_map(2, 65 - 1);
	end();
}

/* Seventeen pieces, more than a link has ranges for. */
static void
pieces_thread(void *arg)
{
	enum { pieces = VM_SHADOW_RANGES + 1 };
	int i;

	(void)arg;
	begin();
	vm_map_merge_set_pages(2);
	allocate(0, 1);
	fill(0, 1);
	receive(1, 2 * pieces);
	fill(1, 2 * pieces);
	for (i = 1; i <= pieces; i++)
		check_equal(vm_map_remove(map, AT(2 * i), AT(2 * i + 1)),
			    KERN_SUCCESS);
	check_map(1 + pieces, 1 + pieces);
	check_equal(vm_map_merge_run(), true);
	/* While the link says too much, what is new there gets an object. */
	for (i = 1; i <= pieces; i++)
		allocate(2 * i, 1);
	for (i = 1; i <= pieces; i++) {
		check_filled(2 * i - 1, 1);
		check_zeros(2 * i, 1);
	}
	vm_test_merge_all();
	for (i = 1; i <= pieces; i++) {
		check_filled(2 * i - 1, 1);
		check_zeros(2 * i, 1);
	}
	check_map(1, 1 + 2 * pieces);
	end();
}

/* What was unmapped while others used the object is not moved; here where the
 * window's object has pages there, and others below. */
static void
stale_thread(void *arg)
{
	struct vm_object *held;
	struct vm_map *child;

	(void)arg;
	begin();
	allocate(0, 4);
	fill(0, 4);
	check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
	receive(4, 4);
	fill(4, 4);
	held = object_at(4);
	vm_object_ref(held);
	check_equal(vm_map_remove(map, AT(5), AT(6)), KERN_SUCCESS);
	allocate(5, 1);
	fill(5, 1);
	assert(object_at(5) == object_at(0) && object_at(6) == held);
	vm_object_unref(held);
	/* An operation comes before the thread. */
	protect(6, 1, VM_PROT_READ);
	protect(6, 1, VM_PROT_DEFAULT);
	assert(object_at(6) == object_at(0));
	check_equal(vm_map_entries(map), 1);
	check_filled(0, 8);
	vm_map_unref(child);
	vm_test_merge_all();
	check_map(1, 8);
	check_filled(0, 8);
	end();
}

/*
 * What is refused.
 */

static void
refused_thread(void *arg)
{
	unsigned long wired, below;
	struct vm_map *child;

	(void)arg;
	begin();
	/* Nothing, if it is switched off. */
	vm_map_merge_enable(false);
	allocate(0, 2);
	fill(0, 2);
	receive(2, 2);
	fill(2, 2);
	vm_test_merge_all();
	check_map(2, 4);
	vm_map_merge_enable(true);

	/* Wired pages stay; when they are not, nothing is in the way. */
	wired = refused(VM_MAP_REFUSE_WIRED);
	check_equal(vm_map_wire(map, AT(0), AT(4), VM_PROT_READ, SIZE_MAX),
		    KERN_SUCCESS);
	check_map(2, 4);
	assert(refused(VM_MAP_REFUSE_WIRED) > wired);
	check_equal(told(2), MAP_BORDER_WIRED);
	check_equal(vm_map_wire(map, AT(0), AT(4), VM_PROT_NONE, SIZE_MAX),
		    KERN_SUCCESS);
	check_map(1, 4);

	/* Two that show others below, as long as those are there. */
	protect(1, 1, VM_PROT_READ);
	receive(4, 1);
	fill(4, 1);
	protect(4, 1, VM_PROT_READ);
	check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
	protect(1, 1, VM_PROT_DEFAULT);
	fill(0, 1);
	below = refused(VM_MAP_REFUSE_BELOW);
	protect(4, 1, VM_PROT_DEFAULT);
	fill(4, 1);
	vm_test_merge_all();
	check_equal(vm_map_entries(map), 2);
	assert(refused(VM_MAP_REFUSE_BELOW) > below);
	check_equal(told(4), MAP_BORDER_BELOW);
	vm_map_unref(child);
	vm_test_merge_all();
	check_map(1, 5);
	check_filled(0, 5);
	end();
}

static void
set_transition(int page, uint64_t transition)
{
	struct vm_map_entry *entry;

	rw_lock_write(&map->lock);
	entry = vm_map_lookup(map, AT(page));
	entry->transition = transition & VM_MAP_TRANSITION_MAX;
	rw_unlock_write(&map->lock);
}

/* An entry that is being wired, elsewhere, keeps the object that it has. */
static void
transition_thread(void *arg)
{
	struct vm_object *object;

	(void)arg;
	begin();
	receive(0, 4);
	fill(0, 4);
	object = object_at(0);
	protect(0, 1, VM_PROT_READ);
	set_transition(0, 1);
	allocate(4, 2);
	fill(4, 2);
	vm_test_merge_all();
	assert(object_at(0) == object && object_at(1) == object);
	assert(vm_map_entries(map) == 3);
	assert(refused(VM_MAP_REFUSE_TRANSITION) != 0);
	set_transition(0, 0);
	protect(1, 3, VM_PROT_DEFAULT);
	check_map(2, 6);
	assert(object_at(0) == object_at(4) && object_at(0) != object);
	check_filled(0, 6);
	end();
}

/* Memory of a message in two windows stays what it is. */
static void
border_thread(void *arg)
{
	(void)arg;
	begin();
	receive(-4, 8);
	fill(-4, 8);
	allocate(4, 2);
	fill(4, 2);
	vm_test_merge_all();
	check_map(2, 10);
	check_filled(-4, 10);
	assert(refused(VM_MAP_REFUSE_WINDOW) != 0);
	end();
}

#define TEST(name)							\
static void								\
test_##name(void **state)						\
{									\
	(void)state;							\
	vm_test_run(1, (size_t)16 << 20, name##_thread);		\
}

TEST(message)
TEST(messages)
TEST(none)
TEST(held)
TEST(shared)
TEST(at_once)
TEST(middle)
TEST(pieces)
TEST(stale)
TEST(refused)
TEST(transition)
TEST(border)

/*
 * Who settles does so when nobody else wants to run, but then others who are
 * only busy don't keep it, and so who faults, waiting.
 */

static bool over;			/* of one CPU: no lock */

static void
settle_thread(void *arg)
{
	(void)arg;
	check_equal(vm_map_merge_run(), true);
	check_equal(current_thread()->priority, PRI_LOWEST);
}

static void
busy_thread(void *arg)
{
	(void)arg;
	for (unsigned int turns = 0; !over; turns++) {
		assert(turns < 100000);
		(void)sched_yield();
	}
}

static void
busy_case(void *arg)
{
	struct thread *settler, *busy;
	struct vm_object *object;

	(void)arg;
	begin();
	allocate(0, 2);
	fill(0, 2);
	object = object_at(0);
	vm_object_ref(object);
	check_equal(vm_object_is_linear(object), false);
	vm_object_unref(object);

	over = false;
	rw_lock_read(&map->lock);
	settler = thread_spawn("settler", settle_thread, NULL, PRI_LOWEST);
	assert(settler != NULL);
	while (map->lock.nr_waiting_writers == 0)
		clock_sleep_ms(1);
	busy = thread_spawn("busy", busy_thread, NULL, PRI_USER);
	assert(busy != NULL);
	rw_unlock_read(&map->lock);
	check_filled(0, 2);
	check_equal(vm_fault(map, AT(1), VM_PROT_WRITE), KERN_SUCCESS);
	over = true;
	thread_join(settler);
	thread_unref(settler);
	thread_join(busy);
	thread_unref(busy);
	end();
}

static void
test_busy(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, busy_case);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_middle),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_transition),
		cmocka_unit_test(test_border),
	};

	return unit_main(tests);
}
