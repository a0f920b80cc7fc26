/*
 * kern/sched.c -- see kern/sched.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The switch: with the run queue's lock held, the thread that leaves chooses
 * the next and calls machine_switch(); the next lets the lock go on its own
 * stack (sched_finish_switch()).  So sched_wake(), which needs that lock too,
 * sees a thread either still on its CPU, and then just takes the wait back,
 * or gone from it, and then it may be queued.
 */

#include "kern/sched.h"

#include "kern/assert.h"
#include "kern/ast.h"
#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/sched_priv.h"
#include "kern/thread.h"

/* (A) where threads of tasks run */
static uint32_t sched_user_set = THREAD_ANY_CPU;

/* (A) does the boot CPU run threads? */
static bool sched_running;

/* Lock the run queue that @t belongs to (TH1).  Interrupts are off.  Callers
 * tell the compiler what they hold by spin_assert_held(). */
static struct runq * UNCHECKED_LOCKING
sched_lock_thread(struct thread *t)
{
	for (;;) {
		unsigned int cpu = atomic_load_relaxed(&t->cpu);
		struct runq *rq = &cpus[cpu].runq;

		spin_lock(&rq->lock);
		/* If it was moved here: after all that was done there. */
		if (likely(atomic_load_acquire(&t->cpu) == cpu))
			return rq;
		spin_unlock(&rq->lock);
	}
}

void
sched_set_user_cpus(uint32_t cpu_set)
{
	assert((cpu_set & cpu_mask_all()) != 0);
	atomic_store_relaxed(&sched_user_set, cpu_set);
}

uint32_t
sched_user_cpus(void)
{
	return atomic_load_relaxed(&sched_user_set);
}

/* A CPU where @t may run: this one, or one that is idle, if that is so. */
static unsigned int
sched_cpu_for(const struct thread *t)
{
	uint32_t may = atomic_load_relaxed(&t->cpu_set) & cpu_mask_all();
	uint32_t idle = may & sched_idle_cpus();

	if ((may >> cpu_id() & 1) != 0)
		return cpu_id();
	return (unsigned int)__builtin_ctz(idle != 0 ? idle : may);
}

/* Have @t, which is on no queue and not running, belong to @cpu. */
static void
sched_give(struct thread *t, unsigned int cpu)
{
	struct runq *rq = sched_lock_thread(t);

	spin_assert_held(&rq->lock);
	assert(!t->on_runq && rq->current != t);
	atomic_store_release(&t->cpu, cpu);			/* TH1 */
	spin_unlock(&rq->lock);
}

void
sched_start(struct thread *t)
{
	unsigned int cpu = sched_cpu_for(t);

	if (atomic_load_relaxed(&t->cpu) != cpu)
		sched_give(t, cpu);
	sched_wake(t);
}

void
sched_set_cpus(struct thread *t, uint32_t cpu_set)
{
	intr_state_t state = cpu_intr_save();
	struct runq *rq = sched_lock_thread(t);
	bool queued = t->on_runq;

	spin_assert_held(&rq->lock);
	assert((cpu_set & cpu_mask_all()) != 0);
	if (queued)
		runq_remove(rq, t);
	atomic_store_relaxed(&t->cpu_set, cpu_set);
	t->bound = IS_POWER_OF_2(cpu_set);
	if (queued)
		runq_add(rq, t, false);
	spin_unlock(&rq->lock);

	sched_post_ast(t, AST_MOVE);
	if (queued)
		sched_kick_idle(cpu_set);
	cpu_intr_restore(state);
}

bool
sched_is_running(void)
{
	return atomic_load_relaxed(&sched_running);
}

void
sched_set_running(bool running)
{
	atomic_store_relaxed(&sched_running, running);
	if (running)
		return;
	sched_balance_reset();
	atomic_store_relaxed(&sched_epoch, 0u);
}

/*
 * Priorities.
 */

/* Find out the priority of @t anew, and queue it by that if it is queued. */
static void
sched_requeue(struct runq *rq, struct thread *t)
	REQUIRES(rq->lock)
{
	bool queued = t->on_runq;

	if (queued)
		runq_remove(rq, t);
	sched_refresh(t);
	if (queued)
		runq_add(rq, t, false);
}

