/*
 * tests/user/calls.h -- each call that is served, with success and each error.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two forms.  A struct calls_kind is a call that takes a port of certain kinds:
 * it is made with each of the others, and answers its error.  The other errors,
 * and success, are lines of WANT(answer, call).  Calls that must fail stand
 * between calls_state_take() and calls_state_check(): the rights and the memory
 * of the task are the same afterwards.
 */
#ifndef TESTS_USER_CALLS_H
#define TESTS_USER_CALLS_H

#include <mach_debug/kernel_stat.h>
#include <mach_debug/mach_debug.h>
#include <mach/mach4.h>

#include "tests/user/lib/user.h"

#define PAGE	USER_PAGE_SIZE
#define RW	(VM_PROT_READ | VM_PROT_WRITE)

/* Kinds of kernel objects, as sets. */
#define KIND_TASK	1u
#define KIND_THREAD	2u
#define KIND_HOST	4u	/* anybody's port */
#define KIND_HOST_PRIV	8u
#define KIND_PROCESSOR	16u
#define KIND_PSET	32u
#define KIND_PSET_NAME	64u
#define KINDS_HOST	(KIND_HOST | KIND_HOST_PRIV)
#define KINDS_PSET	(KIND_PSET | KIND_PSET_NAME)

/* One of each; made by calls_start(). */
struct calls_ports {
	mach_port_t	self, thread, host, priv, processor, pset, pset_name;
	mach_port_t	receive;	/* nobody's: with a send right */
	mach_port_t	dead;		/* a dead name */
};
extern struct calls_ports ports;

#define BAD_NAME	((mach_port_t)0x4711000)

/* Room for any answer. */
union calls_room {
	integer_t	words[1024];
	kernel_version_t version;
	kernel_debug_name_t name;
	struct vm_statistics vm;
	struct vm_cache_statistics cache;
	vm_region_info_t region;
	mach_port_status_t status;
	time_value_t	time;
	time_value64_t	time64;
	vm_size_t	size[4];
	mach_port_t	port[4];
};
extern union calls_room room;

struct calls_kind {
	const char	*name;
	kern_return_t	(*call)(mach_port_t port);
	unsigned int	takes;		/* kinds */
	kern_return_t	error;		/* for the others */
	kern_return_t	dead;		/* for what is dead */
};

/* Define the call of a row of a table of them.  @... uses `port'. */
#define KIND_CALL(name, ...) \
	static kern_return_t \
	kind_##name(mach_port_t port) \
	{ \
		return __VA_ARGS__; \
	}
/* The port that the message goes to; and one in the message. */
#define KIND_ROW(name, takes, error) \
	{ #name, kind_##name, takes, error, MACH_SEND_INVALID_DEST }
#define KIND_ARG(name, takes, error) \
	{ #name, kind_##name, takes, error, error }

/* Make each call with a port of each kind that it does not take. */
void calls_kinds(const struct calls_kind *rows, size_t nr_rows);

#define WANT(answer, ...) \
	tap_is(__VA_ARGS__, answer, "%s", #__VA_ARGS__)

/* What the task has: rights by names, types and references; regions. */
void calls_state_take(void);
void calls_state_check(const char *what);

/* The right's references; and one reference less. */
mach_port_urefs_t calls_refs(mach_port_t name);
void calls_drop(mach_port_t name);

/* Let others run until @thread waits for something that can be aborted. */
void calls_wait_waiting(mach_port_t thread);

/* Limit @task to @n more of TASK_CHARGE_@which than it has; the old limit. */
uint64_t calls_limit_to(mach_port_t task, int which, uint64_t n);

/* Free what a call gave out of line: @count rights, or @size bytes. */
void calls_free_ports(mach_port_t *list, mach_msg_type_number_t count);
void calls_free(const void *data, vm_size_t size);

/* The parts of the program. */
void calls_events(void);
void calls_halt(void);
void calls_host(void);
void calls_memory(void);
void calls_messages(void);
void calls_ports(void);
void calls_restart(void);
void calls_tasks(void);
void calls_traps(void);

/* Of the part of tasks.  @child has no memory yet. */
void calls_gsync(void);
void calls_limits(mach_port_t child);

#endif /* TESTS_USER_CALLS_H */
