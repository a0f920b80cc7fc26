/*
 * kern/task.c -- see kern/task.h for the design.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/task.h"

#include <machine/cpu.h>

#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/clock.h"
#include "kern/ipc_tt.h"
#include "kern/lock_rank.h"
#include "kern/panic.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/task_list.h"
#include "kern/task_notify.h"
#include "kern/thread.h"
#include "kern/thread_act.h"
#include "kern/trace.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_map.h"
#include "vm/vm_map_fork.h"

static struct kmem_cache task_cache;

struct task *kernel_task;

static void task_thread_exited(struct thread *thread);

void
task_init(void)
{
	kmem_cache_init(&task_cache, "task", sizeof(struct task), 0, NULL, 0);
	task_list_init();
	thread_exit_hook = task_thread_exited;
	thread_stop_hook = thread_stop_self;
}

struct task *
current_task(void)
{
	return current_thread()->task;
}

void
task_ref(struct task *task)
{
	unsigned int old = atomic_fetch_add(&task->refs, 1u);

	assert(old != 0);
	(void)old;
}

void
task_unref(struct task *task)
{
	unsigned int old = atomic_fetch_sub(&task->refs, 1u);

	assert(old != 0);
	if (old != 1)
		return;

	assert(task->state == TASK_DEAD);
	assert(task->map == NULL);
	ipc_space_unref(task->space);
	kmem_cache_free(&task_cache, task);
}

/* A task that nobody knows yet, without a name and a map. */
static struct task *
task_alloc(struct task *parent)
{
	struct task *task = kmem_cache_alloc(&task_cache, KM_WAIT);

	if (task == NULL)
		return NULL;
	memset(task, 0, sizeof *task);
	task->refs = 2;			/* the caller's, and the list's */
	task->state = TASK_ALIVE;
	task->created_ns = clock_uptime_ns();
	task->priority = PRI_USER;
	task->max_priority = PRI_USER;
	task->cpu_set = sched_user_cpus();
	if (parent != NULL) {
		task->priority = atomic_load_relaxed(&parent->priority);
		task->max_priority =
			atomic_load_relaxed(&parent->max_priority);
		task->cpu_set = atomic_load_relaxed(&parent->cpu_set);
	}
	spin_init(&task->lock, RANK_CLIENT);
	list_init(&task->threads);
	waitq_init(&task->changed);
	if (!ipc_task_init(task, parent)) {
		kmem_cache_free(&task_cache, task);
		return NULL;
	}
	return task;
}

/* Let the world know it. */
static void
task_publish(struct task *task)
{
	task_list_add(task);
	ipc_task_enable(task);
	trace("task %lu is made", task->id, 0, 0);
}

/* The opposite of task_alloc(). */
static void
task_free_new(struct task *task)
{
	ipc_task_terminate(task);
	ipc_space_unref(task->space);
	kmem_cache_free(&task_cache, task);
}

kern_return_t
task_create(const char *name, struct task **out)
{
	struct task *task = task_alloc(NULL);

	if (task == NULL)
		return KERN_RESOURCE_SHORTAGE;
	strlcpy(task->name, name, sizeof task->name);
	if (vm_map_create(&task->map) != KERN_SUCCESS) {
		task_free_new(task);
		return KERN_RESOURCE_SHORTAGE;
	}
	task_publish(task);
	*out = task;
	return KERN_SUCCESS;
}

/* The map of a child. */
static kern_return_t
task_make_map(struct task *parent, bool inherit, struct vm_map **out)
{
	struct vm_map *map = task_get_map(parent);
	size_t nr_entries, limit;
	kern_return_t kr;

	if (map == NULL)
		return KERN_FAILURE;
	kr = inherit ? vm_map_fork(map, out) : vm_map_create(out);
	if (kr == KERN_SUCCESS && !inherit) {
		vm_map_get_entries(map, &nr_entries, &limit);
		vm_map_set_entries_limit(*out, limit);
	}
	vm_map_unref(map);
	return kr;
}

/* The parent's in brackets, as far as there is room. */
static void
task_child_name(char name[TASK_NAME_SIZE], struct task *parent)
{
	size_t length;
	char *end;

	name[0] = '(';
	spin_lock(&parent->lock);
	length = strlcpy(name + 1, parent->name, TASK_NAME_SIZE - 2);
	spin_unlock(&parent->lock);
	end = name + 1 + MIN(length, TASK_NAME_SIZE - 3u);
	end[0] = ')';
	end[1] = '\0';
}

