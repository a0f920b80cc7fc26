/*
 * tests/user/test_fpu.c -- is the floating-point state each thread's own?
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * To be run several times at once, with different numbers, and how many rounds.
 */
#include "lib/random.h"
#include "tests/user/lib/user.h"

#define ROUNDS		5000		/* unless argv[2] says */

#define AREA_SIZE	512	/* of fxsave; SDM vol. 1, 10.5.1 */
#define AREA_ST		32	/* eight x87 registers of 10 bytes in 16 */
#define AREA_XMM	160	/* sixteen registers of 16 bytes */
#define AREA_XMM_END	416

#define FCW_INITIAL	0x037f
#define MXCSR_INITIAL	0x1f80
#define FCW_ROUND	0x0c00	/* rounding, in the x87 control word */
#define MXCSR_ROUND	0x6000

/* Behind it in the area of xsave; SDM vol. 1, 13.4. */
#define XSTATE_BV	512
#define XSAVE_MAX	4096
#define COMPONENT_AVX	2
#define COMPONENTS_MAX	8	/* that we look at */
#define MIX_ROUNDS(n)	((n) / 10)

long fpu_hold(const void *image, void *scratch, long rounds);

/*
 * Load @image by xrstor, give the CPU up, and save to @scratch by xsave: the
 * components of the mask @low.
 */
void fpu_pass(const void *image, void *scratch, uint32_t low);

static uint8_t image[XSAVE_MAX] __attribute__((aligned(64)));
static uint8_t scratch[XSAVE_MAX] __attribute__((aligned(64)));

struct cpuid {
	uint32_t a, b, c, d;
};

static struct cpuid
cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid out;

	__asm__ volatile("cpuid" : "=a" (out.a), "=b" (out.b), "=c" (out.c),
			 "=d" (out.d) : "a" (leaf), "c" (subleaf));
	return out;
}

/* The components that the kernel has enabled; 0: no xsave. */
static uint32_t
enabled_components(void)
{
	uint32_t low, high;

	if ((cpuid(1, 0).c & 1u << 27) == 0)
		return 0;
	__asm__ volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
	return low;
}

static void
image_make(uint64_t seed)
{
	uint16_t fcw = (uint16_t)(FCW_INITIAL | (seed << 10 & FCW_ROUND));
	uint32_t mxcsr = (uint32_t)(MXCSR_INITIAL | (seed << 13 & MXCSR_ROUND));
	struct random random;

	random_init(&random, seed);
	memcpy(image, &fcw, sizeof fcw);
	memcpy(image + 24, &mxcsr, sizeof mxcsr);
	image[4] = 0xff;		/* all eight registers in use */
	for (size_t i = AREA_ST; i < AREA_XMM_END; i++) {
		if (i < AREA_XMM && i % 16 >= 10)
			continue;
		image[i] = (uint8_t)random_u64(&random);
	}
}

/* How much of a component @n this width can use. */
static size_t
component_size(unsigned int n)
{
	size_t size = cpuid(0xd, n).a;

	return n == COMPONENT_AVX && sizeof(void *) == 4 ? size / 2 : size;
}

/* Whether the wide registers came back as they were; one pass. */
static bool
wide_pass(uint32_t components, struct random *random)
{
	for (unsigned int n = COMPONENT_AVX; n < COMPONENTS_MAX; n++) {
		uint32_t at = cpuid(0xd, n).b;

		if ((components & 1u << n) == 0)
			continue;
		for (size_t i = 0; i < component_size(n); i++)
			image[at + i] = (uint8_t)random_u64(random);
	}
	memcpy(image + XSTATE_BV, &components, sizeof components);
	fpu_pass(image, scratch, components);
	if (memcmp(image + AREA_ST, scratch + AREA_ST, AREA_XMM - AREA_ST) != 0)
		return false;
	for (unsigned int n = COMPONENT_AVX; n < COMPONENTS_MAX; n++) {
		uint32_t at = cpuid(0xd, n).b;

		if ((components & 1u << n) != 0
		    && memcmp(image + at, scratch + at, component_size(n)) != 0)
			return false;
	}
	return true;
}

/* In a fresh thread no component has been used. */
static bool
wide_fresh(uint32_t components)
{
	fpu_pass(NULL, scratch, components);
	for (unsigned int n = COMPONENT_AVX; n < COMPONENTS_MAX; n++) {
		uint32_t at = cpuid(0xd, n).b;

		if ((components & 1u << n) == 0)
			continue;
		for (size_t i = 0; i < component_size(n); i++)
			if (scratch[at + i] != 0)
				return false;
	}
	return true;
}

static void
test_wide(uint32_t components, uint64_t seed, long rounds)
{
	struct random random;
	long kept = 0;

	if ((components & 1u << COMPONENT_AVX) == 0) {
		tap_ok(true, "wide registers # SKIP no AVX");
		return;
	}
	random_init(&random, seed);
	while (kept < rounds && wide_pass(components, &random))
		kept++;
	tap_is(kept, rounds, "components %#x kept in all passes", components);
}

/* A decimal number; 0 if it is none. */
static long
number(const char *text)
{
	long value = 0;

	for (; *text >= '0' && *text <= '9' && value < 1000000; text++)
		value = value * 10 + (*text - '0');
	return value;
}

int
main(int argc, char **argv)
{
	uint32_t mxcsr = 0;
	uint16_t fcw = 0;
	uint32_t components = enabled_components();
	uint64_t seed = argc > 1 ? (uint64_t)number(argv[1]) : 1;
	long rounds = argc > 2 ? number(argv[2]) : ROUNDS;

	__asm__ volatile("stmxcsr %0" : "=m" (mxcsr));
	__asm__ volatile("fnstcw %0" : "=m" (fcw));
	tap_is((long)mxcsr, MXCSR_INITIAL, "SSE control as in a fresh thread");
	tap_is(fcw, FCW_INITIAL, "x87 control as in a fresh thread");

	tap_ok(components == 0 || wide_fresh(components),
	       "wide registers zero in a fresh thread");

	image_make(seed);
	tap_is(fpu_hold(image, scratch, rounds), 0,
	       "registers held across %ld switches", rounds);
	test_wide(components, seed, MIX_ROUNDS(rounds));
	return tap_done("fpu");
}
