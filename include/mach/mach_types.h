/* include/mach/mach_types.h -- the kernel's objects as programs see them. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACH_TYPES_H
#define MACH_MACH_TYPES_H

#include <mach/host_info.h>
#include <mach/machine.h>
#include <mach/machine/vm_types.h>
#include <mach/memory_object.h>
#include <mach/pc_sample.h>
#include <mach/port.h>
#include <mach/processor_info.h>
#include <mach/std_types.h>
#include <mach/task_info.h>
#include <mach/task_special_ports.h>
#include <mach/thread_info.h>
#include <mach/thread_special_ports.h>
#include <mach/thread_status.h>
#include <mach/time_value.h>
#include <mach/vm_attributes.h>
#include <mach/vm_cache_statistics.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <mach/vm_statistics.h>
#include <mach/vm_sync.h>
#include <mach/vm_wire.h>

/*
 * To a program each is the name of a right.  The kernel's own stubs
 * (MACH_KERNEL) see the object behind the port.
 */
#ifndef MACH_KERNEL
typedef mach_port_t	task_t;
typedef mach_port_t	vm_task_t;	/* ... of which the memory matters */
typedef mach_port_t	ipc_space_t;	/* ... of which the names matter */
typedef mach_port_t	thread_t;
typedef mach_port_t	host_t;
typedef mach_port_t	host_priv_t;
typedef mach_port_t	processor_t;
typedef mach_port_t	processor_name_t;
typedef mach_port_t	processor_set_t;
typedef mach_port_t	processor_set_name_t;
#else
typedef struct task		*task_t;
typedef struct vm_map		*vm_task_t;
typedef struct ipc_space	*ipc_space_t;
typedef struct thread		*thread_t;
typedef struct host		*host_t;
typedef struct host		*host_priv_t;
typedef struct processor	*processor_t;
typedef struct processor	*processor_name_t;
typedef struct processor_set	*processor_set_t;
typedef struct processor_set	*processor_set_name_t;
#endif

typedef task_t		*task_array_t;
typedef thread_t	*thread_array_t;
typedef processor_t	*processor_array_t;
typedef processor_name_t *processor_name_array_t;
typedef processor_set_t	*processor_set_array_t;
typedef processor_set_name_t *processor_set_name_array_t;
typedef vm_offset_t	*emulation_vector_t;

#endif /* MACH_MACH_TYPES_H */
