/*
 * kern/bootstrap.c -- see kern/bootstrap.h: the boot script is run.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The lines, their words and the variables are private to the thread that
 * runs the script, until boot_line_run() hands a line to its task's first
 * thread and waits for that.
 */
#include "kern/bootstrap.h"

#include <stdarg.h>

#include <machine/boot_info.h>

#include "ipc/ipc_port.h"
#include "ipc/ipc_right.h"
#include "kern/assert.h"
#include "kern/boot_load.h"
#include "kern/boot_vars.h"
#include "kern/console.h"
#include "kern/ipc_host.h"
#include "kern/ipc_tt.h"
#include "kern/kalloc.h"
#include "kern/printf.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "lib/format.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_boot.h"
#include "vm/vm_page.h"

#define BOOT_SHOWN	64	/* bytes of a name that are shown */

/* A line of the script, with what became of it. */
struct boot_entry {
	const struct boot_module *module;
	unsigned int	number;		/* of the module, from 1 */
	char		name[TASK_NAME_SIZE];	/* of the task, for people */
	struct boot_line line;		/* words: ours; NULL: none, or gone */
	struct task	*task;		/* our reference; NULL: none, refused */
	bool		resume, prompt;	/* by task-resume, prompt-task-resume */
	bool		resumed;
	bool		refused;
	bool		gets_ports;	/* arguments are not only counted */
	char		digits[12];	/* of a name, for a moment */
};

struct boot_script {
	struct boot_vars vars;
	struct boot_entry *entries;
	unsigned int	nr_entries;
	struct bootstrap_result result;
};

/* Of the one boot; touched by one thread. */
static struct boot_script script;

