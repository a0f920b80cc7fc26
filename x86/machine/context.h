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
 * Floating point: the kernel has none of its own, so only threads that have
 * been to user mode (`user`) have state, saved and loaded at every switch.
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

#define FPU_AREA_SIZE	512	/* bytes: SDM vol. 1, 10.5, FXSAVE area */
#define FPU_AREA_ALIGN	16

struct machine_thread {
	uintptr_t	saved_sp;	/* while not running */
	uintptr_t	stack_top;	/* (C) highest address of the stack */
	struct pmap	*pmap;		/* NULL: any will do, keep it */
	bool		user;		/* has user registers and fpu state */
	uint8_t		fpu[FPU_AREA_SIZE]
				__attribute__((aligned(FPU_AREA_ALIGN)));
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
