/*
 * tests/user/test_traps.c -- every trap that is served: its successes and its
 * errors; holes; arguments on the stack; what a trap does to registers.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/user.h"

#define SLOTS		130		/* of the trap table */
#define BAD_NAME	0x4711u		/* no object of the kernel */

static mach_port_name_t self;

static const int served[] = {
	25, 26, 27, 28, 29, 30, 59, 60, 61, 64, 65, 66, 68, 69, 70, 71, 72,
	73, 74, 75, 76, 77,
};
static const int null_ports[] = { 10, 11, 12, 13, 55, 56 };

/* Addresses that no user copy may use, and what they are. */
static const struct {
	const char *what;
	uintptr_t at;
} bad_addresses[] = {
	{ "null", 0 },
	{ "the end of user space", USER_END },
	{ "a kernel address", KERNEL_ADDRESS },
	{ "a wild address", WILD_ADDRESS },
	{ "the last byte of all", ~0ul },
};

static bool
contains(const int *list, size_t count, int value)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == value)
			return true;
	}
	return false;
}

/* A trap by number with nothing else in the registers. */
static long
bare_trap(long number)
{
	struct user_trap_regs regs;

	memset(&regs, 0, sizeof regs);
	regs.ax = (uintptr_t)number;
	return user_trap(&regs);
}

static void
test_holes(void)
{
	int wrong = 0, null = 0;

	for (int nr = 0; nr < SLOTS; nr++) {
		long want = KERN_INVALID_ARGUMENT;
		long got;

		if (contains(served, ARRAY_SIZE(served), nr))
			continue;
		if (contains(null_ports, ARRAY_SIZE(null_ports), nr)) {
			want = MACH_PORT_NULL;
			null++;
		}
		got = bare_trap(-nr);
		if (got != want) {
			user_print("# trap -%d: got %ld, want %ld\n", nr, got,
				   want);
			wrong++;
		}
	}
	tap_is(wrong, 0, "holes answer KERN_INVALID_ARGUMENT, %d of them null",
	       null);
}

static void
test_number(void)
{
	struct user_trap_regs regs;

	memset(&regs, 0, sizeof regs);
	regs.ax = (uintptr_t)-28;
	tap_is(user_trap(&regs), (long)self, "number sign-extended to a word");
	regs.ax = (uint32_t)-28;
	tap_is(user_trap(&regs), (long)self,
	       "number of 32 bits, upper half zero");
}

static void
test_registers(void)
{
	struct user_trap_regs regs, old;
	uintptr_t *words = (uintptr_t *)&regs;

	for (size_t i = 0; i < sizeof regs / sizeof *words; i++)
		words[i] = UINTPTR_MAX / 15 * i + 5;
	regs.ax = (uintptr_t)-28;
	old = regs;
	tap_is(user_trap(&regs), (long)self,
	       "mach_task_self with garbage registers");
	old.ax = regs.ax;
	tap_ok(memcmp(&regs, &old, sizeof regs) == 0,
	       "a trap changes no other register");
}

static void
test_print(void)
{
	vm_offset_t page = 0;
	char *edge;
	char text[400];

	mach_print("# mach_print: a plain line\n");
	tap_ok(true, "mach_print prints");

	memset(text, '.', sizeof text);
	memcpy(text, "# ", 2);
	text[sizeof text - 2] = '\n';
	text[sizeof text - 1] = '\0';
	mach_print(text);
	tap_ok(true, "mach_print of %zu bytes", sizeof text - 1);

	for (size_t i = 0; i < ARRAY_SIZE(bad_addresses); i++) {
		mach_print((const char *)bad_addresses[i].at);
		tap_ok(true, "mach_print of %s does nothing",
		       bad_addresses[i].what);
	}

	/* A text whose end is not mapped: what there is, is printed. */
	if (syscall_vm_allocate(self, &page, USER_PAGE_SIZE, TRUE) != 0)
		user_die("not ok - no page for mach_print\n");
	edge = (char *)page + USER_PAGE_SIZE - 32;
	memcpy(edge, "# mach_print: cut at a page end\n", 32);
	mach_print(edge);
	tap_ok(true, "mach_print stops at the end of memory");
	(void)syscall_vm_deallocate(self, page, USER_PAGE_SIZE);
}

static void
test_switch(void)
{
	uint64_t before;
	boolean_t ran;

	ran = swtch();
	tap_ok(ran == 0 || ran == 1, "swtch answers a boolean");
	ran = swtch_pri(0);
	tap_ok(ran == 0 || ran == 1, "swtch_pri answers a boolean");

	tap_is(thread_switch(MACH_PORT_NULL, SWITCH_OPTION_NONE, 0),
	       KERN_SUCCESS, "thread_switch, no option");
	tap_is(thread_switch(MACH_PORT_NULL, SWITCH_OPTION_DEPRESS, 1),
	       KERN_SUCCESS, "thread_switch, depress");
	tap_is(thread_switch(BAD_NAME, SWITCH_OPTION_NONE, 0), KERN_SUCCESS,
	       "thread_switch ignores a bad thread");
	tap_is(thread_switch(MACH_PORT_NULL, 3, 0), KERN_INVALID_ARGUMENT,
	       "thread_switch, option 3");
	tap_is(thread_switch(MACH_PORT_NULL, -1, 0), KERN_INVALID_ARGUMENT,
	       "thread_switch, option -1");

	before = user_cycles();
	tap_is(thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 30),
	       KERN_SUCCESS, "thread_switch, wait");
	tap_ok(user_cycles() - before > 1000000, "it waited");
}

