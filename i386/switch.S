/*
 * i386/switch.S -- from one kernel stack to another.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * struct thread *x86_switch_stack(uintptr_t *save, uintptr_t sp,
 *				   struct thread *prev)
 *
 * Only what calls preserve is saved: the compiler has saved the rest.  A new
 * stack (machine_thread_init()) holds the same five words, with
 * x86_thread_start as the return address.
 */
	.text
	.globl	x86_switch_stack
	.type	x86_switch_stack, @function
	.balign	16
x86_switch_stack:
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	movl	%esp, (%eax)
	movl	%edx, %esp
	movl	%ecx, %eax			/* the result */
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret

/* First run of a thread: ebx is its function, eax the thread before, which is
 * its argument. */
	.globl	x86_thread_start
	.type	x86_thread_start, @function
	.balign	16
x86_thread_start:
	andl	$-16, %esp
	call	*%ebx
	ud2

	.section .note.GNU-stack, "", @progbits
