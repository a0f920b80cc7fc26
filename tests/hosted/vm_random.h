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
 * pages may stay that are unmapped, and neighbours may get other objects.
 *
 * A run of a family (vm_random_init_family()) has up to four maps, that fork
 * and end, and send memory to each other and to themselves: copied or moved,
 * mapped as fresh memory or written over what is there.  There a page that was
 * copied has as many frames as its objects make of it, and neighbours stay two
 * for as long as others use one of their objects.  So these are counted when
 * all maps but one have ended, and objects have been merged.
 *
 * The functions run in a kernel thread whose map it is, and panic at what is
 * wrong.
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

#define VM_RANDOM_PAGES		256	/* of a shape, at most */

struct vm_random_stats {
	unsigned long	ops;
	unsigned long	refused;	/* by a documented error */
	unsigned long	short_of;	/* operations without memory */
	unsigned long	entries;	/* summed over steps */
	unsigned long	runs;		/* the same */
	unsigned long	model;		/* the same: entries of the model */
	unsigned long	refusals[VM_MAP_NR_REFUSALS];	/* the same */
	unsigned long	quiet;		/* looks at what was left alone */
	unsigned long	quiet_entries;	/* summed over them */
	unsigned long	excused;	/* borders there that are no window's */
};

struct vm_random {
	struct vm_map	*map;		/* that the step is about */
	unsigned int	which;		/* its number in the model */
	struct vm_map	*maps[VM_MODEL_MAX_MAPS];	/* of a family */
	struct vm_map_copy *copies[VM_MODEL_MAX_COPIES]; /* in transit */
	unsigned int	copy_pages[VM_MODEL_MAX_COPIES];	/* 0: none */
	uint32_t	copy_values[VM_MODEL_MAX_COPIES][VM_RANDOM_PAGES];
	bool		family;
	bool		quiet;		/* others have ended, all is merged */
	uintptr_t	base;		/* address of the model's page 0 */
	bool		alone;		/* nobody else uses map and machine */
	bool		failing;	/* let allocations fail now and then */
	bool		armed;		/* one is to fail now, or several */
	bool		user_wires;	/* wire as a program does; else pin */
	bool		holding;	/* refer to objects now and then, so
					 * that they are not linear */
	struct vm_object *held;		/* or NULL */
	struct random	random;
	const struct model_shape *shape;
	struct vm_model	*model;
	unsigned long	frames;		/* in use before, if alone */
	/* Frame of a page since it is wired; else 0. */
	phys_addr_t	wired[VM_MODEL_MAX_MAPS][VM_RANDOM_PAGES];
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

/**
 * vm_random_init_family - begin a run of several maps
 * @map:	the first; its reference is the run's from now on
 *
 * Nobody else does anything, or the caller clears @run->alone, and ->failing or
 * enables tests/hosted/alloc_fail.h: then frames are not looked at.
 */
void vm_random_init_family(struct vm_random *run, struct vm_map *map,
			   uint64_t seed);

/** vm_random_quiet - end all maps but one and all copies, and look at that. */
void vm_random_quiet(struct vm_random *run);

/* The rest is for vm_random*.c. */

/* Let steps be about another map of the family. */
void vm_random_select(struct vm_random *run, unsigned int which);

/* Is it an operation on copies or on whole maps? */
bool vm_random_is_copying(enum vm_op_kind kind);

/** vm_random_copying - the step for such an operation. */
void vm_random_copying(struct vm_random *run, struct vm_op *op);

/* Let an allocation of this step fail, perhaps; then, whether one has. */
void vm_random_arm(struct vm_random *run);
bool vm_random_disarm(struct vm_random *run);

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
	/* A page that was copied keeps its place in the page. */
	return vm_random_addr(run, page)
		+ (run->family ? 1000 : page * 60u % PAGE_SIZE);
}

static inline struct vm_model_page
vm_random_page(const struct vm_random *run, unsigned int page)
{
	return vm_model_page(run->model, run->which, page);
}

#endif /* TESTS_HOSTED_VM_RANDOM_H */
