/*
 * tests/hosted/machine/user.h -- a function instead of user mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MACHINE_USER_H
#define MACHINE_USER_H

#include <machine/trap.h>

struct thread;

/* Calls the function that host_user_set() named, then ends the thread. */
__attribute__((noreturn)) void machine_enter_user(
	const struct trap_frame *frame);

/* The same, with the registers that the thread has. */
__attribute__((noreturn)) void machine_resume_user(void);

/* The registers: what the function above is called with. */
struct trap_frame *machine_user_frame(struct thread *thread);

/* What "user mode" does; it calls the hooks of <machine/trap.h>. */
void host_user_set(void (*program)(struct trap_frame *frame));

#endif /* MACHINE_USER_H */
