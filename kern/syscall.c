/*
 * kern/syscall.c -- see kern/syscall.h: the trap table, and its use.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/syscall.h"

#include <mach/exception.h>
#include <mach/kern_return.h>
#include <mach/port.h>
#include <machine/trap.h>
#include <machine/trap_args.h>

#include "ipc/mach_msg_user.h"
#include "kern/syscall_user.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/vm_event.h"
#include "lib/macros.h"

_Static_assert(SYSCALL_MAX_ARGS >= TRAP_REGISTER_ARGS,
	       "room for the registers");

static void
enter_hole(struct trap_frame *frame)
{
	trap_syscall_set_result(frame, KERN_INVALID_ARGUMENT);
}

static void
enter_port_hole(struct trap_frame *frame)
{
	trap_syscall_set_result(frame, MACH_PORT_NULL);
}

/* Numbers past the table, and positive ones, are as great. */
static inline unsigned long
trap_slot(const struct trap_frame *frame)
{
	return 0 - (unsigned long)trap_syscall_number(frame);
}

/* Fetch the arguments and run; the stack may be anything. */
static void
enter_served(struct trap_frame *frame)
{
	const struct syscall_slot *slot = &syscall_table[trap_slot(frame)];
	unsigned long args[SYSCALL_MAX_ARGS];
	long result = KERN_INVALID_ARGUMENT;

	if (likely(trap_syscall_args(frame, slot->nr_args, args)))
		result = slot->fn(args);
	trap_syscall_set_result(frame, result);
}

/* The same of what has no arguments. */
static void
enter_bare(struct trap_frame *frame)
{
	const struct syscall_slot *slot = &syscall_table[trap_slot(frame)];

	trap_syscall_set_result(frame, slot->fn(NULL));
}

#define MESSAGE_ARGS	(sizeof(struct mach_msg_args) / sizeof(unsigned long))

_Static_assert(VM_EVENT_SENT == VM_EVENT_NO_MESSAGE + MACH_SEND_MSG
	       && VM_EVENT_RECEIVED == VM_EVENT_NO_MESSAGE + MACH_RCV_MSG
	       && VM_EVENT_SENT_RECEIVED == VM_EVENT_NO_MESSAGE
	       + (MACH_SEND_MSG | MACH_RCV_MSG), "what options count");

/* Count a call that has done what these options ask for. */
static ALWAYS_INLINE void
count_messages(mach_msg_option_t done)
{
	vm_events_add(&current_thread()->vm_events, VM_EVENT_NO_MESSAGE
		      + ((unsigned int)done & (MACH_SEND_MSG | MACH_RCV_MSG)));
}

#define IS_SEND_ERROR(mr)	(((mr) | MACH_MSG_MASK) < MACH_RCV_IN_PROGRESS)
#define IS_RCV_ERROR(mr)	((mr) >= MACH_RCV_IN_PROGRESS)

/* All errors of receiving are above those of sending, with whatever bits. */
_Static_assert(IS_SEND_ERROR(MACH_SEND_IN_PROGRESS)
	       && IS_SEND_ERROR(MACH_SEND_INVALID_DATA)
	       && IS_SEND_ERROR(MACH_SEND_INVALID_DEST)
	       && IS_SEND_ERROR(MACH_SEND_TIMED_OUT)
	       && IS_SEND_ERROR(MACH_SEND_NOTIFY_IN_PROGRESS)
	       && IS_SEND_ERROR(MACH_SEND_INTERRUPTED)
	       && IS_SEND_ERROR(MACH_SEND_MSG_TOO_SMALL)
	       && IS_SEND_ERROR(MACH_SEND_INVALID_REPLY)
	       && IS_SEND_ERROR(MACH_SEND_INVALID_RIGHT)
	       && IS_SEND_ERROR(MACH_SEND_INVALID_NOTIFY)
	       && IS_SEND_ERROR(MACH_SEND_INVALID_MEMORY)
	       && IS_SEND_ERROR(MACH_SEND_NO_BUFFER)
	       && IS_SEND_ERROR(MACH_SEND_NO_NOTIFY)
	       && IS_SEND_ERROR(MACH_SEND_INVALID_TYPE)
	       && IS_SEND_ERROR(MACH_SEND_INVALID_HEADER), "errors of sending");
_Static_assert(IS_RCV_ERROR(MACH_RCV_INVALID_NAME)
	       && IS_RCV_ERROR(MACH_RCV_TIMED_OUT)
	       && IS_RCV_ERROR(MACH_RCV_TOO_LARGE)
	       && IS_RCV_ERROR(MACH_RCV_INTERRUPTED)
	       && IS_RCV_ERROR(MACH_RCV_PORT_CHANGED)
	       && IS_RCV_ERROR(MACH_RCV_INVALID_NOTIFY)
	       && IS_RCV_ERROR(MACH_RCV_INVALID_DATA)
	       && IS_RCV_ERROR(MACH_RCV_PORT_DIED)
	       && IS_RCV_ERROR(MACH_RCV_IN_SET)
	       && IS_RCV_ERROR(MACH_RCV_HEADER_ERROR)
	       && IS_RCV_ERROR(MACH_RCV_BODY_ERROR)
	       && (MACH_RCV_BODY_ERROR & MACH_MSG_MASK) == 0,
	       "errors of receiving");

