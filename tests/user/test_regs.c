/*
 * tests/user/test_regs.c -- register states that a kernel must survive, and
 * the program too.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lib/random.h"
#include "tests/user/lib/user.h"

#define GARBAGE_ROUNDS	20000
#define SLOTS		130
#define TRAP_PRINT	30
#define TRAP_SWITCH	61
#define TRAP_TERMINATE	69

#define STATES(X)			\
	X(live_flag_direction)		\
	X(live_flag_nested)		\
	X(live_flag_alignment)		\
	X(live_flag_iopl)		\
	X(live_null_selectors)		\
	X(live_data_selectors)		\
	X(live_print_backwards)		\
	X(live_nested_yield)		\
	USER_STATES_OF_ARCH(X)

#define DECLARE(state)	long state(void);
#define ENTRY(state)	{ #state, state },

STATES(DECLARE)

static const struct {
	const char	*name;
	long		(*run)(void);
} states[] = {
	STATES(ENTRY)
};

static const uintptr_t edges[] = { USER_EDGES };

static uintptr_t
garbage(struct random *random)
{
	uint64_t value = random_u64(random);

	if (value % 4 != 0)
		return edges[(value >> 8) % ARRAY_SIZE(edges)];
	return (uintptr_t)random_u64(random);
}

/*
 * Any trap with anything in the registers.  Left out: ending this task, and
 * sleeping for days; and names that are this task's, since a vm_deallocate
 * of all memory is a success as well.
 */
static void
garbage_trap(struct random *random)
{
	struct user_trap_regs regs;
	uintptr_t *words = (uintptr_t *)&regs;
	unsigned int nr = (unsigned int)(random_u64(random) % SLOTS);

	for (size_t i = 0; i < sizeof regs / sizeof *words; i++)
		words[i] = garbage(random);
	if (nr == TRAP_TERMINATE)
		nr = 0;
	if (nr == TRAP_SWITCH)
		regs.USER_TRAP_ARG_2 &= 1;	/* milliseconds */
	if (nr == TRAP_PRINT)
		regs.USER_TRAP_ARG_0 |= USER_END; /* not readable */
	else if ((uint32_t)regs.USER_TRAP_ARG_0 == mach_task_self())
		regs.USER_TRAP_ARG_0++;
	regs.ax = 0 - (uintptr_t)nr;
	(void)user_trap(&regs);
}

int
main(int argc, char **argv)
{
	mach_port_name_t self = mach_task_self();
	struct random random;

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		tap_is(states[i].run(), (long)self, "%s", states[i].name);

	random_init(&random, 20261121);
	for (int i = 0; i < GARBAGE_ROUNDS; i++)
		garbage_trap(&random);
	tap_ok(true, "%d traps with garbage in every register",
	       GARBAGE_ROUNDS);
	return tap_done("regs");
}
