/*
 * tests/hosted/vm_random_copy.c -- random copies, forks and ends of maps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/vm_random.h"

#include "lib/macros.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"

bool
vm_random_is_copying(enum vm_op_kind kind)
{
	switch (kind) {
	case VM_OP_FORK:
	case VM_OP_EXIT:
	case VM_OP_SEND:
	case VM_OP_MOVE:
	case VM_OP_RECEIVE:
	case VM_OP_OVERWRITE:
	case VM_OP_DISCARD:
	case VM_OP_IDLE:
		return true;
	default:
		return false;
	}
}

static size_t
bytes(unsigned int pages)
{
	return pages * (size_t)PAGE_SIZE;
}

/* The first page that can't be had decides. */
static kern_return_t
expect_access(const struct vm_random *run, unsigned int start,
	      unsigned int count, uint8_t access)
{
	for (unsigned int i = start; i < start + count; i++) {
		struct vm_model_page page = vm_random_page(run, i);

		if (!page.mapped)
			return KERN_INVALID_ADDRESS;
		if ((page.prot & access) == 0)
			return KERN_PROTECTION_FAILURE;
	}
	return KERN_SUCCESS;
}

/* Tell the model what was done. */
static void
apply(struct vm_random *run, struct vm_op *op)
{
	if (!vm_model_apply(run->model, op))
		panic("the model refuses %s map %u [%u, +%u) to %u",
		      vm_op_name(op->kind), op->map, op->start, op->count,
		      op->to);
}

/* Was the answer as expected, or is there a want of memory?  true: done. */
static bool
is_done(struct vm_random *run, const struct vm_op *op, kern_return_t kr,
	kern_return_t want)
{
	bool failed = vm_random_disarm(run);

	if (failed && kr == KERN_RESOURCE_SHORTAGE) {
		run->stats.short_of++;
		return false;
	}
	if (kr != want)
		panic("%s [%u, +%u): answer %d, not %d",
		      vm_op_name(op->kind), op->start, op->count, kr, want);
	if (kr != KERN_SUCCESS)
		run->stats.refused++;
	return kr == KERN_SUCCESS;
}

static void
do_fork(struct vm_random *run, struct vm_op *op)
{
	struct vm_map *child = NULL;
	kern_return_t kr;

	if (run->maps[op->to] != NULL)
		return;
	vm_random_arm(run);
	kr = vm_map_fork(run->map, &child);
	if (!is_done(run, op, kr, KERN_SUCCESS))
		return;
	apply(run, op);
	run->maps[op->to] = child;
	vm_random_select(run, op->to);
	for (unsigned int i = 0; i < vm_random_pages(run); i++)
		run->wired[op->to][i] = 0;
}

static void
do_exit(struct vm_random *run, struct vm_op *op)
{
	if (!vm_model_apply(run->model, op))
		return;		/* the last one */
	vm_test_use_map(NULL);
	vm_random_arm(run);
	vm_map_unref(run->map);
	(void)vm_random_disarm(run);
	run->maps[op->map] = NULL;
	for (unsigned int i = 0; run->maps[run->which] == NULL; i++)
		run->which = i;
	vm_random_select(run, run->which);
}

static void
do_send(struct vm_random *run, struct vm_op *op)
{
	struct vm_map_copy *copy = NULL;
	kern_return_t kr, want;

	if (run->copy_pages[op->to] != 0)
		return;
	want = expect_access(run, op->start, op->count, VM_MODEL_READ);
	vm_random_arm(run);
	kr = vm_map_copyin(run->map, vm_random_addr(run, op->start),
			   bytes(op->count), op->kind == VM_OP_MOVE, &copy);
	if (!is_done(run, op, kr, want))
		return;
	for (unsigned int i = 0; i < op->count; i++)
		run->copy_values[op->to][i]
			= vm_random_page(run, op->start + i).value;
	run->copies[op->to] = copy;
	run->copy_pages[op->to] = op->count;
	apply(run, op);
}

/* A copy was mapped elsewhere: has it all?  Then it goes. */
static void
check_received(struct vm_random *run, struct vm_op *op, uintptr_t addr)
{
	unsigned int n = run->copy_pages[op->to];

	for (unsigned int i = 0; i < n; i++) {
		uint32_t value = 0;
		uintptr_t at = addr + bytes(i) + 1000;

		check_equal(copy_from_user(&value, USER_ADDR(at),
					   sizeof value), true);
		check_equal(value, run->copy_values[op->to][i]);
	}
	check_equal(vm_map_remove(run->map, addr, addr + bytes(n)),
		    KERN_SUCCESS);
	op->kind = VM_OP_DISCARD;
	op->start = 0;
	op->count = 1;
}

/* Mapped where there is room, as for a message. */
static void
do_copyout(struct vm_random *run, struct vm_op *op)
{
	unsigned int n = run->copy_pages[op->to];
	uintptr_t addr = 0;
	kern_return_t kr;

	vm_random_arm(run);
	kr = vm_map_copyout(run->map, &addr, run->copies[op->to]);
	if (!is_done(run, op, kr, KERN_SUCCESS))
		return;
	if (addr + bytes(n) <= vm_random_addr(run, vm_random_pages(run))) {
		op->start = (unsigned int)((addr - run->base) / PAGE_SIZE);
		/* The model's maximum is read and write. */
		check_equal(vm_map_protect(run->map, addr, addr + bytes(n),
					   VM_PROT_DEFAULT, true),
			    KERN_SUCCESS);
	} else {
		check_received(run, op, addr);
	}
	if (op->kind == VM_OP_RECEIVE)
		op->count = n;
	apply(run, op);
	run->copy_pages[op->to] = 0;
}

