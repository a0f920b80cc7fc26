/*
 * tests/user/test_psets.c -- processors, their sets, and what is assigned to
 * them.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first argument says how many sets the kernel should have: one, with all
 * processors, or two, the first processor in the first of them.
 */
#include <hurd.h>
#include <mach/processor_info.h>

#include "tests/user/lib/user.h"
#include "utils/lib/uthread.h"

#define NR_SPINNERS	16
#define ROUNDS		2000
#define NR_ABORTS	10

/* A set by its control port and its name. */
struct set {
	mach_port_t		pset, name;
	unsigned int		nr_processors;
};

static mach_port_t self, host, priv;
static struct set sets[2];
static unsigned int nr_sets;

/* Where the program is: the number of the processor's APIC, from 0. */
static unsigned int
where(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
	return b >> 24;
}

static bool
is_in(const struct set *set, unsigned int processor)
{
	return nr_sets == 1 || (processor == 0) == (set == &sets[0]);
}

static void
rest(void)
{
	thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 1);
}

/* Drop an array of send rights; return how many of them are @which. */
static unsigned int
drop_list(mach_port_t *list, mach_msg_type_number_t count, mach_port_t which)
{
	unsigned int found = 0;

	for (mach_msg_type_number_t i = 0; i < count; i++) {
		found += list[i] == which;
		(void)mach_port_deallocate(self, list[i]);
	}
	(void)vm_deallocate(self, (vm_address_t)list, count * sizeof *list);
	return found;
}

/*
 * A thread that tells where it is.
 */

enum manner {
	SPINS,				/* never in the kernel */
	CALLS,				/* always */
	SLEEPS,				/* waits */
	NR_MANNERS
};

struct spinner {
	enum manner		manner;
	volatile unsigned int	end;
	volatile unsigned int	turns;	/* at which it was ... */
	volatile unsigned int	place;
	struct uthread		*thread;
};

static struct spinner spinners[NR_SPINNERS];

static void
spinner_run(void *arg)
{
	struct spinner *spinner = arg;

	while (!spinner->end) {
		spinner->place = where();
		__atomic_fetch_add(&spinner->turns, 1, __ATOMIC_SEQ_CST);
		if (spinner->manner == CALLS)
			(void)mach_port_deallocate(self, mach_thread_self());
		else if (spinner->manner == SLEEPS)
			rest();
	}
}

static void
spinner_start(struct spinner *spinner, enum manner manner, bool suspended)
{
	spinner->manner = manner;
	spinner->end = 0;
	spinner->place = ~0u;
	spinner->thread = suspended
			  ? uthread_create_suspended(spinner_run, spinner)
			  : uthread_create(spinner_run, spinner);
	if (spinner->thread == NULL)
		user_die("test_psets: no thread\n");
}

static void
spinner_stop(struct spinner *spinner)
{
	spinner->end = 1;
	uthread_join(spinner->thread);
}

/* It is where @set is after two more turns: the first may have begun before,
 * elsewhere. */
static bool
spinner_is_in(const struct spinner *spinner, const struct set *set)
{
	unsigned int turns = spinner->turns;

	while (spinner->turns - turns < 2)
		rest();
	return is_in(set, spinner->place);
}

/* What the calls tell of the thread's set agrees with @set. */
static bool
thread_is_listed(mach_port_t thread, const struct set *set)
{
	mach_msg_type_number_t count;
	thread_array_t list;
	mach_port_t name;
	bool good;

	if (thread_get_assignment(thread, &name) != KERN_SUCCESS)
		return false;
	good = name == set->name;
	(void)mach_port_deallocate(self, name);
	for (unsigned int i = 0; i < nr_sets; i++) {
		if (processor_set_threads(sets[i].pset, &list, &count)
		    != KERN_SUCCESS)
			return false;
		good &= drop_list(list, count, thread)
			== (&sets[i] == set ? 1 : 0);
	}
	return good;
}

