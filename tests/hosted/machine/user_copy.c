/*
 * tests/hosted/machine/user_copy.c -- copies from and to user memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/pmap.h>
#include <machine/trap.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/assert.h"
#include "kern/panic.h"
#include "lib/macros.h"

/* A fault handler that says it helped, and did not, this often is broken. */
#define MAX_FAULTS	1000

/* One access within a page, its fault handled. */
static bool
access_page(uintptr_t va, vm_prot_t access, void *buffer, size_t size)
{
	for (unsigned int i = 0; i < MAX_FAULTS; i++) {
		struct pmap *pmap = host_pmap_current();

		if (pmap != NULL
		    && host_pmap_access(pmap, va, access, buffer, size))
			return true;
		if (trap_hook_page_fault(va, access, false) != KERN_SUCCESS)
			return false;
	}
	panic("page fault at %#lx: handled, but no progress",
	      (unsigned long)va);
}

static bool
access_range(uintptr_t va, vm_prot_t access, void *buffer, size_t size)
{
	unsigned char *at = buffer;

	if (CONFIG_DEBUG)
		user_copy_hook_check();
	if (size > VM_MAX_USER_ADDRESS || va > VM_MAX_USER_ADDRESS - size)
		return false;
	while (size > 0) {
		size_t part = MIN(size, PAGE_SIZE - (va & PAGE_MASK));

		if (!access_page(va, access, at, part))
			return false;
		va += part;
		at += part;
		size -= part;
	}
	return true;
}

bool
copy_from_user(void *dst, user_addr_t src, size_t size)
{
	return access_range(src.va, VM_PROT_READ, dst, size);
}

bool
copy_to_user(user_addr_t dst, const void *src, size_t size)
{
	/* Not written through: a write takes from the buffer. */
	return access_range(dst.va, VM_PROT_WRITE, (void *)(uintptr_t)src,
			    size);
}

bool
touch_user(user_addr_t at, size_t size)
{
	uintptr_t end = at.va + size;
	char none;

	if (CONFIG_DEBUG)
		user_copy_hook_check();
	if (size > VM_MAX_USER_ADDRESS || at.va > VM_MAX_USER_ADDRESS - size)
		return false;
	for (uintptr_t va = at.va; va < end; va = page_trunc(va) + PAGE_SIZE)
		if (!access_page(va, VM_PROT_READ, &none, 0)
		    || !access_page(va, VM_PROT_WRITE, &none, 0))
			return false;
	return true;
}

bool
copy_string_from_user(char *dst, user_addr_t src, size_t room, size_t *len)
{
	assert(room > 0);

	for (size_t i = 0; i < room; i++) {
		if (!access_range(src.va + i, VM_PROT_READ, &dst[i], 1))
			return false;
		if (dst[i] == '\0') {
			*len = i;
			return true;
		}
	}
	return false;
}
