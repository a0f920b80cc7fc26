/*
 * i386/machine/segments.h -- selectors and stacks, by the manual's numbers.
 *
 * Private to x86/ and i386/; the assembler reads it as well.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef I386_MACHINE_SEGMENTS_H
#define I386_MACHINE_SEGMENTS_H

#define KERNEL_CS		0x08
#define KERNEL_DS		0x10
#define USER_CS			0x1b
#define USER_DS			0x23
#define TSS_SELECTOR		0x28
#define DOUBLE_FAULT_SELECTOR	0x30	/* task state of that exception */
#define LDT_SELECTOR		0x38
#define CPU_SELECTOR		0x40	/* gs in the kernel: struct cpu */
#define GDT_ENTRIES		9

/* `lcall $7, $0': entry 0 of the local table, by user mode. */
#define CALL_GATE_SELECTOR	0x07
#define LDT_ENTRIES		1

/* Stacks of entries that do not use the thread's: the double fault's. */
#define TRAP_NR_STACKS		1
#define TRAP_STACK_SIZE		4096	/* bytes of each */

#endif /* I386_MACHINE_SEGMENTS_H */
