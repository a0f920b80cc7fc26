/* include/mach/thread_status.h -- registers of a thread. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_THREAD_STATUS_H
#define MACH_THREAD_STATUS_H

#include <mach/machine/thread_status.h>
#include <mach/machine/vm_types.h>

typedef natural_t	*thread_state_t;	/* words, by flavor */
#define THREAD_STATE_MAX	1024
typedef natural_t	thread_state_data_t[THREAD_STATE_MAX];

#define THREAD_STATE_FLAVOR_LIST	0	/* the flavors there are */

#endif /* MACH_THREAD_STATUS_H */
