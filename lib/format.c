/*
 * lib/format.c -- formatted text; see lib/format.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A conversion is parsed into a struct format_spec before any argument is
 * fetched, so that text which turns out to be no conversion takes none.
 */
#include "lib/format.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

/* Digits of the greatest number: 2^64 - 1 in octal. */
#define FORMAT_DIGITS	22

enum format_length {
	LENGTH_CHAR,
	LENGTH_SHORT,
	LENGTH_INT,
	LENGTH_LONG,
	LENGTH_LONG_LONG,
	LENGTH_SIZE,
	LENGTH_MAX,
	LENGTH_PTRDIFF,
};

/* A conversion. */
struct format_spec {
	bool	left;		/* flag - */
	bool	zero;		/* flag 0 */
	bool	plus;		/* flag + */
	bool	space;		/* flag space */
	bool	alternate;	/* flag # */
	bool	width_star;	/* width comes as an argument */
	bool	precision_star;	/* precision comes as an argument */
	int	width;		/* 0 to FORMAT_FIELD_MAX, once resolved */
	int	precision;	/* negative: none */
	enum format_length length;
	char	conversion;
};

/* Where we are: output and arguments. */
struct format {
	format_put_fn put;
	void	*arg;
	size_t	total;		/* bytes put out */
	va_list	args;
};

static void
format_put(struct format *format, const char *text, size_t length)
{
	if (length == 0)
		return;
	format->put(format->arg, text, length);
	format->total += length;
}

/* Put out `count` times ' ' or '0'; none if it is not positive. */
static void
format_pad(struct format *format, char with, int count)
{
	static const char blanks[] = "                ";
	static const char zeros[] = "0000000000000000";
	const char *text = with == '0' ? zeros : blanks;

	while (count > 0) {
		int now = MIN(count, (int)sizeof blanks - 1);

		format_put(format, text, (size_t)now);
		count -= now;
	}
}

/* Read a decimal number at *at and go past it.  INT_MAX stands for more. */
static int
format_number(const char **at)
{
	int n = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++)
		n = n > (INT_MAX - 9) / 10 ? INT_MAX : n * 10 + (**at - '0');
	return n;
}

static const char *
format_parse_flags(struct format_spec *spec, const char *at)
{
	for (;; at++) {
		switch (*at) {
		case '-':
			spec->left = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->space = true;
			break;
		case '#':
			spec->alternate = true;
			break;
		default:
			return at;
		}
	}
}

static const char *
format_parse_length(struct format_spec *spec, const char *at)
{
	switch (*at) {
	case 'h':
		spec->length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
		return at + (at[1] == 'h' ? 2 : 1);
	case 'l':
		spec->length = at[1] == 'l' ? LENGTH_LONG_LONG : LENGTH_LONG;
		return at + (at[1] == 'l' ? 2 : 1);
	case 'z':
		spec->length = LENGTH_SIZE;
		return at + 1;
	case 'j':
		spec->length = LENGTH_MAX;
		return at + 1;
	case 't':
		spec->length = LENGTH_PTRDIFF;
		return at + 1;
	default:
		spec->length = LENGTH_INT;
		return at;
	}
}

/*
 * Parse what follows a '%'.
 * Return: the text behind it, or NULL: this is no conversion.
 */
static const char *
format_parse(struct format_spec *spec, const char *at)
{
	*spec = (struct format_spec){ .precision = -1 };

	at = format_parse_flags(spec, at);
	if (*at == '*') {
		spec->width_star = true;
		at++;
	} else {
		spec->width = format_number(&at);
	}
	if (*at == '.') {
		at++;
		if (*at == '*') {
			spec->precision_star = true;
			at++;
		} else {
			spec->precision = format_number(&at);
		}
	}
	at = format_parse_length(spec, at);

	if (*at == '\0' || strchr("diuxXocsp%", *at) == NULL)
		return NULL;
	spec->conversion = *at;
	return at + 1;
}

