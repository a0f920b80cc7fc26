/*
 * x86/dev/rtc.h -- the battery-backed clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_RTC_H
#define X86_DEV_RTC_H

#include <stdbool.h>
#include <stdint.h>

/* The chip's registers as they are read: BCD or binary, 12 or 24 hours. */
struct rtc_time {
	uint8_t second, minute, hour;
	uint8_t day, month;	/* from 1 */
	uint8_t year;		/* of the century */
	uint8_t mode;			/* RTC_MODE_* */
};

#define RTC_MODE_24H	0x02	/* else 12 h, afternoon: bit 7 of hour */
#define RTC_MODE_BINARY	0x04	/* else BCD */

/**
 * rtc_time_seconds - what the registers mean
 * @time:	the registers, any values
 * @seconds:	out: seconds since 1970-01-01 00:00, the clock's own zone taken
 *		as UTC; years 70 to 99 are of the 20th century, others of the
 *		21st
 *
 * Pure: tested on the host.
 * Return:  true; false, nothing written: no such time.
 */
bool rtc_time_seconds(const struct rtc_time *time, uint64_t *seconds);

/**
 * rtc_read - ask the chip
 *
 * Waits for an update in progress, about 2 ms at most.
 * Context: start-up, interrupts off.
 * Return:  seconds since 1970; 0 if the chip is absent or talks nonsense.
 */
uint64_t rtc_read(void);

#endif /* X86_DEV_RTC_H */
