/*
 * tests/user/calls_gsync.c -- waits on words of memory.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who wakes whom is in test_tasks; here is each answer.
 */
#include "tests/user/calls.h"

#include "utils/lib/uthread.h"

/* As glibc has them: no kernel header does. */
#define QUAD		2
#define TIMED		4

static volatile int word[2] __attribute__((aligned(8)));

static kern_return_t
call_wait(vm_address_t address, unsigned int value, int flags)
{
	return gsync_wait(ports.self, address, value, 0, 1, flags);
}

static void
wait_run(void *arg)
{
	*(kern_return_t *)arg = call_wait((vm_address_t)word, 0, 0);
}

/* What a thread is answered that @end is done to while it waits. */
static void
want_when(kern_return_t want, kern_return_t (*end)(mach_port_t thread))
{
	kern_return_t answer = KERN_FAILURE;
	struct uthread *thread = uthread_create(wait_run, &answer);

	if (!tap_ok(thread != NULL, "a thread"))
		return;
	calls_wait_waiting(thread->port);
	WANT(KERN_SUCCESS, end(thread->port));
	uthread_join(thread);
	tap_is(answer, want, "the answer to who waits");
}

static kern_return_t
end_abort(mach_port_t thread)
{
	return thread_abort(thread);
}

static kern_return_t
end_wake(mach_port_t thread)
{
	(void)thread;
	return gsync_wake(ports.self, (vm_address_t)word, 0, 0);
}

/* There is nobody at the second word but who is put there. */
static kern_return_t
end_requeue(mach_port_t thread)
{
	(void)thread;
	WANT(KERN_SUCCESS, gsync_requeue(
		ports.self, (vm_address_t)&word[0], (vm_address_t)&word[1],
		FALSE, 0));
	return gsync_wake(ports.self, (vm_address_t)&word[1], 0, 0);
}

void
calls_gsync(void)
{
	const vm_address_t address = (vm_address_t)word;

	calls_state_take();
	WANT(KERN_INVALID_ADDRESS, call_wait(address + 2, 0, 0));
	WANT(KERN_INVALID_ADDRESS, call_wait(USER_FAR, 0, 0));
	WANT(KERN_INVALID_ARGUMENT, call_wait(address, 1, 0));
	WANT(KERN_TIMEDOUT, call_wait(address, 0, TIMED));
	WANT(KERN_TIMEDOUT, call_wait(address, 0, TIMED | QUAD));
	word[1] = 5;
	WANT(KERN_INVALID_ARGUMENT, call_wait(address, 0, TIMED | QUAD));
	word[1] = 0;
	want_when(KERN_INTERRUPTED, end_abort);
	want_when(KERN_SUCCESS, end_wake);
	want_when(KERN_SUCCESS, end_requeue);
	calls_state_check("waits on words");
}