/* Fetch width and precision that are arguments; keep the width in bounds. */
static void
format_resolve(struct format *format, struct format_spec *spec)
{
	int width = spec->width;

	if (spec->width_star) {
		width = va_arg(format->args, int);
		if (width < 0) {
			spec->left = true;
			width = width < -FORMAT_FIELD_MAX ? FORMAT_FIELD_MAX
							  : -width;
		}
	}
	spec->width = MIN(width, FORMAT_FIELD_MAX);
	if (spec->precision_star)
		spec->precision = va_arg(format->args, int);
}

static intmax_t
format_fetch_signed(struct format *format, enum format_length length)
{
	switch (length) {
	case LENGTH_CHAR:
		return (signed char)va_arg(format->args, int);
	case LENGTH_SHORT:
		return (short)va_arg(format->args, int);
	case LENGTH_INT:
		return va_arg(format->args, int);
	case LENGTH_LONG:
		return va_arg(format->args, long);
	case LENGTH_LONG_LONG:
		return va_arg(format->args, long long);
	case LENGTH_MAX:
		return va_arg(format->args, intmax_t);
	case LENGTH_SIZE:
	case LENGTH_PTRDIFF:
		return va_arg(format->args, ptrdiff_t);
	}
	__builtin_unreachable();
}

static uintmax_t
format_fetch_unsigned(struct format *format, enum format_length length)
{
	switch (length) {
	case LENGTH_CHAR:
		return (unsigned char)va_arg(format->args, unsigned int);
	case LENGTH_SHORT:
		return (unsigned short)va_arg(format->args, unsigned int);
	case LENGTH_INT:
		return va_arg(format->args, unsigned int);
	case LENGTH_LONG:
		return va_arg(format->args, unsigned long);
	case LENGTH_LONG_LONG:
		return va_arg(format->args, unsigned long long);
	case LENGTH_MAX:
		return va_arg(format->args, uintmax_t);
	case LENGTH_SIZE:
	case LENGTH_PTRDIFF:
		return va_arg(format->args, size_t);
	}
	__builtin_unreachable();
}

/* Write digits so that they end before `end`; none for 0.
 * Return: where they begin. */
static char *
format_digits(char *end, uintmax_t value, unsigned int base, char ten)
{
	while (value != 0) {
		unsigned int digit = (unsigned int)(value % base);

		*--end = (char)(digit < 10 ? '0' + (int)digit
				: ten + (int)digit - 10);
		value /= base;
	}
	return end;
}

/*
 * Put out a number: blanks, prefix (sign or 0x), zeros, digits, blanks.
 * Zeros fill up to the precision, or to the width if the flag asks for it.
 */
static void
format_integer(struct format *format, const struct format_spec *spec,
	       const char *prefix, uintmax_t value, unsigned int base)
{
	char buffer[FORMAT_DIGITS];
	char *end = buffer + sizeof buffer;
	char *start = format_digits(end, value, base,
				    spec->conversion == 'X' ? 'A' : 'a');
	int digits = (int)(end - start);
	int prefix_length = (int)strlen(prefix);
	int precision = MIN(spec->precision, FORMAT_FIELD_MAX);
	int zeros, blanks;

	if (precision < 0) {
		precision = 1;
		if (spec->zero && !spec->left)
			precision = MAX(1, spec->width - prefix_length);
	}
	/* Octal's alternate form is one zero more, if there is none. */
	if (spec->alternate && base == 8 && precision <= digits)
		precision = digits + 1;

	zeros = MAX(0, precision - digits);
	blanks = spec->width - prefix_length - zeros - digits;
	if (!spec->left)
		format_pad(format, ' ', blanks);
	format_put(format, prefix, (size_t)prefix_length);
	format_pad(format, '0', zeros);
	format_put(format, start, (size_t)digits);
	if (spec->left)
		format_pad(format, ' ', blanks);
}

