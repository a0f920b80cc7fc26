/*
 * tests/user/bench_trace.c -- operations to be stepped through one by one.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first argument names an operation, which is done for ever between
 * trace_begin() and trace_end(); tests/bench/trace_ops.py stops there.  All
 * other work of a round lies outside of the two.
 */
#include "tests/user/lib/bench.h"
#include "utils/lib/uthread.h"

#define WINDOW	(64ul * USER_PAGE_SIZE)

void trace_begin(void);
void trace_end(void);

NOINLINE void
trace_begin(void)
{
	__asm__ volatile("");
}

NOINLINE void
trace_end(void)
{
	__asm__ volatile("");
}

static vm_offset_t
window_allocate(void)
{
	vm_offset_t address = 0;

	if (syscall_vm_allocate(mach_task_self(), &address, WINDOW, TRUE)
	    != KERN_SUCCESS)
		user_die("bench_trace: no memory\n");
	return address;
}

static void
window_free(vm_offset_t address)
{
	if (syscall_vm_deallocate(mach_task_self(), address, WINDOW)
	    != KERN_SUCCESS)
		user_die("bench_trace: deallocation failed\n");
}

static void
op_trap_invalid(void)
{
	struct user_trap_regs regs = { .ax = (uintptr_t)-1 };

	trace_begin();
	(void)user_trap(&regs);
	trace_end();
}

static void
op_trap_task_self(void)
{
	trace_begin();
	(void)(mach_task_self)();
	trace_end();
}

static void
op_vm_allocate(void)
{
	mach_port_name_t self = mach_task_self();
	vm_offset_t address = 0;

	trace_begin();
	(void)syscall_vm_allocate(self, &address, WINDOW, TRUE);
	trace_end();
	window_free(address);
}

static void
op_vm_deallocate(void)
{
	mach_port_name_t self = mach_task_self();
	vm_offset_t address = window_allocate();

	trace_begin();
	(void)syscall_vm_deallocate(self, address, WINDOW);
	trace_end();
}

/* A page of a window whose object, tree node and page table are there. */
static void
op_fault_zero_fill(void)
{
	vm_offset_t address = window_allocate();
	vm_offset_t end = address + WINDOW / 2;

	for (; address < end; address += USER_PAGE_SIZE)
		*(volatile char *)address = 1;
	trace_begin();
	*(volatile char *)address = 1;
	trace_end();
	window_free(end - WINDOW / 2);
}

/* A page that a child has, too. */
static void
op_fault_copy(void)
{
	mach_port_t task = MACH_PORT_NULL;
	vm_offset_t address = window_allocate();

	for (size_t i = 0; i < WINDOW; i += USER_PAGE_SIZE)
		*(volatile char *)(address + i) = 1;
	(void)task_create(mach_task_self(), TRUE, &task);
	for (size_t i = 0; i < WINDOW / 2; i += USER_PAGE_SIZE)
		*(volatile char *)(address + i) = 1;
	trace_begin();
	*(volatile char *)(address + WINDOW / 2) = 1;
	trace_end();
	(void)task_terminate(task);
	(void)mach_port_deallocate(mach_task_self(), task);
	window_free(address);
}

/* A right, a thread and a task: made, then ended. */
static void
op_port_make(void)
{
	mach_port_t name = MACH_PORT_NULL;

	trace_begin();
	(void)mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE,
				 &name);
	trace_end();
	(void)mach_port_mod_refs(mach_task_self(), name,
				 MACH_PORT_RIGHT_RECEIVE, -1);
}

static void
op_port_end(void)
{
	mach_port_t name = MACH_PORT_NULL;

	(void)mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE,
				 &name);
	trace_begin();
	(void)mach_port_mod_refs(mach_task_self(), name,
				 MACH_PORT_RIGHT_RECEIVE, -1);
	trace_end();
}

static void
op_thread_make(void)
{
	mach_port_t thread = MACH_PORT_NULL;

	trace_begin();
	(void)thread_create(mach_task_self(), &thread);
	trace_end();
	(void)thread_terminate(thread);
	(void)mach_port_deallocate(mach_task_self(), thread);
}

static void
op_thread_end(void)
{
	mach_port_t thread = MACH_PORT_NULL;

	(void)thread_create(mach_task_self(), &thread);
	trace_begin();
	(void)thread_terminate(thread);
	(void)mach_port_deallocate(mach_task_self(), thread);
	trace_end();
}

