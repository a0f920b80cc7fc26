/*
 * x86/dev/rtc_time.c -- from the clock chip's registers to seconds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lib/macros.h"
#include "x86/dev/rtc.h"

#define RTC_HOUR_PM	0x80
#define DAYS_PER_4Y	(4 * 365 + 1)

/* @value as a number; anything above 99 if it is not one. */
static unsigned int
rtc_number(uint8_t value, uint8_t mode)
{
	if ((mode & RTC_MODE_BINARY) != 0)
		return value;
	if ((value & 0x0f) > 9 || value >> 4 > 9)
		return UINT8_MAX;
	return (value >> 4) * 10u + (value & 0x0f);
}

/* 0 to 23, or more for nonsense. */
static unsigned int
rtc_hour(const struct rtc_time *time)
{
	unsigned int hour;

	if ((time->mode & RTC_MODE_24H) != 0)
		return rtc_number(time->hour, time->mode);

	hour = rtc_number(time->hour & (uint8_t)~RTC_HOUR_PM, time->mode);
	if (hour < 1 || hour > 12)
		return UINT8_MAX;
	/* 12 am is midnight, 12 pm is noon. */
	return hour % 12 + ((time->hour & RTC_HOUR_PM) != 0 ? 12 : 0);
}

bool
rtc_time_seconds(const struct rtc_time *time, uint64_t *seconds)
{
	static const uint16_t days_before[] = {
		0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365
	};
	unsigned int second = rtc_number(time->second, time->mode);
	unsigned int minute = rtc_number(time->minute, time->mode);
	unsigned int hour = rtc_hour(time);
	unsigned int day = rtc_number(time->day, time->mode);
	unsigned int month = rtc_number(time->month, time->mode);
	unsigned int year = rtc_number(time->year, time->mode);
	unsigned int length, days;
	bool leap;

	/* Second 60: some chips count a leap second. */
	if (second > 60 || minute > 59 || hour > 23 || year > 99)
		return false;
	if (month < 1 || month > 12)
		return false;

	/* From 1970 to 2069 each fourth year is a leap year, 2000 too. */
	year = year >= 70 ? year - 70 : year + 30;
	leap = year % 4 == 2;
	length = (unsigned int)(days_before[month] - days_before[month - 1]);
	if (leap && month == 2)
		length++;
	if (day < 1 || day > length)
		return false;

	days = year / 4 * DAYS_PER_4Y + year % 4 * 365;
	days += year % 4 == 3 ? 1 : 0;
	days += days_before[month - 1] + day - 1u;
	days += leap && month > 2 ? 1 : 0;
	*seconds = ((days * 24ull + hour) * 60 + minute) * 60 + second;
	return true;
}
