/* include/mach/machine/vm_param.h -- pages and the user's address space. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_VM_PARAM_H
#define MACH_MACHINE_VM_PARAM_H

#define BYTE_SIZE	8		/* bits */

#define I386_PGSHIFT	12
#define I386_PGBYTES	4096

#ifndef PAGE_SHIFT
#define PAGE_SHIFT	I386_PGSHIFT
#endif

/* The first user address, and the first above all user addresses. */
#define VM_MIN_ADDRESS	0ULL
#if __SIZEOF_POINTER__ == 8
#define VM_MAX_ADDRESS	0x800000000000ULL
#else
#define VM_MAX_ADDRESS	0xc0000000ULL
#endif

/* Bytes to the page boundary at or below, at or above; to pages and back. */
#define i386_trunc_page(x) \
	((unsigned long)(x) & ~((unsigned long)I386_PGBYTES - 1))
#define i386_round_page(x) \
	i386_trunc_page((unsigned long)(x) + I386_PGBYTES - 1)
#define i386_btop(x)	((unsigned long)(x) >> I386_PGSHIFT)
#define i386_ptob(x)	((unsigned long)(x) << I386_PGSHIFT)

#endif /* MACH_MACHINE_VM_PARAM_H */
