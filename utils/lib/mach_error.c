/*
 * utils/lib/mach_error.c -- codes in words.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <mach.h>

#include <stddef.h>
#include <stdio.h>

static const struct {
	kern_return_t	code;
	const char	*text;
} mach_errors[] = {
	{ KERN_SUCCESS,			"success" },
	{ KERN_INVALID_ADDRESS,		"invalid address" },
	{ KERN_PROTECTION_FAILURE,	"protection failure" },
	{ KERN_NO_SPACE,		"no space" },
	{ KERN_INVALID_ARGUMENT,	"invalid argument" },
	{ KERN_FAILURE,			"failure" },
	{ KERN_RESOURCE_SHORTAGE,	"resource shortage" },
	{ KERN_NO_ACCESS,		"no access" },
	{ KERN_MEMORY_FAILURE,		"memory failure" },
	{ KERN_MEMORY_ERROR,		"memory error" },
	{ KERN_NOT_IN_SET,		"not in a port set" },
	{ KERN_NAME_EXISTS,		"name exists" },
	{ KERN_ABORTED,			"aborted" },
	{ KERN_INVALID_NAME,		"invalid name" },
	{ KERN_INVALID_TASK,		"invalid task" },
	{ KERN_INVALID_RIGHT,		"invalid right" },
	{ KERN_INVALID_VALUE,		"invalid value" },
	{ KERN_UREFS_OVERFLOW,		"too many references" },
	{ KERN_INVALID_CAPABILITY,	"invalid capability" },
	{ KERN_RIGHT_EXISTS,		"right exists" },
	{ KERN_INVALID_HOST,		"invalid host" },
	{ KERN_TIMEDOUT,		"timed out" },
	{ KERN_INTERRUPTED,		"interrupted" },
	{ MACH_SEND_INVALID_DEST,	"invalid destination" },
	{ MACH_SEND_INTERRUPTED,	"send interrupted" },
	{ MACH_SEND_TIMED_OUT,		"send timed out" },
	{ MACH_RCV_TIMED_OUT,		"receive timed out" },
	{ MACH_RCV_INTERRUPTED,		"receive interrupted" },
	{ MACH_RCV_PORT_DIED,		"port died" },
	{ MIG_BAD_ID,			"call not known" },
	{ MIG_BAD_ARGUMENTS,		"arguments of a wrong type" },
	{ MIG_SERVER_DIED,		"server died" },
};

const char *
mach_error_string(kern_return_t code)
{
	for (size_t i = 0; i < sizeof mach_errors / sizeof *mach_errors; i++)
		if (mach_errors[i].code == code)
			return mach_errors[i].text;
	return "unknown error";
}
