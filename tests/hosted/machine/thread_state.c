/*
 * tests/hosted/machine/thread_state.c -- registers that are only stored.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/thread_state.h>

#include <machine/user.h>

#include "kern/thread.h"
#include "lib/string.h"

bool
machine_thread_state_is_own(int flavor)
{
	return flavor == HOST_OWN_STATE;
}

bool
machine_thread_state_has_result(int flavor)
{
	(void)flavor;
	return false;
}

static bool
flavor_is_served(int flavor)
{
	return flavor == HOST_THREAD_STATE || flavor == HOST_OWN_STATE;
}

kern_return_t
machine_thread_get_state(struct thread *thread, int flavor, natural_t *state,
			 natural_t *count)
{
	const struct trap_frame *frame = machine_user_frame(thread);
	const uint64_t words[2] = { frame->pc, frame->sp };

	if (!flavor_is_served(flavor) || *count < HOST_THREAD_STATE_COUNT)
		return KERN_INVALID_ARGUMENT;
	memcpy(state, words, sizeof words);
	*count = HOST_THREAD_STATE_COUNT;
	return KERN_SUCCESS;
}

kern_return_t
machine_thread_set_state(struct thread *thread, int flavor,
			 const natural_t *state, natural_t count)
{
	struct trap_frame *frame = machine_user_frame(thread);
	uint64_t words[2];

	if (!flavor_is_served(flavor) || count < HOST_THREAD_STATE_COUNT)
		return KERN_INVALID_ARGUMENT;
	memcpy(words, state, sizeof words);
	frame->pc = (uintptr_t)words[0];
	frame->sp = (uintptr_t)words[1];
	return KERN_SUCCESS;
}

kern_return_t
machine_thread_state_flavors(natural_t *state, natural_t *count)
{
	if (*count < 1)
		return KERN_INVALID_ARGUMENT;
	state[0] = HOST_THREAD_STATE;
	*count = 1;
	return KERN_SUCCESS;
}

void
machine_thread_init_user(struct thread *thread)
{
	trap_frame_init_user(machine_user_frame(thread), 0, 0);
}

uint32_t
machine_xstate_size(void)
{
	return 512;
}

kern_return_t
machine_thread_set_own_state(int flavor, const natural_t *state,
			     natural_t count)
{
	return machine_thread_set_state(current_thread(), flavor, state,
					count);
}
