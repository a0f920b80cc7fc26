/*
 * tests/user/corners_memory.c -- calls on memory in unusual cases.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/corners.h"

#include <hurd.h>

static vm_address_t
fresh(unsigned int pages)
{
	vm_address_t at = 0;

	(void)vm_allocate(self, &at, pages * PAGE, TRUE);
	return at;
}

static void
forget(vm_address_t at, unsigned int pages)
{
	(void)vm_deallocate(self, at, pages * PAGE);
}

/* One region's bounds and protections from @at on. */
struct seen {
	kern_return_t	kr;
	vm_address_t	at;
	vm_size_t	size;
	vm_prot_t	prot, max;
};

static struct seen
look(mach_port_t task, vm_address_t at)
{
	struct seen seen = { .at = at };
	vm_inherit_t inherit;
	boolean_t shared;
	mach_port_t name = MACH_PORT_NULL;
	vm_offset_t offset;

	seen.kr = vm_region(task, &seen.at, &seen.size, &seen.prot, &seen.max,
			    &inherit, &shared, &name, &offset);
	if (seen.kr == KERN_SUCCESS && MACH_PORT_VALID(name))
		(void)mach_port_deallocate(self, name);
	return seen;
}

/* Where the region ends that @at is in, from there. */
static long
end_of(vm_address_t at)
{
	struct seen seen = look(self, at);

	return (long)(seen.at + seen.size - at);
}

static void
allocate(void)
{
	vm_address_t base = fresh(4), at;

	corner("vm-memory-at-0", look(self, 0).at < PAGE);
	corner("vm-allocate-anywhere-above-image",
	       base > (vm_address_t)(uintptr_t)&allocate);
	at = 0x1234;
	corner("vm-allocate-size-0", vm_allocate(self, &at, 0, TRUE));
	corner("vm-allocate-size-0-address", (long)at);
	at = base;
	corner("vm-allocate-taken", vm_allocate(self, &at, PAGE, FALSE));
	forget(base, 4);
	at = base + 5;
	corner("vm-allocate-unaligned", vm_allocate(self, &at, PAGE, FALSE));
	corner("vm-allocate-unaligned-address", (long)(at - base));
	corner("vm-allocate-unaligned-end", end_of(base));
	forget(base, 4);
	at = base;
	corner("vm-allocate-odd-size", vm_allocate(self, &at, PAGE + 1, FALSE));
	corner("vm-allocate-odd-size-end", end_of(base));
	forget(base, 4);
	at = USER_END;
	corner("vm-allocate-beyond-end", vm_allocate(self, &at, PAGE, FALSE));
	at = USER_END - PAGE;
	corner("vm-allocate-across-end", vm_allocate(self, &at, 2 * PAGE,
						     FALSE));
	at = base;
	corner("vm-allocate-wrap", vm_allocate(self, &at, ~(vm_size_t)0,
					       FALSE));
	corner("vm-allocate-huge", vm_allocate(self, &at, ~(vm_size_t)0 - PAGE,
					       TRUE));
	at = base;
	corner("vm-allocate-null-task", vm_allocate(MACH_PORT_NULL, &at, PAGE,
						    TRUE));
	corner("vm-allocate-bad-task", vm_allocate(BAD_NAME, &at, PAGE, TRUE));
}

static void
deallocate(void)
{
	vm_address_t base = fresh(4);

	forget(base + PAGE, 1);
	corner("vm-deallocate-hole", vm_deallocate(self, base, 4 * PAGE));
	corner("vm-deallocate-again", vm_deallocate(self, base, 4 * PAGE));
	corner("vm-deallocate-size-0", vm_deallocate(self, base, 0));
	base = fresh(2);
	corner("vm-deallocate-part-of-page", vm_deallocate(self,
							   base + PAGE - 1, 2));
	corner("vm-deallocate-part-left", look(self, base).at == base);
	corner("vm-deallocate-wrap", vm_deallocate(self, USER_END - PAGE,
						   ~(vm_size_t)0));
	corner("vm-deallocate-beyond-end", vm_deallocate(self, USER_END, PAGE));
	corner("vm-deallocate-null-task", vm_deallocate(MACH_PORT_NULL, base,
							PAGE));
}

