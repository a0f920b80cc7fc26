/*
 * kern/thread.c -- see kern/thread.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/thread.h"

#include <machine/user_copy.h>

#include "kern/assert.h"
#include "kern/ast.h"
#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/intr_thread.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "lib/string.h"

void (*thread_exit_hook)(struct thread *t);
void (*thread_stop_hook)(void);

/* Of the flow of control that the boot CPU starts with. */
static struct thread boot_thread;

static struct kmem_cache thread_cache;

/* (A) the last number given to a thread */
static unsigned int thread_last_id;

/* Every thread that is not freed. */
static struct {
	struct spinlock lock;		/* RANK_THREAD_LIST */
	struct list list;		/* (lock) */
	unsigned int count;		/* (lock) */
} threads;

/* Who gives back what dead threads leave. */
static struct {
	struct spinlock lock;		/* RANK_CLIENT, interrupts off */
	struct list dead;		/* (lock) struct thread.reap_link */
	struct waitq changed;
	struct thread *thread;		/* (C) */
} reaper;

/*
 * The list of all threads.
 */

static void
thread_list_add(struct thread *t)
{
	spin_lock(&threads.lock);
	list_add_tail(&threads.list, &t->all_link);
	threads.count++;
	spin_unlock(&threads.lock);
}

static void
thread_list_remove(struct thread *t)
{
	spin_lock(&threads.lock);
	list_remove(&t->all_link);
	threads.count--;
	spin_unlock(&threads.lock);
}

unsigned int
thread_count(void)
{
	unsigned int count;

	spin_lock(&threads.lock);
	count = threads.count;
	spin_unlock(&threads.lock);
	return count;
}

const char *
thread_state_name(enum thread_state state)
{
	static const char *const names[] = {
		[THREAD_NEW] = "new",
		[THREAD_READY] = "ready",
		[THREAD_RUNNING] = "running",
		[THREAD_WAITING] = "waiting",
		[THREAD_MOVING] = "moving",
		[THREAD_DEAD] = "dead",
	};

	return (unsigned int)state < ARRAY_SIZE(names) ? names[state] : "?";
}

void
thread_show_all(void)
{
	const struct thread *t;

	kprintf("  id state   cpu pri      user    kernel name\n");
	spin_lock(&threads.lock);
	list_for_each_entry(&threads.list, t, all_link)
		kprintf("%4u %-7s %3u %3u %9llu %9llu %s\n", t->id,
			thread_state_name(atomic_load_relaxed(&t->state)),
			atomic_load_relaxed(&t->cpu),
			(unsigned int)t->priority,
			(unsigned long long)counter_read(&t->user_ticks),
			(unsigned long long)counter_read(&t->kernel_ticks),
			t->name);
	spin_unlock(&threads.lock);
}

/*
 * Making.
 */

/* What waits in threads, and what they wait for. */
static void
thread_init_waits(struct thread *t)
{
	timer_init(&t->depress_timer, sched_depress_timeout, t);
	timer_init(&t->wait_timer, waitq_timeout, t);
	spin_init(&t->wait_lock, RANK_THREAD);
	spin_init(&t->stop_lock, RANK_THREAD_STOP);
	waitq_init(&t->resumed);
	waitq_init(&t->stopped);
	waitq_init(&t->exited);
	mutex_init(&t->ports_lock, RANK_TASK);
}

/* Everything but what differs between idle threads and others. */
static void
thread_setup(struct thread *t, const char *name, int priority)
{
	memset(t, 0, offsetof(struct thread, sleep_trail));
	t->sleep_trail.count = 0;
	thread_init_waits(t);
	strlcpy(t->name, name, sizeof t->name);
	t->refs = 1;
	t->state = THREAD_NEW;
	t->max_priority = priority;
	t->created_ns = clock_uptime_ns();
	sched_thread_init(t, priority);
	thread_list_add(t);
}

void
thread_init_idle(struct thread *t, unsigned int cpu)
{
	thread_setup(t, "idle", PRI_IDLE);
	t->state = THREAD_RUNNING;
	t->cpu = cpu;
	t->cpu_set = (uint32_t)1 << cpu;
	t->bound = true;
	cpus[cpu].idle = t;
	cpus[cpu].runq.current = t;
	cpu_set_up(cpu);
}

void
thread_bootstrap(void)
{
	spin_init(&threads.lock, RANK_THREAD_LIST);
	list_init(&threads.list);
	threads.count = 0;

	intr_threads_init();
	cpu_init(0);
	sched_set_running(false);
	thread_init_idle(&boot_thread, 0);
	machine_thread_adopt(&boot_thread, machine_boot_stack_top());
}

