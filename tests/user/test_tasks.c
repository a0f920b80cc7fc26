/*
 * tests/user/test_tasks.c -- tasks and threads by their ports; exceptions that
 * another task handles; registers; ends in every state; gsync.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <hurd.h>
#include <mach/exc_server.h>

#include "tests/user/lib/child.h"
#include "tests/user/lib/user.h"
#include "utils/lib/user_state.h"
#include "utils/lib/uthread.h"

static mach_port_t self;

static void
rest(void)
{
	thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 30);
}

static void
test_create(void)
{
	mach_port_t task, thread = mach_thread_self();
	struct task_basic_info info;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;

	tap_is(task_create(self, FALSE, &task), KERN_SUCCESS, "a task");
	tap_is(task_info(task, TASK_BASIC_INFO, (task_info_t)&info, &count),
	       KERN_SUCCESS, "its figures");
	tap_is((long)info.virtual_size, 0, "it is empty");
	tap_is(info.suspend_count, 0, "it is not suspended");
	tap_is(task_suspend(task), KERN_SUCCESS, "suspend it");
	tap_is(task_resume(task), KERN_SUCCESS, "resume it");
	tap_is(task_resume(task), KERN_FAILURE, "resume it once more");
	count = 1;
	tap_is(task_info(task, TASK_BASIC_INFO, (task_info_t)&info, &count),
	       KERN_INVALID_ARGUMENT, "figures without room");
	count = TASK_BASIC_INFO_COUNT;
	tap_is(task_info(task, 99, (task_info_t)&info, &count),
	       KERN_INVALID_ARGUMENT, "no such figures");
	tap_is(task_terminate(task), KERN_SUCCESS, "end it");
	tap_ok(port_is_dead(task), "its port is dead");
	tap_is(task_terminate(task), MACH_SEND_INVALID_DEST, "end it again");
	mach_port_deallocate(self, task);
	tap_is(task_create(thread, FALSE, &task), KERN_INVALID_ARGUMENT,
	       "a task of a thread");
	tap_is(task_terminate(thread), KERN_INVALID_ARGUMENT,
	       "end a thread as a task");
	tap_is(task_suspend(thread), KERN_INVALID_ARGUMENT,
	       "suspend a thread as a task");
	tap_is(syscall_task_create(self, FALSE, &task), KERN_SUCCESS,
	       "a task by the trap");
	tap_is(syscall_task_suspend(task), KERN_SUCCESS,
	       "suspend it by the trap");
	tap_is(syscall_task_terminate(task), KERN_SUCCESS,
	       "end it by the trap");
	mach_port_deallocate(self, task);
	tap_is(syscall_task_terminate(thread), MACH_SEND_INTERRUPTED,
	       "end a thread by that trap");
	tap_is(syscall_task_suspend(thread), MACH_SEND_INTERRUPTED,
	       "suspend a thread by that trap");
	mach_port_deallocate(self, thread);
}

static void
test_special_ports(void)
{
	mach_port_t port = user_port(), got, task;

	(void)mach_port_insert_right(self, port, port,
				     MACH_MSG_TYPE_MAKE_SEND);
	(void)task_create(self, FALSE, &task);
	tap_is(task_set_special_port(task, TASK_BOOTSTRAP_PORT, port),
	       KERN_SUCCESS, "set a bootstrap port");
	tap_is(task_get_special_port(task, TASK_BOOTSTRAP_PORT, &got),
	       KERN_SUCCESS, "get it");
	tap_is(got == port, true, "it is that");
	tap_is(task_get_special_port(task, TASK_EXCEPTION_PORT, &got),
	       KERN_SUCCESS, "get an exception port");
	tap_is(got == MACH_PORT_NULL, true, "there is none");
	tap_is(task_get_special_port(task, 99, &got), KERN_INVALID_ARGUMENT,
	       "no such port");
	tap_is(task_set_special_port(task, 99, port), KERN_INVALID_ARGUMENT,
	       "set no such port");
	tap_is(syscall_task_set_special_port(task, TASK_EXCEPTION_PORT, port),
	       KERN_SUCCESS, "set one by the trap");
	(void)task_terminate(task);
	mach_port_deallocate(self, task);
	(void)mach_port_destroy(self, port);
}

/*
 * Threads.
 */

static volatile unsigned long spins;

static void
spin_run(void *arg)
{
	(void)arg;
	for (;;)
		spins++;
}

/* To be broken out of its trap a thread must run. */
static void
test_abort_worst(void)
{
	struct uthread *worst = uthread_create_suspended(spin_run, NULL);
	struct uthread *better = uthread_create(spin_run, NULL);

	if (!tap_ok(worst != NULL && better != NULL, "two threads"))
		return;
	tap_is(thread_priority(worst->port, 60, FALSE), KERN_SUCCESS,
	       "one is worse than the other");
	tap_is(thread_resume(worst->port), KERN_SUCCESS, "both run");
	rest();
	tap_is(thread_abort(worst->port), KERN_SUCCESS,
	       "who never gets the CPU is aborted");
	uthread_kill(better);
	uthread_kill(worst);
}

