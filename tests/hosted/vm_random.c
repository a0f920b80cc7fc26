/*
 * tests/hosted/vm_random.c -- see vm_random.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/vm_random.h"

#include <stdio.h>
#include <string.h>

#include "kern/slab_debug.h"
#include "lib/macros.h"
#include "tests/hosted/alloc_fail.h"
#include "tests/hosted/vm_test.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"

#define FAIL_EVERY	16u	/* steps in which an allocation may fail */
#define FAIL_MAX	3u	/* which one of the step's, at most */
#define FAIL_EVERY_SMP	2u	/* the same where several run: steps, */
#define FAIL_CHANCE	8u	/* and one of so many allocations, at least */
#define HOLD_EVERY	24u	/* steps until an object is held, or let go */

/* Two runs in one map can't ask for anywhere. */
static const struct model_shape shape_alone = {
	.name = "alone", .nr_pages = 256, .max_maps = 1, .max_count = 40,
	.budget = VM_MODEL_UNLIMITED,
	.weights = {
		[VM_OP_ALLOCATE] = 40, [VM_OP_ANYWHERE] = 20,
		[VM_OP_UNMAP] = 25, [VM_OP_PROTECT] = 30,
		[VM_OP_PROTECT_MAX] = 2, [VM_OP_INHERIT] = 10,
		[VM_OP_ADVISE] = 10, [VM_OP_WIRE] = 10,
		[VM_OP_UNWIRE] = 12, [VM_OP_READ] = 20,
		[VM_OP_WRITE] = 60,
	},
};

static const struct model_shape shape_shared = {
	.name = "shared", .nr_pages = 96, .max_maps = 1, .max_count = 24,
	.budget = VM_MODEL_UNLIMITED,
	.weights = {
		[VM_OP_ALLOCATE] = 50, [VM_OP_UNMAP] = 20,
		[VM_OP_PROTECT] = 30, [VM_OP_PROTECT_MAX] = 2,
		[VM_OP_INHERIT] = 10, [VM_OP_WIRE] = 10,
		[VM_OP_UNWIRE] = 12, [VM_OP_READ] = 20,
		[VM_OP_WRITE] = 60,
	},
};

static const struct model_shape shape_family = {
	.name = "family", .nr_pages = 128, .max_maps = 4, .max_count = 24,
	.budget = VM_MODEL_UNLIMITED,
	.weights = {
		[VM_OP_ALLOCATE] = 40, [VM_OP_ANYWHERE] = 20,
		[VM_OP_UNMAP] = 25, [VM_OP_PROTECT] = 25,
		[VM_OP_PROTECT_MAX] = 1, [VM_OP_INHERIT] = 12,
		[VM_OP_ADVISE] = 5, [VM_OP_WIRE] = 6,
		[VM_OP_UNWIRE] = 9, [VM_OP_READ] = 30,
		[VM_OP_WRITE] = 120,
		[VM_OP_FORK] = 8, [VM_OP_EXIT] = 8, [VM_OP_SEND] = 16,
		[VM_OP_MOVE] = 8, [VM_OP_RECEIVE] = 24,
		[VM_OP_OVERWRITE] = 10, [VM_OP_DISCARD] = 4,
		[VM_OP_IDLE] = 10,
	},
};

unsigned int
vm_random_pages(const struct vm_random *run)
{
	return run->shape->nr_pages;
}

size_t
vm_random_size(const struct vm_random *run)
{
	return vm_random_pages(run) * (size_t)PAGE_SIZE;
}

void
vm_random_init(struct vm_random *run, struct vm_map *map, uintptr_t base,
	       bool alone, uint64_t seed)
{
	struct vm_model_config config = { .join = true };

	memset(run, 0, sizeof *run);
	run->map = map;
	run->base = base;
	run->alone = alone;
	run->failing = alone;
	run->shape = alone ? &shape_alone : &shape_shared;
	random_init(&run->random, seed);
	config.nr_pages = run->shape->nr_pages;
	config.budget = run->shape->budget;
	run->model = vm_model_create(&config);
	run->frames = vm_test_pages(VM_PAGE_OBJECT);
}

void
vm_random_select(struct vm_random *run, unsigned int which)
{
	run->which = which;
	run->map = run->maps[which];
	vm_test_use_map(run->map);
}