static void
format_signed(struct format *format, const struct format_spec *spec)
{
	intmax_t value = format_fetch_signed(format, spec->length);
	uintmax_t magnitude = (uintmax_t)value;
	const char *sign = spec->plus ? "+" : spec->space ? " " : "";

	if (value < 0) {
		sign = "-";
		magnitude = -magnitude;
	}
	format_integer(format, spec, sign, magnitude, 10);
}

static void
format_unsigned(struct format *format, const struct format_spec *spec)
{
	uintmax_t value = format_fetch_unsigned(format, spec->length);
	bool prefixed = spec->alternate && value != 0;

	switch (spec->conversion) {
	case 'x':
		format_integer(format, spec, prefixed ? "0x" : "", value, 16);
		break;
	case 'X':
		format_integer(format, spec, prefixed ? "0X" : "", value, 16);
		break;
	case 'o':
		format_integer(format, spec, "", value, 8);
		break;
	default:
		format_integer(format, spec, "", value, 10);
		break;
	}
}

/* Put out text in a field.  Its length need not fit an int. */
static void
format_text(struct format *format, const struct format_spec *spec,
	    const char *text, size_t length)
{
	int blanks = length < (size_t)spec->width
			? spec->width - (int)length : 0;

	if (!spec->left)
		format_pad(format, ' ', blanks);
	format_put(format, text, length);
	if (spec->left)
		format_pad(format, ' ', blanks);
}

static void
format_string(struct format *format, const struct format_spec *spec)
{
	const char *text = va_arg(format->args, const char *);

	if (text == NULL)
		text = "(null)";
	format_text(format, spec, text,
		    spec->precision < 0 ? strlen(text)
		    : strnlen(text, (size_t)spec->precision));
}

static void
format_convert(struct format *format, const struct format_spec *spec)
{
	char character;

	switch (spec->conversion) {
	case 'd':
	case 'i':
		format_signed(format, spec);
		break;
	case 'p':
		format_integer(format, spec, "0x",
			       (uintptr_t)va_arg(format->args, void *), 16);
		break;
	case 's':
		format_string(format, spec);
		break;
	case 'c':
		character = (char)va_arg(format->args, int);
		format_text(format, spec, &character, 1);
		break;
	case '%':
		format_put(format, "%", 1);
		break;
	default:
		format_unsigned(format, spec);
		break;
	}
}

size_t
format_v(format_put_fn put, void *arg, const char *text, va_list args)
{
	struct format format = { .put = put, .arg = arg, .total = 0 };
	struct format_spec spec;
	const char *start = text;	/* of what is not yet put out */

	va_copy(format.args, args);
	while (*text != '\0') {
		const char *behind = NULL;

		if (*text == '%')
			behind = format_parse(&spec, text + 1);
		if (behind == NULL) {
			text++;
			continue;
		}
		format_put(&format, start, (size_t)(text - start));
		format_resolve(&format, &spec);
		format_convert(&format, &spec);
		text = behind;
		start = text;
	}
	format_put(&format, start, (size_t)(text - start));
	va_end(format.args);
	return format.total;
}

/* Room that is left in a buffer, the final 0 not counted. */
struct format_buffer {
	char	*at;
	size_t	room;
};

static void
format_put_buffer(void *arg, const char *text, size_t length)
{
	struct format_buffer *buffer = arg;
	size_t fits = MIN(length, buffer->room);

	if (fits == 0)
		return;
	memcpy(buffer->at, text, fits);
	buffer->at += fits;
	buffer->room -= fits;
}

int
kvsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
	struct format_buffer to = { buffer, size != 0 ? size - 1 : 0 };
	size_t length = format_v(format_put_buffer, &to, format, args);

	if (size != 0)
		*to.at = '\0';
	return (int)MIN(length, (size_t)INT_MAX);
}

int
ksnprintf(char *buffer, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = kvsnprintf(buffer, size, format, args);
	va_end(args);
	return length;
}
