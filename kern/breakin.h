/*
 * kern/breakin.h -- a look at a running kernel, by a not maskable interrupt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Such an interrupt that nobody in the machine admits to (no broken memory or
 * bus, no other CPU) is somebody's button, or QEMU's command `nmi'; the machine
 * calls trap_hook_break_in() (<machine/trap.h>).  The CPU says on the console
 * where it is: thread, registers, calls, the tail of the trace ring.  Then it
 * goes on as if nothing had been.
 *
 * The interrupt may come at any instruction.  So the report takes no lock,
 * changes nothing that others use, and reads only what cannot fault.  It gets
 * the console past its lock (console_break_in()); but not if the CPU itself is
 * writing there: then it is kept, and shown as soon as that is done.
 *
 * A button that bounces, or is stuck, does not stop the machine: a CPU reports
 * at most once in BREAKIN_CYCLES.
 */
#ifndef KERN_BREAKIN_H
#define KERN_BREAKIN_H

#include <stdint.h>

#define BREAKIN_CYCLES	((uint64_t)1 << 30)	/* of cpu_cycles() */
#define BREAKIN_TRACE	16	/* entries of the trace ring shown */

/**
 * breakin_show_kept - show the report that had to wait, if there is one
 *
 * Context: any but a not maskable interrupt, interrupts off; this CPU does not
 *	    have the console.  Called by console_unlock().
 */
void breakin_show_kept(void);

#endif /* KERN_BREAKIN_H */
