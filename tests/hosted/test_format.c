/*
 * tests/hosted/test_format.c -- formatted text against the C library's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <limits.h>
#include <string.h>

#include "lib/format.h"
#include "lib/random.h"

static struct random prng;

static size_t
below(size_t bound)
{
	return random_below(&prng, (uint32_t)bound);
}

/* Both sides under one name, so that a test is one line. */
#define CHECK(...) \
	do { \
		char ours_[256], theirs_[256]; \
		int a_ = ksnprintf(ours_, sizeof ours_, __VA_ARGS__); \
		int b_ = snprintf(theirs_, sizeof theirs_, __VA_ARGS__); \
		assert_string_equal(ours_, theirs_); \
		assert_int_equal(a_, b_); \
	} while (0)

static void
test_plain(void **state)
{
	(void)state;
	CHECK("no conversion");
	CHECK("%%");
	CHECK("100%% %s", "sure");
	CHECK("%d %s %c %x", -5, "five", '5', 5u);
	CHECK("%s%s%s", "a", "", "c");
	CHECK("%c%c", 0x41, 'b');
}

static void
test_limits_of_types(void **state)
{
	(void)state;
	CHECK("%d %d %i", INT_MIN, INT_MAX, 0);
	CHECK("%ld %ld %lu", LONG_MIN, LONG_MAX, ULONG_MAX);
	CHECK("%lld %lld %llu", LLONG_MIN, LLONG_MAX, ULLONG_MAX);
	CHECK("%llo %llx %llX", ULLONG_MAX, ULLONG_MAX, ULLONG_MAX);
	CHECK("%jd %ju", INTMAX_MIN, UINTMAX_MAX);
	CHECK("%zu %zx %zd", SIZE_MAX, SIZE_MAX, (ssize_t)-1);
	CHECK("%td", (ptrdiff_t)PTRDIFF_MIN);
	CHECK("%p", (void *)&prng);
}

/* Random flags, width and precision before `tail`. */
static void
random_format(char *format, size_t size, const char *tail)
{
	static const char flags[] = "-0+ #";
	size_t used = (size_t)snprintf(format, size, "<%%");
	char *end = format + used;

	for (size_t i = 0; i < strlen(flags); i++)
		if (below(3) == 0)
			*end++ = flags[i];
	if (below(2) == 0)
		end += sprintf(end, "%u", (unsigned int)below(40));
	if (below(2) == 0)
		end += sprintf(end, ".%u", (unsigned int)below(40));
	else if (below(8) == 0)
		end += sprintf(end, ".");
	sprintf(end, "%s>", tail);
	assert_true(strlen(format) < size);
}

static uint64_t
random_number(void)
{
	uint64_t number = random_u64(&prng) >> below(64);

	return below(4) == 0 ? 0 - number : below(8) == 0 ? 0 : number;
}

#define CHECK_NUMBER(type, length) \
	do { \
		char tail_[8] = length "?"; \
		tail_[strlen(length)] = "diuxXo"[below(6)]; \
		random_format(format, sizeof format, tail_); \
		a = ksnprintf(ours, sizeof ours, format, (type)number); \
		b = snprintf(theirs, sizeof theirs, format, (type)number); \
	} while (0)

static void
test_random_numbers(void **state)
{
	unsigned long rounds = 100000 * unit_scale();
	int a = 0, b = 0;
	char format[64], ours[256], theirs[256];

	(void)state;
	random_init(&prng, unit_seed());
	while (rounds-- > 0) {
		uint64_t number = random_number();

		switch (below(8)) {
		case 0:
			CHECK_NUMBER(int, "hh");
			break;
		case 1:
			CHECK_NUMBER(int, "h");
			break;
		case 2:
			CHECK_NUMBER(int, "");
			break;
		case 3:
			CHECK_NUMBER(long, "l");
			break;
		case 4:
			CHECK_NUMBER(long long, "ll");
			break;
		case 5:
			CHECK_NUMBER(size_t, "z");
			break;
		case 6:
			CHECK_NUMBER(intmax_t, "j");
			break;
		case 7:
			CHECK_NUMBER(ptrdiff_t, "t");
			break;
		}
		assert_string_equal(ours, theirs);
		assert_int_equal(a, b);
	}
}

static void
test_random_strings(void **state)
{
	unsigned long rounds = 20000 * unit_scale();
	char format[64], ours[256], theirs[256], text[32];

	(void)state;
	random_init(&prng, unit_seed());
	while (rounds-- > 0) {
		size_t length = below(sizeof text);
		size_t room = below(sizeof ours);
		int a, b;

		memset(text, 'x', length);
		text[length] = '\0';
		random_format(format, sizeof format, "s");
		memset(ours, '#', sizeof ours);
		memset(theirs, '#', sizeof theirs);
		a = ksnprintf(ours, room, format, text);
		b = snprintf(theirs, room, format, text);
		assert_int_equal(a, b);
		assert_memory_equal(ours, theirs, sizeof ours);
	}
}

static void
test_star(void **state)
{
	(void)state;
	CHECK("<%*d>", 8, 42);
	CHECK("<%*d>", -8, 42);
	CHECK("<%.*d>", 8, 42);
	CHECK("<%.*d>", -8, 42);
	CHECK("<%-*.*d>", 12, 5, 42);
	CHECK("<%0*d>", 12, -42);
	CHECK("<%*s>", 8, "text");
	CHECK("<%.*s>", 2, "text");
	CHECK("<%.*s>", -2, "text");
	CHECK("<%*.*s>", -8, 0, "text");
	CHECK("<%*c>", 3, 'c');
}

