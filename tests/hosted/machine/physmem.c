/*
 * tests/hosted/machine/physmem.c -- simulated physical memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <machine/physmem.h>
#include <machine/vm_layout.h>

#include "kern/assert.h"
#include "lib/atomic.h"
#include "vm/vm_page.h"

#define KERNEL_AREA	((size_t)128 << 20)	/* of the kernel map, bytes */
#define GUARD		((size_t)1 << 20)	/* between two areas */

struct host_physmem host_physmem;
unsigned int host_window_shift = HOST_WINDOW_SHIFT;

static unsigned char *area;		/* all areas, one reservation */
static size_t area_size;
static unsigned int nr_windows;		/* (A) */

/*
 * Objects of the test may be reachable only from simulated memory.  The leak
 * checker, when there is one, looks there too.
 */
void __lsan_register_root_region(const void *start, size_t size)
	__attribute__((weak));
void __lsan_unregister_root_region(const void *start, size_t size)
	__attribute__((weak));

static void
map_file(void *at, phys_addr_t pa, size_t size, int prot)
{
	void *got = mmap(at, size, prot, MAP_SHARED | MAP_FIXED,
			 host_physmem.fd, (off_t)pa);

	assert(got == at);
}

static void
map_nothing(void *at, size_t size)
{
	void *got = mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS
			 | MAP_NORESERVE | MAP_FIXED, -1, 0);

	assert(got == at);
}

/* Bytes of @size of RAM and of what is missing for a power of two. */
static size_t
window_size(size_t size)
{
	size_t whole = GUARD;

	while (whole < size)
		whole *= 2;
	return whole;
}

void
host_physmem_init(size_t size, size_t direct_size)
{
	size_t whole = window_size(size);
	size_t array = ROUND_UP(whole / PAGE_SIZE * sizeof(struct vm_page),
				PAGE_SIZE) + PAGE_SIZE;
	unsigned char *at;
	int status;

	assert(IS_ALIGNED(size | direct_size, PAGE_SIZE));
	assert(direct_size <= size);
	host_physmem_fini();

	host_physmem.fd = memfd_create("ram", MFD_CLOEXEC);
	assert(host_physmem.fd >= 0);
	status = ftruncate(host_physmem.fd, (off_t)size);
	assert(status == 0);

	area_size = whole + direct_size + KERNEL_AREA + array + 4 * GUARD;
	area = mmap(NULL, area_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS
		    | MAP_NORESERVE, -1, 0);
	assert(area != MAP_FAILED);

	/* Its own size as alignment: struct vm_page_window. */
	at = (unsigned char *)ROUND_UP((uintptr_t)area, whole);
	host_physmem.size = size;
	host_physmem.direct_size = direct_size;
	host_physmem.direct = at;
	at += ROUND_UP(direct_size, PAGE_SIZE) + GUARD;
	host_physmem.kernel_start = (uintptr_t)at;
	host_physmem.kernel_end = (uintptr_t)at + KERNEL_AREA;
	at += KERNEL_AREA + GUARD;
	host_physmem.page_array = (uintptr_t)at;
	host_physmem.page_array_end = (uintptr_t)at + array;

	if (direct_size != 0) {
		map_file(host_physmem.direct, 0, direct_size,
			 PROT_READ | PROT_WRITE);
		if (__lsan_register_root_region != NULL)
			__lsan_register_root_region(host_physmem.direct,
						    direct_size);
	}
}

void
host_physmem_fini(void)
{
	if (host_physmem.size == 0)
		return;
	assert(host_physmem_windows() == 0);
	if (host_physmem.direct_size != 0
	    && __lsan_unregister_root_region != NULL)
		__lsan_unregister_root_region(host_physmem.direct,
				(size_t)host_physmem.direct_size);
	munmap(area, area_size);
	close(host_physmem.fd);
	host_physmem = (struct host_physmem){ .fd = -1 };
}

static bool
in_areas(uintptr_t va, size_t size)
{
	return (va >= host_physmem.kernel_start
		&& va + size <= host_physmem.kernel_end)
		|| (va >= host_physmem.page_array
		    && va + size <= host_physmem.page_array_end);
}

void
host_physmem_map(uintptr_t va, phys_addr_t pa, size_t size, bool writable)
{
	size_t there = size;

	assert(((va | pa | size) & PAGE_MASK) == 0);
	assert(in_areas(va, size));
	if (pa >= host_physmem.size)
		there = 0;
	else if (there > host_physmem.size - pa)
		there = (size_t)(host_physmem.size - pa);
	if (there > 0)
		map_file((void *)va, pa, there,
			 writable ? PROT_READ | PROT_WRITE : PROT_READ);
	if (there < size)
		map_nothing((void *)(va + there), size - there);
}

void
host_physmem_unmap(uintptr_t va, size_t size)
{
	assert(((va | size) & PAGE_MASK) == 0);
	assert(in_areas(va, size));
	if (size > 0)
		map_nothing((void *)va, size);
}

unsigned int
host_physmem_windows(void)
{
	return atomic_load_acquire(&nr_windows);
}

void *
phys_to_direct(phys_addr_t pa)
{
	assert(phys_is_direct(pa));
	return host_physmem.direct + pa;
}

phys_addr_t
direct_to_phys(const void *p)
{
	uintptr_t offset = (uintptr_t)p - (uintptr_t)host_physmem.direct;

	/* No RAM has that address. */
	return offset < host_physmem.direct_size ? offset : ~(phys_addr_t)0;
}

void *
phys_window_map(phys_addr_t pa)
{
	phys_addr_t frame = pa & ~(phys_addr_t)PAGE_MASK;
	unsigned char *window;

	if (phys_is_direct(pa))
		return phys_to_direct(pa);
	assert(pa < host_physmem.size);
	window = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		      host_physmem.fd, (off_t)frame);
	assert(window != MAP_FAILED);
	atomic_fetch_add(&nr_windows, 1u);
	return window + (pa & PAGE_MASK);
}

void
phys_window_unmap(void *p)
{
	uintptr_t at = page_trunc((uintptr_t)p);

	if (direct_to_phys(p) != ~(phys_addr_t)0)
		return;
	munmap((void *)at, PAGE_SIZE);
	atomic_fetch_sub(&nr_windows, 1u);
}

void
page_zero(phys_addr_t pa)
{
	void *to = phys_window_map(pa);

	memset(to, 0, PAGE_SIZE);
	phys_window_unmap(to);
}

/*
 * What a task's threads write while the kernel copies it for another is theirs
 * to agree on: one access a word, and not watched by the thread sanitizer.
 */
static void __attribute__((no_sanitize("thread")))
copy_words(volatile uint64_t *to, const volatile uint64_t *from)
{
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof *to; i++)
		to[i] = from[i];
}

void
page_copy(phys_addr_t dst, phys_addr_t src)
{
	void *to = phys_window_map(dst);
	void *from = phys_window_map(src);

	copy_words(to, from);
	phys_window_unmap(from);
	phys_window_unmap(to);
}
