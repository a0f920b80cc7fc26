/*
 * kern/task_list.h -- the list of all tasks that are not DEAD.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In the order of their making, which is that of their numbers.  Lock order
 * and invariants are kern/task.h's.
 */
#ifndef KERN_TASK_LIST_H
#define KERN_TASK_LIST_H

struct task;

/* The empty list.  Context: task_init(). */
void task_list_init(void);

/**
 * task_list_add - put a new task on the list, and give it its number
 * task_list_remove - take one off, that is ENDING
 * @task:	the list takes over a reference, or gives it back
 *
 * Context: may block.
 */
void task_list_add(struct task *task);
void task_list_remove(struct task *task);

/* The only task so far is the kernel's: it has number 0, those of programs have
 * the numbers from 1.  Context: start-up. */
void task_list_number_kernel(struct task *task);

/**
 * task_lookup - the task with an id
 * @id:		task->id
 *
 * Context: may block.
 * Return:  the task with a reference for the caller; NULL if there is none.
 */
struct task *task_lookup(unsigned int id);

/**
 * task_next - go through all tasks that are not DEAD
 * @task:	the one before, whose reference is dropped; NULL: the first
 *
 * In the order of their making.  Context: may block.
 * Return:  with a reference; NULL: there are no more.
 */
struct task *task_next(struct task *task);

/* The loop, with a reference as in task_for_each_thread(). */
#define task_for_each(task)					\
	for (task = task_next(NULL); task != NULL; task = task_next(task))

/* Number of tasks that are not DEAD.  May block. */
unsigned int task_count(void);

/* One line for each task on the console: id, threads, memory, state, name. */
void task_show_all(void);

/* Verify T1..T4 for every task; panics on a difference.  May block. */
void task_check(void);

#endif /* KERN_TASK_LIST_H */
