/*
 * utils/lib/user_state.h -- registers of a thread, whatever their width.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef UTILS_LIB_USER_STATE_H
#define UTILS_LIB_USER_STATE_H

#include <stdint.h>

#include <mach/thread_status.h>

#if __SIZEOF_POINTER__ == 8
#define user_state_pc(state)		((state)->rip)
#define user_state_sp(state)		((state)->ursp)
#define user_state_result(state)	((state)->rax)
#else
#define user_state_pc(state)		((state)->eip)
#define user_state_sp(state)		((state)->uesp)
#define user_state_result(state)	((state)->eax)
#endif

/*
 * As if a function with one argument had just been called, which never
 * returns: on i386 the stack must be there to be written.
 */
#if __SIZEOF_POINTER__ == 8
static inline void
user_state_call(struct i386_thread_state *state, uintptr_t function,
		uintptr_t arg, uintptr_t stack_end)
{
	state->rdi = arg;
	state->rip = function;
	state->ursp = (stack_end & ~(uintptr_t)15) - sizeof(uintptr_t);
}
#else
static inline void
user_state_call(struct i386_thread_state *state, uintptr_t function,
		uintptr_t arg, uintptr_t stack_end)
{
	uintptr_t *sp = (uintptr_t *)(stack_end & ~(uintptr_t)15) - 4;

	*sp = arg;
	*--sp = 0;
	state->eip = function;
	state->uesp = (uintptr_t)sp;
}
#endif

#endif /* UTILS_LIB_USER_STATE_H */
