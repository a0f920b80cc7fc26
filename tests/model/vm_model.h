/*
 * tests/model/vm_model.h -- the rules of virtual memory, in pages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A program for the host in which the rules of doc/vm.md were proved before
 * they were built, and against which the real maps are tested.  It has two
 * halves that share nothing but the operations:
 *
 *	rules	vm_model_*.c: entries, uses, objects, shadow links, joins; one
 *		number stands for the contents of a page, 64 pages make a
 *		window
 *	oracle	vm_oracle.c: one record for each page of each map; it has
 *		never heard of objects
 *
 * vm_model_apply() gives an operation to both, and they must agree on its
 * result.  vm_model_check() compares them whole and verifies the invariants:
 *
 *  M1  contents, protections, inheritance and wiring are the oracle's
 *  M2  no two neighbours remain that the map-local rule could join, and none
 *	that the rule of objects could join while no work is queued
 *  M3  every count that is kept (entries of a use, uses and shadows of an
 *	object, pages in use) equals what counting finds
 *  M4  an object with at most one use holds no page outside the entries of
 *	that use and the links of the objects above, unless it is queued or
 *	the page is busy
 *  M5  what an entry can write, nobody sees who must not: above it there is
 *	no object but the newest copy
 *  M6  a wired page keeps its frame; a busy page stays where it is; what is
 *	paged out keeps the name that its pager knows
 *  M7  an operation moves no more pages for the sake of joining than its
 *	budget
 *  M8  an object without a use has two objects above it (so there are less
 *	than two objects for each use), unless it or the one above is queued,
 *	busy or has pages that are paged out
 *
 * As a library: create a model, give each operation to it and to what is
 * being tested, compare results, vm_model_page() of what was touched, and
 * vm_model_runs() with the number of entries.  The real maps are to be built
 * with windows of VM_MODEL_WINDOW pages for that.  Not for several threads.
 */
#ifndef TESTS_MODEL_VM_MODEL_H
#define TESTS_MODEL_VM_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define VM_MODEL_WINDOW		64	/* pages; an object has no more */
#define VM_MODEL_MAX_PAGES	2048	/* of one map */
#define VM_MODEL_MAX_MAPS	8
#define VM_MODEL_MAX_COPIES	4	/* in transit */
#define VM_MODEL_MAX_HOLDS	4
#define VM_MODEL_SMALL		2	/* pages copied through a buffer */
#define VM_MODEL_MAX_WIRED	3
#define VM_MODEL_UNLIMITED	1000000	/* a budget */

enum vm_model_prot {
	VM_MODEL_READ = 1,
	VM_MODEL_WRITE = 2,
	VM_MODEL_PROT_ALL = 3,
};

enum vm_model_inherit {
	VM_MODEL_SHARE,
	VM_MODEL_COPY,
	VM_MODEL_NONE,
};

/*
 * Operations.  All are on pages [start, start + count) of `map` where nothing
 * else is said.  One that fails changes nothing.
 */
enum vm_op_kind {
	VM_OP_ALLOCATE,		/* fails unless the whole range is free */
	VM_OP_ANYWHERE,		/* first fit from page 1; answers in start */
	VM_OP_UNMAP,		/* holes matter to no one up to inherit */
	VM_OP_PROTECT,		/* arg: protection; fails beyond a maximum */
	VM_OP_PROTECT_MAX,	/* arg: maximum; takes the current with it */
	VM_OP_INHERIT,		/* arg: enum vm_model_inherit */
	VM_OP_ADVISE,		/* arg: any number; fails at a hole */
	VM_OP_WIRE,		/* fails at a hole and at the largest count */
	VM_OP_UNWIRE,		/* fails where it is not wired */
	VM_OP_READ,		/* one page; fails as a fault would */
	VM_OP_WRITE,		/* arg: what to write */
	VM_OP_FORK,		/* into map number `to`, which does not live */
	VM_OP_EXIT,		/* but for the last map */
	VM_OP_SEND,		/* copy in, to copy `to`; fails at a hole */
	VM_OP_MOVE,		/* the same, and unmaps the source */
	VM_OP_RECEIVE,		/* copy number `to` at start, which is free */
	VM_OP_OVERWRITE,	/* copy number `to` over what is mapped there */
	VM_OP_DISCARD,		/* copy number `to` */
	VM_OP_PAGE_OUT,		/* the page seen at start, if it may go */
	VM_OP_HOLD,		/* the page seen at start is busy: hold `to` */
	VM_OP_RELEASE,		/* hold number `to` */
	VM_OP_IDLE,		/* what was put off, without a budget */
	VM_OP_NR_KINDS
};

