/*
 * tests/model/vm_model_object.c -- objects, their pages and their users.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/vm_model_priv.h"

static void *
model_alloc(size_t size)
{
	void *mem = calloc(1, size);

	if (mem == NULL)
		abort();
	return mem;
}

static uint32_t
model_slot_alloc(struct vm_model *model, uint32_t value)
{
	uint32_t number;

	if (model->nr_free != 0) {
		number = model->free_slots[--model->nr_free];
	} else {
		number = ++model->nr_slots;
		assert(number < MODEL_MAX_SLOTS);
	}
	assert(!model->slots[number].used);
	model->slots[number] = (struct model_slot){
		.value = value,
		.used = true,
	};
	model->nr_used++;
	return number;
}

static void
model_slot_free(struct vm_model *model, uint32_t number)
{
	assert(model->slots[number].used);
	model->slots[number].used = false;
	model->free_slots[model->nr_free++] = number;
	model->nr_used--;
}

struct model_object *
model_object_create(struct vm_model *model)
{
	struct model_object *object = model_alloc(sizeof(*object));

	object->name = ++model->next_name;
	list_init(&object->uses);
	list_init(&object->shadows);
	list_add_tail(&model->objects, &object->node);
	model->nr_objects++;
	if (model->nr_objects > model->stats.max_objects)
		model->stats.max_objects = model->nr_objects;
	return object;
}

/* Something changed that may free pages, end copies or allow joins. */
void
model_object_queue(struct vm_model *model, struct model_object *object)
{
	if (object->queued || model_bug(model, VM_MODEL_BUG_settle))
		return;
	object->queued = true;
	list_add_tail(&model->queue, &object->queue_node);
	model->nr_queued++;
	if (model->nr_queued > model->stats.max_queue)
		model->stats.max_queue = model->nr_queued;
}

void
model_object_free_page(struct vm_model *model, struct model_object *object,
		       unsigned int index)
{
	assert(object->has & model_bit(index));
	model_slot_free(model, object->slot[index]);
	object->has &= ~model_bit(index);
	object->slot[index] = 0;
	if (object->out & model_bit(index)) {
		object->out &= ~model_bit(index);
		model_object_queue(model, object);
	}
}

/* Give a page, as it is, to an object that has none there. */
void
model_object_move(struct model_object *to, unsigned int to_index,
		  struct model_object *from, unsigned int index)
{
	assert(!(to->has & model_bit(to_index)));
	assert(from->has & model_bit(index));
	to->slot[to_index] = from->slot[index];
	to->has |= model_bit(to_index);
	if (from->out & model_bit(index))
		to->out |= model_bit(to_index);
	from->slot[index] = 0;
	from->has &= ~model_bit(index);
	from->out &= ~model_bit(index);
}

void
model_object_link(struct model_object *object, struct model_object *below,
		  int shift)
{
	assert(object->below == NULL && object != below);
	object->below = below;
	object->shift = shift;
	list_add_tail(&below->shadows, &object->shadow_node);
	below->nr_shadows++;
}

/* Those above may have been kept from a join because of what was below. */
static void
model_object_queue_above(struct vm_model *model, struct model_object *object)
{
	struct model_object *above;

	list_for_each_entry(&object->shadows, above, shadow_node) {
		model_object_queue(model, above);
		model_object_queue_above(model, above);
	}
}

void
model_object_unlink(struct vm_model *model, struct model_object *object)
{
	struct model_object *below = object->below;

	model_object_queue_above(model, object);

	list_remove(&object->shadow_node);
	below->nr_shadows--;
	if (below->copy == object)
		below->copy = NULL;
	object->below = NULL;
	object->shift = 0;
	object->link = 0;
	model_object_release(model, below);
}

void
model_object_destroy(struct vm_model *model, struct model_object *object)
{
	assert(object->nr_uses == 0 && object->nr_shadows == 0);
	while (object->has != 0)
		model_object_free_page(model, object,
				       model_lowest(object->has));
	if (object->queued) {
		list_remove(&object->queue_node);
		model->nr_queued--;
	}
	if (object->below != NULL)
		model_object_unlink(model, object);
	list_remove(&object->node);
	model->nr_objects--;
	free(object);
}

/* A reference is gone: so is the object, or it has to be settled. */
void
model_object_release(struct vm_model *model, struct model_object *object)
{
	if (object->nr_uses == 0 && object->nr_shadows == 0
	    && object->busy == 0)
		model_object_destroy(model, object);
	else
		model_object_queue(model, object);
}

