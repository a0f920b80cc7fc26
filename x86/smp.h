/*
 * x86/smp.h -- several processors: starting them, interrupting them.
 *
 * Private to x86/, i386/ and x86_64/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A processor other than the boot processor begins in 16-bit mode on a page
 * below 1 MiB, where a copy of the width's trampoline.S lies.  That takes it to
 * paging with the start-up code's tables, then to x86_ap_main() on the kernel's
 * tables and the stack of its idle thread.  One is started at a time, and what
 * it needs is in the page's struct x86_ap_start.
 *
 * Who is started owns what it was given from the moment where it claims it:
 * `state' goes from AP_WANTED to AP_CLAIMED (by the trampoline), and from there
 * to AP_RUNS when it joins.  Who waits too long takes it back, by putting
 * AP_GIVEN_UP in the place of either; a processor that comes too late finds
 * that and halts.  It finds it whenever it comes: a page on which a processor
 * was given up is not used for another one, so nobody can claim what was meant
 * for somebody else.  And what a processor has claimed is never given to
 * another, its number neither.
 */
#ifndef X86_SMP_H
#define X86_SMP_H

/* In the trampoline's page. */
#define AP_START_OFFSET		0xf80

#define AP_WANTED		1
#define AP_CLAIMED		2
#define AP_RUNS			3
#define AP_GIVEN_UP		4

/* Members of struct x86_ap_start, for trampoline.S. */
#define AP_START_STATE		0
#define AP_START_BOOT_ROOT	4
#define AP_START_EFER		8
#define AP_START_ROOT		16
#define AP_START_STACK		24
#define AP_START_CPU		32
#define AP_START_ENTRY		40

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct trap_frame;

struct x86_ap_start {
	uint32_t	state;		/* (A) AP_* */
	uint32_t	boot_root;	/* physical: start-up code's tables */
	uint32_t	efer;		/* lower half of MSR_EFER; 0: none */
	uint32_t	reserved;
	uint64_t	root;		/* physical: the kernel's tables */
	uint64_t	stack;		/* its top */
	uint64_t	cpu;		/* struct cpu, for x86_ap_main() */
	uint64_t	entry;		/* x86_ap_entry() */
};

/* trampoline.S: what is copied, and where it goes on.  boot.S: the tables. */
extern const char x86_trampoline[], x86_trampoline_end[];
void x86_ap_entry(void);
extern char boot_root[];

/**
 * x86_smp_reserve - keep a page below 1 MiB for the trampoline
 *
 * Context: start-up, after the loader's data have been copied.
 */
void x86_smp_reserve(void);

/**
 * x86_ap_main - a processor that was started comes here
 *
 * Context: interrupts off, on the stack of its idle thread, with the kernel's
 *	    page tables and the start-up code's other registers.
 */
__attribute__((noreturn)) void x86_ap_main(struct cpu *cpu);

/**
 * x86_smp_interrupt - serve an interrupt from another processor
 * @vector:	TRAP_IPI_*
 * @frame:	what it has interrupted
 *
 * Context: interrupts off.
 */
void x86_smp_interrupt(unsigned int vector, struct trap_frame *frame);

/**
 * x86_smp_nmi - an NMI: does somebody want this processor to stop?
 * @frame:	what it has interrupted
 *
 * Stays here while it has to.
 *
 * Context: any.
 * Return:  true: somebody does, or did when it came.
 */
bool x86_smp_nmi(struct trap_frame *frame);

#endif /* __ASSEMBLER__ */

#endif /* X86_SMP_H */
