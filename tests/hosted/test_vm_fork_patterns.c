/*
 * tests/hosted/test_vm_fork_patterns.c -- how programs fork, and what is left.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each pattern with entries, objects and frames counted; then each allocation
 * of a fork, and of a write after one, failing.
 */
#include "unit.h"

#include <string.h>

#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_pager.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"
#include "vm_test.h"

#define MAX_SEEN	64u

static struct vm_map *map;

static void
allocate(struct vm_map *in, size_t page, size_t n)
{
	vm_test_allocate(in, vm_test_at(page), n * PAGE_SIZE);
}

static void
put(struct vm_map *in, size_t page, unsigned char value)
{
	vm_test_put(in, vm_test_at(page) + 9, value);
}

static unsigned char
get(struct vm_map *in, size_t page)
{
	return vm_test_get(in, vm_test_at(page) + 9);
}

static struct vm_map *
fork_map(struct vm_map *parent)
{
	struct vm_map *child;

	check_equal(vm_map_fork(parent, &child), KERN_SUCCESS);
	return child;
}

/* A map with @n pages that hold 1, 2, ... */
static void
begin(size_t n)
{
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	allocate(map, 0, n);
	for (size_t i = 0; i < n; i++)
		put(map, i, (unsigned char)(i + 1));
}

/* Objects that a map's entries show, those below included. */
static unsigned int
count_objects(struct vm_map *in)
{
	const struct vm_object *seen[MAX_SEEN];
	struct rbnode *node;
	unsigned int n = 0, i;

	rw_lock_write(&in->lock);
	rbtree_for_each(&in->entries, node) {
		const struct vm_object *object = vm_map_entry_of(node)->object;

		while (object != NULL) {
			for (i = 0; i < n && seen[i] != object; i++)
				continue;
			if (i == n) {
				assert(n < MAX_SEEN);
				seen[n++] = object;
			}
			object = object->shadow != NULL ? object->shadow->below
							: NULL;
		}
	}
	rw_unlock_write(&in->lock);
	return n;
}

/* Fork and exit, 50 times, writing in none, one, or both. */
static void
exit_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned long pages;

	(void)arg;
	begin(64);
	pages = vm_test_pages(VM_PAGE_OBJECT);
	for (unsigned int i = 0; i < 50; i++) {
		struct vm_map *child = fork_map(map);

		if (i % 4 == 1 || i % 4 == 3)
			put(child, i, 0xcc);
		if (i % 4 >= 2)
			put(map, i, (unsigned char)(i + 1));
		check_equal(get(child, 63), 64);
		vm_map_check(child);
		vm_map_unref(child);
		check_equal(vm_test_pages(VM_PAGE_OBJECT), pages);
		check_equal(count_objects(map), 1);
		check_equal(vm_map_entries(map), 1);
		vm_map_check(map);
	}
	for (size_t i = 0; i < 64; i++)
		check_equal(get(map, i), i + 1);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_exit(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, exit_thread);
}

/* 64 generations, of which each writes some pages and each parent goes. */
static void
generations_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned long pages;

	(void)arg;
	begin(16);
	pages = vm_test_pages(VM_PAGE_OBJECT);
	for (unsigned int i = 0; i < 64; i++) {
		struct vm_map *child = fork_map(map);

		put(child, i % 16, (unsigned char)(i + 100));
		check_equal(get(map, i % 16), i < 16 ? i + 1 : i - 16 + 100);
		vm_map_unref(map);
		map = child;
		check_equal(count_objects(map), 1);
		check_equal(vm_test_pages(VM_PAGE_OBJECT), pages);
		check_equal(vm_map_entries(map), 1);
		vm_map_check(map);
	}
	for (unsigned int i = 0; i < 16; i++)
		check_equal(get(map, i), 48 + i + 100);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_generations(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, generations_thread);
}

/* Children that live on, of a parent that does not write, need no chain. */
static void
children_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *children[20];

	(void)arg;
	begin(8);
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		children[i] = fork_map(map);
		check_equal(get(children[i], 5), 6);
		check_equal(count_objects(children[i]), 2);
		check_equal(count_objects(map), 2);
	}
	put(children[7], 5, 77);
	check_equal(get(children[8], 5), 6);
	check_equal(get(map, 5), 6);
	vm_map_unref(map);
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		check_equal(get(children[i], 5), i == 7 ? 77 : 6);
		if (i == ARRAY_SIZE(children) - 1)
			check_equal(count_objects(children[i]), 1);
		vm_map_unref(children[i]);
	}
	vm_test_check_balance(before);
}

