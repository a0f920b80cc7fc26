/*
 * i386/machine/pmap_depth.h -- the shape of the page tables: PAE.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What each constant means stands in x86_64/machine/pmap_depth.h.  The root
 * has four entries, of 1 GiB each (SDM vol. 3, 4.4); the last is the kernel's.
 */
#ifndef MACHINE_PMAP_DEPTH_H
#define MACHINE_PMAP_DEPTH_H

#define PMAP_LEVELS		3u

#define PMAP_ROOT_ENTRIES	4u
#define PMAP_ROOT_USER		3u

#define PMAP_KERNEL_BITS	0ul

#define PMAP_ROOT_HAS_BITS	0
#define PMAP_ROOT_EAGER		1

#define PMAP_LARGE_LEVELS	2u

#endif /* MACHINE_PMAP_DEPTH_H */
