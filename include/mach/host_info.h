/* include/mach/host_info.h -- what host_info tells. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_HOST_INFO_H
#define MACH_HOST_INFO_H

#include <mach/machine.h>
#include <mach/machine/vm_types.h>

typedef integer_t	*host_info_t;	/* words, by flavor */

#define HOST_INFO_MAX		1024	/* words of an answer, at most */
typedef integer_t	host_info_data_t[HOST_INFO_MAX];

#define KERNEL_VERSION_MAX	512	/* bytes, with the 0 */
typedef char		kernel_version_t[KERNEL_VERSION_MAX];

/* Flavors. */
#define HOST_BASIC_INFO		1
#define HOST_PROCESSOR_SLOTS	2	/* slot numbers of all processors */
#define HOST_SCHED_INFO		3
#define HOST_LOAD_INFO		4

struct host_basic_info {
	integer_t	max_cpus;	/* that the kernel could serve */
	integer_t	avail_cpus;	/* that are running */
	rpc_vm_size_t	memory_size;	/* bytes */
	cpu_type_t	cpu_type;
	cpu_subtype_t	cpu_subtype;
};
typedef struct host_basic_info host_basic_info_data_t;
typedef struct host_basic_info *host_basic_info_t;
#define HOST_BASIC_INFO_COUNT \
	(sizeof(host_basic_info_data_t) / sizeof(integer_t))

struct host_sched_info {
	integer_t	min_timeout;	/* ms */
	integer_t	min_quantum;	/* ms */
};
typedef struct host_sched_info host_sched_info_data_t;
typedef struct host_sched_info *host_sched_info_t;
#define HOST_SCHED_INFO_COUNT \
	(sizeof(host_sched_info_data_t) / sizeof(integer_t))

/* Over the last 5, 30 and 60 seconds, times LOAD_SCALE. */
struct host_load_info {
	integer_t	avenrun[3];
	integer_t	mach_factor[3];
};
typedef struct host_load_info host_load_info_data_t;
typedef struct host_load_info *host_load_info_t;
#define HOST_LOAD_INFO_COUNT \
	(sizeof(host_load_info_data_t) / sizeof(integer_t))

#endif /* MACH_HOST_INFO_H */
