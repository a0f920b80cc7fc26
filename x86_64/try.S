/*
 * x86_64/try.S -- a call that an exception can end (x86/trap_try.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* bool x86_try_call(void (*fn)(void *), void *arg, uintptr_t *save) */
	.text
	.globl	x86_try_call
	.type	x86_try_call, @function
	.balign	16
x86_try_call:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	movq	%rsp, (%rdx)
	movq	%rdi, %rax
	movq	%rsi, %rdi
	call	*%rax
	xorl	%eax, %eax
	/* An exception goes on here, on the saved stack, with eax 1. */
	.globl	x86_try_caught
x86_try_caught:
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

	.section .note.GNU-stack, "", @progbits
