/*
 * tests/kernel/trap_regs.h -- registers and flags across interrupts, and
 * exceptions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_KERNEL_TRAP_REGS_H
#define TESTS_KERNEL_TRAP_REGS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * trap_regs_kept - fill all registers, be interrupted, and look
 * @rounds:	how often to look; not 0
 * @vector_2:	interrupt with `int $2' in each round; without, rounds are
 *		just time for interrupts to come
 *
 * Return:  true if registers and flags were as before, each time.
 */
bool trap_regs_kept(uint32_t rounds, bool vector_2);

/* Ways to an exception that need the width's own instructions; @arg: unused,
 * but for trap_fault_double() an address that is not mapped. */
void trap_fault_debug(void *arg);		/* a single step */
void trap_fault_double(void *arg);		/* no stack for a page fault */
void trap_fault_protection(void *arg);		/* with error code 0 */

#endif /* TESTS_KERNEL_TRAP_REGS_H */
