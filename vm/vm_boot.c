/*
 * vm/vm_boot.c -- physical memory until the frame allocator stands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_boot.h for the design.  Both tables are small sorted arrays: they
 * are changed a few dozen times, before there is memory for anything better.
 */

#include "vm/vm_boot.h"

#include "kern/assert.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "lib/macros.h"
#include "lib/string.h"

#include <machine/physmem.h>

#define ISA_DMA_END	((phys_addr_t)16 << 20)

/* Constant once there are threads, but for vm_page_release_boot()'s one caller
 * at a time. */
static struct {
	struct boot_mem_range	ram[BOOT_MEM_MAX_RANGES];
	struct boot_mem_range	reserved[BOOT_MEM_MAX_RESERVED];
	unsigned int		nr_ram;
	unsigned int		nr_reserved;
	phys_addr_t		left_out;	/* bytes of RAM that did not fit
						 * into ram[] */
	bool			closed;
} boot_mem;

static phys_addr_t
frame_up(phys_addr_t pa)
{
	return ROUND_UP(pa, (phys_addr_t)PAGE_SIZE);
}

static phys_addr_t
frame_down(phys_addr_t pa)
{
	return ROUND_DOWN(pa, (phys_addr_t)PAGE_SIZE);
}

/* Open a place at index @at of a table of *@count; there is room. */
static void
range_insert(struct boot_mem_range *table, unsigned int *count,
	     unsigned int at, struct boot_mem_range range)
{
	memmove(&table[at + 1], &table[at], (*count - at) * sizeof table[0]);
	table[at] = range;
	(*count)++;
}

/* Close the @n places from index @at on. */
static void
range_delete(struct boot_mem_range *table, unsigned int *count,
	     unsigned int at, unsigned int n)
{
	memmove(&table[at], &table[at + n],
		(*count - at - n) * sizeof table[0]);
	*count -= n;
}

void
boot_mem_add(phys_addr_t start, phys_addr_t end)
{
	struct boot_mem_range *ram = boot_mem.ram;
	unsigned int first = 0, last;

	assert(!boot_mem.closed);
	if (start >= end || end - start < PAGE_SIZE)
		return;
	start = frame_up(start);
	end = frame_down(end);
	if (start >= end)
		return;
	if (start == 0)
		boot_mem_reserve(0, PAGE_SIZE, "frame 0");

	/* Swallow all that overlap or touch. */
	while (first < boot_mem.nr_ram && ram[first].end < start)
		first++;
	for (last = first; last < boot_mem.nr_ram && ram[last].start <= end;
	     last++) {
		start = MIN(start, ram[last].start);
		end = MAX(end, ram[last].end);
	}
	range_delete(ram, &boot_mem.nr_ram, first, last - first);

	if (boot_mem.nr_ram == BOOT_MEM_MAX_RANGES) {
		boot_mem.left_out += end - start;
		return;
	}
	range_insert(ram, &boot_mem.nr_ram, first,
		     (struct boot_mem_range){ start, end, NULL });
}

/*
 * Reserve [@start, @end), of which nothing is reserved, to stand at @at.  It
 * joins neighbours of its name, so that many modules are few reservations.
 */
static void
reserve_gap(unsigned int at, phys_addr_t start, phys_addr_t end,
	    const char *what)
{
	struct boot_mem_range *table = boot_mem.reserved;
	unsigned int *count = &boot_mem.nr_reserved;

	if (at < *count && table[at].start == end
	    && strcmp(table[at].what, what) == 0) {
		end = table[at].end;
		range_delete(table, count, at, 1);
	}
	if (at > 0 && table[at - 1].end == start
	    && strcmp(table[at - 1].what, what) == 0) {
		table[at - 1].end = end;
		return;
	}
	if (*count == BOOT_MEM_MAX_RESERVED)
		panic("boot memory: more than %d reservations (%s)",
		      BOOT_MEM_MAX_RESERVED, what);
	range_insert(table, count, at,
		     (struct boot_mem_range){ start, end, what });
}

