/*
 * x86/fpu.c -- floating-point and vector registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Defined in: SDM vol. 1, chapter 13 "Managing state using the XSAVE feature
 * set"; AMD64 manual vol. 2, 11.4.4 for the pointers that its restore keeps.
 */
#include "x86/fpu.h"

#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>

#include "kern/assert.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/string.h"
#include "x86/fpu_state.h"
#include "x86/x86.h"

#define CPUID_XSAVE		0x0d
#define CPUID_XSAVE_OPT		0x01u	/* subleaf 1, eax */
#define XCR0			0

#define FPU_STATUS_ERROR	0x80u	/* an exception is pending */

enum fpu_method {
	FPU_FXSAVE,
	FPU_XSAVE,
	FPU_XSAVEOPT
};

/* (C) written by the boot processor. */
static struct x86_fpu_format fpu_format;
static enum fpu_method fpu_method;

static struct kmem_cache fpu_cache;

const struct x86_fpu_format *
x86_fpu_format(void)
{
	return &fpu_format;
}

/*
 * Being enabled.
 */

static uint64_t
components_offered(void)
{
	struct x86_cpuid leaf = x86_cpuid(CPUID_XSAVE, 0);

	return (uint64_t)leaf.d << 32 | leaf.a;
}

static void
write_xcr0(uint64_t value)
{
	__asm__ volatile ("xsetbv" : : "c" (XCR0), "a" ((uint32_t)value),
			  "d" ((uint32_t)(value >> 32)));
}

/* FXSAVE tells which bits MXCSR has; 0 stands for the first of them. */
static uint32_t
mxcsr_mask(void)
{
	static uint8_t area[FPU_LEGACY_SIZE] __attribute__((aligned(16)));
	uint32_t mask;

	__asm__ volatile ("fxsave %0" : "+m" (area));
	memcpy(&mask, area + 28, sizeof mask);
	return mask != 0 ? mask : FPU_MXCSR_MASK_DEFAULT;
}

/* On the boot processor: what will be used on all. */
static void
fpu_choose(void)
{
	fpu_method = FPU_FXSAVE;
	fpu_format.size = FPU_LEGACY_SIZE;
	fpu_format.mxcsr_mask = mxcsr_mask();
	if (!x86_features.xsave)
		return;
	fpu_format.components = x86_fpu_choose(components_offered());
	if (fpu_format.components == 0)
		return;
	fpu_method = FPU_XSAVE;
	if ((x86_cpuid(CPUID_XSAVE, 1).a & CPUID_XSAVE_OPT) != 0)
		fpu_method = FPU_XSAVEOPT;
}

void
x86_fpu_cpu_init(void)
{
	bool is_first = fpu_format.size == 0;

	__asm__ volatile ("fninit");
	if (x86_features.xsave)
		x86_write_cr4(x86_read_cr4() | CR4_OSXSAVE);
	if (is_first)
		fpu_choose();
	if (fpu_format.components == 0)
		return;
	if ((fpu_format.components & ~components_offered()) != 0)
		panic("CPU %u has fewer vector registers than CPU 0",
		      cpu_id());
	write_xcr0(fpu_format.components);
	/* Ebx is the size of what is enabled now. */
	if (is_first)
		fpu_format.size = x86_cpuid(CPUID_XSAVE, 0).b;
	assert(fpu_format.size == x86_cpuid(CPUID_XSAVE, 0).b);
	assert(fpu_format.size >= FPU_LEGACY_SIZE + FPU_HEADER_SIZE);
}

/*
 * Saving and loading.  All in the forms with 32-bit pointers: the user
 * interface has their layout.
 */

void
x86_fpu_save(void *area)
{
	uint32_t low = (uint32_t)fpu_format.components;
	uint32_t high = (uint32_t)(fpu_format.components >> 32);

	switch (fpu_method) {
	case FPU_XSAVEOPT:
		__asm__ volatile ("xsaveopt (%0)"
				  : : "r" (area), "a" (low), "d" (high)
				  : "memory");
		break;
	case FPU_XSAVE:
		__asm__ volatile ("xsave (%0)"
				  : : "r" (area), "a" (low), "d" (high)
				  : "memory");
		break;
	default:
		__asm__ volatile ("fxsave (%0)" : : "r" (area) : "memory");
		break;
	}
}

/*
 * AMD's processors load the addresses of the last instruction and operand
 * only with a pending exception, and leave those of another program else:
 * make them ours, which are no secret.
 */
static void
fpu_forget_pointers(void)
{
	static const uint32_t nothing;
	uint16_t status;

	__asm__ volatile ("fnstsw %0" : "=m" (status));
	if ((status & FPU_STATUS_ERROR) != 0)
		__asm__ volatile ("fnclex");
	__asm__ volatile ("emms; fildl %0" : : "m" (nothing));
}

void
x86_fpu_load(const void *area)
{
	uint32_t low = (uint32_t)fpu_format.components;
	uint32_t high = (uint32_t)(fpu_format.components >> 32);

	debug_assert(x86_fpu_state_is_valid(area, fpu_format.size,
					    &fpu_format));	/* F3 */
	if (x86_features.fpu_keeps_pointers)
		fpu_forget_pointers();
	if (fpu_method == FPU_FXSAVE)
		__asm__ volatile ("fxrstor (%0)" : : "r" (area) : "memory");
	else
		__asm__ volatile ("xrstor (%0)"
				  : : "r" (area), "a" (low), "d" (high)
				  : "memory");
}

/*
 * Areas.
 */

void
machine_thread_cache_init(void)
{
	static const char *const methods[] = {
		[FPU_FXSAVE] = "FXSAVE",
		[FPU_XSAVE] = "XSAVE",
		[FPU_XSAVEOPT] = "XSAVEOPT",
	};
	uint64_t components = fpu_format.components;

	kmem_cache_init(&fpu_cache, "fpu", fpu_format.size, FPU_ALIGN, NULL, 0);
	kprintf("fpu: x87%s%s%s, %u bytes by %s\n",
		x86_features.sse ? ", SSE" : "",
		(components & FPU_COMPONENT_AVX) != 0 ? ", AVX" : "",
		(components & FPU_COMPONENT_AVX512) != 0 ? ", AVX-512" : "",
		fpu_format.size, methods[fpu_method]);
}

bool
machine_thread_add_user(struct thread *thread)
{
	struct machine_thread *md = machine_thread_of(thread);

	assert(md->fpu_area == NULL && thread->state == THREAD_NEW);
	md->fpu_area = kmem_cache_alloc(&fpu_cache, KM_WAIT);
	return md->fpu_area != NULL;
}

void
x86_fpu_begin(struct machine_thread *md)
{
	assert(md->fpu_area != NULL);
	if (md->fpu != NULL)
		return;
	x86_fpu_state_init(md->fpu_area, &fpu_format);
	md->fpu = md->fpu_area;
}

void
machine_thread_destroy(struct thread *thread)
{
	struct machine_thread *md = machine_thread_of(thread);

	assert(thread != current_thread());
	if (md->fpu_area != NULL)
		kmem_cache_free(&fpu_cache, md->fpu_area);
	md->fpu_area = NULL;
	md->fpu = NULL;
}