void
sched_thread_init(struct thread *t, int priority)
{
	assert(priority >= 0 && priority <= PRI_IDLE);
	t->priority = (uint8_t)priority;
	t->sched_pri = (uint8_t)priority;
	t->quantum = SCHED_QUANTUM;
	t->usage_epoch = atomic_load_relaxed(&sched_epoch);
}

void
thread_set_priority(struct thread *t, int priority)
{
	intr_state_t state;
	struct runq *rq;

	assert(priority >= 0 && priority <= PRI_LOWEST);
	state = cpu_intr_save();
	rq = sched_lock_thread(t);
	spin_assert_held(&rq->lock);
	t->priority = (uint8_t)priority;
	sched_requeue(rq, t);
	spin_unlock_intr(&rq->lock, state);
}

/*
 * Waking.
 */

void
sched_resched(struct runq *rq)
{
	struct cpu *cpu = container_of(rq, struct cpu, runq);
	/* If it is to do so already, it was interrupted already. */
	uint32_t before = atomic_fetch_or(&cpu->ast_pending, AST_RESCHED);

	if (cpu != cpu_self() && (before & AST_RESCHED) == 0)
		sched_kick(cpu->id);
}

/* Is the CPU of @rq idle, and has just one thread to run? */
static bool
sched_runs_next(const struct runq *rq)
	REQUIRES(rq->lock)
{
	const struct cpu *cpu = container_of(rq, struct cpu, runq);

	return rq->current == cpu->idle && rq->count == 1;
}

void
sched_ready(struct runq *rq, struct thread *t, bool at_head)
{
	atomic_store_relaxed(&t->state, THREAD_READY);
	sched_refresh(t);
	runq_add(rq, t, at_head);
	if (t->sched_pri < rq->current->sched_pri)
		sched_resched(rq);
}

void
sched_wake(struct thread *t)
{
	struct runq *rq = sched_lock_thread(t);
	bool queued = t != rq->current;
	uint32_t others = 0;

	spin_assert_held(&rq->lock);
	if (queued)
		sched_ready(rq, t, false);
	else
		atomic_store_relaxed(&t->state, THREAD_RUNNING);
	/* Once it is let go, the thread may be anywhere, or nowhere. */
	if (queued && !t->bound && !sched_runs_next(rq))
		others = t->cpu_set;
	spin_unlock(&rq->lock);

	if (others != 0)
		sched_kick_idle(others);
}

void
sched_post_ast(struct thread *t, uint32_t bits)
{
	intr_state_t state = cpu_intr_save();
	struct runq *rq;

	/* The switch copies the bits with the lock held. */
	atomic_fetch_or(&t->ast, bits);
	rq = sched_lock_thread(t);
	spin_assert_held(&rq->lock);
	if (rq->current == t) {
		struct cpu *cpu = container_of(rq, struct cpu, runq);

		atomic_fetch_or(&cpu->ast_pending, bits);
		if (cpu != cpu_self())
			sched_kick(cpu->id);
	}
	spin_unlock_intr(&rq->lock, state);
}

void
sched_clear_ast(uint32_t bits)
{
	intr_state_t state = cpu_intr_save();

	atomic_fetch_and(&current_thread()->ast, ~bits);
	atomic_fetch_and(&cpu_self()->ast_pending, ~bits);
	cpu_intr_restore(state);
}

bool
sched_call_off_cpu(struct thread *t, void (*fn)(struct thread *t, void *arg),
		   void *arg)
{
	intr_state_t state = cpu_intr_save();
	struct runq *rq = sched_lock_thread(t);
	bool off;

	spin_assert_held(&rq->lock);
	off = rq->current != t;
	if (off)
		fn(t, arg);
	spin_unlock_intr(&rq->lock, state);
	return off;
}

/*
 * Switching.
 */

void UNCHECKED_LOCKING
sched_finish_switch(struct thread *prev)
{
	enum thread_state state = prev->state;

	spin_unlock(&cpu_self()->runq.lock);
	if (likely(state < THREAD_MOVING))
		return;
	if (state == THREAD_DEAD) {
		thread_reap(prev);
	} else {
		sched_give(prev, sched_cpu_for(prev));
		sched_wake(prev);
	}
}

