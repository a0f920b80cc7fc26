/*
 * kern/task_notify.c -- see kern/task_notify.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/task_notify.h"

#include <mach/mig_errors.h>
#include <mach/notify.h>

#include "ipc/ipc_kobject.h"
#include "ipc/ipc_notify.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_port_object.h"
#include "kern/assert.h"
#include "kern/ipc_mig.h"
#include "kern/ipc_tt.h"
#include "kern/mutex.h"
#include "kern/task.h"
#include "lib/atomic.h"

/* include/mach/task_notify.defs: its only message. */
#define NOTIFY_NEW_TASK_ID	4400

struct new_task_notice {
	mach_msg_header_t head;
	mach_msg_type_t	task_type;
	uintptr_t	task;
	mach_msg_type_t	parent_type;
	uintptr_t	parent;
};

static struct mutex notify_lock;	/* RANK_TASK */
static ipc_port_t notify_port;		/* notify_lock (A to read): a send
					 * right */
static ipc_port_t watch_port;		/* written at start-up: the kernel's,
					 * which learns that the other died */

static bool
port_is_alive(ipc_port_t port)
{
	bool alive;

	if (!IP_VALID(port))
		return false;
	ipc_port_lock(port);
	alive = port->alive;
	ipc_port_unlock(port);
	return alive;
}

/* Some port has died, says a message that anybody can send. */
static void
task_notify_port_died(mach_msg_header_t *in, mach_msg_header_t *out)
{
	ipc_port_t dead = IP_NULL;

	mutex_lock(&notify_lock);
	if (!port_is_alive(notify_port)) {
		dead = notify_port;
		atomic_store_relaxed(&notify_port, IP_NULL);
	}
	mutex_unlock(&notify_lock);
	ipc_port_release_send(dead);
	ipc_kobject_no_reply(in, out);
}

void
task_notify_init(void)
{
	static const mig_routine_t routines[] = { task_notify_port_died };
	static const struct ipc_kobject_server server = {
		MACH_NOTIFY_DEAD_NAME, 1, routines, IPC_KOBJECT_ERROR_SIZE,
	};

	mutex_init(&notify_lock, RANK_TASK);
	notify_port = IP_NULL;
	watch_port = ipc_port_alloc_kernel();
	assert(watch_port != IP_NULL);
	ipc_kobject_set(watch_port, &notify_lock, IKOT_WATCH);
	ipc_kobject_register(&server);
}

kern_return_t
task_notify_register(ipc_port_t port)
{
	ipc_port_t old = IP_NULL, once = ipc_port_make_sonce(watch_port);
	struct ipc_request *request = ipc_request_alloc(once);
	kern_return_t kr = KERN_SUCCESS;

	if (request == NULL) {
		ipc_port_spend_sonce(once);
		return KERN_RESOURCE_SHORTAGE;
	}
	mutex_lock(&notify_lock);
	if (port_is_alive(notify_port)) {
		kr = KERN_NO_ACCESS;
	} else if (!ipc_request_watch(request, port)) {
		kr = KERN_INVALID_ARGUMENT;
	} else {
		old = notify_port;
		atomic_store_relaxed(&notify_port, port);
	}
	mutex_unlock(&notify_lock);
	if (kr != KERN_SUCCESS)
		ipc_port_spend_sonce(ipc_request_cancel(request));
	ipc_port_release_send(old);
	return kr;
}

static ipc_port_t
notify_port_right(void)
{
	ipc_port_t port;

	if (atomic_load_relaxed(&notify_port) == IP_NULL)
		return IP_NULL;
	mutex_lock(&notify_lock);
	port = ipc_port_copy_send(notify_port);
	mutex_unlock(&notify_lock);
	return port;
}

static NOINLINE void
task_notify_send(ipc_port_t port, struct task *task, struct task *parent)
{
	const mach_msg_type_t type = {
		.msgt_name = MACH_MSG_TYPE_MOVE_SEND,
		.msgt_size = sizeof(uintptr_t) * 8,
		.msgt_number = 1,
		.msgt_inline = 1,
	};
	struct new_task_notice notice = {
		.task_type = type, .parent_type = type,
	};

	task_ref(task);
	task_ref(parent);
	notice.task = (uintptr_t)convert_task_to_port(task);
	notice.parent = (uintptr_t)convert_task_to_port(parent);
	notice.head.msgh_bits = MACH_MSGH_BITS_COMPLEX |
				MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, 0);
	notice.head.msgh_remote_port_do_not_use = (uintptr_t)port;
	notice.head.msgh_id = NOTIFY_NEW_TASK_ID;
	/* Nobody there any more: the rights are dropped. */
	(void)mach_msg_send_from_kernel(&notice.head, sizeof notice);
}

void
task_notify_new(struct task *task, struct task *parent)
{
	ipc_port_t port = notify_port_right();

	if (IP_VALID(port))
		task_notify_send(port, task, parent);
}
