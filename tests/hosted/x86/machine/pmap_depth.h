/*
 * tests/hosted/x86/machine/pmap_depth.h -- both shapes of page tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What each constant means stands in x86_64/machine/pmap_depth.h.
 */
#ifndef MACHINE_PMAP_DEPTH_H
#define MACHINE_PMAP_DEPTH_H

#if TEST_PMAP_LEVELS == 4

#define PMAP_LEVELS		4u
#define PMAP_ROOT_ENTRIES	512u
#define PMAP_ROOT_USER		256u
#define PMAP_KERNEL_BITS	0xffff000000000000ul
#define PMAP_ROOT_HAS_BITS	1
#define PMAP_ROOT_EAGER		0
#define PMAP_LARGE_LEVELS	3u

#else /* PAE */

#define PMAP_LEVELS		3u
#define PMAP_ROOT_ENTRIES	4u
#define PMAP_ROOT_USER		3u
#define PMAP_KERNEL_BITS	0ul
#define PMAP_ROOT_HAS_BITS	0
#define PMAP_ROOT_EAGER		1
#define PMAP_LARGE_LEVELS	2u

#endif

#endif /* MACHINE_PMAP_DEPTH_H */
