/*
 * x86_64/boot.S -- from the boot loader to 64-bit C.
 *
 * Entered by a multiboot 1 loader: 32-bit protected mode, no paging, flat
 * segments, interrupts off, eax the loader's magic, ebx the physical address
 * of the multiboot information.
 *
 * The first tables map the low 4 GiB three times with 2 MiB pages: where they
 * are (this code), at DIRECT_MAP_BASE, and the first GiB of it at
 * KERNEL_IMAGE_BASE.  pmap_bootstrap() replaces them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/vm_layout.h>
#include "x86/x86_regs.h"

#define PHYS(symbol)	((symbol) - KERNEL_IMAGE_BASE)

#define MULTIBOOT_MAGIC	0x1badb002
#define MULTIBOOT_FLAGS	0x3		/* aligned modules, memory map */

#define TABLE_SIZE	4096
#define ENTRY_TABLE	0x3		/* present, writable */
#define ENTRY_2M	0x83		/* ... maps 2 MiB */

	.section .boot.header, "a"
	.balign	4
	.long	MULTIBOOT_MAGIC
	.long	MULTIBOOT_FLAGS
	.long	-(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.section .boot, "ax"
	.code32
	.globl	boot_start
	.type	boot_start, @function
boot_start:
	cli
	cld
	movl	%eax, %ebp			/* magic */
	rdtsc
	movl	%eax, PHYS(boot_cycles)
	movl	%edx, PHYS(boot_cycles) + 4
	movl	%ebx, %esi			/* cpuid clobbers ebx */
	movl	$PHYS(boot_stack_top), %esp

	/* Is this a 64-bit processor? */
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	boot_refuse
	movl	$0x80000001, %eax
	cpuid
	btl	$29, %edx
	jnc	boot_refuse

	/* The low 4 GiB: four directories side by side. */
	movl	$PHYS(boot_directories), %edi
	movl	$ENTRY_2M, %eax
	movl	$4 * 512, %ecx
1:	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$8, %edi
	addl	$0x200000, %eax
	decl	%ecx
	jnz	1b

	movl	$PHYS(boot_directories) + ENTRY_TABLE, %eax
	movl	$PHYS(boot_low), %edi
	movl	%eax, PHYS(boot_high) + 510 * 8
	movl	$4, %ecx
1:	movl	%eax, (%edi)
	addl	$TABLE_SIZE, %eax
	addl	$8, %edi
	decl	%ecx
	jnz	1b

	movl	$PHYS(boot_low) + ENTRY_TABLE, %eax
	movl	%eax, PHYS(boot_root)
	movl	%eax, PHYS(boot_root) + 256 * 8
	movl	$PHYS(boot_high) + ENTRY_TABLE, PHYS(boot_root) + 511 * 8

	/* Long mode: SDM vol. 3, 9.8.5. */
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PHYS(boot_root), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$(CR0_PG | CR0_WP | CR0_PE), %eax
	movl	%eax, %cr0

	lgdt	boot_gdt_pointer
	ljmp	$KERNEL_CS, $boot_long

	/* Not a 64-bit processor: say so on the display and the first line. */
boot_refuse:
	movl	$boot_refusal, %esi
	movl	$0xb8000, %edi
1:	movb	(%esi), %al
	testb	%al, %al
	jz	2f
	movb	%al, (%edi)
	movb	$0x07, 1(%edi)
	movw	$0x3f8, %dx
	outb	%al, %dx
	incl	%esi
	addl	$2, %edi
	jmp	1b
2:	hlt
	jmp	2b

	.code64
boot_long:
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	movq	$boot_high_half, %rax
	jmp	*%rax

	.balign	8
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff		/* KERNEL_CS: 64-bit code */
boot_gdt_pointer:
	.word	. - boot_gdt - 1
	.long	boot_gdt

boot_refusal:
	.asciz	"This kernel needs a 64-bit processor."

	.text
	.type	boot_high_half, @function
boot_high_half:
	movq	$boot_stack_top, %rsp
	movl	%ebp, %edi			/* magic */
	movl	%esi, %esi			/* multiboot information */
	movq	boot_cycles(%rip), %rdx
	xorl	%ebp, %ebp
	call	x86_boot
	ud2

	/* Given back when all processors are up. */
	.section .bss.boot_tables, "aw", @nobits
	.balign	TABLE_SIZE
	.globl	boot_root
boot_root:
	.skip	TABLE_SIZE
boot_low:
	.skip	TABLE_SIZE
boot_high:
	.skip	TABLE_SIZE
boot_directories:
	.skip	4 * TABLE_SIZE

	.section .bss.page_aligned, "aw", @nobits
	.balign	TABLE_SIZE
	.globl	boot_stack, boot_stack_top
boot_stack:
	.skip	BOOT_STACK_SIZE
boot_stack_top:

	.bss
	.balign	8
boot_cycles:
	.skip	8

	.section .note.GNU-stack, "", @progbits
