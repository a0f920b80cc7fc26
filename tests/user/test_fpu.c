/*
 * tests/user/test_fpu.c -- is the floating-point state each thread's own?
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * To be run twice at once, with different arguments.
 */
#include "lib/random.h"
#include "tests/user/lib/user.h"

#define ROUNDS		5000

#define AREA_SIZE	512	/* of fxsave; SDM vol. 1, 10.5.1 */
#define AREA_ST		32	/* eight x87 registers of 10 bytes in 16 */
#define AREA_XMM	160	/* sixteen registers of 16 bytes */
#define AREA_XMM_END	416

#define FCW_INITIAL	0x037f
#define MXCSR_INITIAL	0x1f80
#define FCW_ROUND	0x0c00	/* rounding, in the x87 control word */
#define MXCSR_ROUND	0x6000

long fpu_hold(const void *image, void *scratch, long rounds);

static uint8_t image[AREA_SIZE] __attribute__((aligned(16)));
static uint8_t scratch[AREA_SIZE] __attribute__((aligned(16)));

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

int
main(int argc, char **argv)
{
	uint32_t mxcsr = 0;
	uint16_t fcw = 0;

	__asm__ volatile("stmxcsr %0" : "=m" (mxcsr));
	__asm__ volatile("fnstcw %0" : "=m" (fcw));
	tap_is((long)mxcsr, MXCSR_INITIAL, "SSE control as in a fresh thread");
	tap_is(fcw, FCW_INITIAL, "x87 control as in a fresh thread");

	image_make(argc > 1 ? (uint64_t)argv[1][0] : 1);
	tap_is(fpu_hold(image, scratch, ROUNDS), 0,
	       "registers held across %d switches", ROUNDS);
	return tap_done("fpu");
}
