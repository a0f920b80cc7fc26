/*
 * x86/fpu.h -- floating-point and vector registers.
 *
 * Private to x86/, i386/ and x86_64/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel has no use for these registers.  A thread that is to go to user
 * mode has an area for them; all others have none, and leave the registers as
 * they find them, as it does itself until it first goes, or somebody asks for
 * its state: only then is there some (F5).  They are saved when such a thread
 * leaves its processor and loaded when it gets one: never later, so that it can
 * go on anywhere.
 *
 * Invariants:
 *  F1	while a thread with state runs, that is in the registers, and the
 *	area is out of date
 *  F2	while it does not run its state is in the area, and nowhere else
 *  F3	what is in an area passes x86_fpu_state_is_valid(): loading it never
 *	faults.  Who puts there what a user has sent checks it before
 *  F4	who writes to the area of the current thread loads it afterwards.
 *	(XSAVEOPT skips what was not changed since it was loaded from there.)
 *  F5	an area without state, machine_thread.fpu being NULL, holds what another
 *	thread left there: nobody looks at it
 *
 * How they are saved is found out at start-up: XSAVEOPT, XSAVE or FXSAVE; with
 * the first two, AVX and AVX-512 are enabled where the processor has them.
 */
#ifndef X86_FPU_H
#define X86_FPU_H

struct machine_thread;
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
 * x86_fpu_begin - have there be state in a thread's area
 * @md:		of a thread that has an area
 *
 * The initial state, unless there was some already.
 *
 * Context: the thread is not running; or it is the current one, in the kernel
 *	    since it began, interrupts off, and loads the state afterwards.
 */
void x86_fpu_begin(struct machine_thread *md);

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
