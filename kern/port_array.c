/*
 * kern/port_array.c -- see kern/port_array.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/port_array.h"

#include "ipc/ipc_port.h"
#include "kern/ipc_tt.h"
#include "kern/kalloc.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "lib/string.h"

/* Have @array room for so many. */
static bool
port_array_resize(struct port_array *array, unsigned int room)
{
	ipc_port_t *ports = kalloc(room * sizeof *ports, KM_WAIT);

	if (ports == NULL)
		return false;
	if (array->n != 0)
		memcpy(ports, array->ports, array->n * sizeof *ports);
	if (array->room != 0)
		kfree(array->ports, array->room * sizeof *ports);
	array->ports = ports;
	array->room = room;
	return true;
}

bool
port_array_add(struct port_array *array, ipc_port_t port)
{
	if (array->n == array->room
	    && !port_array_resize(array, MAX(2 * array->room, 8u))) {
		ipc_port_release_send(port);
		return false;
	}
	array->ports[array->n++] = port;
	return true;
}

bool
port_array_add_task(struct port_array *array, struct task *task)
{
	task_ref(task);
	return port_array_add(array, convert_task_to_port(task));
}

bool
port_array_add_thread(struct port_array *array, struct thread *thread)
{
	thread_ref(thread);
	return port_array_add(array, convert_thread_to_port(thread));
}

kern_return_t
port_array_finish(struct port_array *array, bool good, void *list,
		  mach_msg_type_number_t *count)
{
	if (good && (array->n == array->room
		     || port_array_resize(array, array->n))) {
		memcpy(list, &array->ports, sizeof array->ports);
		*count = array->n;
		return KERN_SUCCESS;
	}
	for (unsigned int i = 0; i < array->n; i++)
		ipc_port_release_send(array->ports[i]);
	if (array->room != 0)
		kfree(array->ports, array->room * sizeof *array->ports);
	return KERN_RESOURCE_SHORTAGE;
}
