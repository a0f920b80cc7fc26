/*
 * x86/x86_tables.h -- descriptor tables of a processor.
 *
 * Private to x86/, i386/ and x86_64/.  What they look like is the width's own:
 * <machine/tables.h>.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_X86_TABLES_H
#define X86_X86_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/tables.h>
#include <machine/trap.h>

#include "x86/x86_regs.h"

struct machine_cpu;

/* Operand of lgdt and lidt. */
struct x86_table_pointer {
	uint16_t	limit;
	uintptr_t	base;
} __attribute__((packed));

/** x86_gate_init - the gate of a vector, to what x86_vectors[] says. */
void x86_gate_init(struct x86_gate *gate, unsigned int vector);

/**
 * x86_gate_is_user - may user mode execute `int' with this vector?
 * @vector:	the vector
 *
 * Return:	true for `int3' and `into'.  Any other software interrupt is a
 *		general protection exception, since its gate is the kernel's,
 *		or missing.
 */
static inline bool
x86_gate_is_user(unsigned int vector)
{
	return vector == TRAP_BREAKPOINT || vector == TRAP_OVERFLOW;
}

/** x86_tables_init - fill the descriptor table and the task state. */
void x86_tables_init(struct x86_tables *tables);

/**
 * x86_tables_load - load the tables and every segment register
 *
 * cpu_self() works again after x86_set_cpu_base() only.
 */
void x86_tables_load(const struct x86_table_pointer *gdt,
		     const struct x86_table_pointer *idt);

/** x86_tables_final - the kernel's own page tables are loaded. */
void x86_tables_final(void);

/**
 * x86_set_cpu_base - what cpu_self() finds on this processor
 * @md:		its structure, md->tables set and loaded
 */
void x86_set_cpu_base(struct machine_cpu *md);

/**
 * x86_syscall_init - the way of system calls into the kernel
 *
 * Context: on the processor itself, its base set.
 */
void x86_syscall_init(void);

#endif /* X86_X86_TABLES_H */
