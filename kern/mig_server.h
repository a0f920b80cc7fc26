/*
 * kern/mig_server.h -- what stands before the stubs of a server by MIG.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The build writes an #include of this file into each (ipc/Makefrag.am): stubs
 * don't declare the translations of their arguments (mach/mach_types.defs),
 * and are not written to pass all of our warnings.
 */
#ifndef KERN_MIG_SERVER_H
#define KERN_MIG_SERVER_H

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/mig_errors.h>

#include "ipc/ipc_port.h"

#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wnested-externs"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-align"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* Accepts anything; an object with a reference, or NULL. */
ipc_space_t convert_port_to_space(ipc_port_t port);
host_priv_t convert_port_to_host_priv(ipc_port_t port);

/* Drop that reference; NULL is allowed. */
void space_deallocate(ipc_space_t space);

/* The tables that MIG makes, for ipc_kobject_register(). */
extern mig_routine_t mach_port_server_routines[];

#endif /* KERN_MIG_SERVER_H */
