/*
 * kern/console.h -- where the kernel's words go and keys come from.
 *
 * Any number of devices may be registered; output goes to all of them, and
 * input comes from whichever calls console_input().  Nothing is allocated, so
 * a console can be the first thing that works.
 *
 * Output is written with the console lock held and interrupts off, newline as
 * it is (a device that needs a carriage return adds it).  A panic writes
 * without the lock: the CPU that had it has been stopped.  So does who breaks
 * in from a not maskable interrupt, after the others have stopped writing.
 *
 * Lock order: any lock > console lock (RANK_CONSOLE), so that anyone can print.
 * The input ring has a lock of its own, an interlock (RANK_INTR_CLIENT).
 *
 * Input waits in a ring of CONSOLE_INPUT_SIZE bytes; what does not fit is
 * dropped and counted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_CONSOLE_H
#define KERN_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include <machine/cpu.h>

#include "lib/list.h"
#include "lib/macros.h"

#define CONSOLE_INPUT_SIZE	256u	/* a power of two */

struct console_dev {
	const char *name;		/* (C) "com0", "vga" */
	/* Writes @size bytes, in bounded time, interrupts off. */
	void (*write)(struct console_dev *dev, const char *text, size_t size);
	/* One byte if there is one, or -1.  NULL: a device without input. */
	int (*poll_getc)(struct console_dev *dev);
	struct list link;		/* console lock */
};

/**
 * console_register - add a device; all that is written from now on goes there
 * @dev:	filled in, but for link; never freed
 *
 * Context: any.  Takes and releases the console lock.
 */
void console_register(struct console_dev *dev);

/** console_has_device - is there a device to write to? */
bool console_has_device(void);

/**
 * console_write - write bytes to the log and all devices
 * @text:	@size bytes; one call's text is not mixed with another's
 *
 * Context: any.  Takes and releases the console lock, with interrupts off.
 */
void console_write(const char *text, size_t size);

/**
 * console_input - a byte came in
 * @c:		the byte
 *
 * Context: an interrupt handler of a console device.  Wakes console_getc().
 */
void console_input(char c);

/**
 * console_getc - wait for a byte
 *
 * Context: a thread; blocks, interruptibly.
 * Return:  the byte as an unsigned char, or -1 if the thread was interrupted.
 */
int console_getc(void);

/**
 * console_read - wait for bytes on behalf of a program
 * @bytes:	room
 * @size:	of it, not 0
 * @wait:	false: only what is there
 *
 * As long as input is kept from programs nothing is read.
 *
 * Context: a thread; blocks if @wait, interruptibly.
 * Return:  how many bytes there were; 0: it was interrupted, or must not wait.
 */
size_t console_read(char *bytes, size_t size, bool wait);

/**
 * console_keep_input - keep input from programs
 * @kept:	true: for the caller, by console_getc(); false: not any more
 *
 * One caller at a time.
 */
void console_keep_input(bool kept);

/**
 * console_getc_poll - a byte, if there is one
 *
 * Asks the input ring, then every device that can be polled: works with
 * interrupts off, and in a panic.
 *
 * Context: any.
 * Return:  the byte as an unsigned char, or -1.
 */
int console_getc_poll(void);

/**
 * console_attention - somebody at the console wants the kernel's attention
 *
 * By a key that is no character: Break on the keyboard (Control with Pause), a
 * break on the serial line.
 *
 * Context: an interrupt handler of a console device.
 */
void console_attention(void);

/* What that calls, in the same context; NULL, as it is at first: nothing. */
void console_set_attention(void (*fn)(void));

/** console_input_dropped - input bytes lost because nobody read them. */
unsigned long console_input_dropped(void);

/**
 * console_lock - keep all others from writing, and the devices as they are
 *
 * For the log.  Context: any.
 * Return:  the interrupts' state before, for console_unlock().
 */
MUST_CHECK intr_state_t console_lock(void);
void console_unlock(intr_state_t state);

/**
 * console_break_in - get the console, whoever has it
 *
 * Waits a while for other CPUs to finish what they write, no matter if they do
 * not.  Until console_break_out() they don't write.
 *
 * Context: a not maskable interrupt: takes no lock, serves no interrupt.
 * Return:  false: this CPU itself is writing, or somebody else keeps the
 *	    console for long.  console_unlock() calls breakin_show_kept() then.
 */
MUST_CHECK bool console_break_in(void);
void console_break_out(void);

/**
 * console_panic - from now on, without locks
 *
 * Context: the CPU that panics, interrupts off, others stopped.
 */
void console_panic(void);

#endif /* KERN_CONSOLE_H */
