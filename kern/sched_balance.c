/*
 * kern/sched_balance.c -- threads that go to another CPU than they ran on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Nobody pushes: a CPU that has nothing to do, or only worse, pulls.
 */

#include "kern/sched.h"

#include "kern/assert.h"
#include "kern/ast.h"
#include "kern/cpu.h"
#include "kern/sched_priv.h"
#include "kern/thread.h"

_Static_assert(CONFIG_MAX_CPUS <= 32, "sched_idle_mask has a bit for each CPU");

/*
 * (A) CPUs that are idle.  A CPU sets its bit, and then looks at all run
 * queues with their locks; who queues a thread looks at the bits after it had
 * the lock.  One of the two sees the other.
 */
static uint32_t sched_idle_mask;

void
sched_kick_idle(uint32_t cpu_set)
{
	uint32_t idle, bit;

	cpu_set &= ~((uint32_t)1 << cpu_self()->id);
	for (;;) {
		idle = atomic_load_relaxed(&sched_idle_mask) & cpu_set;
		if (likely(idle == 0))
			return;
		bit = idle & -idle;
		/* If another CPU was faster, it has work of its own for it. */
		if ((atomic_fetch_and(&sched_idle_mask, ~bit) & bit) != 0)
			break;
	}
	sched_kick((unsigned int)__builtin_ctz(bit));
}

uint32_t
sched_idle_cpus(void)
{
	return atomic_load_relaxed(&sched_idle_mask);
}

/* Is a thread waiting for @cpu that CPU @taker may run?  A guess. */
static bool
sched_has_for(const struct cpu *cpu, unsigned int taker)
{
	return (atomic_load_relaxed(&cpu->runq.takers) >> taker & 1) != 0;
}

/* Of the CPUs of @cpu_set that have a thread for @self, the one whose best
 * waiting thread looks best, and better than @limit; NULL if there is none.  A
 * guess, taken without locks: the best thread may not be the one for @self. */
static struct cpu *
sched_guess_victim(const struct cpu *self, uint32_t cpu_set,
		   unsigned int limit)
{
	struct cpu *victim = NULL;

	for (uint32_t left = cpu_set; left != 0; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(left);
		unsigned int best = atomic_load_relaxed(&cpus[i].runq.best);

		if (best < limit && sched_has_for(&cpus[i], self->id)) {
			victim = &cpus[i];
			limit = best;
		}
	}
	return victim;
}

/*
 * Move the best thread that waits for @victim to @self, if it is better than
 * @limit.  Between the two locks it is on no queue, and belongs to @self.
 */
static bool
sched_pull(struct cpu *self, struct cpu *victim, unsigned int limit)
{
	struct thread *t;

	spin_lock(&victim->runq.lock);
	t = runq_first_movable(&victim->runq, limit, self->id);
	if (t != NULL) {
		runq_remove(&victim->runq, t);
		atomic_store_release(&t->cpu, self->id);	/* TH1 */
	}
	spin_unlock(&victim->runq.lock);
	if (t == NULL)
		return false;

	spin_lock(&self->runq.lock);
	sched_ready(&self->runq, t, false);
	spin_unlock(&self->runq.lock);
	return true;
}

/* Run the best ready thread until this CPU is idle again; false: none. */
static bool UNCHECKED_LOCKING
sched_run_ready(struct cpu *cpu)
{
	struct thread *next;

	/* Before the look: what comes behind it interrupts again. */
	atomic_fetch_and(&cpu->ast_pending, ~AST_RESCHED);
	spin_lock(&cpu->runq.lock);
	if (runq_first(&cpu->runq) == NULL) {
		spin_unlock(&cpu->runq.lock);
		return false;
	}
	atomic_fetch_and(&sched_idle_mask, ~((uint32_t)1 << cpu->id));
	next = sched_choose(cpu);
	/* There is more than this CPU was thought to get. */
	sched_kick_idle(cpu->runq.takers);
	sched_switch(cpu, next);
	return true;
}

/* Look for work with every CPU; see sched_idle_mask. */
static bool
sched_pull_any(struct cpu *self)
{
	for (unsigned int i = 1; i < cpu_count(); i++) {
		struct cpu *victim = &cpus[(self->id + i) % cpu_count()];

		if (sched_pull(self, victim, PRI_IDLE))
			return true;
	}
	return false;
}

void
sched_idle(void)
{
	struct cpu *cpu = cpu_self();

	assert(current_thread() == cpu->idle);
	cpu_intr_disable();
	sched_set_running(true);
	for (;;) {
		atomic_fetch_or(&sched_idle_mask, (uint32_t)1 << cpu->id);
		if (!sched_run_ready(cpu) && !sched_pull_any(cpu))
			cpu_idle_wait();
	}
}

void
sched_balance_tick(struct cpu *cpu, unsigned int pri)
{
	uint32_t others = cpu_mask_all() & ~((uint32_t)1 << cpu->id);
	struct cpu *victim = sched_guess_victim(cpu, others, pri);

	while (unlikely(victim != NULL) && !sched_pull(cpu, victim, pri)) {
		others &= ~((uint32_t)1 << victim->id);
		victim = sched_guess_victim(cpu, others, pri);
	}
}

void
sched_balance_reset(void)
{
	atomic_store_relaxed(&sched_idle_mask, 0u);
}
