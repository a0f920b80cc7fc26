/*
 * x86_64/machine/segments.h -- selectors and stacks, by the manual's numbers.
 *
 * Private to x86/ and x86_64/; the assembler reads it as well.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_64_MACHINE_SEGMENTS_H
#define X86_64_MACHINE_SEGMENTS_H

/*
 * Selectors.  The order is what syscall and sysret want: kernel code and data
 * side by side, then 32-bit user code, user data, 64-bit user code.
 */
#define KERNEL_CS	0x08
#define KERNEL_DS	0x10
#define USER_CS32	0x1b
#define USER_DS		0x23
#define USER_CS		0x2b
#define TSS_SELECTOR	0x30
#define GDT_ENTRIES	8		/* the task state takes two */

/* Stacks of the interrupt stack table, by number (SDM vol. 3, 6.14.5). */
#define IST_NONE		0
#define IST_DOUBLE_FAULT	1
#define IST_NMI			2
#define IST_MACHINE_CHECK	3
#define IST_DEBUG		4
#define IST_NR			4

#define TRAP_STACK_SIZE		4096	/* bytes of each */

#endif /* X86_64_MACHINE_SEGMENTS_H */
