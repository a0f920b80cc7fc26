/*
 * x86/x86_tables.h -- descriptor tables of a processor, in 64-bit form.
 *
 * Private to x86/ and x86_64/.  SDM vol. 3, 3.5, 6.14 and 7.7.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_X86_TABLES_H
#define X86_X86_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/x86_regs.h"

struct machine_cpu;

struct x86_gate {
	uint16_t	offset_low;
	uint16_t	selector;
	uint8_t		ist;
	uint8_t		type;
	uint16_t	offset_middle;
	uint32_t	offset_high;
	uint32_t	reserved;
};

struct x86_tss {
	uint32_t	reserved0;
	uint64_t	sp0;		/* stack of entries from user mode */
	uint64_t	sp1, sp2;
	uint64_t	reserved1;
	uint64_t	ist[7];		/* IST n is at n - 1 */
	uint64_t	reserved2;
	uint16_t	reserved3;
	uint16_t	io_map;		/* offset; at the limit: none */
} __attribute__((packed, aligned(4)));

_Static_assert(sizeof(struct x86_gate) == 16, "SDM vol. 3, 6.14.1");
_Static_assert(sizeof(struct x86_tss) == 104, "SDM vol. 3, 7.7");

/* What each processor has for itself. */
struct x86_tables {
	uint64_t	gdt[GDT_ENTRIES];
	struct x86_tss	tss;
	uint8_t		ist_stacks[IST_NR][IST_STACK_SIZE]
				__attribute__((aligned(16)));
};

/* Operand of lgdt and lidt. */
struct x86_table_pointer {
	uint16_t	limit;
	uintptr_t	base;
} __attribute__((packed));

/** x86_gate_set - an interrupt gate to @entry, on stack @ist. */
void x86_gate_set(struct x86_gate *gate, uintptr_t entry, unsigned int ist,
		  bool user);

/** x86_tables_init - fill the descriptor table and the task state. */
void x86_tables_init(struct x86_tables *tables);

/** x86_tables_load - load the tables and every segment register. */
void x86_tables_load(const struct x86_table_pointer *gdt,
		     const struct x86_table_pointer *idt);

/** x86_set_cpu_base - what cpu_self() finds on this processor. */
void x86_set_cpu_base(struct machine_cpu *md);

/** x86_syscall_init - the `syscall' instruction enters the kernel. */
void x86_syscall_init(void);

#endif /* X86_X86_TABLES_H */
