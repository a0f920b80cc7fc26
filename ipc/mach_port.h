/*
 * ipc/mach_port.h -- the calls of programs on their names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * These are what MIG's stubs of include/mach/mach_port.defs and of the port
 * calls of include/mach_debug/mach_debug.defs call; the .defs say what each
 * does and which errors it has.  A space that is NULL is KERN_INVALID_TASK.
 *
 * Rights come in transit.  A call that fails has changed nothing, and has not
 * consumed the rights it was given.  Out-of-line arrays are returned as struct
 * vm_map_copy in disguise, which is what the kernel form of a message has.
 *
 * Context: a thread, no lock held; may block.
 */
#ifndef IPC_MACH_PORT_H
#define IPC_MACH_PORT_H

#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/port.h>

#include "ipc/ipc_types.h"

kern_return_t mach_port_names(ipc_space_t space, mach_port_name_array_t *names,
			      mach_msg_type_number_t *nr_names,
			      mach_port_type_array_t *types,
			      mach_msg_type_number_t *nr_types);
kern_return_t mach_port_type(ipc_space_t space, mach_port_name_t name,
			     mach_port_type_t *type);
kern_return_t mach_port_rename(ipc_space_t space, mach_port_name_t old_name,
			       mach_port_name_t new_name);
kern_return_t mach_port_allocate_name(ipc_space_t space,
				      mach_port_right_t right,
				      mach_port_name_t name);
kern_return_t mach_port_allocate(ipc_space_t space, mach_port_right_t right,
				 mach_port_name_t *name);
kern_return_t mach_port_destroy(ipc_space_t space, mach_port_name_t name);
kern_return_t mach_port_deallocate(ipc_space_t space, mach_port_name_t name);
kern_return_t mach_port_get_refs(ipc_space_t space, mach_port_name_t name,
				 mach_port_right_t right,
				 mach_port_urefs_t *refs);
kern_return_t mach_port_mod_refs(ipc_space_t space, mach_port_name_t name,
				 mach_port_right_t right,
				 mach_port_delta_t delta);
kern_return_t mach_port_set_qlimit(ipc_space_t space, mach_port_name_t name,
				   mach_port_msgcount_t qlimit);
kern_return_t mach_port_set_mscount(ipc_space_t space, mach_port_name_t name,
				    mach_port_mscount_t mscount);
kern_return_t mach_port_get_set_status(ipc_space_t space,
				       mach_port_name_t name,
				       mach_port_name_array_t *members,
				       mach_msg_type_number_t *nr_members);
kern_return_t mach_port_move_member(ipc_space_t space, mach_port_name_t member,
				    mach_port_name_t after);
kern_return_t mach_port_request_notification(ipc_space_t space,
					     mach_port_name_t name,
					     mach_msg_id_t id,
					     mach_port_mscount_t sync,
					     ipc_port_t notify,
					     ipc_port_t *previous);
kern_return_t mach_port_insert_right(ipc_space_t space, mach_port_name_t name,
				     ipc_port_t poly,
				     mach_msg_type_name_t disposition);
kern_return_t mach_port_extract_right(ipc_space_t space, mach_port_name_t name,
				      mach_msg_type_name_t disposition,
				      ipc_port_t *poly,
				      mach_msg_type_name_t *poly_disposition);
kern_return_t mach_port_get_receive_status(ipc_space_t space,
					   mach_port_name_t name,
					   mach_port_status_t *status);
kern_return_t mach_port_set_seqno(ipc_space_t space, mach_port_name_t name,
				  mach_port_seqno_t seqno);
kern_return_t mach_port_set_protected_payload(ipc_space_t space,
					      mach_port_name_t name,
					      rpc_uintptr_t payload);
kern_return_t mach_port_clear_protected_payload(ipc_space_t space,
						mach_port_name_t name);
kern_return_t mach_port_set_ktype(host_priv_t host, ipc_space_t space,
				  mach_port_name_t name,
				  mach_port_right_t right,
				  mach_port_ktype_t ktype);

kern_return_t mach_port_get_srights(ipc_space_t space, mach_port_name_t name,
				    mach_port_rights_t *srights);
kern_return_t mach_port_dnrequest_info(ipc_space_t space,
				       mach_port_name_t name,
				       unsigned int *total,
				       unsigned int *used);
kern_return_t mach_port_kernel_object(ipc_space_t space, mach_port_name_t name,
				      unsigned int *object_type,
				      vm_offset_t *object_addr);

#endif /* IPC_MACH_PORT_H */
