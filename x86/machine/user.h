/*
 * x86/machine/user.h -- going to user mode, and its registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_USER_H
#define X86_MACHINE_USER_H

#include <machine/trap.h>

struct thread;

/**
 * machine_enter_user - the current thread leaves for user mode
 * @frame:	its registers there, for instance by trap_frame_init_user();
 *		may be on the stack of the caller
 *
 * Floating point starts in its initial state.  Flags and selectors of
 * @frame that a user may not choose are replaced by the permitted ones.
 *
 * Context: a thread that machine_thread_add_user() was called for; no locks
 *	    held; interrupts on or off.
 */
__attribute__((noreturn)) void machine_enter_user(
	const struct trap_frame *frame);

/**
 * machine_resume_user - the same, with the registers that the thread has
 *
 * Those that machine_thread_init_user() and machine_thread_set_state() have
 * set.
 *
 * Context: as machine_enter_user().
 */
__attribute__((noreturn)) void machine_resume_user(void);

/**
 * machine_user_frame - the registers of a thread in user mode
 * @thread:	a thread that has been to user mode
 *
 * After changing anything but the result of a trap call trap_frame_changed().
 *
 * Context: @thread is current, or is not running.
 * Return:  where they are saved while the thread is in the kernel.
 */
struct trap_frame *machine_user_frame(struct thread *thread);

#endif /* X86_MACHINE_USER_H */
