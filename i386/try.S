/*
 * i386/try.S -- a call that an exception can end (x86/trap_try.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* bool x86_try_call(void (*fn)(void *), void *arg, uintptr_t *save) */
	.text
	.globl	x86_try_call
	.type	x86_try_call, @function
	.balign	16
x86_try_call:
	movl	4(%esp), %eax
	movl	8(%esp), %ecx
	movl	12(%esp), %edx
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	subl	$8, %esp
	pushl	%ecx
	movl	%esp, (%edx)
	call	*%eax
	xorl	%eax, %eax
	/* An exception goes on here, on the saved stack, with eax 1. */
	.globl	x86_try_caught
x86_try_caught:
	addl	$12, %esp
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret

	.section .note.GNU-stack, "", @progbits
