/* include/mach/processor_info.h -- what processors and their sets tell. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_PROCESSOR_INFO_H
#define MACH_PROCESSOR_INFO_H

#include <mach/boolean.h>
#include <mach/machine.h>

typedef integer_t	*processor_info_t;	/* words, by flavor */
#define PROCESSOR_INFO_MAX	1024
typedef integer_t	processor_info_data_t[PROCESSOR_INFO_MAX];

typedef integer_t	*processor_set_info_t;
#define PROCESSOR_SET_INFO_MAX	1024
typedef integer_t	processor_set_info_data_t[PROCESSOR_SET_INFO_MAX];

#define PROCESSOR_BASIC_INFO	1

struct processor_basic_info {
	cpu_type_t	cpu_type;
	cpu_subtype_t	cpu_subtype;
	boolean_t	running;
	integer_t	slot_num;
	boolean_t	is_master;	/* the one that booted */
};
typedef struct processor_basic_info processor_basic_info_data_t;
typedef struct processor_basic_info *processor_basic_info_t;
#define PROCESSOR_BASIC_INFO_COUNT \
	(sizeof(processor_basic_info_data_t) / sizeof(integer_t))

#define PROCESSOR_SET_BASIC_INFO	1
#define PROCESSOR_SET_SCHED_INFO	2

#define LOAD_SCALE	1000	/* one thread that always runs */

struct processor_set_basic_info {
	integer_t	processor_count;
	integer_t	task_count;
	integer_t	thread_count;
	integer_t	load_average;	/* times LOAD_SCALE */
	integer_t	mach_factor;	/* times LOAD_SCALE */
};
typedef struct processor_set_basic_info processor_set_basic_info_data_t;
typedef struct processor_set_basic_info *processor_set_basic_info_t;
#define PROCESSOR_SET_BASIC_INFO_COUNT \
	(sizeof(processor_set_basic_info_data_t) / sizeof(integer_t))

struct processor_set_sched_info {
	integer_t	policies;	/* POLICY_, or-ed */
	integer_t	max_priority;
};
typedef struct processor_set_sched_info processor_set_sched_info_data_t;
typedef struct processor_set_sched_info *processor_set_sched_info_t;
#define PROCESSOR_SET_SCHED_INFO_COUNT \
	(sizeof(processor_set_sched_info_data_t) / sizeof(integer_t))

#endif /* MACH_PROCESSOR_INFO_H */
