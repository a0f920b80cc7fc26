/* include/mach/pc_sample.h -- samples of where a program is. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_PC_SAMPLE_H
#define MACH_PC_SAMPLE_H

#include <mach/machine/vm_types.h>

typedef natural_t	sampled_pc_flavor_t;	/* SAMPLED_PC_ bits */
typedef natural_t	sampled_pc_seqno_t;

typedef struct sampled_pc {
	rpc_vm_offset_t	id;		/* of the thread */
	rpc_vm_offset_t	pc;
	sampled_pc_flavor_t sampletype;	/* what caused the sample */
} sampled_pc_t;
typedef sampled_pc_t	*sampled_pc_array_t;

#define SAMPLED_PC_PERIODIC			0x001	/* the clock */
#define SAMPLED_PC_VM_ZFILL_FAULTS		0x010
#define SAMPLED_PC_VM_REACTIVATION_FAULTS	0x020
#define SAMPLED_PC_VM_PAGEIN_FAULTS		0x040
#define SAMPLED_PC_VM_COW_FAULTS		0x080
#define SAMPLED_PC_VM_FAULTS_ANY		0x100
#define SAMPLED_PC_VM_FAULTS			0x0f0	/* all kinds above */

#endif /* MACH_PC_SAMPLE_H */
