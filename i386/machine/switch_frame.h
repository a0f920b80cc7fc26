/*
 * i386/machine/switch_frame.h -- the stack of a thread that does not run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef I386_MACHINE_SWITCH_FRAME_H
#define I386_MACHINE_SWITCH_FRAME_H

#include <stdint.h>

/* What x86_switch_stack() takes from a stack that does not run. */
struct switch_frame {
	uintptr_t	saved[2];	/* edi, esi */
	uintptr_t	start;		/* ebx: of a new thread, its function */
	uintptr_t	bp;
	uintptr_t	resume;		/* return address */
};

#endif /* I386_MACHINE_SWITCH_FRAME_H */
