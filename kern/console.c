/*
 * kern/console.c -- console devices, output and input.
 *
 * Everything is ready without a call of an init function, since the console
 * is used before anything else is up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/assert.h"
#include "kern/breakin.h"
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

/*
 * A CPU's number plus 1; 0: none.  Each looks at the other's word after it has
 * written its own, by exchanges, so that not both find nothing there.
 */
static unsigned int console_owner;	/* (A) has the lock and may write */
static unsigned int console_breaker;	/* (A) has broken in */

/* Turns of a wait for other CPUs that write, and that have broken in. */
#define BREAK_IN_SPINS		10000000u
#define BREAK_IN_TURNS		100u

/* (A) See console_set_attention(). */
static void (*console_attention_fn)(void);

/* Indices run freely; their difference is the number of bytes that wait. */
static struct {
	struct spinlock lock;		/* interrupts off */
	struct waitq arrived;
	unsigned int head;		/* (lock) where the next byte goes */
	unsigned int tail;		/* (lock) the oldest byte */
	unsigned long dropped;		/* (lock) */
	bool kept;			/* (lock) from programs */
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
 * lock may be held by code that never runs again; and who has broken in has
 * waited for the others' words, so far as it can.
 */
static bool
console_is_lockless(void)
{
	return atomic_load_relaxed(&console_in_panic)
		|| atomic_load_relaxed(&console_breaker) == cpu_id() + 1;
}

/* Having the lock, become the owner.  False: not while somebody breaks in. */
static bool
console_claim(void)
{
	(void)atomic_exchange(&console_owner, cpu_id() + 1);
	if (atomic_load_acquire(&console_breaker) == 0
	    || atomic_load_relaxed(&console_in_panic))
		return true;
	(void)atomic_exchange(&console_owner, 0u);
	return false;
}

intr_state_t UNCHECKED_LOCKING
console_lock(void)
{
	intr_state_t state = cpu_intr_save();

	if (console_is_lockless())
		return state;
	spin_lock(&console_spin);
	while (!console_claim())
		cpu_relax();
	return state;
}

void UNCHECKED_LOCKING
console_unlock(intr_state_t state)
{
	if (!console_is_lockless()) {
		(void)atomic_exchange(&console_owner, 0u);
		spin_unlock(&console_spin);
		breakin_show_kept();
	}
	cpu_intr_restore(state);
}

/* Become the one who has broken in. */
static bool
console_take_breaker(unsigned int self)
{
	unsigned int turns = BREAK_IN_TURNS * BREAK_IN_SPINS;

	while (turns-- > 0) {
		unsigned int nobody = 0;

		if (atomic_cas(&console_breaker, &nobody, self))
			return true;
		barrier();
	}
	return false;
}

bool
console_break_in(void)
{
	unsigned int self = cpu_id() + 1;
	unsigned int spins = BREAK_IN_SPINS;

	/* Its own words first, which it goes on with when this returns. */
	if (atomic_load_relaxed(&console_owner) == self
	    || !console_take_breaker(self))
		return false;
	while (atomic_load_acquire(&console_owner) != 0 && spins-- > 0)
		barrier();
	return true;
}

void
console_break_out(void)
{
	assert(atomic_load_relaxed(&console_breaker) == cpu_id() + 1);
	atomic_store_release(&console_breaker, 0u);
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

	/* One who waits on behalf of a program may not be allowed to read. */
	if (has_room)
		waitq_wake_all(&console_in.arrived);
}

void
console_set_attention(void (*fn)(void))
{
	atomic_store_release(&console_attention_fn, fn);
}

void
console_attention(void)
{
	void (*fn)(void) = atomic_load_acquire(&console_attention_fn);

	if (fn != NULL)
		fn();
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

size_t
console_read(char *bytes, size_t size, bool wait)
{
	enum wait_result result = WAIT_OK;
	intr_state_t state = spin_lock_intr(&console_in.lock);
	size_t count = 0;

	while (wait && result == WAIT_OK
	       && (console_in.kept || console_in.tail == console_in.head))
		result = waitq_wait(&console_in.arrived, &console_in.lock,
				    WAIT_FOREVER, WAIT_INTERRUPTIBLE);
	if (!console_in.kept) {
		while (count < size && console_in.tail != console_in.head)
			bytes[count++] = (char)console_input_take();
	}
	spin_unlock_intr(&console_in.lock, state);
	return count;
}

void
console_keep_input(bool kept)
{
	intr_state_t state = spin_lock_intr(&console_in.lock);

	console_in.kept = kept;
	spin_unlock_intr(&console_in.lock, state);
	waitq_wake_all(&console_in.arrived);
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
