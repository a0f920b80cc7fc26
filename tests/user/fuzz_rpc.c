/*
 * tests/user/fuzz_rpc.c -- hostile calls and messages from several threads.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: fuzz_rpc CALLS [SEED]
 *
 * Children, one after the other, make CALLS random calls in all, each with four
 * threads: a message with random bits, ports, ids, items and sizes, well formed
 * or not, to objects of the kernel or to ports of their own; a trap; or a
 * call of the right form with random arguments.
 *
 * What a child does may stop its threads for good: they suspend each other,
 * wait for what nobody sends, or fault and wait for an answer to the exception.
 * When none of them has got on for a while they are aborted, and if that does
 * not help, or enough is done, the child is ended, which must always be
 * possible; the next one goes on.  Tasks that a child has made are ended, too.
 *
 * Afterwards the kernel must serve as before, and each object cache be back at
 * the number of objects that it had.
 */
#include <hurd.h>
#include <mach_debug/kernel_stat.h>

#include <stdlib.h>

#include "tests/user/fuzz_rpc.h"
#include "tests/user/lib/child.h"
#include "utils/lib/uthread.h"

#define THREADS		4
#define CHILD_CALLS	20000ul		/* a child makes, at most */
#define CHILDREN	100000ul	/* that may be needed */
#define POLL_MS		10
#define PATIENCE	10		/* polls without any call */
#define ABORTS		4		/* before a child is given up */
#define CACHES		256
#define TASKS		64		/* of the machine, without ours */
#define NAMES		512		/* that are in use at a time, at most */
#define SETTLE_MS	10000		/* for what ends by itself, at most */

/* A thread's, in a page that parent and child share. */
struct progress {
	uint32_t	calls;		/* that it has begun */
	uint32_t	done;		/* it has come to its end */
	uint32_t	what;		/* what struct fuzz.what says */
};

static unsigned long nr_calls = 20000;
static uint64_t seed = 1;
static mach_port_t host_priv, device_master, pset;
static volatile struct progress *progress;
static unsigned long child_calls;	/* for each thread of this child */

/*
 * The child.
 */

/* What it has piled up must not fill the machine. */
static void
fuzz_tidy(const struct fuzz *f)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, nr_types;

	if (mach_port_names(f->self, &names, &count, &types, &nr_types)
	    != KERN_SUCCESS)
		return;
	for (mach_msg_type_number_t i = 0; i < count; i++)
		if (names[i] >= 64 && names[i] != f->self
		    && names[i] != f->priv && names[i] != device_master)
			(void)mach_port_destroy(f->self, names[i]);
	(void)vm_deallocate(f->self, (vm_address_t)names,
			    count * sizeof *names);
	(void)vm_deallocate(f->self, (vm_address_t)types,
			    nr_types * sizeof *types);
}

static void
fuzz_run(void *arg)
{
	volatile struct progress *mine = &progress[(uintptr_t)arg];
	static struct fuzz room[THREADS];
	struct fuzz *f = &room[(uintptr_t)arg];

	random_init(&f->random, seed * THREADS + (uintptr_t)arg);
	f->priv = host_priv;
	f->what = &mine->what;
	fuzz_begin(f);
	for (unsigned long i = 0; i < child_calls; i++) {
		if (i % 1024 == 1023 && arg == NULL)
			fuzz_tidy(f);
		mine->calls = (uint32_t)i + 1;
		fuzz_call(f);
	}
	mine->done = 1;
}

static void
fuzz_child(void *arg)
{
	(void)arg;
	for (uintptr_t i = 1; i < THREADS; i++)
		(void)uthread_create(fuzz_run, (void *)i);
	fuzz_run(NULL);
	for (;;)
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 1000);
}

/*
 * The parent.
 */

static mach_port_t known_tasks[TASKS];
static unsigned int nr_known;
static unsigned long nr_orphans, nr_stuck, nr_aborted;

static bool
is_known(mach_port_t task)
{
	for (unsigned int i = 0; i < nr_known; i++)
		if (known_tasks[i] == task)
			return true;
	return false;
}

/* End all tasks that were not there at first; or note those that are. */
static void
end_orphans(bool note)
{
	mach_msg_type_number_t count;
	task_array_t tasks;

	if (processor_set_tasks(pset, &tasks, &count) != KERN_SUCCESS)
		return;
	for (mach_msg_type_number_t i = 0; i < count; i++) {
		if (note && nr_known < TASKS) {
			known_tasks[nr_known++] = tasks[i];
			continue;
		}
		if (!is_known(tasks[i])
		    && task_terminate(tasks[i]) == KERN_SUCCESS)
			nr_orphans++;
		(void)mach_port_deallocate(mach_task_self(), tasks[i]);
	}
	(void)vm_deallocate(mach_task_self(), (vm_address_t)tasks,
			    count * sizeof *tasks);
}

