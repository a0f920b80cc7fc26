/*
 * tests/model/vm_model_settle.c -- what is done after a user is gone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Objects to which something happened that may end a copy, free pages or
 * allow a join wait in a queue.  Each operation ends with a part of that work,
 * as much as its budget of moved pages allows; VM_OP_IDLE does the rest.  At
 * every moment in between, the contents that entries see are the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/vm_model_priv.h"

enum model_collapse {
	MODEL_COLLAPSED,
	MODEL_PARTLY,		/* no budget left */
	MODEL_REFUSED,
};

bool
model_object_has_only_shadow(const struct vm_model *model,
			     const struct model_object *object)
{
	if (model_bug(model, VM_MODEL_BUG_collapse_users))
		return object->nr_uses == 0 && object->nr_shadows != 0;
	return object->nr_uses == 0 && object->nr_shadows == 1;
}

static bool
model_take_budget(struct vm_model *model)
{
	if (model->budget == 0)
		return false;
	if (!model_bug(model, VM_MODEL_BUG_budget))
		model->budget--;
	model->stats.moved++;
	return true;
}

/* Pages of `below` that are seen through `top`, as indexes of `top`. */
static model_set
model_seen_through(const struct vm_model *model, const struct model_object *top,
		   model_set below)
{
	model_set seen = model_shift(below, -top->shift) & top->link;

	return model_bug(model, VM_MODEL_BUG_up_hidden) ? seen
							 : seen & ~top->has;
}

/* `below` becomes part of `top`: pages move up as they are seen. */
static enum model_collapse
model_collapse_up(struct vm_model *model, struct model_object *top,
		  struct model_object *below)
{
	model_set set = model_seen_through(model, top, below->has);
	struct model_object *next = below->below;
	model_set link;

	for (; set != 0; set &= set - 1) {
		unsigned int index = model_lowest(set);

		if (!model_take_budget(model))
			return MODEL_PARTLY;
		if (top->has & model_bit(index))
			model_object_free_page(model, top, index);
		model_object_move(top, index, below,
			(unsigned int)((int)index + top->shift));
	}

	link = top->link & model_shift(below->link, -top->shift) & ~top->has;
	if (model_bug(model, VM_MODEL_BUG_up_link))
		link = top->link;
	list_remove(&top->shadow_node);
	below->nr_shadows--;
	top->below = NULL;
	top->link = 0;
	if (next != NULL && link != 0) {
		int shift = top->shift + below->shift;
		bool newest = next->copy == below;

		if (model_bug(model, VM_MODEL_BUG_up_shift))
			shift = below->shift;
		model_object_link(top, next, shift);
		top->link = link;
		if (newest && !model_bug(model, VM_MODEL_BUG_up_copy))
			next->copy = top;
		model_object_queue(model, next);
	}
	model_object_destroy(model, below);
	model_object_queue(model, top);
	model->stats.collapsed_up++;
	return MODEL_COLLAPSED;
}

/* `top` becomes part of `below`, and all who use it use that. */
static enum model_collapse
model_collapse_down(struct vm_model *model, struct model_object *top,
		    struct model_object *below)
{
	model_set set;

	for (set = top->has; set != 0; set &= set - 1) {
		unsigned int index = model_lowest(set);

		if (!model_take_budget(model))
			return MODEL_PARTLY;
		if (below->has & model_bit(index))
			model_object_free_page(model, below, index);
		model_object_move(below, index, top, index);
		if (!model_bug(model, VM_MODEL_BUG_down_link))
			top->link |= model_bit(index);
	}

	set = ~top->link;
	list_remove(&top->shadow_node);
	below->nr_shadows--;
	top->below = NULL;
	top->link = 0;
	if (!model_bug(model, VM_MODEL_BUG_down_keep))
		model_object_drop(model, below, set);
	while (!list_is_empty(&top->uses)) {
		struct model_use *use = list_entry(list_first(&top->uses),
						   struct model_use, node);

		list_remove(&use->node);
		top->nr_uses--;
		use->object = below;
		list_add_tail(&below->uses, &use->node);
		below->nr_uses++;
	}
	while (!list_is_empty(&top->shadows)) {
		struct model_object *above = list_entry(
			list_first(&top->shadows), struct model_object,
			shadow_node);
		int shift = above->shift;

		list_remove(&above->shadow_node);
		top->nr_shadows--;
		above->below = NULL;
		model_object_link(above, below, shift);
	}
	below->copy = model_bug(model, VM_MODEL_BUG_down_copy) ? NULL
								: top->copy;
	below->shared = top->shared;
	below->frozen = top->frozen;
	model_object_destroy(model, top);
	model_object_queue(model, below);
	model->stats.collapsed_down++;
	return MODEL_COLLAPSED;
}

