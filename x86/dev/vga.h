/*
 * x86/dev/vga.h -- the VGA text screen as a console.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_VGA_H
#define X86_DEV_VGA_H

/**
 * vga_console_init - make the text screen a console
 *
 * Context: early start-up; the adapter's memory is in the direct map.
 */
void vga_console_init(void);

#endif /* X86_DEV_VGA_H */