kern_return_t
task_create_child(struct task *parent, bool inherit, struct task **out)
{
	struct task *task;
	kern_return_t kr;

	might_block();
	task = task_alloc(parent);
	if (task == NULL)
		return KERN_RESOURCE_SHORTAGE;
	task_child_name(task->name, parent);
	kr = task_make_map(parent, inherit, &task->map);
	if (kr != KERN_SUCCESS) {
		task_free_new(task);
		return kr;
	}
	task_publish(task);
	task_notify_new(task, parent);
	*out = task;
	return KERN_SUCCESS;
}

void
kernel_task_init(void)
{
	if (task_create("gnumach", &kernel_task) != KERN_SUCCESS)
		panic("no memory for the kernel's task");
	task_list_number_kernel(kernel_task);
}

void
task_set_name(struct task *task, const char *name)
{
	spin_lock(&task->lock);
	strlcpy(task->name, name, sizeof task->name);
	spin_unlock(&task->lock);
}

/*
 * The end of @task: it is ENDING and has no threads, so only the caller can
 * reach its map.  The caller must not be running on that map.
 */
static void
task_reap(struct task *task)
{
	struct vm_map *map;

	task_list_remove(task);

	spin_lock(&task->lock);
	assert(task->state == TASK_ENDING);
	assert(task->nr_threads == 0);
	map = task->map;
	task->map = NULL;
	spin_unlock(&task->lock);

	ipc_task_terminate(task);
	vm_map_unref(map);
	trace("task %lu has ended", task->id, 0, 0);

	/* Dead only now: who waits for the end finds the memory back. */
	spin_lock(&task->lock);
	task->state = TASK_DEAD;
	waitq_wake_all(&task->changed);
	spin_unlock(&task->lock);
	task_unref(task);		/* the list's */
}

struct thread *
task_next_thread(struct task *task, struct thread *thread)
{
	uint64_t seq = thread == NULL ? 0 : thread->task_seq;
	struct thread *found = NULL;
	struct list *link;

	spin_lock(&task->lock);
	link = list_first(&task->threads);
	if (thread != NULL && thread->task == task)
		link = list_next(&thread->task_link);
	for (; found == NULL && !list_end(&task->threads, link);
	     link = list_next(link)) {
		struct thread *next = list_entry(link, struct thread,
						 task_link);

		if (next->task_seq > seq)
			found = next;
	}
	if (found != NULL)
		thread_ref(found);
	spin_unlock(&task->lock);
	if (thread != NULL)
		thread_unref(thread);
	return found;
}

bool
task_is_suspended(const struct task *task)
{
	return atomic_load_relaxed(&task->suspend_count) != 0;
}

static kern_return_t
task_end(struct task *task, bool faulted)
{
	struct budget budget = { 0 };
	struct thread *thread;
	bool is_empty;

	if (task == kernel_task)
		return KERN_FAILURE;
	spin_lock(&task->lock);
	if (task->state != TASK_ALIVE) {
		spin_unlock(&task->lock);
		return KERN_FAILURE;
	}
	task->state = TASK_ENDING;
	task->faulted = faulted;
	waitq_wake_all(&task->changed);
	is_empty = task->nr_threads == 0;
	if (!is_empty)
		task_ref(task);
	spin_unlock(&task->lock);
	if (is_empty) {
		task_reap(task);
		return KERN_SUCCESS;
	}

	/* Nobody joins a task that ends; who leaves meanwhile was asked, or
	 * leaves by himself.  The last one reaps the task. */
	task_for_each_thread(task, thread) {
		thread_terminate_user(thread);
		budget_spend(&budget);
	}
	task_unref(task);
	return KERN_SUCCESS;
}

kern_return_t
task_terminate(struct task *task)
{
	might_block();
	return task_end(task, false);
}

void
task_fault(struct task *task)
{
	might_block();
	(void)task_end(task, true);	/* it may be ending: that is fine */
}

kern_return_t
task_add_thread(struct task *task, struct thread *thread)
{
	kern_return_t kr = KERN_FAILURE;

	assert(thread->task == task);

	spin_lock(&task->lock);
	if (task->state == TASK_ALIVE
	    && !ipc_space_charge(task->space, IPC_THREADS, 1)) {
		kr = KERN_RESOURCE_SHORTAGE;
	} else if (task->state == TASK_ALIVE) {
		task_ref(task);
		thread_set_space(thread, task->map,
				 vm_map_pmap(task->map));
		thread_set_cpus(thread, task->cpu_set);
		list_add_tail(&task->threads, &thread->task_link);
		thread->task_seq = ++task->last_seq;
		task->nr_threads++;
		kr = KERN_SUCCESS;
	}
	spin_unlock(&task->lock);
	return kr;
}

