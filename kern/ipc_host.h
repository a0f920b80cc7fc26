/*
 * kern/ipc_host.h -- ports of the host, its processors, and their set.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * There is one host with two ports: the plain one, which everybody can have
 * (mach_host_self), and the privileged one, which boot tasks get as an
 * argument and which does for the plain one everywhere.
 *
 * There is one processor set, the default one, with a port to name it and one
 * to control it.  Each processor has a port.
 *
 * All of these last as long as the kernel.
 */
#ifndef KERN_IPC_HOST_H
#define KERN_IPC_HOST_H

#include <stdbool.h>

#include "ipc/ipc_types.h"

struct host;
struct processor;
struct processor_set;

/* Make all of these.  Context: start-up, after ipc_init(). */
void ipc_host_init(void);

/* Make the ports of processors that were started since. */
void ipc_host_processors(void);

extern struct host *const host_data;
extern struct host *const host_priv_data;	/* by the privileged port */
extern struct processor_set *const default_pset;

/* A processor's number. */
unsigned int processor_slot(const struct processor *processor);

/* As in kern/ipc_tt.h; but there are no references. */
struct host *convert_port_to_host(ipc_port_t port);
struct host *convert_port_to_host_priv(ipc_port_t port);
struct processor *convert_port_to_processor(ipc_port_t port);
struct processor *convert_port_to_processor_name(ipc_port_t port);
struct processor_set *convert_port_to_pset(ipc_port_t port);
struct processor_set *convert_port_to_pset_name(ipc_port_t port);
ipc_port_t convert_host_to_port(struct host *host);
ipc_port_t convert_processor_to_port(struct processor *processor);
ipc_port_t convert_processor_name_to_port(struct processor *processor);
ipc_port_t convert_pset_to_port(struct processor_set *pset);
ipc_port_t convert_pset_name_to_port(struct processor_set *pset);
void pset_deallocate(struct processor_set *pset);

/* The processor of a number; NULL: there is none. */
struct processor *processor_lookup(unsigned int cpu);

/* Send rights to the privileged host port, for boot tasks. */
ipc_port_t host_priv_right(void);

/* The port on which devices are opened (boot.md section 6), for the boot
 * script; and is it that? */
ipc_port_t device_master_right(void);
bool is_device_master(ipc_port_t port);

#endif /* KERN_IPC_HOST_H */