static ALWAYS_INLINE void UNCHECKED_LOCKING
switch_to(struct cpu *cpu, struct thread *next, uint32_t carried)
{
	struct thread *prev = cpu->runq.current;

	spin_assert_held(&cpu->runq.lock);
	assert(next != prev);
	debug_assert(cpu->spin_trail.count == 1);

	atomic_store_relaxed(&next->state, THREAD_RUNNING);
	atomic_store_relaxed(&cpu->runq.current, next);		/* TH2 */
	atomic_store_relaxed(&cpu->ast_pending,
			     atomic_load_relaxed(&next->ast) | carried);
	counter_add(&cpu->nr_switches, 1);
	sched_finish_switch(machine_switch(prev, next));
}

void
sched_switch(struct cpu *cpu, struct thread *next)
{
	switch_to(cpu, next, 0);
}

struct thread *
sched_choose(struct cpu *cpu)
{
	struct thread *next = runq_first(&cpu->runq);

	if (next == NULL)
		return cpu->idle;
	runq_remove(&cpu->runq, next);
	return next;
}

void UNCHECKED_LOCKING
sched_block(void)
{
	struct cpu *cpu = cpu_self();

	assert(!cpu_intr_enabled());
	spin_lock(&cpu->runq.lock);
	if (cpu->runq.current->state == THREAD_RUNNING)
		spin_unlock(&cpu->runq.lock);	/* woken already */
	else
		sched_switch(cpu, sched_choose(cpu));
}

/* May @next, which is to be woken, have the CPU before all that are ready? */
static bool
sched_is_next(struct cpu *cpu, struct thread *next)
	REQUIRES(cpu->runq.lock)
{
	/* A turn that is over must not be forgotten by the switch. */
	return cpu->runq.current->state != THREAD_RUNNING
	       && (atomic_load_relaxed(&cpu->ast_pending) & AST_RESCHED) == 0
	       && next->sched_pri <= runq_best(&cpu->runq);
}

void UNCHECKED_LOCKING
sched_block_to(struct thread *next)
{
	struct cpu *cpu = cpu_self();

	debug_assert(!cpu_intr_enabled());
	/* It is constant for one that is neither queued nor running here. */
	if (atomic_load_acquire(&next->cpu) == cpu->id) {
		spin_lock(&cpu->runq.lock);
		if (unlikely(sched_is_stale(next)))
			sched_refresh(next);
		if (likely(sched_is_next(cpu, next))) {
			switch_to(cpu, next, 0);
			return;
		}
		spin_unlock(&cpu->runq.lock);
	}
	sched_wake(next);
	sched_block();
}

/* Queue the current thread and run @next, which is not queued; it gets the AST
 * bits @carried as well as its own. */
static void UNCHECKED_LOCKING
sched_give_way(struct cpu *cpu, struct thread *next, bool at_head,
	       uint32_t carried)
{
	struct thread *self = cpu->runq.current;

	atomic_store_relaxed(&self->state, THREAD_READY);
	runq_add(&cpu->runq, self, at_head);
	if (!self->bound)
		sched_kick_idle(self->cpu_set);
	switch_to(cpu, next, carried);
}

bool UNCHECKED_LOCKING
sched_yield(void)
{
	intr_state_t state;
	struct cpu *cpu;
	struct thread *self;
	bool others;

	might_block();
	state = cpu_intr_save();
	cpu = cpu_self();
	self = cpu->runq.current;
	spin_lock(&cpu->runq.lock);
	sched_refresh(self);
	self->quantum = SCHED_QUANTUM;
	others = runq_best(&cpu->runq) <= self->sched_pri;
	if (others)
		sched_give_way(cpu, sched_choose(cpu), false, 0);
	else
		spin_unlock(&cpu->runq.lock);
	cpu_intr_restore(state);
	return others;
}

/* Take @t from whatever run queue it is on, so that the caller's CPU can run
 * it; false if it is not ready, or may not run there.  @anyway: it may, but
 * leaves on its way to user mode. */
