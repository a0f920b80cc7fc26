/*
 * tests/user/test_vm.c -- corner answers of the memory calls (compat.md of
 * the interface facts, "Memory", and semantics.md).
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/user.h"

#define PAGE		USER_PAGE_SIZE
#define FAR		USER_FAR

static mach_port_name_t self;

/* vm_map of zero-filled memory with a mask; the address, 0 on failure. */
static vm_offset_t
map_masked(vm_offset_t hint, vm_size_t size, vm_offset_t mask,
	   kern_return_t *kr)
{
	vm_offset_t at = hint;

	*kr = syscall_vm_map(self, &at, size, mask, TRUE, MACH_PORT_NULL, 0,
			     FALSE, VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
			     VM_INHERIT_COPY);
	return *kr == KERN_SUCCESS ? at : 0;
}

static kern_return_t
map_fixed(vm_offset_t at, vm_prot_t prot, vm_prot_t max_prot)
{
	return syscall_vm_map(self, &at, PAGE, 0, FALSE, MACH_PORT_NULL, 0,
			      FALSE, prot, max_prot, VM_INHERIT_COPY);
}

static kern_return_t
allocate_fixed(vm_offset_t at, vm_size_t size)
{
	return syscall_vm_allocate(self, &at, size, FALSE);
}

static void
test_sizes(void)
{
	vm_offset_t at = 0x1234;

	tap_is(syscall_vm_allocate(self, &at, 0, TRUE), KERN_SUCCESS,
	       "vm_allocate of size 0");
	tap_is((long)at, 0, "answers address 0");
	tap_is(syscall_vm_deallocate(self, 0, 0), KERN_SUCCESS,
	       "vm_deallocate of size 0");
	at = 0;
	tap_is(syscall_vm_allocate(self, &at, ~0ul, TRUE), KERN_NO_SPACE,
	       "vm_allocate of all there is but a byte");
	tap_is(syscall_vm_allocate(self, &at, USER_END, TRUE), KERN_NO_SPACE,
	       "vm_allocate of all of user space");
	at = 0;
	tap_is(syscall_vm_allocate(self, &at, 1, TRUE), KERN_SUCCESS,
	       "vm_allocate of one byte");
	*(volatile char *)(at + PAGE - 1) = 1;
	tap_ok(true, "gives the whole page");
	tap_is(syscall_vm_deallocate(self, at + 17, 1), KERN_SUCCESS,
	       "vm_deallocate of a byte within");
	tap_is(allocate_fixed(at, PAGE), KERN_SUCCESS,
	       "took the whole page away");
	tap_is(syscall_vm_deallocate(self, at, PAGE), KERN_SUCCESS,
	       "and so again");
}

static void
test_rounding(void)
{
	vm_offset_t at = FAR + 123;

	tap_is(syscall_vm_allocate(self, &at, PAGE, FALSE), KERN_SUCCESS,
	       "vm_allocate at an address within a page");
	tap_is((long)at, (long)FAR, "is at the page");
	tap_is(allocate_fixed(FAR, PAGE), KERN_NO_SPACE, "which is taken now");
	tap_is(syscall_vm_deallocate(self, FAR, PAGE), KERN_SUCCESS,
	       "and free again");
}

static void
test_limits(void)
{
	tap_is(allocate_fixed(USER_END, PAGE), KERN_INVALID_ADDRESS,
	       "vm_allocate behind user space");
	tap_is(allocate_fixed(USER_END - PAGE, 2 * PAGE),
	       KERN_INVALID_ADDRESS, "vm_allocate across its end");
	tap_is(allocate_fixed(KERNEL_ADDRESS, PAGE),
	       KERN_INVALID_ADDRESS, "vm_allocate in the kernel");
	tap_is(allocate_fixed(~0ul - PAGE, 4 * PAGE), KERN_INVALID_ADDRESS,
	       "vm_allocate of a range that wraps");
	tap_is(syscall_vm_deallocate(self, ~0ul - PAGE, 4 * PAGE),
	       KERN_SUCCESS, "vm_deallocate of a range that wraps");
	tap_is(syscall_vm_deallocate(self, KERNEL_ADDRESS, PAGE),
	       KERN_SUCCESS, "vm_deallocate in the kernel does nothing");
}

