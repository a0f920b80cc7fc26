/*
 * tests/hosted/test_fpu_state.c -- which floating-point states may be loaded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include "lib/macros.h"
#include "lib/random.h"
#include "x86/fpu_state.h"

#define XSAVE_SIZE	832	/* x87, SSE and AVX */
#define MXCSR		24	/* offsets of bytes */
#define XSTATE_BV	512
#define XCOMP_BV	520

static const struct x86_fpu_format fxsave = {
	.size = FPU_LEGACY_SIZE,
	.mxcsr_mask = FPU_MXCSR_MASK_DEFAULT,
};

static const struct x86_fpu_format xsave = {
	.components = 0x7,
	.size = XSAVE_SIZE,
	.mxcsr_mask = 0xffff,
};

static void
test_choose(void **state)
{
	static const struct {
		uint64_t offered, chosen;
	} cases[] = {
		{ 0x0, 0x0 },
		{ 0x1, 0x0 },			/* SSE is always there */
		{ 0x2, 0x0 },
		{ 0x3, 0x3 },
		{ 0x7, 0x7 },
		{ 0x1b, 0x3 },			/* bounds: not used */
		{ 0xe7, 0xe7 },
		{ 0x67, 0x7 },			/* part of AVX-512 */
		{ 0xe3, 0x3 },			/* AVX-512 without AVX */
		{ 0x602e7, 0xe7 },		/* protection keys, tiles */
		{ UINT64_MAX, 0xe7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(x86_fpu_choose(cases[i].offered),
				 cases[i].chosen);
}

static void
test_initial(void **state)
{
	static const struct x86_fpu_format *const formats[] = {
		&fxsave, &xsave
	};
	uint8_t area[XSAVE_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		uint32_t size = formats[i]->size;

		memset(area, 0xa5, sizeof area);
		x86_fpu_state_init(area, formats[i]);
		assert_true(x86_fpu_state_is_valid(area, size, formats[i]));
		assert_int_equal(area[0] | area[1] << 8, 0x37f);
		assert_int_equal(area[MXCSR] | area[MXCSR + 1] << 8, 0x1f80);
		/* Nothing of what was there is left, and no more written. */
		for (uint32_t at = MXCSR + 2; at < size; at++)
			assert_int_equal(area[at], 0);
		assert_int_equal(area[size], 0xa5);
	}
}

/* A value put at an offset of the initial state. */
static void
test_words(void **state)
{
	static const struct {
		const struct x86_fpu_format *format;
		uint32_t offset;
		uint64_t value;
		bool valid;
	} cases[] = {
		{ &fxsave, MXCSR, 0x0000ffbf, true },
		{ &fxsave, MXCSR, 0x00000040, false },	/* no such bit here */
		{ &fxsave, MXCSR, 0x00010000, false },
		{ &fxsave, MXCSR, 0x80001f80, false },
		{ &xsave, MXCSR, 0x0000ffff, true },
		{ &xsave, MXCSR, 0x00010000, false },
		{ &xsave, MXCSR, 0xffffffff, false },
		/* Words that do not count, or that are any program's own. */
		{ &fxsave, 0, UINT64_MAX, true },
		{ &fxsave, 8, UINT64_MAX, true },
		{ &fxsave, 464, UINT64_MAX, true },
		{ &fxsave, 504, UINT64_MAX, true },
		{ &xsave, 504, UINT64_MAX, true },
		{ &xsave, 576, UINT64_MAX, true },
		{ &xsave, XSAVE_SIZE - 8, UINT64_MAX, true },
		/* The header. */
		{ &xsave, XSTATE_BV, 0, true },
		{ &xsave, XSTATE_BV, 0x7, true },
		{ &xsave, XSTATE_BV, 0x4, true },
		{ &xsave, XSTATE_BV, 0x8, false },
		{ &xsave, XSTATE_BV, 0xf, false },
		{ &xsave, XSTATE_BV, 0xe7, false },
		{ &xsave, XSTATE_BV, (uint64_t)1 << 63, false },
		{ &xsave, XCOMP_BV, 0x1, false },
		{ &xsave, XCOMP_BV, (uint64_t)1 << 63, false },
		{ &xsave, XCOMP_BV, (uint64_t)1 << 63 | 0x7, false },
	};
	uint8_t area[XSAVE_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct x86_fpu_format *format = cases[i].format;
		size_t width = cases[i].offset == MXCSR ? 4 : 8;
		bool valid;

		x86_fpu_state_init(area, format);
		memcpy(area + cases[i].offset, &cases[i].value, width);
		valid = x86_fpu_state_is_valid(area, format->size, format);
		if (valid != cases[i].valid)
			fail_msg("case %zu", i);
	}
}

/* Each byte of the header behind its two words has to be zero. */
static void
test_reserved(void **state)
{
	uint8_t area[XSAVE_SIZE];

	(void)state;
	x86_fpu_state_init(area, &xsave);
	for (size_t at = XCOMP_BV; at < XSTATE_BV + FPU_HEADER_SIZE; at++) {
		area[at] = 0x10;
		assert_false(x86_fpu_state_is_valid(area, XSAVE_SIZE, &xsave));
		area[at] = 0;
		assert_true(x86_fpu_state_is_valid(area, XSAVE_SIZE, &xsave));
	}
}

/* Another size is refused, before a byte beyond it is read. */
static void
test_sizes(void **state)
{
	(void)state;
	for (size_t size = 0; size < 1000; size++) {
		uint8_t *area = calloc(1, size + 1);

		assert_non_null(area);
		assert_int_equal(x86_fpu_state_is_valid(area, size, &xsave),
				 size == XSAVE_SIZE);
		assert_int_equal(x86_fpu_state_is_valid(area, size, &fxsave),
				 size == FPU_LEGACY_SIZE);
		free(area);
	}
}

/* A state full of noise is taken once the few words that count are right. */
static void
test_noise(void **state)
{
	uint8_t bytes[XSAVE_SIZE + 1];
	uint8_t *area = bytes + 1;	/* any alignment will do */
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	for (unsigned long i = 0; i < 1000 * unit_scale(); i++) {
		for (size_t at = 0; at < XSAVE_SIZE; at++)
			area[at] = (uint8_t)random_u64(&random);
		area[XCOMP_BV] |= 1;
		assert_false(x86_fpu_state_is_valid(area, XSAVE_SIZE, &xsave));
		memset(area + MXCSR + 2, 0, 2);
		memset(area + XSTATE_BV, 0, FPU_HEADER_SIZE);
		area[XSTATE_BV] = (uint8_t)random_below(&random, 8);
		assert_true(x86_fpu_state_is_valid(area, XSAVE_SIZE, &xsave));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_initial),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_noise),
	};

	return unit_main(tests);
}