void
boot_mem_reserve(phys_addr_t start, phys_addr_t end, const char *what)
{
	assert(!boot_mem.closed);
	start = frame_down(start);
	end = frame_up(end);

	/* Reserve each gap between the reservations that are in the way. */
	while (start < end) {
		const struct boot_mem_range *next;
		phys_addr_t stop = end;
		unsigned int i = 0;

		while (i < boot_mem.nr_reserved
		       && boot_mem.reserved[i].end <= start)
			i++;
		next = &boot_mem.reserved[i];
		if (i < boot_mem.nr_reserved && next->start <= start) {
			start = next->end;
			continue;
		}
		if (i < boot_mem.nr_reserved)
			stop = MIN(stop, next->start);
		reserve_gap(i, start, stop, what);
		start = stop;
	}
}

/* Forget [@start, @end) of the reservation at @at, which has all of that. */
static bool
unreserve_part(unsigned int at, phys_addr_t start, phys_addr_t end,
	       struct boot_mem_range *out)
{
	struct boot_mem_range *table = boot_mem.reserved;
	struct boot_mem_range whole = table[at];

	*out = (struct boot_mem_range){ start, end, whole.what };
	if (start == whole.start && end == whole.end) {
		range_delete(table, &boot_mem.nr_reserved, at, 1);
	} else if (start == whole.start) {
		table[at].start = end;
	} else if (end == whole.end) {
		table[at].end = start;
	} else {
		if (boot_mem.nr_reserved == BOOT_MEM_MAX_RESERVED)
			return false;
		table[at].end = start;
		whole.start = end;
		range_insert(table, &boot_mem.nr_reserved, at + 1, whole);
	}
	return true;
}

bool
boot_mem_unreserve(const char *what, phys_addr_t start, phys_addr_t end,
		   struct boot_mem_range *out)
{
	struct boot_mem_range *table = boot_mem.reserved;

	for (unsigned int i = 0; i < boot_mem.nr_reserved; i++) {
		if (table[i].end > start && table[i].start < end
		    && strcmp(table[i].what, what) == 0)
			return unreserve_part(i, MAX(start, table[i].start),
					      MIN(end, table[i].end), out);
	}
	return false;
}

/* The first free range at or after @from, looking at RAM range @ram alone. */
static bool
ram_next_free(const struct boot_mem_range *ram, phys_addr_t from,
	      struct boot_mem_range *out)
{
	phys_addr_t start = MAX(from, ram->start);
	phys_addr_t end = ram->end;

	for (unsigned int i = 0; i < boot_mem.nr_reserved; i++) {
		const struct boot_mem_range *used = &boot_mem.reserved[i];

		if (used->end <= start)
			continue;
		if (used->start > start) {
			end = MIN(end, used->start);
			break;
		}
		start = used->end;
	}
	if (start >= end)
		return false;
	*out = (struct boot_mem_range){ start, end, NULL };
	return true;
}

bool
boot_mem_next_free(phys_addr_t from, struct boot_mem_range *out)
{
	for (unsigned int i = 0; i < boot_mem.nr_ram; i++)
		if (from < boot_mem.ram[i].end
		    && ram_next_free(&boot_mem.ram[i], from, out))
			return true;
	return false;
}

/* The lowest place at or after @from for @size bytes, or 0. */
static phys_addr_t
find_place(phys_addr_t from, phys_addr_t size, phys_addr_t align)
{
	struct boot_mem_range hole;

	while (boot_mem_next_free(from, &hole)) {
		phys_addr_t start = ROUND_UP(hole.start, align);

		if (start < hole.end && hole.end - start >= size
		    && phys_is_direct(start + size - 1))
			return start;
		from = hole.end;
	}
	return 0;
}

phys_addr_t
boot_mem_alloc_for(size_t size, size_t align, const char *what)
{
	phys_addr_t bytes = frame_up(size);
	phys_addr_t start;

	assert(!boot_mem.closed && size != 0);
	assert(IS_POWER_OF_2(align));
	align = MAX(align, (size_t)PAGE_SIZE);

	start = find_place(ISA_DMA_END, bytes, align);
	if (start == 0)
		start = find_place(0, bytes, align);
	if (start == 0) {
		boot_mem_show();
		panic("boot memory: no %zu KiB for %s", size >> 10, what);
	}
	boot_mem_reserve(start, start + bytes, what);
	return start;
}