static void boot_refuse(struct boot_entry *entry, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/* Say on the console why a line is not run, and drop its task. */
static void
boot_refuse(struct boot_entry *entry, const char *fmt, ...)
{
	char why[120];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(why, sizeof why, fmt, args);
	va_end(args);
	kprintf("bootstrap: module %u (%s) refused: %s\n", entry->number,
		entry->name, why);

	entry->refused = true;
	script.result.nr_refused++;
	if (entry->task != NULL) {
		/* KERN_FAILURE: its own thread found fault with the image. */
		(void)task_terminate(entry->task);
		task_unref(entry->task);
		entry->task = NULL;
	}
}

/* The task's name is the last part of the line's first word. */
static void
boot_entry_name(struct boot_entry *entry, const struct boot_text *command)
{
	struct boot_text tail = *command;

	for (size_t i = 0; i < command->length; i++) {
		if (command->start[i] == '/') {
			tail.start = command->start + i + 1;
			tail.length = command->length - i - 1;
		}
	}
	boot_text_show(&tail, entry->name, sizeof entry->name);
}

/* Run a function of parse time, or note one of resume time. */
static bool
boot_call(struct boot_entry *entry, const struct boot_word *word)
{
	const struct boot_text *function = &word->function;
	struct boot_text names = word->names, name;
	char shown[BOOT_SHOWN];

	if (boot_text_is(function, "task-create")) {
		if (entry->task != NULL) {
			boot_refuse(entry, "task-create twice");
			return false;
		}
		if (task_create(entry->name, &entry->task) != KERN_SUCCESS) {
			boot_refuse(entry, "no memory for a task");
			return false;
		}
	} else if (boot_text_is(function, "task-resume")) {
		entry->resume = true;
	} else if (boot_text_is(function, "prompt-task-resume")) {
		entry->prompt = true;
	} else {
		boot_text_show(function, shown, sizeof shown);
		boot_refuse(entry, "function %s is not served", shown);
		return false;
	}

	while (boot_names_next(&names, &name))
		boot_vars_set(&script.vars, BOOT_VAR_TASK, name,
			      boot_text_of(""), entry->task);
	return true;
}

static size_t
boot_words_size(const struct boot_entry *entry)
{
	return entry->line.room * sizeof *entry->line.words;
}

/* Parse a module's string; its calls run in order. */
static void
boot_entry_parse(struct boot_entry *entry)
{
	const char *string = entry->module->string;
	enum boot_script_status status;

	/* Nobody bounds what the boot loader gives. */
	entry->line.room = boot_script_room(string);
	entry->line.words = kalloc(boot_words_size(entry), KM_WAIT);
	if (entry->line.words == NULL) {
		boot_refuse(entry, "no memory for its words");
		return;
	}

	status = boot_script_parse(&entry->line, string);
	if (status == BOOT_SCRIPT_UNUSED)
		return;
	if (entry->line.nr_words > 0)
		boot_entry_name(entry, &entry->line.words[0].text);
	if (status != BOOT_SCRIPT_OK) {
		boot_refuse(entry, "%s, at character %zu",
			    boot_script_status_name(status),
			    entry->line.error + 1);
		return;
	}

	for (size_t i = 0; i < entry->line.nr_words; i++) {
		const struct boot_word *word = &entry->line.words[i];

		if (word->kind == BOOT_WORD_CALL && !boot_call(entry, word))
			return;
	}
}

static ipc_port_t
boot_port_right(const struct boot_var *var)
{
	switch (var->kind) {
	case BOOT_VAR_HOST_PORT:
		return host_priv_right();
	case BOOT_VAR_DEVICE_PORT:
		return device_master_right();
	default:
		if (var->task == NULL)
			return IP_NULL;
		task_ref(var->task);
		return convert_task_to_port(var->task);
	}
}

/*
 * Give the line's task a right, whose name is the argument's text.  While
 * arguments are counted only its longest form is needed.
 */
static bool
boot_insert_port(struct boot_entry *entry, const struct boot_var *var,
		 struct boot_text *value)
{
	mach_port_name_t name = MACH_PORT_NAME_DEAD;
	ipc_port_t port;

	if (entry->gets_ports) {
		port = boot_port_right(var);
		if (!IP_VALID(port))
			return false;
		if (ipc_right_copyout(entry->task->space, port,
				      MACH_MSG_TYPE_PORT_SEND, &name) !=
		    KERN_SUCCESS) {
			ipc_port_release_send(port);
			return false;
		}
	}
	ksnprintf(entry->digits, sizeof entry->digits, "%u", name);
	*value = boot_text_of(entry->digits);
	return true;
}

/*
 * The value of the variable in an argument, or no text if it has none;
 * false: it can't be had, and the line is refused.
 */
static bool
boot_word_value(struct boot_entry *entry, const struct boot_word *word,
		struct boot_text *value)
{
	const struct boot_var *var;
	char shown[BOOT_SHOWN];

	*value = boot_text_of("");
	if (word->variable.start == NULL)
		return true;
	boot_text_show(&word->variable, shown, sizeof shown);

	var = boot_vars_find(&script.vars, &word->variable);
	if (var == NULL) {
		boot_refuse(entry, "variable %s is not defined", shown);
		return false;
	}
	if (var->kind == BOOT_VAR_STRING) {
		*value = var->value;
		return true;
	}
	if (!boot_insert_port(entry, var, value)) {
		boot_refuse(entry, "port %s can't be given to it", shown);
		return false;
	}
	return true;
}

/* Make argv of a line's words; false: refused. */
static bool
boot_entry_arguments(struct boot_entry *entry, struct boot_load *load)
{
	for (size_t i = 0; i < entry->line.nr_words; i++) {
		const struct boot_word *word = &entry->line.words[i];
		struct boot_text value;

		if (word->kind == BOOT_WORD_CALL)
			continue;
		if (!boot_word_value(entry, word, &value))
			return false;
		if (!boot_load_add_arg(load, &word->text, &value)) {
			boot_refuse(entry, "arguments are too long");
			return false;
		}
	}
	return true;
}

/* Arguments and environment of the only module, without a script. */
static bool
boot_compat_arguments(struct boot_entry *entry, struct boot_load *load)
{
	const struct boot_vars *vars = &script.vars;
	const struct boot_text none = boot_text_of("");
	const struct boot_text ports[] = {
		boot_text_of("host-port"), boot_text_of("device-port"),
	};
	const struct boot_text args[] = {
		boot_text_of("bootstrap"),
		boot_text_of(vars->letters),
		none,				/* host port */
		none,				/* device port */
		boot_text_of(vars->root_device),
	};
	const struct boot_text env = boot_text_of("MULTIBOOT_CMDLINE=");
	const struct boot_text cmdline = boot_text_of(vars->cmdline);
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(args) && good; i++) {
		struct boot_text port = none;

		if (i >= 2 && i < 2 + ARRAY_SIZE(ports) &&
		    !boot_insert_port(entry, boot_vars_find(vars,
							    &ports[i - 2]),
				      &port)) {
			boot_refuse(entry, "no memory for its ports");
			return false;
		}
		good = boot_load_add_arg(load, &args[i], &port);
	}
	if (cmdline.length != 0)
		good = good && boot_load_add_env(load, &env, &cmdline);
	if (!good)
		boot_refuse(entry, "arguments are too long");
	return good;
}

/* A module has been copied to where it is needed: give its memory back, unless
 * another one, that is still to be loaded, has the same. */
static void
boot_release_module(const struct boot_entry *entry)
{
	const struct boot_module *module = entry->module;

	for (unsigned int i = entry->number; i < script.nr_entries; i++) {
		const struct boot_module *other = script.entries[i].module;

		if (other->start < module->end && module->start < other->end)
			return;
	}
	vm_page_release_boot_range(BOOT_MEM_MODULES, module->start,
				   module->end);
}

