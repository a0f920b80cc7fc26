/* include/mach/std_types.h -- types that every user of the interface needs. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_STD_TYPES_H
#define MACH_STD_TYPES_H

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/machine/vm_types.h>
#include <mach/port.h>

typedef vm_offset_t	pointer_t;
typedef vm_offset_t	vm_address_t;

#endif /* MACH_STD_TYPES_H */