/* Make one of two objects of which the upper alone sees the lower. */
static enum model_collapse
model_collapse(struct vm_model *model, struct model_object *top,
	       struct model_object *below)
{
	model_set up = model_seen_through(model, top, below->has);
	model_set up_out = model_seen_through(model, top, below->out);
	bool can_up = up_out == 0;
	bool can_down = top->out == 0 && top->shift == 0;

	if ((top->busy | below->busy) != 0
	    && !model_bug(model, VM_MODEL_BUG_collapse_busy))
		return MODEL_REFUSED;
	if (model_bug(model, VM_MODEL_BUG_collapse_paged))
		can_up = true;
	if (can_down && (!can_up || model_count(top->has) < model_count(up)))
		return model_collapse_down(model, top, below);
	if (can_up)
		return model_collapse_up(model, top, below);
	return MODEL_REFUSED;
}

/* Drop what neither an entry nor a link can see, if the user is known. */
static void
model_object_trim(struct vm_model *model, struct model_object *object)
{
	model_set needed = object->busy | model_object_covered(model, object);

	if (object->nr_uses > 1 || model_bug(model, VM_MODEL_BUG_trim))
		return;
	if (object->nr_uses == 1)
		needed |= model_use_live(list_entry(list_first(&object->uses),
						    struct model_use, node));
	model_object_drop(model, object, ~needed);
}

/* Pending copies of which nobody else has seen the other side end here. */
static void
model_object_end_copies(struct vm_model *model, struct model_object *object)
{
	struct model_use *use;

	if (object->nr_uses != 1)
		return;
	object->shared = false;
	if (object->frozen)
		return;
	use = list_entry(list_first(&object->uses), struct model_use, node);
	for (unsigned int i = 0; i < use->map->nr; i++) {
		struct model_entry *entry = &use->map->entries[i];
		model_set set;

		if (entry->use != use || !entry->needs_copy)
			continue;
		set = model_entry_set(entry);
		if (model_use_exclusive(model, use, set) == set)
			entry->needs_copy = false;
	}
}

static void
model_object_settle(struct vm_model *model, struct model_object *object)
{
	enum model_collapse collapse = MODEL_REFUSED;
	bool offer[VM_MODEL_MAX_MAPS] = { false };
	struct model_use *use;

	if (model_object_has_only_shadow(model, object)) {
		struct model_object *top = list_entry(
			list_first(&object->shadows), struct model_object,
			shadow_node);

		collapse = model_collapse(model, top, object);
	}
	if (collapse == MODEL_REFUSED && object->below != NULL
	    && model_object_has_only_shadow(model, object->below)) {
		collapse = model_collapse(model, object, object->below);
	}
	if (collapse == MODEL_COLLAPSED)
		return;		/* and what is left of the two is queued */
	if (collapse == MODEL_PARTLY)
		model_object_queue(model, object);

	model_object_trim(model, object);
	model_object_end_copies(model, object);
	list_for_each_entry(&object->uses, use, node) {
		if (!use->map->is_copy)
			offer[use->map - model->maps] = true;
	}
	for (unsigned int i = 0; i < VM_MODEL_MAX_MAPS; i++) {
		if (offer[i])
			model_map_join(model, &model->maps[i], 0,
				       model->config.nr_pages);
	}
}

void
model_settle(struct vm_model *model, unsigned int budget)
{
	model->budget = budget;
	while (model->budget != 0 && !list_is_empty(&model->queue)) {
		struct model_object *object = list_entry(
			list_first(&model->queue), struct model_object,
			queue_node);

		list_remove(&object->queue_node);
		object->queued = false;
		model->nr_queued--;
		model_object_settle(model, object);
	}
}