static void
test_children(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, children_thread);
}

/* A map of 1,000 entries is forked; back to one when the child has ended. */
static void
entries_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *child;

	(void)arg;
	begin(1000);
	for (size_t i = 0; i < 1000; i += 2)
		check_equal(vm_map_protect(map, vm_test_at(i),
					   vm_test_at(i + 1), VM_PROT_READ,
					   false), KERN_SUCCESS);
	check_equal(vm_map_entries(map), 1000);
	child = fork_map(map);
	check_equal(vm_map_entries(map), 1000);
	check_equal(vm_map_entries(child), 1000);
	for (size_t i = 1; i < 1000; i += 4)
		put(map, i, (unsigned char)(i + 1));
	vm_map_check(child);
	vm_map_unref(child);
	check_equal(count_objects(map), 1);
	check_equal(vm_map_protect(map, vm_test_at(0), vm_test_at(1000),
				   VM_PROT_DEFAULT, false), KERN_SUCCESS);
	check_equal(vm_map_entries(map), 1);
	for (size_t i = 0; i < 1000; i++)
		check_equal(get(map, i), (unsigned char)(i + 1));
	vm_map_check(map);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_entries(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)32 << 20, entries_thread);
}

/*
 * With a child alive: new memory where something was unmapped, more often than
 * a link has room for, and beyond the end.  No old data, and at the end of the
 * child one entry and one object.
 */
static void
grow_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	const size_t n = 6 * VM_SHADOW_RANGES;
	struct vm_map *child;
	unsigned long pages;

	(void)arg;
	begin(n);
	child = fork_map(map);
	for (size_t i = 1; i < n; i += 3)
		check_equal(vm_map_remove(map, vm_test_at(i),
					  vm_test_at(i + 1)), KERN_SUCCESS);
	for (size_t i = 1; i < n; i += 3) {
		allocate(map, i, 1);
		check_equal(get(map, i), 0);
	}
	allocate(map, n, 4);
	check_equal(get(map, n), 0);
	put(map, n + 1, 9);
	for (size_t i = 0; i < n; i++) {
		check_equal(get(map, i), i % 3 == 1 ? 0 : i + 1);
		check_equal(get(child, i), i + 1);
	}
	vm_map_check(map);
	vm_map_unref(child);
	for (size_t i = 0; i < n; i++)
		check_equal(get(map, i), i % 3 == 1 ? 0 : i + 1);
	vm_map_check(map);

	/* What is unmapped is free at once, also where all was shared. */
	pages = vm_test_pages(VM_PAGE_OBJECT);
	check_equal(vm_map_remove(map, vm_test_at(0), vm_test_at(1)),
		    KERN_SUCCESS);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), pages - 1);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_grow(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, grow_thread);
}

/* The three inheritances in one window, and through two generations. */
static void
inherit_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *child, *grandchild;

	(void)arg;
	begin(12);
	allocate(map, 12, 4);			/* not touched */
	check_equal(vm_map_inherit(map, vm_test_at(4), vm_test_at(8),
				   VM_INHERIT_SHARE), KERN_SUCCESS);
	check_equal(vm_map_inherit(map, vm_test_at(12), vm_test_at(14),
				   VM_INHERIT_SHARE), KERN_SUCCESS);
	check_equal(vm_map_inherit(map, vm_test_at(8), vm_test_at(10),
				   VM_INHERIT_NONE), KERN_SUCCESS);
	child = fork_map(map);
	grandchild = fork_map(child);
	put(map, 0, 50);
	put(map, 4, 51);
	put(grandchild, 5, 52);
	put(child, 13, 53);
	put(child, 1, 54);
	check_equal(get(child, 0), 1);
	check_equal(get(grandchild, 0), 1);
	check_equal(get(child, 4), 51);
	check_equal(get(grandchild, 4), 51);
	check_equal(get(map, 5), 52);
	check_equal(get(map, 13), 53);
	check_equal(get(grandchild, 13), 53);
	check_equal(get(grandchild, 1), 2);
	check_equal(get(map, 1), 2);
	allocate(child, 8, 2);			/* was not inherited */
	check_equal(get(child, 8), 0);
	check_equal(get(map, 8), 9);
	vm_map_check(child);
	vm_map_check(grandchild);
	vm_map_unref(child);
	check_equal(get(grandchild, 11), 12);
	vm_map_unref(map);
	check_equal(get(grandchild, 4), 51);
	vm_map_unref(grandchild);
	vm_test_check_balance(before);
}

