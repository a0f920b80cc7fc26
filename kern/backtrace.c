/*
 * kern/backtrace.c -- calls, with the names of functions, on the console.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/backtrace.h"

#include "kern/printf.h"
#include "kern/symbols.h"

/* Without a newline.  @back leads from @pc into the function it is of. */
static void
show_place(uintptr_t pc, uintptr_t back)
{
	const char *name;
	uintptr_t offset;

	if (symbols_lookup(pc - back, &name, &offset))
		kprintf("  %p %s+%#lx", (void *)pc, name,
			(unsigned long)(offset + back));
	else
		kprintf("  %p", (void *)pc);
}

void
backtrace_show_pc(uintptr_t pc)
{
	show_place(pc, 0);
	kprintf("\n");
}

void
backtrace_show(const uintptr_t *pcs, unsigned int count)
{
	unsigned int i = 0;

	while (i < count) {
		unsigned int first = i;

		/* It lies behind a call, maybe the function's last word. */
		show_place(pcs[first], 1);
		while (i < count && pcs[i] == pcs[first])
			i++;
		if (i - first > 1)
			kprintf(", %u times", i - first);
		kprintf("\n");
	}
	if (count == BACKTRACE_MAX)
		kprintf("  and maybe others\n");
}