void
vm_random_init_family(struct vm_random *run, struct vm_map *map,
		      uint64_t seed)
{
	struct vm_model_config config = { .join = true };

	vm_random_init(run, map, 0, true, seed);
	check_equal(vm_model_destroy(run->model), true);
	run->shape = &shape_family;
	run->family = true;
	run->maps[0] = map;
	config.nr_pages = run->shape->nr_pages;
	config.budget = run->shape->budget;
	run->model = vm_model_create(&config);
}

/*
 * What the call must answer, page by page.
 */

/* The first page that can't be served decides. */
static kern_return_t
expect_range(const struct vm_random *run, const struct vm_op *op)
{
	for (unsigned int i = 0; i < op->count; i++) {
		struct vm_model_page page = vm_random_page(run, op->start + i);

		if (!page.mapped)
			return i == 0 ? KERN_NO_SPACE : KERN_INVALID_ADDRESS;
		if (op->kind != VM_OP_ADVISE
		    && (op->arg & ~(uint32_t)page.max_prot) != 0)
			return KERN_PROTECTION_FAILURE;
	}
	return KERN_SUCCESS;
}

static kern_return_t
expect_allocate(const struct vm_random *run, const struct vm_op *op)
{
	for (unsigned int i = 0; i < op->count; i++)
		if (vm_random_page(run, op->start + i).mapped)
			return KERN_NO_SPACE;
	return KERN_SUCCESS;
}

static kern_return_t
expect_fault(const struct vm_random *run, const struct vm_op *op)
{
	struct vm_model_page page = vm_random_page(run, op->start);
	uint8_t access = op->kind == VM_OP_WRITE ? VM_MODEL_WRITE
						 : VM_MODEL_READ;

	if (!page.mapped)
		return KERN_INVALID_ADDRESS;
	return (page.prot & access) != 0 ? KERN_SUCCESS
					 : KERN_PROTECTION_FAILURE;
}

static kern_return_t
expect_wire(const struct vm_random *run, const struct vm_op *op)
{
	bool wire = op->kind == VM_OP_WIRE;

	for (unsigned int i = 0; i < op->count; i++) {
		struct vm_model_page page = vm_random_page(run, op->start + i);

		if (!page.mapped)
			return KERN_NO_SPACE;
		if (wire && (page.prot & VM_MODEL_READ) == 0)
			return KERN_PROTECTION_FAILURE;
		if (!wire && !run->user_wires && page.wired == 0)
			return KERN_INVALID_ARGUMENT;
	}
	return KERN_SUCCESS;
}

/* First fit above page 0. */
static kern_return_t
expect_anywhere(const struct vm_random *run, struct vm_op *op)
{
	unsigned int room = 0;

	for (unsigned int i = 1; i < run->shape->nr_pages; i++) {
		room = vm_random_page(run, i).mapped ? 0 : room + 1;
		if (room == op->count) {
			op->start = i + 1 - room;
			return KERN_SUCCESS;
		}
	}
	return KERN_NO_SPACE;
}

static kern_return_t
expect(const struct vm_random *run, struct vm_op *op)
{
	switch (op->kind) {
	case VM_OP_ALLOCATE:
		return expect_allocate(run, op);
	case VM_OP_ANYWHERE:
		return expect_anywhere(run, op);
	case VM_OP_PROTECT:
	case VM_OP_PROTECT_MAX:
	case VM_OP_ADVISE:
		return expect_range(run, op);
	case VM_OP_WIRE:
	case VM_OP_UNWIRE:
		return expect_wire(run, op);
	case VM_OP_READ:
	case VM_OP_WRITE:
		return expect_fault(run, op);
	default:
		return KERN_SUCCESS;
	}
}

/*
 * The calls.
 */

static kern_return_t
do_enter(struct vm_random *run, const struct vm_op *op)
{
	bool anywhere = op->kind == VM_OP_ANYWHERE;
	uintptr_t addr = anywhere ? 0x123 : vm_random_addr(run, op->start);
	uintptr_t was = addr;
	kern_return_t kr;

	/* High bits of the mask keep it within the run's range. */
	kr = vm_map_enter(run->map, &addr, op->count * (size_t)PAGE_SIZE,
			  anywhere ? ~(vm_random_size(run) - 1) : 0, anywhere,
			  NULL, 0, VM_PROT_DEFAULT, VM_PROT_DEFAULT,
			  VM_INHERIT_COPY);
	if (kr == KERN_SUCCESS && anywhere)
		check_equal(addr, vm_random_addr(run, op->start));
	else
		check_equal(addr, was);
	return kr;
}

