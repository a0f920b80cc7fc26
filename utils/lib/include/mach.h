/* utils/lib/include/mach.h -- the kernel's interface, like a C library's. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UTILS_LIB_INCLUDE_MACH_H
#define UTILS_LIB_INCLUDE_MACH_H

#include <mach/boolean.h>
#include <mach/exception.h>
#include <mach/host_info.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/mig_support.h>
#include <mach/notify.h>
#include <mach/port.h>
#include <mach/std_types.h>
#include <mach/task_info.h>
#include <mach/task_special_ports.h>
#include <mach/thread_info.h>
#include <mach/thread_special_ports.h>
#include <mach/thread_status.h>
#include <mach/thread_switch.h>
#include <mach/vm_cache_statistics.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <mach/vm_statistics.h>

/* Made by MIG, in the build folder. */
#include <mach/gnumach.h>
#include <mach/mach_host.h>
#include <mach/mach_interface.h>
#include <mach/mach_port.h>

/* The traps that need no right: mach/syscall_sw.h has them all. */
mach_port_name_t mach_reply_port(void);
mach_port_name_t mach_thread_self(void);
mach_port_name_t (mach_task_self)(void);
mach_port_name_t mach_host_self(void);
void mach_print(const char *text);
boolean_t swtch_pri(int priority);
boolean_t swtch(void);
kern_return_t thread_switch(mach_port_name_t thread, int option,
			    mach_msg_timeout_t time);
kern_return_t evc_wait(natural_t id);
kern_return_t evc_wait_clear(natural_t id);
kern_return_t thread_set_self_state(int flavor, thread_state_t state,
				    natural_t count);

/* The traps that stand for calls to a task or a thread. */
kern_return_t syscall_vm_map(mach_port_name_t task, vm_offset_t *address,
			     vm_size_t size, vm_offset_t mask,
			     boolean_t anywhere, mach_port_name_t object,
			     vm_offset_t offset, boolean_t copy,
			     vm_prot_t prot, vm_prot_t max_prot,
			     vm_inherit_t inheritance);
kern_return_t syscall_vm_allocate(mach_port_name_t task, vm_offset_t *address,
				  vm_size_t size, boolean_t anywhere);
kern_return_t syscall_vm_deallocate(mach_port_name_t task, vm_offset_t address,
				    vm_size_t size);
kern_return_t syscall_task_create(mach_port_name_t parent, boolean_t inherit,
				  mach_port_name_t *child);
kern_return_t syscall_task_terminate(mach_port_name_t task);
kern_return_t syscall_task_suspend(mach_port_name_t task);
kern_return_t syscall_task_set_special_port(mach_port_name_t task, int which,
					    mach_port_name_t port);
kern_return_t syscall_mach_port_allocate(mach_port_name_t task,
					 mach_port_right_t right,
					 mach_port_name_t *name);
kern_return_t syscall_mach_port_deallocate(mach_port_name_t task,
					   mach_port_name_t name);
kern_return_t syscall_mach_port_insert_right(mach_port_name_t task,
					     mach_port_name_t name,
					     mach_port_name_t right,
					     mach_msg_type_name_t type);
kern_return_t syscall_mach_port_allocate_name(mach_port_name_t task,
					      mach_port_right_t right,
					      mach_port_name_t name);
kern_return_t syscall_thread_depress_abort(mach_port_name_t thread);

/* This task's own port: one right, however often it is asked for. */
extern mach_port_name_t mach_task_self_;
#define mach_task_self()	(mach_task_self_ + 0)

extern vm_size_t vm_page_size;

/* A code in words; never NULL. */
const char *mach_error_string(kern_return_t code);

/* Drop the rights and the memory that a message has brought. */
void mach_msg_destroy(mach_msg_header_t *message);

/* The exception server that MIG has made: it calls catch_exception_raise(),
 * which is the program's (mach/exc_server.h). */
boolean_t exc_server(mach_msg_header_t *request, mach_msg_header_t *reply);

/*
 * Receive messages on a port or set, of at most max_size bytes, have each
 * served by the demultiplexer, and send what it answers, until an error.  It
 * returns whether it knew the message; what it did not is answered with
 * MIG_BAD_ID.  With timeout, that error ends it too.
 */
typedef boolean_t (*mach_demux_fn)(mach_msg_header_t *request,
				   mach_msg_header_t *reply);
mach_msg_return_t mach_msg_server(mach_demux_fn demux, mach_msg_size_t max_size,
				  mach_port_t port);
mach_msg_return_t mach_msg_server_timeout(mach_demux_fn demux,
					  mach_msg_size_t max_size,
					  mach_port_t port,
					  mach_msg_option_t option,
					  mach_msg_timeout_t timeout);

#endif /* UTILS_LIB_INCLUDE_MACH_H */
