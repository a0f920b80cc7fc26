/* include/mach/machine.h -- kinds of processors, and tables of them. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_H
#define MACH_MACHINE_H

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>

typedef integer_t	cpu_type_t;
typedef integer_t	cpu_subtype_t;

/* How a processor spends its ticks */
#define CPU_STATE_USER			0
#define CPU_STATE_SYSTEM		1
#define CPU_STATE_IDLE			2
#define CPU_STATE_MAX			3

/* Types that this kernel runs on */
#define CPU_TYPE_I386			7
#define CPU_TYPE_I486			17
#define CPU_TYPE_PENTIUM		18
#define CPU_TYPE_PENTIUMPRO		19
#define CPU_TYPE_X86_64			21

/* Types of others */
#define CPU_TYPE_VAX			1
#define CPU_TYPE_ROMP			2
#define CPU_TYPE_MC68020		3
#define CPU_TYPE_NS32032		4
#define CPU_TYPE_NS32332		5
#define CPU_TYPE_NS32532		6
#define CPU_TYPE_MIPS			8
#define CPU_TYPE_MC68030		9
#define CPU_TYPE_MC68040		10
#define CPU_TYPE_HPPA			11
#define CPU_TYPE_ARM			12
#define CPU_TYPE_MC88000		13
#define CPU_TYPE_SPARC			14
#define CPU_TYPE_I860			15
#define CPU_TYPE_ALPHA			16
#define CPU_TYPE_POWERPC		20
#define CPU_TYPE_ARM64			22

/* Subtypes on x86 */
#define CPU_SUBTYPE_AT386		1

/* Subtypes: more on x86 */
#define CPU_SUBTYPE_EXL			2
#define CPU_SUBTYPE_iPSC386		3
#define CPU_SUBTYPE_SYMMETRY		4
#define CPU_SUBTYPE_PS2			5

/* Subtypes: VAX */
#define CPU_SUBTYPE_VAX780		1
#define CPU_SUBTYPE_VAX785		2
#define CPU_SUBTYPE_VAX750		3
#define CPU_SUBTYPE_VAX730		4
#define CPU_SUBTYPE_UVAXI		5
#define CPU_SUBTYPE_UVAXII		6
#define CPU_SUBTYPE_VAX8200		7
#define CPU_SUBTYPE_VAX8500		8
#define CPU_SUBTYPE_VAX8600		9
#define CPU_SUBTYPE_VAX8650		10
#define CPU_SUBTYPE_VAX8800		11
#define CPU_SUBTYPE_UVAXIII		12

/* Subtypes: ROMP */
#define CPU_SUBTYPE_RT_PC		1
#define CPU_SUBTYPE_RT_APC		2
#define CPU_SUBTYPE_RT_135		3

/* Subtypes: NS32xxx */
#define CPU_SUBTYPE_MMAX_DPC		1
#define CPU_SUBTYPE_SQT			2
#define CPU_SUBTYPE_MMAX_APC_FPU	3
#define CPU_SUBTYPE_MMAX_APC_FPA	4
#define CPU_SUBTYPE_MMAX_XPC		5
#define CPU_SUBTYPE_PC532		6

/* Subtypes: MIPS */
#define CPU_SUBTYPE_MIPS_R2300		1
#define CPU_SUBTYPE_MIPS_R2600		2
#define CPU_SUBTYPE_MIPS_R2800		3
#define CPU_SUBTYPE_MIPS_R2000a		4
#define CPU_SUBTYPE_MIPS_R2000		5
#define CPU_SUBTYPE_MIPS_R3000a		6
#define CPU_SUBTYPE_MIPS_R3000		7

/* Subtypes: MC68xxx */
#define CPU_SUBTYPE_NeXT		1
#define CPU_SUBTYPE_SUN3_50		1
#define CPU_SUBTYPE_HP_340		2
#define CPU_SUBTYPE_SUN3_160		2
#define CPU_SUBTYPE_HP_360		3
#define CPU_SUBTYPE_SUN3_260		3
#define CPU_SUBTYPE_HP_370		4
#define CPU_SUBTYPE_SUN3_110		4
#define CPU_SUBTYPE_SUN3_60		5
#define CPU_SUBTYPE_HP_320		6
#define CPU_SUBTYPE_HP_330		7
#define CPU_SUBTYPE_HP_350		8

/* Subtypes: HP PA */
#define CPU_SUBTYPE_HPPA_825		1
#define CPU_SUBTYPE_HPPA_835		2
#define CPU_SUBTYPE_HPPA_840		3
#define CPU_SUBTYPE_HPPA_850		4
#define CPU_SUBTYPE_HPPA_855		5

/* Subtypes: ARM */
#define CPU_SUBTYPE_ARM_A500_ARCH	1
#define CPU_SUBTYPE_ARM_A500		2
#define CPU_SUBTYPE_ARM_A440		3
#define CPU_SUBTYPE_ARM_M4		4
#define CPU_SUBTYPE_ARM_A680		5

/* Subtypes: MC88xxx */
#define CPU_SUBTYPE_MMAX_JPC		1
#define CPU_SUBTYPE_LUNA88K		2

/* Subtypes: SPARC */
#define CPU_SUBTYPE_SUN4_260		1
#define CPU_SUBTYPE_SUN4_110		2
#define CPU_SUBTYPE_SUN4_330		3
#define CPU_SUBTYPE_SUN4C_60		4
#define CPU_SUBTYPE_SUN4C_65		5
#define CPU_SUBTYPE_SUN4C_20		6
#define CPU_SUBTYPE_SUN4C_30		7
#define CPU_SUBTYPE_SUN4C_40		8
#define CPU_SUBTYPE_SUN4C_50		9
#define CPU_SUBTYPE_SUN4C_75		10

/* Subtypes: i860 */
#define CPU_SUBTYPE_iPSC860		1
#define CPU_SUBTYPE_OKI860		2

/* Subtypes: Alpha */
#define CPU_SUBTYPE_ALPHA_EV3		1
#define CPU_SUBTYPE_ALPHA_EV4		2
#define CPU_SUBTYPE_ALPHA_ISP		3
#define CPU_SUBTYPE_ALPHA_21064		4

/* The host as a whole, and one processor of it. */
struct machine_info {
	integer_t	major_version;	/* of the kernel */
	integer_t	minor_version;
	integer_t	max_cpus;
	integer_t	avail_cpus;
	vm_size_t	memory_size;	/* bytes */
};
typedef struct machine_info *machine_info_t;
typedef struct machine_info machine_info_data_t;

struct machine_slot {
	boolean_t	is_cpu;
	cpu_type_t	cpu_type;
	cpu_subtype_t	cpu_subtype;
	boolean_t	running;
	integer_t	cpu_ticks[CPU_STATE_MAX];
	integer_t	clock_freq;	/* ticks a second */
};
typedef struct machine_slot *machine_slot_t;
typedef struct machine_slot machine_slot_data_t;

#endif /* MACH_MACHINE_H */
