/* include/mach/exception.h -- kinds of exceptions. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_EXCEPTION_H
#define MACH_EXCEPTION_H

#include <mach/machine/exception.h>

#define EXC_BAD_ACCESS		1	/* code: KERN_*, subcode: address */
#define EXC_BAD_INSTRUCTION	2
#define EXC_ARITHMETIC		3
#define EXC_EMULATION		4
#define EXC_SOFTWARE		5
#define EXC_BREAKPOINT		6

#endif /* MACH_EXCEPTION_H */