static void
task_make(boolean_t inherit)
{
	mach_port_t task = MACH_PORT_NULL;

	trace_begin();
	(void)task_create(mach_task_self(), inherit, &task);
	trace_end();
	(void)task_terminate(task);
	(void)mach_port_deallocate(mach_task_self(), task);
}

static void
task_end(boolean_t inherit)
{
	mach_port_t task = MACH_PORT_NULL;

	(void)task_create(mach_task_self(), inherit, &task);
	trace_begin();
	(void)task_terminate(task);
	(void)mach_port_deallocate(mach_task_self(), task);
	trace_end();
}

static void
op_task_make(void)
{
	task_make(FALSE);
}

static void
op_task_end(void)
{
	task_end(FALSE);
}

/* A copy of this task: made, then ended. */
static void
op_fork_make(void)
{
	task_make(TRUE);
}

static void
op_fork_end(void)
{
	task_end(TRUE);
}

/* The same with pieces of memory, of a page each. */
#define PIECES	64u

static void
pieces_touch(void)
{
	static vm_offset_t pieces;

	if (pieces == 0)
		(void)syscall_vm_allocate(mach_task_self(), &pieces,
					  2 * PIECES * USER_PAGE_SIZE, TRUE);
	for (size_t i = 0; i < PIECES; i++) {
		vm_offset_t at = pieces + 2 * i * USER_PAGE_SIZE;

		*(volatile char *)at = 1;
		(void)syscall_vm_deallocate(mach_task_self(),
					    at + USER_PAGE_SIZE,
					    USER_PAGE_SIZE);
	}
}

static void
op_fork_pieces_make(void)
{
	pieces_touch();
	task_make(TRUE);
}

static void
op_fork_pieces_end(void)
{
	pieces_touch();
	task_end(TRUE);
}

/* The plainest call by message. */
static void
op_rpc(void)
{
	trace_begin();
	(void)vm_deallocate(mach_task_self(), 0, 0);
	trace_end();
}

/* All pages of a window, with what their object and tables need. */
static void
op_fault_window(void)
{
	vm_offset_t address = window_allocate();

	trace_begin();
	for (size_t i = 0; i < WINDOW; i += USER_PAGE_SIZE)
		*(volatile char *)(address + i) = 1;
	trace_end();
	window_free(address);
}

#define MANY_WINDOW	(1024ul * USER_PAGE_SIZE)

static void
touch_pages(vm_offset_t address, size_t size)
{
	for (size_t i = 0; i < size; i += USER_PAGE_SIZE)
		*(volatile char *)(address + i) = 1;
}

/* Unmap all pages of a window. */
static void
unmap_pages(size_t size)
{
	mach_port_name_t self = mach_task_self();
	vm_offset_t address = 0;

	(void)syscall_vm_allocate(self, &address, size, TRUE);
	touch_pages(address, size);
	trace_begin();
	(void)syscall_vm_deallocate(self, address, size);
	trace_end();
}

static void
op_unmap_window(void)
{
	unmap_pages(WINDOW);
}

static void
op_unmap_many(void)
{
	unmap_pages(MANY_WINDOW);
}

/* The same of pages that were copied while a child had them, too. */
static void
op_unmap_copied(void)
{
	mach_port_name_t self = mach_task_self();
	mach_port_t task = MACH_PORT_NULL;
	vm_offset_t address = 0;

	(void)syscall_vm_allocate(self, &address, MANY_WINDOW, TRUE);
	touch_pages(address, MANY_WINDOW);
	(void)task_create(self, TRUE, &task);
	touch_pages(address, MANY_WINDOW);
	(void)task_terminate(task);
	(void)mach_port_deallocate(self, task);
	trace_begin();
	(void)syscall_vm_deallocate(self, address, MANY_WINDOW);
	trace_end();
}

static void
op_switch_tasks(void)
{
	trace_begin();
	(void)swtch();
	trace_end();
}

/*
 * Messages.
 */

static mach_port_t self_port, port, server_port;

static void
ports_init(void)
{
	self_port = mach_task_self();
	(void)mach_port_allocate(self_port, MACH_PORT_RIGHT_RECEIVE, &port);
	(void)mach_port_allocate(self_port, MACH_PORT_RIGHT_RECEIVE,
				 &server_port);
	(void)mach_port_insert_right(self_port, server_port, server_port,
				     MACH_MSG_TYPE_MAKE_SEND);
}

