/*
 * utils/shell.c -- a shell on the console: starts programs by their names.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The programs are part of it (shell_programs.S).  One thread reads what is
 * typed, byte for byte; the other takes bytes, ends of programs and deaths of
 * tasks from one port set, so that a running program can be stopped by ^C.
 */
#include <device/device.h>
#include <hurd.h>
#include <mach.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macros.h"
#include "utils/lib/elf_task.h"
#include "utils/lib/exit_message.h"
#include "utils/lib/uthread.h"
#include "utils/shell_line.h"
#include "utils/shell_programs.h"

#define MAX_JOBS	16
#define MAX_WORDS	24
#define KEY_MESSAGE_ID	7001
#define KEYS_AT_ONCE	16
#define KEYS_AHEAD	256	/* typed while a program is waited for */

#define CHAR_INTERRUPT	3	/* ^C */

/* What is typed, on its way to the main thread. */
struct key_message {
	mach_msg_header_t head;
	mach_msg_type_t	type;
	char		keys[KEYS_AT_ONCE];
};

union shell_message {
	mach_msg_header_t head;
	struct key_message key;
	struct exit_message exit;
	mach_dead_name_notification_t dead;
	char		room[256];
};

struct job {
	mach_port_t	task;		/* MACH_PORT_NULL: not used */
	mach_port_t	exit_port;	/* its receive right */
	const char	*name;
	bool		waited;		/* in the foreground */
	bool		told;		/* it has told its status */
	int		status;
};

static struct {
	mach_port_t	host_priv, device_master, console;
	mach_port_t	keys;		/* messages of the reading thread */
	mach_port_t	events;		/* the set */
	struct job	jobs[MAX_JOBS];
	struct shell_line line;
	char		ahead[KEYS_AHEAD];
	size_t		nr_ahead;
} shell;

/*
 * Reading.
 */

/* Send what was read to the main thread. */
static void
reader_send(const char *keys, mach_msg_type_number_t count)
{
	struct key_message message;

	memset(&message, 0, sizeof message);
	message.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	message.head.msgh_remote_port = shell.keys;
	message.head.msgh_id = KEY_MESSAGE_ID;
	message.type.msgt_name = MACH_MSG_TYPE_CHAR;
	message.type.msgt_size = 8;
	message.type.msgt_number = KEYS_AT_ONCE;
	message.type.msgt_inline = TRUE;
	memcpy(message.keys, keys, count);
	(void)mach_msg(&message.head, MACH_SEND_MSG, sizeof message, 0,
		       MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

static void
reader_run(void *arg)
{
	(void)arg;
	for (;;) {
		io_buf_ptr_inband_t data;
		mach_msg_type_number_t count = sizeof data;
		kern_return_t result;

		result = device_read_inband(shell.console, 0, 0, KEYS_AT_ONCE,
					    data, &count);
		if (result == KERN_SUCCESS && count > 0)
			reader_send(data, MIN(count, KEYS_AT_ONCE));
		else
			thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 50);
	}
}

/*
 * Jobs.
 */

static struct job *
job_find(mach_port_t exit_port)
{
	for (size_t i = 0; i < MAX_JOBS; i++)
		if (shell.jobs[i].task != MACH_PORT_NULL
		    && shell.jobs[i].exit_port == exit_port)
			return &shell.jobs[i];
	return NULL;
}

static struct job *
job_foreground(void)
{
	for (size_t i = 0; i < MAX_JOBS; i++)
		if (shell.jobs[i].task != MACH_PORT_NULL
		    && shell.jobs[i].waited)
			return &shell.jobs[i];
	return NULL;
}

static unsigned int
job_number(const struct job *job)
{
	return (unsigned int)(job - shell.jobs) + 1;
}

/* The task is gone: say what has to be said, and forget the job. */
static void
job_end(struct job *job)
{
	if (!job->told)
		printf("%s: ended without a word\n", job->name);
	else if (job->status != EXIT_SUCCESS)
		printf("%s: status %d\n", job->name, job->status);
	else if (!job->waited)
		printf("[%u] %s: done\n", job_number(job), job->name);
	mach_port_deallocate(mach_task_self(), job->task);
	mach_port_mod_refs(mach_task_self(), job->exit_port,
			   MACH_PORT_RIGHT_RECEIVE, -1);
	memset(job, 0, sizeof *job);
}

/* Ask to be told of the task's death, on the job's port. */
static kern_return_t
job_watch(struct job *job)
{
	mach_port_t previous = MACH_PORT_NULL;

	return mach_port_request_notification(mach_task_self(), job->task,
					      MACH_NOTIFY_DEAD_NAME, TRUE,
					      job->exit_port,
					      MACH_MSG_TYPE_MAKE_SEND_ONCE,
					      &previous);
}

static void
job_start(const struct shell_program *program, int argc, char **argv,
	  bool waited)
{
	struct job *job = NULL;
	kern_return_t result;

	for (size_t i = 0; i < MAX_JOBS && job == NULL; i++)
		if (shell.jobs[i].task == MACH_PORT_NULL)
			job = &shell.jobs[i];
	if (job == NULL) {
		printf("shell: %d programs run already\n", MAX_JOBS);
		return;
	}
	result = mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE,
				    &job->exit_port);
	if (result == KERN_SUCCESS)
		result = mach_port_move_member(mach_task_self(),
					       job->exit_port, shell.events);
	if (result == KERN_SUCCESS)
		result = elf_task_start(program->start,
					shell_program_size(program), argc,
					argv, job->exit_port, &job->task);
	if (result != KERN_SUCCESS) {
		printf("shell: cannot start %s: %s\n", argv[0],
		       mach_error_string(result));
		if (job->exit_port != MACH_PORT_NULL)
			mach_port_mod_refs(mach_task_self(), job->exit_port,
					   MACH_PORT_RIGHT_RECEIVE, -1);
		memset(job, 0, sizeof *job);
		return;
	}
	job->name = program->name;
	job->waited = waited;
	if (!waited)
		printf("[%u] %s\n", job_number(job), job->name);
	/* It may be dead already: then its name is, too. */
	if (job_watch(job) != KERN_SUCCESS)
		job_end(job);
}

