/*
 * x86/fpu_state.c -- what floating-point and vector state looks like in memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/fpu_state.h"

#include "lib/string.h"

/* SDM vol. 1, 8.1.5 and 11.6.4: what a fresh processor has. */
#define FPU_CONTROL_INITIAL	0x037f	/* x87: no exceptions, 64 bits */
#define FPU_MXCSR_INITIAL	0x1f80	/* SSE: no exceptions */

/* The start of the FXSAVE area. */
struct fpu_legacy {
	uint16_t	control;
	uint16_t	status;
	uint8_t		tags;
	uint8_t		reserved;
	uint16_t	opcode;
	uint32_t	pointers[4];
	uint32_t	mxcsr;
	uint32_t	mxcsr_mask;
};

struct fpu_header {
	uint64_t	present;	/* XSTATE_BV */
	uint64_t	compact;	/* XCOMP_BV */
	uint64_t	zeroes[6];
};

_Static_assert(offsetof(struct fpu_legacy, mxcsr) == 24, "SDM 10.5.1");
_Static_assert(sizeof(struct fpu_header) == FPU_HEADER_SIZE, "SDM 13.4.2");

uint64_t
x86_fpu_choose(uint64_t offered)
{
	const uint64_t least = FPU_COMPONENT_X87 | FPU_COMPONENT_SSE;
	const uint64_t avx512 = FPU_COMPONENT_AVX512;
	uint64_t chosen = least;

	if ((offered & least) != least)
		return 0;
	/* The later are wider registers of the earlier: SDM vol. 1, 13.3. */
	if ((offered & FPU_COMPONENT_AVX) != 0) {
		chosen |= FPU_COMPONENT_AVX;
		if ((offered & avx512) == avx512)
			chosen |= avx512;
	}
	return chosen;
}

void
x86_fpu_state_init(void *state, const struct x86_fpu_format *format)
{
	struct fpu_legacy legacy = {
		.control = FPU_CONTROL_INITIAL,
		.mxcsr = FPU_MXCSR_INITIAL,
	};

	/*
	 * In the XSAVE form no component is present, so that all are loaded
	 * with their initial values; but MXCSR always comes from memory.
	 */
	memset(state, 0, format->size);
	memcpy(state, &legacy, sizeof legacy);
}

static bool
header_is_valid(const struct fpu_header *header, uint64_t components)
{
	if ((header->present & ~components) != 0 || header->compact != 0)
		return false;
	for (size_t i = 0; i < sizeof header->zeroes / sizeof(uint64_t); i++)
		if (header->zeroes[i] != 0)
			return false;
	return true;
}

bool
x86_fpu_state_is_valid(const void *state, size_t size,
		       const struct x86_fpu_format *format)
{
	struct fpu_legacy legacy;
	struct fpu_header header;

	if (size != format->size)
		return false;
	memcpy(&legacy, state, sizeof legacy);
	if ((legacy.mxcsr & ~format->mxcsr_mask) != 0)
		return false;
	if (format->components == 0)
		return true;
	memcpy(&header, (const char *)state + FPU_LEGACY_SIZE, sizeof header);
	return header_is_valid(&header, format->components);
}
