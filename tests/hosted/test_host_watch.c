/*
 * tests/hosted/test_host_watch.c -- a test that hangs says where.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A process whose machine never ends gets SIGTERM, as from timeout(1).
 */
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core_test.h"
#include "kern/mutex.h"
#include "kern/waitq.h"
#include "lib/format.h"

#define READY		'+'

static struct mutex mutex;
static struct spinlock lock;
static struct waitq queue;

/* Waits for ever, with the mutex. */
static void UNCHECKED_LOCKING
holder_run(void *arg)
{
	(void)arg;
	mutex_lock(&mutex);
	spin_lock(&lock);
	for (;;)
		(void)waitq_wait(&queue, &lock, WAIT_FOREVER, 0);
}

static void UNCHECKED_LOCKING
wanter_run(void *arg)
{
	(void)arg;
	mutex_lock(&mutex);
}

static bool
is_waiting(const struct thread *t)
{
	return atomic_load_relaxed(&t->state) == THREAD_WAITING;
}

static void
hang_thread(void *arg)
{
	const char ready = READY;
	struct thread *threads[2];

	(void)arg;
	mutex_init(&mutex, RANK_SLEEPING);
	spin_init(&lock, RANK_CLIENT);
	waitq_init(&queue);
	threads[0] = thread_spawn("holder", holder_run, NULL, PRI_USER);
	assert(threads[0] != NULL);
	while (!is_waiting(threads[0]))
		(void)sched_yield();
	threads[1] = thread_spawn("wanter", wanter_run, NULL, PRI_USER);
	assert(threads[1] != NULL);
	while (!is_waiting(threads[1]))
		(void)sched_yield();
	if (write(STDERR_FILENO, &ready, 1) != 1)
		_exit(1);
	for (;;) {
		cpu_relax();
		(void)sched_yield();
	}
}

/* The process that hangs: what it says goes to @out. */
static void
hang(int out)
{
	dup2(out, STDERR_FILENO);
	core_run(2, hang_thread);
	_exit(0);
}

/* All that comes until the end. */
static void
read_all(int in, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n;

	do {
		n = read(in, text + length, size - 1 - length);
		if (n > 0)
			length += (size_t)n;
	} while (n > 0 && length < size - 1);
	text[length] = '\0';
}

static void
check_has(const char *text, const char *what)
{
	if (strstr(text, what) == NULL)
		fail_msg("no \"%s\" in: %s", what, text);
}

static void
test_hang(void **state)
{
	static char text[200000];
	char what[80], ready = 0;
	int fds[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0)
		hang(fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &ready, 1), 1);
	assert_int_equal(ready, READY);
	assert_int_equal(kill(child, SIGTERM), 0);
	read_all(fds[0], text, sizeof text);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);

	check_has(text, "# clock: tick ");
	check_has(text, "# CPU 1: ");
	check_has(text, "# thread holder ");
	check_has(text, "# thread wanter ");
	check_has(text, ": waiting, CPU ");
	/* The addresses are the same in both processes. */
	ksnprintf(what, sizeof what, "  holds lock %p (sleeping)",
		 (void *)&mutex);
	check_has(text, what);
	ksnprintf(what, sizeof what, "  waits at queue %p", (void *)&queue);
	check_has(text, what);
	ksnprintf(what, sizeof what, "  waits at queue %p",
		 (void *)&mutex.waiters);
	check_has(text, what);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hang),
	};

	return unit_main(tests);
}
