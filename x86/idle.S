/*
 * x86/idle.S -- waiting for an interrupt; for both widths.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Defined in: Intel SDM vol. 2, STI: the instruction behind it is shielded, but
 * from a not maskable interrupt maybe not.  The way back from that has no
 * shield: what is pending comes before the hlt, which then would wait for the
 * next.  So nmi() (x86/trap.c) goes on behind an hlt that it came before.
 */
#ifdef __x86_64__
#define FP	%rbp
#define SP	%rsp
#else
#define FP	%ebp
#define SP	%esp
#endif

	.text
	.globl	cpu_idle_wait, x86_idle_hlt
	.type	cpu_idle_wait, @function
	.balign	16
cpu_idle_wait:
	push	FP			/* a backtrace shows who idles */
	mov	SP, FP
	sti
x86_idle_hlt:
	hlt
	cli
	pop	FP
	ret
	.size	cpu_idle_wait, . - cpu_idle_wait

	.section .note.GNU-stack, "", @progbits
