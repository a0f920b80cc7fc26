/*
 * x86_64/machine/tables.h -- descriptor tables of a processor, 64-bit form.
 *
 * Private to x86/ and x86_64/.  SDM vol. 3, 3.5, 6.14 and 7.7.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_64_MACHINE_TABLES_H
#define X86_64_MACHINE_TABLES_H

#include <stdint.h>

#include <machine/segments.h>

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
	uint8_t		trap_stacks[IST_NR][TRAP_STACK_SIZE]
				__attribute__((aligned(16)));
};

/* entry.S: where the system call instructions go. */
void x86_syscall_entry(void);
void x86_syscall32_entry(void);

#endif /* X86_64_MACHINE_TABLES_H */
