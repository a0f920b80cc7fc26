/*
 * tests/user/samples/touch.c -- allocates 64 MiB and looks at every page.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each page must be all zero at first, and keep what is written to it.
 */
#include "tests/user/lib/user.h"

#define TOUCH_SIZE	(64ul * 1024 * 1024)
#define PAGE_WORDS	(USER_PAGE_SIZE / sizeof(uintptr_t))

static bool
page_is_zero(const uintptr_t *page)
{
	uintptr_t seen = 0;

	for (size_t i = 0; i < PAGE_WORDS; i++)
		seen |= page[i];
	return seen == 0;
}

static uintptr_t
pattern(const uintptr_t *page)
{
	return (uintptr_t)page * 31 + 7;
}

int
main(int argc, char **argv)
{
	mach_port_name_t self = mach_task_self();
	vm_offset_t base = 0;
	kern_return_t kr;

	(void)argc;
	(void)argv;
	kr = syscall_vm_allocate(self, &base, TOUCH_SIZE, TRUE);
	if (kr != KERN_SUCCESS)
		user_die("touch: vm_allocate: error %d\n", kr);

	for (vm_offset_t at = base; at < base + TOUCH_SIZE;
	     at += USER_PAGE_SIZE) {
		uintptr_t *page = (uintptr_t *)at;

		if (!page_is_zero(page))
			user_die("touch: the page at %p is not zero\n",
				 (void *)page);
		page[0] = pattern(page);
		page[PAGE_WORDS - 1] = ~pattern(page);
	}
	for (vm_offset_t at = base; at < base + TOUCH_SIZE;
	     at += USER_PAGE_SIZE) {
		uintptr_t *page = (uintptr_t *)at;

		if (page[0] != pattern(page) ||
		    page[PAGE_WORDS - 1] != ~pattern(page))
			user_die("touch: the page at %p forgot its pattern\n",
				 (void *)page);
	}

	kr = syscall_vm_deallocate(self, base, TOUCH_SIZE);
	if (kr != KERN_SUCCESS)
		user_die("touch: vm_deallocate: error %d\n", kr);
	user_print("touch: %lu MiB were zero and kept their pattern\n",
		   TOUCH_SIZE >> 20);
	return 0;
}
