/*
 * kern/thread_act.c -- see kern/thread_act.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/thread_act.h"

#include <machine/cpu.h>
#include <machine/thread_state.h>

#include "kern/assert.h"
#include "kern/ast.h"
#include "kern/clock.h"
#include "kern/sched.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "lib/atomic.h"

/* Looks at a thread that another CPU runs before giving this one up. */
#define STOP_SPINS	1000u

/* ... which it leaves unseen if it blocks in the kernel. */
#define STOP_POLL_MS	1u

static bool
thread_is_to_be_held(const struct thread *t)
{
	return t->suspend_count > 0 || t->hold_count > 0 ||
	       task_is_suspended(t->task);
}

void
thread_set_unstarted(struct thread *t)
{
	assert(t->state == THREAD_NEW && t->suspend_count > 0);
	thread_ref(t);
	t->held = true;
	t->unstarted = true;
}

/* Take over what is unstarted; stop_lock is held. */
static bool
thread_take_unstarted(struct thread *t)
{
	spin_assert_held(&t->stop_lock);
	if (!t->unstarted)
		return false;
	assert(t->state == THREAD_NEW && t->held);		/* TA2 */
	t->unstarted = false;
	t->held = false;
	return true;
}

/* Something that held @t does so no more: have it look. */
static void
thread_let_look(struct thread *t)
{
	spin_assert_held(&t->stop_lock);
	if (!t->unstarted) {
		waitq_wake_all(&t->resumed);
		return;
	}
	if (!thread_is_to_be_held(t) && thread_take_unstarted(t)) {
		thread_start(t);
		thread_unref(t);
	}
}

void
thread_terminate_user(struct thread *t)
{
	bool is_mine;

	might_block();
	thread_terminate(t);
	spin_lock(&t->stop_lock);
	is_mine = thread_take_unstarted(t);
	spin_unlock(&t->stop_lock);
	if (is_mine) {
		thread_end_new(t);
		thread_unref(t);
	}
}

void
thread_stop_self(void)
{
	struct thread *self = current_thread();

	spin_lock(&self->stop_lock);
	for (;;) {
		/* What was interrupted, if anything, is over. */
		(void)thread_clear_interrupted();
		sched_clear_ast(AST_ABORT);
		if (thread_should_stop() || !thread_is_to_be_held(self))
			break;
		self->held = true;				/* TA2 */
		waitq_wake_all(&self->stopped);
		(void)waitq_wait(&self->resumed, &self->stop_lock,
				 WAIT_FOREVER, WAIT_INTERRUPTIBLE);
		self->held = false;
	}
	sched_clear_ast(AST_STOP);				/* TA1 */
	waitq_wake_all(&self->stopped);
	spin_unlock(&self->stop_lock);
}

void
thread_stop_post(struct thread *t)
{
	spin_lock(&t->stop_lock);
	sched_post_ast(t, AST_STOP);
	spin_unlock(&t->stop_lock);
}

void
thread_stop_wake(struct thread *t)
{
	spin_lock(&t->stop_lock);
	thread_let_look(t);
	spin_unlock(&t->stop_lock);
}

void
thread_hold(struct thread *t)
{
	spin_lock(&t->stop_lock);
	t->hold_count++;
	sched_post_ast(t, AST_STOP);				/* TA1 */
	spin_unlock(&t->stop_lock);
}

void
thread_release(struct thread *t)
{
	spin_lock(&t->stop_lock);
	assert(t->hold_count > 0);
	t->hold_count--;
	thread_let_look(t);
	spin_unlock(&t->stop_lock);
}

static void
thread_look(struct thread *t, void *arg)
{
	(void)t;
	(void)arg;
}

/* Give @t, which a CPU runs, a moment; false: the caller was interrupted. */
static bool
thread_give_time(struct thread *t)
{
	enum wait_result result = WAIT_OK;

	spin_lock(&t->stop_lock);
	if (!t->held)
		result = waitq_wait(&t->stopped, &t->stop_lock,
				    clock_deadline_ms(STOP_POLL_MS),
				    WAIT_INTERRUPTIBLE);
	spin_unlock(&t->stop_lock);
	return result != WAIT_INTERRUPTED;
}

/* Call @fn with @t as soon as no CPU runs it. */
static bool
thread_call_stopped(struct thread *t,
		    void (*fn)(struct thread *t, void *arg), void *arg)
{
	assert(t != current_thread());
	for (unsigned int turn = 0; !sched_call_off_cpu(t, fn, arg); turn++) {
		if (turn < STOP_SPINS)
			cpu_relax();
		else if (!thread_give_time(t))
			return false;
	}
	return true;
}

bool
thread_wait_stopped(struct thread *t)
{
	might_block();
	return thread_call_stopped(t, thread_look, NULL);
}

