/*
 * tests/model/vm_model_check.c -- the invariants of vm_model.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/vm_model_priv.h"

static bool
model_wrong(struct vm_model *model, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool
model_wrong(struct vm_model *model, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(model->error, sizeof(model->error), fmt, args);
	va_end(args);
	return false;
}

/* M6, of a page that the oracle calls wired. */
static bool
model_check_wired(struct vm_model *model, unsigned int map, unsigned int page,
		  const struct model_object *object, unsigned int index)
{
	uint32_t *mark = vm_oracle_mark(model->oracle, map, page);
	uint32_t slot;

	if (object == NULL)
		return model_wrong(model, "M6 map %u page %u: wired, no page",
				   map, page);
	slot = object->slot[index];
	if (model->slots[slot].out || model->slots[slot].wires == 0)
		return model_wrong(model, "M6 map %u page %u: not resident",
				   map, page);
	if (*mark != 0 && *mark != slot)
		return model_wrong(model, "M6 map %u page %u: frame %u, now %u",
				   map, page, *mark, slot);
	*mark = slot;
	return true;
}

/* M1, of one page, and mark as reachable what it shows. */
static bool
model_check_page(struct vm_model *model, unsigned int map, unsigned int page,
		 const struct model_entry *entry, uint8_t *reached)
{
	struct vm_model_page want = vm_oracle_page(model->oracle, map, page);
	struct model_object *object = NULL;
	unsigned int index = 0;
	uint32_t value = 0;

	if (!want.mapped)
		return model_wrong(model, "M1 map %u page %u: mapped", map,
				   page);
	if (entry->attr.prot != want.prot
	    || entry->attr.max_prot != want.max_prot
	    || entry->attr.inherit != want.inherit
	    || entry->attr.advice != want.advice
	    || entry->attr.wired != want.wired)
		return model_wrong(model, "M1 map %u page %u: attributes", map,
				   page);
	if (entry->use != NULL) {
		index = (unsigned int)((int)page - entry->use->delta);
		if (index >= VM_MODEL_WINDOW)
			return model_wrong(model, "M1 map %u page %u: index",
					   map, page);
		object = model_object_find(entry->use->object, &index);
	}
	if (object != NULL) {
		value = model->slots[object->slot[index]].value;
		reached[object->slot[index]] = 1;
	}
	if (value != want.value)
		return model_wrong(model, "M1 map %u page %u: %u, not %u", map,
				   page, value, want.value);
	return want.wired == 0
		|| model_check_wired(model, map, page, object, index);
}

static unsigned int
model_first_joinable(const struct vm_model *model, const struct model_map *map)
{
	unsigned int i = 1;

	while (model_entries_why_not(model, &map->entries[i - 1],
				     &map->entries[i]) != VM_MODEL_JOINABLE)
		i++;
	return map->entries[i].start;
}

/* M1 and M2 of a map. */
static bool
model_check_map(struct vm_model *model, unsigned int number, uint8_t *reached)
{
	const struct model_map *map = &model->maps[number];
	unsigned int refused[VM_MODEL_NR_REFUSALS] = { 0 };
	unsigned int mapped = 0, runs;

	for (unsigned int i = 0; i < map->nr; i++) {
		const struct model_entry *entry = &map->entries[i];

		if (entry->start >= entry->end
		    || entry->end > model->config.nr_pages
		    || (i != 0 && entry[-1].end > entry->start))
			return model_wrong(model, "M1 map %u: order", number);
		for (unsigned int page = entry->start; page < entry->end;
		     page++) {
			if (!model_check_page(model, number, page, entry,
					      reached))
				return false;
		}
		mapped += entry->end - entry->start;
		if (i != 0 && model_entries_can_join(model, entry - 1, entry))
			return model_wrong(model, "M2 map %u page %u: two",
					   number, entry->start);
	}
	for (unsigned int page = 0; page < model->config.nr_pages; page++)
		mapped -= vm_oracle_page(model->oracle, number, page).mapped;
	if (mapped != 0)
		return model_wrong(model, "M1 map %u: %d pages missing", number,
				   -(int)mapped);

	runs = vm_oracle_runs(model->oracle, number);
	vm_model_refusals(model, number, refused);
	if (refused[VM_MODEL_JOINABLE] != 0 && model->config.join
	    && list_is_empty(&model->queue))
		return model_wrong(model, "M2 map %u page %u: joinable objects",
				   number, model_first_joinable(model, map));
	model->stats.entries += map->nr;
	model->stats.runs += runs;
	for (unsigned int i = 0; i < VM_MODEL_NR_REFUSALS; i++) {
		model->stats.refused[i] += refused[i];
		if (i != VM_MODEL_ATTR)
			runs += refused[i];
	}
	if (runs != map->nr)
		return model_wrong(model, "M2 map %u: %u entries, not %u",
				   number, map->nr, runs);
	return true;
}

