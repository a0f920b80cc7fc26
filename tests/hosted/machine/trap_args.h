/*
 * tests/hosted/machine/trap_args.h -- the arguments of a system call: see
 *	machine/trap.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MACHINE_TRAP_ARGS_H
#define MACHINE_TRAP_ARGS_H

#include <machine/trap.h>

#endif /* MACHINE_TRAP_ARGS_H */
