/*
 * kern/klog.h -- the log: the last 16 KiB that went to the console.
 *
 * A position is the number of bytes ever written before that place; it never
 * wraps in practice (64 bits).  A reader keeps a position of its own, so
 * readers don't disturb each other and a slow one loses the oldest text only.
 *
 * Invariants (klog_check()):
 *  L1  begin <= end
 *  L2  end - begin <= KLOG_SIZE
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_KLOG_H
#define KERN_KLOG_H

#include <stddef.h>
#include <stdint.h>

#define KLOG_SIZE	(16u * 1024)

/**
 * klog_write - append to the log
 * @text:	@size bytes; the oldest text makes room
 *
 * Context: any.  The caller holds the console lock, or is a panic:
 *	    console_write() calls this.
 */
void klog_write(const char *text, size_t size);

/**
 * klog_read - copy text out of the log
 * @pos:	in: where to begin, 0 for the oldest text that is left; out:
 *		where the next call shall begin.  A position that has been
 *		overwritten moves to the oldest text; one past the end, to it
 * @buf:	room for @size bytes; no terminating zero is written
 *
 * Context: any.  Takes and releases the console lock, with interrupts off.
 * Return:  the number of bytes copied; 0: nothing new.
 */
size_t klog_read(uint64_t *pos, char *buf, size_t size);

/** klog_end - the position just after the newest text. */
uint64_t klog_end(void);

/** klog_check - panics unless the invariants hold. */
void klog_check(void);

#endif /* KERN_KLOG_H */