/* Indexes that objects above see through their links. */
model_set
model_object_covered(const struct vm_model *model,
		     const struct model_object *object)
{
	const struct model_object *above;
	model_set covered = 0;

	(void)model;
	list_for_each_entry(&object->shadows, above, shadow_node)
		covered |= model_shift(above->link, above->shift);
	return covered;
}

/* These are seen no longer: which may matter to the objects on both sides. */
void
model_object_shrink_link(struct vm_model *model, struct model_object *object,
			 model_set set)
{
	if ((object->link & set) == 0)
		return;
	object->link &= ~set;
	model_object_queue(model, object);
	if (object->link == 0)
		model_object_unlink(model, object);
	else
		model_object_queue(model, object->below);
}

/* Nobody needs these any more: free pages and take them out of the link. */
void
model_object_drop(struct vm_model *model, struct model_object *object,
		  model_set set)
{
	model_set pages = object->has & set;

	if (model_bug(model, VM_MODEL_BUG_unmap_page))
		pages = 0;
	for (; pages != 0; pages &= pages - 1)
		model_object_free_page(model, object, model_lowest(pages));

	if (!model_bug(model, VM_MODEL_BUG_unmap_link))
		model_object_shrink_link(model, object, set);
}

/*
 * Find the page that is seen at *index: its object, with *index moved to its
 * index there, or NULL if zeroes are seen.
 */
struct model_object *
model_object_find(struct model_object *object, unsigned int *index)
{
	while (object != NULL) {
		if (object->has & model_bit(*index))
			return object;
		if (!(object->link & model_bit(*index)))
			return NULL;
		*index = (unsigned int)((int)*index + object->shift);
		assert(*index < VM_MODEL_WINDOW);
		object = object->below;
	}
	return NULL;
}

/* Is this object the other, or above it? */
bool
model_object_reaches(const struct vm_model *model,
		     const struct model_object *object,
		     const struct model_object *other)
{
	if (model_bug(model, VM_MODEL_BUG_ring))
		return object == other;
	while (object != NULL && object != other)
		object = object->below;
	return object != NULL;
}

/* Bring back what is paged out. */
static void
model_object_page_in(struct vm_model *model, struct model_object *object,
		     unsigned int index)
{
	if (!(object->out & model_bit(index)))
		return;
	object->out &= ~model_bit(index);
	model->slots[object->slot[index]].out = false;
	if (object->out == 0)
		model_object_queue(model, object);
}

void
model_object_page_out(struct vm_model *model, struct model_object *object,
		      unsigned int index)
{
	struct model_slot *slot = &model->slots[object->slot[index]];

	assert(object->has & model_bit(index));
	object->out |= model_bit(index);
	slot->out = true;
	slot->name = object->name;
	slot->index = index;
}

uint32_t
model_object_read(struct vm_model *model, struct model_object *object,
		  unsigned int index)
{
	object = model_object_find(object, &index);
	if (object == NULL)
		return 0;
	model_object_page_in(model, object, index);
	return model->slots[object->slot[index]].value;
}

/* A page with this value in an object that has none there. */
void
model_object_put(struct vm_model *model, struct model_object *object,
		 unsigned int index, uint32_t value)
{
	assert(!(object->has & model_bit(index)));
	object->slot[index] = model_slot_alloc(model, value);
	object->has |= model_bit(index);
}

/* Does nobody but `top` see this index of the object below it? */
static bool
model_object_is_sole(const struct vm_model *model,
		     const struct model_object *top, unsigned int index)
{
	const struct model_object *below = top->below;
	const struct model_object *above;

	if (model_bug(model, VM_MODEL_BUG_take_never))
		return false;
	list_for_each_entry(&below->shadows, above, shadow_node) {
		if (above != top && !model_bug(model, VM_MODEL_BUG_take)
		    && (model_shift(above->link, above->shift)
			& model_bit(index)) != 0)
			return false;
	}
	return below->nr_uses == 0;
}

/*
 * Wait until a page is no longer busy: here, let its holder finish.  To copy
 * it instead would leave the wired frame of who has it wired behind.
 */
static void
model_object_wait(struct vm_model *model, struct model_object *object,
		  unsigned int index)
{
	if (!(object->busy & model_bit(index)))
		return;
	for (unsigned int i = 0; i < VM_MODEL_MAX_HOLDS; i++) {
		struct model_hold *hold = &model->holds[i];

		if (hold->object == object && hold->index == index)
			hold->object = NULL;
	}
	object->busy &= ~model_bit(index);
	model_object_queue(model, object);
}

/*
 * Give the object a resident page of its own with the contents seen there: a
 * page below that only this object can see is taken, others are copied.
 */
