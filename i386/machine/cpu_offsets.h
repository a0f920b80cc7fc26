/*
 * i386/machine/cpu_offsets.h -- where entry.S finds things of the processor.
 *
 * Offsets in bytes into struct machine_cpu (x86/cpu.c checks them) and into
 * struct cpu (x86/boot.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef I386_MACHINE_CPU_OFFSETS_H
#define I386_MACHINE_CPU_OFFSETS_H

#define CPU_SELF		0
#define CPU_CURRENT_THREAD	4
#define CPU_KSTACK_TOP		8
#define CPU_SCRATCH		12
#define CPU_MD_SIZE		64	/* struct machine_cpu */
#define CPU_AST_PENDING		64	/* first member behind it */

#endif /* I386_MACHINE_CPU_OFFSETS_H */
