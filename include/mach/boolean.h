/* include/mach/boolean.h -- truth values of the user interface. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_BOOLEAN_H
#define MACH_BOOLEAN_H

#include <mach/machine/boolean.h>

/* Any value but 0 counts as true. */
#ifndef TRUE
#define TRUE	((boolean_t)1)
#endif
#ifndef FALSE
#define FALSE	((boolean_t)0)
#endif

#endif /* MACH_BOOLEAN_H */
