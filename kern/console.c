/*
 * kern/console.c -- console devices, output and input.
 *
 * Everything is ready without a call of an init function, since the console
 * is used before anything else is up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/assert.h"
#include "kern/console.h"
#include "kern/klog.h"
#include "kern/spinlock.h"
#include "kern/waitq.h"
#include "lib/atomic.h"
#include "lib/macros.h"

_Static_assert(IS_POWER_OF_2(CONSOLE_INPUT_SIZE), "indices are masked");

static struct spinlock console_spin = SPINLOCK_INITIALIZER(RANK_CONSOLE);
static struct list console_devs = LIST_INITIALIZER(console_devs);
static bool console_in_panic;		/* (A) */

/* Indices run freely; their difference is the number of bytes that wait. */
static struct {
	struct spinlock lock;		/* interrupts off */
	struct waitq arrived;
	unsigned int head;		/* (lock) where the next byte goes */
	unsigned int tail;		/* (lock) the oldest byte */
	unsigned long dropped;		/* (lock) */
	char bytes[CONSOLE_INPUT_SIZE];	/* (lock) */
} console_in = {
	.lock = SPINLOCK_INITIALIZER(RANK_INTR_CLIENT),
	.arrived = {
		.lock = SPINLOCK_INITIALIZER(RANK_WAITQ),
		.waiters = LIST_INITIALIZER(console_in.arrived.waiters),
	},
};

/*
 * The one lock that is not always taken: the CPU that panics is alone, and the
 * lock may be held by code that never runs again.
 */
intr_state_t UNCHECKED_LOCKING
console_lock(void)
{
	intr_state_t state = cpu_intr_save();

	if (!atomic_load_relaxed(&console_in_panic))
		spin_lock(&console_spin);
	return state;
}

void UNCHECKED_LOCKING
console_unlock(intr_state_t state)
{
	if (!atomic_load_relaxed(&console_in_panic))
		spin_unlock(&console_spin);
	cpu_intr_restore(state);
}

void
console_panic(void)
{
	atomic_store_relaxed(&console_in_panic, true);
}

void
console_register(struct console_dev *dev)
{
	intr_state_t state;

	assert(dev->name != NULL && dev->write != NULL);
	state = console_lock();
	list_add_tail(&console_devs, &dev->link);
	console_unlock(state);
}

bool
console_has_device(void)
{
	intr_state_t state = console_lock();
	bool has = !list_is_empty(&console_devs);

	console_unlock(state);
	return has;
}

void
console_write(const char *text, size_t size)
{
	struct console_dev *dev;
	intr_state_t state = console_lock();

	klog_write(text, size);
	list_for_each_entry (&console_devs, dev, link)
		dev->write(dev, text, size);
	console_unlock(state);
}

void
console_input(char c)
{
	intr_state_t state = spin_lock_intr(&console_in.lock);
	bool has_room = console_in.head - console_in.tail < CONSOLE_INPUT_SIZE;

	if (has_room)
		console_in.bytes[console_in.head++ % CONSOLE_INPUT_SIZE] = c;
	else
		console_in.dropped++;
	spin_unlock_intr(&console_in.lock, state);

	if (has_room)
		waitq_wake_one(&console_in.arrived);
}

/* The oldest byte that waits, or -1. */
static int REQUIRES(console_in.lock)
console_input_take(void)
{
	spin_assert_held(&console_in.lock);
	if (console_in.tail == console_in.head)
		return -1;
	return (unsigned char)
		console_in.bytes[console_in.tail++ % CONSOLE_INPUT_SIZE];
}

int
console_getc(void)
{
	enum wait_result result = WAIT_OK;
	intr_state_t state = spin_lock_intr(&console_in.lock);
	int c = console_input_take();

	while (c < 0 && result == WAIT_OK) {
		result = waitq_wait(&console_in.arrived, &console_in.lock,
				    WAIT_FOREVER, WAIT_INTERRUPTIBLE);
		c = console_input_take();
	}
	spin_unlock_intr(&console_in.lock, state);
	return c;
}

/* A byte that a device has and has not told of yet, or -1. */
static int
console_poll_devices(void)
{
	struct console_dev *dev;
	intr_state_t state = console_lock();
	int c = -1;

	list_for_each_entry (&console_devs, dev, link) {
		if (c < 0 && dev->poll_getc != NULL)
			c = dev->poll_getc(dev);
	}
	console_unlock(state);
	return c;
}

int
console_getc_poll(void)
{
	int c = -1;

	if (!atomic_load_relaxed(&console_in_panic)) {
		intr_state_t state = spin_lock_intr(&console_in.lock);

		c = console_input_take();
		spin_unlock_intr(&console_in.lock, state);
	}
	return c >= 0 ? c : console_poll_devices();
}

unsigned long
console_input_dropped(void)
{
	intr_state_t state = spin_lock_intr(&console_in.lock);
	unsigned long dropped = console_in.dropped;

	spin_unlock_intr(&console_in.lock, state);
	return dropped;
}
