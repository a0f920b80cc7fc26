/*
 * utils/lib/mig_support.c -- what MIG's stubs call.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <mach/mig_support.h>

#include <string.h>

#include "utils/lib/uthread.h"

void
mig_init(void *first)
{
	(void)first;
}

mach_port_t
mig_get_reply_port(void)
{
	struct uthread *self = uthread_self();

	if (self->reply_port == MACH_PORT_NULL)
		self->reply_port = mach_reply_port();
	return self->reply_port;
}

void
mig_put_reply_port(mach_port_t port)
{
	(void)port;
}

/* Something is wrong with the port: the next call has another. */
void
mig_dealloc_reply_port(mach_port_t port)
{
	struct uthread *self = uthread_self();

	if (self->reply_port != port || self->dropping)
		return;
	self->reply_port = MACH_PORT_NULL;
	self->dropping = true;
	(void)mach_port_mod_refs(mach_task_self(), port,
				 MACH_PORT_RIGHT_RECEIVE, -1);
	self->dropping = false;
}

void
mig_allocate(vm_address_t *address, vm_size_t size)
{
	if (vm_allocate(mach_task_self(), address, size, TRUE) != KERN_SUCCESS)
		*address = 0;
}

void
mig_deallocate(vm_address_t address, vm_size_t size)
{
	(void)vm_deallocate(mach_task_self(), address, size);
}

vm_size_t
mig_strncpy(char *dst, const char *src, vm_size_t len)
{
	vm_size_t length;

	if (len == 0)
		return 0;
	length = strnlen(src, len - 1);
	memcpy(dst, src, length);
	dst[length] = '\0';
	return length;
}

void
mig_reply_setup(const mach_msg_header_t *request, mach_msg_header_t *reply)
{
	mig_reply_header_t *head = (mig_reply_header_t *)reply;
	const mach_msg_type_t code_type = {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = TRUE,
	};

	memset(head, 0, sizeof *head);
	head->Head.msgh_bits = MACH_MSGH_BITS(
		MACH_MSGH_BITS_REMOTE(request->msgh_bits), 0);
	head->Head.msgh_remote_port = request->msgh_remote_port;
	head->Head.msgh_size = sizeof *head;
	head->Head.msgh_id = request->msgh_id + 100;
	head->RetCodeType = code_type;
	head->RetCode = KERN_SUCCESS;
}
