/*
 * x86_64/trampoline.S -- where a processor that is started begins.
 *
 * A copy of this lies on a page below 1 MiB (x86/smp.h).  The processor comes
 * in 16-bit mode with the page's segment in cs.  All addresses within the page
 * are found by its base, in ebx; what the way up needs, in the page's struct
 * x86_ap_start.
 *
 * Defined in: Intel SDM vol. 3A, 8.4.4 and 9.8.5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/smp.h"
#include "x86/x86_regs.h"

#define AT(label)	((label) - x86_trampoline)
#define START(member)	(AP_START_OFFSET + (member))

/* Selectors of the page's own table. */
#define AP_CS64		0x08
#define AP_DS		0x10
#define AP_CS32		0x18

	.section .rodata
	.balign	16
	.globl	x86_trampoline, x86_trampoline_end
x86_trampoline:
	.code16
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	xorl	%ebx, %ebx
	movw	%ax, %bx
	shll	$4, %ebx

	/* Is this still wanted? */
	movl	$AP_WANTED, %eax
	movl	$AP_CLAIMED, %ecx
	lock cmpxchgl %ecx, START(AP_START_STATE)
	jne	ap_late

	leal	AT(ap_gdt)(%ebx), %eax
	movl	%eax, AT(ap_gdt_pointer) + 2
	leal	AT(ap_protected)(%ebx), %eax
	movl	%eax, AT(ap_protected_pointer)
	leal	AT(ap_long)(%ebx), %eax
	movl	%eax, AT(ap_long_pointer)
	lgdtl	AT(ap_gdt_pointer)
	movl	%cr0, %eax
	orl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	*AT(ap_protected_pointer)

ap_late:
	hlt
	jmp	ap_late

	.code32
ap_protected:
	movl	$AP_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	START(AP_START_BOOT_ROOT)(%ebx), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	xorl	%edx, %edx
	movl	START(AP_START_EFER)(%ebx), %eax
	wrmsr
	/* Without CD and NW, which a reset sets: memory is cached. */
	movl	$(CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_PE), %eax
	movl	%eax, %cr0
	ljmpl	*AT(ap_long_pointer)(%ebx)

	.code64
ap_long:
	movl	%ebx, %ebx
	movq	START(AP_START_CPU)(%rbx), %rdi
	movq	START(AP_START_STACK)(%rbx), %rsi
	movq	START(AP_START_ROOT)(%rbx), %rdx
	movq	START(AP_START_ENTRY)(%rbx), %rax
	jmp	*%rax

	.balign	8
ap_gdt:
	.quad	0
	.quad	0x00af9b000000ffff		/* AP_CS64 */
	.quad	0x00cf93000000ffff		/* AP_DS */
	.quad	0x00cf9b000000ffff		/* AP_CS32 */
ap_gdt_pointer:
	.word	. - ap_gdt - 1
	.long	0
ap_protected_pointer:
	.long	0
	.word	AP_CS32
ap_long_pointer:
	.long	0
	.word	AP_CS64
x86_trampoline_end:

/*
 * In the kernel's text, which the start-up code's tables map as well: rdi the
 * processor's struct cpu, rsi its stack, rdx the kernel's tables.
 */
	.text
	.globl	x86_ap_entry
	.type	x86_ap_entry, @function
	.balign	16
x86_ap_entry:
	movq	%rdx, %cr3
	movq	%rsi, %rsp
	xorl	%ebp, %ebp
	call	x86_ap_main
	ud2

	.section .note.GNU-stack, "", @progbits
