/*
 * i386/boot.S -- from the boot loader to C in the upper gigabyte.
 *
 * Entered by a multiboot 1 loader: protected mode, no paging, flat segments,
 * interrupts off, eax the loader's magic, ebx the physical address of the
 * multiboot information.
 *
 * The first tables are PAE's, with 2 MiB pages.  One directory serves two
 * entries of the root: in the first gigabyte it maps the low 512 MiB where
 * they are (this code), in the last one at DIRECT_MAP_BASE; and the kernel
 * image in both, which does no harm below.  pmap_bootstrap() replaces them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/vm_layout.h>
#include "x86/x86_regs.h"

#define PHYS(symbol)	((symbol) - KERNEL_IMAGE_BASE)

#define MULTIBOOT_MAGIC	0x1badb002
#define MULTIBOOT_FLAGS	0x7		/* aligned modules, memory map, video */

#define TABLE_SIZE	4096
#define ENTRY_TABLE	0x1		/* present; the root has no others */
#define ENTRY_2M	0x83		/* present, writable, maps 2 MiB */
#define LARGE_SHIFT	21
#define LARGE_SIZE	(1 << LARGE_SHIFT)

/* Places in the directory of the last gigabyte. */
#define DIRECT_ENTRIES	(DIRECT_MAP_SIZE >> LARGE_SHIFT)
#define IMAGE_FIRST	((KERNEL_IMAGE_BASE - DIRECT_MAP_BASE) >> LARGE_SHIFT)
#define IMAGE_ENTRIES	(KERNEL_IMAGE_SIZE >> LARGE_SHIFT)

/*
 * What the kernel is written for (CPUID leaf 1, edx): x87, TSC, MSRs, PAE,
 * cmpxchg8b, cmov, FXSAVE.
 */
#define CPUID_NEEDED	(1 << 0 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 \
			 | 1 << 15 | 1 << 24)

	.section .boot.header, "a"
	.balign	4
	.long	MULTIBOOT_MAGIC
	.long	MULTIBOOT_FLAGS
	.long	-(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
	.long	0, 0, 0, 0, 0		/* addresses: the ELF header's */
	.long	1, 80, 25, 0		/* video: 80 by 25 characters */

	.section .boot, "ax"
	.globl	boot_start
	.type	boot_start, @function
boot_start:
	cli
	cld
	movl	%eax, %ebp			/* magic */
	movl	%ebx, %esi			/* cpuid clobbers ebx */
	movl	$PHYS(boot_stack_top), %esp

	/* Is there CPUID?  Then the ID flag can be changed. */
	pushfl
	popl	%eax
	movl	%eax, %ecx
	xorl	$FLAGS_ID, %eax
	pushl	%eax
	popfl
	pushfl
	popl	%eax
	xorl	%ecx, %eax
	testl	$FLAGS_ID, %eax
	jz	boot_refuse

	xorl	%eax, %eax
	cpuid
	testl	%eax, %eax
	jz	boot_refuse
	movl	$1, %eax
	cpuid
	andl	$CPUID_NEEDED, %edx
	cmpl	$CPUID_NEEDED, %edx
	jne	boot_refuse

	rdtsc
	movl	%eax, PHYS(boot_cycles)
	movl	%edx, PHYS(boot_cycles) + 4

	movl	$PHYS(boot_directory), %edi
	movl	$ENTRY_2M, %eax
	movl	$DIRECT_ENTRIES, %ecx
1:	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$8, %edi
	addl	$LARGE_SIZE, %eax
	decl	%ecx
	jnz	1b

	movl	$PHYS(boot_directory) + IMAGE_FIRST * 8, %edi
	movl	$ENTRY_2M, %eax
	movl	$IMAGE_ENTRIES, %ecx
1:	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$8, %edi
	addl	$LARGE_SIZE, %eax
	decl	%ecx
	jnz	1b

	movl	$PHYS(boot_directory) + ENTRY_TABLE, %eax
	movl	%eax, PHYS(boot_root)
	movl	%eax, PHYS(boot_root) + 3 * 8

	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PHYS(boot_root), %eax
	movl	%eax, %cr3
	movl	%cr0, %eax
	orl	$(CR0_PG | CR0_WP | CR0_PE), %eax
	movl	%eax, %cr0

	lgdt	boot_gdt_pointer
	ljmp	$KERNEL_CS, $boot_high_half

	/* Too old: say so on the display and the first line. */
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

	.balign	8
boot_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff		/* KERNEL_CS: flat code */
	.quad	0x00cf93000000ffff		/* KERNEL_DS: flat data */
boot_gdt_pointer:
	.word	. - boot_gdt - 1
	.long	boot_gdt

boot_refusal:
	.asciz	"This kernel needs a processor with PAE, CMOV and FXSAVE.\r\n"

	.text
	.type	boot_high_half, @function
boot_high_half:
	movl	$KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$boot_stack_top, %esp
	pushl	boot_cycles + 4
	pushl	boot_cycles
	movl	%ebp, %eax			/* magic */
	movl	%esi, %edx			/* multiboot information */
	xorl	%ebp, %ebp
	call	x86_boot
	ud2

	/* Given back when all processors are up. */
	.section .bss.boot_tables, "aw", @nobits
	.balign	TABLE_SIZE
	.globl	boot_root
boot_root:
	.skip	TABLE_SIZE
boot_directory:
	.skip	TABLE_SIZE

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