struct model_slot *
model_object_own(struct vm_model *model, struct model_object *object,
		 unsigned int index)
{
	struct model_object *from = object;
	unsigned int at = index;
	unsigned int depth = 1;
	bool sole = true;

	while (!(from->has & model_bit(at)) && (from->link & model_bit(at))) {
		at = (unsigned int)((int)at + from->shift);
		sole = sole && model_object_is_sole(model, from, at);
		from = from->below;
		depth++;
	}
	if (depth > model->stats.max_chain)
		model->stats.max_chain = depth;

	if (!(from->has & model_bit(at))) {
		model_object_put(model, object, index, 0);
	} else {
		model_object_page_in(model, from, at);
		if (from == object) {
			;
		} else if (sole) {
			model_object_wait(model, from, at);
			model_object_move(object, index, from, at);
			model->stats.taken++;
		} else {
			model_object_put(model, object, index,
				model->slots[from->slot[at]].value);
			model->stats.copied++;
		}
	}
	return &model->slots[object->slot[index]];
}

/* Before a write: the newest copy object gets what it still sees here. */
static void
model_object_push(struct vm_model *model, struct model_object *object,
		  unsigned int index)
{
	struct model_object *copy = object->copy;
	int above;
	model_set bit;

	if (copy == NULL || model_bug(model, VM_MODEL_BUG_push))
		return;
	above = (int)index - copy->shift;
	bit = model_range(above, above + 1);
	if ((copy->link & bit) == 0 || (copy->has & bit) != 0)
		return;
	if (model_object_find(object, &index) == NULL) {
		/* Zeroes need no page: let the link end there. */
		if (model_bug(model, VM_MODEL_BUG_push_zero))
			return;
		model_object_shrink_link(model, copy, bit);
		return;
	}
	model->stats.pushed++;
	(void)model_object_own(model, copy, (unsigned int)above);
}

void
model_object_write(struct vm_model *model, struct model_object *object,
		   unsigned int index, uint32_t value)
{
	model_object_push(model, object, index);
	model_object_own(model, object, index)->value = value;
}

/*
 * The use of an object by a map with a delta, made if there is none, without
 * an entry yet.
 */
struct model_use *
model_use_get(struct vm_model *model, struct model_map *map,
	      struct model_object *object, int delta)
{
	struct model_use *use;

	list_for_each_entry(&object->uses, use, node) {
		if (use->map == map && use->delta == delta)
			return use;
	}
	use = model_alloc(sizeof(*use));
	use->map = map;
	use->object = object;
	use->delta = delta;
	list_add_tail(&object->uses, &use->node);
	object->nr_uses++;
	if (object->nr_uses > model->stats.max_uses)
		model->stats.max_uses = object->nr_uses;
	return use;
}

/* An entry less. */
void
model_use_put(struct vm_model *model, struct model_use *use)
{
	struct model_object *object = use->object;

	assert(use->nr_entries != 0);
	use->nr_entries--;
	if (use->nr_entries != 0)
		return;
	list_remove(&use->node);
	free(use);
	object->nr_uses--;
	model_object_release(model, object);
}

/*
 * Those of the set that nobody but this use can see: no other use, no link
 * from above, no fault in flight.
 */
model_set
model_use_exclusive(const struct vm_model *model, const struct model_use *use,
		    model_set set)
{
	const struct model_object *object = use->object;

	if (object->nr_uses != 1 && !model_bug(model, VM_MODEL_BUG_uses))
		return 0;
	if (!model_bug(model, VM_MODEL_BUG_busy))
		set &= ~object->busy;
	if (!model_bug(model, VM_MODEL_BUG_shadows))
		set &= ~model_object_covered(model, object);
	return set;
}

/* Indexes that entries of this use map. */
model_set
model_use_live(const struct model_use *use)
{
	model_set live = 0;

	for (unsigned int i = 0; i < use->map->nr; i++) {
		const struct model_entry *entry = &use->map->entries[i];

		if (entry->use == use)
			live |= model_entry_set(entry);
	}
	return live;
}

/*
 * Make room for an entry in an object that it takes: what may still be there
 * is what nobody sees, and must not be seen again.
 */
void
model_use_clear(struct vm_model *model, struct model_use *use, model_set set)
{
	struct model_object *object = use->object;

	if (!model_bug(model, VM_MODEL_BUG_thaw))
		object->frozen = false;
	if (!model_bug(model, VM_MODEL_BUG_stale_page)) {
		for (model_set pages = object->has & set; pages != 0;
		     pages &= pages - 1)
			model_object_free_page(model, object,
					       model_lowest(pages));
	}
	if (!model_bug(model, VM_MODEL_BUG_stale_link))
		model_object_shrink_link(model, object, set);
}
