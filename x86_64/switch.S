/*
 * x86_64/switch.S -- from one kernel stack to another.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * struct thread *x86_switch_stack(uintptr_t *save, uintptr_t sp,
 *				   struct thread *prev)
 *
 * Only what calls preserve is saved: the compiler has saved the rest.  A new
 * stack (machine_thread_init()) holds the same seven words, with
 * x86_thread_start as the return address.
 */
	.text
	.globl	x86_switch_stack
	.type	x86_switch_stack, @function
	.balign	16
x86_switch_stack:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	movq	%rdx, %rax
	ret

/* First run of a thread: rbx is its function, rax the thread before. */
	.globl	x86_thread_start
	.type	x86_thread_start, @function
	.balign	16
x86_thread_start:
	movq	%rax, %rdi
	call	*%rbx
	ud2

	.section .note.GNU-stack, "", @progbits
