/*
 * tests/user/x86_64/traps.S -- traps with any registers.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The plain ones are in utils/lib/traps.S.
 */
	.text

/* long user_trap(struct user_trap_regs *): any number, any registers. */
	.globl	user_trap
	.type	user_trap, @function
user_trap:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rdi
	movq	8(%rdi), %rbx
	movq	16(%rdi), %rdx
	movq	24(%rdi), %rsi
	movq	40(%rdi), %rbp
	movq	48(%rdi), %r8
	movq	56(%rdi), %r9
	movq	64(%rdi), %r10
	movq	72(%rdi), %r12
	movq	80(%rdi), %r13
	movq	88(%rdi), %r14
	movq	96(%rdi), %r15
	movq	0(%rdi), %rax
	movq	32(%rdi), %rdi
	syscall
	movq	(%rsp), %rcx		/* the structure again */
	movq	%rax, 0(%rcx)
	movq	%rbx, 8(%rcx)
	movq	%rdx, 16(%rcx)
	movq	%rsi, 24(%rcx)
	movq	%rdi, 32(%rcx)
	movq	%rbp, 40(%rcx)
	movq	%r8, 48(%rcx)
	movq	%r9, 56(%rcx)
	movq	%r10, 64(%rcx)
	movq	%r12, 72(%rcx)
	movq	%r13, 80(%rcx)
	movq	%r14, 88(%rcx)
	movq	%r15, 96(%rcx)
	popq	%rdi
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
	.size	user_trap, . - user_trap

/* long user_trap_stack(long number, uintptr_t sp): with that stack pointer. */
	.globl	user_trap_stack
	.type	user_trap_stack, @function
user_trap_stack:
	pushq	%rbx
	movq	%rsp, %rbx
	movl	%edi, %eax
	movq	%rsi, %rsp
	movl	$1, %edi		/* the task itself */
	leaq	trap_word(%rip), %rsi
	movl	$4096, %edx
	xorl	%r10d, %r10d
	movl	$1, %r8d
	xorl	%r9d, %r9d
	syscall
	movq	%rbx, %rsp
	popq	%rbx
	ret
	.size	user_trap_stack, . - user_trap_stack

/* long user_trap_gate(long number): by the call gate, no arguments. */
	.globl	user_trap_gate
	.type	user_trap_gate, @function
user_trap_gate:
	movl	%edi, %eax
	.byte	0x9a, 0, 0, 0, 0, 7, 0
	ret
	.size	user_trap_gate, . - user_trap_gate

	.bss
	.balign	8
trap_word:
	.skip	8

	.section .note.GNU-stack, "", @progbits
