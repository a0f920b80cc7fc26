/*
 * tests/hosted/test_vm_pager_copy.c -- copies of pagers' objects.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * By each strategy: what the copy contains, from whichever side the object is
 * changed afterwards; what is asked of the pager and when; what happens when it
 * fails, does not answer, or is gone, when memory is short, and when the source
 * is unmapped in the middle.  (All at once: test_vm_pager_race.)
 *
 * The pager's data is a byte for each page, the same in all of its bytes.
 */
#include "unit.h"

#include <string.h>

#include <machine/cpu.h>

#include "kern/budget.h"
#include "kern/sched.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_pager.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"
#include "vm_test.h"

#define NR_PAGES	32u
#define NONE		MEMORY_OBJECT_COPY_NONE
#define CALL		MEMORY_OBJECT_COPY_CALL
#define DELAY		MEMORY_OBJECT_COPY_DELAY
#define TEMPORARY	MEMORY_OBJECT_COPY_TEMPORARY
#define OK		KERN_SUCCESS

/* What the pager does from its page `from' on. */
enum answer { SUPPLY, UNAVAILABLE, ERROR, SILENT };

static struct vm_pager pager;
static struct vm_object *object;	/* without a reference */
static unsigned int answer, from;	/* (A) */
static unsigned char data[NR_PAGES];	/* (A) */
static unsigned int requests;		/* (A) */
static unsigned int terminated;		/* (A) */
static void (*meanwhile)(void);		/* done with the next request */
static struct vm_map *map;
static uintptr_t base;

static kern_return_t
supply(size_t n)
{
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_DIRECT,
					     VM_PAGE_OBJECT);

	if (page == NULL)
		return vm_pager_error(&pager, n * PAGE_SIZE, PAGE_SIZE);
	memset(vm_page_direct(page), atomic_load_relaxed(&data[n]), PAGE_SIZE);
	return vm_pager_supply(&pager, n * PAGE_SIZE, page, VM_PROT_NONE,
			       false);
}

static kern_return_t
on_request(struct vm_pager *of, uint64_t offset, uint64_t size,
	   vm_prot_t access)
{
	size_t n = (size_t)(offset / PAGE_SIZE);
	enum answer how = SUPPLY;

	(void)access;
	check_equal(size, PAGE_SIZE);
	(void)atomic_fetch_add(&requests, 1u);
	if (meanwhile != NULL)
		meanwhile();
	meanwhile = NULL;
	if (n >= atomic_load_relaxed(&from))
		how = atomic_load_relaxed(&answer);
	switch (how) {
	case SUPPLY:
		(void)supply(n);
		break;
	case UNAVAILABLE:
		return vm_pager_unavailable(of, offset, size);
	case ERROR:
		return vm_pager_error(of, offset, size);
	case SILENT:
		break;
	}
	return OK;
}

static kern_return_t
on_unlock(struct vm_pager *of, uint64_t offset, uint64_t size,
	  vm_prot_t access)
{
	(void)access;
	return vm_pager_lock(of, offset, size, VM_PAGER_RETURN_NONE, false,
			     VM_PROT_NONE);
}

static void
on_return(struct vm_pager *of, uint64_t offset, struct vm_page *page,
	  bool dirty, bool kept)
{
	const unsigned char *bytes = vm_page_direct(page);

	(void)of;
	(void)dirty;
	atomic_store_relaxed(&data[offset / PAGE_SIZE], bytes[7]);
	if (!kept)
		vm_page_free(page, 0);
}

static void
on_terminate(struct vm_pager *of)
{
	(void)of;
	check_equal(atomic_fetch_add(&terminated, 1u), 0);
}

static const struct vm_pager_ops ops = {
	on_request, on_unlock, on_return, on_terminate,
};

static unsigned char
value_of(size_t page)
{
	return (unsigned char)(100 + page);
}

static struct vm_map *
map_object(uintptr_t at, vm_inherit_t inherit)
{
	struct vm_map *new;

	base = at;
	check_equal(vm_map_create(&new), OK);
	check_equal(vm_map_enter(new, &base, NR_PAGES * PAGE_SIZE, 0, false,
				 object, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
				 inherit), OK);
	return new;
}

