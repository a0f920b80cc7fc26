/*
 * kern/boot_load.h -- one boot task: its arguments, and its first thread.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The boot script's thread makes a struct boot_load, adds arguments twice and
 * runs it; the task's first thread then loads the image and reports.  The first
 * time arguments are counted, then there is memory for just these.
 */
#ifndef KERN_BOOT_LOAD_H
#define KERN_BOOT_LOAD_H

#include <stdbool.h>

#include <machine/page.h>

#include "lib/boot_script.h"
#include "lib/macros.h"

struct boot_load;
struct task;

/**
 * boot_load_create - an image without arguments yet
 * @start:	physical address of the file's first byte
 * @end:	first address after it
 *
 * Context: may block for memory.
 * Return:  NULL: no memory.
 */
MUST_CHECK struct boot_load *boot_load_create(phys_addr_t start,
					      phys_addr_t end);

void boot_load_destroy(struct boot_load *load);

/**
 * boot_load_make_room - memory for the arguments that were added
 * @load:	all arguments were added; they must be added once more now, the
 *		same ones, or fewer
 *
 * Context: may block for memory.
 * Return:  false: no memory.
 */
MUST_CHECK bool boot_load_make_room(struct boot_load *load);

/**
 * boot_load_add_arg - append an argument, @head and @tail in one word
 * @load:	not run yet; the texts are copied, the second time
 *
 * All arguments must be added before the first environment string.
 *
 * Return:  false: there is no room, nothing was added.
 */
MUST_CHECK bool boot_load_add_arg(struct boot_load *load,
				  const struct boot_text *head,
				  const struct boot_text *tail);

/* The same for an environment string. */
MUST_CHECK bool boot_load_add_env(struct boot_load *load,
				  const struct boot_text *head,
				  const struct boot_text *tail);

/**
 * boot_load_run - load the image into a task, by a thread of the task
 * @load:	with all arguments, both times
 * @task:	empty; gets suspended once, and a thread at the entry point
 *
 * Context: blocks until the thread has loaded the image or given up.
 * Return:  NULL; or what was wrong: then the task is ending.
 */
MUST_CHECK const char *boot_load_run(struct boot_load *load,
				     struct task *task);

#endif /* KERN_BOOT_LOAD_H */