static unsigned int
model_count_entries(const struct model_use *use)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < use->map->nr; i++)
		count += use->map->entries[i].use == use;
	return count;
}

/* M5: see what is above an object in the range of an entry. */
static bool
model_check_writer(struct vm_model *model, const struct model_object *object,
		   const struct model_use *writer, const struct model_entry *by)
{
	model_set set = model_entry_set(by);
	const struct model_object *above;
	const struct model_use *use;

	if (object->frozen)
		return model_wrong(model, "M5 object %u: frozen", object->name);
	list_for_each_entry(&object->shadows, above, shadow_node) {
		model_set seen = model_shift(above->link & ~above->has,
					     above->shift);

		if ((seen & set) != 0 && above != object->copy)
			return model_wrong(model, "M5 object %u below %u",
					   object->name, above->name);
	}
	list_for_each_entry(&object->uses, use, node) {
		for (unsigned int i = 0; i < use->map->nr; i++) {
			const struct model_entry *entry =
				&use->map->entries[i];

			if (entry->use != use || entry == by
			    || (model_entry_set(entry) & set) == 0)
				continue;
			if (entry->needs_copy || use == writer
			    || !object->shared)
				return model_wrong(model, "M5 object %u: two",
						   object->name);
		}
	}
	return true;
}

/* M3 and M5 of the uses of an object. */
static bool
model_check_uses(struct vm_model *model, const struct model_object *object)
{
	const struct model_use *use;
	unsigned int nr = 0;

	list_for_each_entry(&object->uses, use, node) {
		nr++;
		if (use->object != object || use->nr_entries == 0
		    || use->nr_entries != model_count_entries(use))
			return model_wrong(model, "M3 object %u: use of %u",
					   object->name, use->nr_entries);
		for (unsigned int i = 0; i < use->map->nr; i++) {
			const struct model_entry *entry =
				&use->map->entries[i];

			if (entry->use == use && !entry->needs_copy
			    && !model_check_writer(model, object, use, entry))
				return false;
		}
	}
	if (nr != object->nr_uses)
		return model_wrong(model, "M3 object %u: %u uses, not %u",
				   object->name, nr, object->nr_uses);
	return true;
}

static unsigned int
model_link_runs(model_set link)
{
	return model_count(link & ~(link << 1));
}

/* Does the chain below an object end? */
static bool
model_check_no_ring(struct vm_model *model, const struct model_object *object)
{
	const struct model_object *below = object;
	unsigned int depth = 0;

	for (; below != NULL; below = below->below) {
		if (++depth > model->nr_objects)
			return model_wrong(model, "M3 object %u: in a ring",
					   object->name);
	}
	return true;
}

