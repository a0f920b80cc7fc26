/*
 * utils/lib/traps.S -- a function for each trap.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
	.text
#include <mach/syscall_sw.h>

	.section .note.GNU-stack, "", @progbits
