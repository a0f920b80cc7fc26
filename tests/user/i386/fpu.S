/*
 * tests/user/i386/fpu.S -- hold a floating-point state across switches.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define TRAP_SWTCH	-60
#define SPINS		2000	/* so that clock interrupts come as well */
#define FCW		0	/* offsets in the area of fxsave */
#define MXCSR		24
#define REGISTERS	32
#define REGISTERS_WORDS	64	/* x87 and xmm registers, 256 bytes */

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
	pushl	%ebx
	pushl	%ebp
	pushl	%esi
	pushl	%edi
	movl	20(%esp), %ebx
	movl	24(%esp), %ebp
	movl	28(%esp), %edx
	fxrstor	(%ebx)
1:	movl	$TRAP_SWTCH, %eax
	lcall	$7, $0
	movl	$SPINS, %ecx
2:	decl	%ecx
	jnz	2b

	fxsave	(%ebp)
	movw	FCW(%ebx), %ax
	cmpw	FCW(%ebp), %ax
	jne	3f
	movl	MXCSR(%ebx), %eax
	cmpl	MXCSR(%ebp), %eax
	jne	3f
	leal	REGISTERS(%ebx), %esi
	leal	REGISTERS(%ebp), %edi
	movl	$REGISTERS_WORDS, %ecx
	repe cmpsl
	jne	3f
	decl	%edx
	jnz	1b
3:	fninit
	pushl	$0x1f80
	ldmxcsr	(%esp)
	popl	%eax
	movl	%edx, %eax
	popl	%edi
	popl	%esi
	popl	%ebp
	popl	%ebx
	ret
	.size	fpu_hold, . - fpu_hold

/*
 * void fpu_pass(const void *image, void *scratch, uint32_t low)
 */
	.globl	fpu_pass
	.type	fpu_pass, @function
fpu_pass:
	pushl	%ebx
	xorl	%edx, %edx
	movl	16(%esp), %eax
	movl	8(%esp), %ebx
	testl	%ebx, %ebx
	jz	1f
	xrstor	(%ebx)
1:	movl	$TRAP_SWTCH, %eax
	lcall	$7, $0
	movl	$SPINS, %ecx
2:	decl	%ecx
	jnz	2b
	movl	16(%esp), %eax
	xorl	%edx, %edx
	movl	12(%esp), %ebx
	xsave	(%ebx)
	fninit
	popl	%ebx
	ret
	.size	fpu_pass, . - fpu_pass

	.section .note.GNU-stack, "", @progbits