/* M3 and M4 of an object. */
static bool
model_check_object(struct vm_model *model, const struct model_object *object,
		   const uint8_t *reached)
{
	const struct model_object *above;
	unsigned int nr = 0;
	model_set needed = object->busy;

	list_for_each_entry(&object->shadows, above, shadow_node) {
		nr++;
		if (above->below != object)
			return model_wrong(model, "M3 object %u: shadow %u",
					   object->name, above->name);
	}
	if (nr != object->nr_shadows || nr > 1000)
		return model_wrong(model, "M3 object %u: %u shadows, not %u",
				   object->name, nr, object->nr_shadows);
	if ((object->link != 0) != (object->below != NULL)
	    || (object->copy != NULL && object->copy->below != object)
	    || (object->out & ~object->has) != 0)
		return model_wrong(model, "M3 object %u: link", object->name);
	if (!model_check_uses(model, object))
		return false;

	for (unsigned int i = 0; i < VM_MODEL_WINDOW; i++) {
		const struct model_slot *slot = &model->slots[object->slot[i]];

		if (!(object->has & model_bit(i)))
			continue;
		if (!slot->used || slot->out != !!(object->out & model_bit(i))
		    || (slot->out && (slot->name != object->name
				      || slot->index != i)))
			return model_wrong(model, "M6 object %u index %u: name",
					   object->name, i);
		model->stats.pages++;
		model->stats.unreachable += reached[object->slot[i]] == 0;
	}
	if (model_link_runs(object->link) > model->stats.max_link_runs)
		model->stats.max_link_runs = model_link_runs(object->link);
	if (object->nr_shadows > model->stats.max_shadows)
		model->stats.max_shadows = object->nr_shadows;

	needed |= model_object_covered(model, object);
	if (object->nr_uses == 1)
		needed |= model_use_live(list_entry(list_first(&object->uses),
						    struct model_use, node));
	if (!object->queued && object->nr_uses <= 1
	    && (object->has & ~needed) != 0)
		return model_wrong(model, "M4 object %u: holds %#llx",
				   object->name,
				   (unsigned long long)(object->has & ~needed));
	return true;
}

/* Has an object something that forbids to make one of two? */
static bool
model_object_is_excused(const struct model_object *object)
{
	return object->queued || object->busy != 0 || object->out != 0;
}

/* M8, and the number of pages. */
static bool
model_check_counts(struct vm_model *model)
{
	const struct model_object *object;
	unsigned int pages = 0;

	list_for_each_entry(&model->objects, object, node) {
		const struct model_object *above;

		pages += model_count(object->has);
		if (object->nr_uses != 0 || object->nr_shadows > 1
		    || model_object_is_excused(object))
			continue;
		above = object->nr_shadows == 0 ? NULL
			: list_entry(list_first(&object->shadows),
				     struct model_object, shadow_node);
		if (above == NULL || !model_object_is_excused(above))
			return model_wrong(model, "M8 object %u", object->name);
	}
	if (pages != model->nr_used)
		return model_wrong(model, "M3 %u pages, not %u", pages,
				   model->nr_used);
	return true;
}

const char *
vm_model_check(struct vm_model *model)
{
	struct model_object *object;
	uint8_t *reached;
	bool good = model->error[0] == '\0';

	list_for_each_entry(&model->objects, object, node) {
		if (good)
			good = model_check_no_ring(model, object);
	}
	reached = calloc(model->nr_slots + 1, 1);
	if (reached == NULL)
		abort();
	for (unsigned int i = 0; good && i < VM_MODEL_MAX_MAPS; i++) {
		if (model->maps[i].lives != vm_oracle_lives(model->oracle, i))
			good = model_wrong(model, "M1 map %u lives", i);
		else if (model->maps[i].lives)
			good = model_check_map(model, i, reached);
	}
	for (unsigned int i = 0; i < VM_MODEL_MAX_COPIES; i++) {
		const struct model_map *copy = &model->copies[i];

		for (unsigned int j = 0; copy->lives && !copy->has_buffer
					 && j < copy->nr; j++) {
			const struct model_entry *entry = &copy->entries[j];

			for (unsigned int page = entry->start;
			     entry->use != NULL && page < entry->end; page++) {
				unsigned int index = (unsigned int)
					((int)page - entry->use->delta);

				object = model_object_find(entry->use->object,
							   &index);
				if (object != NULL)
					reached[object->slot[index]] = 1;
			}
		}
	}
	for (unsigned int i = 0; good && i < VM_MODEL_MAX_HOLDS; i++) {
		const struct model_hold *hold = &model->holds[i];

		if (hold->object != NULL
		    && (!(hold->object->has & model_bit(hold->index))
			|| hold->object->slot[hold->index] != hold->slot))
			good = model_wrong(model, "M6 hold %u: moved", i);
	}
	list_for_each_entry(&model->objects, object, node) {
		if (good)
			good = model_check_object(model, object, reached);
	}
	if (good)
		good = model_check_counts(model);
	free(reached);
	return good ? NULL : model->error;
}
