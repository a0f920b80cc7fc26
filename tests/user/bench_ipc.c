/*
 * tests/user/bench_ipc.c -- what calls and messages cost.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Under -icount shift=0 the time stamp counter counts instructions.  Each
 * figure is the mean over a number of rounds, the loop included, after as many
 * that are not counted.  Only the stock interface is used, so that the same
 * program runs on other kernels.
 */
#include "tests/user/lib/bench.h"
#include "utils/lib/uthread.h"

#define ROUNDS		200u
#define NULL_TRAPS	2000u

static mach_port_t self, port, server_port;

/* A message with so many bytes behind its header. */
static struct {
	mach_msg_header_t head;
	mach_msg_type_t	type;
	char		bytes[4096 + 64];
} message;

static void
null_trap(void)
{
	(void)user_trap_inline(-1);
}

/* It gives another reference for a right that is there; they saturate. */
static void
task_self_trap(void)
{
	(void)(mach_task_self)();
}

static void
null_rpc(void)
{
	(void)vm_deallocate(self, 0, 0);
}

static mach_msg_size_t self_size;

static void
send_to_self(void)
{
	message.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	message.head.msgh_remote_port = port;
	message.head.msgh_local_port = MACH_PORT_NULL;
	(void)mach_msg_trap(&message.head, MACH_SEND_MSG | MACH_RCV_MSG,
			    self_size, sizeof message, port, 0,
			    MACH_PORT_NULL);
}

static void
measure_self(const char *name, size_t bytes)
{
	self_size = (mach_msg_size_t)(sizeof message.head
				      + sizeof message.type + bytes);
	memset(&message, 0, sizeof message);
	message.type.msgt_name = MACH_MSG_TYPE_BYTE;
	message.type.msgt_size = 8;
	message.type.msgt_number = (unsigned int)bytes & 0xfff;
	message.type.msgt_inline = TRUE;
	bench_measure(name, ROUNDS, send_to_self);
}

static void
thread_rpc(void)
{
	struct {
		mach_msg_header_t head;
		char room[256];
	} call;

	call.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
					     MACH_MSG_TYPE_MAKE_SEND_ONCE);
	call.head.msgh_remote_port = server_port;
	call.head.msgh_local_port = port;
	call.head.msgh_id = 1000;
	(void)mach_msg_trap(&call.head, MACH_SEND_MSG | MACH_RCV_MSG,
			    sizeof call.head, sizeof call, port, 0,
			    MACH_PORT_NULL);
}

static void
stop_server(void)
{
	mach_msg_header_t call;

	memset(&call, 0, sizeof call);
	call.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	call.msgh_remote_port = server_port;
	(void)mach_msg_trap(&call, MACH_SEND_MSG, sizeof call, 0,
			    MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static void
measure_server(void)
{
	struct uthread *server;

	(void)mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &server_port);
	(void)mach_port_insert_right(self, server_port, server_port,
				     MACH_MSG_TYPE_MAKE_SEND);
	server = uthread_create(bench_serve, &server_port);
	if (server == NULL)
		user_die("bench_ipc: no thread\n");
	bench_measure("ipc_rpc_thread", ROUNDS, thread_rpc);
	stop_server();
	uthread_join(server);
	(void)mach_port_destroy(self, server_port);
}

static void
port_pair(void)
{
	mach_port_t name;

	(void)mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &name);
	(void)mach_port_mod_refs(self, name, MACH_PORT_RIGHT_RECEIVE, -1);
}

static void
thread_pair(void)
{
	mach_port_t thread;

	(void)thread_create(self, &thread);
	(void)thread_terminate(thread);
	(void)mach_port_deallocate(self, thread);
}

static void
task_pair(void)
{
	mach_port_t task;

	(void)task_create(self, FALSE, &task);
	(void)task_terminate(task);
	(void)mach_port_deallocate(self, task);
}

static void
allocate_pair_rpc(void)
{
	vm_address_t address = 0;

	(void)vm_allocate(self, &address, USER_PAGE_SIZE, TRUE);
	(void)vm_deallocate(self, address, USER_PAGE_SIZE);
}

static void
allocate_pair_trap(void)
{
	vm_address_t address = 0;

	(void)syscall_vm_allocate(self, &address, USER_PAGE_SIZE, TRUE);
	(void)syscall_vm_deallocate(self, address, USER_PAGE_SIZE);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	self = mach_task_self();
	(void)mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port);
	bench_measure("ipc_null_trap", NULL_TRAPS, null_trap);
	bench_measure("ipc_task_self", NULL_TRAPS, task_self_trap);
	bench_measure("ipc_null_rpc", ROUNDS, null_rpc);
	measure_self("ipc_self_64", 64);
	measure_self("ipc_self_1024", 1024);
	measure_self("ipc_self_4096", 4096);
	measure_server();
	bench_measure("ipc_port_pair", ROUNDS, port_pair);
	bench_measure("ipc_thread_pair", ROUNDS, thread_pair);
	bench_measure("ipc_task_pair", ROUNDS, task_pair);
	bench_measure("ipc_allocate_rpc", ROUNDS, allocate_pair_rpc);
	bench_measure("ipc_allocate_trap", ROUNDS, allocate_pair_trap);
	user_print("bench: end\n");
	return 0;
}