static bool
task_is_listed(mach_port_t task, const struct set *set)
{
	mach_msg_type_number_t count;
	task_array_t list;
	mach_port_t name;
	bool good;

	if (task_get_assignment(task, &name) != KERN_SUCCESS)
		return false;
	good = name == set->name;
	(void)mach_port_deallocate(self, name);
	for (unsigned int i = 0; i < nr_sets; i++) {
		if (processor_set_tasks(sets[i].pset, &list, &count)
		    != KERN_SUCCESS)
			return false;
		good &= drop_list(list, count, task)
			== (&sets[i] == set ? 1 : 0);
	}
	return good;
}

static void
get_sets(unsigned int wanted)
{
	processor_set_name_array_t names;
	mach_msg_type_number_t count;
	mach_port_t name;

	if (host_processor_sets(host, &names, &count) != KERN_SUCCESS
	    || count > ARRAY_SIZE(sets))
		user_die("test_psets: no sets, or %u\n", (unsigned)count);
	nr_sets = count;
	tap_is((long)nr_sets, (long)wanted, "sets");
	for (unsigned int i = 0; i < nr_sets; i++) {
		sets[i].name = names[i];
		if (host_processor_set_priv(priv, names[i], &sets[i].pset)
		    != KERN_SUCCESS)
			user_die("test_psets: a set without a port\n");
	}
	(void)vm_deallocate(self, (vm_address_t)names, count * sizeof *names);
	tap_is(processor_set_default(host, &name), KERN_SUCCESS, "default set");
	tap_is(name, sets[0].name, "it is the first");
	(void)mach_port_deallocate(self, name);
}

static void
drop_sets(void)
{
	for (unsigned int i = 0; i < nr_sets; i++) {
		(void)mach_port_deallocate(self, sets[i].name);
		(void)mach_port_deallocate(self, sets[i].pset);
	}
}

/* Each processor is in one set, which lists it, and cannot leave it. */
static void
test_processor(mach_port_t processor, unsigned int slot)
{
	struct set *in = slot == 0 || nr_sets == 1 ? &sets[0] : &sets[1];
	processor_name_array_t list;
	mach_msg_type_number_t count;
	mach_port_t name;

	in->nr_processors++;
	tap_is(processor_get_assignment(processor, &name), KERN_SUCCESS,
	       "set of processor %u", slot);
	tap_is(name, in->name, "it is the right one");
	(void)mach_port_deallocate(self, name);
	for (unsigned int i = 0; i < nr_sets; i++) {
		bool here = in == &sets[i];

		tap_is(processor_assign(processor, sets[i].pset, FALSE),
		       here ? KERN_SUCCESS : KERN_FAILURE,
		       "assign processor %u to set %u", slot, i);
		tap_is(processor_set_processors(sets[i].name, &list, &count),
		       KERN_SUCCESS, "processors of set %u", i);
		tap_is(drop_list(list, count, processor), here,
		       "this one is among them, or not");
	}
}

static void
test_processors(void)
{
	struct processor_set_basic_info info;
	mach_msg_type_number_t n, count;
	processor_array_t processors;
	mach_port_t same;

	tap_is(host_processors(priv, &processors, &n), KERN_SUCCESS,
	       "processors");
	for (unsigned int i = 0; i < n; i++)
		test_processor(processors[i], i);
	(void)drop_list(processors, n, MACH_PORT_NULL);
	for (unsigned int i = 0; i < nr_sets; i++) {
		count = PROCESSOR_SET_BASIC_INFO_COUNT;
		tap_is(processor_set_info(sets[i].name,
					  PROCESSOR_SET_BASIC_INFO, &same,
					  (processor_set_info_t)&info, &count),
		       KERN_SUCCESS, "figures of set %u", i);
		tap_is(info.processor_count, (long)sets[i].nr_processors,
		       "its processors");
		tap_ok(i == 0 ? info.task_count >= 1 && info.thread_count >= 1
		       : info.task_count == 0 && info.thread_count == 0,
		       "all tasks and threads are in the first");
		(void)mach_port_deallocate(self, same);
	}
}

