/*
 * x86_64/machine/pmap_depth.h -- the shape of the page tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Both widths have tables of 512 entries of 64 bits, 4 levels of them in long
 * mode and 3 with PAE; level 1 maps pages, the root is level PMAP_LEVELS.  All
 * that x86/pmap*.c need to know of the difference is here.
 */
#ifndef MACHINE_PMAP_DEPTH_H
#define MACHINE_PMAP_DEPTH_H

#define PMAP_LEVELS		4u

/* Entries of the root, and how many of them, from 0 on, are the user's. */
#define PMAP_ROOT_ENTRIES	512u
#define PMAP_ROOT_USER		256u

/* Bits of a kernel address above those that the tables translate. */
#define PMAP_KERNEL_BITS	0xffff000000000000ul

/* Has an entry of the root permission bits?  (PAE: they are reserved.) */
#define PMAP_ROOT_HAS_BITS	1

/*
 * Are the tables right below the root made and freed with the pmap?  (PAE: the
 * processor reads the root's four entries only when it is loaded.)
 */
#define PMAP_ROOT_EAGER		0

/* The largest page that may be used: level 3 is 1 GiB, level 2 is 2 MiB. */
#define PMAP_LARGE_LEVELS	3u

#endif /* MACHINE_PMAP_DEPTH_H */
