/*
 * kern/exception.c -- see kern/exception.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/exception.h"

#include <mach/exception.h>
#include <mach/kern_return.h>
#include <mach/mig_errors.h>
#include <mach/notify.h>
#include <mach/task_special_ports.h>
#include <mach/thread_special_ports.h>
#include <machine/cpu.h>
#include <machine/trap.h>

#include "ipc/ipc_kobject.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_port_object.h"
#include "kern/assert.h"
#include "kern/ipc_mig.h"
#include "kern/ipc_tt.h"
#include "kern/kalloc.h"
#include "kern/printf.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/trace.h"
#include "lib/atomic.h"
#include "lib/format.h"
#include "lib/macros.h"
#include "lib/string.h"

const char *
exception_name(int exc)
{
	static const char *const names[] = {
		[EXC_BAD_ACCESS] = "EXC_BAD_ACCESS",
		[EXC_BAD_INSTRUCTION] = "EXC_BAD_INSTRUCTION",
		[EXC_ARITHMETIC] = "EXC_ARITHMETIC",
		[EXC_EMULATION] = "EXC_EMULATION",
		[EXC_SOFTWARE] = "EXC_SOFTWARE",
		[EXC_BREAKPOINT] = "EXC_BREAKPOINT",
	};

	if (exc <= 0 || (size_t)exc >= ARRAY_SIZE(names))
		return "EXC_?";
	return names[exc];
}

/* What a failed page fault says of itself; NULL for the machine's codes. */
static const char *
exception_access_name(int code)
{
	switch (code) {
	case KERN_INVALID_ADDRESS:
		return "KERN_INVALID_ADDRESS";
	case KERN_PROTECTION_FAILURE:
		return "KERN_PROTECTION_FAILURE";
	case KERN_RESOURCE_SHORTAGE:
		return "KERN_RESOURCE_SHORTAGE";
	case KERN_MEMORY_ERROR:
		return "KERN_MEMORY_ERROR";
	case EXC_I386_PGFLT:
		return "EXC_I386_PGFLT";
	default:
		return NULL;
	}
}

/* "address 0x10" of a bad access, "subcode 0x402" of anything else. */
static void
exception_describe(char *buf, size_t size, int exc, int code,
		   unsigned long subcode)
{
	const char *access = NULL;

	if (exc == EXC_BAD_ACCESS)
		access = exception_access_name(code);

	if (access != NULL)
		ksnprintf(buf, size, "code %d (%s) address 0x%lx", code,
			  access, subcode);
	else
		ksnprintf(buf, size, "code %d subcode 0x%lx", code, subcode);
}

/*
 * The message and its answer.
 */

#define EXCEPTION_RAISE_ID	2400
#define EXCEPTION_REPLY_ID	(EXCEPTION_RAISE_ID + 100)

/* include/mach/exc.defs: how MIG lays it out. */
struct exception_request {
	mach_msg_header_t head;
	mach_msg_type_t	thread_type;
	uintptr_t	thread;
	mach_msg_type_t	task_type;
	uintptr_t	task;
	mach_msg_type_t	exception_type;
	_Alignas(mach_msg_type_t) int exception;
	_Alignas(mach_msg_type_t) mach_msg_type_t code_type;
	_Alignas(mach_msg_type_t) int code;
	_Alignas(mach_msg_type_t) mach_msg_type_t subcode_type;
	rpc_long_integer_t subcode;
};

/* Who waits for an answer.  (C) constant, (A) atomic, (L) lock. */
struct exception_wait {
	unsigned int	refs;		/* (A) */
	struct spinlock	lock;
	struct waitq	answered;
	bool		has_answer;	/* (L) */
	kern_return_t	answer;		/* (L) */
};

static void
exception_wait_ref(void *object)
{
	struct exception_wait *wait = object;

	atomic_fetch_add(&wait->refs, 1u);
}

