/* include/mach/thread_info.h -- what thread_info tells. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_THREAD_INFO_H
#define MACH_THREAD_INFO_H

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>
#include <mach/policy.h>
#include <mach/time_value.h>

typedef integer_t	*thread_info_t;	/* words, by flavor */
#define THREAD_INFO_MAX	1024
typedef integer_t	thread_info_data_t[THREAD_INFO_MAX];

#define THREAD_BASIC_INFO	1
#define THREAD_SCHED_INFO	2

/* Older programs know it without the 64-bit times. */
struct thread_basic_info {
	rpc_time_value_t user_time;
	rpc_time_value_t system_time;
	integer_t	cpu_usage;	/* times TH_USAGE_SCALE */
	integer_t	base_priority;
	integer_t	cur_priority;
	integer_t	run_state;	/* TH_STATE_ */
	integer_t	flags;		/* TH_FLAGS_ */
	integer_t	suspend_count;
	integer_t	sleep_time;	/* seconds */
	rpc_time_value_t creation_time;
	time_value64_t	user_time64;
	time_value64_t	system_time64;
	time_value64_t	creation_time64;
};
typedef struct thread_basic_info thread_basic_info_data_t;
typedef struct thread_basic_info *thread_basic_info_t;
#define THREAD_BASIC_INFO_COUNT \
	(sizeof(thread_basic_info_data_t) / sizeof(integer_t))

#define TH_USAGE_SCALE		1000

#define TH_STATE_RUNNING	1
#define TH_STATE_STOPPED	2	/* suspended */
#define TH_STATE_WAITING	3
#define TH_STATE_UNINTERRUPTIBLE 4	/* waiting, and abort has to wait too */
#define TH_STATE_HALTED		5	/* stopped at a clean point */

#define TH_FLAGS_SWAPPED	0x1
#define TH_FLAGS_IDLE		0x2	/* the processor's own, for idling */

struct thread_sched_info {
	integer_t	policy;		/* POLICY_ */
	integer_t	data;		/* quantum of a fixed priority, ms */
	integer_t	base_priority;
	integer_t	max_priority;
	integer_t	cur_priority;
	boolean_t	depressed;
	integer_t	depress_priority;
	integer_t	last_processor;
};
typedef struct thread_sched_info thread_sched_info_data_t;
typedef struct thread_sched_info *thread_sched_info_t;
#define THREAD_SCHED_INFO_COUNT \
	(sizeof(thread_sched_info_data_t) / sizeof(integer_t))

#endif /* MACH_THREAD_INFO_H */
