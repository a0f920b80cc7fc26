/*
 * x86/machine/context.h -- threads as the processor sees them.
 *
 * struct machine_thread is the first member of struct thread (kern/thread.h).
 *
 * A kernel stack, from its top downward: the frame of user registers (struct
 * trap_frame, at a fixed place so that user state can always be found), then
 * the calls of the thread.  A thread that is not running has its callee-saved
 * registers on its stack and saved_sp below them.
 *
 * Floating point: the kernel has none of its own, so only threads that are to
 * go to user mode have state, saved and loaded at every switch (x86/fpu.h); and
 * that from the first time on that they go, or somebody looks at it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_CONTEXT_H
#define X86_MACHINE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/pmap.h>

struct pmap;
struct thread;

/* Bases of segments, of a 64-bit program. */
struct machine_base {
	unsigned long	fs, gs;
};

/* Debug registers that it has set: SDM vol. 3, 17.2. */
struct machine_debug {
	uintptr_t	address[4];
	uint32_t	control;	/* DR7 but for fixed bits; 0: none */
	uint32_t	status;		/* DR6 of its last debug exception */
};

struct machine_thread {
	uintptr_t	saved_sp;	/* while not running */
	uintptr_t	stack_top;	/* (C) highest address of the stack */
	struct pmap	*pmap;		/* NULL: any will do, keep it */
	void		*fpu_area;	/* (C) for its state; NULL: none */
	void		*fpu;		/* the same, once there is state in it;
					 * NULL: not yet */
	struct machine_base base;	/* as the thread's registers */
	struct machine_debug debug;	/* the same */
};

/** machine_thread_of - the machine's part of @thread. */
static inline struct machine_thread *
machine_thread_of(struct thread *thread)
{
	return (struct machine_thread *)(void *)thread;
}

/**
 * machine_thread_init - make a thread ready for its first switch
 * @thread:	the thread; its md.pmap is left as it is
 * @stack:	lowest address of its kernel stack, aligned to 16
 * @size:	bytes of it
 * @start:	called on the new stack with what machine_switch() would have
 *		returned, interrupts off; must not return
 *
 * Context: any; the thread is not running.
 */
void machine_thread_init(struct thread *thread, void *stack, size_t size,
			 void (*start)(struct thread *prev));

/**
 * machine_thread_cache_init - be ready for machine_thread_add_user()
 *
 * Context: start-up, after slab_init().
 */
void machine_thread_cache_init(void);

/**
 * machine_thread_add_user - give a thread what it needs in user mode
 * @thread:	new, not started; its registers of user mode will be in their
 *		initial state
 *
 * Context: a thread that may block (KM_WAIT).
 * Return:  false: there is no memory, nothing is changed.
 */
__attribute__((warn_unused_result)) bool machine_thread_add_user(
	struct thread *thread);

/**
 * machine_thread_adopt - make the running flow of control a thread
 * @thread:	the thread, for instance the idle thread of the boot CPU
 * @stack_top:	highest address of the stack in use
 *
 * Context: interrupts off, no current thread; @thread is it from now on.
 */
void machine_thread_adopt(struct thread *thread, uintptr_t stack_top);

/** machine_boot_stack_top - highest address of the stack of startup_main(). */
uintptr_t machine_boot_stack_top(void);

/**
 * machine_thread_destroy - let go of what the machine holds for a thread
 * @thread:	a thread that will never run again
 *
 * Context: a thread; never blocks.
 */
void machine_thread_destroy(struct thread *thread);

/**
 * machine_switch - run another thread on this processor
 * @from:	the current thread
 * @to:		the thread to run; becomes current_thread()
 *
 * Switches the stack, the registers that calls preserve, the user state,
 * and the address space if @to has one that is not loaded.
 *
 * Context: interrupts off, and they are off when the call returns.
 * Return:  on @from's stack, when somebody switches to it again: the thread
 *	    that ran just before.
 */
struct thread *machine_switch(struct thread *from, struct thread *to);

#endif /* X86_MACHINE_CONTEXT_H */
