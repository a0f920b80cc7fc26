/*
 * lib/format.h -- formatted text: one core for every kind of output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The conversions, a subset of printf's (C11 7.21.6.1):
 *
 *	%[flags][width][.precision][length]conversion
 *
 *	flags		- 0 + space #
 *	width		a number or *
 *	precision	a number or *; none after the dot: 0
 *	length		hh h l ll z j t
 *	conversion	d i  u x X o  c s p %
 *
 * %p prints 0x and hexadecimal digits; %s of NULL prints (null).  Anything
 * else, floating point and %n above all, is no conversion: its text is put
 * out as it stands and it takes no argument.
 *
 * Limits: a width, and the precision of a number, above FORMAT_FIELD_MAX
 * counts as FORMAT_FIELD_MAX, whether it stands in the format or is an
 * argument.  So the output is bounded by the lengths of the format and of its
 * strings and by FORMAT_FIELD_MAX for each conversion.  The precision of a
 * string has no limit and reads no byte past it: "%.*s" is safe with text
 * that does not end in a 0.
 *
 * No locks, no state, no allocation, and about 400 bytes of stack: for any
 * context.
 */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/macros.h"

#define FORMAT_FIELD_MAX	1024

/* Where output goes: takes `length` bytes (not 0) of text, which does not end
 * in a 0 and must not be kept. */
typedef void (*format_put_fn)(void *arg, const char *text, size_t length);

/**
 * format_v - the core: put out formatted text piece by piece
 * @put:	is given each piece in order
 * @arg:	for @put
 * @format:	see above
 * @args:	for the conversions; used up afterwards as by vprintf
 *
 * Return:  the number of bytes put out.
 */
size_t format_v(format_put_fn put, void *arg, const char *format, va_list args)
	PRINTF_LIKE(3, 0);

/**
 * kvsnprintf, ksnprintf - formatted text into a buffer
 * @buffer:	room for @size bytes; ends with a 0 afterwards unless @size is
 *		0.  May be NULL then
 * @size:	in bytes, the 0 included
 * @format:	see above
 *
 * Return:  the length that the whole text has, at most INT_MAX: it was cut if
 *	    that is not below @size.
 */
int kvsnprintf(char *buffer, size_t size, const char *format, va_list args)
	PRINTF_LIKE(3, 0);
int ksnprintf(char *buffer, size_t size, const char *format, ...)
	PRINTF_LIKE(3, 4);

#endif /* LIB_FORMAT_H */
