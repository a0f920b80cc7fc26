/*
 * x86/dev/vga_text.h -- a text screen of 80 by 25 in memory.
 *
 * Takes a stream of bytes and keeps what the screen shall show; the driver
 * (vga.c) copies the rows that have changed to the adapter, which is slow to
 * read.  No ports and no globals: tested on the host.
 *
 * Control bytes: newline (which returns too), return, backspace, tab (every 8
 * columns), bell (ignored).  Escapes, as in ECMA-48: ESC [ row ; column H, J
 * and K to the end, 2 J, m with 0, 1, 7, 30 to 37, 40 to 47; others are
 * swallowed.
 *
 * Invariants (vga_text_check()):
 *  V1  row < VGA_ROWS, column <= VGA_COLUMNS (equal: the next byte wraps)
 *  V2  nr_params <= VGA_PARAMS
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_VGA_TEXT_H
#define X86_DEV_VGA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VGA_ROWS	25u
#define VGA_COLUMNS	80u
#define VGA_PARAMS	4u
#define VGA_NORMAL	0x07u	/* light grey on black */

enum vga_state {
	VGA_TEXT,
	VGA_ESCAPE,		/* after ESC */
	VGA_SEQUENCE		/* after ESC [ */
};

/* Guarded by the console lock, as all of a console device. */
struct vga_text {
	/* Attribute in the high byte, character in the low one. */
	uint16_t cells[VGA_ROWS][VGA_COLUMNS];
	uint32_t dirty;		/* a bit for each row that has changed */
	unsigned int row, column;
	uint8_t attribute;
	bool reverse;
	enum vga_state state;
	unsigned int params[VGA_PARAMS];
	unsigned int nr_params;	/* of which the last may be growing */
};

/** vga_text_init - a blank screen, cursor at its top left. */
void vga_text_init(struct vga_text *vga);

/** vga_text_put - one byte of output. */
void vga_text_put(struct vga_text *vga, char c);

/** vga_text_check - do the invariants hold? */
bool vga_text_check(const struct vga_text *vga);

#endif /* X86_DEV_VGA_TEXT_H */
