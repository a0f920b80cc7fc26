/*
 * tests/model/vm_model_map.c -- entries and the operations on one map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macros.h"
#include "tests/model/vm_model_priv.h"

/* The entry of a page, or NULL. */
struct model_entry *
model_map_find(struct model_map *map, unsigned int page)
{
	unsigned int low = 0, high = map->nr;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (map->entries[middle].end <= page)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == map->nr || map->entries[low].start > page)
		return NULL;
	return &map->entries[low];
}

/* Where the entry that ends behind this page stands, or would. */
static unsigned int
model_map_index(const struct model_map *map, unsigned int page)
{
	unsigned int i = 0;

	while (i < map->nr && map->entries[i].end <= page)
		i++;
	return i;
}

/* Insert an entry; its use is counted by the caller. */
struct model_entry *
model_map_insert(struct model_map *map, const struct model_entry *entry)
{
	unsigned int i = model_map_index(map, entry->start);

	assert(map->nr < VM_MODEL_MAX_PAGES);
	assert(i == map->nr || map->entries[i].start >= entry->end);
	memmove(&map->entries[i + 1], &map->entries[i],
		(map->nr - i) * sizeof(*entry));
	map->entries[i] = *entry;
	map->nr++;
	return &map->entries[i];
}

static void
model_map_clip_at(struct vm_model *model, struct model_map *map,
		  unsigned int page)
{
	struct model_entry *entry = model_map_find(map, page);
	struct model_entry high;

	if (entry == NULL || entry->start == page)
		return;
	high = *entry;
	high.start = page;
	entry->end = page;
	if (high.use != NULL && !model_bug(model, VM_MODEL_BUG_clip_count))
		high.use->nr_entries++;
	(void)model_map_insert(map, &high);
}

/* Let entries begin and end where the range does. */
void
model_map_clip(struct vm_model *model, struct model_map *map,
	       unsigned int start, unsigned int end)
{
	model_map_clip_at(model, map, start);
	model_map_clip_at(model, map, end);
}

/*
 * Extend a range to all of the entries it begins and ends in.  What is left of
 * an entry that is clipped may be joinable where the whole was not, because it
 * no longer reaches over the border of a window: joins are offered there too.
 */
void
model_map_extend(struct model_map *map, unsigned int *start, unsigned int *end)
{
	const struct model_entry *first = model_map_find(map, *start);
	const struct model_entry *last = *end == 0 ? NULL
		: model_map_find(map, *end - 1);

	if (first != NULL)
		*start = first->start;
	if (last != NULL)
		*end = last->end;
}

bool
model_map_is_free(struct model_map *map, unsigned int start, unsigned int end)
{
	unsigned int i = model_map_index(map, start);

	return i == map->nr || map->entries[i].start >= end;
}

/* Is every page mapped, with at least this protection? */
bool
model_map_is_mapped(struct model_map *map, unsigned int start,
		    unsigned int end, uint8_t prot)
{
	while (start < end) {
		struct model_entry *entry = model_map_find(map, start);

		if (entry == NULL || (entry->attr.prot & prot) != prot)
			return false;
		start = entry->end;
	}
	return true;
}

static void
model_entry_wires(struct vm_model *model, struct model_entry *entry, int by)
{
	for (unsigned int page = entry->start; page < entry->end; page++) {
		unsigned int index = (unsigned int)
			((int)page - entry->use->delta);
		struct model_object *object = model_object_find(
			entry->use->object, &index);
		struct model_slot *slot;

		assert(object != NULL);
		slot = &model->slots[object->slot[index]];
		slot->wires = (uint16_t)(slot->wires + by);
	}
}

/* Is there nothing else in the map that it could be joined with? */
static bool
model_use_is_alone(const struct model_use *use)
{
	for (unsigned int i = 0; i < use->map->nr; i++) {
		const struct model_use *other = use->map->entries[i].use;

		if (other != NULL && other != use)
			return false;
	}
	return true;
}

/* The entry's memory goes: unwire it, free what nobody else can see. */
void
model_entry_forget(struct vm_model *model, struct model_entry *entry)
{
	struct model_use *use = entry->use;

	if (use == NULL)
		return;
	if (entry->attr.wired != 0)
		model_entry_wires(model, entry, -(int)entry->attr.wired);
	/* What stood in the way of a join elsewhere may be what goes now. */
	if (!model_use_is_alone(use))
		model_object_queue(model, use->object);
	model_object_drop(model, use->object,
		model_use_exclusive(model, use, model_entry_set(entry)));
	model_entry_set_use(model, entry, NULL);
}

