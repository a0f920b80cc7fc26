/*
 * tests/user/corners.c -- see tests/user/corners.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/corners.h"

mach_port_t self;

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	self = mach_task_self();
	corners_memory();
	corners_ports();
	corners_messages();
	corners_tasks();
	user_print("corner: end\n");
	return 0;
}
