/*
 * i386/tables.c -- segments, gates and tasks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>

#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/pmap.h>

#include "lib/string.h"
#include "x86/x86.h"
#include "x86/x86_tables.h"

/* Descriptors: SDM vol. 3, 3.4.5.  Base 0, limit 4 GiB where there is one. */
#define DESC_KERNEL_CODE	0x00cf9b000000ffffull
#define DESC_KERNEL_DATA	0x00cf93000000ffffull
#define DESC_USER_CODE		0x00cffb000000ffffull
#define DESC_USER_DATA		0x00cff3000000ffffull
#define DESC_LDT		0x0000820000000000ull
#define DESC_TSS		0x0000890000000000ull

#define GATE_INTERRUPT		0x8e	/* present, turns interrupts off */
#define GATE_CALL		0x8c
#define GATE_TASK		0x85
#define GATE_USER		0x60	/* reachable from user mode */

/* A descriptor of something at @base, of whose kind @desc is. */
static uint64_t
desc_at(uint64_t desc, const void *base)
{
	uint64_t at = (uintptr_t)base;

	return desc | (at & 0xffffff) << 16 | (at >> 24) << 56;
}

static uint64_t
desc_sized(uint64_t desc, const void *base, size_t size)
{
	return desc_at(desc, base) | (size - 1);
}

static struct x86_gate
gate_to(uintptr_t entry, unsigned int selector, unsigned int type)
{
	return (struct x86_gate){
		.offset_low = (uint16_t)entry,
		.selector = (uint16_t)selector,
		.type = (uint8_t)type,
		.offset_high = (uint16_t)(entry >> 16),
	};
}

void
x86_gate_init(struct x86_gate *gate, unsigned int vector)
{
	unsigned int user = x86_gate_is_user(vector) ? GATE_USER : 0;

	if (vector == TRAP_DOUBLE_FAULT)
		*gate = gate_to(0, DOUBLE_FAULT_SELECTOR, GATE_TASK);
	else
		*gate = gate_to(x86_vectors[vector], KERNEL_CS,
				GATE_INTERRUPT | user);
}

static uint32_t
read_cr3(void)
{
	uint32_t value;

	__asm__ volatile ("mov %%cr3, %0" : "=r" (value));
	return value;
}

/* The task begins with these registers. */
static void
double_fault_init(struct x86_tables *tables)
{
	tables->double_fault = (struct x86_tss){
		.cr3 = read_cr3(),
		.ip = (uintptr_t)x86_double_fault_entry,
		.flags = FLAGS_FIXED,
		.sp = (uintptr_t)&tables->trap_stacks[0][TRAP_STACK_SIZE],
		.cs = KERNEL_CS,
		.ss = KERNEL_DS,
		.ds = KERNEL_DS,
		.es = KERNEL_DS,
		.gs = CPU_SELECTOR,
		.ldt = LDT_SELECTOR,
		.io_map = sizeof tables->double_fault,
	};
}

void
x86_tables_init(struct x86_tables *tables)
{
	uint64_t *gdt = tables->gdt;

	gdt[KERNEL_CS / 8] = DESC_KERNEL_CODE;
	gdt[KERNEL_DS / 8] = DESC_KERNEL_DATA;
	gdt[USER_CS / 8] = DESC_USER_CODE;
	gdt[USER_DS / 8] = DESC_USER_DATA;
	gdt[TSS_SELECTOR / 8] = desc_sized(DESC_TSS, &tables->tss,
					   sizeof tables->tss);
	gdt[DOUBLE_FAULT_SELECTOR / 8] =
		desc_sized(DESC_TSS, &tables->double_fault,
			   sizeof tables->double_fault);
	gdt[LDT_SELECTOR / 8] = desc_sized(DESC_LDT, tables->ldt,
					   sizeof tables->ldt);

	tables->tss.ss0 = KERNEL_DS;
	tables->tss.ldt = LDT_SELECTOR;
	tables->tss.io_map = sizeof tables->tss;
	double_fault_init(tables);
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
		"mov	%k[data], %%ds\n\t"
		"mov	%k[data], %%es\n\t"
		"mov	%k[zero], %%fs\n\t"
		"lldt	%w[ldt]\n\t"
		"ljmp	%[code], $1f\n"
		"1:"
		: : [gdt] "m" (*gdt), [idt] "m" (*idt),
		    [tss] "r" (TSS_SELECTOR), [data] "r" (KERNEL_DS),
		    [ldt] "r" (LDT_SELECTOR), [zero] "r" (0),
		    [code] "i" (KERNEL_CS)
		: "memory");
}

void
x86_set_cpu_base(struct machine_cpu *md)
{
	struct x86_tables *tables = md->tables;

	tables->gdt[CPU_SELECTOR / 8] = desc_at(DESC_KERNEL_DATA, md);
	__asm__ volatile ("mov %k0, %%gs" : : "r" (CPU_SELECTOR) : "memory");
}

void
x86_syscall_init(void)
{
	struct x86_gate gate = gate_to((uintptr_t)x86_call_gate_entry,
				       KERNEL_CS, GATE_CALL | GATE_USER);

	memcpy(&machine_cpu_self()->tables->ldt[CALL_GATE_SELECTOR / 8], &gate,
	       sizeof gate);

	/* `syscall' is not served: whoever was here before may have let it. */
	if (x86_features.efer)
		x86_write_msr(MSR_EFER, x86_read_msr(MSR_EFER)
					& ~(uint64_t)EFER_SCE);
}

void
x86_tables_final(void)
{
	machine_cpu_self()->tables->double_fault.cr3 = read_cr3();
}

/* What the switch to this task has saved of the interrupted one. */
static void
frame_from_task(struct trap_frame *frame, const struct x86_tss *tss)
{
	*frame = (struct trap_frame){
		.gs = (uint16_t)tss->gs,
		.fs = (uint16_t)tss->fs,
		.es = (uint16_t)tss->es,
		.ds = (uint16_t)tss->ds,
		.di = tss->di,
		.si = tss->si,
		.bp = tss->bp,
		.bx = tss->bx,
		.dx = tss->dx,
		.cx = tss->cx,
		.ax = tss->ax,
		.vector = TRAP_DOUBLE_FAULT,
		.ip = tss->ip,
		.cs = (uint16_t)tss->cs,
		.flags = tss->flags,
		.sp = tss->sp,
		.ss = (uint16_t)tss->ss,
	};
}

void
x86_double_fault(void)
{
	struct machine_cpu *md = machine_cpu_self();
	struct x86_tss *tss = &md->tables->tss;
	struct trap_frame frame;

	frame_from_task(&frame, tss);
	x86_trap_anywhere(&frame);

	/*
	 * A test expected it.  This task's tables are the kernel's own, and
	 * every switch of tasks forbids floating point, which is undone on
	 * the way: SDM vol. 3, 7.3.
	 */
	machine_pmap_switch(md->pmap);
	frame.sp -= sizeof frame.ip;
	memcpy((void *)frame.sp, &frame.ip, sizeof frame.ip);
	tss->cr3 = read_cr3();
	tss->ax = frame.ax;
	tss->ip = (uintptr_t)x86_double_fault_resume;
	tss->flags = frame.flags;
	tss->sp = frame.sp;
}