static void
set_up(memory_object_copy_strategy_t strategy)
{
	for (size_t i = 0; i < NR_PAGES; i++)
		data[i] = value_of(i);
	answer = SUPPLY;
	from = 0;
	requests = 0;
	terminated = 0;
	vm_pager_init(&pager, &ops);
	object = vm_pager_open(&pager, NR_PAGES * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	check_equal(vm_pager_set_copy(&pager, strategy), OK);
	map = map_object((uintptr_t)1 << HOST_WINDOW_SHIFT, VM_INHERIT_COPY);
	vm_object_unref(object);
	vm_test_use_map(map);
}

static void
tear_down(void)
{
	check_equal(vm_pager_in_progress(&pager), 0);
	vm_test_use_map(NULL);
	vm_map_unref(map);
	check_equal(terminated, 1);
}

static void
write_page(struct vm_map *in, uintptr_t at, size_t page, unsigned char value)
{
	static unsigned char bytes[PAGE_SIZE];

	memset(bytes, value, sizeof bytes);
	vm_test_use_map(in);
	check_equal(copy_to_user(USER_ADDR(at + page * PAGE_SIZE), bytes,
				 sizeof bytes), true);
	vm_test_use_map(map);
}

static void
check_page(struct vm_map *in, uintptr_t at, size_t page, unsigned char value)
{
	unsigned char seen = (unsigned char)~value;

	vm_test_use_map(in);
	check_equal(vm_test_read(at + page * PAGE_SIZE + 7, &seen), true);
	check_equal(seen, value);
	vm_test_use_map(map);
}

static struct vm_map_copy *
copy_in(size_t page, size_t n)
{
	struct vm_map_copy *copy;

	check_equal(vm_map_copyin(map, base + page * PAGE_SIZE, n * PAGE_SIZE,
				  false, &copy), OK);
	return copy;
}

static uintptr_t
copy_out(struct vm_map *to, struct vm_map_copy *copy)
{
	uintptr_t at;

	check_equal(vm_map_copyout(to, &at, copy), OK);
	return at;
}

/* Objects above the pager's. */
static unsigned int
nr_above(void)
{
	unsigned int n;

	spin_lock(&object->lock);
	n = object->nr_above;
	spin_unlock(&object->lock);
	return n;
}

/*
 * At once.
 */

static void
at_once(memory_object_copy_strategy_t strategy)
{
	unsigned long frames = vm_test_pages(VM_PAGE_OBJECT);
	struct vm_map_copy *copy;
	uintptr_t at;

	set_up(strategy);
	write_page(map, base, 3, 7);
	copy = copy_in(0, NR_PAGES);
	check_equal(requests, NR_PAGES);
	check_equal(nr_above(), 0);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames + 2 * NR_PAGES);
	for (size_t i = 0; i < NR_PAGES; i++)
		write_page(map, base, i, 1);
	at = copy_out(map, copy);
	for (size_t i = 0; i < NR_PAGES; i++)
		check_page(map, at, i, i == 3 ? 7 : value_of(i));

	/* An error is told, and nothing is left of what was copied. */
	check_equal(vm_pager_lock(&pager, 0, UINT64_MAX, VM_PAGER_RETURN_NONE,
				  true, VM_PAGER_KEEP_LOCK), OK);
	answer = ERROR;
	from = 20;
	frames = vm_test_pages(VM_PAGE_OBJECT);
	check_equal(vm_map_copyin(map, base, NR_PAGES * PAGE_SIZE, false,
				  &copy), KERN_MEMORY_ERROR);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames + 20);
	vm_pager_destroy(&pager);
	check_equal(vm_map_copyin(map, base, NR_PAGES * PAGE_SIZE, false,
				  &copy), KERN_MEMORY_FAILURE);
	copy = copy_in(0, 20);
	vm_map_copy_discard(copy);
	tear_down();
}

static void
at_once_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	at_once(NONE);
	at_once(CALL);
	set_up(NONE);
	check_equal(vm_pager_set_copy(&pager, TEMPORARY + 2),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_pager_set_copy(&pager, -1), KERN_INVALID_ARGUMENT);
	tear_down();
	vm_test_check_balance(before);
}

/*
 * Later.
 */