/* A thread of each manner goes to each set and back. */
static void
test_threads(void)
{
	struct spinner *spinner = &spinners[0];

	for (int manner = SPINS; manner < NR_MANNERS; manner++) {
		spinner_start(spinner, (enum manner)manner, false);
		tap_ok(spinner_is_in(spinner, &sets[0]), "it begins there");
		for (unsigned int i = nr_sets; i-- > 0;) {
			mach_port_t port = spinner->thread->port;

			tap_is(thread_assign(port, sets[i].pset), KERN_SUCCESS,
			       "assign a thread to set %u", i);
			tap_ok(spinner_is_in(spinner, &sets[i]), "it goes");
			tap_ok(thread_is_listed(port, &sets[i]), "listed");
		}
		spinner_stop(spinner);
	}
}

/* One that has not begun begins in its set; default calls take it back. */
static void
test_suspended(void)
{
	struct set *last = &sets[nr_sets - 1];
	struct spinner *spinner = &spinners[0];
	mach_port_t port;

	spinner_start(spinner, SPINS, true);
	port = spinner->thread->port;
	tap_is(thread_assign(port, last->pset), KERN_SUCCESS,
	       "assign a thread that has not begun");
	tap_ok(thread_is_listed(port, last), "listed");
	tap_is(thread_resume(port), KERN_SUCCESS, "resume it");
	while (spinner->turns == 0)
		rest();
	tap_ok(is_in(last, spinner->place), "it begins in that set");
	tap_is(thread_suspend(port), KERN_SUCCESS, "suspend it");
	tap_is(thread_assign_default(port), KERN_SUCCESS, "and assign it");
	tap_is(thread_resume(port), KERN_SUCCESS, "resume it");
	tap_ok(spinner_is_in(spinner, &sets[0]), "it is in the default set");
	spinner_stop(spinner);
}

/* Threads that a task will make are where it is assigned to, and its children;
 * those that it has stay unless that is asked for. */
static void
test_task(void)
{
	struct set *last = &sets[nr_sets - 1];
	struct spinner *old = &spinners[0], *new = &spinners[1];
	mach_port_t child;

	spinner_start(old, SPINS, false);
	tap_is(task_assign(self, last->pset, FALSE), KERN_SUCCESS,
	       "assign the task");
	tap_ok(task_is_listed(self, last), "listed");
	spinner_start(new, SLEEPS, false);
	tap_ok(spinner_is_in(new, last), "a new thread begins there");
	tap_ok(spinner_is_in(old, &sets[0]), "an old one stays");
	tap_ok(is_in(&sets[0], where()), "and so do we");
	tap_is(task_create(self, FALSE, &child), KERN_SUCCESS, "a child");
	tap_ok(task_is_listed(child, last), "it is where its parent is");
	tap_is(task_terminate(child), KERN_SUCCESS, "end it");
	(void)mach_port_deallocate(self, child);
	tap_is(task_assign(self, last->pset, TRUE), KERN_SUCCESS,
	       "assign the task with its threads");
	tap_ok(is_in(last, where()), "we are there");
	tap_ok(spinner_is_in(old, last), "and the old thread");
	tap_is(task_assign_default(self, TRUE), KERN_SUCCESS, "take all back");
	tap_ok(is_in(&sets[0], where()) && spinner_is_in(old, &sets[0])
	       && spinner_is_in(new, &sets[0]), "we are all back");
	tap_ok(task_is_listed(self, &sets[0]), "listed");
	spinner_stop(old);
	spinner_stop(new);
}

/* Who never gets a processor of its set is aborted from another set, and is in
 * no other one in user mode. */
