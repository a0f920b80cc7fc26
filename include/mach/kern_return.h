/* include/mach/kern_return.h -- results of kernel calls. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_KERN_RETURN_H
#define MACH_KERN_RETURN_H

#include <mach/machine/kern_return.h>

#define KERN_SUCCESS			0

/* Memory: an address, an access, or a range that cannot be had. */
#define KERN_INVALID_ADDRESS		1	/* nothing is mapped there */
#define KERN_PROTECTION_FAILURE		2	/* not for this access */
#define KERN_NO_SPACE			3	/* range taken, or none fits */

/* Calls in general. */
#define KERN_INVALID_ARGUMENT		4
#define KERN_FAILURE			5
#define KERN_RESOURCE_SHORTAGE		6	/* memory, or a limit reached */
#define KERN_NOT_RECEIVER		7
#define KERN_NO_ACCESS			8

/* What a pager answered, or failed to. */
#define KERN_MEMORY_FAILURE		9	/* the data is gone for good */
#define KERN_MEMORY_ERROR		10	/* no data this time */

/* Ports and names.  11 is not given out. */
#define KERN_NOT_IN_SET			12
#define KERN_NAME_EXISTS		13
#define KERN_ABORTED			14	/* the wait was broken off */
#define KERN_INVALID_NAME		15
#define KERN_INVALID_TASK		16
#define KERN_INVALID_RIGHT		17
#define KERN_INVALID_VALUE		18
#define KERN_UREFS_OVERFLOW		19
#define KERN_INVALID_CAPABILITY		20
#define KERN_RIGHT_EXISTS		21
#define KERN_INVALID_HOST		22

/* Memory again.  25 is not given out. */
#define KERN_MEMORY_PRESENT		23
#define KERN_WRITE_PROTECTION_FAILURE	24

/* Waits. */
#define KERN_TERMINATED			26	/* awaited thing is gone */
#define KERN_TIMEDOUT			27
#define KERN_INTERRUPTED		28

#endif /* MACH_KERN_RETURN_H */
