/*
 * x86/smp_late.c -- see x86/smp_late.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/smp_late.h"

#include <machine/boot_info.h>

#include "kern/clock.h"
#include "lib/cmdline.h"
#include "lib/string.h"
#include "x86/dev/lapic.h"

#define LATE_MS		500u	/* that a late one has to begin */

/* Of the processor that starts the others. */
static struct {
	bool		given_up;	/* the first one was */
	bool		called;
	uint32_t	apic_id;
	unsigned int	page;
} late;

static bool
late_is(const char *what)
{
	char value[8];

	return cmdline_find(boot_info()->cmdline, "smp_late", value,
			    sizeof value)
		&& strcmp(value, what) == 0;
}

bool
x86_smp_late_wake(uint32_t apic_id, unsigned int page)
{
	if (!late_is("begin"))
		return false;
	if (!late.given_up) {
		late.given_up = true;
		late.apic_id = apic_id;
		late.page = page;
		return true;
	}
	if (!late.called) {
		late.called = true;
		lapic_send_startup(late.apic_id, late.page);
		clock_sleep_ms(LATE_MS);
	}
	return false;
}

bool
x86_smp_late_join(void)
{
	return late_is("join");
}
