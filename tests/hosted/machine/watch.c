/*
 * tests/hosted/machine/watch.c -- what a test that hangs was doing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `make check' gives each test some time, and then sends it SIGTERM.  A host
 * thread of no CPU takes that, prints the clock and the CPUs, lets every other
 * host thread print its kernel thread and its stack, one after the other, and
 * ends the process as the signal would have done.
 *
 * Nothing is locked: the machine may be in any state, and goes on if it can.
 * So what is printed of one thread may not fit what is printed of the next.
 */

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/format.h"
#include "tests/hosted/machine/host_priv.h"

#define WATCH_SIGNAL	SIGUSR1
#define WATCH_FRAMES	40
#define WATCH_WAIT_MS	2000u	/* for one thread's answer */

__thread struct thread *host_thread_self;

static uint32_t watch_answers;		/* (A) threads that have printed */

/*
 * What is printed: in a signal's handler too, so without libc's formats.
 */

void
host_watch_print(const char *fmt, ...)
{
	char line[256];
	size_t length;
	va_list args;

	va_start(args, fmt);
	(void)kvsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	length = strlen(line);
	while (length != 0 && write(STDERR_FILENO, line, length) < 0
	       && errno == EINTR)
		continue;
}

/* What others write meanwhile is read as it is: the thread sanitizer is not to
 * look on. */
static void
watch_begin(void)
{
	if (AnnotateIgnoreReadsBegin != NULL)
		AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
}

static void
watch_end(void)
{
	if (AnnotateIgnoreReadsEnd != NULL)
		AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

static void
watch_show_trail(const char *what, const struct lock_trail *trail)
{
	unsigned int n = trail->count;

	for (unsigned int i = 0; i < n && i < LOCK_TRAIL_MAX; i++)
		host_watch_print("#   holds %s %p (%s)\n", what,
			trail->held[i].lock,
			lock_rank_name(trail->held[i].rank));
}

static void
watch_show_cpu(const struct cpu *cpu)
{
	static const char *const parked[] = {
		[HOST_RUNNING] = "running",
		[HOST_PARKED] = "parked",
		[HOST_PARKED_BLIND] = "parked till a tick, interrupts off",
	};
	const struct thread *t = cpu->md.current_thread;

	host_watch_print("# CPU %u: %s, thread %s, interrupts %s, depth"
		" %u, pending %#x, AST %#x, %u ready, %llu ns of the tick\n",
		(unsigned int)(cpu - cpus),
		parked[atomic_load_relaxed(&cpu->md.parked) % 3],
		t != NULL ? t->name : "none",
		cpu->md.intr_enabled ? "on" : "off", cpu->intr_depth,
		atomic_load_relaxed(&cpu->md.pending),
		atomic_load_relaxed(&cpu->ast_pending), cpu->runq.count,
		(unsigned long long)cpu->md.local_ns);
	watch_show_trail("spin lock", &cpu->spin_trail);
}

static void
watch_show_thread(const struct thread *t)
{
	static const char *const states[] = {
		[THREAD_NEW] = "new", [THREAD_READY] = "ready",
		[THREAD_RUNNING] = "running", [THREAD_WAITING] = "waiting",
		[THREAD_DEAD] = "dead",
	};

	host_watch_print("# thread %s %p: %s, CPU %u, AST %#x%s\n",
		t->name, (const void *)t,
		states[atomic_load_relaxed(&t->state) % ARRAY_SIZE(states)],
		atomic_load_relaxed(&t->cpu), atomic_load_relaxed(&t->ast),
		t->interrupted ? ", interrupted" : "");
	if (t->wait_on != NULL)
		host_watch_print("#   waits at queue %p%s%s\n",
			(const void *)t->wait_on,
			t->timed_on == t->wait_on ? ", timed" : "",
			t->interruptible_on != NULL ? ", interruptible" : "");
	watch_show_trail("lock", &t->sleep_trail);
}

/* To print a stack the sanitizer allocates memory, in a signal's handler: of a
 * process that hangs, so that it does no harm. */
const char *
__tsan_default_options(void)
{
	return "report_signal_unsafe=0";
}

/* In each host thread: print what it is and how it came where it is. */
static void
watch_answer(int number)
{
	void *frames[WATCH_FRAMES];

	(void)number;
	watch_begin();
	if (host_thread_self != NULL)
		watch_show_thread(host_thread_self);
	else
		host_watch_print("# host thread of no kernel thread\n");
	if (host_token != NULL)
		host_watch_print("#   has the token of CPU %u\n",
			cpu_id());
	if (__sanitizer_print_stack_trace != NULL)
		__sanitizer_print_stack_trace();
	else
		backtrace_symbols_fd(frames, backtrace(frames, WATCH_FRAMES),
				     STDERR_FILENO);
	watch_end();
	(void)host_add(&watch_answers, 1u);
}

/*
 * The watching thread.
 */

static void
watch_ask(pid_t tid)
{
	static const struct timespec ms = { .tv_nsec = 1000000 };
	uint32_t before = atomic_load_relaxed(&watch_answers);

	if (syscall(SYS_tgkill, getpid(), tid, WATCH_SIGNAL) != 0)
		return;
	for (unsigned int i = 0; i < WATCH_WAIT_MS; i++) {
		if (atomic_load_relaxed(&watch_answers) != before)
			return;
		nanosleep(&ms, NULL);
	}
	host_watch_print("# host thread %d does not answer\n", (int)tid);
}

static void
watch_ask_all(void)
{
	pid_t self = (pid_t)syscall(SYS_gettid);
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;

	if (tasks == NULL)
		return;
	for (entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
		pid_t tid = (pid_t)atoi(entry->d_name);

		if (tid != 0 && tid != self)
			watch_ask(tid);
	}
	closedir(tasks);
}

static void *
watch_main(void *arg)
{
	sigset_t term;
	int number;

	(void)arg;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (sigwait(&term, &number) != 0)
		abort();
	watch_begin();
	host_watch_print("# SIGTERM: this is what the machine does\n");
	host_clock_show();
	for (unsigned int i = 0; i < cpu_count(); i++)
		watch_show_cpu(&cpus[i]);
	watch_ask_all();
	pthread_sigmask(SIG_UNBLOCK, &term, NULL);
	raise(SIGTERM);
	abort();
}

void
host_watch_start(void)
{
	static bool started;
	struct sigaction answer = { .sa_handler = watch_answer };
	pthread_t watcher;
	sigset_t term;

	if (started)
		return;
	started = true;
	sigaction(WATCH_SIGNAL, &answer, NULL);
	/* Every other host thread inherits this. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, NULL);
	if (pthread_create(&watcher, NULL, watch_main, NULL) != 0)
		abort();
	pthread_detach(watcher);
}