/* The same of a call that was no success. */
static NOINLINE void
count_failed(mach_msg_option_t option, mach_msg_return_t mr)
{
	/* A message that was not sent is not waited for. */
	bool sent = mr == MACH_SEND_WILL_NOTIFY || IS_RCV_ERROR(mr);
	bool received = (mr & ~MACH_MSG_MASK) == MACH_RCV_BODY_ERROR;

	if (!sent)
		option &= ~MACH_SEND_MSG;
	if (!received)
		option &= ~MACH_RCV_MSG;
	count_messages(option);
}

static ALWAYS_INLINE long
message(const unsigned long *args)
{
	const struct mach_msg_args *msg = (const void *)args;
	const struct task *task = current_thread()->task;
	mach_msg_return_t mr = mach_msg_user(msg, task->space, task->map);

	if (likely(mr == MACH_MSG_SUCCESS))
		count_messages(msg->option);
	else
		count_failed(msg->option, mr);
	return (long)mr;
}

/* enter_served() for mach_msg, in line: no other trap is as frequent. */
static void
enter_message(struct trap_frame *frame)
{
	unsigned long args[MESSAGE_ARGS];
	long result = KERN_INVALID_ARGUMENT;

	if (likely(trap_syscall_args(frame, MESSAGE_ARGS, args)))
		result = message(args);
	trap_syscall_set_result(frame, result);
}

#define SERVED(nr, function, args, trap_name) \
	SERVED_BY(enter_served, nr, function, args, trap_name)
#define BARE(nr, function, trap_name) \
	SERVED_BY(enter_bare, nr, function, 0, trap_name)
#define SERVED_BY(how, nr, function, args, trap_name) \
	[nr] = { .enter = how, .fn = function, .nr_args = args, \
		 .name = trap_name }
#define HOLE(nr)	[nr] = { .enter = enter_hole }
#define PORT_HOLE(nr)	[nr] = { .enter = enter_port_hole }

#define HOLES_5(nr) \
	HOLE(nr), HOLE(nr + 1), HOLE(nr + 2), HOLE(nr + 3), HOLE(nr + 4)
#define HOLES_10(nr)	HOLES_5(nr), HOLES_5(nr + 5)

const struct syscall_slot syscall_table[SYSCALL_SLOTS] = {
	HOLES_10(0),
	PORT_HOLE(10), PORT_HOLE(11), PORT_HOLE(12), PORT_HOLE(13), HOLE(14),
	HOLES_5(15),
	HOLES_5(20),
	SERVED_BY(enter_message, 25, NULL, MESSAGE_ARGS, "mach_msg_trap"),
	BARE(26, trap_mach_reply_port, "mach_reply_port"),
	BARE(27, trap_mach_thread_self, "mach_thread_self"),
	BARE(28, trap_mach_task_self, "mach_task_self"),
	BARE(29, trap_mach_host_self, "mach_host_self"),
	SERVED(30, trap_mach_print, 1, "mach_print"),
	HOLE(31), HOLE(32), HOLE(33), HOLE(34), HOLES_5(35),
	HOLES_10(40),
	HOLES_5(50),
	PORT_HOLE(55), PORT_HOLE(56), HOLE(57), HOLE(58),
	SERVED(59, trap_swtch_pri, 1, "swtch_pri"),
	BARE(60, trap_swtch, "swtch"),
	SERVED(61, trap_thread_switch, 3, "thread_switch"),
	HOLE(62), HOLE(63),
	SERVED(64, trap_vm_map, 11, "syscall_vm_map"),
	SERVED(65, trap_vm_allocate, 4, "syscall_vm_allocate"),
	SERVED(66, trap_vm_deallocate, 3, "syscall_vm_deallocate"),
	HOLE(67),
	SERVED(68, trap_task_create, 3, "syscall_task_create"),
	SERVED(69, trap_task_terminate, 1, "syscall_task_terminate"),
	SERVED(70, trap_task_suspend, 1, "syscall_task_suspend"),
	SERVED(71, trap_task_set_special_port, 3,
	       "syscall_task_set_special_port"),
	SERVED(72, trap_mach_port_allocate, 3, "syscall_mach_port_allocate"),
	SERVED(73, trap_mach_port_deallocate, 2,
	       "syscall_mach_port_deallocate"),
	SERVED(74, trap_mach_port_insert_right, 4,
	       "syscall_mach_port_insert_right"),
	SERVED(75, trap_mach_port_allocate_name, 3,
	       "syscall_mach_port_allocate_name"),
	SERVED(76, trap_thread_depress_abort, 1,
	       "syscall_thread_depress_abort"),
	SERVED(77, trap_thread_set_self_state, 3, "thread_set_self_state"),
	HOLE(78), HOLE(79),
	HOLES_10(80),
	HOLES_10(90),
	HOLES_10(100),
	HOLES_10(110),
	HOLES_10(120),
};

static NOINLINE void
refuse(struct trap_frame *frame)
{
	trap_hook_exception(frame, EXC_BAD_INSTRUCTION, EXC_I386_INVOP, 0);
}

void
trap_hook_syscall(struct trap_frame *frame)
{
	unsigned long nr = trap_slot(frame);

	if (likely(nr < SYSCALL_SLOTS))
		syscall_table[nr].enter(frame);
	else
		refuse(frame);
}