static void
test_allocate(void)
{
	vm_offset_t at = 0;

	tap_is(syscall_vm_allocate(self, &at, 3 * USER_PAGE_SIZE, TRUE),
	       KERN_SUCCESS, "vm_allocate anywhere");
	tap_ok(at != 0 && at % USER_PAGE_SIZE == 0, "at a page, not page 0");
	*(volatile int *)at = 5;
	tap_is(syscall_vm_allocate(BAD_NAME, &at, USER_PAGE_SIZE, TRUE),
	       MACH_SEND_INTERRUPTED, "vm_allocate, name of no task");
	tap_is(syscall_vm_allocate(0, &at, USER_PAGE_SIZE, TRUE),
	       MACH_SEND_INTERRUPTED, "vm_allocate, null name");
	tap_is(syscall_vm_allocate(self, &at, USER_PAGE_SIZE, FALSE),
	       KERN_NO_SPACE, "vm_allocate where memory is");
	for (size_t i = 0; i < ARRAY_SIZE(bad_addresses); i++)
		tap_is(syscall_vm_allocate(self,
				(vm_offset_t *)bad_addresses[i].at,
				USER_PAGE_SIZE, TRUE),
		       KERN_INVALID_ARGUMENT, "vm_allocate, result at %s",
		       bad_addresses[i].what);
	tap_is(syscall_vm_deallocate(BAD_NAME, at, USER_PAGE_SIZE),
	       MACH_SEND_INTERRUPTED, "vm_deallocate, name of no task");
	tap_is(*(volatile int *)at, 5, "and the memory is still there");
	tap_is(syscall_vm_deallocate(self, at, 3 * USER_PAGE_SIZE),
	       KERN_SUCCESS, "vm_deallocate");
	tap_is(syscall_vm_deallocate(self, at, 3 * USER_PAGE_SIZE),
	       KERN_SUCCESS, "vm_deallocate of a hole");
}

/* vm_map with one thing out of the ordinary. */
static kern_return_t
map_with(mach_port_name_t task, vm_size_t size, mach_port_name_t object,
	 vm_prot_t prot, vm_inherit_t inherit)
{
	vm_offset_t at = 0;
	kern_return_t kr;

	kr = syscall_vm_map(task, &at, size, 0, TRUE, object, 0, FALSE, prot,
			    VM_PROT_ALL, inherit);
	if (kr == KERN_SUCCESS)
		(void)syscall_vm_deallocate(self, at, size);
	return kr;
}

static void
test_map(void)
{
	const vm_prot_t rw = VM_PROT_READ | VM_PROT_WRITE;
	const vm_size_t size = USER_PAGE_SIZE;
	const vm_inherit_t copy = VM_INHERIT_COPY;

	tap_is(map_with(self, size, 0, rw, copy), KERN_SUCCESS,
	       "vm_map of zero-filled memory");
	tap_is(map_with(BAD_NAME, size, 0, rw, copy), MACH_SEND_INTERRUPTED,
	       "vm_map, name of no task");
	tap_is(map_with(self, size, BAD_NAME, rw, copy),
	       MACH_SEND_INTERRUPTED, "vm_map, an object that is elsewhere");
	tap_is(map_with(self, size, MACH_PORT_DEAD, rw, copy),
	       KERN_INVALID_ARGUMENT, "vm_map, dead object");
	tap_is(map_with(self, 0, 0, rw, copy), KERN_INVALID_ARGUMENT,
	       "vm_map, size 0");
	tap_is(map_with(self, size, 0, 0x40, copy), KERN_INVALID_ARGUMENT,
	       "vm_map, unknown protection");
	tap_is(map_with(self, size, 0, rw, 77), KERN_INVALID_ARGUMENT,
	       "vm_map, unknown inheritance");
}

/* The arguments from the seventh on are read above such stack pointers. */
static void
test_map_stack(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_addresses); i++)
		tap_is(user_trap_stack(-64, bad_addresses[i].at),
		       KERN_INVALID_ARGUMENT, "vm_map with the stack at %s",
		       bad_addresses[i].what);
	tap_is(user_trap_stack(-64, USER_END - 24), KERN_INVALID_ARGUMENT,
	       "vm_map with a stack that ends among the arguments");
	tap_is(user_trap_stack(-28, WILD_ADDRESS), (long)self,
	       "mach_task_self with a wild stack");
	tap_is(user_trap_stack(-28, 3), (long)self,
	       "mach_task_self with a stack of 3");
}

static void
test_terminate(void)
{
	tap_is(syscall_task_terminate(BAD_NAME), MACH_SEND_INTERRUPTED,
	       "task_terminate, name of no task");
	tap_is(syscall_task_terminate(0), MACH_SEND_INTERRUPTED,
	       "task_terminate, null name");
}

/* Last: the stock kernel of x86_64 ends the task here. */
static void
test_gate(void)
{
	tap_is(user_trap_gate(-28), (long)self,
	       "mach_task_self by the call gate");
	tap_is(user_trap_gate(-1), KERN_INVALID_ARGUMENT,
	       "a hole by the call gate");
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	self = (mach_task_self)();
	tap_ok(self != MACH_PORT_NULL && self != MACH_PORT_DEAD,
	       "mach_task_self");
	tap_ok((mach_task_self)() == self, "mach_task_self again");

	test_number();
	test_registers();
	test_holes();
	test_print();
	test_switch();
	test_allocate();
	test_map();
	test_map_stack();
	test_terminate();
	test_gate();
	return tap_done("traps");
}