phys_addr_t
boot_mem_alloc(size_t size, size_t align)
{
	return boot_mem_alloc_for(size, align, "boot tables");
}

const struct boot_mem_range *
boot_mem_ram(unsigned int *count)
{
	*count = boot_mem.nr_ram;
	return boot_mem.ram;
}

phys_addr_t
boot_mem_end(void)
{
	return boot_mem.nr_ram == 0 ? 0 : boot_mem.ram[boot_mem.nr_ram - 1].end;
}

/* Bytes of RAM that @range covers. */
static phys_addr_t
ram_covered(const struct boot_mem_range *range)
{
	phys_addr_t sum = 0;

	for (unsigned int i = 0; i < boot_mem.nr_ram; i++) {
		phys_addr_t start = MAX(range->start, boot_mem.ram[i].start);
		phys_addr_t end = MIN(range->end, boot_mem.ram[i].end);

		if (start < end)
			sum += end - start;
	}
	return sum;
}

phys_addr_t
boot_mem_total(void)
{
	phys_addr_t sum = 0;

	for (unsigned int i = 0; i < boot_mem.nr_ram; i++)
		sum += boot_mem.ram[i].end - boot_mem.ram[i].start;
	return sum;
}

phys_addr_t
boot_mem_free_total(void)
{
	phys_addr_t sum = boot_mem_total();

	/* Reservations are disjoint (B2), so nothing is taken off twice. */
	for (unsigned int i = 0; i < boot_mem.nr_reserved; i++)
		sum -= ram_covered(&boot_mem.reserved[i]);
	return sum;
}

void
boot_mem_close(void)
{
	boot_mem.closed = true;
}

/* RAM under all reservations of the name of number @i; 0 if an earlier one has
 * the same name and has shown it. */
static phys_addr_t
named_sum(unsigned int i)
{
	const struct boot_mem_range *table = boot_mem.reserved;
	phys_addr_t sum = 0;

	for (unsigned int j = 0; j < boot_mem.nr_reserved; j++) {
		if (strcmp(table[j].what, table[i].what) != 0)
			continue;
		if (j < i)
			return 0;
		sum += ram_covered(&table[j]);
	}
	return sum;
}

static void
show_line(const char *what, phys_addr_t bytes)
{
	kprintf("memory: %9llu KiB  %s\n", (unsigned long long)bytes >> 10,
		what);
}

void
boot_mem_show(void)
{
	for (unsigned int i = 0; i < boot_mem.nr_ram; i++)
		kprintf("memory: RAM %012llx to %012llx\n",
			(unsigned long long)boot_mem.ram[i].start,
			(unsigned long long)boot_mem.ram[i].end);
	if (boot_mem.left_out != 0)
		kprintf("memory: too many ranges of RAM: %llu KiB left out\n",
			(unsigned long long)boot_mem.left_out >> 10);

	for (unsigned int i = 0; i < boot_mem.nr_reserved; i++) {
		phys_addr_t sum = named_sum(i);

		if (sum != 0)
			show_line(boot_mem.reserved[i].what, sum);
	}
	show_line("free", boot_mem_free_total());
	show_line("all", boot_mem_total());
}

/* Are the ranges sorted, not empty, with more than @gap bytes between them? */
static bool
ranges_are_sorted(const struct boot_mem_range *table, unsigned int count,
		  phys_addr_t gap)
{
	for (unsigned int i = 0; i < count; i++) {
		if (table[i].start >= table[i].end
		    || !IS_ALIGNED(table[i].start | table[i].end, PAGE_SIZE))
			return false;
		if (i > 0 && table[i].start < table[i - 1].end + gap)
			return false;
	}
	return true;
}

void
boot_mem_check(void)
{
	struct boot_mem_range first;

	if (!ranges_are_sorted(boot_mem.ram, boot_mem.nr_ram, PAGE_SIZE))
		panic("boot memory: B1 broken");
	if (!ranges_are_sorted(boot_mem.reserved, boot_mem.nr_reserved, 0))
		panic("boot memory: B2 broken");
	if (boot_mem_next_free(0, &first) && first.start == 0)
		panic("boot memory: B3 broken");
}

void
boot_mem_reset(void)
{
	memset(&boot_mem, 0, sizeof boot_mem);
}
