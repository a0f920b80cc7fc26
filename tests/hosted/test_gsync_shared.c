/*
 * tests/hosted/test_gsync_shared.c -- waiting for words that several maps show,
 * while what the maps are made of changes.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <machine/vm_layout.h>

#include "kern/clock.h"
#include "kern/gsync.h"
#include "kern/sched.h"
#include "kern/slab_debug.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "tests/hosted/vm_test.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_object.h"
#include "vm/vm_page_stats.h"

#define WINDOW		((uintptr_t)1 << HOST_WINDOW_SHIFT)
#define BASE		(4 * WINDOW)
#define AT(n)		(BASE + (uintptr_t)(n) * PAGE_SIZE)
#define WORD		(AT(0) + 64)
#define ROUNDS		200u
#define FOREVER_MS	60000u		/* what is lost is lost */

static struct vm_map *map;
static unsigned long live, pages;	/* at the beginning */

static void
begin(void)
{
	gsync_init();
	live = slab_live();
	pages = vm_test_pages(VM_PAGE_OBJECT);
	vm_map_merge_enable(true);
	map = vm_test_begin_map();
}

static void
end(void)
{
	vm_test_merge_all();
	vm_test_end_map(map);
	vm_test_merge_all();
	check_equal(slab_live(), live);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), pages);
}

static void
allocate(int page, int n, vm_inherit_t inherit)
{
	uintptr_t addr = AT(page);

	check_equal(vm_map_enter(map, &addr, (size_t)n * PAGE_SIZE, 0, false,
				 NULL, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
				 inherit), KERN_SUCCESS);
}

/* Let all of @object be at @page of a map. */
static void
show(struct vm_map *in, int page, struct vm_object *object)
{
	uintptr_t addr = AT(page);

	check_equal(vm_map_enter(in, &addr, (size_t)object->size, 0, false,
				 object, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
				 VM_INHERIT_COPY), KERN_SUCCESS);
}

static void
put(uintptr_t addr, uint32_t value)
{
	assert(copy_to_user(USER_ADDR(addr), &value, sizeof value));
}

static struct vm_map *
forked(void)
{
	struct vm_map *child;

	check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
	return child;
}

/*
 * Who waits for a word to be no more 0.
 */

struct waiter {
	struct vm_map	*map;
	uintptr_t	addr;
	kern_return_t	kr;		/* what came of it */
	struct thread	*thread;
};

static void
waiter_run(void *arg)
{
	struct waiter *waiter = arg;

	thread_set_space(current_thread(), waiter->map,
			 vm_map_pmap(waiter->map));
	waiter->kr = gsync_wait(waiter->map, waiter->addr, 0, 0, 0,
				GSYNC_SHARED);
	thread_set_space(current_thread(), NULL, NULL);
}

/* Does it wait?  By the lock of its run queue what it has read before that
 * comes before what the caller writes behind it. */
static void
look_at(struct thread *thread, void *arg)
{
	bool *waits = arg;

	assert(thread->state != THREAD_DEAD);	/* it came back at once */
	*waits = thread->state == THREAD_WAITING;
}

static void
waiter_start(struct waiter *waiter, struct vm_map *in, uintptr_t addr)
{
	bool waits = false;

	waiter->map = in;
	waiter->addr = addr;
	waiter->kr = KERN_FAILURE;
	waiter->thread = thread_spawn("waiter", waiter_run, waiter, PRI_USER);
	assert(waiter->thread != NULL);
	while (!sched_call_off_cpu(waiter->thread, look_at, &waits) || !waits)
		clock_sleep_ms(1);
}

static void
waiter_end(struct waiter *waiter, kern_return_t kr)
{
	thread_join(waiter->thread);
	thread_unref(waiter->thread);
	check_equal(waiter->kr, kr);
}

/* Wake one who waits at an address of a map. */
static kern_return_t
wake(struct vm_map *in, uintptr_t addr)
{
	return gsync_wake(in, addr, 0, GSYNC_SHARED);
}

/*
 * What becomes of the memory while somebody waits.
 */

/* It is shared later, as touched as it was, by a child and by that one's. */
static void
share_later(bool touched)
{
	struct vm_map *child, *grandchild;
	struct waiter waiters[3];

	begin();
	allocate(0, 4, VM_INHERIT_SHARE);
	allocate(4, 4, VM_INHERIT_COPY);
	put(AT(5), 55);
	if (touched)
		put(WORD + 8, 1);
	for (int i = 0; i < 3; i++)
		waiter_start(&waiters[i], map, WORD);
	child = forked();
	check_equal(vm_map_fork(child, &grandchild), KERN_SUCCESS);
	check_equal(wake(child, WORD + 4), KERN_INVALID_ARGUMENT);
	check_equal(wake(child, WORD), KERN_SUCCESS);
	check_equal(wake(grandchild, WORD), KERN_SUCCESS);
	check_equal(wake(map, WORD), KERN_SUCCESS);
	check_equal(wake(map, WORD), KERN_INVALID_ARGUMENT);
	for (int i = 0; i < 3; i++)
		waiter_end(&waiters[i], KERN_SUCCESS);
	put(WORD, 77);
	vm_test_use_map(child);
	check_equal(gsync_wait(child, WORD, 0, 0, 0, GSYNC_SHARED),
		    KERN_INVALID_ARGUMENT);
	vm_test_use_map(map);
	vm_map_unref(grandchild);
	vm_map_unref(child);
	end();
}