struct vm_op {
	enum vm_op_kind kind;
	unsigned int map;
	unsigned int start, count;
	unsigned int to;
	uint32_t arg;
};

/* Why two neighbours that look the same to their user are two entries. */
enum vm_model_refusal {
	VM_MODEL_JOINABLE,
	VM_MODEL_ATTR,		/* they do not look the same */
	VM_MODEL_COPYING,	/* a copy is pending */
	VM_MODEL_USERS,		/* somebody else sees the object; busy */
	VM_MODEL_BACKING,	/* different objects below */
	VM_MODEL_BORDER,	/* of a window */
	VM_MODEL_PAGED,		/* the pager knows pages by their object */
	VM_MODEL_NR_REFUSALS
};

/* One rule each that can be broken on purpose; 0: none. */
enum vm_model_bug {
#define VM_MODEL_BUG(name, what)	VM_MODEL_BUG_##name,
#include "tests/model/vm_model_bugs.def"
#undef VM_MODEL_BUG
	VM_MODEL_NR_BUGS
};

struct vm_model_config {
	unsigned int nr_pages;	/* of each map */
	unsigned int budget;	/* pages moved for joining, per operation */
	bool join;		/* the part of the rule that needs objects */
	enum vm_model_bug bug;
};

/* What the user of a map can know of a page. */
struct vm_model_page {
	bool mapped;
	uint8_t prot, max_prot, inherit, advice, wired;
	uint32_t value;
};

struct vm_model_stats {
	uint64_t ops, failed;
	uint64_t joins, adopted, joined_objects, joined_shadow;
	uint64_t collapsed_up, collapsed_down, moved, copied, taken, pushed;
	uint64_t entries, runs;			/* summed over checks */
	uint64_t refused[VM_MODEL_NR_REFUSALS];	/* the same */
	uint64_t pages, unreachable;		/* the same */
	unsigned int max_chain, max_objects, max_uses, max_shadows;
	unsigned int max_link_runs, max_queue;
};

struct vm_model;

/**
 * vm_model_create - one empty map, number 0
 * @config:	is copied
 *
 * Return:  the model; never NULL (memory that is missing ends the process).
 */
struct vm_model *vm_model_create(const struct vm_model_config *config);

/**
 * vm_model_destroy - end all maps, and see that nothing is left
 * @model:	is gone afterwards
 *
 * Return:  true if every object and page was freed.
 */
bool vm_model_destroy(struct vm_model *model);

/**
 * vm_model_apply - apply one operation to both halves
 * @op:		VM_OP_ANYWHERE answers in op->start
 *
 * Numbers of maps, copies and holds that do not exist, or exist already, and
 * pages beyond the map are failures of the operation.
 *
 * Return:  whether the operation succeeded.
 */
bool vm_model_apply(struct vm_model *model, struct vm_op *op);

/**
 * vm_model_check - verify M1 to M8
 *
 * Return:  NULL, or what is wrong (valid until the model is destroyed).
 */
const char *vm_model_check(struct vm_model *model);

/* What the oracle knows of a page of a map that lives. */
struct vm_model_page vm_model_page(const struct vm_model *model,
				   unsigned int map, unsigned int page);

/* The number of maximal runs of pages that look the same: what is minimal. */
unsigned int vm_model_runs(const struct vm_model *model, unsigned int map);

/* Entries that the rules need for the same; their difference by reason. */
unsigned int vm_model_entries(const struct vm_model *model, unsigned int map);
void vm_model_refusals(const struct vm_model *model, unsigned int map,
		       unsigned int refused[VM_MODEL_NR_REFUSALS]);

bool vm_model_lives(const struct vm_model *model, unsigned int map);
unsigned int vm_model_objects(const struct vm_model *model);
unsigned int vm_model_pages_used(const struct vm_model *model);
const struct vm_model_stats *vm_model_stats(const struct vm_model *model);

/* The map, a line for each entry with its object and what is below. */
void vm_model_show(const struct vm_model *model, unsigned int map, FILE *out);

const char *vm_op_name(enum vm_op_kind kind);
const char *vm_model_refusal_name(enum vm_model_refusal refusal);
const char *vm_model_bug_name(enum vm_model_bug bug);
const char *vm_model_bug_what(enum vm_model_bug bug);

#endif /* TESTS_MODEL_VM_MODEL_H */
