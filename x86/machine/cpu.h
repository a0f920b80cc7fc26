/*
 * x86/machine/cpu.h -- the processor: who am I, interrupts, waiting.
 *
 * Each processor has a struct cpu (kern/cpu.h) whose first member is the
 * struct machine_cpu below; while the processor is in the kernel the base of
 * its GS segment is the address of that structure.  User mode has a base of
 * its own there: every entry from user mode executes `swapgs`, and entries
 * that cannot know where they come from look at the base (see entry.S).
 *
 * Initialization: x86_cpu_early_init() for the boot processor, before
 * anything that uses cpu_self().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_CPU_H
#define X86_MACHINE_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/cpu_offsets.h>
#include <machine/page.h>

#include "lib/atomic.h"

struct cpu;
struct pmap;
struct thread;
struct trap_frame;
struct x86_tables;

/*
 * What the machine keeps for each processor.  entry.S reads the members that
 * have a CPU_* name in <machine/cpu_offsets.h>; cpu.c checks the offsets.
 * All of it is private to its processor (no lock), except where said.
 */
struct machine_cpu {
	struct cpu	*self;		/* (C) this structure */
	struct thread	*current_thread;
	uintptr_t	kstack_top;	/* where entries from user mode start */
	uintptr_t	scratch;	/* for a register during an entry */
	struct pmap	*pmap;		/* whose tables are loaded (vm/pmap) */
	struct x86_tables *tables;	/* (C) descriptor tables and stacks */
	uintptr_t	idle_stack;	/* (C) its top */
	const struct trap_frame *stop_frame; /* (A) of what was stopped */
	int64_t		tsc_offset;	/* (C) to the boot processor's TSC */
	uint32_t	id;		/* (C) its number */
	uint32_t	nr_nmis;	/* not maskable interrupts so far */
	uint32_t	flush_from;	/* (A) a bit for each processor that
					 * waits for this one to forget
					 * translations */
	uint32_t	apic_id;	/* (C) */
	uint32_t	acpi_uid;	/* (C) */
	uint32_t	reserved;
};

/** cpu_self - this processor's structure.  Context: any. */
static inline struct cpu *
cpu_self(void)
{
	struct cpu *cpu;

	__asm__ volatile ("mov %%gs:%c1, %0" : "=r" (cpu) : "i" (CPU_SELF));
	return cpu;
}

/* struct machine_cpu stands at the start of struct cpu. */
static inline struct machine_cpu *
machine_cpu_self(void)
{
	return (struct machine_cpu *)cpu_self();
}

/**
 * cpu_plus_own_word - add a word of this processor's structure to a number
 * @word:	the number
 * @offset:	of a member of struct cpu, a constant
 *
 * In one instruction.  Context: any.
 * Return:  the sum.
 */
__attribute__((__always_inline__)) static inline uintptr_t
cpu_plus_own_word(uintptr_t word, size_t offset)
{
	__asm__ volatile ("add %%gs:%c1, %0"
			  : "+r" (word) : "i" (offset) : "cc");
	return word;
}

/**
 * cpu_add_own - add to a word that other processors do not write
 * @word:	where
 * @n:		how much, a constant
 *
 * In one instruction, which is not locked.  Context: any.
 */
__attribute__((__always_inline__)) static inline void
cpu_add_own(unsigned long *word, long n)
{
	if (sizeof *word == 8)
		__asm__ ("addq %1, %0" : "+m" (*word) : "er" (n) : "cc");
	else
		__asm__ ("addl %1, %0" : "+m" (*word) : "ir" (n) : "cc");
}

/** current_thread - the thread that executes this; NULL early at boot. */
static inline struct thread *
current_thread(void)
{
	struct thread *thread;

	__asm__ volatile ("mov %%gs:%c1, %0"
			  : "=r" (thread) : "i" (CPU_CURRENT_THREAD));
	return thread;
}

/**
 * cpu_set_current_thread - record which thread this processor runs
 * @thread:	the thread
 *
 * Context: interrupts off.  machine_switch() does it for the thread that it
 *	    switches to; others need it for the first thread only.
 */
static inline void
cpu_set_current_thread(struct thread *thread)
{
	machine_cpu_self()->current_thread = thread;
}

/** cpu_id - number of this processor, 0 for the boot processor. */
static inline unsigned int
cpu_id(void)
{
	return machine_cpu_self()->id;
}

/* The flags register as cpu_intr_save() found it. */
typedef unsigned long intr_state_t;

#define X86_FLAGS_IF	0x200UL		/* interrupts enabled */

static inline void
cpu_intr_disable(void)
{
	__asm__ volatile ("cli" : : : "memory");
}

static inline void
cpu_intr_enable(void)
{
	__asm__ volatile ("sti" : : : "memory");
}

static inline intr_state_t
cpu_flags(void)
{
	intr_state_t flags;

	__asm__ volatile ("pushf; pop %0" : "=r" (flags) : : "memory");
	return flags;
}

/** cpu_intr_enabled - may this processor be interrupted now? */
static inline bool
cpu_intr_enabled(void)
{
	return (cpu_flags() & X86_FLAGS_IF) != 0;
}

/**
 * cpu_intr_save - disable interrupts
 *
 * Return: the state before, for cpu_intr_restore().
 */
static inline intr_state_t
cpu_intr_save(void)
{
	intr_state_t flags = cpu_flags();

	cpu_intr_disable();
	return flags;
}

static inline void
cpu_intr_restore(intr_state_t state)
{
	if ((state & X86_FLAGS_IF) != 0)
		cpu_intr_enable();
}

/* Serve requests of other processors to forget translations (x86/pmap). */
void x86_flush_serve(void);

/**
 * cpu_relax - one turn of a loop that waits for another processor
 *
 * The other one may itself wait, with a lock held, until all processors have
 * forgotten a translation: so that is done here, even with interrupts off.
 */
static inline void
cpu_relax(void)
{
	__asm__ volatile ("pause" : : : "memory");
	if (__builtin_expect(atomic_load_relaxed(
				     &machine_cpu_self()->flush_from) != 0, 0))
		x86_flush_serve();
}

/**
 * cpu_idle_wait - wait for an interrupt
 *
 * Context: interrupts off.  Enables them and halts in one step, so that no
 *	    wake-up is lost, and returns with them off after at least one
 *	    interrupt was served.
 */
void cpu_idle_wait(void);

/** cpu_cycles - the time stamp counter. */
static inline uint64_t
cpu_cycles(void)
{
	uint32_t low, high;

	__asm__ volatile ("rdtsc" : "=a" (low), "=d" (high));
	return (uint64_t)high << 32 | low;
}

/** cpu_halt - stop this processor for good, interrupts off. */
__attribute__((noreturn)) static inline void
cpu_halt(void)
{
	for (;;)
		__asm__ volatile ("cli; hlt" : : : "memory");
}

enum cpu_ipi {
	CPU_IPI_RESCHEDULE,	/* look at the run queue */
	CPU_IPI_CALL,		/* serve the calls queued for you */
	CPU_IPI_STOP,		/* stand still: see <machine/smp.h> */
	CPU_IPI_FLUSH,		/* forget translations (x86/pmap only) */
};

/**
 * cpu_send_ipi - interrupt a processor
 * @cpu:	its number
 * @kind:	what for
 *
 * Context: any.  To the processor itself it is a no-op: what it should see
 *	    is seen on its way out of the kernel.
 */
void cpu_send_ipi(unsigned int cpu, enum cpu_ipi kind);

#endif /* X86_MACHINE_CPU_H */
