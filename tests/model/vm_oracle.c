/*
 * tests/model/vm_oracle.c -- what a user of the maps sees, page by page.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One record for each page of each map.  Pages that share memory point to one
 * cell; a copy is a copy.  Nothing here knows of entries or objects.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/vm_model_priv.h"

struct oracle_cell {
	unsigned int refs;
	uint32_t value;
};

struct oracle_page {
	struct oracle_cell *cell;	/* NULL: not mapped */
	uint8_t prot, max_prot, inherit, advice, wired;
	uint32_t mark;			/* the checker's: frame while wired */
};

struct oracle_copy {
	bool lives;
	unsigned int nr_pages;
	uint32_t values[VM_MODEL_MAX_PAGES];
};

struct vm_oracle {
	unsigned int nr_pages;
	bool lives[VM_MODEL_MAX_MAPS];
	struct oracle_page pages[VM_MODEL_MAX_MAPS][VM_MODEL_MAX_PAGES];
	struct oracle_copy copies[VM_MODEL_MAX_COPIES];
};

struct vm_oracle *
vm_oracle_create(unsigned int nr_pages)
{
	struct vm_oracle *oracle = calloc(1, sizeof(*oracle));

	if (oracle == NULL)
		abort();
	oracle->nr_pages = nr_pages;
	oracle->lives[0] = true;
	return oracle;
}

static void
oracle_page_map(struct oracle_page *page, uint32_t value)
{
	struct oracle_cell *cell = malloc(sizeof(*cell));

	if (cell == NULL)
		abort();
	assert(page->cell == NULL);
	*cell = (struct oracle_cell){ .refs = 1, .value = value };
	*page = (struct oracle_page){
		.cell = cell,
		.prot = VM_MODEL_PROT_ALL,
		.max_prot = VM_MODEL_PROT_ALL,
		.inherit = VM_MODEL_COPY,
	};
}

static void
oracle_page_unmap(struct oracle_page *page)
{
	if (page->cell != NULL && --page->cell->refs == 0)
		free(page->cell);
	*page = (struct oracle_page){ .cell = NULL };
}

static void
oracle_exit(struct vm_oracle *oracle, unsigned int map)
{
	for (unsigned int i = 0; i < oracle->nr_pages; i++)
		oracle_page_unmap(&oracle->pages[map][i]);
	oracle->lives[map] = false;
}

void
vm_oracle_destroy(struct vm_oracle *oracle)
{
	for (unsigned int map = 0; map < VM_MODEL_MAX_MAPS; map++)
		oracle_exit(oracle, map);
	free(oracle);
}

static bool
oracle_is_free(const struct oracle_page *pages, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (pages[i].cell != NULL)
			return false;
	}
	return true;
}

static bool
oracle_is_mapped(const struct oracle_page *pages, unsigned int count,
		 uint8_t prot)
{
	for (unsigned int i = 0; i < count; i++) {
		if (pages[i].cell == NULL || (pages[i].prot & prot) != prot)
			return false;
	}
	return true;
}

static bool
oracle_allocate(struct vm_oracle *oracle, struct vm_op *op)
{
	struct oracle_page *pages = oracle->pages[op->map];

	if (op->kind == VM_OP_ANYWHERE) {
		unsigned int start = 1;

		while (start + op->count <= oracle->nr_pages
		       && !oracle_is_free(pages + start, op->count))
			start++;
		op->start = start;
	}
	if (op->start + op->count > oracle->nr_pages
	    || !oracle_is_free(pages + op->start, op->count))
		return false;
	for (unsigned int i = 0; i < op->count; i++)
		oracle_page_map(&pages[op->start + i], 0);
	return true;
}

static bool
oracle_attr(struct oracle_page *page, const struct vm_op *op)
{
	uint8_t arg = (uint8_t)op->arg;

	for (unsigned int i = 0; i < op->count; i++) {
		if (op->kind == VM_OP_ADVISE && page[i].cell == NULL)
			return false;
		if (op->kind == VM_OP_PROTECT && page[i].cell != NULL
		    && (arg & ~page[i].max_prot) != 0)
			return false;
	}
	for (unsigned int i = 0; i < op->count; i++) {
		if (page[i].cell == NULL)
			continue;
		if (op->kind == VM_OP_PROTECT) {
			page[i].prot = arg;
		} else if (op->kind == VM_OP_PROTECT_MAX) {
			page[i].prot &= arg;
			page[i].max_prot &= arg;
		} else if (op->kind == VM_OP_ADVISE) {
			page[i].advice = arg;
		} else {
			page[i].inherit = arg;
		}
	}
	return true;
}

static bool
oracle_wire(struct oracle_page *page, const struct vm_op *op)
{
	bool wire = op->kind == VM_OP_WIRE;

	if (wire && !oracle_is_mapped(page, op->count, VM_MODEL_READ))
		return false;
	for (unsigned int i = 0; i < op->count; i++) {
		if (page[i].wired == (wire ? VM_MODEL_MAX_WIRED : 0))
			return false;
	}
	for (unsigned int i = 0; i < op->count; i++) {
		page[i].wired = (uint8_t)(page[i].wired + (wire ? 1 : -1));
		if (page[i].wired == 0)
			page[i].mark = 0;
	}
	return true;
}

