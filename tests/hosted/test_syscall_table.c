/*
 * tests/hosted/test_syscall_table.c -- the trap table against the interface:
 * numbers, names, argument counts, holes; and the way through it.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/port.h>
#include <machine/trap.h>

#include "kern/syscall.h"
#include "kern/syscall_user.h"
#include "lib/macros.h"

/* Numbers and argument counts of the interface; those served so far. */
static const struct {
	const char	*name;
	unsigned int	number;
	unsigned int	nr_args;
} served[] = {
	{ "mach_msg_trap", 25, 7 },
	{ "mach_reply_port", 26, 0 },
	{ "mach_thread_self", 27, 0 },
	{ "mach_task_self", 28, 0 },
	{ "mach_host_self", 29, 0 },
	{ "mach_print", 30, 1 },
	{ "swtch_pri", 59, 1 },
	{ "swtch", 60, 0 },
	{ "thread_switch", 61, 3 },
	{ "syscall_vm_map", 64, 11 },
	{ "syscall_vm_allocate", 65, 4 },
	{ "syscall_vm_deallocate", 66, 3 },
	{ "syscall_task_create", 68, 3 },
	{ "syscall_task_terminate", 69, 1 },
	{ "syscall_task_suspend", 70, 1 },
	{ "syscall_task_set_special_port", 71, 3 },
	{ "syscall_mach_port_allocate", 72, 3 },
	{ "syscall_mach_port_deallocate", 73, 2 },
	{ "syscall_mach_port_insert_right", 74, 4 },
	{ "syscall_mach_port_allocate_name", 75, 3 },
	{ "syscall_thread_depress_abort", 76, 1 },
	{ "thread_set_self_state", 77, 3 },
};

static const unsigned int null_ports[] = { 10, 11, 12, 13, 55, 56 };

static bool
is_null_port(unsigned int nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(null_ports); i++) {
		if (null_ports[i] == nr)
			return true;
	}
	return false;
}

static void
test_served(void **state)
{
	unsigned int count = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(served); i++) {
		const struct syscall_slot *slot =
			&syscall_table[served[i].number];

		/* mach_msg is all in line. */
		assert_int_equal(slot->fn == NULL, served[i].number == 25);
		assert_string_equal(slot->name, served[i].name);
		assert_int_equal(slot->nr_args, served[i].nr_args);
		assert_true(slot->nr_args <= SYSCALL_MAX_ARGS);
	}
	for (unsigned int nr = 0; nr < SYSCALL_SLOTS; nr++)
		count += syscall_table[nr].name != NULL;
	assert_int_equal(count, ARRAY_SIZE(served));
}

static void
test_holes(void **state)
{
	(void)state;
	for (unsigned int nr = 0; nr < SYSCALL_SLOTS; nr++) {
		const struct syscall_slot *slot = &syscall_table[nr];
		struct trap_frame frame;
		long want = is_null_port(nr) ? MACH_PORT_NULL
					     : KERN_INVALID_ARGUMENT;

		if (slot->name != NULL)
			continue;
		assert_null(slot->fn);

		memset(&frame, 0, sizeof frame);
		frame.number = -(long)nr;
		frame.result = -77;
		trap_hook_syscall(&frame);
		assert_int_equal(frame.result, want);
	}
}

/* A trap that needs nothing of the thread that makes it. */
static void
test_call(void **state)
{
	struct trap_frame frame;

	(void)state;
	memset(&frame, 0, sizeof frame);
	frame.number = -61;
	frame.arg[1] = 99;		/* no such option */
	frame.nr_args = 3;
	trap_hook_syscall(&frame);
	assert_int_equal(frame.result, KERN_INVALID_ARGUMENT);
}

/* Arguments that can't be read: the function is not called. */
static void
test_unreadable(void **state)
{
	struct trap_frame frame;

	(void)state;
	memset(&frame, 0, sizeof frame);
	frame.number = -64;
	for (unsigned int readable = 0; readable < 11; readable++) {
		frame.nr_args = readable;
		frame.result = -77;
		trap_hook_syscall(&frame);
		assert_int_equal(frame.result, KERN_INVALID_ARGUMENT);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_served),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_unreadable),
	};

	return unit_main(tests);
}
