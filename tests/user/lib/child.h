/*
 * tests/user/lib/child.h -- a second task that runs the same program.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_USER_LIB_CHILD_H
#define TESTS_USER_LIB_CHILD_H

#include <mach.h>

struct child {
	mach_port_t	task, thread;	/* send rights; MACH_PORT_NULL: none */
	vm_address_t	stack;		/* here; the child has a copy */
	void		(*run)(void *arg);
	void		*arg;
};

/*
 * Make a task with a copy of this one's memory, and a thread in it that will
 * call run(arg) and then end the task; it does not run before child_resume().
 * Its space is empty but for what is inserted.
 */
kern_return_t child_create(struct child *child, void (*run)(void *arg),
			   void *arg);

kern_return_t child_resume(struct child *child);

/* Give the child a right under the name that it has here. */
kern_return_t child_give(struct child *child, mach_port_t port,
			 mach_msg_type_name_t type);

/* Wait until the task is dead: 0 if that takes more than ten seconds. */
int child_wait(struct child *child);

/* End it, wait, and drop what is here of it. */
void child_destroy(struct child *child);

/* Is this name of ours the name of a port that is dead? */
int port_is_dead(mach_port_t name);

#endif /* TESTS_USER_LIB_CHILD_H */
