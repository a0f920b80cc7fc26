/* include/mach/thread_switch.h -- options of the thread_switch trap. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_THREAD_SWITCH_H
#define MACH_THREAD_SWITCH_H

#define SWITCH_OPTION_NONE	0	/* give the processor up */
#define SWITCH_OPTION_DEPRESS	1	/* ... at lowest priority for a while */
#define SWITCH_OPTION_WAIT	2	/* ... and do not run for a while */

#define valid_switch_option(opt) \
	((unsigned int)(opt) <= SWITCH_OPTION_WAIT)

#endif /* MACH_THREAD_SWITCH_H */