static kern_return_t
map(vm_address_t *at, vm_size_t size, vm_offset_t mask, boolean_t anywhere,
    vm_prot_t prot, vm_prot_t max, vm_inherit_t inherit)
{
	return vm_map(self, at, size, mask, anywhere, MACH_PORT_NULL, 0, FALSE,
		      prot, max, inherit);
}

static void
map_masks(void)
{
	vm_address_t at = 0;

	corner("vm-map-mask-alignment", map(&at, PAGE, 0xffff, TRUE, RW,
					    VM_PROT_ALL, VM_INHERIT_COPY));
	corner("vm-map-mask-alignment-low", (long)(at & 0xffff));
	forget(at, 1);
	at = 0;
	corner("vm-map-mask-ceiling", map(&at, PAGE, ~(vm_offset_t)0x3fffffff,
					  TRUE, RW, VM_PROT_ALL,
					  VM_INHERIT_COPY));
	corner("vm-map-mask-ceiling-below", at < 0x40000000);
	forget(at, 1);
	at = 0;
	corner("vm-map-mask-both", map(&at, PAGE,
				       ~(vm_offset_t)0x3fffffff | 0xffff, TRUE,
				       RW, VM_PROT_ALL, VM_INHERIT_COPY));
	at = 0;
	corner("vm-map-mask-islands", map(&at, PAGE, 0x5000, TRUE, RW,
					  VM_PROT_ALL, VM_INHERIT_COPY));
	at = 0;
	corner("vm-map-mask-middle", map(&at, PAGE, 0xff0000, TRUE, RW,
					 VM_PROT_ALL, VM_INHERIT_COPY));
	at = 0;
	(void)map(&at, 2 * PAGE, 0x1fff, TRUE, RW, VM_PROT_ALL,
		  VM_INHERIT_COPY);
	forget(at, 2);
	at += PAGE;
	corner("vm-map-mask-fixed", map(&at, PAGE, 0x1fff, FALSE, RW,
					VM_PROT_ALL, VM_INHERIT_COPY));
	forget(at, 1);
}

static void
map_others(void)
{
	vm_address_t base = fresh(4), at = 0;

	corner("vm-map-size-0", map(&at, 0, 0, TRUE, RW, VM_PROT_ALL,
				    VM_INHERIT_COPY));
	at = 0;
	corner("vm-map-prot-beyond-max", map(&at, PAGE, 0, TRUE, RW,
					     VM_PROT_READ, VM_INHERIT_COPY));
	corner("vm-map-prot-beyond-max-prot", look(self, at).prot);
	forget(at, 1);
	at = 0;
	corner("vm-map-prot-unknown", map(&at, PAGE, 0, TRUE, 0x40 | RW,
					  VM_PROT_ALL, VM_INHERIT_COPY));
	at = 0;
	corner("vm-map-max-unknown", map(&at, PAGE, 0, TRUE, RW, 0x47,
					 VM_INHERIT_COPY));
	at = 0;
	corner("vm-map-inherit-unknown", map(&at, PAGE, 0, TRUE, RW,
					     VM_PROT_ALL, 9));
	at = base;
	corner("vm-map-taken", map(&at, PAGE, 0, FALSE, RW, VM_PROT_ALL,
				   VM_INHERIT_COPY));
	at = base + 4096 * PAGE;
	corner("vm-map-hint", map(&at, PAGE, 0, TRUE, RW, VM_PROT_ALL,
				  VM_INHERIT_COPY));
	corner("vm-map-hint-is-followed", at == base + 4096 * PAGE);
	forget(at, 1);
	at = 0;
	corner("vm-map-object-dead", vm_map(self, &at, PAGE, 0, TRUE,
					    MACH_PORT_DEAD, 0, FALSE, RW,
					    VM_PROT_ALL, VM_INHERIT_COPY));
	corner("vm-map-object-bad-name", vm_map(self, &at, PAGE, 0, TRUE,
						BAD_NAME, 0, FALSE, RW,
						VM_PROT_ALL, VM_INHERIT_COPY));
	corner("vm-map-object-a-task", vm_map(self, &at, PAGE, 0, TRUE, self, 0,
					      FALSE, RW, VM_PROT_ALL,
					      VM_INHERIT_COPY));
	forget(base, 4);
}

