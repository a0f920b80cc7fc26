/*
 * kern/boot_vars.c -- see kern/boot_vars.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/boot_vars.h"

#include "kern/kalloc.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "lib/cmdline.h"
#include "lib/macros.h"
#include "lib/string.h"

struct boot_text
boot_text_of(const char *string)
{
	struct boot_text text = { string, strlen(string) };

	return text;
}

static bool
boot_text_equal(const struct boot_text *a, const struct boot_text *b)
{
	return a->length == b->length &&
	       memcmp(a->start, b->start, a->length) == 0;
}

static struct boot_var *
boot_vars_lookup(const struct boot_vars *vars, const struct boot_text *name)
{
	struct boot_var *var;

	list_for_each_entry(&vars->vars, var, link) {
		if (boot_text_equal(&var->name, name))
			return var;
	}
	return NULL;
}

void
boot_vars_set(struct boot_vars *vars, enum boot_var_kind kind,
	      struct boot_text name, struct boot_text value,
	      struct task *task)
{
	struct boot_var *var = boot_vars_lookup(vars, &name);

	if (var == NULL) {
		/* The loader's strings bound how many there are. */
		var = kalloc(sizeof *var, KM_SLEEP);
		list_add_head(&vars->vars, &var->link);
	}
	var->kind = kind;
	var->name = name;
	var->value = value;
	var->task = task;
}

const struct boot_var *
boot_vars_find(const struct boot_vars *vars, const struct boot_text *name)
{
	return boot_vars_lookup(vars, name);
}

static void
boot_vars_set_port(struct boot_vars *vars, const char *name,
		   enum boot_var_kind kind, struct task *task)
{
	boot_vars_set(vars, kind, boot_text_of(name), boot_text_of(""), task);
}

static void
boot_vars_set_string(struct boot_vars *vars, const char *name,
		     const char *value)
{
	boot_vars_set(vars, BOOT_VAR_STRING, boot_text_of(name),
		      boot_text_of(value), NULL);
}

void
boot_vars_init(struct boot_vars *vars, const char *cmdline)
{
	const char *rest = cmdline;
	struct cmdline_word word;

	list_init(&vars->vars);
	vars->cmdline = cmdline;
	cmdline_letters(cmdline, vars->letters, sizeof vars->letters);
	cmdline_root_device(cmdline, vars->root_device,
			    sizeof vars->root_device);

	boot_vars_set_port(vars, "host-port", BOOT_VAR_HOST_PORT, NULL);
	boot_vars_set_port(vars, "device-port", BOOT_VAR_DEVICE_PORT, NULL);
	boot_vars_set_port(vars, "kernel-task", BOOT_VAR_TASK, kernel_task);
	boot_vars_set_string(vars, "kernel-command-line", cmdline);
	boot_vars_set_string(vars, "boot-args", vars->letters);
	boot_vars_set_string(vars, "root-device", vars->root_device);

	while (cmdline_next(&rest, &word)) {
		struct boot_text name = { word.name, word.name_length };
		struct boot_text value = { word.value, word.value_length };

		if (word.value != NULL && word.name_length != 0)
			boot_vars_set(vars, BOOT_VAR_STRING, name, value,
				      NULL);
	}
}

void
boot_vars_destroy(struct boot_vars *vars)
{
	struct boot_var *var, *next;

	list_for_each_entry_safe(&vars->vars, var, next, link) {
		list_remove(&var->link);
		kfree(var, sizeof *var);
	}
}