static void
test_threads(void)
{
	struct uthread *thread = uthread_create(spin_run, NULL);
	struct i386_thread_state state;
	mach_msg_type_number_t count = i386_THREAD_STATE_COUNT;
	thread_array_t list;
	mach_msg_type_number_t nr_list;
	unsigned long before;

	if (!tap_ok(thread != NULL, "a thread"))
		return;
	tap_is(task_threads(self, &list, &nr_list), KERN_SUCCESS,
	       "the threads");
	tap_is((long)nr_list, 2, "are two");
	for (mach_msg_type_number_t i = 0; i < nr_list; i++)
		mach_port_deallocate(self, list[i]);
	vm_deallocate(self, (vm_address_t)list, nr_list * sizeof *list);

	rest();
	tap_is(thread_suspend(thread->port), KERN_SUCCESS, "suspend it");
	before = spins;
	rest();
	tap_ok(spins == before && before != 0, "it has run, and stands");
	tap_is(thread_get_state(thread->port, i386_THREAD_STATE,
				(thread_state_t)&state, &count),
	       KERN_SUCCESS, "its registers");
	tap_ok(user_state_sp(&state) - (uintptr_t)thread < UTHREAD_STACK,
	       "its stack pointer is in its stack");
	tap_is(thread_set_state(thread->port, i386_THREAD_STATE,
				(thread_state_t)&state, count),
	       KERN_SUCCESS, "are set");
	tap_is(thread_get_state(thread->port, 99, (thread_state_t)&state,
				&count), KERN_INVALID_ARGUMENT,
	       "no such registers");
	count = 3;
	tap_is(thread_get_state(thread->port, i386_THREAD_STATE,
				(thread_state_t)&state, &count),
	       KERN_INVALID_ARGUMENT, "registers without room");
	tap_is(thread_resume(thread->port), KERN_SUCCESS, "resume it");
	tap_is(thread_resume(thread->port), KERN_FAILURE, "once more");
	rest();
	tap_ok(spins != before, "it goes on");
	tap_is(thread_terminate(thread->port), KERN_SUCCESS, "end it");
	uthread_join(thread);
	tap_is(thread_suspend(self), KERN_INVALID_ARGUMENT,
	       "suspend a task as a thread");
	tap_is(thread_terminate(self), KERN_INVALID_ARGUMENT,
	       "end a task as a thread");
}

/* The floating-point registers of a thread that never ran, in the form of
 * FNSAVE: the control word first, the registers last. */
#define FP_CONTROL	0x037f
#define FP_REGS_AT	28

/* Are those of a new thread as in a new processor?  Then change them. */
static bool
float_is_fresh(void)
{
	mach_msg_type_number_t count = i386_FLOAT_STATE_COUNT;
	struct i386_float_state state, again;
	mach_port_t thread;
	bool fresh;

	if (thread_create(self, &thread) != KERN_SUCCESS)
		return false;
	fresh = thread_get_state(thread, i386_FLOAT_STATE,
				 (thread_state_t)&state, &count)
		== KERN_SUCCESS
		&& state.hw_state[0] == (FP_CONTROL & 0xff)
		&& state.hw_state[1] == FP_CONTROL >> 8;
	for (size_t i = FP_REGS_AT; i < sizeof state.hw_state; i++) {
		fresh = fresh && state.hw_state[i] == 0;
		state.hw_state[i] = (unsigned char)(i | 0x80);
	}
	memset(state.hw_state + 8, 0, 2);	/* tags: all in use */
	fresh = fresh && thread_set_state(thread, i386_FLOAT_STATE,
					  (thread_state_t)&state, count)
		== KERN_SUCCESS
		&& thread_get_state(thread, i386_FLOAT_STATE,
				    (thread_state_t)&again, &count)
		== KERN_SUCCESS
		&& memcmp(again.hw_state + FP_REGS_AT,
			  state.hw_state + FP_REGS_AT,
			  sizeof state.hw_state - FP_REGS_AT) == 0;
	(void)thread_terminate(thread);
	(void)mach_port_deallocate(self, thread);
	return fresh;
}

static void
test_float_state(void)
{
	tap_ok(float_is_fresh(), "floating-point registers of a new thread");
	tap_ok(float_is_fresh(), "the next has none of its state");
}

/*
 * Exceptions, handled in this task for a child.
 */

static mach_port_t exception_port;
static integer_t caught, caught_code;
static rpc_long_integer_t caught_subcode;
static volatile int child_word;

