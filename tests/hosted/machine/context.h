/*
 * tests/hosted/machine/context.h -- threads of the kernel as POSIX threads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The POSIX thread is made when the thread is switched to for the first time,
 * runs on a stack of its own (the kernel stack is only counted), and ends
 * when machine_thread_destroy() says that it will not run again.
 */
#ifndef MACHINE_CONTEXT_H
#define MACHINE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/trap.h>

struct cpu;
struct pmap;
struct thread;

/* Field protection: (C) set at creation, (S) who switches to or from the
 * thread, (A) atomic. */
struct machine_thread {
	struct pmap *pmap;		/* NULL: any will do */
	void	(*start)(struct thread *prev);	/* (C) */
	unsigned long pthread;		/* (S) pthread_t, if there is one */
	bool	has_pthread;		/* (S) made by machine_switch() */
	bool	adopted;		/* (C) runs on a host thread that was
					 * there before */
	uint32_t wake;			/* (A) a futex: a token was handed over,
					 * or the thread is to end */
	struct cpu *cpu;		/* (S) token handed over */
	struct thread *prev;		/* (S) who handed it over */
	struct trap_frame user;		/* registers of "user mode" */
};

/* The machine's part of @t, its first member. */
static inline struct machine_thread *
machine_thread_of(struct thread *t)
{
	return (struct machine_thread *)(void *)t;
}

void machine_thread_init(struct thread *t, void *stack, size_t size,
			 void (*start)(struct thread *prev));

/* The calling host thread, which holds a token, is this thread. */
void machine_thread_adopt(struct thread *t, uintptr_t stack_top);
uintptr_t machine_boot_stack_top(void);

/* Programs have no registers of their own here. */
static inline void
machine_thread_cache_init(void)
{
}

__attribute__((warn_unused_result)) static inline bool
machine_thread_add_user(struct thread *t)
{
	(void)t;
	return true;
}

void machine_thread_destroy(struct thread *t);

/*
 * Hand this CPU to @to.  Returns when somebody hands a CPU to @from: the
 * thread that ran there before.  Context: interrupts off.
 */
struct thread *machine_switch(struct thread *from, struct thread *to);

void machine_pmap_switch(struct pmap *pmap);

#endif /* MACHINE_CONTEXT_H */
