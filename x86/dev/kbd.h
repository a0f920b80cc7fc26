/*
 * x86/dev/kbd.h -- the keyboard, which goes with the VGA screen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_KBD_H
#define X86_DEV_KBD_H

/**
 * kbd_init - let the keyboard's characters be console input
 *
 * Without a keyboard controller, or with one that does not answer in time, says
 * so and does nothing.
 *
 * Context: start-up, after machine_irq_init(), interrupts off.
 */
void kbd_init(void);

#endif /* X86_DEV_KBD_H */