/* Changed by the source's map, by another one, and by the pager. */
static void
changes_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *other;
	struct vm_map_copy *copy;
	uintptr_t at;

	(void)arg;
	set_up(DELAY);
	other = map_object(base, VM_INHERIT_SHARE);
	for (size_t i = 0; i < 16; i++)
		write_page(i % 2 == 0 ? map : other, base, i, value_of(i));
	copy = copy_in(0, NR_PAGES);
	check_equal(requests, 16);
	check_equal(nr_above(), 1);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 16);
	at = copy_out(map, copy);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 16);
	check_page(map, at, 4, value_of(4));

	write_page(map, base, 0, 1);
	write_page(other, base, 1, 1);
	write_page(map, base, 20, 1);		/* not there when copied */
	write_page(map, at, 5, 2);		/* the copy's own */
	check_page(other, base, 5, value_of(5));
	/* Cleaned, flushed, forgotten, and other data supplied. */
	check_equal(vm_pager_lock(&pager, 0, 12 * PAGE_SIZE,
				  VM_PAGER_RETURN_DIRTY, true,
				  VM_PAGER_KEEP_LOCK), OK);
	check_equal(vm_pager_lock(&pager, 12 * PAGE_SIZE, 2 * PAGE_SIZE,
				  VM_PAGER_RETURN_NONE, true,
				  VM_PAGER_KEEP_LOCK), OK);
	for (size_t i = 2; i < 14; i++)
		data[i] = 3;
	for (size_t i = 2; i < 14; i++)
		check_page(other, base, i, 3);
	/* No access to what is there, until it is asked for. */
	check_equal(vm_pager_lock(&pager, 14 * PAGE_SIZE, 2 * PAGE_SIZE,
				  VM_PAGER_RETURN_NONE, false, VM_PROT_ALL),
		    OK);
	for (size_t i = 0; i < NR_PAGES; i++)
		check_page(map, at, i, i == 5 ? 2 : value_of(i));
	vm_map_check(map);

	/* The object stays for the copy, and ends with it. */
	check_equal(vm_map_remove(map, base, base + NR_PAGES * PAGE_SIZE), OK);
	vm_map_unref(other);
	check_equal(terminated, 0);
	check_page(map, at, 16, value_of(16));
	tear_down();
	vm_test_check_balance(before);
}

/* The pager fails, or is gone: what was there stays. */
static void
failures_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copies[2];
	unsigned char seen[2 * PAGE_SIZE];
	uintptr_t at;

	(void)arg;
	set_up(TEMPORARY);
	for (size_t i = 0; i < 8; i++)
		check_page(map, base, i, value_of(i));
	copies[0] = copy_in(0, NR_PAGES);
	copies[1] = copy_in(2, 10);
	check_equal(nr_above(), 1);
	at = copy_out(map, copies[0]);
	answer = ERROR;
	check_equal(vm_fault(map, at + 9 * PAGE_SIZE, VM_PROT_READ),
		    KERN_MEMORY_ERROR);
	check_equal(vm_fault(map, at + 9 * PAGE_SIZE, VM_PROT_WRITE),
		    KERN_MEMORY_ERROR);
	check_equal(vm_map_copy_read(copies[1], 5 * PAGE_SIZE, seen,
				     2 * PAGE_SIZE), KERN_MEMORY_ERROR);
	check_equal(vm_map_copy_overwrite(map, at + 9, copies[1]),
		    KERN_MEMORY_ERROR);
	check_page(map, at, 0, value_of(0));
	check_page(map, at, 1, value_of(1));
	answer = UNAVAILABLE;
	check_page(map, at, 10, 0);
	answer = SUPPLY;
	check_page(map, at, 9, value_of(9));
	check_equal(vm_map_copy_read(copies[1], 6 * PAGE_SIZE - 1, seen, 2),
		    OK);
	check_equal(seen[0], value_of(7));
	check_equal(seen[1], value_of(8));

	vm_pager_destroy(&pager);
	for (size_t i = 0; i < 8; i++)
		write_page(map, base, i, 1);
	for (size_t i = 0; i < 10; i++)
		check_page(map, at, i, value_of(i));
	check_equal(vm_fault(map, at + 11 * PAGE_SIZE, VM_PROT_READ),
		    KERN_MEMORY_FAILURE);
	vm_map_copy_discard(copies[1]);
	tear_down();
	vm_test_check_balance(before);
}

