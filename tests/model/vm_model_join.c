/*
 * tests/model/vm_model_join.c -- the join rule, in two parts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * model_entries_can_join() is the first part: it reads two entries and
 * nothing else.  model_entries_why_not() is the second: it also looks at
 * objects, and answers why two neighbours that their user cannot tell apart
 * have to stay two.  Both change nothing.
 *
 * Two objects are joined by putting the one with fewer pages (the lower)
 * below the other, pointing its entries there, and leaving the rest to the
 * collapse: pages move one by one whenever there is a budget, and the map has
 * its one entry at once.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/vm_model_priv.h"

static bool
model_attr_equal(const struct vm_model *model, const struct model_attr *a,
		 const struct model_attr *b)
{
	return (a->prot == b->prot || model_bug(model, VM_MODEL_BUG_join_prot))
		&& (a->max_prot == b->max_prot
		    || model_bug(model, VM_MODEL_BUG_join_max))
		&& (a->inherit == b->inherit
		    || model_bug(model, VM_MODEL_BUG_join_inherit))
		&& (a->advice == b->advice
		    || model_bug(model, VM_MODEL_BUG_join_advice))
		&& (a->wired == b->wired
		    || model_bug(model, VM_MODEL_BUG_join_wired));
}

bool
model_entries_can_join(const struct vm_model *model,
		       const struct model_entry *low,
		       const struct model_entry *high)
{
	bool same = low->use == high->use;

	if (model_bug(model, VM_MODEL_BUG_join_use)
	    && low->use != NULL && high->use != NULL)
		same = low->use->object == high->use->object;
	return low->end == high->start
		&& same
		&& (low->needs_copy == high->needs_copy
		    || model_bug(model, VM_MODEL_BUG_join_copy))
		&& model_attr_equal(model, &low->attr, &high->attr);
}

/* Is a copy really pending, or has the other side gone meanwhile? */
static bool
model_entry_is_copying(const struct vm_model *model,
		       const struct model_entry *entry)
{
	model_set set;

	if (!entry->needs_copy)
		return false;
	set = model_entry_set(entry);
	return model_use_exclusive(model, entry->use, set) != set;
}

void
model_entry_end_copy(struct model_entry *entry)
{
	entry->needs_copy = false;
	entry->use->object->frozen = false;
}

/* May an entry without object take this use? */
static enum vm_model_refusal
model_use_cannot_grow(const struct vm_model *model,
		      const struct model_use *use,
		      const struct model_entry *entry)
{
	model_set set = model_use_range(use, entry->start, entry->end);

	if (model_count(set) != entry->end - entry->start)
		return VM_MODEL_BORDER;
	if (model_use_exclusive(model, use, set) != set)
		return VM_MODEL_USERS;
	return VM_MODEL_JOINABLE;
}

/* The first and the last page that entries of this use map. */
static void
model_use_extent(const struct model_use *use, unsigned int *start,
		 unsigned int *end)
{
	*end = 0;
	for (unsigned int i = 0; i < use->map->nr; i++) {
		const struct model_entry *entry = &use->map->entries[i];

		if (entry->use != use)
			continue;
		if (*end == 0)
			*start = entry->start;
		*end = entry->end;
	}
}

/*
 * May the object of `lower` go below that of `upper`, so that all entries
 * have the use `upper`?
 */
static enum vm_model_refusal
model_uses_cannot_join(const struct vm_model *model,
		       const struct model_use *upper,
		       const struct model_use *lower)
{
	const struct model_object *top = upper->object;
	const struct model_object *below = lower->object;
	int shift = upper->delta - lower->delta;
	bool is_below = top->below == below;
	unsigned int start = 0, end = 0;
	model_set set;

	if (below->nr_uses != 1 || below->busy != 0 || top == below
	    || below->nr_shadows != (is_below ? 1 : 0)) {
		if (!model_bug(model, VM_MODEL_BUG_join_others)
		    || top == below || is_below)
			return VM_MODEL_USERS;
	}
	model_use_extent(lower, &start, &end);
	set = model_use_range(upper, start, end);
	if (model_count(set) != end - start)
		return VM_MODEL_BORDER;
	set = model_shift(model_use_live(lower), -shift);
	if (model_use_exclusive(model, upper, set) != set)
		return VM_MODEL_USERS;
	if (is_below)
		return top->shift == shift ? VM_MODEL_JOINABLE
					    : VM_MODEL_BACKING;
	if (model_object_reaches(model, below, top))
		return VM_MODEL_BACKING;
	if (below->out != 0)
		return VM_MODEL_PAGED;
	if (top->below == NULL
	    || model_bug(model, VM_MODEL_BUG_join_backing))
		return VM_MODEL_JOINABLE;
	/* What is below both goes below the lower. */
	if (below->below != NULL
	    && (below->below != top->below
		|| below->shift != top->shift - shift))
		return VM_MODEL_BACKING;
	set = model_shift(top->link, shift);
	if (model_count(set) != model_count(top->link))
		return VM_MODEL_BORDER;
	/* Nor may the lower already see what the upper sees. */
	if (set & model_use_live(lower))
		return VM_MODEL_BACKING;
	return VM_MODEL_JOINABLE;
}

/* The same with the order chosen: *upper is the one that stays. */
static enum vm_model_refusal
model_objects_why_not(const struct vm_model *model,
		      const struct model_use *a, const struct model_use *b,
		      const struct model_use **upper)
{
	enum vm_model_refusal one, other;

	/* Of two that are above one another the order is given. */
	if (b->object->below == a->object
	    || (a->object->below != b->object
		&& model_count(a->object->has) < model_count(b->object->has))) {
		const struct model_use *use = a;

		a = b;
		b = use;
	}
	*upper = a;
	one = model_uses_cannot_join(model, a, b);
	if (one == VM_MODEL_JOINABLE || a->object->below == b->object)
		return one;
	*upper = b;
	other = model_uses_cannot_join(model, b, a);
	return other == VM_MODEL_JOINABLE ? other : one;
}

