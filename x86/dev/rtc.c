/*
 * x86/dev/rtc.c -- reading the battery-backed clock (MC146818 and its heirs).
 *
 * Its registers change once a second, and are not to be trusted for some
 * 2 ms around that: it says so beforehand (update in progress).  Two equal
 * readings with no update before either are taken for true.
 *
 * Defined in: Motorola MC146818 data sheet, "Update cycle", "Register A, B".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/printf.h"
#include "lib/string.h"
#include "x86/dev/io.h"
#include "x86/dev/rtc.h"
#include <machine/console.h>
#include <machine/cpu.h>

#define RTC_INDEX	0x70
#define RTC_DATA	0x71

enum rtc_register {
	RTC_SECOND = 0,
	RTC_MINUTE = 2,
	RTC_HOUR = 4,
	RTC_DAY = 7,
	RTC_MONTH = 8,
	RTC_YEAR = 9,
	RTC_A = 10,
	RTC_B = 11
};

#define RTC_A_UPDATING	0x80

#define RTC_WAIT_READS	4000		/* two port accesses each: 4 ms or so */
#define RTC_TRIES	5

static uint8_t
rtc_register(enum rtc_register index)
{
	io_write8(RTC_INDEX, (uint8_t)index);
	return io_read8(RTC_DATA);
}

static struct rtc_time
rtc_registers(void)
{
	struct rtc_time time;
	unsigned int reads = RTC_WAIT_READS;

	while ((rtc_register(RTC_A) & RTC_A_UPDATING) != 0 && --reads > 0)
		continue;

	time.second = rtc_register(RTC_SECOND);
	time.minute = rtc_register(RTC_MINUTE);
	time.hour = rtc_register(RTC_HOUR);
	time.day = rtc_register(RTC_DAY);
	time.month = rtc_register(RTC_MONTH);
	time.year = rtc_register(RTC_YEAR);
	time.mode = rtc_register(RTC_B) & (RTC_MODE_24H | RTC_MODE_BINARY);
	return time;
}

uint64_t
rtc_read(void)
{
	uint64_t start = cpu_cycles();
	uint64_t seconds = 0;
	struct rtc_time time = rtc_registers();
	struct rtc_time again;
	unsigned int tries = RTC_TRIES;

	do {
		again = time;
		time = rtc_registers();
	} while (memcmp(&time, &again, sizeof time) != 0 && --tries > 0);
	machine_busy_add(cpu_cycles() - start);

	if (tries == 0 || !rtc_time_seconds(&time, &seconds)) {
		kprintf("clock: the CMOS clock makes no sense\n");
		return 0;
	}
	return seconds;
}