static void
test_abort(void)
{
	struct spinner *worst = &spinners[0], *better = &spinners[1];
	mach_port_t me = mach_thread_self(), port;

	spinner_start(worst, SPINS, true);
	spinner_start(better, SPINS, false);
	port = worst->thread->port;
	tap_is(thread_priority(port, 60, FALSE), KERN_SUCCESS,
	       "one is worse than the other");
	tap_is(thread_assign(me, sets[nr_sets - 1].pset), KERN_SUCCESS,
	       "go to the last set");
	tap_is(thread_resume(port), KERN_SUCCESS, "both run");
	rest();
	for (unsigned int i = 0; i < NR_ABORTS; i++)
		if (thread_abort(port) != KERN_SUCCESS)
			user_die("test_psets: no abort\n");
	tap_ok(worst->place == ~0u || is_in(&sets[0], worst->place),
	       "it was not elsewhere");
	spinner_stop(better);
	tap_ok(spinner_is_in(worst, &sets[0]), "nor is it");
	spinner_stop(worst);
	tap_is(thread_assign_default(me), KERN_SUCCESS, "come back");
	(void)mach_port_deallocate(self, me);
}

/* Threads of all manners are moved at random, and each comes to where it was
 * sent last. */
static void
test_many(void)
{
	unsigned int in[NR_SPINNERS] = { 0 }, seed = 1, astray = 0;

	for (unsigned int i = 0; i < NR_SPINNERS; i++)
		spinner_start(&spinners[i], (enum manner)(i % NR_MANNERS),
			      false);
	for (unsigned int n = 0; n < ROUNDS; n++) {
		unsigned int i;

		seed = seed * 1664525 + 1013904223;
		i = (seed >> 16) % NR_SPINNERS;
		in[i] = (seed >> 24) % nr_sets;
		(void)thread_assign(spinners[i].thread->port,
				    sets[in[i]].pset);
		if (n % 64 == 0)
			rest();
	}
	for (unsigned int i = 0; i < NR_SPINNERS; i++)
		astray += !spinner_is_in(&spinners[i], &sets[in[i]]);
	tap_is(astray, 0, "threads that went astray after %u moves", ROUNDS);
	for (unsigned int i = 0; i < NR_SPINNERS; i++)
		spinner_stop(&spinners[i]);
}

static void
test_errors(void)
{
	mach_port_t thread = mach_thread_self(), pset, name;
	mach_msg_type_number_t count;
	task_array_t tasks;

	tap_is(thread_assign(thread, sets[0].name), KERN_INVALID_ARGUMENT,
	       "assign a thread by a set's name");
	tap_is(task_assign(self, sets[0].name, FALSE), KERN_INVALID_ARGUMENT,
	       "and a task");
	tap_is(thread_assign(self, sets[0].pset), KERN_INVALID_ARGUMENT,
	       "a task as a thread");
	tap_is(task_assign(thread, sets[0].pset, FALSE), KERN_INVALID_ARGUMENT,
	       "a thread as a task");
	tap_is(processor_set_create(host, &pset, &name), KERN_FAILURE,
	       "make a set");
	for (unsigned int i = 0; i < nr_sets; i++)
		tap_is(processor_set_destroy(sets[i].pset), KERN_FAILURE,
		       "end set %u", i);
	tap_is(host_processor_set_priv(host, sets[0].name, &pset),
	       KERN_INVALID_ARGUMENT, "a set's port without privilege");
	tap_is(processor_set_tasks(sets[0].name, &tasks, &count),
	       KERN_INVALID_ARGUMENT, "its tasks by its name");
	if (nr_sets > 1)
		tap_is(thread_max_priority(thread, sets[1].pset, 10),
		       KERN_FAILURE, "a priority by a set that it is not in");
	tap_is(processor_set_max_priority(sets[0].pset, -1, FALSE),
	       KERN_INVALID_ARGUMENT, "a priority that is none");
	(void)mach_port_deallocate(self, thread);
}

int
main(int argc, char **argv)
{
	self = mach_task_self();
	host = mach_host_self();
	if (get_privileged_ports(&priv, NULL) != 0 || argc < 2)
		user_die("test_psets: how many sets?\n");
	get_sets((unsigned int)(argv[argc - 1][0] - '0'));
	test_processors();
	test_errors();
	test_threads();
	test_suspended();
	test_task();
	test_abort();
	test_many();
	drop_sets();
	return tap_done("psets") != 0;
}
