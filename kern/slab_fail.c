/*
 * kern/slab_fail.c -- let allocations fail on purpose.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * While a failure is asked for, the CPU layer is suspended, so that every
 * allocation comes here; what it costs otherwise is nothing.
 */

#include "kern/slab_priv.h"

#include "kern/symbols.h"
#include "lib/atomic.h"
#include "lib/random.h"
#include "lib/string.h"

static struct {
	struct spinlock	lock;		/* RANK_KMEM_CACHE */
	bool		armed;		/* (A) */
	struct slab_fail what;		/* (L) */
	struct random	random;		/* (L) */
	bool		suspended;	/* (L) the CPU layer is, by this */
	bool		(*when)(void);	/* (A) or NULL */
} fail = {
	.lock = SPINLOCK_INITIALIZER(RANK_KMEM_CACHE),
};

static void
set_armed(bool armed)
	REQUIRES(fail.lock)
{
	if (fail.suspended != armed)
		kmem_cpu_suspend(armed);
	fail.suspended = armed;
	atomic_store_release(&fail.armed, armed);
}

void
slab_fail_set(const struct slab_fail *what)
{
	bool armed = what != NULL && (what->nth != 0 || what->one_in != 0);

	spin_lock(&fail.lock);
	if (armed)
		fail.what = *what;
	random_init(&fail.random, 1);
	atomic_store_relaxed(&fail.when, NULL);
	set_armed(armed);
	spin_unlock(&fail.lock);
}

void
slab_fail_when(bool (*when)(void))
{
	spin_lock(&fail.lock);
	atomic_store_relaxed(&fail.when, when);
	set_armed(when != NULL);
	spin_unlock(&fail.lock);
}

void
slab_fail_nth(unsigned long n)
{
	struct slab_fail what = { .nth = n };

	slab_fail_set(&what);
}

bool
slab_fail_pending(void)
{
	bool pending;

	spin_lock(&fail.lock);
	pending = atomic_load_relaxed(&fail.armed) && fail.what.nth != 0;
	spin_unlock(&fail.lock);
	return pending;
}

/* Is an allocation one of those that may fail? */
static bool
is_meant(const char *name, const void *caller)
	REQUIRES(fail.lock)
{
	const struct slab_fail *what = &fail.what;
	uintptr_t pc = (uintptr_t)caller;
	const char *symbol;
	uintptr_t offset;

	if (what->cache[0] != '\0' && strcmp(what->cache, name) != 0)
		return false;
	if (what->caller_end != 0
	    && (pc < what->caller_start || pc >= what->caller_end))
		return false;
	if (what->caller[0] == '\0')
		return true;
	return symbols_lookup(pc - 1, &symbol, &offset)
		&& strcmp(what->caller, symbol) == 0;
}

/* It is; is it its turn? */
static bool
is_due(void)
	REQUIRES(fail.lock)
{
	if (fail.what.nth != 0)
		return --fail.what.nth == 0;
	return fail.what.one_in != 0
		&& random_below(&fail.random,
				(uint32_t)fail.what.one_in) == 0;
}

bool
slab_fail_now(const char *name, unsigned int flags, const void *caller)
{
	bool (*when)(void);
	bool must_fail;

	if (likely(!atomic_load_acquire(&fail.armed)) || (flags & KM_SLEEP))
		return false;
	/* With no lock: it would hide what those who are asked do wrong. */
	when = atomic_load_relaxed(&fail.when);
	if (when != NULL)
		return when();
	spin_lock(&fail.lock);
	must_fail = is_meant(name, caller) && is_due();
	spin_unlock(&fail.lock);
	return must_fail;
}
