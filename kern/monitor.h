/*
 * kern/monitor.h -- a small monitor on the console.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entered at the end of boot; reads a line, runs one command: help, slab,
 * pages, tasks, map TASK, threads, trace, log, reboot, exit.
 */
#ifndef KERN_MONITOR_H
#define KERN_MONITOR_H

#include "lib/macros.h"

/**
 * monitor_run - read and run commands, for ever
 * @exit_code:	what the command `exit` gives to machine_exit()
 *
 * Context: a kernel thread; blocks on console input.
 */
NORETURN void monitor_run(int exit_code);

#endif /* KERN_MONITOR_H */