static ALWAYS_INLINE bool
sched_take(struct thread *t, unsigned int cpu, bool anyway)
{
	struct runq *rq = sched_lock_thread(t);
	bool may_run = thread_can_run_on(t, cpu);
	bool taken = t->on_runq && (may_run || anyway);

	spin_assert_held(&rq->lock);
	if (taken) {
		runq_remove(rq, t);
		if (!may_run)
			atomic_fetch_or(&t->ast, AST_MOVE);
		atomic_store_release(&t->cpu, cpu);		/* TH1 */
	}
	spin_unlock(&rq->lock);
	return taken;
}

static ALWAYS_INLINE bool UNCHECKED_LOCKING
yield_to(struct thread *t, bool anyway)
{
	intr_state_t state;
	struct cpu *cpu;
	bool taken;

	might_block();
	state = cpu_intr_save();
	cpu = cpu_self();
	taken = sched_take(t, cpu->id, anyway);
	if (taken) {
		spin_lock(&cpu->runq.lock);
		sched_refresh(cpu->runq.current);
		/* Somebody better who waits is not forgotten. */
		sched_give_way(cpu, t, false,
			       atomic_load_relaxed(&cpu->ast_pending)
			       & AST_RESCHED);
	}
	cpu_intr_restore(state);
	return taken || sched_yield();
}

bool
sched_yield_to(struct thread *t)
{
	return yield_to(t, false);
}

bool
sched_lend_to(struct thread *t)
{
	return yield_to(t, true);
}

void UNCHECKED_LOCKING
sched_preempt(void)
{
	struct cpu *cpu = cpu_self();
	struct thread *self = cpu->runq.current;
	bool used_up;

	assert(!cpu_intr_enabled());
	spin_lock(&cpu->runq.lock);
	atomic_fetch_and(&cpu->ast_pending, ~AST_RESCHED);
	sched_refresh(self);
	used_up = self->quantum == 0;
	if (used_up)
		self->quantum = SCHED_QUANTUM;
	/* Equals get their turn when the quantum is used up. */
	if (runq_best(&cpu->runq) < self->sched_pri + (used_up ? 1u : 0u))
		sched_give_way(cpu, sched_choose(cpu), !used_up, 0);
	else
		spin_unlock(&cpu->runq.lock);
}

void UNCHECKED_LOCKING
sched_move(void)
{
	struct cpu *cpu = cpu_self();
	struct thread *self = cpu->runq.current;

	assert(!cpu_intr_enabled());
	sched_clear_ast(AST_MOVE);
	spin_lock(&cpu->runq.lock);
	if (thread_can_run_on(self, cpu->id)) {
		spin_unlock(&cpu->runq.lock);
		return;
	}
	atomic_store_relaxed(&self->state, THREAD_MOVING);
	sched_switch(cpu, sched_choose(cpu));
}

/*
 * Depression.
 */

/* Set or end the depression of @t.  Return: was it depressed? */
static bool
sched_set_depressed(struct thread *t, bool depressed)
{
	intr_state_t state = cpu_intr_save();
	struct runq *rq = sched_lock_thread(t);
	bool before = t->depressed;

	spin_assert_held(&rq->lock);
	t->depressed = depressed;
	sched_requeue(rq, t);
	spin_unlock_intr(&rq->lock, state);
	return before;
}

void
sched_depress_timeout(struct timer *timer, void *arg)
{
	(void)timer;
	sched_set_depressed(arg, false);
}

void
sched_depress(unsigned int ms)
{
	struct thread *self = current_thread();

	timer_stop_sync(&self->depress_timer);
	sched_set_depressed(self, true);
	timer_start(&self->depress_timer, clock_deadline_ms(ms));
}

bool
sched_depress_abort(struct thread *t)
{
	/* The timer is left: ending what is not there does no harm. */
	return sched_set_depressed(t, false);
}

void
sched_check(void)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		struct runq *rq = &cpus[i].runq;
		intr_state_t state = spin_lock_intr(&rq->lock);

		runq_check(rq);
		spin_unlock_intr(&rq->lock, state);
	}
}
