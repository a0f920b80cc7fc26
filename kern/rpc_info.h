/*
 * kern/rpc_info.h -- figures and times in the forms of the interface.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_RPC_INFO_H
#define KERN_RPC_INFO_H

#include <mach/kern_return.h>
#include <mach/machine.h>
#include <mach/message.h>
#include <mach/time_value.h>

#include <stdbool.h>

#include "kern/clock.h"

/* Priorities that a program may name; the last ones are the kernel's. */
#define RPC_PRI_MAX	63

static inline bool
rpc_priority_is_valid(int priority)
{
	return priority >= 0 && priority <= RPC_PRI_MAX;
}

/* Give a flavor: as many of its @words as the caller has room for, @words or
 * @least of them; KERN_INVALID_ARGUMENT if it is for less. */
static inline kern_return_t
rpc_info_put(integer_t *out, mach_msg_type_number_t *count, const void *info,
	     mach_msg_type_number_t least, mach_msg_type_number_t words)
{
	if (*count < least)
		return KERN_INVALID_ARGUMENT;
	if (*count < words)
		words = least;
	__builtin_memcpy(out, info, words * sizeof *out);
	*count = words;
	return KERN_SUCCESS;
}

/* The same for the host and its processors, which answer a count that is too
 * small with KERN_FAILURE. */
static inline kern_return_t
host_info_put(integer_t *out, mach_msg_type_number_t *count, const void *info,
	      size_t size)
{
	mach_msg_type_number_t words = (mach_msg_type_number_t)
				       (size / sizeof(integer_t));

	return rpc_info_put(out, count, info, words, words) == KERN_SUCCESS
	       ? KERN_SUCCESS : KERN_FAILURE;
}

static inline cpu_type_t
host_cpu_type(void)
{
	return sizeof(long) == 8 ? CPU_TYPE_X86_64 : CPU_TYPE_PENTIUMPRO;
}

static inline time_value64_t
time_value64_of_ns(int64_t ns)
{
	const int64_t second = (int64_t)NS_PER_SECOND;
	time_value64_t value = { ns / second, ns % second };

	/* The part of a second is never negative. */
	if (value.nanoseconds < 0) {
		value.seconds--;
		value.nanoseconds += second;
	}
	return value;
}

static inline time_value64_t
time_value64_of_ticks(uint64_t ticks)
{
	time_value64_t value = {
		(int64_t)(ticks / HZ), (int64_t)(ticks % HZ * TICK_NS),
	};

	return value;
}

/* The old form: microseconds. */
static inline rpc_time_value_t
time_value_of_64(const time_value64_t *from)
{
	rpc_time_value_t value;

	__builtin_memset(&value, 0, sizeof value);	/* its padding, too */
	value.seconds = (long_integer_t)from->seconds;
	value.microseconds = (integer_t)(from->nanoseconds / 1000);
	return value;
}

#endif /* KERN_RPC_INFO_H */
