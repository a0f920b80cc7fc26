/* include/mach/time_value.h -- seconds and their parts. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_TIME_VALUE_H
#define MACH_TIME_VALUE_H

#include <mach/machine/vm_types.h>
#include <stdint.h>

/* What messages carry and old calls take. */
struct rpc_time_value {
	rpc_long_integer_t seconds;
	integer_t	microseconds;
};

struct time_value {
	long_integer_t	seconds;
	integer_t	microseconds;
};
typedef struct time_value time_value_t;
typedef struct time_value rpc_time_value_t;

struct time_value64 {
	int64_t		seconds;
	int64_t		nanoseconds;
};
typedef struct time_value64 time_value64_t;

#define TIME_MICROS_MAX		1000000
#define TIME_NANOS_MAX		1000000000

/* Is it in normal form? */
#define time_value_assert(val) \
	assert((val)->microseconds >= 0 \
	       && (val)->microseconds < TIME_MICROS_MAX)
#define time_value64_assert(val) \
	assert((val)->nanoseconds >= 0 && (val)->nanoseconds < TIME_NANOS_MAX)

#define time_value64_init(val) \
do { \
	(val)->seconds = 0; \
	(val)->nanoseconds = 0; \
} while (0)

/* Sums; the addend is less than a second, or another in normal form. */
#define time_value_add_usec(val, micros) \
do { \
	(val)->microseconds += (micros); \
	if ((val)->microseconds >= TIME_MICROS_MAX) { \
		(val)->microseconds -= TIME_MICROS_MAX; \
		(val)->seconds++; \
	} \
	time_value_assert(val); \
} while (0)

#define time_value64_add_nanos(val, nanos) \
do { \
	(val)->nanoseconds += (nanos); \
	if ((val)->nanoseconds >= TIME_NANOS_MAX) { \
		(val)->nanoseconds -= TIME_NANOS_MAX; \
		(val)->seconds++; \
	} \
	time_value64_assert(val); \
} while (0)

#define time_value64_sub_nanos(val, nanos) \
do { \
	(val)->nanoseconds -= (nanos); \
	if ((val)->nanoseconds < 0) { \
		(val)->nanoseconds += TIME_NANOS_MAX; \
		(val)->seconds--; \
	} \
	time_value64_assert(val); \
} while (0)

#define time_value_add(result, addend) \
do { \
	(result)->seconds += (addend)->seconds; \
	time_value_add_usec(result, (addend)->microseconds); \
} while (0)

#define time_value64_add(result, addend) \
do { \
	(result)->seconds += (addend)->seconds; \
	time_value64_add_nanos(result, (addend)->nanoseconds); \
} while (0)

#define time_value64_sub(result, subtrahend) \
do { \
	(result)->seconds -= (subtrahend)->seconds; \
	time_value64_sub_nanos(result, (subtrahend)->nanoseconds); \
} while (0)

/* From the first to the second, both pointers; parts are cut off. */
#define TIME_VALUE64_TO_TIME_VALUE(from, to) \
do { \
	(to)->seconds = (long_integer_t)(from)->seconds; \
	(to)->microseconds = (integer_t)((from)->nanoseconds / 1000); \
} while (0)
#define TIME_VALUE_TO_TIME_VALUE64(from, to) \
do { \
	(to)->seconds = (from)->seconds; \
	(to)->nanoseconds = (int64_t)(from)->microseconds * 1000; \
} while (0)
#define TIME_VALUE_TO_TIMESPEC(from, to) \
do { \
	(to)->tv_sec = (from)->seconds; \
	(to)->tv_nsec = (from)->microseconds * 1000; \
} while (0)
#define TIMESPEC_TO_TIME_VALUE(to, from) \
do { \
	(to)->seconds = (from)->tv_sec; \
	(to)->microseconds = (integer_t)((from)->tv_nsec / 1000); \
} while (0)
#define TIME_VALUE64_TO_TIMESPEC(from, to) \
do { \
	(to)->tv_sec = (from)->seconds; \
	(to)->tv_nsec = (from)->nanoseconds; \
} while (0)
#define TIMESPEC_TO_TIME_VALUE64(to, from) \
do { \
	(to)->seconds = (from)->tv_sec; \
	(to)->nanoseconds = (from)->tv_nsec; \
} while (0)

/*
 * The page that the time device maps.  The writer sets a check word first and
 * the words it guards behind it; a reader that finds the two different reads
 * again.
 */
typedef struct mapped_time_value {
	integer_t	seconds;
	integer_t	microseconds;
	integer_t	check_seconds;		/* of the two above */
	struct time_value64 time_value;
	int64_t		check_seconds64;
	struct time_value64 uptime_value;	/* since boot */
	int64_t		check_upseconds64;
} mapped_time_value_t;

#endif /* MACH_TIME_VALUE_H */