/* What we define and the C library does not, or differently. */
static void
test_own_rules(void **state)
{
	const char *volatile none = NULL;
	char buffer[64];

	(void)state;
	ksnprintf(buffer, sizeof buffer, "%p|%12p", NULL, (void *)0xab);
	assert_string_equal(buffer, "0x0|        0xab");
	ksnprintf(buffer, sizeof buffer, "%s|%.3s", none, none);
	assert_string_equal(buffer, "(null)|(nu");
	assert_int_equal(ksnprintf(NULL, 0, "%d", 12345), 5);
}

/* Called through a variable, so that the compiler does not check formats
 * that are wrong on purpose. */
static int (*volatile format_unchecked)(char *, size_t, const char *, ...)
	= ksnprintf;

static void
test_unknown_takes_no_argument(void **state)
{
	static const char *const unknown[] = {
		"%n", "%f", "%", "%-", "%5", "%5.", "%.", "%l", "%hhh", "%q",
		"%*y", "%.*n", "%L", "%-+ #08.3y", "%lln", "%\x80",
	};
	char buffer[64], format[64];

	(void)state;
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		/* Before it and behind it, arguments find their places. */
		snprintf(format, sizeof format, "%%d %s", unknown[i]);
		format_unchecked(buffer, sizeof buffer, format, 7, 8);
		assert_true(strncmp(buffer, "7 ", 2) == 0);
		assert_string_equal(buffer + 2, unknown[i]);
	}
	format_unchecked(buffer, sizeof buffer, "%y%d", 7);
	assert_string_equal(buffer, "%y7");
	format_unchecked(buffer, sizeof buffer, "%*n%d", 7);
	assert_string_equal(buffer, "%*n7");
}

/* Output, counted and not kept. */
struct sink {
	size_t	bytes;
	size_t	pieces;
	size_t	longest;
};

static void
sink_put(void *arg, const char *text, size_t length)
{
	struct sink *sink = arg;

	assert_non_null(text);
	assert_true(length != 0);
	sink->bytes += length;
	sink->pieces++;
	if (length > sink->longest)
		sink->longest = length;
}

static struct sink
sink_format(const char *format, ...)
{
	struct sink sink = { 0, 0, 0 };
	va_list args;
	size_t length;

	va_start(args, format);
	length = format_v(sink_put, &sink, format, args);
	va_end(args);
	assert_int_equal(length, sink.bytes);
	return sink;
}

/* Whatever width and precision say, a conversion puts out no more than
 * FORMAT_FIELD_MAX and a few bytes, in pieces of which there are few. */
static void
test_hostile_widths_are_bounded(void **state)
{
	static const int hostile[] = {
		FORMAT_FIELD_MAX, FORMAT_FIELD_MAX + 1, 65536, 1 << 24,
		INT_MAX - 1, INT_MAX, INT_MIN, INT_MIN + 1, -1,
		-FORMAT_FIELD_MAX - 1,
	};
	static const char *const formats[] = {
		"%*.*d", "%-*.*x", "%0*.*u", "%+*.*d", "%#*.*o", "%#0*.*X",
	};
	static const char *const literal[] = {
		"%2147483647d", "%99999999999999999999d", "%.2147483648d",
		"%-4294967296d", "%04294967295d", "%#.99999999o",
		"%18446744073709551616.18446744073709551616d",
	};
	const size_t most = FORMAT_FIELD_MAX + 8;

	(void)state;
	for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++)
		for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++)
			for (size_t j = 0; j < sizeof hostile
					/ sizeof hostile[0]; j++) {
				struct sink sink = sink_format(formats[f],
					hostile[i], hostile[j], -1);

				assert_true(sink.bytes <= most);
				assert_true(sink.pieces <= most / 16 + 4);
			}
	for (size_t f = 0; f < sizeof literal / sizeof literal[0]; f++)
		assert_true(sink_format(literal[f], -1).bytes <= most);

	assert_int_equal(sink_format("%*s", INT_MAX, "x").bytes,
			 FORMAT_FIELD_MAX);
	assert_int_equal(sink_format("%*s", INT_MIN, "x").bytes,
			 FORMAT_FIELD_MAX);
	assert_int_equal(sink_format("%*c", INT_MAX, 'x').bytes,
			 FORMAT_FIELD_MAX);
	assert_int_equal(sink_format("%*p", INT_MAX, NULL).bytes,
			 FORMAT_FIELD_MAX);
	assert_int_equal(sink_format("%.*s", INT_MAX, "xyz").bytes, 3);
}

/* A string's precision is the number of bytes that may be read. */
static void
test_precision_bounds_reading(void **state)
{
	char *text = malloc(3);
	char buffer[8];

	(void)state;
	assert_non_null(text);
	memcpy(text, "abc", 3);
	ksnprintf(buffer, sizeof buffer, "%.3s", text);
	assert_string_equal(buffer, "abc");
	ksnprintf(buffer, sizeof buffer, "%.*s", 2, text);
	assert_string_equal(buffer, "ab");
	free(text);
	ksnprintf(buffer, sizeof buffer, "<%.0s>", (const char *)8);
	assert_string_equal(buffer, "<>");
}

/* A string longer than any field goes out whole, and in one piece. */
static void
test_long_string(void **state)
{
	static char text[5000];
	struct sink sink;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	sink = sink_format("%s", text);
	assert_int_equal(sink.bytes, sizeof text - 1);
	assert_int_equal(sink.longest, sizeof text - 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_limits_of_types),
		cmocka_unit_test(test_random_numbers),
		cmocka_unit_test(test_random_strings),
		cmocka_unit_test(test_star),
		cmocka_unit_test(test_own_rules),
		cmocka_unit_test(test_unknown_takes_no_argument),
		cmocka_unit_test(test_hostile_widths_are_bounded),
		cmocka_unit_test(test_precision_bounds_reading),
		cmocka_unit_test(test_long_string),
	};

	return unit_main(tests);
}
