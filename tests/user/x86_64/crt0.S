/*
 * tests/user/x86_64/crt0.S -- a user program's first instruction.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stack holds argc, argv..., 0, envp..., 0 from rsp upward and is aligned
 * to 16 (boot.md section 5).  user_start(stack) takes it apart.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	call	user_start
	ud2
	.size	_start, . - _start

	.section .note.GNU-stack, "", @progbits
