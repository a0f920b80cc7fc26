/*
 * kern/annotate.h -- facts about functions that the compiler can check.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * clang -Wthread-safety checks them; other compilers see nothing.  They
 * stand on the declaration, after the parameters.
 *
 *   ACQUIRES(l)     returns with l held       RELEASES(l)  returns with l free
 *   REQUIRES(l)     caller holds l            EXCLUDES(l)  caller does not
 *   ASSERTS_HELD(l) checks at run time that l is held
 *   TRY_ACQUIRES(l) true: l is held now.  The one way to go against the order
 *
 * The names with _SHARED are for the readers' side of a read-write lock.
 * Nothing takes a lock "unless it is held already": make two functions.
 */
#ifndef KERN_ANNOTATE_H
#define KERN_ANNOTATE_H

#include "lib/macros.h"

#ifdef __clang__
#define KERN_TSA(attr)		__attribute__((attr))
#else
#define KERN_TSA(attr)
#endif

/* A struct whose objects can be held. */
#define LOCKABLE(name)		KERN_TSA(capability(name))

/* A field that is read and written only with @lock held. */
#define GUARDED_BY(lock)	KERN_TSA(guarded_by(lock))

#define ACQUIRES(lock)		KERN_TSA(acquire_capability(lock))
#define ACQUIRES_SHARED(lock)	KERN_TSA(acquire_shared_capability(lock))
#define RELEASES(lock)		KERN_TSA(release_capability(lock))
#define RELEASES_SHARED(lock)	KERN_TSA(release_shared_capability(lock))
#define TRY_ACQUIRES(lock)	KERN_TSA(try_acquire_capability(true, lock))
#define TRY_ACQUIRES_SHARED(lock) \
	KERN_TSA(try_acquire_shared_capability(true, lock))
#define REQUIRES(lock)		KERN_TSA(requires_capability(lock))
#define REQUIRES_SHARED(lock)	KERN_TSA(requires_shared_capability(lock))
#define EXCLUDES(lock)		KERN_TSA(locks_excluded(lock))
#define ASSERTS_HELD(lock)	KERN_TSA(assert_capability(lock))
#define ASSERTS_HELD_SHARED(lock) KERN_TSA(assert_shared_capability(lock))

/* For the few functions that make locks, or hand them from hand to hand. */
#define UNCHECKED_LOCKING	KERN_TSA(no_thread_safety_analysis)

#endif /* KERN_ANNOTATE_H */
