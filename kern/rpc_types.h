/*
 * kern/rpc_types.h -- types that MIG's headers of servers leave to the kernel.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_RPC_TYPES_H
#define KERN_RPC_TYPES_H

#include "ipc/ipc_types.h"

typedef struct vm_object	*vm_object_t;

#endif /* KERN_RPC_TYPES_H */