/* A fault and an access, or the access alone with what is mapped already. */
static kern_return_t
do_touch(struct vm_random *run, const struct vm_op *op)
{
	uintptr_t addr = vm_random_value_addr(run, op->start);
	bool write = op->kind == VM_OP_WRITE;
	kern_return_t kr = KERN_SUCCESS;
	uint32_t value = op->arg;
	bool done;

	if (random_below(&run->random, 2) == 0)
		kr = vm_fault(run->map, addr,
			      write ? VM_PROT_WRITE : VM_PROT_READ);
	if (kr != KERN_SUCCESS)
		return kr;
	if (write)
		done = copy_to_user(USER_ADDR(addr), &value, sizeof value);
	else
		done = copy_from_user(&value, USER_ADDR(addr), sizeof value);
	/* Why not is asked again; by now there is memory. */
	if (!done) {
		kr = vm_fault(run->map, addr,
			      write ? VM_PROT_WRITE : VM_PROT_READ);
		return kr != KERN_SUCCESS ? kr : KERN_RESOURCE_SHORTAGE;
	}
	if (!write)
		check_equal(value, vm_random_page(run, op->start).value);
	return KERN_SUCCESS;
}

static kern_return_t
do_wire(struct vm_random *run, bool wire, uintptr_t start, uintptr_t end)
{
	if (run->user_wires)
		return vm_map_wire(run->map, start, end,
				   wire ? VM_PROT_READ : VM_PROT_NONE,
				   SIZE_MAX);
	if (wire)
		return vm_map_pin(run->map, start, end, VM_PROT_READ);
	return vm_map_unpin(run->map, start, end);
}

static kern_return_t
do_op(struct vm_random *run, const struct vm_op *op)
{
	uintptr_t start = vm_random_addr(run, op->start);
	uintptr_t end = vm_random_addr(run, op->start + op->count);

	switch (op->kind) {
	case VM_OP_ALLOCATE:
	case VM_OP_ANYWHERE:
		return do_enter(run, op);
	case VM_OP_UNMAP:
		return vm_map_remove(run->map, start, end);
	case VM_OP_PROTECT:
	case VM_OP_PROTECT_MAX:
		return vm_map_protect(run->map, start, end,
				      (vm_prot_t)op->arg,
				      op->kind == VM_OP_PROTECT_MAX);
	case VM_OP_INHERIT:
		return vm_map_inherit(run->map, start, end,
				      (vm_inherit_t)op->arg);
	case VM_OP_ADVISE:
		return vm_map_advise(run->map, start, end,
				     (enum vm_advice)op->arg);
	case VM_OP_WIRE:
	case VM_OP_UNWIRE:
		return do_wire(run, op->kind == VM_OP_WIRE, start, end);
	case VM_OP_READ:
	case VM_OP_WRITE:
		return do_touch(run, op);
	default:
		panic("%s: no such call", vm_op_name(op->kind));
	}
}

/*
 * A step.
 */

/* Would there be more pins than the model counts? */
static bool
is_too_many(const struct vm_random *run, const struct vm_op *op)
{
	if (op->kind != VM_OP_WIRE || run->user_wires)
		return false;
	for (unsigned int i = 0; i < op->count; i++)
		if (vm_random_page(run, op->start + i).wired
		    == VM_MODEL_MAX_WIRED)
			return true;
	return false;
}

/* A program's wirings do not nest, the model's do: those that are not yet. */
static void
model_wire(struct vm_random *run, const struct vm_op *op)
{
	unsigned int wired = op->kind == VM_OP_WIRE ? 0 : 1;

	for (unsigned int i = 0; i < op->count; i++) {
		struct vm_op one = *op;

		one.start += i;
		one.count = 1;
		if (vm_random_page(run, one.start).wired == wired)
			check_equal(vm_model_apply(run->model, &one), true);
	}
}

static void
apply(struct vm_random *run, struct vm_op *op)
{
	bool wires = op->kind == VM_OP_WIRE || op->kind == VM_OP_UNWIRE;

	if (wires && run->user_wires)
		model_wire(run, op);
	else
		check_equal(vm_model_apply(run->model, op), true);
}

