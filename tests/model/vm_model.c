/*
 * tests/model/vm_model.c -- the model as its users see it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/vm_model_priv.h"

struct vm_model *
vm_model_create(const struct vm_model_config *config)
{
	struct vm_model *model = calloc(1, sizeof(*model));

	assert(config->nr_pages <= VM_MODEL_MAX_PAGES);
	if (model == NULL)
		abort();
	model->config = *config;
	model->maps[0].lives = true;
	list_init(&model->objects);
	list_init(&model->queue);
	model->slots = calloc(MODEL_MAX_SLOTS, sizeof(model->slots[0]));
	model->free_slots = calloc(MODEL_MAX_SLOTS,
				   sizeof(model->free_slots[0]));
	if (model->slots == NULL || model->free_slots == NULL)
		abort();
	model->oracle = vm_oracle_create(config->nr_pages);
	return model;
}

bool
vm_model_destroy(struct vm_model *model)
{
	struct vm_op op = { .kind = VM_OP_RELEASE };
	bool clean;

	for (op.to = 0; op.to < VM_MODEL_MAX_HOLDS; op.to++)
		(void)vm_model_apply(model, &op);
	op.kind = VM_OP_DISCARD;
	for (op.to = 0; op.to < VM_MODEL_MAX_COPIES; op.to++)
		(void)vm_model_apply(model, &op);
	for (unsigned int i = 0; i < VM_MODEL_MAX_MAPS; i++)
		model_map_remove(model, &model->maps[i], 0,
				 model->config.nr_pages);
	clean = model->nr_objects == 0 && model->nr_used == 0
		&& list_is_empty(&model->queue);
	/* Even a model with a bug in it gives its memory back. */
	while (!list_is_empty(&model->objects)) {
		struct model_object *object = list_entry(
			list_first(&model->objects), struct model_object, node);

		list_remove(&object->node);
		free(object);
	}
	vm_oracle_destroy(model->oracle);
	free(model->free_slots);
	free(model->slots);
	free(model);
	return clean;
}

/* Is there what the operation is about? */
static bool
model_op_is_sane(const struct vm_model *model, const struct vm_op *op)
{
	unsigned int nr_to = VM_MODEL_MAX_HOLDS;

	if (op->kind == VM_OP_FORK)
		nr_to = VM_MODEL_MAX_MAPS;
	else if (op->kind >= VM_OP_SEND && op->kind <= VM_OP_DISCARD)
		nr_to = VM_MODEL_MAX_COPIES;
	if (op->to >= nr_to)
		return false;
	if (op->kind == VM_OP_DISCARD || op->kind >= VM_OP_RELEASE)
		return true;
	if (op->map >= VM_MODEL_MAX_MAPS || !model->maps[op->map].lives)
		return false;
	return op->start <= model->config.nr_pages
		&& op->count <= model->config.nr_pages - op->start
		&& (op->count != 0 || op->kind == VM_OP_FORK
		    || op->kind == VM_OP_EXIT || op->kind == VM_OP_RECEIVE
		    || op->kind == VM_OP_OVERWRITE);
}

bool
vm_model_apply(struct vm_model *model, struct vm_op *op)
{
	struct vm_op same = *op;
	uint64_t moved = model->stats.moved;
	bool done = true, want;

	model->stats.ops++;
	if (!model_op_is_sane(model, op)) {
		model->stats.failed++;
		return false;
	}
	want = vm_oracle_apply(model->oracle, &same);
	if (op->kind >= VM_OP_FORK && op->kind <= VM_OP_DISCARD)
		done = model_copy_apply(model, op);
	else if (op->kind != VM_OP_IDLE)
		done = model_map_apply(model, op);
	model_settle(model, op->kind == VM_OP_IDLE ? VM_MODEL_UNLIMITED
						    : model->config.budget);
	model->stats.failed += !done;
	if (model->error[0] != '\0')
		return done;
	if (done != want || (done && op->start != same.start))
		(void)snprintf(model->error, sizeof(model->error),
			       "M1 %s: done %d at %u, not %d at %u",
			       vm_op_name(op->kind), done, op->start, want,
			       same.start);
	else if (op->kind != VM_OP_IDLE
		 && model->stats.moved - moved > model->config.budget)
		(void)snprintf(model->error, sizeof(model->error),
			       "M7 %s: %u pages moved", vm_op_name(op->kind),
			       (unsigned int)(model->stats.moved - moved));
	return done;
}

