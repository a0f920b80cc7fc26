/*
 * x86/dev/vga_text.c -- see x86/dev/vga_text.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lib/macros.h"
#include "lib/string.h"
#include "x86/dev/vga_text.h"

#define VGA_ALL_ROWS	((1u << VGA_ROWS) - 1)
#define VGA_BRIGHT	0x08u
#define VGA_TAB		8u
#define VGA_PARAM_MAX	999u

static uint16_t
vga_cell(const struct vga_text *vga, char c)
{
	unsigned int attribute = vga->attribute;

	if (vga->reverse)
		attribute = (attribute & 0x88) | (attribute & 0x07) << 4
			    | (attribute >> 4 & 0x07);
	return (uint16_t)(attribute << 8 | (uint8_t)c);
}

/* Blank the columns from @from to @to, @to not included, of one row. */
static void
vga_blank(struct vga_text *vga, unsigned int row, unsigned int from,
	  unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		vga->cells[row][i] = (uint16_t)(vga->attribute << 8 | ' ');
	vga->dirty |= 1u << row;
}

void
vga_text_init(struct vga_text *vga)
{
	memset(vga, 0, sizeof *vga);
	vga->attribute = VGA_NORMAL;
	for (unsigned int row = 0; row < VGA_ROWS; row++)
		vga_blank(vga, row, 0, VGA_COLUMNS);
}

static void
vga_newline(struct vga_text *vga)
{
	vga->column = 0;
	if (vga->row + 1 < VGA_ROWS) {
		vga->row++;
		return;
	}
	memmove(vga->cells[0], vga->cells[1],
		(VGA_ROWS - 1) * sizeof vga->cells[0]);
	vga_blank(vga, VGA_ROWS - 1, 0, VGA_COLUMNS);
	vga->dirty = VGA_ALL_ROWS;
}

static void
vga_put_char(struct vga_text *vga, char c)
{
	if (vga->column == VGA_COLUMNS)
		vga_newline(vga);
	vga->cells[vga->row][vga->column++] = vga_cell(vga, c);
	vga->dirty |= 1u << vga->row;
}

static void
vga_put_text(struct vga_text *vga, char c)
{
	switch (c) {
	case '\033':
		vga->state = VGA_ESCAPE;
		break;
	case '\n':
		vga_newline(vga);
		break;
	case '\r':
		vga->column = 0;
		break;
	case '\b':
		if (vga->column > 0)
			vga->column--;
		break;
	case '\t':
		do
			vga_put_char(vga, ' ');
		while (vga->column % VGA_TAB != 0);
		break;
	case '\a':
	case '\0':
		break;
	default:
		vga_put_char(vga, c);
		break;
	}
}

/* Parameter @n, counted from 0; absent or 0: @otherwise. */
static unsigned int
vga_param(const struct vga_text *vga, unsigned int n, unsigned int otherwise)
{
	if (n >= vga->nr_params || vga->params[n] == 0)
		return otherwise;
	return vga->params[n];
}

static void
vga_move(struct vga_text *vga)
{
	vga->row = MIN(vga_param(vga, 0, 1), VGA_ROWS) - 1;
	vga->column = MIN(vga_param(vga, 1, 1), VGA_COLUMNS) - 1;
}

static void
vga_erase_line(struct vga_text *vga)
{
	vga_blank(vga, vga->row, vga->column, VGA_COLUMNS);
}

static void
vga_erase_screen(struct vga_text *vga)
{
	unsigned int row = 0;

	if (vga_param(vga, 0, 0) != 2) {
		vga_erase_line(vga);
		row = vga->row + 1;
	}
	for (; row < VGA_ROWS; row++)
		vga_blank(vga, row, 0, VGA_COLUMNS);
}

/* ECMA-48 counts colours by red, green, blue from bit 0; VGA from bit 2. */
static uint8_t
vga_colour(unsigned int colour)
{
	return (uint8_t)((colour & 1) << 2 | (colour & 2) | (colour & 4) >> 2);
}

static void
vga_set_attribute(struct vga_text *vga, unsigned int param)
{
	if (param == 0) {
		vga->attribute = VGA_NORMAL;
		vga->reverse = false;
	} else if (param == 1) {
		vga->attribute |= VGA_BRIGHT;
	} else if (param == 7) {
		vga->reverse = true;
	} else if (param >= 30 && param <= 37) {
		vga->attribute &= 0xf8;
		vga->attribute |= vga_colour(param - 30);
	} else if (param >= 40 && param <= 47) {
		vga->attribute &= 0x8f;
		vga->attribute |= (uint8_t)(vga_colour(param - 40) << 4);
	}
}

static void
vga_put_sequence(struct vga_text *vga, char c)
{
	if (c >= '0' && c <= '9') {
		unsigned int *param = &vga->params[vga->nr_params - 1];

		*param = MIN(*param * 10 + (unsigned int)(c - '0'),
			     VGA_PARAM_MAX);
		return;
	}
	if (c == ';') {
		/* Too many: the last one takes what comes. */
		if (vga->nr_params < VGA_PARAMS)
			vga->nr_params++;
		vga->params[vga->nr_params - 1] = 0;
		return;
	}
	/* Intermediate bytes and private marks; the final byte is above. */
	if (c >= ' ' && c < '@')
		return;

	vga->state = VGA_TEXT;
	switch (c) {
	case 'H':
		vga_move(vga);
		break;
	case 'J':
		vga_erase_screen(vga);
		break;
	case 'K':
		vga_erase_line(vga);
		break;
	case 'm':
		for (unsigned int i = 0; i < vga->nr_params; i++)
			vga_set_attribute(vga, vga->params[i]);
		break;
	default:
		break;
	}
}

void
vga_text_put(struct vga_text *vga, char c)
{
	switch (vga->state) {
	case VGA_TEXT:
		vga_put_text(vga, c);
		break;
	case VGA_ESCAPE:
		vga->state = c == '[' ? VGA_SEQUENCE : VGA_TEXT;
		vga->params[0] = 0;
		vga->nr_params = 1;
		break;
	case VGA_SEQUENCE:
		vga_put_sequence(vga, c);
		break;
	}
}

bool
vga_text_check(const struct vga_text *vga)
{
	return vga->row < VGA_ROWS && vga->column <= VGA_COLUMNS
	       && vga->nr_params <= VGA_PARAMS;
}
