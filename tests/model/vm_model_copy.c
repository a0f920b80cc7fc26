/*
 * tests/model/vm_model_copy.c -- fork, and memory in messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A copy in transit is a map that nobody can run in: pages [0, nr_pages).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macros.h"
#include "tests/model/vm_model_priv.h"

static const struct model_attr model_attr_new = {
	.prot = VM_MODEL_PROT_ALL,
	.max_prot = VM_MODEL_PROT_ALL,
	.inherit = VM_MODEL_COPY,
};

/*
 * An asymmetric copy of a set of the object: an object that shows it as it is
 * now, whatever is written later.  The newest copy serves again while it has
 * seen no write, from below or from above.
 */
static struct model_object *
model_object_snapshot(struct vm_model *model, struct model_object *object,
		      model_set set)
{
	struct model_object *old = object->copy;
	struct model_object *copy;

	if (old != NULL && old->shift == 0 && (set & ~old->link) == 0
	    && (old->frozen || model_bug(model, VM_MODEL_BUG_reuse_written))
	    && ((old->has & set) == 0
		|| model_bug(model, VM_MODEL_BUG_reuse_pages)))
		return old;

	copy = model_object_create(model);
	copy->frozen = true;
	copy->link = set;
	model_object_link(copy, object, 0);
	if (old != NULL && !model_bug(model, VM_MODEL_BUG_chain)) {
		/* What the older copy sees, it sees through the newer. */
		list_remove(&old->shadow_node);
		object->nr_shadows--;
		old->below = NULL;
		copy->link |= model_shift(old->link, old->shift);
		model_object_link(old, copy, old->shift);
	}
	object->copy = copy;
	return copy;
}

/* An entry of `to` that shows `object` through no more than a copy. */
static void
model_map_place(struct vm_model *model, struct model_map *to,
		struct model_entry entry, struct model_object *object,
		int delta, bool needs_copy)
{
	entry.use = NULL;
	if (object != NULL) {
		entry.use = model_use_get(model, to, object, delta);
		entry.use->nr_entries++;
	}
	entry.needs_copy = needs_copy && object != NULL;
	(void)model_map_insert(to, &entry);
}

/* Copy the contents of [start, end) of an entry to `to` + `shift`, now. */
static void
model_copy_now(struct vm_model *model, const struct model_entry *from,
	       struct model_map *to, int shift)
{
	for (unsigned int page = from->start; page < from->end; page++) {
		unsigned int index = (unsigned int)
			((int)page - from->use->delta);
		uint32_t value = model_object_read(model, from->use->object,
						   index);

		model_map_store(model, to, (unsigned int)((int)page + shift),
				value);
	}
}

/* Let the entry be one whose object two maps may write. */
static void
model_entry_share(struct vm_model *model, struct model_map *map,
		  unsigned int start, unsigned int end)
{
	struct model_entry *entry = model_map_find(map, start);

	if (entry->needs_copy
	    && !model_bug(model, VM_MODEL_BUG_share_pending)) {
		while (start < end) {
			entry = model_map_writable(model, map, start);
			start = entry->end;
		}
	} else if (entry->use == NULL) {
		/* Not the window's: that would make all of it shared. */
		while (start < end) {
			entry = model_map_clip_window(model, map, start);
			model_entry_set_use(model, entry,
				model_use_get(model, map,
					model_object_create(model),
					(int)ROUND_DOWN(start,
							VM_MODEL_WINDOW)));
			start = entry->end;
		}
	}
}

static void
model_fork_share(struct vm_model *model, struct model_map *parent,
		 struct model_map *child, unsigned int start, unsigned int end)
{
	model_entry_share(model, parent, start, end);
	while (start < end) {
		struct model_entry *entry = model_map_find(parent, start);
		struct model_entry mine = *entry;

		entry->use->object->shared = true;
		mine.attr.wired = 0;
		model_map_place(model, child, mine, entry->use->object,
				entry->use->delta, entry->needs_copy);
		start = entry->end;
	}
}

static void
model_fork_copy(struct vm_model *model, struct model_map *child,
		struct model_entry *entry)
{
	struct model_entry mine = *entry;
	struct model_object *object;
	bool now = entry->attr.wired != 0
		&& !model_bug(model, VM_MODEL_BUG_fork_wired);

	mine.attr.wired = 0;
	if (entry->use == NULL || now) {
		model_map_place(model, child, mine, NULL, 0, false);
		if (now)
			model_copy_now(model, entry, child, 0);
		return;
	}
	object = entry->use->object;
	if (!entry->needs_copy && object->shared
	    && !model_bug(model, VM_MODEL_BUG_fork_shared))
		object = model_object_snapshot(model, object,
					       model_entry_set(entry));
	else if (!model_bug(model, VM_MODEL_BUG_fork_parent))
		entry->needs_copy = true;
	model_map_place(model, child, mine, object, entry->use->delta,
			!model_bug(model, VM_MODEL_BUG_fork_child));
}

