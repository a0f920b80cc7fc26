/*
 * x86/dev/kbd_decode.h -- from the keyboard's scan codes to characters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pure: a byte in, at most one character out.  The codes are of set 1, what the
 * keyboard controller makes of all others; the layout is the American one.
 * Return is '\n', Backspace '\b', Delete 0x7f, Escape 0x1b.  Control makes
 * control characters of letters and of @ [ \ ] ^ _ and the blank.  Keys of the
 * keypad but + - * / and Enter, function keys and cursor keys give nothing, and
 * Alt changes nothing.  Break, which is Pause with Control, is no character.
 *
 * Defined in: IBM PS/2 hardware interface technical reference, "Keyboard
 * (101/102-key)", scan code set 1.
 */
#ifndef X86_DEV_KBD_DECODE_H
#define X86_DEV_KBD_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#define KBD_NOTHING	(-1)
#define KBD_BREAK	(-2)

struct kbd_decoder {
	uint8_t	shifts;		/* which are down: a bit for each side */
	uint8_t	controls;	/* the same */
	bool	caps;		/* Caps Lock is in effect */
	bool	caps_down;	/* its key is down: it repeats */
	bool	extended;	/* the last byte was the prefix 0xe0 */
	uint8_t	skip;		/* bytes left of the Pause key's sequence */
};

/** kbd_decode_init - all keys are up.  @decoder: any contents. */
void kbd_decode_init(struct kbd_decoder *decoder);

/**
 * kbd_decode - take a byte from the keyboard
 * @decoder:	what was before
 * @code:	the byte
 *
 * Return:  a character, 0 to 0x7f, KBD_BREAK or KBD_NOTHING.
 */
int kbd_decode(struct kbd_decoder *decoder, uint8_t code);

#endif /* X86_DEV_KBD_DECODE_H */
