/*
 * tests/hosted/machine/host_priv.h -- shared by the files of the host machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The files use relaxed operations for what they tell each other, and order
 * only what a real machine orders: a thread's switch from one host thread to
 * another, and an interrupt from who sends it to who receives it.  Read and
 * modify operations are relied on to be full barriers of the processor (x86),
 * which the thread sanitizer does not count.
 */
#ifndef TESTS_HOSTED_MACHINE_HOST_PRIV_H
#define TESTS_HOSTED_MACHINE_HOST_PRIV_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "kern/cpu.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"

/* Bits of machine_cpu.pending; the low ones are IRQ lines. */
#define HOST_INTR_CLOCK		(1u << 16)
#define HOST_INTR_IPI		(1u << 17)	/* shifted by enum cpu_ipi */
#define HOST_INTR_STOP		(1u << 24)	/* the machine stops */

/* Read, modify and write without an order for others. */
#define host_exchange(p, v)	__atomic_exchange_n(p, v, __ATOMIC_RELAXED)
#define host_add(p, v)		__atomic_add_fetch(p, v, __ATOMIC_RELAXED)
#define host_or(p, v)		__atomic_or_fetch(p, v, __ATOMIC_RELAXED)

/* Wait while *@word is @value; wake who waits. */
void host_futex_wait(uint32_t *word, uint32_t value);
void host_futex_wake(uint32_t *word);

/* The calling host thread holds this CPU's token from now on. */
void host_token_set(struct cpu *cpu);

/* Does the calling host thread hold a token? */
bool host_token_held(void);

/* Make interrupts pending on a CPU, and unpark it if it waits for them. */
void host_post(struct cpu *cpu, uint32_t bits);

/* Deliver what is pending, if interrupts are enabled; takes no time.  Context:
 * a host thread that holds a token. */
void host_intr_serve(void);

/* values of machine_cpu.parked */
enum host_parked {
	HOST_RUNNING,
	HOST_PARKED,			/* until an interrupt comes */
	HOST_PARKED_BLIND,		/* until a tick; interrupts are off */
};

/*
 * Wait for an interrupt, or for a tick, however long; the last CPU that has
 * nothing to do lets time pass.  Returns at once if an interrupt has come.
 */
void host_clock_park(struct cpu *cpu, enum host_parked how);

/* Nothing is left to do: this CPU stops, its host thread leaves.  Called on
 * the idle thread. */
NORETURN void host_cpu_stopped(struct cpu *cpu);

/* All CPUs stop as soon as they have nothing to do. */
void host_clock_stop(void);

/* Start from 0, with so many CPUs. */
void host_clock_reset(unsigned int ncpus);

void host_irq_reset(void);
void host_irq_deliver(uint32_t bits);

/* Lines that may be delivered now, all other kinds of interrupt included. */
uint32_t host_irq_open(void);

/* What a test wants done by whoever waits. */
void host_irq_relax(void);

/* If a test wants one injected here: call it. */
void host_irq_inject(struct cpu *cpu);

void host_console_init(void);

/* From now on SIGTERM shows what all CPUs and threads do; watch.c. */
void host_watch_start(void);

/* For that: to stderr, from anywhere. */
void host_watch_print(const char *fmt, ...) PRINTF_LIKE(1, 2);
void host_clock_show(void);

/* The thread sanitizer asks for this. */
const char *__tsan_default_options(void);

/* The sanitizers' own, if there is one. */
void __sanitizer_print_stack_trace(void) __attribute__((weak));
void AnnotateIgnoreReadsBegin(const char *file, int line)
	__attribute__((weak));
void AnnotateIgnoreReadsEnd(const char *file, int line)
	__attribute__((weak));

/* The kernel thread that the calling host thread is, token or not; or NULL. */
extern __thread struct thread *host_thread_self;

#endif /* TESTS_HOSTED_MACHINE_HOST_PRIV_H */
