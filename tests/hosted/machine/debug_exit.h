/*
 * tests/hosted/machine/debug_exit.h -- leaving, which here ends the process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MACHINE_DEBUG_EXIT_H
#define MACHINE_DEBUG_EXIT_H

#include <stdbool.h>

#define MACHINE_EXIT_OK		0
#define MACHINE_EXIT_FAILED	1
#define MACHINE_EXIT_PANIC	2

bool machine_has_debug_exit(void);
bool machine_keeps_panic(void);

__attribute__((noreturn)) void machine_exit(int code);
__attribute__((noreturn)) void machine_reboot(void);

#endif /* MACHINE_DEBUG_EXIT_H */
