/*
 * kern/task_list.c -- all tasks; see kern/task_list.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/task_list.h"

#include "kern/assert.h"
#include "kern/lock_rank.h"
#include "kern/mutex.h"
#include "kern/printf.h"
#include "kern/spinlock.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "lib/list.h"
#include "vm/vm_map.h"

static struct mutex tasks_lock;
static struct list tasks_list;		/* tasks_lock: struct task.link */
static unsigned int tasks_count;	/* tasks_lock: length of tasks_list */
static unsigned int tasks_last_id;	/* tasks_lock */

void
task_list_init(void)
{
	mutex_init(&tasks_lock, RANK_TASKS);
	list_init(&tasks_list);
	tasks_count = 0;
	tasks_last_id = 0;
}

void
task_list_add(struct task *task)
{
	mutex_lock(&tasks_lock);
	task->id = ++tasks_last_id;
	list_add_tail(&tasks_list, &task->link);
	tasks_count++;
	mutex_unlock(&tasks_lock);
}

void
task_list_remove(struct task *task)
{
	mutex_lock(&tasks_lock);
	list_remove(&task->link);
	tasks_count--;
	mutex_unlock(&tasks_lock);
}

void
task_list_number_kernel(struct task *task)
{
	mutex_lock(&tasks_lock);
	assert(tasks_count == 1);
	tasks_last_id = 0;
	task->id = 0;
	mutex_unlock(&tasks_lock);
}

struct task *
task_lookup(unsigned int id)
{
	struct task *task, *found = NULL;

	mutex_lock(&tasks_lock);
	list_for_each_entry(&tasks_list, task, link) {
		if (task->id == id) {
			task_ref(task);
			found = task;
			break;
		}
	}
	mutex_unlock(&tasks_lock);
	return found;
}

struct task *
task_next(struct task *task)
{
	struct task *next, *found = NULL;

	mutex_lock(&tasks_lock);
	list_for_each_entry(&tasks_list, next, link) {
		if (task == NULL || next->id > task->id) {
			task_ref(next);
			found = next;
			break;
		}
	}
	mutex_unlock(&tasks_lock);
	if (task != NULL)
		task_unref(task);
	return found;
}

unsigned int
task_count(void)
{
	unsigned int count;

	mutex_lock(&tasks_lock);
	count = tasks_count;
	mutex_unlock(&tasks_lock);
	return count;
}

static const char *
task_state_name(const struct task *task)
{
	if (task->state != TASK_ALIVE)
		return "ending";
	return task->suspend_count > 0 ? "suspended" : "running";
}

void
task_show_all(void)
{
	struct task *task;

	kprintf("%4s %7s %10s %-9s %s\n", "task", "threads", "size KiB",
		"state", "name");
	mutex_lock(&tasks_lock);
	list_for_each_entry(&tasks_list, task, link) {
		size_t size = 0;

		/* On the list with a map, or just being reaped. */
		if (task->map != NULL)
			size = vm_map_size(task->map);
		kprintf("%4u %7u %10zu %-9s %s\n", task->id, task->nr_threads,
			size / 1024, task_state_name(task), task->name);
	}
	mutex_unlock(&tasks_lock);
}

static void
task_check_one(struct task *task)
{
	struct thread *thread;
	unsigned int count = 0;

	spin_lock(&task->lock);
	list_for_each_entry(&task->threads, thread, task_link) {
		assert(thread->task == task);				/* T1 */
		assert(thread->map == task->map ||
		       task->state != TASK_ALIVE);			/* T1 */
		count++;
	}
	assert(count == task->nr_threads);				/* T1 */
	assert(task->state != TASK_DEAD);				/* T2 */
	assert(task->map != NULL);					/* T4 */
	spin_unlock(&task->lock);
}

void
task_check(void)
{
	struct task *task;
	unsigned int count = 0;

	mutex_lock(&tasks_lock);
	list_for_each_entry(&tasks_list, task, link) {
		task_check_one(task);
		count++;
	}
	assert(count == tasks_count);					/* T2 */
	mutex_unlock(&tasks_lock);
}
