/*
 * x86/dev/lapic.h -- the local APIC, each processor's own interrupt controller.
 *
 * It takes what the I/O APICs and other processors send, and has a timer.  Its
 * registers are memory that each processor sees at the same place (xAPIC), or
 * model-specific registers (x2APIC), which are used only where the firmware
 * has switched to them, a processor's id asks for them, or the command line has
 * `apic=x2'.
 *
 * Not used at all on a machine with one processor, unless the command line has
 * the word `apic': then the 8259s and the 8254 do as they always did.
 *
 * Defined in: Intel SDM vol. 3A, 10 "Advanced programmable interrupt
 * controller".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_LAPIC_H
#define X86_DEV_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

struct trap_frame;

/**
 * lapic_init - find out whether to use it, and then enable the boot CPU's
 *
 * Context: start-up, interrupts off, after pmap_init().
 * Return:  lapic_is_used().
 */
bool lapic_init(void);

/** lapic_is_x2apic - are they reached through model-specific registers? */
bool lapic_is_x2apic(void);

/** lapic_is_used - do the local APICs work?  Constant after lapic_init(). */
bool lapic_is_used(void);

/**
 * lapic_cpu_init - enable that of a further processor
 *
 * Context: the processor itself, interrupts off, once.
 */
void lapic_cpu_init(void);

/** lapic_id - the id of the calling processor's.  Context: lapic_is_used(). */
uint32_t lapic_id(void);

/** lapic_eoi - the interrupt in service is done.  Context: interrupts off. */
void lapic_eoi(void);

/**
 * lapic_take_8259 - let the boot CPU's take interrupts of the 8259s too
 *
 * For a machine without I/O APIC.  Context: the boot CPU, start-up.
 */
void lapic_take_8259(void);

/*
 * Interrupting processor @apic_id: with a vector of TRAP_LOCAL_BASE and up,
 * with an NMI, and the two steps of starting it (@page: number of the page of
 * memory below 1 MiB where it begins).
 *
 * Context: any; lapic_is_used().
 */
void lapic_send(uint32_t apic_id, unsigned int vector);
void lapic_send_nmi(uint32_t apic_id);
void lapic_send_init(uint32_t apic_id);
void lapic_send_startup(uint32_t apic_id, unsigned int page);

/**
 * lapic_timer_calibrate - measure the timer's rate by the clock
 *
 * Context: the boot CPU, start-up, interrupts off; there is a clock.
 *	    Waits about 5 ms.
 */
void lapic_timer_calibrate(void);

/**
 * lapic_timer_start - have clock_interrupt() called HZ times a second here
 *
 * Context: each processor, interrupts off; after lapic_timer_calibrate().
 */
void lapic_timer_start(void);

/**
 * lapic_interrupt - serve an interrupt of TRAP_LOCAL_BASE and up
 * @vector:	its vector
 * @frame:	what it has interrupted
 *
 * Context: x86_irq_dispatch().
 */
void lapic_interrupt(unsigned int vector, struct trap_frame *frame);

/** lapic_errors - errors that the calling kernel's local APICs reported. */
unsigned long lapic_errors(void);

#endif /* X86_DEV_LAPIC_H */
