/*
 * kern/symbols.h -- names for code addresses.
 *
 * The table is linked into the image, so it is there whoever loaded it: the
 * kernel is linked once with an empty table, tools/mksyms turns `nm -n` of
 * the result into another, and it is linked again with that.  The table is
 * read-only data behind all text, so its size moves no function.
 *
 *	base            offsets[0]   offsets[1] ...          limit
 *	|               |            |                       |
 *	0xffffffff00000000  start    cpu_halt                end of text
 *
 * Names stand one after the other in @names, each with its zero, in the order
 * of the addresses; @marks has the place of each SYMBOLS_STRIDE-th one.
 *
 * Invariants (symbol_table_check()):
 *  Y1  offsets rise strictly, and all are below limit
 *  Y2  mark m is the place of name m * SYMBOLS_STRIDE
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_SYMBOLS_H
#define KERN_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#define SYMBOLS_STRIDE	16u	/* tools/mksyms knows it too */

struct symbol_table {
	uint64_t base;			/* what all offsets are from */
	uint32_t limit;			/* offset of the end of the last one */
	uint32_t count;
	const uint32_t *offsets;
	const uint32_t *marks;
	const char *names;
};

/* The kernel's own, made by tools/mksyms; the host has none. */
extern const struct symbol_table kernel_symbols;

/**
 * symbol_table_lookup - which symbol is an address in?
 * @table:	a table
 * @addr:	any address
 * @name:	out: the name, in the table
 * @offset:	out: bytes from the symbol to @addr
 *
 * Context: any.  Binary search; no locks.
 * Return:  true; or false if no symbol covers @addr: nothing is written.
 */
bool symbol_table_lookup(const struct symbol_table *table, uintptr_t addr,
			 const char **name, uintptr_t *offset);

/** symbol_table_check - do the invariants hold? */
bool symbol_table_check(const struct symbol_table *table);

/**
 * symbols_init - name the table that symbols_lookup() asks
 * @table:	kept by reference; NULL: none
 *
 * Context: early start-up.
 */
void symbols_init(const struct symbol_table *table);

/**
 * symbols_lookup - symbol_table_lookup() in the kernel's table
 *
 * Context: any, a panic too.
 * Return:  as there; false as long as there is no table.
 */
bool symbols_lookup(uintptr_t addr, const char **name, uintptr_t *offset);

#endif /* KERN_SYMBOLS_H */
