/*
 * kern/printf.h -- formatted text to the console and the log ring.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_PRINTF_H
#define KERN_PRINTF_H

#include <stdarg.h>

#include "lib/macros.h"

/* What one call is guaranteed to write without another CPU's text within. */
#define KPRINTF_LINE	160

/**
 * kprintf - write to the console and the log
 * @fmt:	the conversions of lib/format.h
 *
 * Text is written in pieces of at most KPRINTF_LINE bytes; the output of
 * others may come between pieces, not into one.
 *
 * Context: any, from the first console registration on (before it, text goes
 *	    to the log only).  Takes and releases the console lock, with
 *	    interrupts off.
 * Return:  the number of bytes written.
 */
int kprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/** kvprintf - kprintf() with an argument list. */
int kvprintf(const char *fmt, va_list args) PRINTF_LIKE(1, 0);

#endif /* KERN_PRINTF_H */