static bool
model_op_fork(struct vm_model *model, const struct vm_op *op)
{
	struct model_map *parent = &model->maps[op->map];
	struct model_map *child = &model->maps[op->to];
	unsigned int page = 0;

	if (child->lives)
		return false;
	child->lives = true;
	child->nr = 0;
	while (page < model->config.nr_pages) {
		struct model_entry *entry = model_map_find(parent, page);
		unsigned int end;

		if (entry == NULL) {
			page++;
			continue;
		}
		end = entry->end;
		if (entry->attr.inherit == VM_MODEL_SHARE)
			model_fork_share(model, parent, child, page, end);
		else if (entry->attr.inherit == VM_MODEL_COPY)
			model_fork_copy(model, child, entry);
		page = end;
	}
	model_map_join(model, parent, 0, model->config.nr_pages);
	model_map_join(model, child, 0, model->config.nr_pages);
	return true;
}

/* Can a move take these pages out of the object, into one of their own? */
static bool
model_use_can_split(const struct vm_model *model, const struct model_use *use,
		    model_set set)
{
	const struct model_object *object = use->object;

	if (model_use_exclusive(model, use, set) != set
	    || (object->out & set) != 0 || object->busy != 0)
		return false;
	/* What is written below is saved for this object and no other. */
	return object->below == NULL || object->below->copy != object
		|| (object->link & set) == 0
		|| model_bug(model, VM_MODEL_BUG_move_pushed);
}

/* An object of their own for pages that nobody else can see. */
static struct model_object *
model_use_split(struct vm_model *model, struct model_use *use, model_set set)
{
	struct model_object *from = use->object;
	struct model_object *object;
	model_set pages = from->has & set;

	if (model_use_live(use) == set && from->nr_shadows == 0)
		return from;
	object = model_object_create(model);
	if (model_bug(model, VM_MODEL_BUG_move_page))
		pages &= pages - 1;
	for (; pages != 0; pages &= pages - 1)
		model_object_move(object, model_lowest(pages), from,
				  model_lowest(pages));
	if ((from->link & set) != 0
	    && !model_bug(model, VM_MODEL_BUG_move_link)) {
		model_object_link(object, from->below, from->shift);
		object->link = from->link & set;
	}
	return object;
}

/*
 * Let `copy` show what the entry, which is wholly in the range, shows;
 * `shift` leads from pages of the map to pages of the copy.
 */
static void
model_copy_in(struct vm_model *model, struct model_entry *entry,
	      struct model_map *copy, int shift, bool move)
{
	struct model_entry mine = {
		.start = (unsigned int)((int)entry->start + shift),
		.end = (unsigned int)((int)entry->end + shift),
		.attr = model_attr_new,
	};
	struct model_object *object;
	bool needs_copy = true;
	bool now = entry->attr.wired != 0
		&& !model_bug(model, VM_MODEL_BUG_send_wired);
	model_set set;

	if (entry->use == NULL || now) {
		model_map_place(model, copy, mine, NULL, 0, false);
		if (now)
			model_copy_now(model, entry, copy, shift);
		return;
	}
	set = model_entry_set(entry);
	object = entry->use->object;
	if (entry->needs_copy) {
		;
	} else if (move && model_use_can_split(model, entry->use, set)) {
		object = model_use_split(model, entry->use, set);
		needs_copy = false;
	} else {
		object = model_object_snapshot(model, object, set);
	}
	model_map_place(model, copy, mine, object, entry->use->delta + shift,
			needs_copy);
}

static bool
model_op_send(struct vm_model *model, const struct vm_op *op)
{
	struct model_map *map = &model->maps[op->map];
	struct model_map *copy = &model->copies[op->to];
	unsigned int end = op->start + op->count;
	unsigned int page;
	bool move = op->kind == VM_OP_MOVE;

	if (copy->lives
	    || !model_map_is_mapped(map, op->start, end, VM_MODEL_READ))
		return false;
	copy->lives = true;
	copy->is_copy = true;
	copy->nr = 0;
	copy->nr_pages = op->count;
	copy->has_buffer = op->count <= VM_MODEL_SMALL;
	for (page = op->start; page < end;) {
		struct model_entry *entry = model_map_find(map, page);
		struct model_entry part = *entry;

		part.start = page;
		part.end = MIN(entry->end, end);
		if (copy->has_buffer) {
			copy->buffer[page - op->start] = entry->use == NULL ? 0
				: model_object_read(model, entry->use->object,
					(unsigned int)((int)page
						       - entry->use->delta));
			page++;
			continue;
		}
		model_copy_in(model, &part, copy, -(int)op->start, move);
		page = part.end;
	}
	if (move) {
		unsigned int first = op->start, last = end;

		model_map_extend(map, &first, &last);
		model_map_remove(model, map, op->start, end);
		model_map_join(model, map, first, last);
	}
	return true;
}

