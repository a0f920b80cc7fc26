/*
 * tests/model/model_shape.h -- random operations of a certain character.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A shape is a set of weights, one for each kind of operation, and a few
 * sizes.  The same shape, seed and model give the same operations, so that a
 * test of the real maps can use them too.
 */
#ifndef TESTS_MODEL_MODEL_SHAPE_H
#define TESTS_MODEL_MODEL_SHAPE_H

#include "lib/random.h"
#include "tests/model/vm_model.h"

struct model_shape {
	const char *name;
	unsigned int nr_pages;		/* of each map */
	unsigned int max_maps;
	unsigned int max_count;		/* of a range */
	unsigned int budget;
	uint8_t weights[VM_OP_NR_KINDS];
};

extern const struct model_shape model_shapes[];
extern const unsigned int nr_model_shapes;

/**
 * model_shape_next - the next operation
 * @model:	what has been done so far; decides where there is something
 * @op:		filled in
 */
void model_shape_next(const struct model_shape *shape, struct random *random,
		      const struct vm_model *model, struct vm_op *op);

#endif /* TESTS_MODEL_MODEL_SHAPE_H */