/* The first thing that a thread does; @prev ran before on this CPU. */
static void
thread_begin(struct thread *prev)
{
	struct thread *self;

	sched_finish_switch(prev);
	cpu_intr_enable();
	self = current_thread();
	if (!thread_should_stop())
		self->fn(self->arg);
	thread_exit();
}

kern_return_t
thread_create(const char *name, struct task *task, void (*fn)(void *),
	      void *arg, int priority, struct thread **out)
{
	struct thread *t;
	void *kstack;

	assert(priority >= 0 && priority <= PRI_LOWEST);

	t = kmem_cache_alloc(&thread_cache, KM_WAIT);
	if (t == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kstack = kstack_alloc(KM_WAIT);
	if (kstack == NULL) {
		kmem_cache_free(&thread_cache, t);
		return KERN_RESOURCE_SHORTAGE;
	}

	thread_setup(t, name, priority);
	t->id = atomic_fetch_add(&thread_last_id, 1u) + 1;
	t->task = task;
	thread_set_cpus(t, task == NULL ? THREAD_ANY_CPU : sched_user_cpus());
	t->fn = fn;
	t->arg = arg;
	t->kstack = kstack;
	machine_thread_init(t, kstack, KSTACK_SIZE, thread_begin);
	*out = t;
	return KERN_SUCCESS;
}

void
thread_set_cpus(struct thread *t, uint32_t cpu_set)
{
	assert(t->state == THREAD_NEW && (cpu_set & cpu_mask_all()) != 0);
	t->cpu_set = cpu_set;
	t->bound = IS_POWER_OF_2(cpu_set);
}

void
thread_bind(struct thread *t, unsigned int cpu)
{
	assert(cpu < cpu_count());
	thread_set_cpus(t, (uint32_t)1 << cpu);
}

void
thread_start(struct thread *t)
{
	intr_state_t state;

	assert(t->state == THREAD_NEW);
	thread_ref(t);
	state = cpu_intr_save();
	sched_start(t);
	cpu_intr_restore(state);
}

struct thread *
thread_spawn(const char *name, void (*fn)(void *), void *arg, int priority)
{
	struct thread *t;

	if (thread_create(name, NULL, fn, arg, priority, &t) != KERN_SUCCESS)
		return NULL;
	thread_start(t);
	return t;
}

void
thread_set_space(struct thread *t, struct vm_map *map, struct pmap *pmap)
{
	intr_state_t state = cpu_intr_save();

	assert(t == current_thread() || t->state == THREAD_NEW);
	t->map = map;
	t->md.pmap = pmap;
	if (t == current_thread() && pmap != NULL)
		machine_pmap_switch(pmap);
	cpu_intr_restore(state);
}

/*
 * Ending.
 */

/* Give back what a thread that does not run needs only to run. */
static void
thread_free_stack(struct thread *t)
{
	machine_thread_destroy(t);
	kstack_free(t->kstack);
	t->kstack = NULL;
}

void
thread_ref(struct thread *t)
{
	atomic_fetch_add(&t->refs, 1u);
}

void
thread_unref(struct thread *t)
{
	unsigned int before = atomic_fetch_sub(&t->refs, 1u);

	assert(before != 0);
	if (before != 1)
		return;

	assert(t->state == THREAD_NEW || t->state == THREAD_DEAD);
	if (t->state == THREAD_NEW)
		thread_free_stack(t);
	thread_list_remove(t);
	kmem_cache_free(&thread_cache, t);
}

void
thread_exit(void)
{
	struct thread *self = current_thread();

	might_block();
	debug_assert(self->sleep_trail.count == 0);
	if (thread_exit_hook != NULL)
		thread_exit_hook(self);
	timer_stop_sync(&self->depress_timer);

	cpu_intr_disable();
	atomic_store_relaxed(&self->state, THREAD_DEAD);
	sched_block();
	panic("thread %s goes on after its end", self->name);
}

void
thread_reap(struct thread *t)
{
	spin_lock(&reaper.lock);
	list_add_tail(&reaper.dead, &t->reap_link);
	spin_unlock(&reaper.lock);
	waitq_wake_one(&reaper.changed);
}

/* Tell those who wait for the end of @t. */
static void
thread_set_reaped(struct thread *t)
{
	intr_state_t state = spin_lock_intr(&reaper.lock);

	t->reaped = true;
	waitq_wake_all(&t->exited);
	spin_unlock_intr(&reaper.lock, state);
}

/* Wait for a dead thread and take it over. */
static struct thread *
thread_next_dead(void)
{
	intr_state_t state = spin_lock_intr(&reaper.lock);
	struct thread *t;

	while (list_is_empty(&reaper.dead))
		waitq_wait(&reaper.changed, &reaper.lock, WAIT_FOREVER, 0);
	t = list_first_entry(&reaper.dead, struct thread, reap_link);
	list_remove(&t->reap_link);
	spin_unlock_intr(&reaper.lock, state);
	return t;
}

static void
thread_reaper(void *arg)
{
	(void)arg;
	for (;;) {
		struct thread *t = thread_next_dead();

		thread_free_stack(t);
		thread_set_reaped(t);
		thread_unref(t);
	}
}

static void
thread_set_dead(struct thread *t, void *arg)
{
	(void)arg;
	atomic_store_relaxed(&t->state, THREAD_DEAD);
}

void
thread_end_new(struct thread *t)
{
	bool off;

	might_block();
	assert(t->state == THREAD_NEW);
	if (thread_exit_hook != NULL)
		thread_exit_hook(t);
	/* Who looks at its registers does that with the same lock held. */
	off = sched_call_off_cpu(t, thread_set_dead, NULL);
	assert(off);
	(void)off;
	thread_free_stack(t);
	thread_set_reaped(t);
}

void
thread_join(struct thread *t)
{
	intr_state_t state;

	might_block();
	assert(t != current_thread());
	state = spin_lock_intr(&reaper.lock);
	while (!t->reaped)
		waitq_wait(&t->exited, &reaper.lock, WAIT_FOREVER, 0);
	spin_unlock_intr(&reaper.lock, state);
}

/*
 * Interrupting.
 */

void
thread_interrupt(struct thread *t)
{
	intr_state_t state = spin_lock_intr(&t->wait_lock);

	t->interrupted = true;
	spin_unlock_intr(&t->wait_lock, state);
	waitq_interrupt(t);
}

bool
thread_clear_interrupted(void)
{
	struct thread *self = current_thread();
	intr_state_t state = spin_lock_intr(&self->wait_lock);
	bool before = self->interrupted;

	self->interrupted = false;
	spin_unlock_intr(&self->wait_lock, state);
	return before;
}

void
thread_terminate(struct thread *t)
{
	sched_post_ast(t, AST_TERMINATE);
	waitq_interrupt(t);
}

bool
thread_should_stop(void)
{
	return (atomic_load_relaxed(&current_thread()->ast)
		& AST_TERMINATE) != 0;
}

void
user_copy_hook_check(void)
{
	const struct lock_trail *trail = &current_thread()->sleep_trail;

	for (unsigned int i = 0; i < trail->count; i++)
		if (trail->held[i].rank >= RANK_MAP)
			panic("user memory is used with %p (%s) held",
			      trail->held[i].lock,
			      lock_rank_name(trail->held[i].rank));
}

void
might_block_check(void)
{
	const struct cpu *cpu = cpu_self();

	assert(cpu->intr_depth == 0);
	if (likely(sched_is_running())) {
		assert(current_thread() != cpu->idle);
		assert(cpu_intr_enabled());
	}
	if (cpu->spin_trail.count != 0)
		panic("about to block with spin lock %p (%s) held",
		      cpu->spin_trail.held[0].lock,
		      lock_rank_name(cpu->spin_trail.held[0].rank));
}

/*
 * Start-up.
 */

void
thread_init(void)
{
	kmem_cache_init(&thread_cache, "thread", sizeof(struct thread),
			_Alignof(struct thread), NULL, 0);

	spin_init(&reaper.lock, RANK_CLIENT);
	list_init(&reaper.dead);
	waitq_init(&reaper.changed);
	reaper.thread = thread_spawn("reaper", thread_reaper, NULL, PRI_KERNEL);
	if (reaper.thread == NULL)
		panic("no memory for the first thread");
}

void
thread_fini(void)
{
	struct thread *t = reaper.thread;

	assert(thread_count() == cpu_count() + 1);
	assert(list_is_empty(&reaper.dead));
	thread_free_stack(t);
	thread_list_remove(t);
	kmem_cache_free(&thread_cache, t);
	if (!kmem_cache_destroy(&thread_cache))
		panic("thread structures are in use");
}
