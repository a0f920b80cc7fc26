/*
 * tests/hosted/test_vga_text.c -- the text screen: wrapping, scrolling, codes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include "lib/random.h"
#include "x86/dev/vga_text.h"

static struct vga_text vga;

static void
put(const char *text)
{
	while (*text != '\0') {
		vga_text_put(&vga, *text++);
		assert_true(vga_text_check(&vga));
	}
}

static void
start(const char *text)
{
	vga_text_init(&vga);
	vga.dirty = 0;
	put(text);
}

/* The characters of @row are @text and then blanks. */
static void
assert_row(unsigned int row, const char *text)
{
	for (unsigned int i = 0; i < VGA_COLUMNS; i++) {
		char want = *text != '\0' ? *text++ : ' ';

		assert_int_equal(vga.cells[row][i] & 0xff, (uint8_t)want);
	}
}

static void
assert_cursor(unsigned int row, unsigned int column)
{
	assert_int_equal(vga.row, row);
	assert_int_equal(vga.column, column);
}

static void
test_lines(void **state)
{
	(void)state;
	start("one\ntwo\rT\n\tx\bY");
	assert_row(0, "one");
	assert_row(1, "Two");
	assert_row(2, "        Y");
	assert_cursor(2, 9);
	assert_int_equal(vga.dirty, 7);
	assert_int_equal(vga.cells[0][0], VGA_NORMAL << 8 | 'o');
}

static void
test_wrap(void **state)
{
	(void)state;
	start("");
	for (unsigned int i = 0; i < VGA_COLUMNS; i++)
		put("a");
	/* A full line and its newline take one row, not two. */
	assert_cursor(0, VGA_COLUMNS);
	put("\nb");
	assert_cursor(1, 1);

	start("");
	for (unsigned int i = 0; i <= VGA_COLUMNS; i++)
		put("a");
	assert_cursor(1, 1);
	assert_row(1, "a");
}

static void
test_scroll(void **state)
{
	char line[8];

	(void)state;
	start("");
	for (unsigned int i = 0; i < VGA_ROWS; i++) {
		snprintf(line, sizeof line, "%u\n", i);
		put(line);
	}
	assert_row(0, "1");
	assert_row(VGA_ROWS - 2, "24");
	assert_row(VGA_ROWS - 1, "");
	assert_cursor(VGA_ROWS - 1, 0);
	assert_int_equal(vga.dirty, (1u << VGA_ROWS) - 1);
}

static void
test_escapes(void **state)
{
	(void)state;
	start("abc\ndef\033[1;2HX");
	assert_row(0, "aXc");
	assert_cursor(0, 2);

	put("\033[K");
	assert_row(0, "aX");
	put("\033[J");
	assert_row(1, "");

	start("abc\ndef\033[2J");
	assert_row(0, "");
	assert_cursor(1, 3);

	/* No parameters: the top left.  Too large ones: the last place. */
	put("\033[H");
	assert_cursor(0, 0);
	put("\033[99999999999;999H");
	assert_cursor(VGA_ROWS - 1, VGA_COLUMNS - 1);

	/* What is not known makes no mark. */
	start("a\033[?25lb\033(c\033[1;2;3;4;5;6xd");
	assert_row(0, "abcd");
}

static void
test_attributes(void **state)
{
	(void)state;
	start("\033[1;31;44ma\033[7mb\033[mc");
	assert_int_equal(vga.cells[0][0], 0x1c << 8 | 'a');
	assert_int_equal(vga.cells[0][1], 0x49 << 8 | 'b');
	assert_int_equal(vga.cells[0][2], VGA_NORMAL << 8 | 'c');
}

static void
test_random(void **state)
{
	static const char bytes[] = "\033[;0123456789HJKm\n\r\b\tax\xff";
	unsigned long count = 200000 * unit_scale();
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	vga_text_init(&vga);
	for (unsigned long i = 0; i < count; i++) {
		vga_text_put(&vga, bytes[random_below(&random,
						      sizeof bytes)]);
		assert_true(vga_text_check(&vga));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_scroll),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_random),
	};

	return unit_main(tests);
}
