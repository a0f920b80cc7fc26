/*
 * tests/hosted/machine/host.h -- how a test starts and stops the machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	host_machine_init(ncpus)   the caller holds the token of CPU 0: locks
 *				   work, nothing can block.  A test that needs
 *				   memory sets it up now, or calls
 *				   host_memory_init()
 *	host_run(fn, arg)	   starts the scheduler and the other CPUs,
 *				   runs fn in a kernel thread, and comes back
 *				   when fn has returned and all CPUs have
 *				   stopped; the caller holds CPU 0 again
 *
 * Threads that fn has started must have ended before it returns.
 */
#ifndef MACHINE_HOST_H
#define MACHINE_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* A machine of @ncpus, all but CPU 0 stopped; a new one if there was one. */
void host_machine_init(unsigned int ncpus);

/**
 * host_memory_init_high - RAM, page allocator and object caches
 * @size:	bytes of RAM
 * @direct:	how many of them are directly mapped
 */
void host_memory_init_high(uint64_t size, uint64_t direct);

/* The same with all of it directly mapped. */
void host_memory_init(uint64_t size);

/* Give the RAM back. */
void host_memory_fini(void);

/* See above.  The machine has been initialised, and memory too. */
void host_run(void (*fn)(void *arg), void *arg);

/* All of it: init with @ncpus and 16 MiB, then host_run(). */
void host_boot(unsigned int ncpus, void (*fn)(void *arg), void *arg);

/**
 * host_expect_panic - is this a panic?
 * @fn:		what should panic
 * @arg:	passed to it
 * @reason:	part of the message that is expected; NULL: any
 *
 * Afterwards this CPU's and thread's lock trails and interrupt state are as
 * they were; data that @fn worked on is left as it is.
 *
 * Context: a host thread that holds a token; @fn must not block before.
 * Return:  true: it panicked, for that reason.
 */
bool host_expect_panic(void (*fn)(void *arg), void *arg, const char *reason);

/* What the last expected panic said. */
const char *host_panic_reason(void);

/* Let kprintf() print (to stderr), or not.  Silent unless the environment has
 * HOST_VERBOSE. */
void host_console_quiet(bool quiet);

/* Kernel stacks in use; and let the n-th allocation from now fail (0: none). */
unsigned int host_kstack_count(void);
void host_kstack_fail_nth(unsigned int n);

#endif /* MACHINE_HOST_H */