enum vm_model_refusal
model_entries_why_not(const struct vm_model *model,
		      const struct model_entry *low,
		      const struct model_entry *high)
{
	const struct model_use *upper;

	if (low->end != high->start
	    || !model_attr_equal(model, &low->attr, &high->attr))
		return VM_MODEL_ATTR;
	if (model_entries_can_join(model, low, high))
		return VM_MODEL_JOINABLE;
	if (model_entry_is_copying(model, low)
	    || model_entry_is_copying(model, high))
		return VM_MODEL_COPYING;
	if (low->use == high->use)
		return VM_MODEL_JOINABLE;
	if (low->use == NULL)
		return model_use_cannot_grow(model, high->use, low);
	if (high->use == NULL)
		return model_use_cannot_grow(model, low->use, high);
	return model_objects_why_not(model, low->use, high->use, &upper);
}

/* Let the entry use this, counted, instead of what it used. */
void
model_entry_set_use(struct vm_model *model, struct model_entry *entry,
		    struct model_use *use)
{
	struct model_use *old = entry->use;

	if (use != NULL)
		use->nr_entries++;
	entry->use = use;
	if (old != NULL)
		model_use_put(model, old);
}

/* Put the object of `lower` below that of `upper`; see the head. */
static void
model_uses_join(struct vm_model *model, struct model_use *upper,
		struct model_use *lower)
{
	struct model_object *top = upper->object;
	struct model_object *below = lower->object;
	struct model_map *map = upper->map;
	int shift = upper->delta - lower->delta;
	model_set live = model_use_live(lower);
	model_set seen = model_shift(live, -shift);

	if (top->below == below) {
		model->stats.joined_shadow++;
	} else {
		model->stats.joined_objects++;
		/* Neither may show what the other has left there. */
		if (!model_bug(model, VM_MODEL_BUG_join_stale))
			model_object_drop(model, below, ~live);
	}
	if (!model_bug(model, VM_MODEL_BUG_join_stale))
		model_object_drop(model, top, seen);
	if (top->below != below) {
		if (top->below != NULL) {
			struct model_object *base = top->below;
			model_set link = top->link;
			bool newest = base->copy == top;

			if (below->below == NULL)
				model_object_link(below, base,
						  top->shift - shift);
			if (newest && base->copy == top)
				base->copy = below;
			below->link |= model_shift(link, shift);
			model_object_unlink(model, top);
			top->link = link;
		}
		if (model_bug(model, VM_MODEL_BUG_join_shift))
			shift = 0;
		model_object_link(top, below, shift);
	}
	top->link |= seen;
	top->frozen = false;

	for (unsigned int i = 0; i < map->nr; i++) {
		struct model_entry *entry = &map->entries[i];

		if (entry->use == upper)
			continue;
		if (entry->use == lower) {
			bool last = lower->nr_entries == 1;

			entry->needs_copy = false;
			model_entry_set_use(model, entry, upper);
			if (last)
				break;
		}
	}
	model_object_queue(model, top);
}

/*
 * Join the entry `i` with the one after it, if any part of the rule allows.
 * Return true if it is one entry now, and set *again if others may have
 * become joinable.
 */
static bool
model_map_join_at(struct vm_model *model, struct model_map *map,
		  unsigned int i, bool *again)
{
	struct model_entry *low = &map->entries[i];
	struct model_entry *high = low + 1;

	if (!model_entries_can_join(model, low, high)) {
		const struct model_use *upper = NULL;

		if (!model->config.join
		    || model_entries_why_not(model, low, high)
		       != VM_MODEL_JOINABLE)
			return false;
		if (low->needs_copy)
			model_entry_end_copy(low);
		if (high->needs_copy)
			model_entry_end_copy(high);
		if (low->use == NULL || high->use == NULL) {
			struct model_entry *none = low->use == NULL ? low
								     : high;
			struct model_use *use = low->use == NULL ? high->use
								  : low->use;

			model_use_clear(model, use,
				model_use_range(use, none->start, none->end));
			model_entry_set_use(model, none, use);
			model->stats.adopted++;
		} else if (low->use != high->use) {
			(void)model_objects_why_not(model, low->use, high->use,
						    &upper);
			if (upper == low->use)
				model_uses_join(model, low->use, high->use);
			else
				model_uses_join(model, high->use, low->use);
			*again = true;
		}
		if (!model_entries_can_join(model, low, high))
			return false;
	}
	low->end = high->end;
	model_entry_set_use(model, high, NULL);
	map->nr--;
	memmove(high, high + 1, (map->nr - i - 1) * sizeof(*high));
	model->stats.joins++;
	return true;
}

/* Offer every pair of neighbours that touches [start, end] to the rule. */
void
model_map_join(struct vm_model *model, struct model_map *map,
	       unsigned int start, unsigned int end)
{
	bool again = false;
	unsigned int i = 0;

	while (i + 1 < map->nr && map->entries[i].end < start)
		i++;
	while (i + 1 < map->nr && map->entries[i].end <= end) {
		if (!model_map_join_at(model, map, i, &again)) {
			i++;
		} else {
			/* As it is now, others may join it on both sides. */
			if (map->entries[i].end > end)
				end = map->entries[i].end;
			if (i != 0)
				i--;
		}
		if (again) {
			again = false;
			start = 0;
			end = model->config.nr_pages;
			i = 0;
		}
	}
}
