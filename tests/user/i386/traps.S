/*
 * tests/user/i386/traps.S -- traps with any registers.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The plain ones are in utils/lib/traps.S.
 */
	.text

#define NR_REGS		7		/* of struct user_trap_regs */
#define NR_ARGS		11

/* long user_trap(struct user_trap_regs *): any number, any registers. */
	.globl	user_trap
	.type	user_trap, @function
user_trap:
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	pushl	%ebp
	movl	20(%esp), %eax
	/* The arguments, last first, and a return address. */
	movl	$NR_ARGS, %ecx
1:	pushl	4 * NR_REGS - 4(%eax, %ecx, 4)
	decl	%ecx
	jnz	1b
	pushl	$0
	movl	4(%eax), %ebx
	movl	8(%eax), %ecx
	movl	12(%eax), %edx
	movl	16(%eax), %esi
	movl	20(%eax), %edi
	movl	24(%eax), %ebp
	movl	0(%eax), %eax
	lcall	$7, $0
	leal	4 * NR_ARGS + 4(%esp), %esp
	pushl	%eax
	movl	24(%esp), %eax		/* the structure again */
	movl	%ebx, 4(%eax)
	movl	%ecx, 8(%eax)
	movl	%edx, 12(%eax)
	movl	%esi, 16(%eax)
	movl	%edi, 20(%eax)
	movl	%ebp, 24(%eax)
	popl	%ecx
	movl	%ecx, 0(%eax)
	movl	%ecx, %eax
	popl	%ebp
	popl	%edi
	popl	%esi
	popl	%ebx
	ret
	.size	user_trap, . - user_trap

/* long user_trap_stack(long number, uintptr_t sp): with that stack pointer. */
	.globl	user_trap_stack
	.type	user_trap_stack, @function
user_trap_stack:
	pushl	%ebx
	movl	8(%esp), %eax
	movl	12(%esp), %ecx
	movl	%esp, %ebx
	movl	%ecx, %esp
	lcall	$7, $0
	movl	%ebx, %esp
	popl	%ebx
	ret
	.size	user_trap_stack, . - user_trap_stack

/* long user_trap_gate(long number): by the call gate, no arguments. */
	.globl	user_trap_gate
	.type	user_trap_gate, @function
user_trap_gate:
	movl	4(%esp), %eax
	.byte	0x9a, 0, 0, 0, 0, 7, 0
	ret
	.size	user_trap_gate, . - user_trap_gate

	.section .note.GNU-stack, "", @progbits