/* One object for all copies as long as nothing changes; some more if it does;
 * what is too much, at once. */
static void
many_thread(void *arg)
{
	enum { MANY = 20 };
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copies[MANY];
	unsigned char seen;

	(void)arg;
	set_up(DELAY);
	check_page(map, base, 0, value_of(0));
	for (unsigned int i = 0; i < MANY; i++)
		copies[i] = copy_in(i % 4, NR_PAGES - 8);
	check_equal(nr_above(), 1);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 1);
	write_page(map, base, 6, 99);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 3);
	for (unsigned int i = 0; i < MANY; i++) {
		check_equal(vm_map_copy_read(copies[i], (6 - i % 4) * PAGE_SIZE,
					     &seen, 1), OK);
		check_equal(seen, value_of(6));
		vm_map_copy_discard(copies[i]);
	}
	check_equal(nr_above(), 0);

	for (unsigned int i = 0; i < MANY; i++) {
		write_page(map, base, 1, (unsigned char)i);
		copies[i] = copy_in(0, NR_PAGES);
	}
	check_equal(nr_above(), VM_SHADOW_MAX_COPIES);
	write_page(map, base, 1, 77);
	for (unsigned int i = 0; i < MANY; i++) {
		check_equal(vm_map_copy_read(copies[i], PAGE_SIZE, &seen, 1),
			    OK);
		check_equal(seen, i);
		vm_map_copy_discard(copies[i]);
	}
	check_equal(nr_above(), 0);
	tear_down();
	vm_test_check_balance(before);
}

/* As a device would, which knows the frame. */
static void
write_wired(size_t page, unsigned char value)
{
	struct vm_page *frame;

	spin_lock(&object->lock);
	frame = vm_object_lookup(object, page * PAGE_SIZE);
	assert(frame != NULL && frame->wire_count != 0);
	memset(vm_page_direct(frame), value, PAGE_SIZE);
	spin_unlock(&object->lock);
}

/* Forks, of the pager's range and of copies; parts of pages; wired pages. */
static void
forks_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *children[4];
	struct vm_map_copy *copy;
	unsigned char seen;

	(void)arg;
	set_up(DELAY);
	write_page(map, base, 2, value_of(2));
	check_equal(vm_map_wire(map, base + 4 * PAGE_SIZE,
				base + 6 * PAGE_SIZE, VM_PROT_WRITE, SIZE_MAX),
		    OK);
	check_equal(vm_map_fork(map, &children[0]), OK);
	check_equal(requests, 3);
	check_equal(nr_above(), 1);
	write_wired(4, 3);
	write_page(children[0], base, 8, 50);
	for (unsigned int i = 1; i < ARRAY_SIZE(children); i++) {
		check_equal(vm_map_fork(children[i - 1], &children[i]), OK);
		write_page(children[i - 1], base, 9, (unsigned char)i);
	}
	for (size_t i = 0; i < NR_PAGES; i++)
		write_page(map, base, i, 1);
	vm_map_unref(children[1]);
	for (size_t i = 0; i < NR_PAGES; i++) {
		check_page(children[0], base, i, i == 8 ? 50
			   : i == 9 ? 1 : value_of(i));
		check_page(children[3], base, i, i == 8 ? 50 : value_of(i));
	}
	vm_map_unref(children[0]);
	check_page(children[3], base, 9, value_of(9));
	vm_map_unref(children[3]);
	vm_map_unref(children[2]);
	check_equal(nr_above(), 0);

	/* From the middle of a page to that of another, with wired ones. */
	check_equal(vm_map_copyin(map, base + 100, 7 * PAGE_SIZE, false,
				  &copy), OK);
	for (size_t i = 0; i < NR_PAGES; i++)
		write_page(map, base, i, 2);
	for (size_t i = 0; i < 7; i++) {
		check_equal(vm_map_copy_read(copy, i * PAGE_SIZE, &seen, 1),
			    OK);
		check_equal(seen, 1);
	}
	vm_map_copy_discard(copy);
	check_equal(vm_map_wire(map, base, base + NR_PAGES * PAGE_SIZE,
				VM_PROT_NONE, SIZE_MAX), OK);
	vm_map_check(map);
	tear_down();
	vm_test_check_balance(before);
}

