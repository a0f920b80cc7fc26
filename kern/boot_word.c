/*
 * kern/boot_word.c -- see kern/boot_word.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/boot_word.h"

#include <machine/boot_info.h>

#include "kern/printf.h"
#include "lib/cmdline.h"

#define VALUE_SIZE	24u	/* bytes of a word's value */

bool
boot_word_number(const char *word, unsigned long *number)
{
	char text[VALUE_SIZE];

	if (!cmdline_find(boot_info()->cmdline, word, text, sizeof text)
	    || text[0] == '\0')
		return false;
	if (cmdline_number(text, number))
		return true;
	kprintf("boot: `%s=%s' is no number\n", word, text);
	return false;
}
