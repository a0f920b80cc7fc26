/*
 * kern/symbols.c -- looking code addresses up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>

#include "kern/symbols.h"
#include "lib/string.h"

static const struct symbol_table *symbols_table;	/* (C) after start-up */

/* The greatest index whose offset is not above @offset; count > 0. */
static uint32_t
symbol_find(const struct symbol_table *table, uint32_t offset)
{
	uint32_t low = 0;
	uint32_t high = table->count;

	/* offsets[low] <= offset < offsets[high] */
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (table->offsets[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static const char *
symbol_name(const struct symbol_table *table, uint32_t index)
{
	const char *name = table->names + table->marks[index / SYMBOLS_STRIDE];

	for (uint32_t i = index % SYMBOLS_STRIDE; i > 0; i--)
		name += strlen(name) + 1;
	return name;
}

bool
symbol_table_lookup(const struct symbol_table *table, uintptr_t addr,
		    const char **name, uintptr_t *offset)
{
	uint32_t distance, index;

	if (table->count == 0 || addr < table->base
	    || addr - table->base >= table->limit)
		return false;

	distance = (uint32_t)(addr - table->base);
	if (distance < table->offsets[0])
		return false;

	index = symbol_find(table, distance);
	*name = symbol_name(table, index);
	*offset = distance - table->offsets[index];
	return true;
}

bool
symbol_table_check(const struct symbol_table *table)
{
	const char *name = table->names;

	for (uint32_t i = 0; i < table->count; i++) {
		if (i > 0 && table->offsets[i] <= table->offsets[i - 1])
			return false;
		if (table->offsets[i] >= table->limit)
			return false;
		if (i % SYMBOLS_STRIDE == 0
		    && name != table->names + table->marks[i / SYMBOLS_STRIDE])
			return false;
		name += strlen(name) + 1;
	}
	return true;
}

void
symbols_init(const struct symbol_table *table)
{
	symbols_table = table;
}

bool
symbols_lookup(uintptr_t addr, const char **name, uintptr_t *offset)
{
	const struct symbol_table *table = symbols_table;

	return table != NULL && symbol_table_lookup(table, addr, name, offset);
}
