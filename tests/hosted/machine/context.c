/*
 * tests/hosted/machine/context.c -- a kernel thread is a POSIX thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>

#include <machine/context.h>

#include "kern/assert.h"
#include "tests/hosted/machine/host_priv.h"

#define HOST_STACK_SIZE	((size_t)512 << 10)

/* values of machine_thread.wake */
#define HOST_WAKE_NOT	0u
#define HOST_WAKE_TOKEN	1u
#define HOST_WAKE_END	2u

_Static_assert(sizeof(pthread_t) <= sizeof(unsigned long),
	       "machine_thread.pthread holds a pthread_t");

/* Where the host thread leaves when the kernel thread will not run again. */
static __thread jmp_buf host_thread_end;

void
machine_thread_init(struct thread *t, void *stack, size_t size,
		    void (*start)(struct thread *prev))
{
	(void)stack;
	(void)size;
	t->md.start = start;
	t->md.adopted = false;
	t->md.has_pthread = false;
	t->md.wake = HOST_WAKE_NOT;
}

void
machine_thread_adopt(struct thread *t, uintptr_t stack_top)
{
	(void)stack_top;
	t->md.adopted = true;
	t->md.wake = HOST_WAKE_NOT;
	host_thread_self = t;
	cpu_set_current_thread(t);
}

uintptr_t
machine_boot_stack_top(void)
{
	return 0;
}

/* Wait until somebody hands a token to the calling thread. */
static void
host_thread_wait(struct thread *self)
{
	uint32_t wake = atomic_load_acquire(&self->md.wake);

	while (wake == HOST_WAKE_NOT) {
		host_futex_wait(&self->md.wake, HOST_WAKE_NOT);
		wake = atomic_load_acquire(&self->md.wake);
	}
	if (wake == HOST_WAKE_END)
		longjmp(host_thread_end, 1);
	atomic_store_relaxed(&self->md.wake, HOST_WAKE_NOT);
	host_token_set(self->md.cpu);
}

static void *
host_thread_main(void *arg)
{
	struct thread *self = arg;

	host_thread_self = self;
	if (setjmp(host_thread_end) == 0) {
		self->md.pthread = (unsigned long)pthread_self();
		host_token_set(self->md.cpu);
		self->md.start(self->md.prev);
		abort();
	}
	return NULL;
}

/* From here on @t runs, and may end before this returns. */
static void
host_thread_create(struct thread *t)
{
	pthread_attr_t attr;
	pthread_t pthread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, HOST_STACK_SIZE);
	t->md.has_pthread = true;
	if (pthread_create(&pthread, &attr, host_thread_main, t) != 0)
		abort();
	pthread_attr_destroy(&attr);
}

/* Set a thread's word and wake it.  It may be gone before we have. */
static void
host_thread_wake(struct thread *t, uint32_t wake)
{
	atomic_store_release(&t->md.wake, wake);
	host_futex_wake(&t->md.wake);
}

struct thread *
machine_switch(struct thread *from, struct thread *to)
{
	struct cpu *cpu = cpu_self();

	assert(!cpu->md.intr_enabled);
	if (to->md.pmap != NULL)
		machine_pmap_switch(to->md.pmap);
	cpu->md.current_thread = to;
	to->md.cpu = cpu;
	to->md.prev = from;
	host_token_set(NULL);
	if (to->md.adopted || to->md.has_pthread)
		host_thread_wake(to, HOST_WAKE_TOKEN);
	else
		host_thread_create(to);

	host_thread_wait(from);
	return from->md.prev;
}

void
machine_thread_destroy(struct thread *t)
{
	if (!t->md.has_pthread)
		return;
	host_thread_wake(t, HOST_WAKE_END);
	pthread_join((pthread_t)t->md.pthread, NULL);
	t->md.has_pthread = false;
}
