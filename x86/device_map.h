/*
 * x86/device_map.h -- mapping the registers of devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEVICE_MAP_H
#define X86_DEVICE_MAP_H

#include <stddef.h>

#include <machine/page.h>

/**
 * x86_map_device - make registers accessible, not cached, for good
 * @pa:		physical address of the first, any alignment
 * @size:	bytes, not 0
 *
 * Context: start-up or a thread, one at a time; after pmap_init().  Takes the
 *	    kernel pmap's lock.  Panics if there is no memory for tables, or if
 *	    the area for devices is used up.
 * Return:  where the byte at @pa is.
 */
volatile void *x86_map_device(phys_addr_t pa, size_t size);

#endif /* X86_DEVICE_MAP_H */
