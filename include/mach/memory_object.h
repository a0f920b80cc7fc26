/* include/mach/memory_object.h -- pagers and the objects that they serve. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MEMORY_OBJECT_H
#define MACH_MEMORY_OBJECT_H

#include <mach/port.h>

/* A pager's port, and the two by which the kernel is known to it. */
#ifndef MACH_KERNEL
typedef mach_port_t	memory_object_t;
typedef mach_port_t	memory_object_control_t;
typedef mach_port_t	memory_object_name_t;
#else
typedef struct ipc_port		*memory_object_t;
typedef struct vm_object	*memory_object_control_t;
typedef struct vm_object	*memory_object_name_t;
#endif
typedef memory_object_t	*memory_object_array_t;

#define MEMORY_OBJECT_NULL	((memory_object_t)0)

/* How copies of an object are made. */
typedef int		memory_object_copy_strategy_t;

#define MEMORY_OBJECT_COPY_NONE		0	/* at once */
#define MEMORY_OBJECT_COPY_CALL		1	/* the pager is told */
#define MEMORY_OBJECT_COPY_DELAY	2	/* when a page is written */
#define MEMORY_OBJECT_COPY_TEMPORARY	3	/* ... nothing outlives it */

/* Which pages of a range go back to the pager. */
typedef int		memory_object_return_t;

#define MEMORY_OBJECT_RETURN_NONE	0
#define MEMORY_OBJECT_RETURN_DIRTY	1
#define MEMORY_OBJECT_RETURN_ALL	2	/* and precious ones */

#endif /* MACH_MEMORY_OBJECT_H */