static void
protect(void)
{
	vm_address_t base = fresh(4);

	corner("vm-protect-size-0", vm_protect(self, base, 0, FALSE,
					       VM_PROT_READ));
	corner("vm-protect-unknown", vm_protect(self, base, PAGE, FALSE, 0x40));
	corner("vm-protect-unaligned", vm_protect(self, base + 1, 1, FALSE,
						  VM_PROT_READ));
	corner("vm-protect-unaligned-end", end_of(base));
	corner("vm-protect-max", vm_protect(self, base, 2 * PAGE, TRUE,
					    VM_PROT_READ));
	corner("vm-protect-max-cuts", look(self, base).prot);
	corner("vm-protect-beyond-max", vm_protect(self, base, PAGE, FALSE,
						   RW));
	corner("vm-protect-max-grows", vm_protect(self, base, PAGE, TRUE,
						  VM_PROT_ALL));
	corner("vm-protect-max-after", look(self, base).max);
	forget(base + 2 * PAGE, 1);
	corner("vm-protect-hole", vm_protect(self, base, 4 * PAGE, FALSE,
					     VM_PROT_READ));
	corner("vm-protect-nothing", vm_protect(self, base + 2 * PAGE, PAGE,
						FALSE, VM_PROT_READ));
	corner("vm-protect-wrap", vm_protect(self, base, ~(vm_size_t)0, FALSE,
					     VM_PROT_READ));
	corner("vm-protect-null-task", vm_protect(MACH_PORT_NULL, base, PAGE,
						  FALSE, VM_PROT_READ));
	forget(base, 4);
}

static void
inherit(void)
{
	vm_address_t base = fresh(4);

	corner("vm-inherit-unknown", vm_inherit(self, base, PAGE, 9));
	corner("vm-inherit-size-0", vm_inherit(self, base, 0, VM_INHERIT_NONE));
	forget(base + PAGE, 1);
	corner("vm-inherit-hole", vm_inherit(self, base, 4 * PAGE,
					     VM_INHERIT_NONE));
	corner("vm-inherit-nothing", vm_inherit(self, base + PAGE, PAGE,
						VM_INHERIT_NONE));
	corner("vm-inherit-wrap", vm_inherit(self, base, ~(vm_size_t)0,
					     VM_INHERIT_NONE));
	forget(base, 4);
}

static kern_return_t
read_range(vm_address_t at, vm_size_t size)
{
	vm_offset_t data = 0;
	mach_msg_type_number_t count = 0;
	kern_return_t kr = vm_read(self, at, size, &data, &count);

	if (kr == KERN_SUCCESS && count != 0)
		(void)vm_deallocate(self, data, count);
	return kr;
}

static void
copies(void)
{
	vm_address_t base = fresh(4), source = fresh(4);

	corner("vm-read-unaligned", read_range(base + 1, PAGE));
	corner("vm-read-odd-size", read_range(base, 100));
	corner("vm-read-size-0", read_range(base, 0));
	corner("vm-read-beyond-end", read_range(USER_END, PAGE));
	corner("vm-write-unaligned", vm_write(self, base + 1, source, PAGE));
	corner("vm-write-odd-size", vm_write(self, base, source, 100));
	corner("vm-write-size-0", vm_write(self, base, source, 0));
	corner("vm-copy-unaligned", vm_copy(self, base + 1, PAGE, source));
	corner("vm-copy-odd-size", vm_copy(self, base, 100, source));
	corner("vm-copy-size-0", vm_copy(self, base, 0, source));
	corner("vm-copy-onto-itself", vm_copy(self, base, PAGE, base));
	corner("vm-copy-overlap", vm_copy(self, base, 2 * PAGE, base + PAGE));
	(void)vm_protect(self, base, PAGE, FALSE, VM_PROT_NONE);
	corner("vm-read-protected", read_range(base, PAGE));
	corner("vm-copy-protected", vm_copy(self, base, PAGE, source));
	(void)vm_protect(self, base, PAGE, FALSE, VM_PROT_READ);
	corner("vm-write-protected", vm_write(self, base, source, PAGE));
	corner("vm-copy-to-protected", vm_copy(self, source, PAGE, base));
	forget(base + PAGE, 1);
	corner("vm-read-hole", read_range(base, 4 * PAGE));
	corner("vm-write-hole", vm_write(self, base + PAGE, source, PAGE));
	corner("vm-copy-to-hole", vm_copy(self, source, PAGE, base + PAGE));
	corner("vm-copy-from-hole", vm_copy(self, base + PAGE, PAGE, source));
	forget(base, 4);
	forget(source, 4);
}

