/*
 * kern/syscall_user.c -- see kern/syscall_user.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/syscall_user.h"

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/port.h>
#include <mach/thread_switch.h>
#include <machine/page.h>
#include <machine/user_copy.h>

#include "kern/clock.h"
#include "kern/console.h"
#include "kern/sched.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_user.h"

#define PRINT_PIECE		128	/* bytes of a mach_print at a time */
#define SWTCH_DEPRESS_MS	10	/* swtch_pri: one tick */

/* A port name argument: the upper half of its slot means nothing. */
static bool
name_is_self(unsigned long name)
{
	return (mach_port_name_t)name == MACH_TASK_SELF_NAME;
}

/*
 * Copy the next piece of the string at @src, not beyond its page, so that
 * what is readable is printed.  False: it is not readable.
 */
static bool
print_piece(user_addr_t src, char *piece, size_t *size)
{
	size_t room = PAGE_SIZE - (src.va & (PAGE_SIZE - 1));

	*size = MIN(room, (size_t)PRINT_PIECE);
	return copy_from_user(piece, src, *size);
}

long
trap_mach_print(const unsigned long *args)
{
	user_addr_t src = USER_ADDR(args[0]);
	char piece[PRINT_PIECE];
	size_t size;

	while (print_piece(src, piece, &size)) {
		const char *end = memchr(piece, 0, size);

		if (end != NULL)
			size = (size_t)(end - piece);
		console_write(piece, size);
		if (end != NULL || thread_should_stop())
			break;
		src = USER_ADDR(src.va + size);
		/* A text may be as long as memory: let others run. */
		if (IS_ALIGNED(src.va, PAGE_SIZE))
			(void)sched_yield();
	}
	return KERN_SUCCESS;
}

long
trap_mach_task_self(const unsigned long *args)
{
	(void)args;
	return MACH_TASK_SELF_NAME;
}

long
trap_swtch(const unsigned long *args)
{
	(void)args;
	return sched_yield();
}

long
trap_swtch_pri(const unsigned long *args)
{
	(void)args;
	sched_depress(SWTCH_DEPRESS_MS);
	return sched_yield();
}

long
trap_thread_switch(const unsigned long *args)
{
	unsigned int ms = (unsigned int)args[2];

	switch ((int)args[1]) {
	case SWITCH_OPTION_NONE:
		(void)sched_yield();
		return KERN_SUCCESS;
	case SWITCH_OPTION_DEPRESS:
		sched_depress(ms);
		(void)sched_yield();
		return KERN_SUCCESS;
	case SWITCH_OPTION_WAIT:
		clock_sleep_ms_interruptible(ms);
		return KERN_SUCCESS;
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

long
trap_vm_map(const unsigned long *args)
{
	mach_port_name_t object = (mach_port_name_t)args[5];
	struct vm_user_map_args map_args;

	if (!name_is_self(args[0]))
		return MACH_SEND_INTERRUPTED;
	if (object == MACH_PORT_DEAD)
		return KERN_INVALID_ARGUMENT;
	if (object != MACH_PORT_NULL)
		return MACH_SEND_INTERRUPTED;

	map_args.mask = USER_MASK(args[3]);
	map_args.anywhere = (int)args[4] != 0;
	map_args.prot = (vm_prot_t)args[8];
	map_args.max_prot = (vm_prot_t)args[9];
	map_args.inherit = (vm_inherit_t)args[10];
	/* Offset and copy say nothing of memory that has no object. */
	return vm_map_user(current_task()->map, USER_ADDR(args[1]),
			   USER_SIZE(args[2]), &map_args);
}

long
trap_vm_allocate(const unsigned long *args)
{
	if (!name_is_self(args[0]))
		return MACH_SEND_INTERRUPTED;
	return vm_allocate_user(current_task()->map, USER_ADDR(args[1]),
				USER_SIZE(args[2]), (int)args[3] != 0);
}

long
trap_vm_deallocate(const unsigned long *args)
{
	if (!name_is_self(args[0]))
		return MACH_SEND_INTERRUPTED;
	return vm_deallocate_user(current_task()->map, USER_ADDR(args[1]),
				  USER_SIZE(args[2]));
}

long
trap_task_terminate(const unsigned long *args)
{
	if (!name_is_self(args[0]))
		return MACH_SEND_INTERRUPTED;
	return task_terminate(current_task());
}
