/*
 * kern/ast.c -- see kern/ast.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/ast.h"

#include <machine/trap.h>

#include "kern/assert.h"
#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/thread.h"
#include "lib/atomic.h"

void
trap_hook_return_user(struct trap_frame *frame)
{
	uint32_t pending = atomic_load_relaxed(&cpu_self()->ast_pending);

	(void)frame;
	assert(!cpu_intr_enabled());

	if ((pending & AST_TERMINATE) != 0) {
		cpu_intr_enable();
		thread_exit();
	}
	/* First: somebody may wait for it, and have lent the CPU for that. */
	if ((pending & (AST_STOP | AST_ABORT)) != 0) {
		cpu_intr_enable();
		thread_stop_hook();
		cpu_intr_disable();
	}
	if ((pending & AST_MOVE) != 0)
		sched_move();
	if ((pending & AST_RESCHED) != 0)
		sched_preempt();
}
