/*
 * tests/model/model_shape.c -- see model_shape.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lib/macros.h"
#include "tests/model/model_shape.h"

const struct model_shape model_shapes[] = {
	{
		.name = "mixed", .nr_pages = 192, .max_maps = 4,
		.max_count = 40, .budget = 8,
		.weights = {
			[VM_OP_ALLOCATE] = 30, [VM_OP_ANYWHERE] = 10,
			[VM_OP_UNMAP] = 15, [VM_OP_PROTECT] = 20,
			[VM_OP_PROTECT_MAX] = 2, [VM_OP_INHERIT] = 10,
			[VM_OP_WIRE] = 6, [VM_OP_UNWIRE] = 8,
			[VM_OP_ADVISE] = 4, [VM_OP_READ] = 20,
			[VM_OP_WRITE] = 80,
			[VM_OP_FORK] = 5, [VM_OP_EXIT] = 5, [VM_OP_SEND] = 12,
			[VM_OP_MOVE] = 8, [VM_OP_RECEIVE] = 20,
			[VM_OP_OVERWRITE] = 10, [VM_OP_DISCARD] = 6,
			[VM_OP_PAGE_OUT] = 6, [VM_OP_HOLD] = 4,
			[VM_OP_RELEASE] = 4, [VM_OP_IDLE] = 6,
		},
	}, {
		.name = "fork", .nr_pages = 160, .max_maps = 8,
		.max_count = 30, .budget = 8,
		.weights = {
			[VM_OP_ALLOCATE] = 20, [VM_OP_UNMAP] = 10,
			[VM_OP_PROTECT] = 6, [VM_OP_INHERIT] = 16,
			[VM_OP_WIRE] = 2, [VM_OP_UNWIRE] = 3,
			[VM_OP_READ] = 20, [VM_OP_WRITE] = 120,
			[VM_OP_FORK] = 30, [VM_OP_EXIT] = 28,
			[VM_OP_PAGE_OUT] = 2, [VM_OP_HOLD] = 2,
			[VM_OP_RELEASE] = 4, [VM_OP_IDLE] = 6,
		},
	}, {
		.name = "send", .nr_pages = 160, .max_maps = 3,
		.max_count = 30, .budget = 4,
		.weights = {
			[VM_OP_ALLOCATE] = 20, [VM_OP_ANYWHERE] = 10,
			[VM_OP_UNMAP] = 20, [VM_OP_PROTECT] = 4,
			[VM_OP_WIRE] = 2, [VM_OP_UNWIRE] = 3,
			[VM_OP_READ] = 20, [VM_OP_WRITE] = 120,
			[VM_OP_FORK] = 1, [VM_OP_EXIT] = 1, [VM_OP_SEND] = 50,
			[VM_OP_MOVE] = 20, [VM_OP_RECEIVE] = 80,
			[VM_OP_OVERWRITE] = 30, [VM_OP_DISCARD] = 10,
			[VM_OP_PAGE_OUT] = 2, [VM_OP_HOLD] = 2,
			[VM_OP_RELEASE] = 3, [VM_OP_IDLE] = 6,
		},
	}, {
		.name = "malloc", .nr_pages = 256, .max_maps = 2,
		.max_count = 12, .budget = 16,
		.weights = {
			[VM_OP_ALLOCATE] = 40, [VM_OP_ANYWHERE] = 20,
			[VM_OP_UNMAP] = 30, [VM_OP_PROTECT] = 40,
			[VM_OP_ADVISE] = 10, [VM_OP_READ] = 10,
			[VM_OP_WRITE] = 80,
			[VM_OP_FORK] = 1, [VM_OP_EXIT] = 2,
			[VM_OP_IDLE] = 4,
		},
	}, {
		.name = "server", .nr_pages = 320, .max_maps = 2,
		.max_count = 16, .budget = 8,
		.weights = {
			[VM_OP_ANYWHERE] = 60, [VM_OP_UNMAP] = 50,
			[VM_OP_PROTECT] = 20, [VM_OP_WIRE] = 10,
			[VM_OP_UNWIRE] = 12, [VM_OP_READ] = 10,
			[VM_OP_WRITE] = 100, [VM_OP_SEND] = 20,
			[VM_OP_MOVE] = 30, [VM_OP_RECEIVE] = 50,
			[VM_OP_OVERWRITE] = 4, [VM_OP_DISCARD] = 6,
			[VM_OP_PAGE_OUT] = 2, [VM_OP_HOLD] = 1,
			[VM_OP_RELEASE] = 2, [VM_OP_IDLE] = 4,
		},
	}, {
		.name = "small", .nr_pages = 24, .max_maps = 5,
		.max_count = 6, .budget = 2,
		.weights = {
			[VM_OP_ALLOCATE] = 20, [VM_OP_ANYWHERE] = 8,
			[VM_OP_UNMAP] = 12, [VM_OP_PROTECT] = 8,
			[VM_OP_PROTECT_MAX] = 1, [VM_OP_INHERIT] = 10,
			[VM_OP_WIRE] = 4, [VM_OP_UNWIRE] = 6,
			[VM_OP_READ] = 10, [VM_OP_WRITE] = 60,
			[VM_OP_FORK] = 10, [VM_OP_EXIT] = 9,
			[VM_OP_SEND] = 16, [VM_OP_MOVE] = 8,
			[VM_OP_RECEIVE] = 24, [VM_OP_OVERWRITE] = 14,
			[VM_OP_DISCARD] = 6, [VM_OP_PAGE_OUT] = 4,
			[VM_OP_HOLD] = 4, [VM_OP_RELEASE] = 5,
			[VM_OP_IDLE] = 4,
		},
	},
};

const unsigned int nr_model_shapes = ARRAY_SIZE(model_shapes);

static enum vm_op_kind
model_shape_kind(const struct model_shape *shape, struct random *random)
{
	unsigned int sum = 0, kind;
	uint32_t pick;

	for (kind = 0; kind < VM_OP_NR_KINDS; kind++)
		sum += shape->weights[kind];
	pick = random_below(random, sum);
	for (kind = 0; pick >= shape->weights[kind]; kind++)
		pick -= shape->weights[kind];
	return (enum vm_op_kind)kind;
}

/* A map that lives; others when that is asked for and there is one. */
static unsigned int
model_shape_map(const struct model_shape *shape, struct random *random,
		const struct vm_model *model, bool lives)
{
	unsigned int map = random_below(random, shape->max_maps);

	for (unsigned int i = 0; i < shape->max_maps; i++) {
		if (vm_model_lives(model, map) == lives)
			break;
		map = (map + 1) % shape->max_maps;
	}
	return map;
}

