/*
 * x86/dev/ioapic.h -- I/O APICs: from the lines of devices to local APICs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_IOAPIC_H
#define X86_DEV_IOAPIC_H

#include <stdbool.h>

/**
 * ioapic_init - map the I/O APICs, all inputs masked
 *
 * Lines are ISA's: where each arrives, and how, says ACPI.
 *
 * Context: start-up, interrupts off, after lapic_init() said yes.
 * Return:  false: there is none; use the 8259s.
 */
bool ioapic_init(void);

#endif /* X86_DEV_IOAPIC_H */
