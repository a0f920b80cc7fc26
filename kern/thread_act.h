/*
 * kern/thread_act.h -- stopping threads of tasks, and what they look like then.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A thread is held while its suspend count, its hold count or its task's
 * suspend count is not 0.  Held means: it does not enter user mode; it waits
 * on its way there (trap_hook_return_user()), its registers of user mode
 * saved, results of traps in them.  In the kernel it goes on until it comes
 * there.  So whoever holds a thread and then finds that no CPU runs it may
 * look at its registers, and nobody changes memory through it any more but
 * what a trap in progress has to.
 *
 * A thread that is made suspended does not even run before nothing holds it: it
 * is NEW, with its registers of user mode in their place, and unstarted.  Who
 * lets it go starts it; who ends it before does the work of its end.
 *
 * Counts are changed with thread->stop_lock held, and AST_STOP is posted with
 * it held; the thread takes the bit away under the same lock when it finds
 * that nothing holds it.
 *
 * Lock order:	task->lock  >  thread->stop_lock  >  wait_lock, run queue
 *
 * Invariants:
 *  TA1	a thread that is to be held, and may be in user mode, has AST_STOP set
 *  TA2	thread->held is set only while the thread waits on thread->resumed, or
 *	is unstarted: NEW, and nobody else will start it
 */
#ifndef KERN_THREAD_ACT_H
#define KERN_THREAD_ACT_H

#include <stdbool.h>

#include <mach/kern_return.h>
#include <mach/machine/vm_types.h>

#include "lib/macros.h"

struct thread;

/**
 * thread_suspend - raise a thread's suspend count, and wait until it stopped
 * @t:		a thread of a task; the caller, too, which then stops on its way
 *		to user mode
 *
 * Context: a thread with a reference on @t, no locks held; blocks.
 * Return:  KERN_SUCCESS; KERN_ABORTED: the caller was interrupted while it
 *	    waited, the count is raised.
 * Defined: semantics.md, thread_suspend.
 */
kern_return_t thread_suspend(struct thread *t);

/**
 * thread_set_unstarted - a new thread is to begin when nothing holds it
 * @t:		NEW, with a suspend count, not yet part of its task; gets a
 *		reference to itself
 */
void thread_set_unstarted(struct thread *t);

/**
 * thread_terminate_user - end a thread of a task
 * @t:		may be the caller, which is only asked
 *
 * thread_terminate(); one that is unstarted has ended when this returns.
 *
 * Context: a thread with a reference on @t, no locks held; blocks.
 */
void thread_terminate_user(struct thread *t);

/* Lower the count; KERN_FAILURE if it is 0. */
kern_return_t thread_resume(struct thread *t);

/**
 * thread_hold - keep a thread from user mode, for a moment
 * thread_release - no longer
 * @t:		a thread of a task
 *
 * Context: neither blocks.
 */
void thread_hold(struct thread *t);
void thread_release(struct thread *t);

/**
 * thread_wait_stopped - wait until no CPU runs a thread that is held
 * @t:		held by the caller, not the caller itself
 *
 * Context: blocks; the caller has a reference on @t.
 * Return:  false: the caller was interrupted.
 */
bool thread_wait_stopped(struct thread *t);

/**
 * thread_abort - break a thread out of the trap that it is in
 * @t:		a thread of a task
 *
 * Its interruptible waits end, and the call waits until it is on its way to
 * user mode, the result of the trap in its registers.  It gets there even if
 * better threads want its CPUs: it has some of the caller's time, on the
 * caller's.  Without effect on a thread that is there already.
 *
 * Context: a thread with a reference on @t, no locks held; blocks.
 * Return:  KERN_SUCCESS; KERN_ABORTED: the caller was interrupted meanwhile.
 * Defined: semantics.md, thread_abort.
 */
kern_return_t thread_abort(struct thread *t);

/**
 * thread_get_state - the registers of another thread
 * thread_set_state - change them
 * @t:		a thread of a task; not the caller, but for debug registers
 * @flavor:	of <mach/machine/thread_status.h>, or THREAD_STATE_FLAVOR_LIST
 * @state:	words, aligned as a long
 * @count:	in: room in words; out: words written
 *
 * The thread need not be suspended: it is held for the call.
 *
 * Context: blocks; the caller has a reference on @t, no locks held.
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT: the caller itself, flavor,
 *	    count, or a value that a user may not choose; KERN_FAILURE: @t has
 *	    ended; KERN_ABORTED: the caller was interrupted.  But for the
 *	    first, nothing has changed.
 * Defined: semantics.md, thread_get_state.
 */
MUST_CHECK kern_return_t thread_get_state(struct thread *t, int flavor,
					  natural_t *state, natural_t *count);
MUST_CHECK kern_return_t thread_set_state(struct thread *t, int flavor,
					  const natural_t *state,
					  natural_t count);

/* thread_set_state() of the caller: every flavor.  Registers that it has in the
 * trap in progress are replaced, but for the result (semantics.md,
 * thread_set_self_state). */
MUST_CHECK kern_return_t thread_set_own_state(int flavor,
					      const natural_t *state,
					      natural_t count);

/**
 * thread_stop_self - wait while the calling thread is held
 *
 * What thread_stop_hook is, and what a new thread does before it enters user
 * mode for the first time.  Ends early if the thread is to end.
 *
 * Context: a thread of a task, no locks held; blocks.
 */
void thread_stop_self(void);

/* The task's suspend count has changed: post AST_STOP to a thread of it, or
 * let it look whether it is still held.  Context: any but interrupts. */
void thread_stop_post(struct thread *t);
void thread_stop_wake(struct thread *t);

#endif /* KERN_THREAD_ACT_H */
