/* include/mach/machine/boolean.h -- width of a truth value. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_BOOLEAN_H
#define MACH_MACHINE_BOOLEAN_H

typedef int boolean_t;

#endif /* MACH_MACHINE_BOOLEAN_H */
