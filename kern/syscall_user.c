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
#include "kern/ipc_tt.h"
#include "kern/sched.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_map.h"
#include "vm/vm_user.h"

#define PRINT_PIECE		128	/* bytes of a mach_print at a time */
#define SWTCH_DEPRESS_MS	10	/* swtch_pri: one tick */

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

/* Let others run: first the thread of that name, if it is one. */
static void
yield_to_name(mach_port_name_t name)
{
	struct thread *thread = NULL;

	if (MACH_PORT_NAME_VALID(name))
		thread = port_name_to_thread(name);
	if (thread == NULL) {
		(void)sched_yield();
		return;
	}
	(void)sched_yield_to(thread);
	thread_deallocate(thread);
}

long
trap_thread_switch(const unsigned long *args)
{
	mach_port_name_t name = (mach_port_name_t)args[0];
	unsigned int ms = (unsigned int)args[2];

	switch ((int)args[1]) {
	case SWITCH_OPTION_NONE:
		yield_to_name(name);
		return KERN_SUCCESS;
	case SWITCH_OPTION_DEPRESS:
		sched_depress(ms);
		yield_to_name(name);
		return KERN_SUCCESS;
	case SWITCH_OPTION_WAIT:
		clock_sleep_ms_interruptible(ms);
		return KERN_SUCCESS;
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

/* The map of the calling task, which keeps it, if that is what a name stands
 * for: mostly it is.  Else NULL. */
static struct vm_map *
own_map(unsigned long name)
{
	return port_name_is_own_task((mach_port_name_t)name)
		? current_task()->map : NULL;
}

/* The map of the task that a name stands for, with a reference; else @kr is the
 * answer. */
static struct vm_map *
map_of_name(unsigned long name, kern_return_t *kr)
{
	struct task *task = port_name_to_task((mach_port_name_t)name);
	struct vm_map *map;

	*kr = MACH_SEND_INTERRUPTED;
	if (task == NULL)
		return NULL;
	map = task_get_map(task);
	task_deallocate(task);
	*kr = KERN_INVALID_ARGUMENT;
	return map;
}

/* The address that the caller keeps at @at; false: it can't be read. */
static bool
address_get(user_addr_t at, user_addr_t *addr)
{
	return copy_from_user(&addr->va, at, sizeof addr->va);
}

/* Store the address of what was mapped; if that can't be, it is unmapped. */
static kern_return_t
address_put(struct vm_map *map, user_addr_t at, user_addr_t addr,
	    user_size_t size)
{
	if (copy_to_user(at, &addr.va, sizeof addr.va))
		return KERN_SUCCESS;
	/* If even that fails it stays, and nobody knows where. */
	if (vm_user_deallocate(map, addr, size) != KERN_SUCCESS)
		return KERN_RESOURCE_SHORTAGE;
	return KERN_INVALID_ARGUMENT;
}

/* vm_allocate in the map of another task. */
static kern_return_t
allocate_elsewhere(unsigned long name, user_addr_t at, user_size_t size,
		   bool anywhere)
{
	user_addr_t addr;
	kern_return_t kr;
	struct vm_map *map = map_of_name(name, &kr);

	if (map == NULL)
		return kr;
	if (address_get(at, &addr))
		kr = vm_user_allocate(map, &addr, size, anywhere);
	if (kr == KERN_SUCCESS)
		kr = address_put(map, at, addr, size);
	vm_map_unref(map);
	return kr;
}

static kern_return_t
map_elsewhere(unsigned long name, user_addr_t at, user_size_t size,
	      const struct vm_user_map_args *args)
{
	user_addr_t addr;
	kern_return_t kr;
	struct vm_map *map = map_of_name(name, &kr);

	if (map == NULL)
		return kr;
	if (address_get(at, &addr))
		kr = vm_user_map(map, &addr, size, args);
	if (kr == KERN_SUCCESS)
		kr = address_put(map, at, addr, size);
	vm_map_unref(map);
	return kr;
}

/* Of an object that is not the null one: a message is to say what. */
static kern_return_t
map_object(unsigned long name, mach_port_name_t object)
{
	struct task *task = port_name_to_task((mach_port_name_t)name);

	if (task == NULL)
		return MACH_SEND_INTERRUPTED;
	task_deallocate(task);
	return object == MACH_PORT_NAME_DEAD ? KERN_INVALID_ARGUMENT
					     : MACH_SEND_INTERRUPTED;
}

long
trap_vm_map(const unsigned long *args)
{
	const struct vm_user_map_args map_args = {
		.mask = USER_MASK(args[3]),
		.anywhere = (int)args[4] != 0,
		.prot = (vm_prot_t)args[8],
		.max_prot = (vm_prot_t)args[9],
		.inherit = (vm_inherit_t)args[10],
	};
	mach_port_name_t object = (mach_port_name_t)args[5];
	struct vm_map *map;

	/* Offset and copy say nothing of memory that has no object. */
	if (object != MACH_PORT_NAME_NULL)
		return map_object(args[0], object);
	map = own_map(args[0]);
	if (likely(map != NULL))
		return vm_map_user(map, USER_ADDR(args[1]), USER_SIZE(args[2]),
				   &map_args);
	return map_elsewhere(args[0], USER_ADDR(args[1]), USER_SIZE(args[2]),
			     &map_args);
}

long
trap_vm_allocate(const unsigned long *args)
{
	bool anywhere = (int)args[3] != 0;
	struct vm_map *map = own_map(args[0]);

	if (likely(map != NULL))
		return vm_allocate_user(map, USER_ADDR(args[1]),
					USER_SIZE(args[2]), anywhere);
	return allocate_elsewhere(args[0], USER_ADDR(args[1]),
				  USER_SIZE(args[2]), anywhere);
}

long
trap_vm_deallocate(const unsigned long *args)
{
	struct vm_map *map = own_map(args[0]);
	kern_return_t kr;

	if (likely(map != NULL))
		return vm_user_deallocate(map, USER_ADDR(args[1]),
					  USER_SIZE(args[2]));
	map = map_of_name(args[0], &kr);
	if (map == NULL)
		return kr;
	kr = vm_user_deallocate(map, USER_ADDR(args[1]), USER_SIZE(args[2]));
	vm_map_unref(map);
	return kr;
}
