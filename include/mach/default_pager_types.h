/*
 * include/mach/default_pager_types.h -- swap space as the default pager tells
 * it.
 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_DEFAULT_PAGER_TYPES_H
#define MACH_DEFAULT_PAGER_TYPES_H

#include <mach/machine/vm_types.h>

typedef struct default_pager_info {
	rpc_vm_size_t	dpi_total_space;	/* bytes */
	rpc_vm_size_t	dpi_free_space;
	rpc_vm_size_t	dpi_page_size;
} default_pager_info_t;

typedef struct default_pager_object {
	rpc_vm_offset_t	dpo_object;	/* a name for it */
	rpc_vm_size_t	dpo_size;	/* bytes of swap that it holds */
} default_pager_object_t;
typedef default_pager_object_t *default_pager_object_array_t;

typedef struct default_pager_page {
	rpc_vm_offset_t	dpp_offset;	/* in the object */
} default_pager_page_t;
typedef default_pager_page_t *default_pager_page_array_t;

typedef char		default_pager_filename_t[256];
typedef const char	*const_default_pager_filename_t;

#endif /* MACH_DEFAULT_PAGER_TYPES_H */