static void
op_rpc_region(void)
{
	vm_address_t at = 0;
	vm_size_t size;
	vm_prot_t prot, max;
	vm_inherit_t inherit;
	boolean_t shared;
	mach_port_t name;
	vm_offset_t offset;

	trace_begin();
	(void)vm_region(self_port, &at, &size, &prot, &max, &inherit,
			&shared, &name, &offset);
	trace_end();
}

static void
op_rpc_allocate(void)
{
	vm_address_t address = 0;

	trace_begin();
	(void)vm_allocate(self_port, &address, USER_PAGE_SIZE, TRUE);
	(void)vm_deallocate(self_port, address, USER_PAGE_SIZE);
	trace_end();
}

/* A message to oneself, of so many bytes. */
static void
send_to_self(size_t bytes)
{
	static struct {
		mach_msg_header_t head;
		mach_msg_type_t	type;
		char		bytes[4096 + 64];
	} message;

	message.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	message.head.msgh_remote_port = port;
	message.head.msgh_local_port = MACH_PORT_NULL;
	trace_begin();
	(void)mach_msg_trap(&message.head, MACH_SEND_MSG | MACH_RCV_MSG,
			    (mach_msg_size_t)(sizeof message.head
					      + sizeof message.type + bytes),
			    sizeof message, port, 0, MACH_PORT_NULL);
	trace_end();
}

static void
op_self_64(void)
{
	send_to_self(64);
}

static void
op_self_4096(void)
{
	send_to_self(4096);
}

/* A window out of line: one page of it, or 256. */
static void
send_memory(size_t pages)
{
	static struct {
		mach_msg_header_t head;
		mach_msg_type_long_t type;
		vm_address_t	data;
		char		room[64];
	} parcel;
	static vm_address_t window;
	vm_size_t size = pages * USER_PAGE_SIZE;

	if (window == 0) {
		(void)syscall_vm_allocate(self_port, &window, size, TRUE);
		for (size_t i = 0; i < size; i += USER_PAGE_SIZE)
			*(volatile char *)(window + i) = 1;
	}
	parcel.head.msgh_bits = MACH_MSGH_BITS_COMPLEX
		| MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	parcel.head.msgh_remote_port = port;
	parcel.head.msgh_local_port = MACH_PORT_NULL;
	parcel.type = (mach_msg_type_long_t){ 0 };
	parcel.type.msgtl_header.msgt_longform = TRUE;
	parcel.type.msgtl_name = MACH_MSG_TYPE_BYTE;
	parcel.type.msgtl_size = 8;
	parcel.type.msgtl_number = (mach_msg_type_number_t)size;
	parcel.data = window;
	trace_begin();
	(void)mach_msg_trap(&parcel.head, MACH_SEND_MSG | MACH_RCV_MSG,
			    offsetof(__typeof__(parcel), room), sizeof parcel,
			    port, 0, MACH_PORT_NULL);
	(void)syscall_vm_deallocate(self_port, parcel.data, size);
	trace_end();
}

static void
op_send_page(void)
{
	send_memory(1);
}

static void
op_send_window(void)
{
	send_memory(256);
}

/* A touched window copied to itself, or read. */
static vm_address_t
window_touched(void)
{
	static vm_address_t window;

	if (window == 0) {
		window = window_allocate();
		for (size_t i = 0; i < WINDOW; i += USER_PAGE_SIZE)
			*(volatile char *)(window + i) = 1;
	}
	return window;
}

static void
op_vm_copy(void)
{
	vm_address_t window = window_touched();

	trace_begin();
	(void)vm_copy(self_port, window, WINDOW / 4, window + WINDOW / 2);
	trace_end();
}

static void
op_vm_read(void)
{
	vm_address_t window = window_touched();
	mach_msg_type_number_t size;
	vm_offset_t data;

	trace_begin();
	(void)vm_read(self_port, window, WINDOW / 4, &data, &size);
	(void)syscall_vm_deallocate(self_port, data, size);
	trace_end();
}

/* Read all pages of a window that vm_read() has given. */
static void
op_read_sent(void)
{
	vm_address_t window = window_touched();
	mach_msg_type_number_t size;
	vm_offset_t data;

	(void)vm_read(self_port, window, WINDOW, &data, &size);
	trace_begin();
	for (size_t i = 0; i < WINDOW; i += USER_PAGE_SIZE)
		(void)*(volatile char *)(data + i);
	trace_end();
	(void)syscall_vm_deallocate(self_port, data, size);
}