static bool
oracle_fork(struct vm_oracle *oracle, const struct vm_op *op)
{
	if (oracle->lives[op->to])
		return false;
	oracle->lives[op->to] = true;
	for (unsigned int i = 0; i < oracle->nr_pages; i++) {
		const struct oracle_page *from = &oracle->pages[op->map][i];
		struct oracle_page *to = &oracle->pages[op->to][i];

		if (from->cell == NULL || from->inherit == VM_MODEL_NONE)
			continue;
		if (from->inherit == VM_MODEL_COPY) {
			oracle_page_map(to, from->cell->value);
			to->prot = from->prot;
			to->max_prot = from->max_prot;
			to->advice = from->advice;
		} else {
			*to = *from;
			to->wired = 0;
			to->mark = 0;
			to->cell->refs++;
		}
	}
	return true;
}

static bool
oracle_send(struct vm_oracle *oracle, const struct vm_op *op)
{
	struct oracle_page *pages = &oracle->pages[op->map][op->start];
	struct oracle_copy *copy = &oracle->copies[op->to];

	if (copy->lives || !oracle_is_mapped(pages, op->count, VM_MODEL_READ))
		return false;
	copy->lives = true;
	copy->nr_pages = op->count;
	for (unsigned int i = 0; i < op->count; i++) {
		copy->values[i] = pages[i].cell->value;
		if (op->kind == VM_OP_MOVE)
			oracle_page_unmap(&pages[i]);
	}
	return true;
}

static bool
oracle_receive(struct vm_oracle *oracle, const struct vm_op *op)
{
	struct oracle_page *pages = &oracle->pages[op->map][op->start];
	struct oracle_copy *copy = &oracle->copies[op->to];
	bool over = op->kind == VM_OP_OVERWRITE;

	if (!copy->lives || op->start + copy->nr_pages > oracle->nr_pages)
		return false;
	if (over ? !oracle_is_mapped(pages, copy->nr_pages, VM_MODEL_WRITE)
		 : !oracle_is_free(pages, copy->nr_pages))
		return false;
	for (unsigned int i = 0; i < copy->nr_pages; i++) {
		if (over)
			pages[i].cell->value = copy->values[i];
		else
			oracle_page_map(&pages[i], copy->values[i]);
	}
	copy->lives = false;
	return true;
}

static bool
oracle_map_op(struct vm_oracle *oracle, struct vm_op *op)
{
	struct oracle_page *page = &oracle->pages[op->map][op->start];

	switch (op->kind) {
	case VM_OP_ALLOCATE:
	case VM_OP_ANYWHERE:
		return oracle_allocate(oracle, op);
	case VM_OP_UNMAP:
		for (unsigned int i = 0; i < op->count; i++)
			oracle_page_unmap(&page[i]);
		return true;
	case VM_OP_PROTECT:
	case VM_OP_PROTECT_MAX:
	case VM_OP_INHERIT:
	case VM_OP_ADVISE:
		return oracle_attr(page, op);
	case VM_OP_WIRE:
	case VM_OP_UNWIRE:
		return oracle_wire(page, op);
	case VM_OP_READ:
		return oracle_is_mapped(page, 1, VM_MODEL_READ);
	default:
		if (!oracle_is_mapped(page, 1, VM_MODEL_WRITE))
			return false;
		page->cell->value = op->arg;
		return true;
	}
}

/* The same operation as the rules get, with ranges that are in the map. */
bool
vm_oracle_apply(struct vm_oracle *oracle, struct vm_op *op)
{
	unsigned int others = 0;
	bool done;

	switch (op->kind) {
	case VM_OP_FORK:
		return oracle_fork(oracle, op);
	case VM_OP_EXIT:
		for (unsigned int i = 0; i < VM_MODEL_MAX_MAPS; i++)
			others += oracle->lives[i] && i != op->map;
		if (others != 0)
			oracle_exit(oracle, op->map);
		return others != 0;
	case VM_OP_SEND:
	case VM_OP_MOVE:
		return oracle_send(oracle, op);
	case VM_OP_RECEIVE:
	case VM_OP_OVERWRITE:
		return oracle_receive(oracle, op);
	case VM_OP_DISCARD:
		done = oracle->copies[op->to].lives;
		oracle->copies[op->to].lives = false;
		return done;
	case VM_OP_PAGE_OUT:
	case VM_OP_HOLD:
	case VM_OP_RELEASE:
	case VM_OP_IDLE:
		return true;		/* nothing that one can see */
	default:
		return oracle_map_op(oracle, op);
	}
}

bool
vm_oracle_lives(const struct vm_oracle *oracle, unsigned int map)
{
	return oracle->lives[map];
}

struct vm_model_page
vm_oracle_page(const struct vm_oracle *oracle, unsigned int map,
	       unsigned int page)
{
	const struct oracle_page *found = &oracle->pages[map][page];

	return (struct vm_model_page){
		.mapped = found->cell != NULL,
		.prot = found->prot,
		.max_prot = found->max_prot,
		.inherit = found->inherit,
		.advice = found->advice,
		.wired = found->wired,
		.value = found->cell != NULL ? found->cell->value : 0,
	};
}

unsigned int
vm_oracle_runs(const struct vm_oracle *oracle, unsigned int map)
{
	const struct oracle_page *pages = oracle->pages[map];
	unsigned int runs = 0;

	for (unsigned int i = 0; i < oracle->nr_pages; i++) {
		const struct oracle_page *low = &pages[i - (i != 0)];

		if (pages[i].cell == NULL)
			continue;
		runs += i == 0 || low->cell == NULL
			|| low->prot != pages[i].prot
			|| low->max_prot != pages[i].max_prot
			|| low->inherit != pages[i].inherit
			|| low->advice != pages[i].advice
			|| low->wired != pages[i].wired;
	}
	return runs;
}

/* A number that the checker keeps with a page for as long as it is wired. */
uint32_t *
vm_oracle_mark(struct vm_oracle *oracle, unsigned int map, unsigned int page)
{
	return &oracle->pages[map][page].mark;
}
