/*
 * kern/monitor.c -- see kern/monitor.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/monitor.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/debug_exit.h>

#include "ipc/ipc_space.h"
#include "kern/console.h"
#include "kern/cpu_show.h"
#include "kern/intr_thread.h"
#include "kern/klog.h"
#include "kern/printf.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/spinlock.h"
#include "kern/task.h"
#include "kern/task_list.h"
#include "kern/thread.h"
#include "kern/trace.h"
#include "kern/waitq.h"
#include "lib/cmdline.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_map.h"
#include "vm/vm_page.h"

#define MONITOR_LINE	80		/* bytes, with the 0 */
#define MONITOR_TRACE	64		/* events shown by `trace' */

#define CHAR_BACKSPACE	'\b'
#define CHAR_DELETE	0x7f
#define CHAR_KILL	('u' - 'a' + 1)	/* ^U: forget the line */

struct monitor_command {
	const char	*name;
	const char	*help;
	void		(*run)(const char *argument);
};

/* Of `exit'; set once by monitor_run(). */
static int monitor_exit_code;

/* One thread at a time reads commands. */
static struct {
	struct spinlock	lock;		/* RANK_CLIENT */
	struct waitq	left;
	bool		entered;	/* (lock) somebody has */
	bool		can_leave;	/* of who has */
	bool		leaves;		/* of who has */
	struct intr_work attention;
} monitor = {
	.lock = SPINLOCK_INITIALIZER(RANK_CLIENT),
};

static void monitor_help(const char *argument);

static void
monitor_slab(const char *argument)
{
	char line[MONITOR_LINE];

	strlcpy(line, argument, sizeof line);
	slab_command(line);
}

static void
monitor_pages(const char *argument)
{
	(void)argument;
	vm_page_show();
}

static void
monitor_tasks(const char *argument)
{
	(void)argument;
	task_show_all();
}

/* The task of a number; NULL: there is none, or it is no number. */
static struct task *
monitor_task(const char *text)
{
	unsigned long id;

	if (!cmdline_number(text, &id) || id > UINT_MAX)
		return NULL;
	return task_lookup((unsigned int)id);
}

static void
monitor_map(const char *argument)
{
	struct task *task = monitor_task(argument);
	struct vm_map *map;

	if (task == NULL) {
		kprintf("no such task; try `tasks'\n");
		return;
	}
	map = task_get_map(task);
	if (map != NULL) {
		vm_map_show(map);
		vm_map_unref(map);
	}
	task_unref(task);
}

static void
monitor_names(const char *argument)
{
	struct task *task = monitor_task(argument);

	if (task == NULL) {
		kprintf("no such task; try `tasks'\n");
		return;
	}
	ipc_space_show(task->space);
	task_unref(task);
}

static void
monitor_joins(const char *argument)
{
	(void)argument;
	vm_map_join_show();
}

static void
monitor_threads(const char *argument)
{
	(void)argument;
	thread_show_all();
}

static void
monitor_cpus(const char *argument)
{
	(void)argument;
	cpu_show_all();
}

static void
monitor_trace(const char *argument)
{
	(void)argument;
	trace_show(MONITOR_TRACE);
}

static void
monitor_log(const char *argument)
{
	uint64_t pos = 0, end = klog_end();
	char piece[128];
	size_t size;

	(void)argument;
	/* What is written here goes into the log too: not beyond its end. */
	while (pos < end) {
		size = klog_read(&pos, piece,
				 (size_t)MIN(sizeof piece, end - pos));
		if (size == 0)
			break;
		console_write(piece, size);
	}
}

static void
monitor_reboot(const char *argument)
{
	(void)argument;
	machine_reboot();
}

static void
monitor_continue(const char *argument)
{
	(void)argument;
	monitor.leaves = monitor.can_leave;
	if (!monitor.leaves)
		kprintf("there is nothing to go on with\n");
}

static void
monitor_exit(const char *argument)
{
	(void)argument;
	machine_exit(monitor_exit_code);
}

static const struct monitor_command monitor_commands[] = {
	{ "help",	"this list",			monitor_help },
	{ "slab",	"object caches; `slab help'",	monitor_slab },
	{ "pages",	"physical memory",		monitor_pages },
	{ "tasks",	"tasks",			monitor_tasks },
	{ "map",	"address map of a task: map 3",	monitor_map },
	{ "names",	"names, ports, messages: names 3", monitor_names },
	{ "joins",	"joining of map entries",	monitor_joins },
	{ "threads",	"threads",			monitor_threads },
	{ "cpus",	"what each CPU does",		monitor_cpus },
	{ "trace",	"the newest trace events",	monitor_trace },
	{ "log",	"what the kernel printed",	monitor_log },
	{ "continue",	"leave the monitor",		monitor_continue },
	{ "reboot",	"reset the machine",		monitor_reboot },
	{ "exit",	"leave QEMU, or halt",		monitor_exit },
};

