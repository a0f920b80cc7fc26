/*
 * x86_64/machine/cpu_offsets.h -- where entry.S finds things of the processor.
 *
 * Offsets in bytes into struct machine_cpu (x86/cpu.c checks them) and into
 * struct cpu (x86/boot.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_64_MACHINE_CPU_OFFSETS_H
#define X86_64_MACHINE_CPU_OFFSETS_H

#define CPU_SELF		0
#define CPU_CURRENT_THREAD	8
#define CPU_KSTACK_TOP		16
#define CPU_SCRATCH		24
#define CPU_MD_SIZE		96	/* struct machine_cpu */
#define CPU_AST_PENDING		96	/* first member behind it */

#endif /* X86_64_MACHINE_CPU_OFFSETS_H */