/* Write to all pages of a window again while a copy of it is there. */
static void
op_write_sent(void)
{
	vm_address_t window = window_touched();
	mach_msg_type_number_t size;
	vm_offset_t data;

	(void)vm_read(self_port, window, WINDOW, &data, &size);
	for (size_t i = 0; i < WINDOW; i += USER_PAGE_SIZE)
		(void)*(volatile char *)(data + i);
	trace_begin();
	for (size_t i = 0; i < WINDOW; i += USER_PAGE_SIZE)
		*(volatile char *)(window + i) = 1;
	trace_end();
	(void)syscall_vm_deallocate(self_port, data, size);
}

static void
op_map_pair(void)
{
	vm_address_t at = 0;

	(void)window_touched();
	trace_begin();
	(void)syscall_vm_map(self_port, &at, WINDOW / 4, 0, TRUE,
			     MACH_PORT_NULL, 0, FALSE,
			     VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
			     VM_INHERIT_COPY);
	(void)syscall_vm_deallocate(self_port, at, WINDOW / 4);
	trace_end();
}

static void
op_protect_pair(void)
{
	vm_address_t at = window_touched() + USER_PAGE_SIZE;

	trace_begin();
	(void)vm_protect(self_port, at, USER_PAGE_SIZE, FALSE, VM_PROT_READ);
	(void)vm_protect(self_port, at, USER_PAGE_SIZE, FALSE,
			 VM_PROT_READ | VM_PROT_WRITE);
	trace_end();
}

static void
op_rpc_thread(void)
{
	static struct uthread *server;
	struct {
		mach_msg_header_t head;
		char room[256];
	} call;

	if (server == NULL)
		server = uthread_create(bench_serve, &server_port);
	if (server == NULL)
		user_die("bench_trace: no thread\n");
	call.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
					     MACH_MSG_TYPE_MAKE_SEND_ONCE);
	call.head.msgh_remote_port = server_port;
	call.head.msgh_local_port = port;
	trace_begin();
	(void)mach_msg_trap(&call.head, MACH_SEND_MSG | MACH_RCV_MSG,
			    sizeof call.head, sizeof call, port, 0,
			    MACH_PORT_NULL);
	trace_end();
}

static const struct {
	const char *name;
	void	(*run)(void);
} operations[] = {
	{ "trap-invalid", op_trap_invalid },
	{ "trap-task-self", op_trap_task_self },
	{ "vm-allocate", op_vm_allocate },
	{ "vm-deallocate", op_vm_deallocate },
	{ "fault-zero-fill", op_fault_zero_fill },
	{ "fault-copy", op_fault_copy },
	{ "fault-window", op_fault_window },
	{ "unmap-window", op_unmap_window },
	{ "unmap-many", op_unmap_many },
	{ "unmap-copied", op_unmap_copied },
	{ "switch-tasks", op_switch_tasks },
	{ "rpc", op_rpc },
	{ "port-make", op_port_make },
	{ "port-end", op_port_end },
	{ "thread-make", op_thread_make },
	{ "thread-end", op_thread_end },
	{ "task-make", op_task_make },
	{ "task-end", op_task_end },
	{ "fork-make", op_fork_make },
	{ "fork-end", op_fork_end },
	{ "fork-pieces-make", op_fork_pieces_make },
	{ "fork-pieces-end", op_fork_pieces_end },
	{ "rpc-allocate", op_rpc_allocate },
	{ "rpc-region", op_rpc_region },
	{ "rpc-thread", op_rpc_thread },
	{ "self-64", op_self_64 },
	{ "self-4096", op_self_4096 },
	{ "send-page", op_send_page },
	{ "send-window", op_send_window },
	{ "vm-copy", op_vm_copy },
	{ "vm-read", op_vm_read },
	{ "read-sent", op_read_sent },
	{ "write-sent", op_write_sent },
	{ "map-pair", op_map_pair },
	{ "protect-pair", op_protect_pair },
};

int
main(int argc, char **argv)
{
	ports_init();
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(operations); i++)
		if (strcmp(argv[1], operations[i].name) == 0)
			for (;;)
				operations[i].run();

	user_die("bench_trace: which operation?\n");
}