static void
monitor_help(const char *argument)
{
	(void)argument;
	for (size_t i = 0; i < ARRAY_SIZE(monitor_commands); i++)
		kprintf("%-8s %s\n", monitor_commands[i].name,
			monitor_commands[i].help);
}

/* Take a character off the line and off the screen. */
static size_t
monitor_erase(size_t length)
{
	if (length == 0)
		return 0;
	console_write("\b \b", 3);
	return length - 1;
}

/* Read a line, echoed, with erase and kill. */
static void
monitor_read(char line[MONITOR_LINE])
{
	size_t length = 0;
	int c;

	for (;;) {
		c = console_getc();
		if (c == '\r' || c == '\n')
			break;
		if (c == CHAR_BACKSPACE || c == CHAR_DELETE) {
			length = monitor_erase(length);
		} else if (c == CHAR_KILL) {
			while (length > 0)
				length = monitor_erase(length);
		} else if (c >= ' ' && length < MONITOR_LINE - 1) {
			line[length] = (char)c;
			console_write(&line[length], 1);
			length++;
		}
	}
	console_write("\n", 1);
	line[length] = '\0';
}

/* Cut @line at its first blank; returns what follows the blanks. */
static char *
monitor_split(char *line)
{
	while (*line != '\0' && *line != ' ')
		line++;
	while (*line == ' ')
		*line++ = '\0';
	return line;
}

static void
monitor_execute(const char *name, const char *argument)
{
	for (size_t i = 0; i < ARRAY_SIZE(monitor_commands); i++) {
		if (strcmp(monitor_commands[i].name, name) == 0) {
			monitor_commands[i].run(argument);
			return;
		}
	}
	kprintf("no command `%s'; try `help'\n", name);
}

/* Read and run commands until one of them leaves. */
static void
monitor_commands_run(bool can_leave)
{
	char line[MONITOR_LINE];
	char *command, *argument;

	kprintf("monitor: `help' lists the commands\n");
	monitor.can_leave = can_leave;
	for (monitor.leaves = false; !monitor.leaves;) {
		console_write("> ", 2);
		monitor_read(line);
		command = line;
		while (*command == ' ')
			command++;
		argument = monitor_split(command);
		if (*command != '\0')
			monitor_execute(command, argument);
	}
}

/* Be the one who reads commands; @wait: until that is possible. */
static bool
monitor_enter(bool wait)
{
	bool mine;

	spin_lock(&monitor.lock);
	while (wait && monitor.entered)
		(void)waitq_wait(&monitor.left, &monitor.lock, WAIT_FOREVER, 0);
	mine = !monitor.entered;
	monitor.entered = true;
	spin_unlock(&monitor.lock);
	if (mine)
		console_keep_input(true);
	return mine;
}

static void
monitor_leave(void)
{
	console_keep_input(false);
	spin_lock(&monitor.lock);
	monitor.entered = false;
	waitq_wake_all(&monitor.left);
	spin_unlock(&monitor.lock);
}

/* A thread of its own. */
static void
monitor_break_in(void *arg)
{
	(void)arg;
	console_write("\n", 1);
	monitor_commands_run(true);
	kprintf("monitor: left\n");
	monitor_leave();
}

/* In the thread of interrupts: there may be no memory. */
static void
monitor_attend(struct intr_work *work)
{
	struct thread *thread;

	(void)work;
	if (!monitor_enter(false))
		return;
	thread = thread_spawn("monitor", monitor_break_in, NULL, PRI_INTR);
	if (thread != NULL) {
		thread_unref(thread);
		return;
	}
	kprintf("monitor: no memory for a thread\n");
	monitor_leave();
}

static void
monitor_attention(void)
{
	(void)intr_work_queue(&monitor.attention);
}

void
monitor_init(void)
{
	waitq_init(&monitor.left);
	intr_work_init(&monitor.attention, monitor_attend);
	console_set_attention(monitor_attention);
}

void
monitor_run(int exit_code)
{
	(void)monitor_enter(true);
	monitor_exit_code = exit_code;
	for (;;)
		monitor_commands_run(false);
}
