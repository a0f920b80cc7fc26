/*
 * x86/machine/backtrace.h -- the callers of a place in the kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_BACKTRACE_H
#define X86_MACHINE_BACKTRACE_H

#include <stdint.h>

struct machine_cpu;

/**
 * machine_backtrace - collect return addresses by the chain of frame pointers
 * @frame:	value of the frame-pointer register to start from (as in a
 *		struct trap_frame), or NULL for the caller's own
 * @pcs:	room for @max addresses; the innermost first
 * @max:	most addresses wanted
 *
 * Follows the chain only upward and only within mapped kernel stacks, so a
 * damaged chain ends the walk and does no harm.
 *
 * Context: any, NMI included; takes no locks.
 * Return:  how many addresses were stored.
 */
unsigned int machine_backtrace(const void *frame, uintptr_t *pcs,
			       unsigned int max);

/**
 * machine_backtrace_cpu - the same of another processor
 * @md:		of one that is stopped (<machine/smp.h>)
 * @frame:	value of its frame-pointer register, not NULL
 */
unsigned int machine_backtrace_cpu(const struct machine_cpu *md,
				   const void *frame, uintptr_t *pcs,
				   unsigned int max);

#endif /* X86_MACHINE_BACKTRACE_H */
