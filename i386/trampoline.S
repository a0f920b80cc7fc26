/*
 * i386/trampoline.S -- where a processor that is started begins.
 *
 * A copy of this lies on a page below 1 MiB (x86/smp.h).  The processor comes
 * in 16-bit mode with the page's segment in cs.  All addresses within the page
 * are found by its base, in ebx; what the way up needs, in the page's struct
 * x86_ap_start, whose addresses are 32 bits here.
 *
 * Defined in: Intel SDM vol. 3A, 8.4.4 and 9.8.2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/smp.h"
#include "x86/x86_regs.h"

#define AT(label)	((label) - x86_trampoline)
#define START(member)	(AP_START_OFFSET + (member))

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
	movl	$KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	START(AP_START_BOOT_ROOT)(%ebx), %eax
	movl	%eax, %cr3
	/* Old processors have no such register. */
	movl	START(AP_START_EFER)(%ebx), %eax
	testl	%eax, %eax
	jz	1f
	movl	$MSR_EFER, %ecx
	xorl	%edx, %edx
	wrmsr
	/* Without CD and NW, which a reset sets: memory is cached. */
1:	movl	$(CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_PE), %eax
	movl	%eax, %cr0

	movl	START(AP_START_CPU)(%ebx), %edi
	movl	START(AP_START_STACK)(%ebx), %esi
	movl	START(AP_START_ROOT)(%ebx), %edx
	jmp	*START(AP_START_ENTRY)(%ebx)

	.balign	8
ap_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff		/* KERNEL_CS */
	.quad	0x00cf93000000ffff		/* KERNEL_DS */
ap_gdt_pointer:
	.word	. - ap_gdt - 1
	.long	0
ap_protected_pointer:
	.long	0
	.word	KERNEL_CS
x86_trampoline_end:

/*
 * In the kernel's text, which the start-up code's tables map as well: edi the
 * processor's struct cpu, esi its stack, edx the kernel's tables.
 */
	.text
	.globl	x86_ap_entry
	.type	x86_ap_entry, @function
	.balign	16
x86_ap_entry:
	movl	%edx, %cr3
	movl	%esi, %esp
	xorl	%ebp, %ebp
	movl	%edi, %eax
	call	x86_ap_main
	ud2

	.section .note.GNU-stack, "", @progbits
