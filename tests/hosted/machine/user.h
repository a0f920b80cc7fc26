/*
 * tests/hosted/machine/user.h -- there is no user mode here.
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

/* Always NULL: no thread has been to user mode. */
struct trap_frame *machine_user_frame(struct thread *thread);

/* What "user mode" does; it calls the hooks of <machine/trap.h>. */
void host_user_set(void (*program)(struct trap_frame *frame));

#endif /* MACHINE_USER_H */
