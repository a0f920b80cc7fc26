/*
 * tests/user/corners.h -- what calls answer in unusual cases.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each answer is printed as a line `corner: NAME NUMBER', the number in
 * hexadecimal.  Only the stock interface is used: tests/bench/peer runs the
 * program on the stock kernel, too, and compares.
 */
#ifndef TESTS_USER_CORNERS_H
#define TESTS_USER_CORNERS_H

#include "tests/user/lib/user.h"

#define PAGE	USER_PAGE_SIZE
#define RW	(VM_PROT_READ | VM_PROT_WRITE)

/* This task, and a name that it does not have. */
extern mach_port_t self;
#define BAD_NAME	((mach_port_t)0x4711000)

/* Print one answer.  @name is unique, without blanks. */
static inline void
corner(const char *name, long answer)
{
	user_print("corner: %s %lx\n", name, (unsigned long)answer);
}

/* A fresh receive right. */
static inline mach_port_t
corner_port(void)
{
	mach_port_t name = MACH_PORT_NULL;

	(void)mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &name);
	return name;
}

/* The parts of the program. */
void corners_memory(void);
void corners_ports(void);
void corners_messages(void);
void corners_tasks(void);

#endif /* TESTS_USER_CORNERS_H */
