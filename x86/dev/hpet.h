/*
 * x86/dev/hpet.h -- the high precision event timer, as a clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A counter of at least 10 MHz that all processors see, 32 or 64 bits wide.
 * None of its timers is used.
 *
 * Defined in: Intel, "IA-PC HPET Specification" 1.0a.
 */
#ifndef X86_DEV_HPET_H
#define X86_DEV_HPET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/macros.h"

struct clock_reference;
struct clock_source;

/**
 * hpet_init - find the one that ACPI tells of, and let it count
 * @narrow:	use 32 bits of its counter even if there are more
 *
 * Takes it out of the firmware's hands: its interrupts are switched off.
 *
 * Context: start-up, the boot processor, once, after pmap_init().
 * Return:  false: there is none, or it makes no sense.
 */
MUST_CHECK bool hpet_init(bool narrow);

/** hpet_source - as a clock; NULL: hpet_init() found none.  Constant then. */
struct clock_source *hpet_source(void);

/** hpet_reference - to measure others with.  Context: hpet_source() != NULL. */
const struct clock_reference *hpet_reference(void);

#endif /* X86_DEV_HPET_H */
