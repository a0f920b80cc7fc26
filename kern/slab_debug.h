/*
 * kern/slab_debug.h -- debugging of object caches, and fault injection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * doc/slab.md tells how to use them.  Debugging is chosen for each cache, on
 * the command line or while the kernel runs, in every build.
 */
#ifndef KERN_SLAB_DEBUG_H
#define KERN_SLAB_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmem_cache;

/**
 * slab_set_debug - choose how caches are debugged
 * @pattern:	name of a cache; `*' at its end stands for anything; NULL: all
 * @flags:	KMEM_DEBUG_*; 0: not at all
 *
 * Objects that are live now are not watched.  A cache that is debugged has no
 * CPU layer.
 *
 * Context: a thread; may block.  One call after the other.
 * Return:  how many caches have these flags now.
 */
unsigned int slab_set_debug(const char *pattern, unsigned int flags);

/**
 * slab_record_owners - slab_set_debug() of KMEM_DEBUG_OWNER alone
 * @pattern:	as for slab_set_debug()
 * @record:	from now on, or no longer; other flags stay
 *
 * Context: a thread; may block.
 * Return:  how many caches the pattern means.
 */
unsigned int slab_record_owners(const char *pattern, bool record);

/**
 * slab_debug_flags - read flags as people write them
 * @text:	letters: z zones, p poison, o owners; or the words `all', `off'
 * @length:	bytes of it
 * @flags:	set to KMEM_DEBUG_*
 *
 * Return:  false, @flags unchanged: not such a text.
 */
bool slab_debug_flags(const char *text, size_t length, unsigned int *flags);

/**
 * slab_show_owners - print who has allocated the live objects of a cache
 * @name:	of the cache
 *
 * Grouped by the address that the allocation was called from, most first.
 *
 * Context: any thread.
 */
void slab_show_owners(const char *name);

#define KMEM_MAX_OWNERS	128u

/* Live objects that were allocated from one place. */
struct kmem_owner {
	uintptr_t	pc;		/* behind the call; 0: all the others */
	unsigned long	nr_live;
	uint32_t	oldest_ms;	/* since boot, when it was allocated */
};

/* Who has allocated the live objects of a cache. */
struct kmem_owners {
	char		cache[32];	/* its name */
	unsigned int	stride;		/* bytes that an object takes */
	unsigned int	flags;		/* KMEM_DEBUG_*; 0: none are known */
	unsigned int	count;		/* of owners, in no order */
	unsigned long	nr_lost;	/* allocations that were not recorded */
	struct kmem_owner owners[KMEM_MAX_OWNERS];
};

/**
 * slab_get_owners - read who has allocated the live objects of a cache
 * @pattern:	as for slab_set_debug()
 * @i:		which one of the caches that it means, the older first
 * @owners:	filled
 *
 * A cache that is made or destroyed between two calls moves those behind it.
 *
 * Context: any thread.  As long as it takes to read the cache's records, 4 MiB
 *	    at most, no other CPU allocates from it, and no cache is made.
 * Return:  false, nothing is written: there are not so many caches.
 */
bool slab_get_owners(const char *pattern, unsigned int i,
		     struct kmem_owners *owners);

/**
 * slab_command - the monitor's command `slab'
 * @line:	what stands behind it; changed
 *
 * Context: a thread; may block.
 */
void slab_command(char *line);

/* What allocations fail on purpose. */
struct slab_fail {
	unsigned long	nth;		/* the how-maniest from now, once; 0:
					 * none */
	unsigned long	one_in;		/* each with this chance; 0: none */
	char		cache[32];	/* only of this one; "": of all */
	char		caller[32];	/* only called in this function */
	uintptr_t	caller_start;	/* only called from these addresses; */
	uintptr_t	caller_end;	/* 0: from all */
};

/**
 * slab_fail_set - let allocations fail
 * @fail:	which.  Only ones without KM_SLEEP fail.  NULL: none
 *
 * Context: any thread.
 */
void slab_fail_set(const struct slab_fail *fail);

/**
 * slab_fail_when - let somebody be asked about each allocation
 * @when:	is this one to fail?  Not asked about ones with KM_SLEEP.  NULL:
 *		none fails.  Asked by any thread, several at once
 *
 * In place of what slab_fail_set() has said, until that is called again.
 */
void slab_fail_when(bool (*when)(void));

/* The n-th allocation of any cache from now fails; 0: none does. */
void slab_fail_nth(unsigned long n);

/* Has the failure that slab_fail_nth() asked for not happened yet? */
bool slab_fail_pending(void);

/**
 * slab_fail_now - is this allocation one that is to fail?
 * @name:	the cache's
 * @flags:	its KM_*
 * @caller:	where it was called
 */
bool slab_fail_now(const char *name, unsigned int flags, const void *caller);

/**
 * slab_options_debug - read slab_debug=, for the caches that will be made
 * slab_options - obey the words of the command line, but slab_fail=
 *
 * slab_cpu=, slab_bugs=, slab_debug=, slab_fail=: see doc/slab.md.  They say
 * which are not understood.
 *
 * Context: start-up, by slab_init(): as its first and its last.
 */
void slab_options_debug(void);
void slab_options(void);

/**
 * slab_options_fail - obey slab_fail= of the command line
 *
 * The kernel's own start is not what may fail.
 *
 * Context: a thread, once, when the kernel is up.
 */
void slab_options_fail(void);

#endif /* KERN_SLAB_DEBUG_H */