/* All that its threads have made; and how many have come to their ends. */
static unsigned long
child_progress(unsigned int *nr_done)
{
	unsigned long sum = 0;

	*nr_done = 0;
	for (unsigned int i = 0; i < THREADS; i++) {
		sum += MIN(progress[i].calls, (uint32_t)child_calls);
		*nr_done += progress[i].done != 0;
	}
	return sum;
}

/* Break whatever the child's threads wait for, suspensions of theirs, too. */
static void
child_abort(const struct child *child)
{
	mach_msg_type_number_t count;
	thread_array_t threads;

	(void)task_resume(child->task);
	if (task_threads(child->task, &threads, &count) != KERN_SUCCESS)
		return;
	for (mach_msg_type_number_t i = 0; i < count; i++) {
		(void)thread_abort(threads[i]);
		(void)mach_port_deallocate(mach_task_self(), threads[i]);
	}
	(void)vm_deallocate(mach_task_self(), (vm_address_t)threads,
			    count * sizeof *threads);
	nr_aborted++;
}

/* Until all is done, or it is dead, or nothing gets on. */
static void
child_watch(const struct child *child)
{
	unsigned int idle = 0, nr_done;
	unsigned long then = 0;

	while (!port_is_dead(child->task)) {
		unsigned long now = child_progress(&nr_done);

		if (nr_done == THREADS)
			return;
		idle = now == then ? idle + 1 : 0;
		then = now;
		if (idle != 0 && idle % PATIENCE == 0)
			child_abort(child);
		if (idle == ABORTS * PATIENCE) {
			nr_stuck++;
			return;
		}
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT,
				    POLL_MS);
	}
}

/* One child more.  False: it could not be ended. */
static bool
run_child(unsigned long *done, unsigned long most)
{
	struct child child;
	unsigned int nr_done;
	bool ended;

	memset((void *)(uintptr_t)progress, 0, THREADS * sizeof *progress);
	child_calls = MIN(CHILD_CALLS, most) / THREADS + 1;
	seed++;
	/* There may be no memory while the last one is being ended. */
	while (child_create(&child, fuzz_child, NULL) != KERN_SUCCESS)
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT,
				    POLL_MS);
	(void)child_give(&child, host_priv, MACH_MSG_TYPE_COPY_SEND);
	(void)child_resume(&child);
	child_watch(&child);
	(void)task_terminate(child.task);
	ended = child_wait(&child) != 0;
	*done += child_progress(&nr_done);
	if (!ended)
		for (unsigned int i = 0; i < THREADS; i++)
			user_print("# thread %u: call %u, of kind %u\n", i,
				   progress[i].calls,
				   progress[i].what);
	child_destroy(&child);
	end_orphans(false);
	return ended;
}

static slab_stat_t before[CACHES], after[CACHES];

static mach_msg_type_number_t
read_caches(slab_stat_t *caches)
{
	slab_stat_t *list = caches;
	mach_msg_type_number_t count = CACHES;

	if (host_slab_statistics(mach_host_self(), &list, &count)
	    != KERN_SUCCESS || count > CACHES)
		return 0;
	if (list != caches) {
		memcpy(caches, list, count * sizeof *caches);
		(void)vm_deallocate(mach_task_self(), (vm_address_t)list,
				    count * sizeof *list);
	}
	return count;
}

/* How many caches have more objects than before. */
static unsigned int
grown_caches(mach_msg_type_number_t count, bool tell)
{
	unsigned int grown = 0;

	for (mach_msg_type_number_t i = 0; i < count; i++) {
		if (after[i].ss_nr_live <= before[i].ss_nr_live
		    || strncmp(after[i].ss_name, "magazine", 8) == 0)
			continue;
		grown++;
		if (tell)
			user_print("# %s: %llu objects, were %llu\n",
				   after[i].ss_name,
				   (unsigned long long)after[i].ss_nr_live,
				   (unsigned long long)before[i].ss_nr_live);
	}
	return grown;
}