/* What MIG's server calls; it reads an address that has to be mapped. */
kern_return_t
catch_exception_raise(mach_port_t port, mach_port_t thread, mach_port_t task,
		      integer_t exception, integer_t code,
		      rpc_long_integer_t subcode)
{
	vm_address_t page = USER_FAR;

	(void)port;
	caught = exception;
	caught_code = code;
	caught_subcode = subcode;
	(void)vm_allocate(task, &page, USER_PAGE_SIZE, FALSE);
	mach_port_deallocate(self, thread);
	mach_port_deallocate(self, task);
	return KERN_SUCCESS;
}

static void
fault_run(void *arg)
{
	(void)arg;
	/* The handler maps it: the read is done again, and finds 0. */
	if (*user_int_at(USER_FAR + 16) == 0)
		*user_int_at(USER_FAR + 16) = 1;
}

static void
test_exception(void)
{
	struct child child;

	exception_port = user_port();
	(void)mach_port_insert_right(self, exception_port, exception_port,
				     MACH_MSG_TYPE_MAKE_SEND);
	tap_is(child_create(&child, fault_run, NULL), KERN_SUCCESS,
	       "a child");
	tap_is(task_set_special_port(child.task, TASK_EXCEPTION_PORT,
				     exception_port), KERN_SUCCESS,
	       "whose exceptions come here");
	tap_is(child_resume(&child), KERN_SUCCESS, "it reads nowhere");
	tap_is(mach_msg_server_timeout(exc_server, 1024, exception_port,
				       MACH_RCV_TIMEOUT, 1000),
	       MACH_RCV_TIMED_OUT, "the server serves");
	tap_is(caught, EXC_BAD_ACCESS, "what happened");
	tap_is(caught_code, KERN_INVALID_ADDRESS, "why");
	tap_is((long)caught_subcode, (long)(USER_FAR + 16), "where");
	tap_ok(child_wait(&child), "the child goes on, and ends");
	child_destroy(&child);
	(void)mach_port_destroy(self, exception_port);
}

/*
 * Ends in every state.
 */

static mach_port_t wait_port;

static void
receive_run(void *arg)
{
	char room[256];

	(void)arg;
	(void)mach_msg((mach_msg_header_t *)(void *)room, MACH_RCV_MSG, 0,
		       sizeof room, mach_reply_port(), 0, MACH_PORT_NULL);
}

static void
send_run(void *arg)
{
	mach_msg_header_t message;

	(void)arg;
	for (;;) {
		memset(&message, 0, sizeof message);
		message.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
						   0);
		message.msgh_remote_port = wait_port;
		(void)mach_msg(&message, MACH_SEND_MSG, sizeof message, 0,
			       MACH_PORT_NULL, 0, MACH_PORT_NULL);
	}
}

static void
sleep_run(void *arg)
{
	(void)arg;
	thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 100000);
}

static void
gsync_run(void *arg)
{
	(void)arg;
	(void)gsync_wait(mach_task_self(), (vm_address_t)&child_word, 0, 0, 0,
			 0);
}

static void
suspend_run(void *arg)
{
	(void)arg;
	(void)task_suspend(mach_task_self());
}

static void
fault_unanswered_run(void *arg)
{
	(void)arg;
	(void)*user_int_at(USER_FAR);
}

static const struct {
	const char	*what;
	void		(*run)(void *arg);
	bool		exceptions_here;
} states[] = {
	{ "running", spin_run, false },
	{ "receiving", receive_run, false },
	{ "sending to a full queue", send_run, false },
	{ "sleeping", sleep_run, false },
	{ "waiting for a word", gsync_run, false },
	{ "suspended", suspend_run, false },
	{ "waiting for an exception's answer", fault_unanswered_run, true },
};

static void
test_ends(void)
{
	wait_port = user_port();
	(void)mach_port_insert_right(self, wait_port, wait_port,
				     MACH_MSG_TYPE_MAKE_SEND);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct child child;

		if (!tap_is(child_create(&child, states[i].run, NULL),
			    KERN_SUCCESS, "a child, %s", states[i].what))
			continue;
		(void)child_give(&child, wait_port, MACH_MSG_TYPE_COPY_SEND);
		if (states[i].exceptions_here)
			(void)task_set_special_port(child.task,
						    TASK_EXCEPTION_PORT,
						    wait_port);
		(void)child_resume(&child);
		rest();
		tap_ok(!port_is_dead(child.task), "is there");
		tap_is(task_terminate(child.task), KERN_SUCCESS, "is ended");
		tap_ok(child_wait(&child) && port_is_dead(child.thread),
		       "and dead, its thread too");
		child_destroy(&child);
	}
	(void)mach_port_destroy(self, wait_port);
}

/*
 * gsync.
 */

static volatile int word, woken;

static void
gsync_waiter(void *arg)
{
	(void)arg;
	if (gsync_wait(self, (vm_address_t)&word, 0, 0, 0, 0)
	    == KERN_SUCCESS)
		__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
}

