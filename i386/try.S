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
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	movl	%esp, (%ecx)
	movl	%eax, %ecx
	movl	%edx, %eax
	call	*%ecx
	xorl	%eax, %eax
	/* An exception goes on here, on the saved stack, with eax 1. */
	.globl	x86_try_caught
x86_try_caught:
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret

	.section .note.GNU-stack, "", @progbits
