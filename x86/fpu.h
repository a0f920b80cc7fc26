/*
 * x86/fpu.h -- floating-point and vector registers.
 *
 * Private to x86/, i386/ and x86_64/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel has no use for these registers.  A thread that is to go to user
 * mode has an area for them; all others have none, and leave the registers as
 * they find them.  They are saved when such a thread leaves its processor and
 * loaded when it gets one: never later, so that it can go on anywhere.
 *
 * Invariants:
 *  F1	while a thread with an area runs its state is in the registers, and the
 *	area is out of date
 *  F2	while it does not run its state is in the area, and nowhere else
 *  F3	what is in an area passes x86_fpu_state_is_valid(): loading it never
 *	faults.  Who puts there what a user has sent checks it before
 *  F4	who writes to the area of the current thread loads it afterwards.
 *	(XSAVEOPT skips what was not changed since it was loaded from there.)
 *
 * How they are saved is found out at start-up: XSAVEOPT, XSAVE or FXSAVE; with
 * the first two, AVX and AVX-512 are enabled where the processor has them.
 */
#ifndef X86_FPU_H
#define X86_FPU_H

struct x86_fpu_format;

/**
 * x86_fpu_cpu_init - enable the registers on this processor
 *
 * The boot processor, which comes first, decides what is used.
 *
 * Context: start-up of the processor, interrupts off.
 */
void x86_fpu_cpu_init(void);

/** x86_fpu_format - the form of a state area; constant. */
const struct x86_fpu_format *x86_fpu_format(void);

/**
 * x86_fpu_save - from the registers to an area
 * x86_fpu_load - and back
 * @area:	of a thread
 *
 * Context: interrupts off, or the current thread's area: no switch may come
 *	    between.
 */
void x86_fpu_save(void *area);
void x86_fpu_load(const void *area);

#endif /* X86_FPU_H */
