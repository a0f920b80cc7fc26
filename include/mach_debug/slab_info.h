/* include/mach_debug/slab_info.h -- figures of one object cache. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_DEBUG_SLAB_INFO_H
#define MACH_DEBUG_SLAB_INFO_H

#include <mach/machine/vm_types.h>

#define CACHE_NAME_MAX_LEN	32	/* bytes, with the 0 */

typedef struct cache_info {
	int		flags;
	rpc_vm_size_t	cpu_pool_size;	/* objects that a CPU may hold */
	rpc_vm_size_t	obj_size;	/* bytes asked for */
	rpc_vm_size_t	align;
	rpc_vm_size_t	buf_size;	/* bytes that an object takes */
	rpc_vm_size_t	slab_size;	/* bytes */
	rpc_long_natural_t bufs_per_slab;
	rpc_long_natural_t nr_objs;	/* in use */
	rpc_long_natural_t nr_bufs;	/* in use and free */
	rpc_long_natural_t nr_slabs;
	rpc_long_natural_t nr_free_slabs;
	char		name[CACHE_NAME_MAX_LEN];
} cache_info_t;
typedef cache_info_t	*cache_info_array_t;

#endif /* MACH_DEBUG_SLAB_INFO_H */