kern_return_t
thread_suspend(struct thread *t)
{
	might_block();
	spin_lock(&t->stop_lock);
	if (t->suspend_count == UINT_MAX) {
		spin_unlock(&t->stop_lock);
		return KERN_RESOURCE_SHORTAGE;
	}
	t->suspend_count++;
	sched_post_ast(t, AST_STOP);				/* TA1 */
	spin_unlock(&t->stop_lock);

	if (t == current_thread() || thread_wait_stopped(t))
		return KERN_SUCCESS;
	return KERN_ABORTED;
}

kern_return_t
thread_resume(struct thread *t)
{
	kern_return_t kr = KERN_FAILURE;

	spin_lock(&t->stop_lock);
	if (t->suspend_count > 0) {
		t->suspend_count--;
		thread_let_look(t);
		kr = KERN_SUCCESS;
	}
	spin_unlock(&t->stop_lock);
	return kr;
}

/* Wait a bit for @t to look; it may be ready, and others better. */
static enum wait_result
thread_wait_look(struct thread *t)
	REQUIRES(t->stop_lock)
{
	enum wait_result result;

	result = waitq_wait(&t->stopped, &t->stop_lock,
			    clock_deadline_ms(STOP_POLL_MS),
			    WAIT_INTERRUPTIBLE);
	if (result == WAIT_TIMED_OUT) {
		spin_unlock(&t->stop_lock);
		(void)sched_lend_to(t);
		spin_lock(&t->stop_lock);
	}
	return result;
}

kern_return_t
thread_abort(struct thread *t)
{
	enum wait_result result = WAIT_OK;

	might_block();
	if (t == current_thread())
		return KERN_SUCCESS;

	spin_lock(&t->stop_lock);
	if (!t->held) {
		sched_post_ast(t, AST_ABORT);
		thread_interrupt(t);
	}
	while ((atomic_load_relaxed(&t->ast) & AST_ABORT) != 0 &&
	       atomic_load_relaxed(&t->state) != THREAD_DEAD &&
	       result != WAIT_INTERRUPTED)
		result = thread_wait_look(t);
	spin_unlock(&t->stop_lock);
	return result == WAIT_INTERRUPTED ? KERN_ABORTED : KERN_SUCCESS;
}

/*
 * Registers.
 */

/* For the one that looks at, or changes, a thread that stands still. */
struct state_call {
	int		flavor;
	natural_t	*state;		/* out, or in */
	natural_t	*count;
	kern_return_t	kr;
};

static void
thread_read_state(struct thread *t, void *arg)
{
	struct state_call *call = arg;

	call->kr = KERN_FAILURE;
	if (t->state != THREAD_DEAD)
		call->kr = machine_thread_get_state(t, call->flavor,
						    call->state, call->count);
}

static void
thread_write_state(struct thread *t, void *arg)
{
	struct state_call *call = arg;

	call->kr = KERN_FAILURE;
	if (t->state != THREAD_DEAD)
		call->kr = machine_thread_set_state(t, call->flavor,
						    call->state, *call->count);
}

/* The caller's own: with interrupts off, since the switch saves and loads
 * what is looked at. */
static kern_return_t
thread_own_state(struct thread *self, struct state_call *call,
		 void (*fn)(struct thread *t, void *arg))
{
	intr_state_t state;

	if (!machine_thread_state_is_own(call->flavor))
		return KERN_INVALID_ARGUMENT;
	state = cpu_intr_save();
	fn(self, call);
	cpu_intr_restore(state);
	return call->kr;
}

kern_return_t
thread_set_own_state(int flavor, const natural_t *state, natural_t count)
{
	intr_state_t intr = cpu_intr_save();
	kern_return_t kr;

	kr = machine_thread_set_own_state(flavor, state, count);
	cpu_intr_restore(intr);
	return kr;
}

static kern_return_t
thread_access_state(struct thread *t, struct state_call *call,
		    void (*fn)(struct thread *t, void *arg))
{
	bool stopped;

	might_block();
	if (t == current_thread())
		return thread_own_state(t, call, fn);

	thread_hold(t);
	stopped = thread_call_stopped(t, fn, call);
	thread_release(t);
	return stopped ? call->kr : KERN_ABORTED;
}

kern_return_t
thread_get_state(struct thread *t, int flavor, natural_t *state,
		 natural_t *count)
{
	struct state_call call = {
		.flavor = flavor, .state = state, .count = count,
	};

	if (flavor == THREAD_STATE_FLAVOR_LIST)
		return machine_thread_state_flavors(state, count);
	return thread_access_state(t, &call, thread_read_state);
}

kern_return_t
thread_set_state(struct thread *t, int flavor, const natural_t *state,
		 natural_t count)
{
	struct state_call call = {
		.flavor = flavor, .state = (natural_t *)(uintptr_t)state,
		.count = &count,
	};

	return thread_access_state(t, &call, thread_write_state);
}