/* A page that is mapped, if one is found quickly. */
static unsigned int
model_shape_mapped(const struct model_shape *shape, struct random *random,
		   const struct vm_model *model, unsigned int map)
{
	unsigned int page = 0;

	for (unsigned int i = 0; i < 8; i++) {
		page = random_below(random, shape->nr_pages);
		if (vm_model_page(model, map, page).mapped)
			break;
	}
	return page;
}

/* The first or the last page of the mapped ones around a page, and beyond. */
static unsigned int
model_shape_border(const struct model_shape *shape, struct random *random,
		   const struct vm_model *model, unsigned int map)
{
	unsigned int page = model_shape_mapped(shape, random, model, map);

	while (page + 1 < shape->nr_pages
	       && vm_model_page(model, map, page).mapped)
		page++;
	return page;
}

void
model_shape_next(const struct model_shape *shape, struct random *random,
		 const struct vm_model *model, struct vm_op *op)
{
	static const uint8_t prots[] = { 3, 3, 3, 1, 1, 0 };
	static const uint8_t inherits[] = {
		VM_MODEL_COPY, VM_MODEL_COPY, VM_MODEL_SHARE, VM_MODEL_NONE,
	};
	unsigned int most = random_below(random, 3) == 0 ? shape->max_count : 5;

	*op = (struct vm_op){ .kind = model_shape_kind(shape, random) };
	op->map = model_shape_map(shape, random, model, true);
	op->start = random_below(random, 4) == 0
		? random_below(random, shape->nr_pages)
		: model_shape_mapped(shape, random, model, op->map);
	op->count = 1 + random_below(random, MIN(most, shape->max_count));
	switch (op->kind) {
	case VM_OP_ALLOCATE:
	case VM_OP_RECEIVE:
		if (random_below(random, 3) != 0)
			op->start = model_shape_border(shape, random, model,
						       op->map);
		op->to = random_below(random, VM_MODEL_MAX_COPIES);
		break;
	case VM_OP_PROTECT:
	case VM_OP_PROTECT_MAX:
		op->arg = prots[random_below(random, sizeof(prots))];
		break;
	case VM_OP_INHERIT:
		op->arg = inherits[random_below(random, sizeof(inherits))];
		break;
	case VM_OP_ADVISE:
		op->arg = random_below(random, 3);
		break;
	case VM_OP_READ:
	case VM_OP_WRITE:
		op->count = 1;
		op->arg = random_u32(random);
		break;
	case VM_OP_FORK:
		op->to = model_shape_map(shape, random, model, false);
		break;
	case VM_OP_HOLD:
	case VM_OP_RELEASE:
		op->to = random_below(random, VM_MODEL_MAX_HOLDS);
		break;
	case VM_OP_SEND:
	case VM_OP_MOVE:
	case VM_OP_OVERWRITE:
	case VM_OP_DISCARD:
		op->to = random_below(random, VM_MODEL_MAX_COPIES);
		break;
	default:
		break;
	}
	if (op->kind != VM_OP_RECEIVE && op->kind != VM_OP_OVERWRITE
	    && op->start + op->count > shape->nr_pages)
		op->count = MAX(1u, shape->nr_pages - op->start);
}