static void
other_calls(void)
{
	vm_address_t base = fresh(2);
	vm_machine_attribute_val_t value = MATTR_VAL_CACHE_FLUSH;
	mach_port_t host = MACH_PORT_NULL;
	vm_statistics_data_t statistics;

	corner("vm-region-beyond-end", look(self, USER_END).kr);
	corner("vm-region-null-task", look(MACH_PORT_NULL, 0).kr);
	corner("vm-region-in-the-middle", look(self,
					       base + PAGE + 5).at <= base);
	corner("vm-attribute-flush", vm_machine_attribute(self, base, PAGE,
							  MATTR_CACHE, &value));
	corner("vm-attribute-unknown", vm_machine_attribute(self, base, PAGE,
							    77, &value));
	corner("vm-msync", vm_msync(self, base, PAGE, 0));
	corner("vm-statistics-null-task", vm_statistics(MACH_PORT_NULL,
							&statistics));
	(void)get_privileged_ports(&host, NULL);
	corner("vm-wire-unaligned", vm_wire(host, self, base + 1, 1,
					    VM_PROT_READ));
	corner("vm-wire-size-0", vm_wire(host, self, base, 0, VM_PROT_READ));
	corner("vm-wire-unknown", vm_wire(host, self, base, PAGE, 0x40));
	corner("vm-wire-null-host", vm_wire(MACH_PORT_NULL, self, base, PAGE,
					    VM_PROT_READ));
	corner("vm-wire-task-for-host", vm_wire(self, self, base, PAGE,
						VM_PROT_READ));
	corner("vm-wire-null-task", vm_wire(host, MACH_PORT_NULL, base, PAGE,
					    VM_PROT_READ));
	corner("vm-unwire-not-wired", vm_wire(host, self, base + PAGE, PAGE,
					      VM_PROT_NONE));
	forget(base, 2);
	corner("vm-wire-hole", vm_wire(host, self, base, PAGE, VM_PROT_READ));
}

/* Of a task without memory. */
static void
empty_task(void)
{
	mach_port_t task = MACH_PORT_NULL;
	vm_address_t at = 1;

	if (task_create(self, FALSE, &task) != KERN_SUCCESS)
		return;
	corner("vm-empty-task-region", look(task, 0).kr);
	corner("vm-empty-task-allocate", vm_allocate(task, &at, PAGE, TRUE));
	corner("vm-empty-task-allocate-address", (long)at);
	at = 0;
	corner("vm-empty-task-allocate-at-0-again", vm_allocate(task, &at, PAGE,
								FALSE));
	(void)task_terminate(task);
	(void)mach_port_deallocate(self, task);
}

/* Instructions that return 7, in memory that was not made executable. */
static void
execution(void)
{
	static const unsigned char code[] = { 0xb8, 7, 0, 0, 0, 0xc3 };
	volatile unsigned char stack[sizeof code];
	vm_address_t base = fresh(1);
	int (*call)(void);

	for (size_t i = 0; i < sizeof code; i++) {
		((volatile unsigned char *)base)[i] = code[i];
		stack[i] = code[i];
	}
	call = (int (*)(void))base;
	corner("vm-execute-allocated", call());
	call = (int (*)(void))(uintptr_t)stack;
	corner("vm-execute-stack", call());
	(void)vm_protect(self, base, PAGE, FALSE, VM_PROT_READ);
	call = (int (*)(void))base;
	corner("vm-execute-readable", call());
	forget(base, 1);
}

void
corners_memory(void)
{
	allocate();
	deallocate();
	map_masks();
	map_others();
	protect();
	inherit();
	copies();
	other_calls();
	empty_task();
	execution();
}
