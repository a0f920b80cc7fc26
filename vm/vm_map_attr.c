/*
 * vm/vm_map_attr.c -- changing the attributes of a range.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/assert.h"
#include "kern/budget.h"
#include "vm/pmap.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_priv.h"

/* What is to be done to each entry of a range. */
struct vm_map_change {
	enum {
		VM_MAP_SET_PROT,
		VM_MAP_SET_MAX_PROT,
		VM_MAP_SET_INHERIT,
		VM_MAP_SET_ADVICE,
	} what;
	int value;
	bool holes;		/* parts that are not mapped are left alone */
};

/*
 * Can all of [start, end) be changed so?  The first page that can't be served
 * decides the answer.
 */
static kern_return_t
vm_map_change_check(struct vm_map *map, uintptr_t start, uintptr_t end,
		    const struct vm_map_change *change)
	REQUIRES_SHARED(map->lock)
{
	const struct vm_map_entry *entry;
	struct budget budget = { 0 };
	uintptr_t at = start;

	if (change->holes)
		return KERN_SUCCESS;
	entry = vm_map_lookup(map, start);
	if (entry == NULL)
		return KERN_NO_SPACE;

	for (;;) {
		if (entry == NULL || entry->start > at)
			return KERN_INVALID_ADDRESS;
		if (change->what <= VM_MAP_SET_MAX_PROT
		    && (change->value & ~entry->attr.max_prot) != 0)
			return KERN_PROTECTION_FAILURE;
		at = entry->end;
		if (at >= end)
			return KERN_SUCCESS;
		entry = vm_map_next(entry);
		budget_spend(&budget);
	}
}

void
vm_map_lower(struct vm_map *map, uintptr_t start, uintptr_t end,
	     vm_prot_t prot)
{
	struct budget budget = { 0 };

	while (start < end) {
		uintptr_t step = MIN(end - start, VM_MAP_PMAP_STEP);

		pmap_protect(map->pmap, start, start + step, prot);
		start += step;
		budget_spend(&budget);
	}
}

/* Set one entry's protection, and take away from the pmap what it loses. */
static void
vm_map_protect_entry(struct vm_map *map, struct vm_map_entry *entry,
		     vm_prot_t prot, bool set_max)
	REQUIRES(map->lock)
{
	vm_prot_t old = entry->attr.prot;

	if (set_max) {
		entry->attr.max_prot = (uint8_t)prot;
		prot &= old;
	}
	entry->attr.prot = (uint8_t)prot;

	/* What is added comes with the next fault. */
	if (entry->object != NULL && (old & ~prot) != 0)
		vm_map_lower(map, entry->start, entry->end, prot);
}

static void
vm_map_change_entry(struct vm_map *map, struct vm_map_entry *entry,
		    const struct vm_map_change *change)
	REQUIRES(map->lock)
{
	switch (change->what) {
	case VM_MAP_SET_PROT:
	case VM_MAP_SET_MAX_PROT:
		vm_map_protect_entry(map, entry, change->value,
				     change->what == VM_MAP_SET_MAX_PROT);
		break;
	case VM_MAP_SET_INHERIT:
		entry->attr.inherit = (uint8_t)change->value;
		break;
	case VM_MAP_SET_ADVICE:
		entry->attr.advice = (uint8_t)change->value;
		break;
	}
}

/* The arguments are of the right kind; the rest is looked at here. */
static kern_return_t
vm_map_change_range(struct vm_map *map, uintptr_t start, uintptr_t end,
		    const struct vm_map_change *change)
{
	struct budget budget = { 0 };
	struct vm_map_spares spares;
	struct vm_map_entry *entry;
	kern_return_t kr;

	if (start >= end)
		return KERN_SUCCESS;

	vm_map_spares_init(&spares);
	if (!vm_map_begin(map, &spares, start, end))
		return vm_map_begin_error(&spares);
	kr = vm_map_change_check(map, start, end, change);
	if (kr != KERN_SUCCESS)
		goto out;

	entry = vm_map_clip(map, &spares, start, end);
	while (entry != NULL && entry->start < end) {
		vm_map_change_entry(map, entry, change);
		entry = entry->end < end ? vm_map_next(entry) : NULL;
		budget_spend(&budget);
	}
	vm_map_join_range(map, start, end);
out:
	vm_map_end(map, &spares);
	return kr;
}

kern_return_t
vm_map_protect(struct vm_map *map, uintptr_t start, uintptr_t end,
	       vm_prot_t prot, bool set_max)
{
	const struct vm_map_change change = {
		.what = set_max ? VM_MAP_SET_MAX_PROT : VM_MAP_SET_PROT,
		.value = prot,
	};

	if ((prot & ~VM_PROT_ALL) != 0)
		return KERN_INVALID_ARGUMENT;
	return vm_map_change_range(map, start, end, &change);
}

kern_return_t
vm_map_inherit(struct vm_map *map, uintptr_t start, uintptr_t end,
	       vm_inherit_t inherit)
{
	const struct vm_map_change change = {
		.what = VM_MAP_SET_INHERIT,
		.value = inherit,
		.holes = true,
	};

	if (inherit != VM_INHERIT_SHARE && inherit != VM_INHERIT_COPY
	    && inherit != VM_INHERIT_NONE)
		return KERN_INVALID_ARGUMENT;
	return vm_map_change_range(map, start, end, &change);
}

kern_return_t
vm_map_advise(struct vm_map *map, uintptr_t start, uintptr_t end,
	      enum vm_advice advice)
{
	const struct vm_map_change change = {
		.what = VM_MAP_SET_ADVICE,
		.value = (int)advice,
	};

	if ((unsigned int)advice >= VM_NR_ADVICES)
		return KERN_INVALID_ARGUMENT;
	return vm_map_change_range(map, start, end, &change);
}

kern_return_t
vm_map_machine_attribute(struct vm_map *map, uintptr_t start, uintptr_t end,
			 vm_machine_attribute_t attribute,
			 vm_machine_attribute_val_t *value)
{
	if (attribute != MATTR_CACHE || start > end || start < map->start
	    || end > map->end)
		return KERN_INVALID_ARGUMENT;

	switch (*value) {
	case MATTR_VAL_GET:
		*value = MATTR_VAL_ON;
		return KERN_SUCCESS;
	case MATTR_VAL_ON:
	case MATTR_VAL_CACHE_FLUSH:
	case MATTR_VAL_DCACHE_FLUSH:
	case MATTR_VAL_ICACHE_FLUSH:
		return KERN_SUCCESS;	/* the machine sees to it by itself */
	default:
		return KERN_INVALID_ARGUMENT;
	}
}
