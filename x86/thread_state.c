/*
 * x86/thread_state.c -- registers of threads, as programs see them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/thread_state.h>

#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/user.h>

#include "kern/assert.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "x86/fpu.h"
#include "x86/fpu_state.h"
#include "x86/thread_regs.h"
#include "x86/x86.h"

/* What i386_FLOAT_STATE and i386_XFLOAT_STATE call the unit. */
#define FPU_KIND_FXSAVE		4
#define FPU_KIND_XSAVE		5
#define FPU_SAVED_FXSAVE	1
#define FPU_SAVED_XSAVE		2

#define WORDS(size)	((natural_t)((size) / sizeof(natural_t)))

_Static_assert(sizeof(struct i386_thread_state) ==
	       i386_THREAD_STATE_COUNT * sizeof(natural_t), "whole words");

void
machine_thread_init_user(struct thread *thread)
{
	trap_frame_init_user(machine_user_frame(thread), 0, 0);
}

uint32_t
machine_xstate_size(void)
{
	return (uint32_t)sizeof(struct i386_xfloat_state)
	       + x86_fpu_format()->size;
}

bool
machine_thread_state_is_own(int flavor)
{
	return flavor == i386_DEBUG_STATE;
}

bool
machine_thread_state_has_result(int flavor)
{
	return flavor == i386_THREAD_STATE || flavor == i386_REGS_SEGS_STATE;
}

kern_return_t
machine_thread_state_flavors(natural_t *state, natural_t *count)
{
	static const natural_t flavors[] = {
		i386_THREAD_STATE,
		i386_FLOAT_STATE,
		i386_ISA_PORT_MAP_STATE,
		i386_V86_ASSIST_STATE,	/* on i386 only: the last */
	};
	natural_t n = (natural_t)ARRAY_SIZE(flavors);

	if (sizeof(long) == 8)
		n--;
	if (*count < n)
		return KERN_INVALID_ARGUMENT;
	memcpy(state, flavors, n * sizeof *state);
	*count = n;
	return KERN_SUCCESS;
}

/* Flags that a program may have; IOPL, NT and the virtual 8086 mode are none
 * of them. */
uintptr_t
x86_user_flags(uintptr_t flags)
{
	return (flags & FLAGS_USER) | FLAGS_FIXED | FLAGS_IF;
}

/*
 * Floating point.
 */

static void
get_float(const void *area, struct i386_float_state *out)
{
	uint8_t legacy[FPU_X87_SIZE];

	memset(out, 0, sizeof *out);
	x86_fpu_get_x87(area, x86_fpu_format(), legacy);
	out->fpkind = x86_fpu_format()->components != 0 ? FPU_KIND_XSAVE
							: FPU_KIND_FXSAVE;
	out->initialized = 1;
	memcpy(out->hw_state, legacy, sizeof out->hw_state);
}

static void
get_xfloat(const void *area, natural_t *state)
{
	const struct x86_fpu_format *format = x86_fpu_format();
	struct i386_xfloat_state *out = (struct i386_xfloat_state *)state;
	bool has_xsave = format->components != 0;

	out->fpkind = has_xsave ? FPU_KIND_XSAVE : FPU_KIND_FXSAVE;
	out->initialized = 1;
	out->exc_status = 0;
	out->fp_save_kind = has_xsave ? FPU_SAVED_XSAVE : FPU_SAVED_FXSAVE;
	memcpy(out->hw_state, area, format->size);
}

/* F3: only what can be loaded gets into an area. */
static kern_return_t
set_xfloat(void *area, const natural_t *state)
{
	const struct x86_fpu_format *format = x86_fpu_format();
	const struct i386_xfloat_state *in =
		(const struct i386_xfloat_state *)state;

	if (in->initialized == 0) {
		x86_fpu_state_init(area, format);
		return KERN_SUCCESS;
	}
	if (!x86_fpu_state_is_valid(in->hw_state, format->size, format))
		return KERN_INVALID_ARGUMENT;
	memcpy(area, in->hw_state, format->size);
	return KERN_SUCCESS;
}