/* Let the line's task load the image; it stays suspended. */
static void
boot_entry_load(struct boot_entry *entry,
		bool (*arguments)(struct boot_entry *, struct boot_load *))
{
	const struct boot_module *module = entry->module;
	struct boot_load *load;
	const char *why;

	load = boot_load_create(module->start, module->end);
	if (load == NULL) {
		boot_refuse(entry, "no memory for its arguments");
		return;
	}
	if (arguments(entry, load)) {
		why = "no memory for its arguments";
		entry->gets_ports = true;
		if (boot_load_make_room(load) && arguments(entry, load))
			why = boot_load_run(load, entry->task);
		if (why != NULL && !entry->refused)
			boot_refuse(entry, "%s", why);
	}
	boot_load_destroy(load);
	boot_release_module(entry);
}

/* Load every line's image; a line without a task is passed over. */
static void
boot_load_entries(void)
{
	for (unsigned int i = 0; i < script.nr_entries; i++) {
		struct boot_entry *entry = &script.entries[i];

		if (entry->task != NULL)
			boot_entry_load(entry, boot_entry_arguments);
		else if (!entry->refused && entry->line.nr_words > 0)
			kprintf("bootstrap: module %u (%s) has no task-create: "
				"not started\n", entry->number, entry->name);
	}
}

static void
boot_entry_resume(struct boot_entry *entry)
{
	if (entry->prompt) {
		int c;

		kprintf("bootstrap: press Return to start %s ", entry->name);
		do {
			c = console_getc();
		} while (c != '\r' && c != '\n');
		kprintf("\n");
	}
	if (task_resume(entry->task) != KERN_SUCCESS)
		return;
	entry->resumed = true;
	script.result.nr_started++;
}

/* Compatibility mode: the only line is a name at most (boot.md section 4). */
static bool
boot_is_compat(void)
{
	const struct boot_entry *entry = &script.entries[0];

	return script.nr_entries == 1 && entry->task == NULL &&
	       script.result.nr_refused == 0 && entry->line.nr_words <= 1;
}

static void
boot_run_compat(struct boot_entry *entry)
{
	kprintf("bootstrap: one bare module, compatibility mode\n");
	strlcpy(entry->name, "bootstrap", sizeof entry->name);
	if (task_create(entry->name, &entry->task) != KERN_SUCCESS) {
		boot_refuse(entry, "no memory for a task");
		return;
	}
	entry->resume = true;
	boot_entry_load(entry, boot_compat_arguments);
}

/* All is loaded: what was only for that goes. */
static void
boot_drop_lines(void)
{
	for (unsigned int i = 0; i < script.nr_entries; i++) {
		struct boot_entry *entry = &script.entries[i];

		if (entry->line.words != NULL)
			kfree(entry->line.words, boot_words_size(entry));
		entry->line.words = NULL;
	}

	/* Those that were not loaded, and what modules had in part. */
	vm_page_release_boot(BOOT_MEM_MODULES);
}

void
bootstrap_start(const struct boot_info *info)
{
	memset(&script, 0, sizeof script);
	if (info->nr_modules == 0) {
		kprintf("bootstrap: no modules\n");
		return;
	}

	boot_vars_init(&script.vars, info->cmdline);
	script.nr_entries = info->nr_modules;
	script.entries = kalloc(script.nr_entries * sizeof *script.entries,
				KM_SLEEP | KM_ZERO);
	for (unsigned int i = 0; i < script.nr_entries; i++) {
		struct boot_entry *entry = &script.entries[i];

		entry->number = i + 1;
		entry->module = &info->modules[i];
		strlcpy(entry->name, "?", sizeof entry->name);
		boot_entry_parse(entry);
	}

	if (boot_is_compat())
		boot_run_compat(&script.entries[0]);
	else
		boot_load_entries();
	boot_drop_lines();

	for (unsigned int i = 0; i < script.nr_entries; i++) {
		struct boot_entry *entry = &script.entries[i];

		if (entry->task != NULL && (entry->resume || entry->prompt))
			boot_entry_resume(entry);
	}
}

/* Wait for a task that a line resumed; the others stay as they are. */
static void
boot_entry_wait(struct boot_entry *entry)
{
	if (entry->resumed) {
		task_wait_ended(entry->task);
		if (entry->task->faulted)
			script.result.nr_faulted++;
	} else {
		script.result.nr_suspended++;
	}
	task_unref(entry->task);
	entry->task = NULL;
}

void
bootstrap_wait(struct bootstrap_result *out)
{
	for (unsigned int i = 0; i < script.nr_entries; i++) {
		struct boot_entry *entry = &script.entries[i];

		if (entry->task != NULL)
			boot_entry_wait(entry);
	}
	if (script.nr_entries != 0) {
		kfree(script.entries,
		      script.nr_entries * sizeof *script.entries);
		boot_vars_destroy(&script.vars);
		script.entries = NULL;
		script.nr_entries = 0;
	}
	*out = script.result;
}
