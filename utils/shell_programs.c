/*
 * utils/shell_programs.c -- the names of what shell_images.S holds.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "utils/shell_programs.h"

#include "lib/macros.h"

#define IMAGE(name) \
	extern const char shell_image_##name[], shell_image_##name##_end[]
#define PROGRAM(name, what) \
	{ #name, what, shell_image_##name, shell_image_##name##_end }

IMAGE(slabinfo);
IMAGE(vminfo);
IMAGE(vmstat);
IMAGE(load);
IMAGE(args);
IMAGE(touch);
IMAGE(crash);

const struct shell_program shell_programs[] = {
	PROGRAM(slabinfo, "the kernel's object caches"),
	PROGRAM(vminfo, "the memory map of a task"),
	PROGRAM(vmstat, "memory of the whole system"),
	PROGRAM(load, "make something to be seen in the tables"),
	PROGRAM(args, "a sample: show the arguments"),
	PROGRAM(touch, "a sample: use 64 MiB of memory"),
	PROGRAM(crash, "a sample: read a bad address"),
};
const size_t shell_nr_programs = ARRAY_SIZE(shell_programs);