/*
 * Commands.
 */

static void
command_help(void)
{
	printf("Commands:\n"
	       "  help          this list\n"
	       "  jobs          programs that run\n"
	       "  kill N        end program N of that list\n"
	       "  monitor       the kernel's monitor; `continue' leaves it\n"
	       "  reboot        reset the machine\n"
	       "  exit          end the shell\n"
	       "Programs, which answer to --help, and run behind the prompt "
	       "with & at the end:\n");
	for (size_t i = 0; i < shell_nr_programs; i++)
		printf("  %-12s  %s\n", shell_programs[i].name,
		       shell_programs[i].what);
	printf("^C ends the program that is waited for.  Lines are edited "
	       "with the arrows,\n^A ^E ^U ^K ^W; the lines before come back "
	       "with the arrow up.\n");
}

static void
command_jobs(void)
{
	for (size_t i = 0; i < MAX_JOBS; i++)
		if (shell.jobs[i].task != MACH_PORT_NULL)
			printf("[%u] %s\n", job_number(&shell.jobs[i]),
			       shell.jobs[i].name);
}

static void
command_kill(const char *number)
{
	unsigned long n = number == NULL ? 0 : strtoul(number, NULL, 10);

	if (n == 0 || n > MAX_JOBS
	    || shell.jobs[n - 1].task == MACH_PORT_NULL) {
		printf("kill: which program?  `jobs' lists them\n");
		return;
	}
	(void)task_terminate(shell.jobs[n - 1].task);
}

static void
command_monitor(void)
{
	kern_return_t result;
	int none = 0;

	result = device_set_status(shell.console, SHELL_CONSOLE_MONITOR, &none,
				   0);
	if (result != KERN_SUCCESS)
		printf("monitor: %s\n", mach_error_string(result));
}

static void
command_reboot(void)
{
	kern_return_t result = host_reboot(shell.host_priv, 0);

	printf("reboot: %s\n", mach_error_string(result));
}

static void
command_program(int argc, char **argv, bool waited)
{
	for (size_t i = 0; i < shell_nr_programs; i++)
		if (strcmp(shell_programs[i].name, argv[0]) == 0) {
			job_start(&shell_programs[i], argc, argv, waited);
			return;
		}
	printf("%s: no such command; try help\n", argv[0]);
}

static void
run_words(int argc, char **argv, bool waited)
{
	if (strcmp(argv[0], "help") == 0)
		command_help();
	else if (strcmp(argv[0], "jobs") == 0)
		command_jobs();
	else if (strcmp(argv[0], "kill") == 0)
		command_kill(argc > 1 ? argv[1] : NULL);
	else if (strcmp(argv[0], "monitor") == 0)
		command_monitor();
	else if (strcmp(argv[0], "reboot") == 0)
		command_reboot();
	else if (strcmp(argv[0], "exit") == 0)
		exit(EXIT_SUCCESS);
	else
		command_program(argc, argv, waited);
}