/* The page that the copy ends in is other memory, without a page. */
static void
replace_last(void)
{
	uintptr_t last = base + 8 * PAGE_SIZE;

	check_equal(vm_map_remove(map, last, last + PAGE_SIZE), OK);
	vm_test_allocate(map, last, PAGE_SIZE);
}

/* Parts of pages, while the source is replaced: nothing comes along that lies
 * beside the copy. */
static void
edges_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copy;
	uintptr_t at;

	(void)arg;
	set_up(DELAY);
	write_page(map, base, 8, value_of(8));
	meanwhile = replace_last;
	check_equal(vm_map_copyin(map, base + 100, 8 * PAGE_SIZE, false,
				  &copy), OK);
	assert(meanwhile == NULL);
	at = page_trunc(copy_out(map, copy));
	for (size_t i = 0; i < 8; i++)
		check_page(map, at, i, i == 0 ? 0 : value_of(i));
	vm_test_use_map(map);
	for (size_t i = 0; i < PAGE_SIZE; i++) {
		unsigned char seen;

		check_equal(vm_test_read(at + 8 * PAGE_SIZE + i, &seen), true);
		check_equal(seen, 0);
	}
	tear_down();
	vm_test_check_balance(before);
}

/*
 * Slow pagers.
 */

struct copier {
	struct thread	*thread;
	bool		forks;
	struct vm_map_copy *copy;
	struct vm_map	*child;
	kern_return_t	kr;
};

static void
copier_thread(void *arg)
{
	struct copier *copier = arg;

	if (copier->forks)
		copier->kr = vm_map_fork(map, &copier->child);
	else
		copier->kr = vm_map_copyin(map, base, NR_PAGES * PAGE_SIZE,
					   false, &copier->copy);
}

static void
copier_start(struct copier *copier, bool forks)
{
	copier->forks = forks;
	copier->thread = thread_spawn("copier", copier_thread, copier, 25);
	assert(copier->thread != NULL);
	while (vm_pager_in_progress(&pager) == 0) {
		cpu_relax();
		(void)sched_yield();
	}
}

static void
copier_end(struct copier *copier, kern_return_t kr)
{
	thread_join(copier->thread);
	thread_unref(copier->thread);
	check_equal(copier->kr, kr);
}

static void
slow_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct copier copier;
	struct vm_map *parent;

	(void)arg;
	/* The wait can be broken. */
	for (unsigned int i = 0; i < 2; i++) {
		set_up(NONE);
		answer = SILENT;
		from = 9;
		copier_start(&copier, i != 0);
		thread_interrupt(copier.thread);
		copier_end(&copier, KERN_ABORTED);
		copier_start(&copier, i != 0);
		vm_pager_destroy(&pager);
		copier_end(&copier, KERN_MEMORY_FAILURE);
		tear_down();
	}

	/* Unmapped meanwhile: a fork has taken what it needs. */
	set_up(NONE);
	answer = SILENT;
	from = 9;
	copier_start(&copier, true);
	check_equal(vm_map_remove(map, base, base + NR_PAGES * PAGE_SIZE), OK);
	atomic_store_relaxed(&answer, SUPPLY);
	check_equal(supply(9), OK);
	copier_end(&copier, OK);
	for (size_t i = 0; i < NR_PAGES; i++)
		check_page(copier.child, base, i, value_of(i));
	parent = map;
	map = copier.child;
	vm_map_unref(parent);
	tear_down();
	vm_test_check_balance(before);
}

static void
late_reader_thread(void *arg)
{
	struct copier *copier = arg;
	unsigned char seen;

	copier->kr = vm_map_copy_read(copier->copy, 3 * PAGE_SIZE, &seen, 1);
}

