/*
 * x86/fpu_state.h -- what floating-point and vector state looks like in memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pure: no registers are touched here, so that it is tested on the host.
 *
 *	0	the area of FXSAVE: x87 registers, MXCSR, SSE registers
 *	512	header: XSTATE_BV, XCOMP_BV, zeroes
 *	576	components of later extensions
 *
 * The header and what follows are there only if the processor has XSAVE.
 *
 * Components are numbered, and a set of them is a word with a bit for each;
 * XSTATE_BV is the set of those that are not in their initial state.
 *
 * Defined in: SDM vol. 1, 10.5.1 "FXSAVE Area" and 13.4 "XSAVE Area".
 */
#ifndef X86_FPU_STATE_H
#define X86_FPU_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FPU_COMPONENT_X87	0x01u
#define FPU_COMPONENT_SSE	0x02u
#define FPU_COMPONENT_AVX	0x04u
#define FPU_COMPONENT_AVX512	0xe0u	/* masks, upper halves, registers from
					 * 16 on: all three or none */

#define FPU_LEGACY_SIZE		512	/* bytes of the FXSAVE area */
#define FPU_HEADER_SIZE		64
#define FPU_ALIGN		64	/* XSAVE; 16 would do for FXSAVE */

/* MXCSR bits of a processor that does not say: SDM vol. 1, 11.6.6. */
#define FPU_MXCSR_MASK_DEFAULT	0x0000ffbfu

/* The form of state on this machine. */
struct x86_fpu_format {
	uint64_t	components;	/* what is saved; 0: FXSAVE's area */
	uint32_t	size;		/* bytes of it all */
	uint32_t	mxcsr_mask;	/* bits of MXCSR that may be set */
};

/**
 * x86_fpu_choose - which components to use
 * @offered:	those that the processor has
 *
 * Return:  those of them that the kernel knows and that go together: 0 unless
 *	    x87 and SSE are offered.
 */
uint64_t x86_fpu_choose(uint64_t offered);

/**
 * x86_fpu_state_init - the state of a fresh program
 * @state:	@format->size bytes, aligned to FPU_ALIGN
 * @format:	the machine's
 */
void x86_fpu_state_init(void *state, const struct x86_fpu_format *format);

/**
 * x86_fpu_state_is_valid - can it be loaded?
 * @state:	any bytes, of any alignment
 * @size:	how many
 * @format:	the machine's
 *
 * Return:  false if the processor would fault: reserved bits of MXCSR, unknown
 *	    components, the compact form, a header with more in it than zeroes;
 *	    or if @size is not the format's.  Otherwise loading it can do
 *	    nothing to anyone but its program.
 */
bool x86_fpu_state_is_valid(const void *state, size_t size,
			    const struct x86_fpu_format *format);

#define FPU_X87_SIZE	108	/* as FNSAVE leaves it: SDM vol. 1, 8.1.10 */

/**
 * x86_fpu_get_x87 - the x87 part of a state, in its oldest form
 * @state:	a valid state, of a thread that does not run
 * @format:	the machine's
 * @out:	as FNSAVE would leave it, with the selectors that programs have
 */
void x86_fpu_get_x87(const void *state, const struct x86_fpu_format *format,
		     uint8_t out[FPU_X87_SIZE]);

/**
 * x86_fpu_set_x87 - the way back; what is no part of x87 stays
 * @in:		any bytes
 */
void x86_fpu_set_x87(void *state, const struct x86_fpu_format *format,
		     const uint8_t in[FPU_X87_SIZE]);

#endif /* X86_FPU_STATE_H */
