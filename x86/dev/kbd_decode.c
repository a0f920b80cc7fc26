/*
 * x86/dev/kbd_decode.c -- from the keyboard's scan codes to characters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/dev/kbd_decode.h"

#include "lib/string.h"

#define CODE_UP			0x80u	/* or-ed in when a key is let go */
#define CODE_EXTENDED		0xe0u
#define CODE_PAUSE		0xe1u	/* and two bytes behind it */
#define CODE_OVERRUN		0xffu	/* or 0: codes were lost */

#define KEY_ENTER		0x1cu	/* extended: of the keypad */
#define KEY_CONTROL		0x1du	/* extended: the right one */
#define KEY_SHIFT_LEFT		0x2au	/* extended: no key, to be ignored */
#define KEY_SLASH		0x35u	/* extended: of the keypad */
#define KEY_SHIFT_RIGHT		0x36u
#define KEY_CAPS		0x3au
#define KEY_BREAK		0x46u	/* extended: Pause, with Control */
#define KEY_DELETE		0x53u	/* extended; plain: of the keypad */

#define LEFT			1u
#define RIGHT			2u

#define KEYS			0x4f	/* codes that the tables know */

/* Characters of the keys from code 0 on; 0: none. */
static const char plain[KEYS + 1] =
	"\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0"
	"*\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0-\0\0\0+";
static const char shifted[KEYS + 1] =
	"\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0"
	"*\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0-\0\0\0+";

_Static_assert(sizeof plain == KEYS + 1 && sizeof shifted == KEYS + 1, "");

void
kbd_decode_init(struct kbd_decoder *decoder)
{
	memset(decoder, 0, sizeof *decoder);
}

static void
set_held(uint8_t *held, unsigned int which, bool is_down)
{
	*held = (uint8_t)(is_down ? *held | which : *held & ~which);
}

static bool
is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* What Control makes of a character, the shifted one where that counts. */
static int
control(char c)
{
	if (c == ' ')
		return 0;
	if (is_letter(c) || (c >= '@' && c <= '_'))
		return c & 0x1f;
	return c;
}

static int
key_character(const struct kbd_decoder *decoder, uint8_t key)
{
	bool shift = decoder->shifts != 0;
	char c;

	if (key >= KEYS || plain[key] == '\0')
		return KBD_NOTHING;
	if (decoder->caps && is_letter(plain[key]))
		shift = !shift;
	c = shift ? shifted[key] : plain[key];
	return decoder->controls != 0 ? control(c) : c;
}

/* Keys with the prefix.  (0xe0 0x2a and 0xe0 0x36 are no shifts.) */
static int
extended_key(struct kbd_decoder *decoder, uint8_t key, bool is_down)
{
	if (key == KEY_CONTROL)
		set_held(&decoder->controls, RIGHT, is_down);
	if (!is_down)
		return KBD_NOTHING;
	switch (key) {
	case KEY_ENTER:
		return '\n';
	case KEY_SLASH:
		return '/';
	case KEY_DELETE:
		return 0x7f;
	case KEY_BREAK:
		return KBD_BREAK;
	default:
		return KBD_NOTHING;
	}
}

static int
plain_key(struct kbd_decoder *decoder, uint8_t key, bool is_down)
{
	switch (key) {
	case KEY_SHIFT_LEFT:
		set_held(&decoder->shifts, LEFT, is_down);
		return KBD_NOTHING;
	case KEY_SHIFT_RIGHT:
		set_held(&decoder->shifts, RIGHT, is_down);
		return KBD_NOTHING;
	case KEY_CONTROL:
		set_held(&decoder->controls, LEFT, is_down);
		return KBD_NOTHING;
	case KEY_CAPS:
		if (is_down && !decoder->caps_down)
			decoder->caps = !decoder->caps;
		decoder->caps_down = is_down;
		return KBD_NOTHING;
	default:
		return is_down ? key_character(decoder, key) : KBD_NOTHING;
	}
}

int
kbd_decode(struct kbd_decoder *decoder, uint8_t code)
{
	bool is_extended = decoder->extended;
	uint8_t key = (uint8_t)(code & ~CODE_UP);
	bool is_down = (code & CODE_UP) == 0;

	decoder->extended = false;
	if (code == 0 || code == CODE_OVERRUN) {
		/* Maybe that a key was let go: as if all had been. */
		bool caps = decoder->caps;

		kbd_decode_init(decoder);
		decoder->caps = caps;
		return KBD_NOTHING;
	}
	if (decoder->skip > 0) {
		decoder->skip--;
		return KBD_NOTHING;
	}
	if (code == CODE_PAUSE) {
		decoder->skip = 2;
		return KBD_NOTHING;
	}
	if (code == CODE_EXTENDED) {
		decoder->extended = true;
		return KBD_NOTHING;
	}
	return is_extended ? extended_key(decoder, key, is_down)
		: plain_key(decoder, key, is_down);
}