static bool
model_op_discard(struct vm_model *model, const struct vm_op *op)
{
	struct model_map *copy = &model->copies[op->to];

	if (!copy->lives)
		return false;
	if (!copy->has_buffer)
		model_map_remove(model, copy, 0, copy->nr_pages);
	copy->lives = false;
	return true;
}

static bool
model_op_receive(struct vm_model *model, const struct vm_op *op)
{
	struct model_map *map = &model->maps[op->map];
	struct model_map *copy = &model->copies[op->to];
	unsigned int end = op->start + copy->nr_pages;

	if (!copy->lives || end > model->config.nr_pages
	    || !model_map_is_free(map, op->start, end))
		return false;
	if (copy->has_buffer) {
		struct model_entry mine = {
			.start = op->start,
			.end = end,
			.attr = model_attr_new,
		};

		(void)model_map_insert(map, &mine);
		for (unsigned int i = 0; i < copy->nr_pages; i++)
			model_map_store(model, map, op->start + i,
					copy->buffer[i]);
	}
	for (unsigned int i = 0; !copy->has_buffer && i < copy->nr; i++) {
		struct model_entry mine = copy->entries[i];
		struct model_use *use = mine.use;

		mine.start += op->start;
		mine.end += op->start;
		model_map_place(model, map, mine,
				use != NULL ? use->object : NULL,
				use != NULL ? use->delta + (int)op->start : 0,
				mine.needs_copy);
	}
	(void)model_op_discard(model, op);
	if (!model_bug(model, VM_MODEL_BUG_no_join_receive))
		model_map_join(model, map, op->start, end);
	return true;
}

/*
 * Replace what the entry shows by the same pages of the copy; or, where its
 * object must stay, write them.
 */
static void
model_overwrite(struct vm_model *model, struct model_map *map,
		struct model_entry *entry, const struct model_entry *from,
		int shift)
{
	struct model_use *use = from->use;
	bool stays = entry->attr.wired != 0
		|| (entry->use != NULL && entry->use->object->shared
		    && !model_bug(model, VM_MODEL_BUG_overwrite_shared));

	if (stays) {
		unsigned int end = entry->end;

		for (unsigned int page = entry->start; page < end; page++) {
			uint32_t value = use == NULL ? 0 : model_object_read(
				model, use->object, (unsigned int)
				((int)page - shift - use->delta));

			model_map_store(model, map, page, value);
		}
		return;
	}
	if (!model_bug(model, VM_MODEL_BUG_overwrite))
		model_entry_forget(model, entry);
	if (use != NULL)
		use = model_use_get(model, map, use->object,
				    use->delta + shift);
	model_entry_set_use(model, entry, use);
	entry->needs_copy = from->needs_copy;
}

static bool
model_op_overwrite(struct vm_model *model, const struct vm_op *op)
{
	struct model_map *map = &model->maps[op->map];
	struct model_map *copy = &model->copies[op->to];
	unsigned int start = op->start;
	unsigned int end = start + copy->nr_pages;
	unsigned int page, first = start, last = end;

	if (!copy->lives || end > model->config.nr_pages
	    || !model_map_is_mapped(map, start, end, VM_MODEL_WRITE))
		return false;
	model_map_extend(map, &first, &last);
	for (unsigned int i = 0; copy->has_buffer && i < copy->nr_pages; i++)
		model_map_store(model, map, start + i, copy->buffer[i]);
	for (page = start; !copy->has_buffer && page < end;) {
		struct model_entry *from = model_map_find(copy, page - start);
		unsigned int next = MIN(start + from->end,
					model_map_find(map, page)->end);

		model_map_clip(model, map, page, next);
		model_overwrite(model, map, model_map_find(map, page), from,
				(int)start);
		page = next;
	}
	(void)model_op_discard(model, op);
	model_map_join(model, map, first, last);
	return true;
}

static bool
model_op_exit(struct vm_model *model, const struct vm_op *op)
{
	struct model_map *map = &model->maps[op->map];
	unsigned int others = 0;

	for (unsigned int i = 0; i < VM_MODEL_MAX_MAPS; i++)
		others += model->maps[i].lives && i != op->map;
	if (others == 0)
		return false;
	model_map_remove(model, map, 0, model->config.nr_pages);
	map->lives = false;
	return true;
}

/* The operations that make, move and end copies. */
bool
model_copy_apply(struct vm_model *model, const struct vm_op *op)
{
	switch (op->kind) {
	case VM_OP_FORK:
		return model_op_fork(model, op);
	case VM_OP_EXIT:
		return model_op_exit(model, op);
	case VM_OP_SEND:
	case VM_OP_MOVE:
		return model_op_send(model, op);
	case VM_OP_RECEIVE:
		return model_op_receive(model, op);
	case VM_OP_OVERWRITE:
		return model_op_overwrite(model, op);
	default:
		return model_op_discard(model, op);
	}
}
