/*
 * utils/lib/uthread.h -- threads of a user program.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every stack, the first one too, has UTHREAD_STACK bytes and begins at a
 * multiple of that; what belongs to its thread lies at its lowest address.  So
 * a thread finds its own without a register for it.
 */
#ifndef UTILS_LIB_UTHREAD_H
#define UTILS_LIB_UTHREAD_H

#include <stdbool.h>
#include <stdint.h>

#include <mach.h>

#define UTHREAD_STACK	0x20000ul	/* as the kernel gives a boot task */

struct uthread {
	mach_port_t	reply_port;	/* for stubs; 0: none yet */
	bool		dropping;	/* the reply port is being dropped */
	mach_port_t	port;		/* its kernel port; first thread: 0 */
	void		(*run)(void *arg);
	void		*arg;
};

static inline struct uthread *
uthread_self(void)
{
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

	return (struct uthread *)(sp & ~(UTHREAD_STACK - 1));
}

/*
 * Make a thread that runs run(arg) and then ends; NULL without memory or with
 * too many threads.
 */
struct uthread *uthread_create(void (*run)(void *arg), void *arg);

/* The same, but it does not run until thread_resume() of its port. */
struct uthread *uthread_create_suspended(void (*run)(void *arg), void *arg);

/* Wait until it has ended, and free it. */
void uthread_join(struct uthread *thread);

/* Kill it wherever it is, wait and free it. */
void uthread_kill(struct uthread *thread);

/*
 * Make a thread of some task, which may be another with the same program in
 * it, call entry(arg) on the stack that ends at @stack_end.
 */
kern_return_t uthread_set_up(mach_port_t thread, void (*entry)(void *arg),
			     void *arg, uintptr_t stack_end);

#endif /* UTILS_LIB_UTHREAD_H */
