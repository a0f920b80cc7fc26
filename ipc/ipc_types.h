/*
 * ipc/ipc_types.h -- the types that the headers of ipc/ share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPC_IPC_TYPES_H
#define IPC_IPC_TYPES_H

#include <mach/message.h>
#include <mach/port.h>

struct ipc_entry;
struct ipc_kmsg;
struct ipc_port;
struct ipc_pset;
struct ipc_request;
struct ipc_space;

/* What MIG's stubs in the kernel call a right. */
typedef struct ipc_port *ipc_port_t;

/* No right, and a right to a port that had died before it got anywhere. */
#define IP_NULL		((ipc_port_t)0)
#define IP_DEAD		((ipc_port_t)~(uintptr_t)0)
#define IP_VALID(port) \
	((ipc_port_t)(port) != IP_NULL && (ipc_port_t)(port) != IP_DEAD)

/* More than this many references of one name are as good as this many. */
#define IPC_UREFS_MAX	0xffffu

#endif /* IPC_IPC_TYPES_H */
