/* include/mach/alert.h -- reasons to break a thread out of a wait. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_ALERT_H
#define MACH_ALERT_H

/* Bits of the word */
#define ALERT_BITS		32

/* Kinds; the upper half is the program's */
#define ALERT_ABORT_STRONG	0x1
#define ALERT_ABORT_SAFE	0x2
#define ALERT_USER		0xffff0000U

#endif /* MACH_ALERT_H */
