/*
 * x86_64/tables.c -- segments, gates and system call registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>

#include <machine/cpu.h>

#include "x86/x86.h"
#include "x86/x86_tables.h"

/* Descriptors: SDM vol. 3, 3.4.5.  Base and limit do not count here. */
#define DESC_KERNEL_CODE	0x00af9b000000ffffull
#define DESC_KERNEL_DATA	0x00cf93000000ffffull
#define DESC_USER_CODE32	0x00cffb000000ffffull
#define DESC_USER_DATA		0x00cff3000000ffffull
#define DESC_USER_CODE		0x00affb000000ffffull
#define DESC_TSS		0x0000890000000000ull

#define GATE_INTERRUPT		0x8e	/* present, turns interrupts off */
#define GATE_USER		0x60	/* reachable from user mode */

static unsigned int
vector_ist(unsigned int vector)
{
	switch (vector) {
	case TRAP_DOUBLE_FAULT:
		return IST_DOUBLE_FAULT;
	case TRAP_NMI:
		return IST_NMI;
	case TRAP_MACHINE_CHECK:
		return IST_MACHINE_CHECK;
	case TRAP_DEBUG:
		return IST_DEBUG;
	default:
		return IST_NONE;
	}
}

void
x86_gate_init(struct x86_gate *gate, unsigned int vector)
{
	uintptr_t entry = x86_vectors[vector];
	unsigned int user = x86_gate_is_user(vector) ? GATE_USER : 0;

	*gate = (struct x86_gate){
		.offset_low = (uint16_t)entry,
		.selector = KERNEL_CS,
		.ist = (uint8_t)vector_ist(vector),
		.type = (uint8_t)(GATE_INTERRUPT | user),
		.offset_middle = (uint16_t)(entry >> 16),
		.offset_high = (uint32_t)(entry >> 32),
	};
}

void
x86_tables_init(struct x86_tables *tables)
{
	uint64_t tss = (uintptr_t)&tables->tss;
	uint64_t *gdt = tables->gdt;

	gdt[KERNEL_CS / 8] = DESC_KERNEL_CODE;
	gdt[KERNEL_DS / 8] = DESC_KERNEL_DATA;
	gdt[USER_CS32 / 8] = DESC_USER_CODE32;
	gdt[USER_DS / 8] = DESC_USER_DATA;
	gdt[USER_CS / 8] = DESC_USER_CODE;
	gdt[TSS_SELECTOR / 8] = DESC_TSS | (sizeof tables->tss - 1)
				| (tss & 0xffffff) << 16
				| (tss >> 24 & 0xff) << 56;
	gdt[TSS_SELECTOR / 8 + 1] = tss >> 32;

	tables->tss.io_map = sizeof tables->tss;
	for (unsigned int i = 0; i < IST_NR; i++)
		tables->tss.ist[i] =
			(uintptr_t)&tables->trap_stacks[i][TRAP_STACK_SIZE];
}

void
x86_tables_load(const struct x86_table_pointer *gdt,
		const struct x86_table_pointer *idt)
{
	__asm__ volatile (
		"lgdt	%[gdt]\n\t"
		"lidt	%[idt]\n\t"
		"ltr	%w[tss]\n\t"
		"mov	%k[data], %%ss\n\t"
		"mov	%k[zero], %%ds\n\t"
		"mov	%k[zero], %%es\n\t"
		"mov	%k[zero], %%fs\n\t"
		"mov	%k[zero], %%gs\n\t"
		"lldt	%w[zero]\n\t"
		"pushq	%[code]\n\t"
		"leaq	1f(%%rip), %%rax\n\t"
		"pushq	%%rax\n\t"
		"lretq\n"
		"1:"
		: : [gdt] "m" (*gdt), [idt] "m" (*idt),
		    [tss] "r" (TSS_SELECTOR), [data] "r" (KERNEL_DS),
		    [zero] "r" (0), [code] "i" (KERNEL_CS)
		: "rax", "memory");
}

void
x86_tables_final(void)
{
	/* Nothing here knows of page tables. */
}

void
x86_set_cpu_base(struct machine_cpu *md)
{
	x86_write_msr(MSR_GS_BASE, (uintptr_t)md);
	x86_write_msr(MSR_KERNEL_GS_BASE, 0);	/* the user's, for now */
	x86_write_msr(MSR_FS_BASE, 0);
}

void
x86_syscall_init(void)
{
	/* sysret loads its selectors from bits 48 and up, plus 16 and 8. */
	x86_write_msr(MSR_STAR, (uint64_t)USER_CS32 << 48
				| (uint64_t)KERNEL_CS << 32);
	x86_write_msr(MSR_LSTAR, (uintptr_t)x86_syscall_entry);
	x86_write_msr(MSR_CSTAR, (uintptr_t)x86_syscall32_entry);
	x86_write_msr(MSR_FMASK, FLAGS_TF | FLAGS_IF | FLAGS_DF | FLAGS_IOPL
				 | FLAGS_NT | FLAGS_RF | FLAGS_AC);
	x86_write_msr(MSR_EFER, x86_read_msr(MSR_EFER) | EFER_SCE);
}
