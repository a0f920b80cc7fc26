/*
 * tests/hosted/test_cmdline.c -- words of the kernel's command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/cmdline.h"
#include "lib/macros.h"

static void
test_next(void **state)
{
	const char *line = " a=1 \tb  c= =d e=f=g\n-s ";
	static const struct {
		const char *name, *value;
	} want[] = {
		{ "a", "1" }, { "b", NULL }, { "c", "" }, { "", "d" },
		{ "e", "f=g" }, { "-s", NULL },
	};
	struct cmdline_word word;

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		assert_true(cmdline_next(&line, &word));
		assert_int_equal(word.name_length, strlen(want[i].name));
		assert_memory_equal(word.name, want[i].name,
				    word.name_length);
		if (want[i].value == NULL) {
			assert_null(word.value);
			continue;
		}
		assert_int_equal(word.value_length, strlen(want[i].value));
		assert_memory_equal(word.value, want[i].value,
				    word.value_length);
	}
	assert_false(cmdline_next(&line, &word));
	assert_false(cmdline_next(&line, &word));
	assert_string_equal(line, "");
}

static void
test_no_line(void **state)
{
	const char *line = NULL;
	struct cmdline_word word;
	char buffer[8] = "keep";

	(void)state;
	assert_false(cmdline_next(&line, &word));
	assert_false(cmdline_has(NULL, "a"));
	assert_false(cmdline_find("", "a", buffer, sizeof buffer));
	assert_string_equal(buffer, "keep");
	cmdline_letters(NULL, buffer, sizeof buffer);
	assert_string_equal(buffer, "-x");
	cmdline_root_device(NULL, buffer, sizeof buffer);
	assert_string_equal(buffer, "UNKNOWN");
}

static void
test_find(void **state)
{
	const char *line = "root=/dev/hd0s1 console=com0 debug-exit "
			"console=com1 xconsole=kd empty=";
	char buffer[16];

	(void)state;
	assert_true(cmdline_find(line, "console", buffer, sizeof buffer));
	assert_string_equal(buffer, "com0");
	assert_true(cmdline_find(line, "console", buffer, 4));
	assert_string_equal(buffer, "com");
	assert_true(cmdline_find(line, "debug-exit", buffer, sizeof buffer));
	assert_string_equal(buffer, "");
	assert_true(cmdline_find(line, "empty", buffer, sizeof buffer));
	assert_string_equal(buffer, "");
	assert_true(cmdline_has(line, "root"));
	assert_false(cmdline_has(line, "debug"));
	assert_false(cmdline_has(line, "debug-exit-now"));
	assert_false(cmdline_has(line, "com0"));
	assert_false(cmdline_has(line, ""));
}

static void
test_number(void **state)
{
	static const char *const bad[] = {
		"", "-1", "+1", " 1", "1 ", "0x10", "12a", "/", ":",
	};
	char most[24] = "", text[24];
	unsigned long number = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(cmdline_number(bad[i], &number));
	/* One more than the most, and ten times as much. */
	(void)snprintf(most, sizeof most, "%lu", ULONG_MAX);
	memcpy(text, most, sizeof text);
	text[strlen(text) - 1]++;
	assert_false(cmdline_number(text, &number));
	(void)snprintf(text, sizeof text, "%lu0", ULONG_MAX);
	assert_false(cmdline_number(text, &number));
	assert_int_equal(number, 7);

	assert_true(cmdline_number(most, &number));
	assert_true(number == ULONG_MAX);
	assert_true(cmdline_number("0", &number));
	assert_int_equal(number, 0);
	assert_true(cmdline_number("0012345", &number));
	assert_int_equal(number, 12345);
}

static void
test_letters(void **state)
{
	static const struct {
		const char *line, *letters;
	} cases[] = {
		{ "", "-x" },
		{ "-", "-x" },
		{ "a-b root=-c", "-x" },
		{ "-s", "-s" },
		{ "-ab root=x -c", "-abc" },
		{ "-abcdefghij", "-abcdef" },
		{ "-abcdef -ghij", "-abcdef" },
	};
	char buffer[8];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		cmdline_letters(cases[i].line, buffer, sizeof buffer);
		assert_string_equal(buffer, cases[i].letters);
	}
}

static void
test_root_device(void **state)
{
	static const struct {
		const char *line, *device;
	} cases[] = {
		{ "quiet", "UNKNOWN" },
		{ "root", "UNKNOWN" },
		{ "rootdelay=3", "UNKNOWN" },
		{ "root=/dev/hd0s1", "hd0s1" },
		{ "a root=hd0s2 b", "hd0s2" },
		{ "root=/dev/", "" },
		{ "root=/dev", "/dev" },
		{ "root=", "" },
		{ "root=part:1:device:hd0", "part:1:" },
	};
	char buffer[8];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		cmdline_root_device(cases[i].line, buffer, sizeof buffer);
		assert_string_equal(buffer, cases[i].device);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_no_line),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_root_device),
	};

	return unit_main(tests);
}