void
task_set_cpus(struct task *task, uint32_t cpu_set)
{
	spin_lock(&task->lock);
	atomic_store_relaxed(&task->cpu_set, cpu_set);
	spin_unlock(&task->lock);
}

/* Keep what a thread has come to.  The task's lock is held. */
static void
task_count_dead(struct task *task, const struct thread *thread)
{
	task->dead_user_ticks += counter_read(&thread->user_ticks);
	task->dead_kernel_ticks += counter_read(&thread->kernel_ticks);
	vm_events_sum(&task->dead_vm_events, &thread->vm_events);
}

/* A thread leaves its task: the calling one, by thread_exit(), or one that
 * never ran, by thread_end_new(). */
static void
task_thread_exited(struct thread *thread)
{
	struct task *task = thread->task;
	bool last;

	assert(thread == current_thread() || thread->state == THREAD_NEW);
	if (task == NULL)
		return;

	ipc_thread_terminate(thread);
	/* From here on the thread runs on the kernel's own tables. */
	thread_set_space(thread, NULL, NULL);

	spin_lock(&task->lock);
	list_remove(&thread->task_link);
	assert(task->nr_threads > 0);
	task->nr_threads--;
	ipc_space_uncharge(task->space, IPC_THREADS, 1);
	if (thread->state != THREAD_NEW)
		task_count_dead(task, thread);
	thread->task = NULL;
	last = task->nr_threads == 0 && task->state == TASK_ENDING;
	spin_unlock(&task->lock);

	if (last)
		task_reap(task);
	task_unref(task);		/* the thread's */
}

/* The threads of @task, whose count was raised: have them look at it, and
 * wait until none is in user mode. */
static bool
task_stop_threads(struct task *task)
{
	struct budget budget = { 0 };
	struct thread *thread;

	task_for_each_thread(task, thread) {
		thread_stop_post(thread);
		budget_spend(&budget);
	}
	task_for_each_thread(task, thread) {
		if (thread != current_thread() &&
		    !thread_wait_stopped(thread)) {
			thread_unref(thread);
			return false;
		}
		budget_spend(&budget);
	}
	return true;
}

kern_return_t
task_suspend(struct task *task)
{
	unsigned int count;
	kern_return_t kr = KERN_FAILURE;

	might_block();
	spin_lock(&task->lock);
	count = task->suspend_count;
	if (task->state == TASK_ALIVE) {
		kr = KERN_RESOURCE_SHORTAGE;
		if (count < UINT_MAX) {
			atomic_store_relaxed(&task->suspend_count, count + 1);
			kr = KERN_SUCCESS;
		}
	}
	spin_unlock(&task->lock);

	if (kr == KERN_SUCCESS && !task_stop_threads(task))
		kr = KERN_ABORTED;
	return kr;
}

kern_return_t
task_resume(struct task *task)
{
	struct budget budget = { 0 };
	struct thread *thread;
	unsigned int count;

	might_block();
	spin_lock(&task->lock);
	count = task->suspend_count;
	if (task->state != TASK_ALIVE || count == 0) {
		spin_unlock(&task->lock);
		return KERN_FAILURE;
	}
	atomic_store_relaxed(&task->suspend_count, count - 1);
	spin_unlock(&task->lock);

	if (count > 1)
		return KERN_SUCCESS;
	task_for_each_thread(task, thread) {
		thread_stop_wake(thread);
		budget_spend(&budget);
	}
	return KERN_SUCCESS;
}

void
task_wait_ended(struct task *task)
{
	assert(task != current_task());

	spin_lock(&task->lock);
	while (task->state != TASK_DEAD)
		(void)waitq_wait(&task->changed, &task->lock, WAIT_FOREVER, 0);
	spin_unlock(&task->lock);
}

struct vm_map *
task_get_map(struct task *task)
{
	struct vm_map *map;

	spin_lock(&task->lock);
	map = task->map;
	if (map != NULL)
		vm_map_ref(map);
	spin_unlock(&task->lock);
	return map;
}
