/*
 * x86/dev/irq_frame.h -- what a device interrupt has interrupted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_IRQ_FRAME_H
#define X86_DEV_IRQ_FRAME_H

struct trap_frame;

/**
 * x86_irq_frame - the registers that the interrupt being served has saved
 *
 * Context: a handler that machine_irq_register() was given.
 */
const struct trap_frame *x86_irq_frame(void);

#endif /* X86_DEV_IRQ_FRAME_H */
