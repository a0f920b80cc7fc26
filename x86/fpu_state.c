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

/*
 * The x87 part in the form of FNSAVE: SDM vol. 1, 8.1.10.
 */

#define X87_REGISTERS	8
#define X87_REG_SIZE	10		/* bytes that are saved of each */
#define X87_REG_ROOM	16		/* bytes apart in FXSAVE's area */
#define X87_REGS_AT	32		/* ... there */
#define X87_ENV_SIZE	28

/* Control, status and tag words, each with 16 bits that mean nothing; then
 * where the last instruction and its operand were. */
struct x87_env {
	uint16_t	control, unused_1, status, unused_2, tags, unused_3;
	uint32_t	ip;
	uint16_t	cs, opcode;
	uint32_t	operand;
	uint16_t	ds, unused_4;
};

_Static_assert(sizeof(struct x87_env) == X87_ENV_SIZE, "SDM 8.1.10");
_Static_assert(X87_ENV_SIZE + X87_REGISTERS * X87_REG_SIZE == FPU_X87_SIZE,
	       "SDM 8.1.10");

#define X87_TAG_VALID	0u
#define X87_TAG_ZERO	1u
#define X87_TAG_SPECIAL	2u		/* a NaN, infinity, denormal */
#define X87_TAG_EMPTY	3u

/* FXSAVE tells empty from full only; the rest follows from the value. */
static unsigned int
x87_tag(const uint8_t *reg)
{
	uint64_t fraction;
	uint16_t exponent;

	memcpy(&fraction, reg, sizeof fraction);
	memcpy(&exponent, reg + sizeof fraction, sizeof exponent);
	exponent &= 0x7fff;
	if (exponent == 0)
		return fraction == 0 ? X87_TAG_ZERO : X87_TAG_SPECIAL;
	if (exponent == 0x7fff || fraction >> 63 == 0)
		return X87_TAG_SPECIAL;
	return X87_TAG_VALID;
}

/* Is the x87 part saved, or as in a fresh program and what is there old? */
static bool
x87_is_present(const void *state, const struct x86_fpu_format *format)
{
	struct fpu_header header;

	if (format->components == 0)
		return true;
	memcpy(&header, (const char *)state + FPU_LEGACY_SIZE, sizeof header);
	return (header.present & FPU_COMPONENT_X87) != 0;
}

void
x86_fpu_get_x87(const void *state, const struct x86_fpu_format *format,
		uint8_t out[FPU_X87_SIZE])
{
	const uint8_t *regs = (const uint8_t *)state + X87_REGS_AT;
	struct fpu_legacy legacy = { .control = FPU_CONTROL_INITIAL };
	struct x87_env env = { .unused_1 = 0xffff, .unused_2 = 0xffff,
			       .unused_3 = 0xffff, .unused_4 = 0xffff };
	unsigned int top;

	memset(out, 0, FPU_X87_SIZE);
	if (x87_is_present(state, format)) {
		memcpy(&legacy, state, sizeof legacy);
		for (unsigned int i = 0; i < X87_REGISTERS; i++)
			memcpy(out + X87_ENV_SIZE + i * X87_REG_SIZE,
			       regs + i * X87_REG_ROOM, X87_REG_SIZE);
	}
	env.control = legacy.control;
	env.status = legacy.status;
	top = legacy.status >> 11 & 7;
	for (unsigned int i = 0; i < X87_REGISTERS; i++) {
		/* Tags are of registers, values by their place in the stack. */
		unsigned int place = (i - top) % X87_REGISTERS;
		unsigned int tag = X87_TAG_EMPTY;

		if ((legacy.tags >> i & 1) != 0)
			tag = x87_tag(regs + place * X87_REG_ROOM);
		env.tags = (uint16_t)(env.tags | tag << 2 * i);
	}
	env.ip = legacy.pointers[0];
	env.cs = (uint16_t)legacy.pointers[1];
	env.opcode = legacy.opcode & 0x7ff;
	env.operand = legacy.pointers[2];
	env.ds = (uint16_t)legacy.pointers[3];
	memcpy(out, &env, sizeof env);
}

void
x86_fpu_set_x87(void *state, const struct x86_fpu_format *format,
		const uint8_t in[FPU_X87_SIZE])
{
	uint8_t *regs = (uint8_t *)state + X87_REGS_AT;
	struct fpu_legacy legacy;
	struct fpu_header header;
	struct x87_env env;

	memcpy(&env, in, sizeof env);
	memcpy(&legacy, state, sizeof legacy);
	legacy.control = env.control;
	legacy.status = env.status;
	legacy.tags = 0;
	for (unsigned int i = 0; i < X87_REGISTERS; i++)
		if ((env.tags >> 2 * i & 3) != X87_TAG_EMPTY)
			legacy.tags = (uint8_t)(legacy.tags | 1u << i);
	legacy.opcode = env.opcode & 0x7ff;
	legacy.pointers[0] = env.ip;
	legacy.pointers[1] = env.cs;
	legacy.pointers[2] = env.operand;
	legacy.pointers[3] = env.ds;
	memcpy(state, &legacy, sizeof legacy);
	for (unsigned int i = 0; i < X87_REGISTERS; i++)
		memcpy(regs + i * X87_REG_ROOM,
		       in + X87_ENV_SIZE + i * X87_REG_SIZE, X87_REG_SIZE);

	if (format->components == 0)
		return;
	memcpy(&header, (char *)state + FPU_LEGACY_SIZE, sizeof header);
	header.present |= FPU_COMPONENT_X87;
	memcpy((char *)state + FPU_LEGACY_SIZE, &header, sizeof header);
}
