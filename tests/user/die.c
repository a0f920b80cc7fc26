/*
 * tests/user/die.c -- ends itself in the way that its argument names.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each way but the last must raise an exception that ends this task and
 * nothing else; tests/qemu/cases has the line that the kernel prints.
 */
#include "tests/user/lib/user.h"

#define WAYS(X)			\
	X(jump_kernel)		\
	X(read_kernel)		\
	X(write_kernel)		\
	X(read_direct_map)	\
	X(push_kernel)		\
	X(trap_at_end)		\
	X(gate_at_end)		\
	X(trap_stack_then_ret)	\
	X(single_step)		\
	X(trap_single_step)	\
	X(int3)			\
	X(int_80)		\
	X(int_page_fault)	\
	X(int_nmi)		\
	X(int_irq)		\
	X(int_double_fault)	\
	X(hlt)			\
	X(cli)			\
	X(out)			\
	X(wrmsr)		\
	X(read_cr3)		\
	X(lgdt)			\
	X(sysenter)		\
	X(iret_kernel_cs)	\
	X(bad_selector)		\
	X(kernel_selector)	\
	X(divide)		\
	X(invalid_opcode)	\
	X(long_instruction)	\
	X(write_text)		\
	X(simd)			\
	X(x87)			\
	X(stack_overflow)	\
	X(alignment)		\
	USER_DEATHS_OF_ARCH(X)

#define DECLARE(way)	void die_##way(void);
#define ENTRY(way)	{ #way, die_##way },

WAYS(DECLARE)

static void
die_trap_positive(void)
{
	struct user_trap_regs regs = { .ax = 1 };

	(void)user_trap(&regs);
}

static void
die_trap_past_table(void)
{
	struct user_trap_regs regs = { .ax = (uintptr_t)-130 };

	(void)user_trap(&regs);
}

static void
die_trap_smallest(void)
{
	struct user_trap_regs regs = { .ax = 0x80000000 };

	(void)user_trap(&regs);
}

static void
die_read_null(void)
{
	(void)*user_int_at(8);
}

static const struct {
	const char	*name;
	void		(*die)(void);
} ways[] = {
	WAYS(ENTRY)
	ENTRY(trap_positive)
	ENTRY(trap_past_table)
	ENTRY(trap_smallest)
	ENTRY(read_null)
};

int
main(int argc, char **argv)
{
	if (argc < 2)
		user_die("die: how?\n");
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		if (strcmp(ways[i].name, argv[1]) != 0)
			continue;
		user_print("die: %s\n", argv[1]);
		ways[i].die();
		user_die("die: not ok: still alive after %s\n", argv[1]);
	}
	user_die("die: not ok: no way called %s\n", argv[1]);
}