/* Cut a line to words and run it. */
static void
run_line(char *line)
{
	char *words[MAX_WORDS + 1];
	int count = 0;
	bool waited = true;

	for (char *at = line; *at != '\0';) {
		while (*at == ' ')
			*at++ = '\0';
		if (*at == '\0')
			break;
		if (count == MAX_WORDS) {
			printf("shell: more than %d words\n", MAX_WORDS);
			return;
		}
		words[count++] = at;
		while (*at != '\0' && *at != ' ')
			at++;
	}
	if (count > 0 && strcmp(words[count - 1], "&") == 0) {
		waited = false;
		count--;
	}
	words[count] = NULL;
	if (count > 0)
		run_words(count, words, waited);
}

/*
 * Events.
 */

static void
prompt(void)
{
	if (job_foreground() == NULL)
		shell_line_begin(&shell.line, "# ");
}

static void
handle_key(char key)
{
	struct job *job = job_foreground();
	char *line;

	if (job != NULL) {
		if (key == CHAR_INTERRUPT)
			(void)task_terminate(job->task);
		else if (shell.nr_ahead < KEYS_AHEAD)
			shell.ahead[shell.nr_ahead++] = key;
		return;
	}
	line = shell_line_key(&shell.line, key);
	if (line != NULL) {
		run_line(line);
		prompt();
	}
}

/* Nothing is waited for any more: take what was typed meanwhile. */
static void
handle_ahead(void)
{
	char ahead[KEYS_AHEAD];
	size_t count = shell.nr_ahead;

	memcpy(ahead, shell.ahead, count);
	shell.nr_ahead = 0;
	for (size_t i = 0; i < count; i++)
		handle_key(ahead[i]);
}

static void
handle_message(union shell_message *message)
{
	struct job *job = job_find(message->head.msgh_local_port);
	bool waited = job != NULL && job->waited;

	switch (message->head.msgh_id) {
	case KEY_MESSAGE_ID:
		for (size_t i = 0; i < KEYS_AT_ONCE; i++)
			if (message->key.keys[i] != '\0')
				handle_key(message->key.keys[i]);
		break;
	case EXIT_MESSAGE_ID:
		if (job != NULL) {
			job->told = true;
			job->status = message->exit.status;
		}
		break;
	case MACH_NOTIFY_DEAD_NAME:
		/* The notice's own reference; job_end() drops ours. */
		mach_port_deallocate(mach_task_self(),
				     message->dead.not_port);
		if (job != NULL) {
			job_end(job);
			if (waited) {
				prompt();
				handle_ahead();
			}
		}
		break;
	default:
		mach_msg_destroy(&message->head);
		break;
	}
}

static kern_return_t
shell_init(void)
{
	kern_return_t result;

	if (get_privileged_ports(&shell.host_priv, &shell.device_master) != 0)
		return KERN_INVALID_HOST;
	result = device_open(shell.device_master, D_READ | D_WRITE,
			     "console", &shell.console);
	if (result == KERN_SUCCESS)
		result = mach_port_allocate(mach_task_self(),
					    MACH_PORT_RIGHT_PORT_SET,
					    &shell.events);
	if (result == KERN_SUCCESS)
		result = mach_port_allocate(mach_task_self(),
					    MACH_PORT_RIGHT_RECEIVE,
					    &shell.keys);
	if (result == KERN_SUCCESS)
		result = mach_port_move_member(mach_task_self(), shell.keys,
					       shell.events);
	return result;
}

int
main(int argc, char **argv)
{
	kern_return_t result = shell_init();

	(void)argc;
	(void)argv;
	if (result != KERN_SUCCESS
	    || uthread_create(reader_run, NULL) == NULL) {
		printf("shell: it needs --host-priv-port and "
		       "--device-master-port: %s\n",
		       mach_error_string(result));
		return EXIT_FAILURE;
	}
	printf("\nWelcome.  `help' lists what can be started from here.\n");
	prompt();
	for (;;) {
		union shell_message message;

		if (mach_msg(&message.head, MACH_RCV_MSG, 0, sizeof message,
			     shell.events, MACH_MSG_TIMEOUT_NONE,
			     MACH_PORT_NULL) == MACH_MSG_SUCCESS)
			handle_message(&message);
	}
}
