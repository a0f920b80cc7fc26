/* include/mach/machine/mach_i386_types.h -- descriptors and ports of x86. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_MACH_I386_TYPES_H
#define MACH_MACHINE_MACH_I386_TYPES_H

#include <mach/port.h>

typedef struct descriptor {
	unsigned int	low_word;
	unsigned int	high_word;
} descriptor_t;
typedef struct descriptor *descriptor_list_t;
typedef const struct descriptor *const_descriptor_list_t;

typedef unsigned short	io_port_t;

/* A right to a range of ports. */
#ifndef MACH_KERNEL
typedef mach_port_t	io_perm_t;
#else
typedef struct io_perm	*io_perm_t;
#endif

#endif /* MACH_MACHINE_MACH_I386_TYPES_H */
