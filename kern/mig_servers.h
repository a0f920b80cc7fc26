/*
 * kern/mig_servers.h -- the interfaces that the kernel serves.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MIG makes the servers of include/mach/ and include/mach_debug/ in the build
 * folder, as kern/mig/NAME_server.c; their functions have the prefix rpc_
 * (but for mach_port's).  What has no such function in the kernel answers
 * MIG_BAD_ID.
 */
#ifndef KERN_MIG_SERVERS_H
#define KERN_MIG_SERVERS_H

/* Register all of them.  Context: start-up, after ipc_init(). */
void mig_servers_init(void);

#endif /* KERN_MIG_SERVERS_H */
