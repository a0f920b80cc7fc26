/*
 * ipc/ipc_right_request.h -- requests for notices about a receive right.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The third kind, dead-name, is in ipc/ipc_right.h.  The terms and the context
 * are as there.
 */
#ifndef IPC_IPC_RIGHT_REQUEST_H
#define IPC_IPC_RIGHT_REQUEST_H

#include <mach/kern_return.h>
#include <mach/port.h>

#include "ipc/ipc_types.h"
#include "lib/macros.h"

/**
 * ipc_right_request_no_senders - ask for a notice when no send right is left
 * @space:	where
 * @name:	of a receive right
 * @sync:	if there are none already, and so many were made, the notice is
 *		sent at once
 * @notify:	a send-once right, consumed on success; IP_NULL: cancel
 * @previous:	set on success: the send-once right of the request that there
 *		was, which is the caller's; or IP_NULL
 *
 * Return:  KERN_SUCCESS; KERN_INVALID_TASK, KERN_INVALID_NAME,
 *	    KERN_INVALID_RIGHT; KERN_RESOURCE_SHORTAGE; KERN_INVALID_CAPABILITY:
 *	    @notify is IP_DEAD.
 */
MUST_CHECK kern_return_t
ipc_right_request_no_senders(struct ipc_space *space, mach_port_name_t name,
			     mach_port_mscount_t sync, struct ipc_port *notify,
			     struct ipc_port **previous);

/**
 * ipc_right_request_port_destroyed - ask for the receive right of a port that
 *	would die
 *
 * Parameters and results are as above.
 */
MUST_CHECK kern_return_t
ipc_right_request_port_destroyed(struct ipc_space *space,
				 mach_port_name_t name, struct ipc_port *notify,
				 struct ipc_port **previous);

#endif /* IPC_IPC_RIGHT_REQUEST_H */
