/*
 * kern/boot_vars.h -- variables of the boot script.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A variable is a string or a port (boot.md section 3).  A port is one of the
 * host's, or that of a task; the argument made of it is its name in the space
 * of the task that gets it.
 */
#ifndef KERN_BOOT_VARS_H
#define KERN_BOOT_VARS_H

#include "lib/boot_script.h"
#include "lib/list.h"

enum boot_var_kind {
	BOOT_VAR_STRING,
	BOOT_VAR_HOST_PORT,		/* the privileged one */
	BOOT_VAR_DEVICE_PORT,		/* the master device port */
	BOOT_VAR_TASK,
};

struct task;

struct boot_var {
	struct list	link;
	enum boot_var_kind kind;
	struct boot_text name;
	struct boot_text value;		/* of a string */
	struct task	*task;		/* no reference */
};

/* Used by one thread; no lock. */
struct boot_vars {
	struct list	vars;		/* struct boot_var, newest first */
	const char	*cmdline;
	char		letters[64];	/* value of boot-args */
	char		root_device[128];	/* value of root-device */
};

/**
 * boot_vars_init - the variables that are set before the first line
 * @vars:	to fill
 * @cmdline:	the kernel's command line; kept by pointer, so are its words
 *
 * Context: may block for memory.
 * Defined: boot.md, sections 2 and 3.
 */
void boot_vars_init(struct boot_vars *vars, const char *cmdline);

/* Forget all. */
void boot_vars_destroy(struct boot_vars *vars);

/* Set a variable; one of that name is replaced.  Texts are not copied, and no
 * reference to @task, of a BOOT_VAR_TASK, is taken: it stays. */
void boot_vars_set(struct boot_vars *vars, enum boot_var_kind kind,
		   struct boot_text name, struct boot_text value,
		   struct task *task);

/* The variable of that name, or NULL. */
const struct boot_var *boot_vars_find(const struct boot_vars *vars,
				      const struct boot_text *name);

/* A string as a text. */
struct boot_text boot_text_of(const char *string);

#endif /* KERN_BOOT_VARS_H */
