/*
 * tests/hosted/vm_random.h -- random operations on a map and on the model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A run owns a range of pages of a map.  Each step does one operation on that
 * range and on a model of its own (tests/model/vm_model.h), which must agree
 * on the answer; now and then an allocation fails on purpose, and then nothing
 * may have changed.  What is compared:
 *
 *	contents, protections, inheritance and wiring of each page
 *	frames: as many as pages that the model holds
 *	entries: the model's number of maximal runs that look the same, and one
 *		more for each border that is refused for a reason
 *
 * The last is looked at page by page where the operation was, and as a whole
 * by vm_random_check().  While the run holds an object, as a message would,
 * pages may stay that are unmapped, and neighbours may get other objects.  The
 * functions run in a kernel thread whose map it is,
 * and panic at what is wrong.
 */
#ifndef TESTS_HOSTED_VM_RANDOM_H
#define TESTS_HOSTED_VM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/random.h"
#include "tests/model/model_shape.h"
#include "tests/model/vm_model.h"
#include "vm/vm_map_join.h"

#include "tests/hosted/vm_test.h"

struct vm_map;
struct vm_object;

struct vm_random_stats {
	unsigned long	ops;
	unsigned long	refused;	/* by a documented error */
	unsigned long	short_of;	/* operations without memory */
	unsigned long	entries;	/* summed over steps */
	unsigned long	runs;		/* the same */
	unsigned long	model;		/* the same: entries of the model */
	unsigned long	refusals[VM_MAP_NR_REFUSALS];	/* the same */
};

struct vm_random {
	struct vm_map	*map;
	uintptr_t	base;		/* address of the model's page 0 */
	bool		alone;		/* nobody else uses map and machine */
	bool		failing;	/* let allocations fail now and then */
	bool		user_wires;	/* wire as a program does; else pin */
	bool		holding;	/* refer to objects now and then, so
					 * that they are not linear */
	struct vm_object *held;		/* or NULL */
	struct random	random;
	const struct model_shape *shape;
	struct vm_model	*model;
	unsigned long	frames;		/* in use before, if alone */
	phys_addr_t	wired[VM_MODEL_MAX_PAGES];	/* frame of a page since
					 * it is wired; else 0 */
	struct vm_random_stats stats;
};

/**
 * vm_random_init - begin a run
 * @run:	to be set up
 * @map:	where; what it has in the range is not mapped
 * @base:	page aligned; the map's page 0, if @alone, so that what is
 *		asked for anywhere is found in the range
 * @alone:	nobody else does anything
 * @seed:	of the operations
 */
void vm_random_init(struct vm_random *run, struct vm_map *map, uintptr_t base,
		    bool alone, uint64_t seed);

/* Pages of a run, and their bytes. */
unsigned int vm_random_pages(const struct vm_random *run);
size_t vm_random_size(const struct vm_random *run);

/** vm_random_step - one operation, and a look at what it touched. */
void vm_random_step(struct vm_random *run);

/** vm_random_check - compare the whole range, page by page. */
void vm_random_check(struct vm_random *run);

/** vm_random_fini - unmap the range; print what has been done. */
void vm_random_fini(struct vm_random *run, const char *name);

/** vm_random_look - compare what an operation may have touched. */
void vm_random_look(struct vm_random *run, const struct vm_op *op);

static inline uintptr_t
vm_random_addr(const struct vm_random *run, unsigned int page)
{
	return run->base + page * (uintptr_t)PAGE_SIZE;
}

/* Where a page's contents are kept: four bytes, not always the first. */
static inline uintptr_t
vm_random_value_addr(const struct vm_random *run, unsigned int page)
{
	return vm_random_addr(run, page) + page * 60u % PAGE_SIZE;
}

static inline struct vm_model_page
vm_random_page(const struct vm_random *run, unsigned int page)
{
	return vm_model_page(run->model, 0, page);
}

#endif /* TESTS_HOSTED_VM_RANDOM_H */
