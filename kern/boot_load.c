/*
 * kern/boot_load.c -- see kern/boot_load.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/boot_load.h"

#include <machine/physmem.h>

#include "kern/assert.h"
#include "kern/exec.h"
#include "kern/kalloc.h"
#include "kern/slab.h"
#include "kern/spinlock.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/thread_user.h"
#include "kern/waitq.h"
#include "lib/string.h"

#define LOAD_MAX_STRINGS	512		/* argv and envp together */
#define LOAD_TEXT_SIZE		(16 * 1024)	/* bytes of all strings */

struct boot_load {
	phys_addr_t	start, end;
	struct exec_args args;
	size_t		text_used;
	void		*room;		/* strings and text; NULL: arguments
					 * are counted, not kept */
	size_t		room_size;
	const char	**strings;	/* argv, then envp */
	char		*text;

	struct spinlock	lock;
	struct waitq	done_wait;
	bool		done;		/* lock */
	const char	*why;		/* lock; NULL: it worked */
};

struct boot_load *
boot_load_create(phys_addr_t start, phys_addr_t end)
{
	struct boot_load *load = kalloc(sizeof *load, KM_WAIT);

	if (load == NULL)
		return NULL;
	memset(load, 0, sizeof *load);
	load->start = start;
	load->end = end;
	spin_init(&load->lock, RANK_CLIENT);
	waitq_init(&load->done_wait);
	return load;
}

void
boot_load_destroy(struct boot_load *load)
{
	if (load->room != NULL)
		kfree(load->room, load->room_size);
	kfree(load, sizeof *load);
}

bool
boot_load_make_room(struct boot_load *load)
{
	size_t nr_strings = load->args.argc + load->args.envc;
	size_t strings = nr_strings * sizeof *load->strings;

	assert(load->room == NULL);
	load->room_size = strings + load->text_used;
	if (load->room_size == 0)
		return true;
	load->room = kalloc(load->room_size, KM_WAIT);
	if (load->room == NULL)
		return false;
	load->strings = load->room;
	load->text = (char *)load->room + strings;
	load->args.argc = 0;
	load->args.envc = 0;
	load->text_used = 0;
	load->args.argv = &load->strings[0];
	load->args.envp = &load->strings[0];
	return true;
}

static bool
boot_load_add(struct boot_load *load, const struct boot_text *head,
	      const struct boot_text *tail)
{
	size_t used = load->args.argc + load->args.envc;
	size_t size = head->length + tail->length + 1;

	if (used == LOAD_MAX_STRINGS || size > LOAD_TEXT_SIZE ||
	    size > LOAD_TEXT_SIZE - load->text_used)
		return false;

	if (load->room != NULL) {
		char *at = load->text + load->text_used;

		assert(at + size <= (char *)load->room + load->room_size);
		memcpy(at, head->start, head->length);
		memcpy(at + head->length, tail->start, tail->length);
		at[size - 1] = '\0';
		load->strings[used] = at;
	}
	load->text_used += size;
	return true;
}

bool
boot_load_add_arg(struct boot_load *load, const struct boot_text *head,
		  const struct boot_text *tail)
{
	assert(load->args.envc == 0);
	if (!boot_load_add(load, head, tail))
		return false;
	load->args.argc++;
	if (load->room != NULL)
		load->args.envp = &load->strings[load->args.argc];
	return true;
}

bool
boot_load_add_env(struct boot_load *load, const struct boot_text *head,
		  const struct boot_text *tail)
{
	if (!boot_load_add(load, head, tail))
		return false;
	load->args.envc++;
	return true;
}

static void
boot_load_report(struct boot_load *load, const char *why)
{
	spin_lock(&load->lock);
	load->done = true;
	load->why = why;
	waitq_wake_all(&load->done_wait);
	spin_unlock(&load->lock);
}

/* Fill the current map; NULL, or why not. */
static const char *
boot_load_image(const struct boot_load *load, uintptr_t *entry, uintptr_t *sp)
{
	struct vm_map *map = current_task()->map;
	size_t size = (size_t)(load->end - load->start);
	struct exec_image image;
	const char *why = NULL;

	if (size == 0)
		return "the module is empty";
	if (!phys_is_direct(load->start) || !phys_is_direct(load->end - 1))
		return "the module lies above directly mapped memory";

	if (exec_load(map, phys_to_direct(load->start), size, &image,
		      &why) != KERN_SUCCESS)
		return why;
	if (exec_stack(map, &image, &load->args, sp, &why) != KERN_SUCCESS)
		return why;
	*entry = image.entry;
	return NULL;
}

/* First function of a boot task's first thread. */
static void
boot_load_thread(void *arg)
{
	struct boot_load *load = arg;
	uintptr_t entry = 0, sp = 0;
	const char *why = boot_load_image(load, &entry, &sp);

	if (why != NULL) {
		(void)task_terminate(current_task());
		boot_load_report(load, why);
		thread_exit();
	}
	boot_load_report(load, NULL);	/* @load may be gone from here on */
	thread_user_enter(entry, sp);
}

const char *
boot_load_run(struct boot_load *load, struct task *task)
{
	if (task_suspend(task) != KERN_SUCCESS ||
	    thread_user_create(task, boot_load_thread, load) != KERN_SUCCESS)
		return "no memory for a thread";

	spin_lock(&load->lock);
	while (!load->done)
		(void)waitq_wait(&load->done_wait, &load->lock, WAIT_FOREVER,
				 0);
	spin_unlock(&load->lock);
	return load->why;
}