static kern_return_t
set_float(void *area, const natural_t *state)
{
	const struct i386_float_state *in =
		(const struct i386_float_state *)state;

	if (in->initialized == 0)
		x86_fpu_state_init(area, x86_fpu_format());
	else
		x86_fpu_set_x87(area, x86_fpu_format(), in->hw_state);
	return KERN_SUCCESS;
}

/*
 * By flavor.
 */

/* Words of a flavor; 0: there is none. */
static natural_t
flavor_count(int flavor)
{
	switch (flavor) {
	case i386_THREAD_STATE:
	case i386_REGS_SEGS_STATE:
		return i386_THREAD_STATE_COUNT;
	case i386_FLOAT_STATE:
		return i386_FLOAT_STATE_COUNT;
	case i386_XFLOAT_STATE:
		return WORDS(machine_xstate_size());
	case i386_ISA_PORT_MAP_STATE:
		return i386_ISA_PORT_MAP_STATE_COUNT;
	case i386_DEBUG_STATE:
		return i386_DEBUG_STATE_COUNT;
	case i386_FSGS_BASE_STATE:
		/* Segments have a base of their own in 64-bit mode only. */
		return sizeof(long) == 8 ? i386_FSGS_BASE_STATE_COUNT : 0;
	default:
		return 0;
	}
}

kern_return_t
machine_thread_get_state(struct thread *thread, int flavor, natural_t *state,
			 natural_t *count)
{
	struct machine_thread *md = machine_thread_of(thread);
	natural_t words = flavor_count(flavor);

	if (words == 0 || *count < words)
		return KERN_INVALID_ARGUMENT;

	switch (flavor) {
	case i386_THREAD_STATE:
	case i386_REGS_SEGS_STATE:
		x86_frame_get_state(machine_user_frame(thread),
				    (void *)state);	/* aligned */
		break;
	case i386_FLOAT_STATE:
		x86_fpu_begin(md);
		get_float(md->fpu, (struct i386_float_state *)state);
		break;
	case i386_XFLOAT_STATE:
		x86_fpu_begin(md);
		get_xfloat(md->fpu, state);
		break;
	case i386_ISA_PORT_MAP_STATE:
		/* No port may be used: a bit for each. */
		memset(state, 0xff, words * sizeof *state);
		break;
	case i386_DEBUG_STATE:
		x86_debug_get_state(&md->debug,
				    (struct i386_debug_state *)state);
		break;
	default:
		memcpy(state, &md->base, sizeof md->base);
		break;
	}
	*count = words;
	return KERN_SUCCESS;
}

kern_return_t
machine_thread_set_state(struct thread *thread, int flavor,
			 const natural_t *state, natural_t count)
{
	struct machine_thread *md = machine_thread_of(thread);
	struct trap_frame *frame = machine_user_frame(thread);
	natural_t words = flavor_count(flavor);

	if (words == 0 || count < words)
		return KERN_INVALID_ARGUMENT;

	switch (flavor) {
	case i386_THREAD_STATE:
	case i386_REGS_SEGS_STATE:
		return x86_frame_set_state(
			frame, (const void *)state,
			flavor == i386_REGS_SEGS_STATE);
	case i386_FLOAT_STATE:
		x86_fpu_begin(md);
		return set_float(md->fpu, state);
	case i386_XFLOAT_STATE:
		x86_fpu_begin(md);
		return set_xfloat(md->fpu, state);
	case i386_DEBUG_STATE:
		return x86_debug_set_state(
			&md->debug, (const struct i386_debug_state *)state,
			thread == current_thread());
	case i386_FSGS_BASE_STATE:
		return x86_base_set_state(
			&md->base, (const void *)state);
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

/* F4: who writes to its own area saves it before, and loads it afterwards. */
kern_return_t
machine_thread_set_own_state(int flavor, const natural_t *state,
			     natural_t count)
{
	struct thread *self = current_thread();
	struct machine_thread *md = machine_thread_of(self);
	struct machine_base before = md->base;
	kern_return_t kr;

	assert(md->fpu != NULL);
	x86_fpu_save(md->fpu);
	kr = machine_thread_set_state(self, flavor, state, count);
	if (kr != KERN_SUCCESS)
		return kr;
	x86_fpu_load(md->fpu);
	x86_base_switch(&before, &md->base);
	return KERN_SUCCESS;
}
