/*
 * x86/smp_late.h -- processors that come too late, for test images.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The word smp_late=begin lets the first processor be given up before it is
 * called; it is called when the next one is wanted.  With smp_late=join nobody
 * has time to join.
 */
#ifndef X86_SMP_LATE_H
#define X86_SMP_LATE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * x86_smp_late_wake - a processor is about to be called
 * @apic_id:	its number
 * @page:	of the trampoline
 *
 * Calls the late one before, if there is one, and lets it begin.
 *
 * Context: machine_cpus_start().
 * Return:  true: don't call it.
 */
bool x86_smp_late_wake(uint32_t apic_id, unsigned int page);

/* Has nobody time to join? */
bool x86_smp_late_join(void);

#endif /* X86_SMP_LATE_H */
