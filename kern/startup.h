/*
 * kern/startup.h -- the order in which the kernel comes up.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_STARTUP_H
#define KERN_STARTUP_H

#include "lib/macros.h"

/**
 * startup_main - bring up every part, start the boot tasks, go idle
 *
 * Called by the machine's boot code when the console prints, the memory map
 * is handed to boot_mem_*(), and the final page tables are loaded.
 *
 * When the last boot task has ended and `debug-exit' is on the command line
 * without `monitor', the machine is left with MACHINE_EXIT_OK if no task was
 * ended by an exception, else with MACHINE_EXIT_FAILED.  In all other cases
 * the monitor is entered.
 *
 * Context: once, on the boot stack of the boot CPU, interrupts off.
 */
NORETURN void startup_main(void);

#endif /* KERN_STARTUP_H */