/* Who reads what the pager has not brought yet; others are not held up. */
static void
late_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct copier copier;
	unsigned char seen;

	(void)arg;
	for (unsigned int i = 0; i < 2; i++) {
		set_up(DELAY);
		copier.copy = copy_in(0, NR_PAGES);
		answer = SILENT;
		copier.thread = thread_spawn("reader", late_reader_thread,
					     &copier, 25);
		assert(copier.thread != NULL);
		while (vm_pager_in_progress(&pager) == 0)
			(void)sched_yield();
		check_equal(supply(4), OK);
		check_page(map, base, 4, value_of(4));
		check_equal(vm_map_copy_read(copier.copy, 4 * PAGE_SIZE, &seen,
					     1), OK);
		if (i == 0)
			thread_interrupt(copier.thread);
		else
			check_equal(supply(3), OK);
		copier_end(&copier, i == 0 ? KERN_ABORTED : OK);
		vm_map_copy_discard(copier.copy);
		tear_down();
	}
	vm_test_check_balance(before);
}

/*
 * Want of memory, at each place.
 */

/* A copy, a write to the source, a flush, a fork, and reading it all; false:
 * something failed. */
static bool
do_all(void)
{
	struct vm_map_copy *copy = NULL;
	struct vm_map *child = NULL;
	bool done = true;
	kern_return_t kr;
	unsigned char seen;

	kr = vm_map_copyin(map, base, NR_PAGES * PAGE_SIZE, false, &copy);
	if (kr == OK) {
		done = vm_test_write(base + 7, 1)
			&& vm_test_write(base + 3 * PAGE_SIZE + 7, 1);
		kr = vm_map_fork(map, &child);
	}
	if (kr == OK)
		kr = vm_pager_lock(&pager, 0, 8 * PAGE_SIZE,
				   VM_PAGER_RETURN_DIRTY, true,
				   VM_PAGER_KEEP_LOCK);
	for (size_t i = 0; i < NR_PAGES && copy != NULL; i++) {
		kern_return_t read;

		read = vm_map_copy_read(copy, i * PAGE_SIZE + 7, &seen, 1);
		if (read == OK)
			check_equal(seen, value_of(i));
		else
			done = false;
	}
	vm_map_copy_discard(copy);
	if (child != NULL)
		vm_map_unref(child);
	return done && kr == OK;
}

static void
fail_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned long failures[2] = { 0, 0 };

	(void)arg;
	for (unsigned int i = 0; i < 4; i++) {
		bool frames = i % 2 != 0, failed = true;

		for (unsigned long n = 1; failed; n++) {
			set_up(i < 2 ? DELAY : NONE);
			for (size_t page = 0; page < 6; page++)
				check_page(map, base, page, value_of(page));
			if (frames)
				vm_page_fail_nth(n);
			else
				slab_fail_nth(n);
			(void)do_all();
			failed = frames ? !vm_page_fail_pending()
				: !slab_fail_pending();
			vm_page_fail_nth(0);
			slab_fail_nth(0);
			failures[i / 2] += failed;
			vm_map_check(map);
			tear_down();
		}
	}
	printf("# %lu allocations failed of a delayed copy, %lu of one made at "
	       "once\n", failures[0], failures[1]);
	assert(failures[0] > 20 && failures[1] > 20);
	vm_test_check_balance(before);
}

/* Many mapped pages are made read-only, and taken away, some at a time. */
static void
holds_thread(void *arg)
{
	const unsigned int most = budget_limit(BUDGET_PROTECT);

	(void)arg;
	set_up(DELAY);
	for (size_t i = 0; i < NR_PAGES; i++)
		write_page(map, base, i, 1);
	(void)budget_take_most(BUDGET_PROTECT);
	vm_map_copy_discard(copy_in(0, NR_PAGES));
	check_equal(budget_take_most(BUDGET_PROTECT), most);
	check_equal(vm_pager_lock(&pager, 0, UINT64_MAX, VM_PAGER_RETURN_DIRTY,
				  true, VM_PROT_NONE), OK);
	check_equal(budget_take_most(BUDGET_PROTECT), most);
	tear_down();
}

#define TEST(name)						\
	static void							\
	test_##name(void **state)					\
	{								\
		(void)state;						\
		vm_test_run(1, (size_t)32 << 20, name##_thread);	\
	}

TEST(at_once)
TEST(changes)
TEST(failures)
TEST(many)
TEST(forks)
TEST(edges)
TEST(slow)
TEST(late)
TEST(fail)
TEST(holds)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_forks),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_holds),
	};

	return unit_main(tests);
}
