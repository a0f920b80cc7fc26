/* utils/lib/include/hurd.h -- how a utility comes to the privileged ports. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UTILS_LIB_INCLUDE_HURD_H
#define UTILS_LIB_INCLUDE_HURD_H

#include <mach.h>

/*
 * The privileged host port and the port that opens devices; either pointer may
 * be NULL.  A program has them from its first arguments, --host-priv-port=NAME
 * and --device-master-port=NAME, which main() does not see.  0, or an error
 * number: it was not given them.
 */
int get_privileged_ports(mach_port_t *host_priv, mach_port_t *device_master);

#endif /* UTILS_LIB_INCLUDE_HURD_H */
