/*
 * kern/ast.h -- what is to be done before a thread returns to user mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bits for a thread stand in thread->ast, wherever it runs; bits for whoever
 * runs, and a copy of the current thread's, in cpu->ast_pending, which the
 * way back to user mode tests with interrupts off.  <machine/trap.h> declares
 * trap_hook_return_user(), which kern/ast.c implements.
 */
#ifndef KERN_AST_H
#define KERN_AST_H

#define AST_RESCHED	0x1u	/* CPU: another thread should run */
#define AST_TERMINATE	0x2u	/* thread: end */
#define AST_STOP	0x4u	/* thread: look whether you are held */
#define AST_ABORT	0x8u	/* thread: what was interrupted is over */
#define AST_MOVE	0x10u	/* thread: go to a CPU where you may run */

#endif /* KERN_AST_H */
