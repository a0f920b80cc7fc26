/*
 * tests/hosted/test_kbd.c -- what the keyboard's scan codes mean.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include "lib/macros.h"
#include "lib/random.h"
#include "x86/dev/kbd_decode.h"

#define END		0xff	/* behind a list of codes */
#define CODES(...)	((const uint8_t[]){ __VA_ARGS__, END })

/* Decode bytes into a string. */
static const char *
typed(struct kbd_decoder *decoder, const uint8_t *codes)
{
	static char text[64];
	size_t length = 0;

	for (; *codes != END; codes++) {
		int c = kbd_decode(decoder, *codes);

		if (c != KBD_NOTHING)
			text[length++] = (char)c;
	}
	text[length] = '\0';
	return text;
}

static void
test_sequences(void **state)
{
	static const struct {
		uint8_t codes[32];
		const char *text;
	} cases[] = {
		/* "help", each key pressed and let go, then Return */
		{ { 0x23, 0xa3, 0x12, 0x92, 0x26, 0xa6, 0x19, 0x99, 0x1c,
			0x9c, END }, "help\n" },
		/* held: the keyboard repeats */
		{ { 0x1e, 0x1e, 0x1e, 0x9e, END }, "aaa" },
		/* rolled over */
		{ { 0x1e, 0x30, 0x9e, 0xb0, END }, "ab" },
		/* left shift, right shift, and both, one of which stays */
		{ { 0x2a, 0x1e, 0xaa, 0x1e, END }, "Aa" },
		{ { 0x36, 0x02, 0xb6, 0x02, END }, "!1" },
		{ { 0x2a, 0x36, 0x1e, 0xaa, 0x1e, 0xb6, 0x1e, END }, "AAa" },
		/* Caps Lock: letters, turned round by shift, once a press */
		{ { 0x3a, 0xba, 0x1e, 0x02, 0x2a, 0x1e, 0x02, 0xaa, 0x3a,
			0xba, 0x1e, END }, "A1a!a" },
		{ { 0x3a, 0x3a, 0x3a, 0xba, 0x1e, END }, "A" },
		/* Control: U, C, [, both cases, the right one */
		{ { 0x1d, 0x16, 0x9d, 0x16, END }, "\x15u" },
		{ { 0x1d, 0x2e, 0x2a, 0x2e, 0xaa, 0x9d, END }, "\x03\x03" },
		{ { 0x1d, 0x1a, 0x9d, END }, "\x1b" },
		{ { 0xe0, 0x1d, 0x20, 0xe0, 0x9d, 0x20, END }, "\x04" "d" },
		{ { 0x1d, 0x03, 0x9d, END }, "2" },
		/* Backspace, Tab, Escape, Delete */
		{ { 0x0e, 0x8e, 0x0f, 0x8f, 0x01, 0x81, 0xe0, 0x53, 0xe0,
			0xd3, END }, "\b\t\x1b\x7f" },
		/* punctuation, plain and shifted */
		{ { 0x0c, 0x0d, 0x1a, 0x1b, 0x27, 0x28, 0x29, 0x2b, 0x33,
			0x34, 0x35, 0x39, END }, "-=[];'`\\,./ " },
		{ { 0x2a, 0x0c, 0x0d, 0x1a, 0x1b, 0x27, 0x28, 0x29, 0x2b,
			0x33, 0x34, 0x35, 0x39, END }, "_+{}:\"~|<>? " },
		/* the keypad: * - + Enter / and no digits */
		{ { 0x37, 0x4a, 0x4e, 0xe0, 0x1c, 0xe0, 0x35, 0x47, 0x48,
			0x4c, 0x52, 0x53, END }, "*-+\n/" },
		/* cursor keys, with the shifts that are none around them */
		{ { 0xe0, 0x2a, 0xe0, 0x48, 0xe0, 0xc8, 0xe0, 0xaa, 0x1e, END },
		  "a" },
		/* Print Screen, Pause, function keys, Alt, the Windows key */
		{ { 0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa, 0xe1,
			0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x3b, 0xbb, 0x57, 0xd7,
			0x38, 0xb8, 0xe0, 0x5b, 0xe0, 0xdb, 0x1e, END }, "a" },
		/* codes that no key has, and an answer that came late */
		{ { 0x54, 0x7f, 0xfa, 0xfe, 0x1e, END }, "a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kbd_decoder decoder;

		memset(&decoder, 0xa5, sizeof decoder);
		kbd_decode_init(&decoder);
		assert_string_equal(typed(&decoder, cases[i].codes),
				    cases[i].text);
	}
}

/* The two characters with the value that ends a string, and the one of ^@. */
static void
test_control_zero(void **state)
{
	struct kbd_decoder decoder;

	(void)state;
	kbd_decode_init(&decoder);
	assert_int_equal(kbd_decode(&decoder, 0x1d), KBD_NOTHING);
	assert_int_equal(kbd_decode(&decoder, 0x39), 0);
	assert_int_equal(kbd_decode(&decoder, 0x2a), KBD_NOTHING);
	assert_int_equal(kbd_decode(&decoder, 0x03), 0);
}

/* Break is Pause with Control, left or right; once a press. */
static void
test_break(void **state)
{
	static const uint8_t codes[] = { 0x1d, 0xe0, 0x46, 0xe0, 0xc6, 0x9d,
		0xe0, 0x1d, 0xe0, 0x46, 0xe0, 0xc6, 0xe0, 0x9d, 0x46, 0xc6 };
	struct kbd_decoder decoder;
	unsigned int breaks = 0;

	(void)state;
	kbd_decode_init(&decoder);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		int c = kbd_decode(&decoder, codes[i]);

		assert_true(c == KBD_BREAK || c == KBD_NOTHING);
		breaks += c == KBD_BREAK;
	}
	assert_int_equal(breaks, 2);
}

/* When codes are lost nothing stays held down; Caps Lock stays as it is. */
static void
test_overrun(void **state)
{
	static const uint8_t lost[] = { 0x00, 0xff };
	struct kbd_decoder decoder;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		kbd_decode_init(&decoder);
		assert_string_equal(typed(&decoder, CODES(0x3a, 0xba, 0x2a,
							  0x1d, 0xe1)), "");
		assert_int_equal(kbd_decode(&decoder, lost[i]), KBD_NOTHING);
		assert_string_equal(typed(&decoder, CODES(0x1e)), "A");
	}
}

/* Nothing but characters and KBD_NOTHING, whatever comes. */
static void
test_noise(void **state)
{
	struct kbd_decoder decoder;
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	kbd_decode_init(&decoder);
	for (unsigned long i = 0; i < 100000 * unit_scale(); i++) {
		int c = kbd_decode(&decoder, (uint8_t)random_u64(&random));

		assert_true(c == KBD_NOTHING || c == KBD_BREAK
			    || (c >= 0 && c < 0x80));
		assert_true(decoder.skip <= 2 && decoder.shifts <= 3);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_control_zero),
		cmocka_unit_test(test_break),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_noise),
	};

	return unit_main(tests);
}