static void
test_page_zero(void)
{
	vm_offset_t at = 0;

	tap_is(syscall_vm_allocate(self, &at, PAGE, TRUE), KERN_SUCCESS,
	       "vm_allocate anywhere with address 0");
	tap_ok(at != 0, "is not at page 0");
	tap_is(syscall_vm_deallocate(self, at, PAGE), KERN_SUCCESS,
	       "and freed");
	tap_is(allocate_fixed(0, PAGE), KERN_SUCCESS,
	       "page 0 when asked for by address");
	*user_int_at(8) = 8;
	tap_is(syscall_vm_deallocate(self, 0, PAGE), KERN_SUCCESS,
	       "page 0 freed");
}

static void
test_mask(void)
{
	kern_return_t kr;
	vm_offset_t at;

	at = map_masked(0, PAGE, 0xffff, &kr);
	tap_ok(at != 0 && (at & 0xffff) == 0, "mask: 64 KiB alignment");
	if (at != 0)
		(void)syscall_vm_deallocate(self, at, PAGE);

	at = map_masked(0, PAGE, (vm_offset_t)~0xffffffffull, &kr);
	tap_ok(at != 0 && (uint64_t)at >> 32 == 0,
	       "mask: an address below 4 GiB");
	if (at != 0)
		(void)syscall_vm_deallocate(self, at, PAGE);

	(void)map_masked(0, PAGE, 0xff00f000, &kr);
	tap_is(kr, KERN_NO_SPACE, "mask: any other shape");

	at = map_masked(FAR, PAGE, 0, &kr);
	tap_ok(at != 0 && at != FAR, "anywhere: the address is ignored");
	if (at != 0)
		(void)syscall_vm_deallocate(self, at, PAGE);
}

static void
test_protection(void)
{
	volatile unsigned char *code;
	int (*function)(void);

	tap_is(map_fixed(FAR, VM_PROT_ALL, VM_PROT_READ), KERN_SUCCESS,
	       "vm_map: current protection beyond the maximum");
	tap_is(syscall_vm_deallocate(self, FAR, PAGE), KERN_SUCCESS,
	       "and freed");

	tap_is(map_fixed(FAR, VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL),
	       KERN_SUCCESS, "vm_map: readable and writable");
	code = (volatile unsigned char *)FAR;
	code[0] = 0xb8;			/* mov $42, %eax */
	code[1] = 42;
	code[5] = 0xc3;			/* ret */
	function = (int (*)(void))FAR;
	tap_is(function(), 42, "readable memory is executable");
	tap_is(syscall_vm_deallocate(self, FAR, PAGE), KERN_SUCCESS,
	       "and freed");
	tap_is(map_fixed(FAR, VM_PROT_READ, VM_PROT_ALL), KERN_SUCCESS,
	       "vm_map: read only");
	tap_is(*(volatile int *)FAR, 0, "which reads zero");
	tap_is(syscall_vm_deallocate(self, FAR, PAGE), KERN_SUCCESS,
	       "and freed");
}

/* Many ranges at once, every second one freed, the holes used again. */
static void
test_many(void)
{
	enum { MANY = 500 };
	static vm_offset_t at[MANY];
	int failed = 0;

	for (int i = 0; i < MANY; i++) {
		failed += syscall_vm_allocate(self, &at[i], 3 * PAGE, TRUE) !=
			  KERN_SUCCESS;
		*(volatile int *)(at[i] + PAGE) = i;
	}
	for (int i = 0; i < MANY; i += 2)
		failed += syscall_vm_deallocate(self, at[i], 3 * PAGE) !=
			  KERN_SUCCESS;
	for (int i = 1; i < MANY; i += 2)
		failed += *(volatile int *)(at[i] + PAGE) != i;
	for (int i = 0; i < MANY; i += 2) {
		failed += syscall_vm_allocate(self, &at[i], 3 * PAGE, TRUE) !=
			  KERN_SUCCESS;
		failed += *(volatile int *)(at[i] + PAGE) != 0;
	}
	for (int i = 0; i < MANY; i++)
		failed += syscall_vm_deallocate(self, at[i], 3 * PAGE) !=
			  KERN_SUCCESS;
	tap_is(failed, 0, "%d ranges come, go and come back as zeros", MANY);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	self = mach_task_self();
	test_sizes();
	test_rounding();
	test_limits();
	test_page_zero();
	test_mask();
	test_protection();
	test_many();
	return tap_done("vm");
}