static void
share_thread(void *arg)
{
	(void)arg;
	share_later(true);
	share_later(false);
}

/* It is copied by a fork, before or after the wait began; both write; one of
 * the maps goes, and what is left of the chain becomes one object. */
static void
copy_on_fork(bool fork_first, bool child_waits, bool child_stays)
{
	struct vm_map *child = NULL, *own, *other;
	struct waiter waiter;

	begin();
	allocate(0, 8, VM_INHERIT_COPY);
	for (int i = 0; i < 8; i++)
		put(AT(i), 5);
	if (fork_first)
		child = forked();
	own = child_waits ? child : map;
	waiter_start(&waiter, own, WORD);
	if (!fork_first)
		child = forked();
	other = child_waits ? map : child;
	for (int i = 0; i < 4; i++)
		put(AT(i), 6);
	vm_test_use_map(child);
	put(WORD + 4, 7);
	vm_test_use_map(map);
	check_equal(wake(other, WORD), KERN_INVALID_ARGUMENT);

	if (other == child && !child_stays) {
		vm_map_unref(child);
		child = NULL;
	} else if (!child_stays) {
		vm_test_use_map(child);
		vm_map_unref(map);
		map = child;
		child = NULL;
	}
	vm_test_merge_all();
	check_equal(wake(own, WORD), KERN_SUCCESS);
	waiter_end(&waiter, KERN_SUCCESS);
	if (child != NULL)
		vm_map_unref(child);
	end();
}

static void
fork_thread(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < 8; i++)
		if ((i & 3) != 2)
			copy_on_fork((i & 1) != 0, (i & 2) != 0,
				     (i & 4) != 0);
}

/* Its neighbour has another object; the two are made one only when nobody
 * waits any more. */
