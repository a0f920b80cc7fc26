/* include/mach/mach_param.h -- limits of the interface. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACH_PARAM_H
#define MACH_MACH_PARAM_H

#define TASK_PORT_REGISTER_MAX	4	/* ports that a task can register */

#endif /* MACH_MACH_PARAM_H */
