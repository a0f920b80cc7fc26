/*
 * kern/gsync_rpc.c -- calls of programs that wait for words of memory.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MIG's stubs call these; what each does is in semantics.md.
 */
#include "kern/rpc_types.h"
#include "kern/mig/gnumach_server.h"

#include "kern/gsync.h"
#include "kern/task.h"
#include "vm/vm_map.h"

kern_return_t
rpc_gsync_wait(task_t task, vm_address_t addr, unsigned val1, unsigned val2,
	       natural_t ms, int flags)
{
	struct vm_map *map = task == NULL ? NULL : task_get_map(task);
	kern_return_t kr;

	if (map == NULL)
		return KERN_INVALID_TASK;
	kr = gsync_wait(map, addr, val1, val2, ms, flags);
	vm_map_unref(map);
	return kr;
}

kern_return_t
rpc_gsync_wake(task_t task, vm_address_t addr, unsigned val, int flags)
{
	struct vm_map *map = task == NULL ? NULL : task_get_map(task);
	kern_return_t kr;

	if (map == NULL)
		return KERN_INVALID_TASK;
	kr = gsync_wake(map, addr, val, flags);
	vm_map_unref(map);
	return kr;
}

kern_return_t
rpc_gsync_requeue(task_t task, vm_address_t src, vm_address_t dst,
		  boolean_t wake_one, int flags)
{
	struct vm_map *map = task == NULL ? NULL : task_get_map(task);
	kern_return_t kr;

	if (map == NULL)
		return KERN_INVALID_TASK;
	kr = gsync_requeue(map, src, dst, wake_one != 0, flags);
	vm_map_unref(map);
	return kr;
}