static void
merge_thread(void *arg)
{
	struct vm_object *object;
	struct waiter waiter;

	(void)arg;
	begin();
	object = vm_object_create(0, 4 * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	show(map, 0, object);
	vm_object_unref(object);
	put(AT(0), 3);
	waiter_start(&waiter, map, WORD);
	allocate(4, 4, VM_INHERIT_COPY);
	for (int i = 4; i < 8; i++)
		put(AT(i), 4);
	vm_test_merge_all();
	check_equal(vm_map_entries(map), 2);
	check_equal(wake(map, WORD), KERN_SUCCESS);
	waiter_end(&waiter, KERN_SUCCESS);
	vm_test_merge_all();
	check_equal(vm_map_entries(map), 1);

	/* That one keeps its key as well, while memory comes and goes. */
	waiter_start(&waiter, map, WORD);
	allocate(8, 2, VM_INHERIT_COPY);
	put(AT(9), 9);
	check_equal(vm_map_remove(map, AT(2), AT(5)), KERN_SUCCESS);
	vm_test_merge_all();
	check_equal(wake(map, WORD), KERN_SUCCESS);
	waiter_end(&waiter, KERN_SUCCESS);
	end();
}

/* It is sent by message, written by another, and moved away. */
static void
message_thread(void *arg)
{
	uint32_t words[64] = { 0 };
	struct vm_map_copy *copy;
	uintptr_t addr;
	struct waiter waiter;

	(void)arg;
	begin();
	allocate(0, 64, VM_INHERIT_COPY);
	for (int i = 0; i < 64; i++)
		put(AT(i), 5);
	waiter_start(&waiter, map, WORD);
	check_equal(vm_map_copyin(map, AT(0), 64 * PAGE_SIZE, false, &copy),
		    KERN_SUCCESS);
	put(WORD + 4, 6);
	check_equal(vm_map_copyout(map, &addr, copy), KERN_SUCCESS);
	check_equal(wake(map, addr + 64), KERN_INVALID_ARGUMENT);
	check_equal(vm_map_copyin_kernel(words, sizeof words, &copy),
		    KERN_SUCCESS);
	check_equal(vm_map_copy_overwrite(map, AT(0), copy), KERN_SUCCESS);
	check_equal(wake(map, WORD), KERN_SUCCESS);
	waiter_end(&waiter, KERN_SUCCESS);

	waiter_start(&waiter, map, WORD);
	check_equal(vm_map_copyin(map, AT(0), 64 * PAGE_SIZE, true, &copy),
		    KERN_SUCCESS);
	check_equal(wake(map, WORD), KERN_INVALID_ADDRESS);
	vm_map_copy_discard(copy);
	thread_interrupt(waiter.thread);
	waiter_end(&waiter, KERN_INTERRUPTED);
	end();
}

/* It is unmapped, and other memory is there. */
static void
unmap_thread(void *arg)
{
	struct waiter old, new;

	(void)arg;
	begin();
	allocate(0, 4, VM_INHERIT_COPY);
	put(WORD + 4, 99);
	waiter_start(&old, map, WORD);
	check_equal(vm_map_remove(map, AT(0), AT(1)), KERN_SUCCESS);
	check_equal(wake(map, WORD), KERN_INVALID_ADDRESS);
	allocate(0, 1, VM_INHERIT_COPY);
	check_equal(wake(map, WORD), KERN_INVALID_ARGUMENT);
	/* No old data there. */
	check_equal(gsync_wait(map, WORD + 4, 99, 0, 0, GSYNC_SHARED),
		    KERN_INVALID_ARGUMENT);
	waiter_start(&new, map, WORD);
	check_equal(wake(map, WORD), KERN_SUCCESS);
	waiter_end(&new, KERN_SUCCESS);
	check_equal(wake(map, WORD), KERN_INVALID_ARGUMENT);
	thread_interrupt(old.thread);
	waiter_end(&old, KERN_INTERRUPTED);
	end();
}

/* It is at two places, of one map and of two. */
static void
places_thread(void *arg)
{
	struct vm_object *object;
	struct waiter waiters[3];
	struct vm_map *other;

	(void)arg;
	begin();
	check_equal(vm_map_create(&other), KERN_SUCCESS);
	object = vm_object_create(0, 2 * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	show(map, 0, object);
	show(map, 10, object);
	show(other, 3, object);
	vm_object_unref(object);
	for (int i = 0; i < 3; i++)
		waiter_start(&waiters[i], map, AT(1));
	check_equal(wake(other, AT(3)), KERN_INVALID_ARGUMENT);
	check_equal(wake(other, AT(4)), KERN_SUCCESS);
	check_equal(wake(map, AT(11)), KERN_SUCCESS);

	/* Moved to the other's word by the one, woken by the other. */
	check_equal(gsync_requeue(map, AT(11), AT(0), false, GSYNC_SHARED),
		    KERN_SUCCESS);
	check_equal(wake(map, AT(1)), KERN_INVALID_ARGUMENT);
	check_equal(vm_map_remove(map, AT(0), AT(12)), KERN_SUCCESS);
	check_equal(wake(other, AT(3)), KERN_SUCCESS);
	for (int i = 0; i < 3; i++)
		waiter_end(&waiters[i], KERN_SUCCESS);
	vm_map_unref(other);
	end();
}

/* What may not be written, or not be read. */
static void
rights_thread(void *arg)
{
	struct vm_map *child;
	struct waiter waiter;

	(void)arg;
	begin();
	allocate(0, 1, VM_INHERIT_SHARE);
	check_equal(vm_map_protect(map, AT(0), AT(1), VM_PROT_NONE, false),
		    KERN_SUCCESS);
	check_equal(gsync_wait(map, WORD, 0, 0, 0, GSYNC_SHARED),
		    KERN_INVALID_ADDRESS);
	check_equal(vm_map_protect(map, AT(0), AT(1), VM_PROT_READ, false),
		    KERN_SUCCESS);
	waiter_start(&waiter, map, WORD);
	check_equal(gsync_wake(map, WORD, 1, GSYNC_SHARED | GSYNC_MUTATE),
		    KERN_INVALID_ADDRESS);
	child = forked();
	check_equal(vm_map_protect(child, AT(0), AT(1), VM_PROT_DEFAULT,
				   false), KERN_SUCCESS);
	check_equal(gsync_wake(child, WORD, 1, GSYNC_SHARED | GSYNC_MUTATE),
		    KERN_SUCCESS);
	waiter_end(&waiter, KERN_SUCCESS);
	check_equal(gsync_wait(map, WORD, 0, 0, 0, GSYNC_SHARED),
		    KERN_INVALID_ARGUMENT);
	vm_map_unref(child);
	end();
}

/*
 * No memory.
 */

/* A wait in fresh memory, with the @n-th allocation failing; false: there were
 * not so many. */
static bool
fail_once(unsigned long n, bool frames)
{
	bool pending;
	kern_return_t kr;

	begin();
	allocate(0, 2, VM_INHERIT_SHARE);
	if (frames)
		vm_page_fail_nth(n);
	else
		slab_fail_nth(n);
	kr = gsync_wait(map, WORD, 0, 0, 1, GSYNC_SHARED | GSYNC_TIMED);
	pending = frames ? vm_page_fail_pending() : slab_fail_pending();
	vm_page_fail_nth(0);
	slab_fail_nth(0);
	if (kr != KERN_TIMEDOUT)
		check_equal(kr, KERN_RESOURCE_SHORTAGE);
	check_equal(gsync_wait(map, WORD, 0, 0, 1,
			       GSYNC_SHARED | GSYNC_TIMED), KERN_TIMEDOUT);
	end();
	return !pending;
}

static void
fail_thread(void *arg)
{
	unsigned long n = 1, sum = 0;

	(void)arg;
	(void)fail_once(1000000, true);		/* page tables stay */
	for (int frames = 0; frames < 2; frames++) {
		for (n = 1; fail_once(n, frames != 0); n++)
			sum++;
	}
	assert(sum >= 2);
}

/*
 * All at once.
 */

static struct vm_map *partner;		/* shares the word with @map */
static bool stop;			/* (A) */

/* Two take turns: each waits for its number, and tells the other. */
static void
turns(struct vm_map *in, uint32_t first)
{
	thread_set_space(current_thread(), in, vm_map_pmap(in));
	for (uint32_t turn = first; turn < 2 * ROUNDS; turn += 2) {
		uint32_t now = 0;

		for (;;) {
			kern_return_t kr;

			assert(copy_from_user(&now, USER_ADDR(WORD),
					      sizeof now));
			if (now == turn)
				break;
			kr = gsync_wait(in, WORD, now, 0, FOREVER_MS,
					GSYNC_SHARED | GSYNC_TIMED);
			assert(kr == KERN_SUCCESS
			       || kr == KERN_INVALID_ARGUMENT);
		}
		(void)gsync_wake(in, WORD, turn + 1, GSYNC_SHARED
				 | GSYNC_MUTATE | GSYNC_BROADCAST);
	}
	thread_set_space(current_thread(), NULL, NULL);
}

static void
one_run(void *arg)
{
	(void)arg;
	turns(map, 0);
}

static void
other_run(void *arg)
{
	(void)arg;
	turns(partner, 1);
}

/* Fork, copy, allocate and free beside them, in the same window. */
static void
mess_run(void *arg)
{
	struct vm_map_copy *copy;

	(void)arg;
	vm_test_use_map(map);
	while (!atomic_load_relaxed(&stop)) {
		struct vm_map *child = forked();

		put(AT(6), 1);
		check_equal(vm_map_copyin(map, AT(0), 8 * PAGE_SIZE, false,
					  &copy), KERN_SUCCESS);
		allocate(8, 2, VM_INHERIT_COPY);
		put(AT(9), 2);
		check_equal(vm_map_remove(map, AT(8), AT(10)), KERN_SUCCESS);
		vm_map_unref(child);
		vm_map_copy_discard(copy);
		(void)vm_map_merge_run();
		(void)sched_yield();
	}
	vm_test_use_map(NULL);
}

static void
all_thread(void *arg)
{
	static void (*const runs[])(void *) = { one_run, other_run, mess_run };
	struct thread *threads[ARRAY_SIZE(runs)];
	struct waiter early;

	(void)arg;
	begin();
	allocate(0, 4, VM_INHERIT_SHARE);
	allocate(4, 4, VM_INHERIT_COPY);
	put(AT(5), 1);
	waiter_start(&early, map, WORD + 4);
	partner = forked();
	atomic_store_relaxed(&stop, false);
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		threads[i] = thread_spawn("turns", runs[i], NULL, PRI_USER);
		assert(threads[i] != NULL);
	}
	thread_join(threads[0]);
	thread_join(threads[1]);
	atomic_store_relaxed(&stop, true);
	thread_join(threads[2]);
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		thread_unref(threads[i]);
	check_equal(wake(partner, WORD + 4), KERN_SUCCESS);
	waiter_end(&early, KERN_SUCCESS);
	vm_map_unref(partner);
	end();
}

#define DEFINE_TEST(name)						\
	static void							\
	test_##name(void **state)					\
	{								\
		(void)state;						\
		vm_test_run(1, (size_t)16 << 20, name##_thread);	\
		vm_test_run(4, (size_t)16 << 20, name##_thread);	\
	}

DEFINE_TEST(share)
DEFINE_TEST(fork)
DEFINE_TEST(merge)
DEFINE_TEST(message)
DEFINE_TEST(unmap)
DEFINE_TEST(places)
DEFINE_TEST(rights)
DEFINE_TEST(all)

/* On one CPU, so that the same is asked for each time. */
static void
test_fail(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, fail_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_unmap),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_all),
	};

	return unit_main(tests);
}
