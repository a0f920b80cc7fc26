/*
 * tests/user/i386/crt0.S -- a user program's first instruction.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stack holds argc, argv..., 0, envp..., 0 from esp upward and is aligned
 * to 4 (boot.md section 5).  user_start(stack) takes it apart.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp
	movl	%esp, %eax
	andl	$-16, %esp
	subl	$12, %esp
	pushl	%eax
	call	user_start
	ud2
	.size	_start, . - _start

	.section .note.GNU-stack, "", @progbits