/* The kernel takes threads and ports apart after the calls have returned. */
static void
compare_caches(mach_msg_type_number_t count)
{
	mach_msg_type_number_t now = 0;
	unsigned int grown = 1;

	for (int ms = 0; ms < SETTLE_MS && grown != 0; ms += POLL_MS) {
		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT,
				    POLL_MS);
		now = read_caches(after);
		grown = grown_caches(MIN(now, count), false);
	}
	tap_is((long)now, (long)count, "as many caches");
	tap_is((long)grown_caches(MIN(now, count), true), 0,
	       "every cache is back at its count");
}

static void
nothing_run(void *arg)
{
	(void)arg;
}

/* A space keeps what freed names took for the next ones: have enough. */
static void
keep_names(void)
{
	mach_port_t names[NAMES];

	for (unsigned int i = 0; i < NAMES; i++)
		(void)mach_port_allocate(mach_task_self(),
					 MACH_PORT_RIGHT_DEAD_NAME, &names[i]);
	for (unsigned int i = 0; i < NAMES; i++)
		(void)mach_port_deallocate(mach_task_self(), names[i]);
}

/* How many names this task has. */
static long
own_names(void)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, nr_types;

	if (mach_port_names(mach_task_self(), &names, &count, &types,
			    &nr_types) != KERN_SUCCESS)
		return -1;
	(void)vm_deallocate(mach_task_self(), (vm_address_t)names,
			    count * sizeof *names);
	(void)vm_deallocate(mach_task_self(), (vm_address_t)types,
			    nr_types * sizeof *types);
	return (long)count;
}

/* A bit of everything, as somebody who has seen nothing of all that. */
static void
kernel_serves(void)
{
	mach_port_t self = mach_task_self(), name = MACH_PORT_NULL;
	vm_address_t address = 0;
	struct child child;

	tap_is(vm_allocate(self, &address, 64 * USER_PAGE_SIZE, TRUE),
	       KERN_SUCCESS, "memory is allocated");
	memset((void *)address, 1, 64 * USER_PAGE_SIZE);
	tap_is(vm_deallocate(self, address, 64 * USER_PAGE_SIZE),
	       KERN_SUCCESS, "and freed");
	tap_is(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &name),
	       KERN_SUCCESS, "a port is made");
	tap_is(mach_port_destroy(self, name), KERN_SUCCESS, "and ended");
	tap_is(child_create(&child, nothing_run, NULL), KERN_SUCCESS,
	       "a task is made");
	tap_is(child_resume(&child), KERN_SUCCESS, "it runs");
	tap_ok(child_wait(&child), "and ends itself");
	child_destroy(&child);
}

/* The right to list tasks, and the page that is shared. */
static bool
prepare(void)
{
	mach_port_t self = mach_task_self(), set = MACH_PORT_NULL;
	vm_address_t page = 0;

	(void)get_privileged_ports(&host_priv, &device_master);
	if (processor_set_default(mach_host_self(), &set) != KERN_SUCCESS
	    || host_processor_set_priv(host_priv, set, &pset) != KERN_SUCCESS
	    || vm_allocate(self, &page, USER_PAGE_SIZE, TRUE) != KERN_SUCCESS)
		return false;
	progress = (volatile struct progress *)page;
	return vm_inherit(self, page, USER_PAGE_SIZE, VM_INHERIT_SHARE)
		== KERN_SUCCESS;
}

int
main(int argc, char **argv)
{
	unsigned long done = 0, children = 0;
	mach_msg_type_number_t count;
	bool ended = true;
	long names;

	if (argc > 1)
		nr_calls = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoul(argv[2], NULL, 10);
	if (!tap_ok(prepare(), "what the test needs"))
		return tap_done("fuzz_rpc");
	end_orphans(true);
	/* Once for what stays after the first time. */
	(void)run_child(&done, 1000);
	kernel_serves();
	keep_names();
	names = own_names();
	(void)read_caches(before);
	count = read_caches(before);
	tap_ok(count > 0, "the caches are counted");
	for (done = 0; done < nr_calls && children < CHILDREN && ended;
	     children++)
		ended = run_child(&done, nr_calls - done);
	tap_ok(ended, "each child is ended, whatever it waits for");
	user_print("# %lu calls by %lu children; %lu times all their threads "
		   "waited, %lu times for good; %lu tasks were left\n", done,
		   children, nr_aborted, nr_stuck, nr_orphans);
	tap_ok(done >= nr_calls, "as many calls as there should be");
	kernel_serves();
	tap_is(own_names(), names, "as many names of ours");
	compare_caches(count);
	return tap_done("fuzz_rpc");
}
