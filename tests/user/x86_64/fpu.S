/*
 * tests/user/x86_64/fpu.S -- hold a floating-point state across switches.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define TRAP_SWTCH	-60
#define SPINS		2000	/* so that clock interrupts come as well */
#define FCW		0	/* offsets in the area of fxsave */
#define MXCSR		24
#define REGISTERS	32
#define REGISTERS_QUADS	48	/* x87 and xmm registers, 384 bytes */

/*
 * long fpu_hold(const void *image, void *scratch, long rounds)
 *
 * Loads @image and gives the CPU up again and again.  Returns 0, or how many
 * rounds were left when the state was found to be another.
 */
	.text
	.globl	fpu_hold
	.type	fpu_hold, @function
fpu_hold:
	movq	%rdi, %r8
	movq	%rsi, %r9
	fxrstor64 (%r8)
1:	movl	$TRAP_SWTCH, %eax
	syscall
	movl	$SPINS, %ecx
2:	decl	%ecx
	jnz	2b

	fxsave64 (%r9)
	movw	FCW(%r8), %ax
	cmpw	FCW(%r9), %ax
	jne	3f
	movl	MXCSR(%r8), %eax
	cmpl	MXCSR(%r9), %eax
	jne	3f
	leaq	REGISTERS(%r8), %rsi
	leaq	REGISTERS(%r9), %rdi
	movl	$REGISTERS_QUADS, %ecx
	repe cmpsq
	jne	3f
	decq	%rdx
	jnz	1b
3:	fninit
	movl	$0x1f80, -8(%rsp)
	ldmxcsr	-8(%rsp)
	movq	%rdx, %rax
	ret
	.size	fpu_hold, . - fpu_hold

/*
 * void fpu_pass(const void *image, void *scratch, uint32_t low)
 */
	.globl	fpu_pass
	.type	fpu_pass, @function
fpu_pass:
	movl	%edx, %r8d
	xorl	%edx, %edx
	testq	%rdi, %rdi
	jz	1f
	movl	%r8d, %eax
	xrstor64 (%rdi)
1:	movl	$TRAP_SWTCH, %eax
	syscall
	movl	$SPINS, %ecx
2:	decl	%ecx
	jnz	2b
	movl	%r8d, %eax
	xorl	%edx, %edx
	xsave64	(%rsi)
	fninit
	ret
	.size	fpu_pass, . - fpu_pass

	.section .note.GNU-stack, "", @progbits
