/*
 * utils/lib/mach_msg.c -- mach_msg, and the loop of a server.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <mach.h>

#include <stdlib.h>

mach_msg_return_t
mach_msg(mach_msg_header_t *msg, mach_msg_option_t option,
	 mach_msg_size_t send_size, mach_msg_size_t rcv_size,
	 mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
	 mach_port_name_t notify)
{
	mach_msg_return_t result;

	result = mach_msg_trap(msg, option, send_size, rcv_size, rcv_name,
			       timeout, notify);
	if ((option & MACH_SEND_INTERRUPT) == 0)
		while (result == MACH_SEND_INTERRUPTED)
			result = mach_msg_trap(msg, option, send_size,
					       rcv_size, rcv_name, timeout,
					       notify);
	/* What was to be sent is gone by then. */
	if ((option & MACH_RCV_INTERRUPT) == 0)
		while (result == MACH_RCV_INTERRUPTED)
			result = mach_msg_trap(msg, option & ~MACH_SEND_MSG, 0,
					       rcv_size, rcv_name, timeout,
					       notify);
	return result;
}

/* Drop what came in a message that nobody has taken: its reply right. */
static void
mach_msg_drop_reply(mach_msg_header_t *request)
{
	if (MACH_PORT_VALID(request->msgh_remote_port))
		(void)mach_port_deallocate(mach_task_self(),
					   request->msgh_remote_port);
}

static mach_msg_return_t
mach_msg_serve_one(mach_demux_fn demux, mach_msg_header_t *request,
		   mach_msg_header_t *reply)
{
	mig_reply_header_t *head = (mig_reply_header_t *)reply;
	mach_msg_return_t result;

	mig_reply_setup(request, reply);
	if (!demux(request, reply))
		head->RetCode = MIG_BAD_ID;
	if (head->RetCode == MIG_NO_REPLY)
		return MACH_MSG_SUCCESS;
	if (!MACH_PORT_VALID(reply->msgh_remote_port))
		return MACH_MSG_SUCCESS;

	result = mach_msg(reply, MACH_SEND_MSG, reply->msgh_size, 0,
			  MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
			  MACH_PORT_NULL);
	if (result != MACH_MSG_SUCCESS)
		mach_msg_drop_reply(request);
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
mach_msg_server_timeout(mach_demux_fn demux, mach_msg_size_t max_size,
			mach_port_t port, mach_msg_option_t option,
			mach_msg_timeout_t timeout)
{
	mach_msg_header_t *request = malloc(max_size);
	mach_msg_header_t *reply = malloc(max_size);
	mach_msg_return_t result = MACH_RCV_INVALID_DATA;

	while (request != NULL && reply != NULL) {
		result = mach_msg(request, MACH_RCV_MSG | option, 0, max_size,
				  port, timeout, MACH_PORT_NULL);
		if (result != MACH_MSG_SUCCESS)
			break;
		result = mach_msg_serve_one(demux, request, reply);
		if (result != MACH_MSG_SUCCESS)
			break;
	}
	free(request);
	free(reply);
	return result;
}

mach_msg_return_t
mach_msg_server(mach_demux_fn demux, mach_msg_size_t max_size, mach_port_t port)
{
	return mach_msg_server_timeout(demux, max_size, port, 0,
				       MACH_MSG_TIMEOUT_NONE);
}