void
model_map_remove(struct vm_model *model, struct model_map *map,
		 unsigned int start, unsigned int end)
{
	unsigned int first, last;

	model_map_clip(model, map, start, end);
	first = model_map_index(map, start);
	for (last = first; last < map->nr; last++) {
		struct model_entry *entry = &map->entries[last];

		if (entry->start >= end)
			break;
		model_entry_forget(model, entry);
	}
	memmove(&map->entries[first], &map->entries[last],
		(map->nr - last) * sizeof(map->entries[0]));
	map->nr -= last - first;
}

/* The part of the page's entry in the page's window, as an entry. */
struct model_entry *
model_map_clip_window(struct vm_model *model, struct model_map *map,
		      unsigned int page)
{
	unsigned int start = ROUND_DOWN(page, VM_MODEL_WINDOW);
	const struct model_entry *entry = model_map_find(map, page);

	/* Other entries that reach over the borders stay as they are. */
	model_map_clip(model, map, MAX(start, entry->start),
		       MIN(start + VM_MODEL_WINDOW, entry->end));
	return model_map_find(map, page);
}

/*
 * A use of the map in the entry's window that can take the entry: nobody else
 * sees its object there, and below it is nothing or `below` already.
 */
static struct model_use *
model_map_window_use(struct vm_model *model, struct model_map *map,
		     const struct model_entry *entry,
		     const struct model_object *below)
{
	int delta = (int)ROUND_DOWN(entry->start, VM_MODEL_WINDOW);

	for (unsigned int i = 0; i < map->nr; i++) {
		struct model_use *use = map->entries[i].use;
		const struct model_object *object;
		model_set set;

		if (use == NULL || use->delta != delta)
			continue;
		object = use->object;
		/* A map that sent to itself must not close a ring. */
		if (below != NULL
		    && (model_object_reaches(model, below, object)
			|| (object->below != NULL
			    && (object->below != below || object->shift
				!= use->delta - entry->use->delta))))
			continue;
		set = model_use_range(use, entry->start, entry->end);
		if (model_use_exclusive(model, use, set) == set)
			return use;
	}
	return NULL;
}

/* Give the entry of a page an object for the page's window, if it has none. */
struct model_entry *
model_map_give_object(struct vm_model *model, struct model_map *map,
		      unsigned int page)
{
	struct model_entry *entry = model_map_find(map, page);
	struct model_use *use = NULL;

	if (entry->use != NULL)
		return entry;
	entry = model_map_clip_window(model, map, page);
	if (model->config.join)
		use = model_map_window_use(model, map, entry, NULL);
	if (use == NULL)
		use = model_use_get(model, map, model_object_create(model),
			(int)ROUND_DOWN(page, VM_MODEL_WINDOW));
	model_use_clear(model, use,
			model_use_range(use, entry->start, entry->end));
	model_entry_set_use(model, entry, use);
	return entry;
}

/* End the pending copy of a page's entry with a shadow. */
static struct model_entry *
model_map_shadow(struct vm_model *model, struct model_map *map,
		 unsigned int page)
{
	struct model_entry *entry = model_map_clip_window(model, map, page);
	struct model_use *use = NULL;
	struct model_object *below = entry->use->object;
	int shift;
	model_set set;

	if (model->config.join)
		use = model_map_window_use(model, map, entry, below);
	if (use == NULL)
		use = model_use_get(model, map, model_object_create(model),
			(int)ROUND_DOWN(page, VM_MODEL_WINDOW));
	set = model_use_range(use, entry->start, entry->end);
	shift = use->delta - entry->use->delta;
	model_use_clear(model, use, set);
	if (use->object->below == NULL)
		model_object_link(use->object, below, shift);
	use->object->link |= set;
	entry->needs_copy = false;
	model_entry_set_use(model, entry, use);
	return entry;
}

/* Let the entry of a page be one that may be written. */
struct model_entry *
model_map_writable(struct vm_model *model, struct model_map *map,
		   unsigned int page)
{
	struct model_entry *entry = model_map_give_object(model, map, page);
	model_set set;

	if (!entry->needs_copy)
		return entry;
	set = model_entry_set(entry);
	if (model_use_exclusive(model, entry->use, set) == set
	    || model_bug(model, VM_MODEL_BUG_end_copy)) {
		model_entry_end_copy(entry);
		return entry;
	}
	return model_map_shadow(model, map, page);
}

