/*
 * kern/boot_word.h -- numbers on the kernel's command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_BOOT_WORD_H
#define KERN_BOOT_WORD_H

#include <stdbool.h>

/**
 * boot_word_number - the number that a word of the command line gives
 * @word:	its name, without '='
 * @number:	set if there is such a word; else as it was
 *
 * A value that is no decimal number, or too large, is told on the console and
 * counts as none.
 *
 * Context: start-up.
 * Return:  whether *@number was set.
 */
bool boot_word_number(const char *word, unsigned long *number);

#endif /* KERN_BOOT_WORD_H */
