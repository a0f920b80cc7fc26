/*
 * tests/hosted/machine/cpu.h -- CPU tokens.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A kernel thread is a POSIX thread that runs only while it holds one of N
 * tokens, the CPUs.  It hands its token to the thread that the scheduler
 * chose (context.c) and waits until somebody hands it one again: so "not
 * preempted on my CPU" is true, and threads with different tokens really run
 * at once.  The hand-over orders just these two threads, and is all the order
 * that the thread sanitizer sees besides that of the kernel's own locks.
 *
 * Interrupts are bits in a word of each CPU.  They are delivered, to whoever
 * holds the token, where a real one could come and it matters: where a spin
 * lock is let go, where interrupts are enabled, where a loop spins
 * (cpu_relax()), and while the CPU is idle.
 */
#ifndef MACHINE_CPU_H
#define MACHINE_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libc has one of its own.  <sched.h>, if at all, is included before. */
#define sched_yield	kern_sched_yield

struct cpu;
struct thread;

/* Field protection: (A) atomic, (O) who holds the token. */
struct machine_cpu {
	struct thread *current_thread;	/* (O) */
	uint32_t pending;		/* (A) HOST_INTR_* */
	uint32_t parked;		/* (A) enum host_parked; a futex */
	bool	intr_enabled;		/* (O) */
	uint64_t local_ns;		/* (O) time used since the last tick */
	uint32_t random;		/* (O) decides on injected interrupts */
	bool	user;			/* (O) ticks come in user mode */
};

/* Builds for speed have the token in GS as well, on 64 bits. */
#define HOST_TOKEN_IN_GS	(!CONFIG_DEBUG && sizeof(uintptr_t) == 8)

/* The token that this host thread holds, or NULL.  For the next two only; at a
 * place that the linker knows, as on a machine. */
extern __thread struct cpu *host_token
	__attribute__((tls_model("local-exec")));

static inline struct cpu *
cpu_self(void)
{
	return host_token;
}

/*
 * A number plus a word of this CPU's structure, by its offset, a constant.  The
 * base of GS is the token, as on a machine, where it costs no more
 * (host_token_set()).
 */
__attribute__((__always_inline__)) static inline uintptr_t
cpu_plus_own_word(uintptr_t word, size_t offset)
{
	const uintptr_t *from;

	if (HOST_TOKEN_IN_GS) {
		__asm__ volatile ("add %%gs:%c1, %0"
				  : "+r" (word) : "i" (offset) : "cc");
		return word;
	}
	from = (const uintptr_t *)(const void *)((const char *)host_token
						 + offset);
	return word + __atomic_load_n(from, __ATOMIC_RELAXED);
}

/* Add to a word that other CPUs do not write.  Where sanitizers look on, they
 * shall see it. */
__attribute__((__always_inline__)) static inline void
cpu_add_own(unsigned long *word, long n)
{
	if (HOST_TOKEN_IN_GS)
		__asm__ ("addq %1, %0" : "+m" (*word) : "er" (n) : "cc");
	else
		*word += (unsigned long)n;
}

unsigned int cpu_id(void);

/* The thread that runs on this CPU. */
struct thread *current_thread(void);
void cpu_set_current_thread(struct thread *t);

/* 1: interrupts were enabled. */
typedef unsigned long intr_state_t;

void cpu_intr_disable(void);
void cpu_intr_enable(void);
intr_state_t cpu_intr_save(void);
void cpu_intr_restore(intr_state_t state);
bool cpu_intr_enabled(void);

/* One turn of a loop that waits for another CPU.  Takes HOST_RELAX_NS of
 * virtual time. */
void cpu_relax(void);

/* Context: interrupts off, and off again on return; delivers at least one. */
void cpu_idle_wait(void);

uint64_t cpu_cycles(void);

__attribute__((noreturn)) void cpu_halt(void);

enum cpu_ipi {
	CPU_IPI_RESCHEDULE,	/* look at the run queue */
	CPU_IPI_CALL,		/* serve the calls queued for you */
	CPU_IPI_STOP,		/* halt: another processor panics */
	NR_CPU_IPIS,
};

/* Interrupt a CPU; to the caller's own it is a no-op. */
void cpu_send_ipi(unsigned int cpu, enum cpu_ipi kind);

#endif /* MACHINE_CPU_H */