/* Write a page that is mapped, whatever its protection. */
void
model_map_store(struct vm_model *model, struct model_map *map,
		unsigned int page, uint32_t value)
{
	struct model_entry *entry = model_map_writable(model, map, page);

	model_object_write(model, entry->use->object,
		(unsigned int)((int)page - entry->use->delta), value);
}

static bool
model_op_fault(struct vm_model *model, struct model_map *map,
	       const struct vm_op *op)
{
	bool write = op->kind == VM_OP_WRITE;
	struct model_entry *entry;
	struct model_object *object;
	unsigned int index;

	if (!model_map_is_mapped(map, op->start, op->start + 1,
				 write ? VM_MODEL_WRITE : VM_MODEL_READ))
		return false;
	if (write) {
		model_map_store(model, map, op->start, op->arg);
	} else {
		entry = model_map_give_object(model, map, op->start);
		object = entry->use->object;
		index = (unsigned int)((int)op->start - entry->use->delta);
		if (model_object_find(object, &index) == NULL)
			(void)model_object_own(model, object,
				(unsigned int)((int)op->start
					       - entry->use->delta));
		else
			(void)model_object_read(model, object, (unsigned int)
				((int)op->start - entry->use->delta));
	}
	return true;
}

static bool
model_op_wire(struct vm_model *model, struct model_map *map,
	      unsigned int start, unsigned int end)
{
	unsigned int page;

	if (!model_map_is_mapped(map, start, end, VM_MODEL_READ))
		return false;
	for (page = start; page < end; page = model_map_find(map, page)->end) {
		if (model_map_find(map, page)->attr.wired
		    == VM_MODEL_MAX_WIRED)
			return false;
	}
	model_map_clip(model, map, start, end);
	for (page = start; page < end; page++) {
		struct model_entry *entry;

		if (model_bug(model, VM_MODEL_BUG_wire_copy))
			entry = model_map_give_object(model, map, page);
		else
			entry = model_map_writable(model, map, page);
		(void)model_object_own(model, entry->use->object,
			(unsigned int)((int)page - entry->use->delta));
	}
	for (page = start; page < end;) {
		struct model_entry *entry = model_map_find(map, page);

		model_entry_wires(model, entry, 1);
		entry->attr.wired++;
		page = entry->end;
	}
	return true;
}

static bool
model_op_unwire(struct vm_model *model, struct model_map *map,
		unsigned int start, unsigned int end)
{
	unsigned int page;

	for (page = start; page < end;) {
		struct model_entry *entry = model_map_find(map, page);

		if (entry == NULL || entry->attr.wired == 0)
			return false;
		page = entry->end;
	}
	model_map_clip(model, map, start, end);
	for (page = start; page < end;) {
		struct model_entry *entry = model_map_find(map, page);

		model_entry_wires(model, entry, -1);
		entry->attr.wired--;
		page = entry->end;
	}
	return true;
}

static bool
model_op_attr(struct vm_model *model, struct model_map *map,
	      const struct vm_op *op)
{
	unsigned int end = op->start + op->count;
	unsigned int i;

	if (op->kind == VM_OP_ADVISE
	    && !model_map_is_mapped(map, op->start, end, 0))
		return false;
	if (op->kind == VM_OP_PROTECT) {
		for (i = model_map_index(map, op->start);
		     i < map->nr && map->entries[i].start < end; i++) {
			if (op->arg & ~(uint32_t)map->entries[i].attr.max_prot)
				return false;
		}
	}
	model_map_clip(model, map, op->start, end);
	for (i = model_map_index(map, op->start);
	     i < map->nr && map->entries[i].start < end; i++) {
		struct model_attr *attr = &map->entries[i].attr;

		if (op->kind == VM_OP_PROTECT) {
			attr->prot = (uint8_t)op->arg;
		} else if (op->kind == VM_OP_PROTECT_MAX) {
			attr->max_prot = (uint8_t)(attr->max_prot & op->arg);
			attr->prot = (uint8_t)(attr->prot & op->arg);
		} else if (op->kind == VM_OP_ADVISE) {
			attr->advice = (uint8_t)op->arg;
		} else {
			attr->inherit = (uint8_t)op->arg;
		}
	}
	return true;
}

static bool
model_op_allocate(struct vm_model *model, struct model_map *map,
		  struct vm_op *op)
{
	struct model_entry entry = {
		.attr = {
			.prot = VM_MODEL_PROT_ALL,
			.max_prot = VM_MODEL_PROT_ALL,
			.inherit = VM_MODEL_COPY,
		},
	};
	unsigned int start = op->start;

