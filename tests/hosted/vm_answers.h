/*
 * tests/hosted/vm_answers.h -- rows of the table of what memory calls answer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each row is a call by the routine that its message or trap calls, on a fresh
 * map of a task, and names the description that its answer is from:
 *
 *	C	habits of the stock kernel, "Memory"
 *	S	what each call must do, at the call's name
 *	H	neither says it: the header of the call's routine
 *
 * In pages; what is mapped is touched, but for C and E:
 *
 *	1   4       16   20   24      28   30      32   36     4096   6145
 *	|-A-|.......|-B--|-C--|.......|-D--|.......|-W--|......|--E---|....
 *
 *	A  rw-/rwx			D  ---/rwx
 *	B  r--/r-x			W  rw-/rwx, wired by the user
 *	C  rw-/rwx, shared at a fork	E  rw-/rwx, not inherited
 */
#ifndef TESTS_HOSTED_VM_ANSWERS_H
#define TESTS_HOSTED_VM_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_attributes.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <mach/vm_sync.h>
#include <mach/vm_wire.h>
#include <machine/page.h>
#include <machine/vm_layout.h>

#define P(page)		((uintptr_t)(page) * PAGE_SIZE)
#define TOP		VM_MAX_USER_ADDRESS
#define ALL		UINTPTR_MAX
#define LAST_PAGE	(ALL - PAGE_MASK)
#define E_START		4096u
#define E_PAGES		2049u
#define ENTRIES		6
#define PAGES		(17 + (int)E_PAGES)
#define R		VM_PROT_READ
#define RW		(VM_PROT_READ | VM_PROT_WRITE)
#define RX		(VM_PROT_READ | VM_PROT_EXECUTE)
#define RWX		VM_PROT_ALL
#define COPY		VM_INHERIT_COPY
#define OK		KERN_SUCCESS
#define BAD_ARG		KERN_INVALID_ARGUMENT
#define BAD_ADDR	KERN_INVALID_ADDRESS

/* A count of bytes that a message's descriptor can't hold, where there are
 * such: no argument; elsewhere such a range wraps. */
#define BEYOND_COUNT	(sizeof(uintptr_t) > sizeof(uint32_t) ? BAD_ARG \
							      : BAD_ADDR)

enum call {
	ALLOCATE, ALLOCATE_TRAP, DEALLOCATE, MAP, MAP_TRAP, PROTECT, INHERIT,
	READ, WRITE, COPY_WITHIN, REGION, REGION_INFO, ATTRIBUTE, WIRE,
	WIRE_ALL, MSYNC, SET_LIMIT, GET_LIMIT, PHYS, STATISTICS,
	CACHE_STATISTICS,
};

/* Flags of a row. */
#define ANYWHERE	0x01u
#define MAXIMUM		0x02u
#define NO_MAP		0x04u	/* the null task */
#define NO_PORT		0x08u	/* the null port for the host */
#define OTHER_PORT	0x10u	/* a port that is no host's, or no object */
#define HOST		0x20u	/* the host, without privilege */
#define LIMIT		0x40u	/* the map's limit is what it has */

/* For vm_map: three arguments in one. */
#define ARGS(prot, max, inherit)	((prot) | (max) << 8 | (inherit) << 16)
#define USUAL		ARGS(RW, RWX, COPY)

struct row {
	const char	*section;
	enum call	call;
	uintptr_t	addr;
	uintptr_t	size;
	uintptr_t	arg;	/* mask, destination, attribute, maximum */
	unsigned int	flags;
	int		value;	/* protection, inheritance, flags, or ARGS() */
	kern_return_t	kr;
	uintptr_t	out;	/* address, or value */
	int		entries;	/* more than before */
	int		pages;
};

extern const struct row vm_answers[];
extern const size_t nr_vm_answers;

#endif /* TESTS_HOSTED_VM_ANSWERS_H */