void
vm_random_arm(struct vm_random *run)
{
	unsigned int every = run->alone ? FAIL_EVERY : FAIL_EVERY_SMP;
	unsigned long n;

	run->armed = run->failing && random_below(&run->random, every) == 0;
	if (!run->armed)
		return;
	if (!run->alone) {
		alloc_fail_begin(&run->random,
				 1 + random_below(&run->random, FAIL_CHANCE));
		return;
	}
	n = 1 + random_below(&run->random, FAIL_MAX);
	if (random_below(&run->random, 2) == 0)
		slab_fail_nth(n);
	else
		vm_page_fail_nth(n);
}

bool
vm_random_disarm(struct vm_random *run)
{
	bool failed = run->armed && !slab_fail_pending()
		      && !vm_page_fail_pending();

	if (!run->alone) {
		failed = alloc_fail_end() != 0;
	} else if (run->failing) {
		slab_fail_nth(0);
		vm_page_fail_nth(0);
	}
	run->armed = false;
	return failed;
}

/* Refer to an object of the map, or let go of the one held. */
static void
change_hold(struct vm_random *run)
{
	unsigned int page = random_below(&run->random, run->shape->nr_pages);
	const struct vm_map_entry *entry;

	if (run->held != NULL) {
		vm_object_unref(run->held);
		run->held = NULL;
		return;
	}
	rw_lock_read(&run->map->lock);
	entry = vm_map_lookup(run->map, vm_random_addr(run, page));
	if (entry != NULL && entry->object != NULL) {
		vm_object_ref(entry->object);
		run->held = entry->object;
	}
	rw_unlock_read(&run->map->lock);
}

void
vm_random_step(struct vm_random *run)
{
	kern_return_t kr, want;
	struct vm_op op;
	bool failed;

	if (run->holding && random_below(&run->random, HOLD_EVERY) == 0)
		change_hold(run);
	model_shape_next(run->shape, &run->random, run->model, &op);
	if (run->family)
		vm_random_select(run, op.map);
	if (is_too_many(run, &op))
		return;
	run->stats.ops++;
	if (vm_random_is_copying(op.kind)) {
		vm_random_copying(run, &op);
		return;
	}
	want = expect(run, &op);
	vm_random_arm(run);
	kr = do_op(run, &op);
	failed = vm_random_disarm(run);

	if (failed && kr == KERN_RESOURCE_SHORTAGE) {
		run->stats.short_of++;
		/* A fault may have got as far as having a page of zeros. */
		if (op.kind == VM_OP_READ || op.kind == VM_OP_WRITE
		    || op.kind == VM_OP_WIRE)
			kr = do_op(run, &op);
	}
	if (!failed || kr != KERN_RESOURCE_SHORTAGE) {
		if (kr != want)
			panic("%s [%u, +%u) %u: answer %d, not %d",
			      vm_op_name(op.kind), op.start, op.count,
			      op.arg, kr, want);
		if (kr == KERN_SUCCESS)
			apply(run, &op);
		else
			run->stats.refused++;
	}
	vm_random_look(run, &op);
}

void
vm_random_fini(struct vm_random *run, const char *name)
{
	const struct vm_random_stats *stats = &run->stats;
	kern_return_t kr;

	if (run->held != NULL)
		change_hold(run);
	kr = vm_map_remove(run->map, run->base,
			   run->base + vm_random_size(run));
	check_equal(kr, KERN_SUCCESS);
	if (run->alone)
		check_equal(vm_test_pages(VM_PAGE_OBJECT), run->frames);
	check_equal(vm_model_destroy(run->model), true);
	printf("# %s: %lu operations, %lu refused, %lu short of memory; a map "
	       "has %.2f entries, %.2f runs, and %.2f entries in the model; "
	       "refused for a map: window border %.3f, two objects %.3f, "
	       "other users %.3f\n", name, stats->ops,
	       stats->refused, stats->short_of,
	       (double)stats->entries / (double)stats->ops,
	       (double)stats->runs / (double)stats->ops,
	       (double)stats->model / (double)stats->ops,
	       (double)stats->refusals[VM_MAP_REFUSE_WINDOW]
	       / (double)stats->ops,
	       (double)stats->refusals[VM_MAP_REFUSE_OBJECTS]
	       / (double)stats->ops,
	       (double)stats->refusals[VM_MAP_REFUSE_USERS]
	       / (double)stats->ops);
}
