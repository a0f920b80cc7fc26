/*
 * x86/machine/thread_state.h -- registers of threads, as programs see them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a program sets is hostile: flags, selectors and floating-point words
 * that could harm anybody but its own thread are cut or refused.  Addresses
 * are taken as they are: the way to user mode by `iret' makes an exception of
 * what is no good (<machine/trap.h>, T4).
 */
#ifndef X86_MACHINE_THREAD_STATE_H
#define X86_MACHINE_THREAD_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/thread_status.h>

struct thread;

/**
 * machine_thread_get_state - read registers
 * machine_thread_set_state - write them
 * @thread:	a thread of a task that no CPU runs, nor will before the call
 *		returns; or the caller if machine_thread_state_is_own(), with
 *		interrupts off
 * @flavor:	i386_*_STATE
 * @state:	words, aligned as a long
 * @count:	in: room; out: words written
 *
 * Context: any; doesn't block, touches no user memory.
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT: flavor, count, or a value
 *	    that is refused; nothing has changed.
 * Defined: semantics.md, thread_get_state and thread_set_state.
 */
kern_return_t machine_thread_get_state(struct thread *thread, int flavor,
				       natural_t *state, natural_t *count);
kern_return_t machine_thread_set_state(struct thread *thread, int flavor,
				       const natural_t *state,
				       natural_t count);

/**
 * machine_thread_set_own_state - the same for the current thread
 *
 * What is in registers of the processor, not in memory, is loaded.
 *
 * Context: interrupts off, in a trap of the thread's.
 */
kern_return_t machine_thread_set_own_state(int flavor, const natural_t *state,
					   natural_t count);

/* Does a flavor hold the register that results of traps go to? */
bool machine_thread_state_has_result(int flavor);

/* May a thread get and set this flavor of itself? */
bool machine_thread_state_is_own(int flavor);

/**
 * machine_thread_state_flavors - the flavors that the old interface lists
 * @state:	out: their numbers
 * @count:	in: room; out: how many
 *
 * Return:  KERN_INVALID_ARGUMENT: not enough room.
 */
kern_return_t machine_thread_state_flavors(natural_t *state,
					   natural_t *count);

/** machine_thread_init_user - registers of user mode: those of a fresh thread.
 * Context: @thread is NEW. */
void machine_thread_init_user(struct thread *thread);

/** machine_xstate_size - bytes of i386_XFLOAT_STATE, its head included. */
uint32_t machine_xstate_size(void);

#endif /* X86_MACHINE_THREAD_STATE_H */