static void
test_gsync(void)
{
	struct uthread *threads[4];

	tap_is(gsync_wait(self, (vm_address_t)&word, 7, 0, 0, 0),
	       KERN_INVALID_ARGUMENT, "the word differs");
	tap_is(gsync_wait(self, (vm_address_t)&word + 1, 0, 0, 0, 0),
	       KERN_INVALID_ADDRESS, "it is not aligned");
	tap_is(gsync_wait(self, USER_FAR, 0, 0, 0, 0), KERN_INVALID_ADDRESS,
	       "it is not there");
	tap_is(gsync_wait(self, (vm_address_t)&word, 0, 0, 20, 4),
	       KERN_TIMEDOUT, "nobody wakes");
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = uthread_create(gsync_waiter, NULL);
	rest();
	tap_is(gsync_wake(self, (vm_address_t)&word, 0, 0), KERN_SUCCESS,
	       "wake one");
	rest();
	tap_is(woken, 1, "one woke");
	tap_is(gsync_wake(self, (vm_address_t)&word, 0, 8), KERN_SUCCESS,
	       "wake all");
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		if (threads[i] != NULL)
			uthread_join(threads[i]);
	tap_is(woken, 4, "all woke");
}

#define SHARED		1	/* as glibc has it: no kernel header does */
#define MUTATE		16

static volatile vm_address_t shared;	/* two words, the child's as well */

/* Wake who waits there since before this task was. */
static void
gsync_shared_run(void *arg)
{
	(void)arg;
	(void)gsync_wake(mach_task_self(), shared, 1, SHARED | MUTATE);
	(void)gsync_wait(mach_task_self(), shared + sizeof(int), 0, 0, 0,
			 SHARED);
}

static void
gsync_shared_waiter(void *arg)
{
	*(kern_return_t *)arg = gsync_wait(self, shared, 0, 0, 5000,
					   SHARED | 4);
}

/* Memory that no one has touched when the wait begins, and that is shared only
 * then. */
static void
test_gsync_shared(void)
{
	kern_return_t kr = KERN_FAILURE;
	struct uthread *thread;
	vm_address_t page = 0;
	struct child child;

	(void)vm_allocate(self, &page, USER_PAGE_SIZE, TRUE);
	tap_is(vm_inherit(self, page, USER_PAGE_SIZE, VM_INHERIT_SHARE),
	       KERN_SUCCESS, "memory to be shared");
	shared = page;
	thread = uthread_create(gsync_shared_waiter, &kr);
	rest();
	if (tap_is(child_create(&child, gsync_shared_run, NULL), KERN_SUCCESS,
		   "a child")) {
		(void)child_resume(&child);
		if (thread != NULL)
			uthread_join(thread);
		tap_is(kr, KERN_SUCCESS, "it wakes who waited before");
		rest();
		*user_int_at(page + sizeof(int)) = 1;
		tap_is(gsync_wake(self, page + sizeof(int), 0, SHARED),
		       KERN_SUCCESS, "it waits, and is woken");
		tap_ok(child_wait(&child), "it ends");
		child_destroy(&child);
	}
	(void)vm_deallocate(self, page, USER_PAGE_SIZE);
}

/* Calls to the host's port leave the right that they are sent with alone. */
static void
test_host_port(void)
{
	mach_port_t host = MACH_PORT_NULL;
	vm_address_t page = 0;
	vm_size_t limit, max;
	unsigned int failed = 0;

	(void)vm_allocate(self, &page, USER_PAGE_SIZE, TRUE);
	tap_is(get_privileged_ports(&host, NULL), 0, "the host's port");
	tap_is(vm_get_size_limit(self, &limit, &max), KERN_SUCCESS,
	       "the size that a task may have");
	for (int i = 0; i < 64; i++) {
		failed += vm_wire(host, self, page, USER_PAGE_SIZE,
				  VM_PROT_READ) != KERN_SUCCESS;
		failed += vm_wire(host, self, page, USER_PAGE_SIZE,
				  VM_PROT_NONE) != KERN_SUCCESS;
		failed += vm_wire_all(host, self, VM_WIRE_NONE)
			!= KERN_SUCCESS;
		failed += vm_set_size_limit(host, self, limit, max)
			!= KERN_SUCCESS;
		failed += task_max_priority(host, self, 10, FALSE, FALSE)
			!= KERN_SUCCESS;
	}
	tap_is(failed, 0, "320 calls to it");
	(void)vm_deallocate(self, page, USER_PAGE_SIZE);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	self = mach_task_self();
	test_create();
	test_special_ports();
	test_threads();
	test_abort_worst();
	test_float_state();
	test_exception();
	test_ends();
	test_gsync();
	test_gsync_shared();
	test_host_port();
	return tap_done("tasks");
}
