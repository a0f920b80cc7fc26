/*
 * utils/shell_programs.h -- the programs that the shell has with it.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef UTILS_SHELL_PROGRAMS_H
#define UTILS_SHELL_PROGRAMS_H

#include <stddef.h>

/* This kernel's: start the monitor (device/dev.h). */
#define SHELL_CONSOLE_MONITOR	0x4d4fu

struct shell_program {
	const char	*name;
	const char	*what;
	const char	*start, *end;	/* an ELF image */
};

static inline size_t
shell_program_size(const struct shell_program *program)
{
	return (size_t)(program->end - program->start);
}

extern const struct shell_program shell_programs[];
extern const size_t shell_nr_programs;

#endif /* UTILS_SHELL_PROGRAMS_H */
