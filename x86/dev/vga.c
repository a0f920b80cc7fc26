/*
 * x86/dev/vga.c -- the VGA adapter in colour text mode, as firmware left it.
 *
 * Defined in: IBM PS/2 hardware interface technical reference, "Video
 * subsystem", CRT controller registers 0x0e and 0x0f (cursor location).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <stdint.h>

#include "kern/console.h"
#include "x86/dev/io.h"
#include "x86/dev/vga.h"
#include "x86/dev/vga_text.h"
#include <machine/physmem.h>

#define VGA_MEMORY		0xb8000

#define CRTC_INDEX		0x3d4
#define CRTC_DATA		0x3d5
#define CRTC_CURSOR_HIGH	0x0e
#define CRTC_CURSOR_LOW		0x0f

static struct vga_text vga_text;	/* console lock */

static void
vga_flush(struct vga_text *vga)
{
	volatile uint16_t *screen = phys_to_direct(VGA_MEMORY);

	while (vga->dirty != 0) {
		unsigned int row = (unsigned int)__builtin_ctz(vga->dirty);
		volatile uint16_t *to = screen + row * VGA_COLUMNS;

		for (unsigned int i = 0; i < VGA_COLUMNS; i++)
			to[i] = vga->cells[row][i];
		vga->dirty &= vga->dirty - 1;
	}
}

static void
vga_show_cursor(const struct vga_text *vga)
{
	unsigned int at = vga->row * VGA_COLUMNS + vga->column;

	io_write8(CRTC_INDEX, CRTC_CURSOR_HIGH);
	io_write8(CRTC_DATA, (uint8_t)(at >> 8));
	io_write8(CRTC_INDEX, CRTC_CURSOR_LOW);
	io_write8(CRTC_DATA, (uint8_t)at);
}

static void
vga_write(struct console_dev *dev, const char *text, size_t size)
{
	(void)dev;

	while (size-- > 0)
		vga_text_put(&vga_text, *text++);
	vga_flush(&vga_text);
	vga_show_cursor(&vga_text);
}

void
vga_console_init(void)
{
	static struct console_dev dev = { .name = "vga", .write = vga_write };

	vga_text_init(&vga_text);
	console_register(&dev);
}
