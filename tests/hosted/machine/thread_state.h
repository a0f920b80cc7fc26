/*
 * tests/hosted/machine/thread_state.h -- registers of a program that has none
 * but a pc and a stack pointer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MACHINE_THREAD_STATE_H
#define MACHINE_THREAD_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/thread_status.h>

struct thread;

#define HOST_THREAD_STATE	1	/* two numbers, each in two words */
#define HOST_THREAD_STATE_COUNT	4
#define HOST_OWN_STATE		6	/* the same, of the caller, too */

kern_return_t machine_thread_get_state(struct thread *thread, int flavor,
				       natural_t *state, natural_t *count);
kern_return_t machine_thread_set_state(struct thread *thread, int flavor,
				       const natural_t *state,
				       natural_t count);
kern_return_t machine_thread_set_own_state(int flavor, const natural_t *state,
					   natural_t count);
bool machine_thread_state_is_own(int flavor);
bool machine_thread_state_has_result(int flavor);
kern_return_t machine_thread_state_flavors(natural_t *state,
					   natural_t *count);
void machine_thread_init_user(struct thread *thread);
uint32_t machine_xstate_size(void);

#endif /* MACHINE_THREAD_STATE_H */
