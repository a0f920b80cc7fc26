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
	unsigned long value = 0;

	if (!cmdline_find(boot_info()->cmdline, word, text, sizeof text)
	    || text[0] == '\0')
		return false;
	for (const char *digit = text; *digit != '\0'; digit++) {
		if (*digit < '0' || *digit > '9'
		    || __builtin_mul_overflow(value, 10ul, &value)
		    || __builtin_add_overflow(value,
					      (unsigned long)(*digit - '0'),
					      &value)) {
			kprintf("boot: `%s=%s' is no number\n", word, text);
			return false;
		}
	}
	*number = value;
	return true;
}
