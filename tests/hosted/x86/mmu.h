/*
 * tests/hosted/x86/mmu.h -- a model of the processor's paging.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walks real tables in simulated memory by the rules of the manual (SDM vol. 3,
 * 4.4 to 4.10), sets referenced and modified, and remembers as much as it may
 * in a TLB that forgets only what it is told to; and tables of leaf entries,
 * so that one that is freed too early is walked.
 *
 * There are as many processors as tokens; each function is about the one whose
 * token the caller holds.  The bits of a translation that has its leaf in a
 * table are the leaf's, but for `user': what x86/pmap.c puts above allows all
 * the rest.
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

/* Processors that know nothing; as if they had these features. */
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

/* The pmap is loaded only since no other was needed; or it is needed. */
void mmu_set_kept(bool kept);

/* Make the processors deaf to so many flushes. */
void mmu_drop_flush(unsigned int count);

/* Flushes so far, by all processors: of pages, of all user pages, of
 * everything.  All (A). */
struct mmu_counts {
	unsigned int pages;
	unsigned int users;
	unsigned int alls;
	unsigned int loads;
	unsigned int requests;		/* to other processors */
};
extern struct mmu_counts mmu_counts;

#endif /* TESTS_HOSTED_X86_MMU_H */
