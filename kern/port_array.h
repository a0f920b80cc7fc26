/*
 * kern/port_array.h -- arrays of send rights, as replies take them.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_PORT_ARRAY_H
#define KERN_PORT_ARRAY_H

#include <stdbool.h>

#include <mach/kern_return.h>
#include <mach/message.h>

#include "ipc/ipc_types.h"
#include "lib/macros.h"

struct task;
struct thread;

/* All 0: empty. */
struct port_array {
	ipc_port_t	*ports;
	unsigned int	n, room;
};

/**
 * port_array_add - add a send right
 * port_array_add_task - add one to a task
 * port_array_add_thread - add one to a thread
 * @port:	consumed, also without success
 * @task:	the caller's reference stays his, and so of @thread
 *
 * Context: may block.
 * Return:  false: there is no memory; the array is as it was.
 */
MUST_CHECK bool port_array_add(struct port_array *array, ipc_port_t port);
MUST_CHECK bool port_array_add_task(struct port_array *array,
				    struct task *task);
MUST_CHECK bool port_array_add_thread(struct port_array *array,
				      struct thread *thread);

/**
 * port_array_finish - hand an array to a reply, or free it
 * @good:	all that should be in it is
 * @list:	points to a pointer, set to an array of just @count rights from
 *		kalloc(), that the caller has; NULL if there are none
 *
 * Context: may block.  @array is not used again.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE: not @good, or no memory for an
 *	    array of just that size.  Nothing is set then.
 */
MUST_CHECK kern_return_t port_array_finish(struct port_array *array, bool good,
					   void *list,
					   mach_msg_type_number_t *count);

#endif /* KERN_PORT_ARRAY_H */
