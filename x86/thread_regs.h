/*
 * x86/thread_regs.h -- the parts of a thread's state that widths differ in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Private to x86/, i386/ and x86_64/.
 *
 * Debug registers: SDM vol. 3, 17.2.  A program may watch its own memory; what
 * is set never watches the kernel's.  The processor's registers are those of
 * the thread that it runs if that one, or the one before, has any set.
 */
#ifndef X86_THREAD_REGS_H
#define X86_THREAD_REGS_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/thread_status.h>
#include <machine/context.h>

struct trap_frame;

/* Copy registers out, or in; with @segments, the selectors too, which must be
 * of user mode: else KERN_INVALID_ARGUMENT. */
void x86_frame_get_state(const struct trap_frame *frame,
			 struct i386_thread_state *out);
kern_return_t x86_frame_set_state(struct trap_frame *frame,
				  const struct i386_thread_state *in,
				  bool segments);

/* The flags with those bits cut that a program may not set. */
uintptr_t x86_user_flags(uintptr_t flags);

/* Bases of the segments fs and gs (64 bits only). */
kern_return_t x86_base_set_state(struct machine_base *base,
				 const struct i386_fsgs_base_state *in);

/* Debug registers; @now: load them into this CPU's. */
void x86_debug_get_state(const struct machine_debug *debug,
			 struct i386_debug_state *out);
kern_return_t x86_debug_set_state(struct machine_debug *debug,
				  const struct i386_debug_state *in, bool now);

/* What machine_switch() does with both.  Interrupts are off. */
void x86_debug_switch(const struct machine_debug *from,
		      const struct machine_debug *to);
void x86_base_switch(const struct machine_base *from,
		     const struct machine_base *to);

/* A debug exception has come: which conditions, since the last one.  For
 * the current thread, interrupts off. */
uintptr_t x86_debug_status(struct machine_debug *debug);

#endif /* X86_THREAD_REGS_H */