/* Mapped at a place: memory with an object of its own, then written over. */
static void
do_receive_at(struct vm_random *run, struct vm_op *op)
{
	unsigned int n = run->copy_pages[op->to];
	uintptr_t addr = vm_random_addr(run, op->start);
	struct vm_object *object;
	kern_return_t kr;

	for (unsigned int i = 0; i < n; i++)
		if (op->start + i >= vm_random_pages(run)
		    || vm_random_page(run, op->start + i).mapped)
			return;
	object = vm_object_create(0, bytes(n), KM_WAIT);
	assert(object != NULL);
	kr = vm_map_enter(run->map, &addr, bytes(n), 0, false, object, 0,
			  VM_PROT_DEFAULT, VM_PROT_DEFAULT, VM_INHERIT_COPY);
	check_equal(kr, KERN_SUCCESS);
	vm_object_unref(object);
	vm_random_arm(run);
	kr = vm_map_copy_overwrite(run->map, addr, run->copies[op->to]);
	if (!is_done(run, op, kr, KERN_SUCCESS))
		check_equal(vm_map_copy_overwrite(run->map, addr,
						  run->copies[op->to]),
			    KERN_SUCCESS);
	op->count = n;
	apply(run, op);
	run->copy_pages[op->to] = 0;
}

static void
do_overwrite(struct vm_random *run, struct vm_op *op)
{
	unsigned int n = run->copy_pages[op->to];
	kern_return_t kr, want;

	if (op->start + n > vm_random_pages(run))
		return;
	want = expect_access(run, op->start, n, VM_MODEL_WRITE);
	vm_random_arm(run);
	kr = vm_map_copy_overwrite(run->map, vm_random_addr(run, op->start),
				   run->copies[op->to]);
	if (!is_done(run, op, kr, want))
		return;
	op->count = n;
	apply(run, op);
	run->copy_pages[op->to] = 0;
}

/* One end of a copy that there is. */
static void
do_end(struct vm_random *run, struct vm_op *op)
{
	if (run->copy_pages[op->to] == 0)
		return;
	if (op->kind == VM_OP_OVERWRITE) {
		do_overwrite(run, op);
	} else if (op->kind == VM_OP_DISCARD) {
		vm_random_arm(run);
		vm_map_copy_discard(run->copies[op->to]);
		(void)vm_random_disarm(run);
		run->copy_pages[op->to] = 0;
		op->start = 0;
		op->count = 1;
		apply(run, op);
	} else if (random_below(&run->random, 2) == 0) {
		do_receive_at(run, op);
	} else {
		do_copyout(run, op);
	}
}

void
vm_random_copying(struct vm_random *run, struct vm_op *op)
{
	switch (op->kind) {
	case VM_OP_FORK:
		do_fork(run, op);
		break;
	case VM_OP_EXIT:
		do_exit(run, op);
		break;
	case VM_OP_SEND:
	case VM_OP_MOVE:
		do_send(run, op);
		break;
	case VM_OP_IDLE:
		vm_random_arm(run);
		(void)vm_map_merge_run();
		(void)vm_random_disarm(run);
		break;
	default:
		do_end(run, op);
	}
	if (op->start + op->count > vm_random_pages(run))
		op->count = vm_random_pages(run) - op->start;
	vm_random_look(run, op);
}

/* What is done when there is time, for all objects, and what an operation on
 * all of the map would do. */
static void
look_after_all(struct vm_random *run)
{
	struct rbnode *node;

	rw_lock_write(&run->map->lock);
	rbtree_for_each(&run->map->entries, node) {
		struct vm_object *object = vm_map_entry_of(node)->object;

		if (object == NULL)
			continue;
		spin_lock(&object->lock);
		vm_map_merge_queue(object);
		spin_unlock(&object->lock);
	}
	vm_map_join_range(run->map, run->base,
			  run->base + vm_random_size(run));
	rw_unlock_write(&run->map->lock);
	vm_test_merge_all();
}

/* Nothing was given up for good when memory was short, once all that waited was
 * done: neither a join, nor the moving of pages where one link is left. */
static void UNCHECKED_LOCKING
check_later(struct vm_random *run)
{
	const struct vm_map_entry *entry, *low = NULL;

	rw_lock_read(&run->map->lock);
	entry = vm_map_lookup_from(run->map, run->base);
	for (; entry != NULL; entry = vm_map_next(entry)) {
		const struct vm_object *object = entry->object;

		assert(low == NULL || low->end != entry->start
		       || !vm_map_attr_equal(&low->attr, &entry->attr)
		       || entry->refused != VM_MAP_REFUSE_MEMORY + 1);
		for (; object != NULL && object->shadow != NULL;
		     object = object->shadow->below)
			assert(object->shadow->below->refs != 1
			       || object->shadow->below->nr_pages == 0);
		low = entry;
	}
	rw_unlock_read(&run->map->lock);
}

void
vm_random_quiet(struct vm_random *run)
{
	struct vm_op op = { .kind = VM_OP_EXIT };

	for (op.map = 0; op.map < VM_MODEL_MAX_MAPS; op.map++) {
		if (run->maps[op.map] == NULL)
			continue;
		vm_random_select(run, op.map);
		vm_random_check(run);
		vm_map_check(run->map);
		do_exit(run, &op);
	}
	op.kind = VM_OP_DISCARD;
	for (op.to = 0; op.to < VM_MODEL_MAX_COPIES; op.to++)
		do_end(run, &op);
	vm_test_merge_all();
	check_later(run);
	look_after_all(run);
	look_after_all(run);
	run->quiet = true;
	vm_random_check(run);
	run->quiet = false;
	run->stats.quiet++;
	run->stats.quiet_entries += vm_map_entries(run->map);
}
