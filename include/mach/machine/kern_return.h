/* include/mach/machine/kern_return.h -- width of a result of a kernel call. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_KERN_RETURN_H
#define MACH_MACHINE_KERN_RETURN_H

#ifndef __ASSEMBLER__
typedef int kern_return_t;
#endif

#endif /* MACH_MACHINE_KERN_RETURN_H */
