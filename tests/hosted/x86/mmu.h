/*
 * tests/hosted/x86/mmu.h -- a model of the processor's paging.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walks real tables in simulated memory by the rules of the manual (SDM vol. 3,
 * 4.4 to 4.10), sets referenced and modified, and remembers as much as it may
 * in a TLB that forgets only what it is told to.
 */
#ifndef TESTS_HOSTED_X86_MMU_H
#define TESTS_HOSTED_X86_MMU_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/page.h>

enum mmu_access {
	MMU_READ,
	MMU_WRITE,
	MMU_EXECUTE
};

/* What a translation allows. */
struct mmu_page {
	phys_addr_t	pa;		/* of the byte */
	uintptr_t	size;		/* of the page, bytes */
	bool		user;
	bool		write;
	bool		execute;
	bool		global;
	bool		modified;
};

/* A processor that knows nothing; as if it had these features. */
void mmu_reset(bool nx, bool pages_1gib);

/**
 * mmu_access - one access through the loaded tables
 * @va:		any address
 * @access:	what is done
 * @user:	in user mode; the kernel does not access user pages here
 * @pa_out:	physical address of the byte
 *
 * Return: true if it goes through; false: a page fault.
 */
bool mmu_access(uintptr_t va, enum mmu_access access, bool user,
		phys_addr_t *pa_out);

/**
 * mmu_translate - what the loaded tables say of an address; nothing changes
 *
 * Return: false if there is no translation.
 */
bool mmu_translate(uintptr_t va, struct mmu_page *out);

/**
 * mmu_check - does the TLB remember only what the tables still allow?
 *
 * Return: true if so.  Otherwise a flush was forgotten.
 */
bool mmu_check(void);

/* Make the processor deaf to so many flushes. */
void mmu_drop_flush(unsigned int count);

/* Flushes so far: of pages, of all user pages, of everything. */
struct mmu_counts {
	unsigned int pages;
	unsigned int users;
	unsigned int alls;
	unsigned int loads;
};
extern struct mmu_counts mmu_counts;

#endif /* TESTS_HOSTED_X86_MMU_H */
