/*
 * kern/ipc_host.h -- ports of the host.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * There is one host with two ports: the plain one, which everybody can have
 * (mach_host_self), and the privileged one, which boot tasks get as an
 * argument and which does for the plain one everywhere.
 *
 * These last as long as the kernel, and so do those of processors and their
 * sets (kern/pset.h).
 */
#ifndef KERN_IPC_HOST_H
#define KERN_IPC_HOST_H

#include <stdbool.h>

#include "ipc/ipc_port.h"

struct host;

/* Make all of these.  Context: start-up, after ipc_init(). */
void ipc_host_init(void);

/* A port for something that lasts; panics without memory.  Context:
 * start-up. */
ipc_port_t ipc_host_make_port(void *object, enum ipc_kobject_type type);

extern struct host *const host_data;
extern struct host *const host_priv_data;	/* by the privileged port */

/* As in kern/ipc_tt.h; but there are no references. */
struct host *convert_port_to_host(ipc_port_t port);
struct host *convert_port_to_host_priv(ipc_port_t port);
ipc_port_t convert_host_to_port(struct host *host);

/* Send rights to the privileged host port, for boot tasks. */
ipc_port_t host_priv_right(void);

/* The port on which devices are opened (boot.md section 6), for the boot
 * script; and is it that? */
ipc_port_t device_master_right(void);
bool is_device_master(ipc_port_t port);

#endif /* KERN_IPC_HOST_H */