struct vm_model_page
vm_model_page(const struct vm_model *model, unsigned int map,
	      unsigned int page)
{
	return vm_oracle_page(model->oracle, map, page);
}

unsigned int
vm_model_runs(const struct vm_model *model, unsigned int map)
{
	return vm_oracle_runs(model->oracle, map);
}

unsigned int
vm_model_entries(const struct vm_model *model, unsigned int map)
{
	return model->maps[map].nr;
}

void
vm_model_refusals(const struct vm_model *model, unsigned int map,
		  unsigned int refused[VM_MODEL_NR_REFUSALS])
{
	const struct model_map *of = &model->maps[map];

	memset(refused, 0, VM_MODEL_NR_REFUSALS * sizeof(refused[0]));
	for (unsigned int i = 1; i < of->nr; i++)
		refused[model_entries_why_not(model, &of->entries[i - 1],
					      &of->entries[i])]++;
}

bool
vm_model_lives(const struct vm_model *model, unsigned int map)
{
	return model->maps[map].lives;
}

unsigned int
vm_model_objects(const struct vm_model *model)
{
	return model->nr_objects;
}

unsigned int
vm_model_pages_used(const struct vm_model *model)
{
	return model->nr_used;
}

const struct vm_model_stats *
vm_model_stats(const struct vm_model *model)
{
	return &model->stats;
}

void
vm_model_show(const struct vm_model *model, unsigned int map, FILE *out)
{
	static const char *const inherit[] = { "share", "copy", "none" };
	const struct model_map *of = &model->maps[map];

	for (unsigned int i = 0; i < of->nr; i++) {
		const struct model_entry *entry = &of->entries[i];
		const struct model_object *object = entry->use == NULL ? NULL
			: entry->use->object;

		fprintf(out, "  %3u-%3u %c%c/%c%c %-5s", entry->start,
			entry->end, entry->attr.prot & 1 ? 'r' : '-',
			entry->attr.prot & 2 ? 'w' : '-',
			entry->attr.max_prot & 1 ? 'r' : '-',
			entry->attr.max_prot & 2 ? 'w' : '-',
			inherit[entry->attr.inherit]);
		if (entry->attr.wired != 0)
			fprintf(out, " wired %u", entry->attr.wired);
		if (entry->needs_copy)
			fprintf(out, " pending");
		if (object != NULL)
			fprintf(out, " delta %d", entry->use->delta);
		for (; object != NULL; object = object->below)
			fprintf(out, " -> %u (%u pages, %u uses, %u above)",
				object->name, model_count(object->has),
				object->nr_uses, object->nr_shadows);
		fprintf(out, "\n");
	}
}

const char *
vm_op_name(enum vm_op_kind kind)
{
	static const char *const names[VM_OP_NR_KINDS] = {
		"allocate", "anywhere", "unmap", "protect", "protect-max",
		"inherit", "advise", "wire", "unwire", "read", "write",
		"fork", "exit", "send", "move", "receive", "overwrite",
		"discard", "page-out", "hold", "release", "idle",
	};

	return names[kind];
}

const char *
vm_model_refusal_name(enum vm_model_refusal refusal)
{
	static const char *const names[VM_MODEL_NR_REFUSALS] = {
		"joinable", "attributes", "copy pending", "other users",
		"different backing", "window border", "paged out",
	};

	return names[refusal];
}

const char *
vm_model_bug_name(enum vm_model_bug bug)
{
	static const char *const names[] = {
#define VM_MODEL_BUG(name, what)	#name,
#include "tests/model/vm_model_bugs.def"
#undef VM_MODEL_BUG
	};

	return names[bug];
}

const char *
vm_model_bug_what(enum vm_model_bug bug)
{
	static const char *const whats[] = {
#define VM_MODEL_BUG(name, what)	what,
#include "tests/model/vm_model_bugs.def"
#undef VM_MODEL_BUG
	};

	return whats[bug];
}