static void
test_inherit(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, inherit_thread);
}

/* What is wired keeps its frames and needs no fault; the child's is not. */
static void
wired_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	phys_addr_t was = 0, is = 1;
	struct vm_map *child;

	(void)arg;
	begin(8);
	check_equal(vm_map_wire(map, vm_test_at(2), vm_test_at(4),
				VM_PROT_DEFAULT, SIZE_MAX), KERN_SUCCESS);
	assert(pmap_extract(vm_map_pmap(map), vm_test_at(2), &was));
	child = fork_map(map);
	assert(pmap_extract(vm_map_pmap(map), vm_test_at(2), &is));
	check_equal(is, was);
	put(map, 2, 99);
	assert(pmap_extract(vm_map_pmap(map), vm_test_at(2), &is));
	check_equal(is, was);
	check_equal(get(child, 2), 3);
	check_equal(vm_map_wired(child), 0);
	check_equal(vm_map_wired(map), 2 * PAGE_SIZE);

	/* Wiring what is shown from below brings it up. */
	check_equal(vm_map_wire_all(map, VM_WIRE_NONE), KERN_SUCCESS);
	vm_map_unref(child);
	child = fork_map(map);
	check_equal(vm_map_wire(child, vm_test_at(0), vm_test_at(8),
				VM_PROT_READ, SIZE_MAX), KERN_SUCCESS);
	vm_map_check(child);
	put(map, 7, 70);
	check_equal(get(child, 7), 8);
	vm_map_unref(map);
	vm_map_check(child);
	vm_map_unref(child);
	vm_test_check_balance(before);
}

static void
test_wired(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, wired_thread);
}

/* 10^5 sends of one buffer: the sender's map stays as it is. */
static void
send_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned long rounds = 2000 * unit_scale();
	struct vm_map *receiver;

	(void)arg;
	begin(16);
	check_equal(vm_map_create(&receiver), KERN_SUCCESS);
	for (unsigned long i = 0; i < rounds; i++) {
		struct vm_map_copy *copy;
		uintptr_t addr = 0;
		kern_return_t kr;

		put(map, 3, (unsigned char)i);
		kr = vm_map_copyin(map, vm_test_at(1), 8 * PAGE_SIZE, false,
				   &copy);
		check_equal(kr, KERN_SUCCESS);
		kr = vm_map_copyout(receiver, &addr, copy);
		check_equal(kr, KERN_SUCCESS);
		check_equal(vm_map_entries(map), 1);
		check_equal(vm_map_entries(receiver), 1);
		kr = vm_map_remove(receiver, addr, addr + 8 * PAGE_SIZE);
		check_equal(kr, KERN_SUCCESS);
	}
	check_equal(count_objects(map), 1);
	vm_map_unref(map);
	vm_map_unref(receiver);
	vm_test_check_balance(before);
}

static void
test_send(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, send_thread);
}

/*
 * No memory: at the @n-th allocation of frames, or of objects, of a fork, a
 * write on both sides, and the child's end.
 */
static bool
fail_once(unsigned long n, bool frames)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *child = NULL;
	bool pending;
	kern_return_t kr;

	begin(8);
	allocate(map, 10, 4);
	check_equal(vm_map_inherit(map, vm_test_at(4), vm_test_at(6),
				   VM_INHERIT_SHARE), KERN_SUCCESS);
	check_equal(vm_map_inherit(map, vm_test_at(10), vm_test_at(11),
				   VM_INHERIT_SHARE), KERN_SUCCESS);
	slab_shrink();
	vm_page_drain();
	if (frames)
		vm_page_fail_nth(n);
	else
		slab_fail_nth(n);
	kr = vm_map_fork(map, &child);
	if (kr == KERN_SUCCESS)
		kr = vm_fault(map, vm_test_at(1), VM_PROT_WRITE);
	if (kr == KERN_SUCCESS)
		kr = vm_fault(child, vm_test_at(2), VM_PROT_WRITE);
	if (kr == KERN_SUCCESS)
		kr = vm_map_wire(child, vm_test_at(3), vm_test_at(4),
				 VM_PROT_READ, SIZE_MAX);
	check_equal(kr == KERN_SUCCESS || kr == KERN_RESOURCE_SHORTAGE, true);
	pending = vm_page_fail_pending() || slab_fail_pending();
	for (size_t i = 0; child != NULL && !pending && i < 8; i++)
		check_equal(get(child, i), i + 1);
	if (child != NULL)
		vm_map_unref(child);
	pending = frames ? vm_page_fail_pending() : slab_fail_pending();
	vm_page_fail_nth(0);
	slab_fail_nth(0);
	for (size_t i = 0; i < 8; i++)
		check_equal(get(map, i), i + 1);
	vm_map_check(map);
	check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
	put(map, 0, 40);
	check_equal(get(child, 0), 1);
	vm_map_unref(child);
	vm_map_check(map);
	vm_map_unref(map);
	vm_test_check_balance(before);
	return !pending;
}

