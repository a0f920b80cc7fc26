/*
 * tests/kernel/i386/trap_regs.S -- registers and flags across interrupts, and
 * exceptions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define PATTERN(n)	0x5a5a0000 + n

.macro load register, n
	movl	$PATTERN(\n), %\register
.endm

.macro check register, n
	cmpl	$PATTERN(\n), %\register
	jne	2f
.endm

/*
 * bool trap_regs_kept(uint32_t rounds, bool vector_2): see trap_regs.h
 */
	.text
	.globl	trap_regs_kept
	.type	trap_regs_kept, @function
trap_regs_kept:
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	pushl	%edx				/* 4(%esp): vector_2 */
	pushl	%eax				/* (%esp): rounds */
	load	eax, 1
	load	ebx, 2
	load	ecx, 3
	load	edx, 4
	load	esi, 5
	load	edi, 6
	load	ebp, 7

1:	cmpb	$0, 4(%esp)
	je	3f
	std					/* cleared inside, and back */
	stc
	int	$2
	jnc	2f
	pushfl
	btl	$10, (%esp)
	leal	4(%esp), %esp
	cld
	jnc	2f
3:	check	eax, 1
	check	ebx, 2
	check	ecx, 3
	check	edx, 4
	check	esi, 5
	check	edi, 6
	check	ebp, 7
	decl	(%esp)
	jnz	1b
	movl	$1, %eax
	jmp	4f

2:	cld
	xorl	%eax, %eax
4:	addl	$8, %esp
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret

/* See trap_regs.h for these. */
	.globl	trap_fault_debug
	.type	trap_fault_debug, @function
trap_fault_debug:
	pushfl
	orl	$0x100, (%esp)
	popfl
	nop
	ret

	.globl	trap_fault_double
	.type	trap_fault_double, @function
trap_fault_double:
	movl	%eax, %esp
	pushl	$0
	ud2

	.globl	trap_fault_protection
	.type	trap_fault_protection, @function
trap_fault_protection:
	xorl	%eax, %eax
	movl	%eax, %ss			/* a stack segment must be */
	ret

	.section .note.GNU-stack, "", @progbits
