/*
 * i386/machine/tables.h -- descriptor tables of a processor, 32-bit form.
 *
 * Private to x86/ and i386/.  SDM vol. 3, 3.5, 6.11 and 7.2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef I386_MACHINE_TABLES_H
#define I386_MACHINE_TABLES_H

#include <stdint.h>

#include <machine/segments.h>

struct trap_frame;

struct x86_gate {
	uint16_t	offset_low;
	uint16_t	selector;
	uint8_t		count;		/* words copied by a call gate: none */
	uint8_t		type;
	uint16_t	offset_high;
};

/* A task's state.  Of the kernel's own only sp0, ss0 and, when a double fault
 * switches away from it, the rest of the registers are in use. */
struct x86_tss {
	uint32_t	link;		/* the task that this one interrupts */
	uint32_t	sp0;		/* stack of entries from user mode */
	uint32_t	ss0;
	uint32_t	sp1, ss1, sp2, ss2;
	uint32_t	cr3;		/* read only at a switch, not written */
	uint32_t	ip, flags;
	uint32_t	ax, cx, dx, bx, sp, bp, si, di;
	uint32_t	es, cs, ss, ds, fs, gs;
	uint32_t	ldt;
	uint16_t	trap;
	uint16_t	io_map;		/* offset; at the limit: none */
};

_Static_assert(sizeof(struct x86_gate) == 8, "SDM vol. 3, 6.11");
_Static_assert(sizeof(struct x86_tss) == 104, "SDM vol. 3, 7.2.1");

/* What each processor has for itself. */
struct x86_tables {
	uint64_t	gdt[GDT_ENTRIES];
	uint64_t	ldt[LDT_ENTRIES];
	struct x86_tss	tss;
	struct x86_tss	double_fault;
	uint8_t		trap_stacks[TRAP_NR_STACKS][TRAP_STACK_SIZE]
				__attribute__((aligned(16)));
};

/* entry.S: where the call gate goes, and the task of double faults. */
void x86_call_gate_entry(void);
void x86_double_fault_entry(void);
void x86_double_fault_resume(void);

/**
 * x86_call_gate_stepped - a system call under the single-step flag
 * @frame:	as for trap_hook_syscall()
 */
void x86_call_gate_stepped(struct trap_frame *frame);

/**
 * x86_double_fault - the double fault's task, in C
 *
 * Context: on this task's own stack; interrupts off.
 */
void x86_double_fault(void);

#endif /* I386_MACHINE_TABLES_H */
