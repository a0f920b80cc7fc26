/*
 * tests/kernel/x86_64/trap_regs.S -- registers and flags across interrupts,
 * and exceptions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define PATTERN(n)	0x5a5a0000 + n

.macro load register, n
	movq	$PATTERN(\n), %\register
.endm

.macro check register, n
	cmpq	$PATTERN(\n), %\register
	jne	2f
.endm

/*
 * bool trap_regs_kept(uint32_t rounds, bool vector_2): see trap_regs.h
 */
	.text
	.globl	trap_regs_kept
	.type	trap_regs_kept, @function
trap_regs_kept:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rsi				/* 8(%rsp): vector_2 */
	pushq	%rdi				/* (%rsp): rounds */
	load	rax, 1
	load	rbx, 2
	load	rcx, 3
	load	rdx, 4
	load	rsi, 5
	load	rdi, 6
	load	rbp, 7
	load	r8, 8
	load	r9, 9
	load	r10, 10
	load	r11, 11
	load	r12, 12
	load	r13, 13
	load	r14, 14
	load	r15, 15

1:	cmpb	$0, 8(%rsp)
	je	3f
	std					/* cleared inside, and back */
	stc
	int	$2
	jnc	2f
	pushfq
	btl	$10, (%rsp)
	leaq	8(%rsp), %rsp
	cld
	jnc	2f
3:	check	rax, 1
	check	rbx, 2
	check	rcx, 3
	check	rdx, 4
	check	rsi, 5
	check	rdi, 6
	check	rbp, 7
	check	r8, 8
	check	r9, 9
	check	r10, 10
	check	r11, 11
	check	r12, 12
	check	r13, 13
	check	r14, 14
	check	r15, 15
	decl	(%rsp)
	jnz	1b
	movl	$1, %eax
	jmp	4f

2:	cld
	xorl	%eax, %eax
4:	addq	$16, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

/* See trap_regs.h for these. */
	.globl	trap_fault_debug
	.type	trap_fault_debug, @function
trap_fault_debug:
	pushfq
	orl	$0x100, (%rsp)
	popfq
	nop
	ret

	.globl	trap_fault_double
	.type	trap_fault_double, @function
trap_fault_double:
	movq	%rdi, %rsp
	pushq	$0
	ud2

	.globl	trap_fault_protection
	.type	trap_fault_protection, @function
trap_fault_protection:
	movabsq	$0x4000000000000000, %rax	/* not canonical */
	movq	(%rax), %rax
	ret

	.section .note.GNU-stack, "", @progbits