static void
fail_thread(void *arg)
{
	unsigned long frames = 0, objects = 0;

	(void)arg;
	(void)fail_once(1000000, true);
	while (fail_once(frames + 1, true))
		frames++;
	while (fail_once(objects + 1, false))
		objects++;
	printf("# %lu allocations of frames, %lu of objects failed\n", frames,
	       objects);
	assert(frames + objects >= 10);
}

static void
test_fail(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, fail_thread);
}

/* No memory when a child ends, to move a page of the object that it leaves to
 * the parent alone: that is done later. */
static void
later_thread(void *arg)
{
	const size_t behind = 64;	/* in another node of the tree */
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *child;

	(void)arg;
	begin(1);
	allocate(map, 1, behind + 2);
	child = fork_map(map);
	for (size_t i = behind; i < behind + 3; i++)
		put(map, i, 7);
	slab_shrink();
	slab_fail_nth(1);
	vm_map_unref(child);
	check_equal(slab_fail_pending(), false);
	check_equal(count_objects(map), 2);
	vm_test_merge_all();
	check_equal(count_objects(map), 1);
	check_equal(get(map, 0), 1);
	check_equal(get(map, behind), 7);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_later(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, later_thread);
}

/* A pager that answers with a byte for each page, or with an error. */
#define PAGER_PAGES	8u

static struct vm_pager pager;
static bool pager_fails;

static kern_return_t
pager_request(struct vm_pager *of, uint64_t offset, uint64_t size,
	      vm_prot_t access)
{
	struct vm_page *page;

	check_equal(access, VM_PROT_READ);
	if (pager_fails)
		return vm_pager_error(of, offset, size);
	page = vm_page_alloc(0, VM_PAGE_DIRECT, VM_PAGE_OBJECT);
	assert(page != NULL);
	memset(vm_page_direct(page), (int)(offset / PAGE_SIZE) + 1, PAGE_SIZE);
	return vm_pager_supply(of, offset, page, VM_PROT_NONE, false);
}

static void
pager_terminate(struct vm_pager *of)
{
	(void)of;
}

/* A range of a pager's that nobody may access, and that is not in memory, is
 * copied by a fork, and stays hidden. */
static void
hidden_thread(void *arg)
{
	static const struct vm_pager_ops ops = {
		.data_request = pager_request,
		.terminate = pager_terminate,
	};
	struct vm_test_balance before = vm_test_balance();
	uintptr_t addr = vm_test_at(0);
	struct vm_object *object;
	struct vm_map *child;
	phys_addr_t pa;

	(void)arg;
	vm_pager_init(&pager, &ops);
	object = vm_pager_open(&pager, PAGER_PAGES * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	check_equal(vm_map_enter(map, &addr, PAGER_PAGES * PAGE_SIZE, 0, false,
				 object, 0, VM_PROT_NONE, VM_PROT_ALL,
				 VM_INHERIT_COPY), KERN_SUCCESS);
	vm_object_unref(object);
	pager_fails = true;
	check_equal(vm_map_fork(map, &child), KERN_MEMORY_ERROR);
	pager_fails = false;
	child = fork_map(map);
	for (size_t i = 0; i < PAGER_PAGES; i++) {
		check_equal(vm_fault(map, vm_test_at(i), VM_PROT_READ),
			    KERN_PROTECTION_FAILURE);
		check_equal(vm_fault(map, vm_test_at(i), VM_PROT_NONE),
			    KERN_SUCCESS);
		check_equal(pmap_extract(vm_map_pmap(map), vm_test_at(i), &pa),
			    false);
	}
	check_equal(vm_map_protect(child, vm_test_at(0),
				   vm_test_at(PAGER_PAGES), VM_PROT_READ,
				   false), KERN_SUCCESS);
	for (size_t i = 0; i < PAGER_PAGES; i++)
		check_equal(get(child, i), i + 1);
	vm_map_unref(child);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_hidden(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, hidden_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_inherit),
		cmocka_unit_test(test_wired),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_hidden),
	};

	return unit_main(tests);
}
