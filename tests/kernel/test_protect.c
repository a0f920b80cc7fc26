/*
 * tests/kernel/test_protect.c -- what the kernel must not be able to do.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/kernel_image.h>
#include <machine/physmem.h>

#include "kern/slab.h"
#include "kern/thread.h"
#include "tests/kernel/ktest.h"

#define RETURN_CODE	0xc3	/* the return instruction */

static NOINLINE void
protect_function(void)
{
	__asm__ volatile("");
}

static const unsigned char protect_const[16] = { RETURN_CODE };
static unsigned char protect_data[16] = { RETURN_CODE };

/* Where the direct map has something of the image. */
static uintptr_t
protect_alias(const void *image)
{
	return (uintptr_t)phys_to_direct(kernel_image_phys(image));
}

/* As far as the processor can tell code from data at all. */
static bool
protect_from_execution(uintptr_t addr)
{
	return !x86_features.nx || ktest_faults(KTEST_EXECUTE, addr);
}

/* The probe itself must be able to say both. */
KTEST(protect_probe)
{
	uintptr_t data = (uintptr_t)protect_data;

	ktest_assert(!ktest_faults(KTEST_READ, data));
	ktest_assert(!ktest_faults(KTEST_WRITE, data));
	ktest_assert(!ktest_faults(KTEST_EXECUTE,
				   (uintptr_t)protect_function));
	ktest_assert(ktest_faults(KTEST_READ, 0));
	ktest_assert(protect_data[0] == RETURN_CODE);
}

KTEST(protect_text)
{
	uintptr_t text = (uintptr_t)protect_function;
	uintptr_t alias = protect_alias(protect_function);

	ktest_assert(!ktest_faults(KTEST_READ, text));
	ktest_assert(ktest_faults(KTEST_WRITE, text));
	ktest_assert(!ktest_faults(KTEST_READ, alias));
	ktest_assert(ktest_faults(KTEST_WRITE, alias));
	ktest_assert(protect_from_execution(alias));
}

KTEST(protect_whole_image)
{
	/* Every page of text and read-only data, by both of its addresses. */
	for (const char *at = __text_start; at < __data_start;
	     at += PAGE_SIZE) {
		if (!ktest_assert(ktest_faults(KTEST_WRITE, (uintptr_t)at)))
			break;
		if (!ktest_assert(ktest_faults(KTEST_WRITE,
					       protect_alias(at))))
			break;
	}
}

KTEST(protect_rodata)
{
	uintptr_t rodata = (uintptr_t)protect_const;

	ktest_assert(!ktest_faults(KTEST_READ, rodata));
	ktest_assert(ktest_faults(KTEST_WRITE, rodata));
	ktest_assert(ktest_faults(KTEST_WRITE, protect_alias(protect_const)));
	ktest_assert(protect_from_execution(rodata));
}

KTEST(protect_data_not_executable)
{
	unsigned char stack[16] = { RETURN_CODE };
	unsigned char *heap = kalloc(sizeof stack, KM_SLEEP);

	heap[0] = RETURN_CODE;
	ktest_assert(protect_from_execution((uintptr_t)protect_data));
	ktest_assert(protect_from_execution(protect_alias(protect_data)));
	ktest_assert(protect_from_execution((uintptr_t)stack));
	ktest_assert(protect_from_execution((uintptr_t)heap));
	kfree(heap, sizeof stack);
}

KTEST(protect_stack_guard)
{
	uintptr_t bottom = (uintptr_t)current_thread()->kstack;

	ktest_assert(!ktest_faults(KTEST_READ, bottom));
	ktest_assert(!ktest_faults(KTEST_WRITE, bottom));
	ktest_assert(ktest_faults(KTEST_READ, bottom - 1));
	ktest_assert(ktest_faults(KTEST_WRITE, bottom - 1));
	ktest_assert(ktest_faults(KTEST_WRITE, bottom - PAGE_SIZE));
	/* The next slot's guard is above the last byte. */
	ktest_assert(ktest_faults(KTEST_READ, bottom + KSTACK_SIZE));
}

KTEST(protect_null)
{
	for (uintptr_t at = 0; at < 2 * PAGE_SIZE; at += PAGE_SIZE / 2) {
		ktest_assert(ktest_faults(KTEST_READ, at));
		ktest_assert(ktest_faults(KTEST_WRITE, at));
		ktest_assert(ktest_faults(KTEST_EXECUTE, at));
	}
}

/* Nobody's.  With 64 bits not canonical: no page fault, a protection fault. */
#define NO_ADDRESS	(UINTPTR_MAX / 4 + 1)

KTEST(protect_no_address)
{
	ktest_assert(ktest_faults(KTEST_READ, NO_ADDRESS));
	ktest_assert(ktest_faults(KTEST_WRITE, NO_ADDRESS));
}