static void
exception_wait_unref(struct exception_wait *wait)
{
	if (atomic_fetch_sub(&wait->refs, 1u) == 1)
		kfree(wait, sizeof *wait);
}

/* What came to the port of a wait is its answer: @kr. */
static void
exception_answer(const mach_msg_header_t *head, kern_return_t kr)
{
	ipc_port_t port = (ipc_port_t)head->msgh_remote_port_do_not_use;
	struct exception_wait *wait = ipc_kobject_get(port, IKOT_EXCEPTION,
						      exception_wait_ref);

	if (wait == NULL)
		return;
	spin_lock(&wait->lock);
	if (!wait->has_answer) {
		wait->has_answer = true;
		wait->answer = kr;
		waitq_wake_all(&wait->answered);
	}
	spin_unlock(&wait->lock);
	exception_wait_unref(wait);
}

static void
exception_reply_routine(mach_msg_header_t *in, mach_msg_header_t *out)
{
	const mig_reply_header_t *reply = (mig_reply_header_t *)(void *)in;
	const mach_msg_type_t *type = &reply->RetCodeType;
	kern_return_t kr = MIG_BAD_ARGUMENTS;

	if (in->msgh_size == sizeof *reply &&
	    (in->msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0 &&
	    type->msgt_name == MACH_MSG_TYPE_INTEGER_32 &&
	    type->msgt_size == 32 && type->msgt_number == 1 &&
	    type->msgt_inline && !type->msgt_longform)
		kr = reply->RetCode;
	exception_answer(in, kr);
	ipc_kobject_no_reply(in, out);
}

/* The reply right was dropped: nobody will answer. */
static void
exception_dropped_routine(mach_msg_header_t *in, mach_msg_header_t *out)
{
	exception_answer(in, MIG_SERVER_DIED);
	ipc_kobject_no_reply(in, out);
}

void
exception_init(void)
{
	static const mig_routine_t reply_routines[] = {
		exception_reply_routine,
	};
	static const mig_routine_t dropped_routines[] = {
		exception_dropped_routine,
	};
	static const struct ipc_kobject_server servers[] = {
		{ EXCEPTION_REPLY_ID, 1, reply_routines,
		  IPC_KOBJECT_ERROR_SIZE },
		{ MACH_NOTIFY_SEND_ONCE, 1, dropped_routines,
		  IPC_KOBJECT_ERROR_SIZE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(servers); i++)
		ipc_kobject_register(&servers[i]);
}

static mach_msg_type_t
exception_type(unsigned int name, size_t size)
{
	mach_msg_type_t type = {
		.msgt_name = name & 0xff,
		.msgt_size = (size * 8) & 0xff,
		.msgt_number = 1,
		.msgt_inline = 1,
	};

	return type;
}

/* Send the message; @port, a send right, and @reply, a send-once right, are
 * consumed. */
static bool
exception_send(ipc_port_t port, ipc_port_t reply, int exc, int code,
	       unsigned long subcode)
{
	struct thread *thread = current_thread();
	const mach_msg_type_t port_type =
		exception_type(MACH_MSG_TYPE_MOVE_SEND, sizeof(uintptr_t));
	const mach_msg_type_t int_type =
		exception_type(MACH_MSG_TYPE_INTEGER_32, sizeof(int));
	struct exception_request request;

	memset(&request, 0, sizeof request);
	request.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
		MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND,
			       MACH_MSG_TYPE_MOVE_SEND_ONCE);
	request.head.msgh_remote_port_do_not_use = (uintptr_t)port;
	request.head.msgh_protected_payload = (uintptr_t)reply;
	request.head.msgh_id = EXCEPTION_RAISE_ID;
	thread_ref(thread);
	task_ref(thread->task);
	request.thread_type = port_type;
	request.thread = (uintptr_t)convert_thread_to_port(thread);
	request.task_type = port_type;
	request.task = (uintptr_t)convert_task_to_port(thread->task);
	request.exception_type = int_type;
	request.exception = exc;
	request.code_type = int_type;
	request.code = code;
	request.subcode_type = exception_type(
		sizeof(long) == 8 ? MACH_MSG_TYPE_INTEGER_64
				  : MACH_MSG_TYPE_INTEGER_32, sizeof(long));
	request.subcode = (rpc_long_integer_t)subcode;
	return mach_msg_send_from_kernel(&request.head, sizeof request) ==
	       MACH_MSG_SUCCESS;
}

/* Wait for the answer; an interruption by thread_abort() is one: success. */
static kern_return_t
exception_wait_answer(struct exception_wait *wait)
{
	enum wait_result result = WAIT_OK;
	kern_return_t kr = KERN_SUCCESS;

	spin_lock(&wait->lock);
	while (!wait->has_answer && result == WAIT_OK)
		result = waitq_wait(&wait->answered, &wait->lock, WAIT_FOREVER,
				    WAIT_INTERRUPTIBLE);
	if (wait->has_answer)
		kr = wait->answer;
	spin_unlock(&wait->lock);
	return kr;
}

static struct exception_wait *
exception_wait_create(void)
{
	struct exception_wait *wait = kalloc(sizeof *wait, KM_WAIT | KM_ZERO);

	if (wait == NULL)
		return NULL;
	wait->refs = 1;
	spin_init(&wait->lock, RANK_CLIENT);
	waitq_init(&wait->answered);
	return wait;
}

/* Ask @port, a send right, which is consumed; what is the answer? */
static kern_return_t
exception_ask(ipc_port_t port, int exc, int code, unsigned long subcode)
{
	struct exception_wait *wait;
	ipc_port_t reply;
	kern_return_t kr = KERN_FAILURE;

	if (!IP_VALID(port))
		return KERN_FAILURE;
	wait = exception_wait_create();
	reply = wait == NULL ? IP_NULL : ipc_port_alloc_kernel();
	if (reply == IP_NULL) {
		if (wait != NULL)
			exception_wait_unref(wait);
		ipc_port_release_send(port);
		return KERN_RESOURCE_SHORTAGE;
	}
	ipc_kobject_set(reply, wait, IKOT_EXCEPTION);
	if (exception_send(port, ipc_port_make_sonce(reply), exc, code,
			   subcode))
		kr = exception_wait_answer(wait);
	ipc_port_dealloc_kernel(reply);
	exception_wait_unref(wait);
	return kr;
}

/* The thread's port, then the task's; true: the thread goes on. */
static bool
exception_deliver(struct thread *thread, int exc, int code,
		  unsigned long subcode)
{
	ipc_port_t port;

	if (thread_get_port(thread, THREAD_EXCEPTION_PORT, &port) !=
	    KERN_SUCCESS)
		return false;
	if (exception_ask(port, exc, code, subcode) == KERN_SUCCESS)
		return true;
	if (task_get_port(thread->task, TASK_EXCEPTION_PORT, &port) !=
	    KERN_SUCCESS)
		return false;
	return exception_ask(port, exc, code, subcode) == KERN_SUCCESS;
}

void
trap_hook_exception(struct trap_frame *frame, int exc, int code,
		    unsigned long subcode)
{
	struct thread *thread = current_thread();
	struct task *task = thread->task;
	char what[80];

	assert(task != NULL);
	trace("exception %ld, code %ld, pc 0x%lx", (unsigned long)exc,
	      (unsigned long)code, trap_frame_pc(frame));
	if (exception_deliver(thread, exc, code, subcode))
		return;
	exception_describe(what, sizeof what, exc, code, subcode);
	kprintf("exception: task %u (%s) thread %u: %s %s pc 0x%lx sp 0x%lx\n",
		task->id, task->name, thread->id, exception_name(exc), what,
		(unsigned long)trap_frame_pc(frame),
		(unsigned long)trap_frame_sp(frame));

	/* No locks are held: the thread came straight from user mode. */
	task_fault(task);
	thread_exit();
}
