/* include/mach/version.h -- version of the interface. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_VERSION_H
#define MACH_VERSION_H

/* As the host's machine_info has them */
#define KERNEL_MINOR_VERSION	0
#define KERNEL_MAJOR_VERSION	4

/* Of these files */
#define INCLUDE_VERSION		0

#endif /* MACH_VERSION_H */