	if (op->kind == VM_OP_ANYWHERE) {
		start = 1;
		for (unsigned int i = 0; i < map->nr; i++) {
			if (map->entries[i].start >= start + op->count)
				break;
			start = MAX(start, map->entries[i].end);
		}
	}
	if (start + op->count > model->config.nr_pages
	    || !model_map_is_free(map, start, start + op->count))
		return false;
	op->start = entry.start = start;
	entry.end = start + op->count;
	(void)model_map_insert(map, &entry);
	return true;
}

/* The object and index of the page that is seen at op->start. */
static struct model_object *
model_op_seen(struct model_map *map, const struct vm_op *op,
	      unsigned int *index)
{
	struct model_entry *entry = model_map_find(map, op->start);

	if (entry == NULL || entry->use == NULL)
		return NULL;
	*index = (unsigned int)((int)op->start - entry->use->delta);
	return model_object_find(entry->use->object, index);
}

static bool
model_op_page_out(struct vm_model *model, struct model_map *map,
		  const struct vm_op *op)
{
	unsigned int index;
	struct model_object *object = model_op_seen(map, op, &index);

	if (object == NULL || (object->busy & model_bit(index)))
		return true;
	if (model->slots[object->slot[index]].wires != 0
	    && !model_bug(model, VM_MODEL_BUG_page_out_wired))
		return true;
	if (!(object->out & model_bit(index)))
		model_object_page_out(model, object, index);
	return true;
}

static bool
model_op_hold(struct vm_model *model, struct model_map *map,
	      const struct vm_op *op)
{
	struct model_hold *hold = &model->holds[op->to];
	unsigned int index;
	struct model_object *object = model_op_seen(map, op, &index);

	if (hold->object != NULL || object == NULL
	    || ((object->busy | object->out) & model_bit(index)))
		return true;
	object->busy |= model_bit(index);
	hold->object = object;
	hold->index = index;
	hold->slot = object->slot[index];
	return true;
}

static bool
model_op_release(struct vm_model *model, const struct vm_op *op)
{
	struct model_hold *hold = &model->holds[op->to];
	struct model_object *object = hold->object;

	if (object == NULL)
		return true;
	object->busy &= ~model_bit(hold->index);
	hold->object = NULL;
	model_object_release(model, object);
	return true;
}

/* Is no join to be offered?  For the bugs that leave it out. */
static bool
model_op_leaves_joins(const struct vm_model *model, enum vm_op_kind kind)
{
	return (kind == VM_OP_PROTECT
		&& model_bug(model, VM_MODEL_BUG_no_join_protect))
		|| (kind == VM_OP_UNWIRE
		    && model_bug(model, VM_MODEL_BUG_no_join_unwire))
		|| (kind == VM_OP_WRITE
		    && model_bug(model, VM_MODEL_BUG_no_join_fault));
}

static bool
model_map_op(struct vm_model *model, struct model_map *map, struct vm_op *op)
{
	unsigned int end = op->start + op->count;

	switch (op->kind) {
	case VM_OP_ALLOCATE:
	case VM_OP_ANYWHERE:
		return model_op_allocate(model, map, op);
	case VM_OP_UNMAP:
		model_map_remove(model, map, op->start, end);
		return true;
	case VM_OP_PROTECT:
	case VM_OP_PROTECT_MAX:
	case VM_OP_INHERIT:
	case VM_OP_ADVISE:
		return model_op_attr(model, map, op);
	case VM_OP_WIRE:
		return model_op_wire(model, map, op->start, end);
	case VM_OP_UNWIRE:
		return model_op_unwire(model, map, op->start, end);
	case VM_OP_READ:
	case VM_OP_WRITE:
		return model_op_fault(model, map, op);
	case VM_OP_PAGE_OUT:
		return model_op_page_out(model, map, op);
	case VM_OP_HOLD:
		return model_op_hold(model, map, op);
	default:
		return model_op_release(model, op);
	}
}

/* The operations that touch one map only. */
bool
model_map_apply(struct vm_model *model, struct vm_op *op)
{
	struct model_map *map = &model->maps[op->map];
	unsigned int start = op->start;
	unsigned int end = start + op->count;
	bool done;

	model_map_extend(map, &start, &end);
	done = model_map_op(model, map, op);
	if (op->kind == VM_OP_ANYWHERE) {
		start = op->start;
		end = start + op->count;
	}
	if (!model_op_leaves_joins(model, op->kind))
		model_map_join(model, map, start, end);
	return done;
}
