/*
 * tests/hosted/test_rtc.c -- the CMOS clock's registers, sane and not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include "lib/random.h"
#include "x86/dev/rtc.h"

#define SECONDS_PER_DAY	86400u
#define LAST_SECOND	UINT64_C(3155759999)	/* 2069-12-31 23:59:59 */

/* A day as a calendar has it. */
struct date {
	unsigned int year, month, day;
};

static unsigned int
month_length(const struct date *date)
{
	switch (date->month) {
	case 2:
		return date->year % 4 == 0 ? 29 : 28;
	case 4:
	case 6:
	case 9:
	case 11:
		return 30;
	default:
		return 31;
	}
}

static void
next_day(struct date *date)
{
	if (date->day++ < month_length(date))
		return;
	date->day = 1;
	if (date->month++ < 12)
		return;
	date->month = 1;
	date->year++;
}

static uint8_t
number(unsigned int value, uint8_t mode)
{
	if ((mode & RTC_MODE_BINARY) == 0)
		value = value / 10 * 16 + value % 10;
	return (uint8_t)value;
}

/* The registers of a chip that shows @second of @date. */
static struct rtc_time
registers(const struct date *date, unsigned int second, uint8_t mode)
{
	unsigned int hour = second / 3600;
	uint8_t afternoon = 0;

	if ((mode & RTC_MODE_24H) == 0) {
		afternoon = hour >= 12 ? 0x80 : 0;
		hour = hour % 12 == 0 ? 12 : hour % 12;
	}
	return (struct rtc_time){
		.second = number(second % 60, mode),
		.minute = number(second / 60 % 60, mode),
		.hour = number(hour, mode) | afternoon,
		.day = number(date->day, mode),
		.month = number(date->month, mode),
		.year = number(date->year % 100, mode),
		.mode = mode,
	};
}

static void
assert_time(const struct date *date, unsigned int second, uint64_t want)
{
	static const uint8_t modes[] = {
		0, RTC_MODE_24H, RTC_MODE_BINARY,
		RTC_MODE_24H | RTC_MODE_BINARY
	};

	for (unsigned int i = 0; i < sizeof modes; i++) {
		struct rtc_time time = registers(date, second, modes[i]);
		uint64_t got = UINT64_MAX;

		assert_true(rtc_time_seconds(&time, &got));
		assert_int_equal(got, want);
	}
}

static void
test_every_day(void **state)
{
	struct date date = { 1970, 1, 1 };
	uint64_t seconds;

	(void)state;
	for (seconds = 0; seconds < LAST_SECOND; seconds += SECONDS_PER_DAY) {
		assert_time(&date, 0, seconds);
		next_day(&date);
	}
	assert_int_equal(date.year, 2070);
	date = (struct date){ 2069, 12, 31 };
	assert_time(&date, SECONDS_PER_DAY - 1, LAST_SECOND);
}

static void
test_every_minute(void **state)
{
	const struct date date = { 2000, 3, 1 };

	(void)state;
	for (unsigned int i = 0; i < SECONDS_PER_DAY; i += 61)
		assert_time(&date, i, 951868800u + i);
}

static void
test_nonsense(void **state)
{
	static const struct rtc_time bad[] = {
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },	/* no chip */
		{ 0, 0, 0, 0, 0, 0, 0 },			/* day 0 */
		{ 0, 0, 0, 1, 0, 0, RTC_MODE_24H },		/* month 0 */
		{ 0x61, 0, 0, 1, 1, 0, RTC_MODE_24H },
		{ 0, 0x60, 0, 1, 1, 0, RTC_MODE_24H },
		{ 0, 0, 0x24, 1, 1, 0, RTC_MODE_24H },
		{ 0, 0, 0x13, 1, 1, 0, 0 },			/* 13 am */
		{ 0, 0, 0x00, 1, 1, 0, 0 },			/* 0 am */
		{ 0, 0, 0, 0x32, 1, 0, RTC_MODE_24H },
		{ 0, 0, 0, 0x31, 4, 0, RTC_MODE_24H },
		{ 0, 0, 0, 0x30, 2, 0, RTC_MODE_24H },
		{ 0, 0, 0, 0x29, 2, 0x25, RTC_MODE_24H },
		{ 0, 0, 0, 1, 0x13, 0, RTC_MODE_24H },
		{ 0x0a, 0, 0, 1, 1, 0, RTC_MODE_24H },		/* not BCD */
		{ 0, 0, 0, 1, 1, 100, RTC_MODE_24H | RTC_MODE_BINARY },
	};
	uint64_t seconds = 42;

	(void)state;
	for (unsigned int i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(rtc_time_seconds(&bad[i], &seconds));
		assert_int_equal(seconds, 42);
	}
}

/* Whatever the chip says, the answer is a time or a refusal. */
static void
test_random(void **state)
{
	unsigned long count = 200000 * unit_scale();
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	for (unsigned long i = 0; i < count; i++) {
		uint64_t r = random_u64(&random);
		struct rtc_time time = {
			(uint8_t)r, (uint8_t)(r >> 8), (uint8_t)(r >> 16),
			(uint8_t)(r >> 24), (uint8_t)(r >> 32),
			(uint8_t)(r >> 40),
			(uint8_t)(r >> 48) & (RTC_MODE_24H | RTC_MODE_BINARY)
		};
		uint64_t seconds = 0;

		/* Second 60 is allowed: a leap second. */
		if (rtc_time_seconds(&time, &seconds))
			assert_true(seconds <= LAST_SECOND + 1);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_every_minute),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_random),
	};

	return unit_main(tests);
}
