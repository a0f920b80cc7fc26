/*
 * vm/vm_boot.h -- physical memory until the frame allocator stands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine's start-up code says what memory there is (boot_mem_add()) and
 * what of it is in use (boot_mem_reserve()); what the kernel needs before the
 * frame allocator exists is cut from the rest (boot_mem_alloc()).
 * vm_page_init() takes what is left, and from then on the tables here are only
 * read, to account for memory, and shrunk by vm_page_release_boot().
 *
 *	RAM range	 usable memory, whole frames, sorted, disjoint
 *	reservation	 named, whole frames, sorted, disjoint; may reach
 *			 outside RAM
 *
 * Everything here runs on the boot CPU, before there are threads; there is no
 * lock.  The tables are of a fixed size: a RAM range too many is left out,
 * counted and shown; a reservation too many panics.
 *
 * Invariants (boot_mem_check() tests them):
 *  B1  RAM ranges are sorted, not empty, and do not touch one another
 *  B2  reservations are sorted, not empty, and do not overlap
 *  B3  frame 0 is not free: physical address 0 can stand for "none"
 */
#ifndef VM_VM_BOOT_H
#define VM_VM_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/page.h>

#define BOOT_MEM_MAX_RANGES	64	/* RAM ranges */
#define BOOT_MEM_MAX_RESERVED	192	/* reservations, with boot modules */

#define BOOT_MEM_MODULES	"boot modules"	/* name of their reservations */

/* A range of physical memory, in bytes, whole frames; end not included. */
struct boot_mem_range {
	phys_addr_t	start;
	phys_addr_t	end;
	const char	*what;		/* name of a reservation, else NULL */
};

/**
 * boot_mem_add - tell of usable memory
 * @start:	physical address of its first byte
 * @end:	physical address after its last byte
 *
 * The range is narrowed to whole frames; what was told of before is not added
 * twice.  Nothing happens if no frame is left.
 *
 * Context: start-up, before vm_page_init().
 */
void boot_mem_add(phys_addr_t start, phys_addr_t end);

/**
 * boot_mem_reserve - keep memory from being given out
 * @start:	physical address of its first byte
 * @end:	physical address after its last byte
 * @what:	what for, a few words; kept by pointer.  Reservations of the
 *		same name are shown as one sum
 *
 * The range is widened to whole frames.  It need not be RAM, and RAM may be
 * told of later; what is reserved already keeps its name.
 *
 * Context: start-up, before vm_page_init().
 */
void boot_mem_reserve(phys_addr_t start, phys_addr_t end, const char *what);

/**
 * boot_mem_alloc_for - cut memory from what is free, for ever
 * @size:	bytes; rounded up to whole frames
 * @align:	alignment in bytes, a power of two; below PAGE_SIZE counts as
 *		PAGE_SIZE
 * @what:	what for, as in boot_mem_reserve()
 *
 * The memory is directly mapped, and is the lowest that fits above 16 MiB, so
 * that memory for ISA DMA is spared; or the lowest at all when none is there.
 * Its contents are undefined.
 *
 * Context: start-up, before vm_page_init() has ended.
 * Return:  the physical address; never 0.  Panics when nothing fits.
 */
phys_addr_t boot_mem_alloc_for(size_t size, size_t align, const char *what);

/**
 * boot_mem_alloc - boot_mem_alloc_for(), accounted for as "boot tables"
 * @size:	bytes; rounded up to whole frames
 * @align:	alignment in bytes, a power of two
 *
 * Context: start-up, before vm_page_init() has ended.
 * Return:  the physical address; never 0.  Panics when nothing fits.
 */
phys_addr_t boot_mem_alloc(size_t size, size_t align);

/**
 * boot_mem_ram - the RAM ranges
 * @count:	set to the number of ranges
 *
 * Return:  the first of @count ranges, sorted.
 */
const struct boot_mem_range *boot_mem_ram(unsigned int *count);

/**
 * boot_mem_end - where RAM ends
 *
 * Return:  the physical address after the last byte of the last RAM range; 0
 *	    if there is none.
 */
phys_addr_t boot_mem_end(void);

/**
 * boot_mem_next_free - walk what is RAM and not reserved
 * @from:	physical address to begin at
 * @out:	set to the first free range at or after @from, narrowed to
 *		begin at @from if it began before
 *
 * Return:  true if there is one.
 */
bool boot_mem_next_free(phys_addr_t from, struct boot_mem_range *out);

/**
 * boot_mem_total - bytes of RAM
 */
phys_addr_t boot_mem_total(void);

/**
 * boot_mem_free_total - bytes of RAM that are not reserved
 */
phys_addr_t boot_mem_free_total(void);

/**
 * boot_mem_unreserve - forget a reservation, or a part of one
 * @what:	the name it was made with
 * @start:	where to look, from this frame
 * @end:	to before that one
 * @out:	set to the range that was reserved, which may reach outside RAM
 *
 * For vm_page_release_boot() only, which has the frames.
 *
 * Return:  true if there was one of that name, which is gone now.  false: there
 *	    was none, or no room to remember what is left around it.
 */
bool boot_mem_unreserve(const char *what, phys_addr_t start, phys_addr_t end,
			struct boot_mem_range *out);

/**
 * boot_mem_close - no more boot_mem_alloc()
 *
 * Called by vm_page_init() when the rest has been handed over.
 */
void boot_mem_close(void);

/**
 * boot_mem_show - account for all RAM on the console
 *
 * Prints each RAM range, then a line for each name of a reservation with the
 * RAM it covers, what is free, and their sum.
 */
void boot_mem_show(void);

/**
 * boot_mem_check - test the invariants; panics when one is broken
 */
void boot_mem_check(void);

/**
 * boot_mem_reset - forget everything.  For tests
 */
void boot_mem_reset(void);

#endif /* VM_VM_BOOT_H */
