/*
 * x86/thread_debug.c -- debug registers of threads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Defined in: SDM vol. 3, 17.2 "Debug Registers".
 */
#include <machine/vm_layout.h>

#include "lib/string.h"
#include "x86/thread_regs.h"

#define DR7_ENABLES	0x000000ffu	/* local and global, each of four */
#define DR7_EXACT	0x00000300u
#define DR7_CONDITIONS	0xffff0000u	/* kind and length, each of four */
#define DR7_FIXED	0x00000400u
#define DR7_IO		2u		/* kind: on ports */

#define NR_WATCHES	4

static void
debug_load(const struct machine_debug *debug)
{
	__asm__ volatile ("mov %0, %%dr7" : : "r" ((uintptr_t)DR7_FIXED));
	__asm__ volatile ("mov %0, %%dr0" : : "r" (debug->address[0]));
	__asm__ volatile ("mov %0, %%dr1" : : "r" (debug->address[1]));
	__asm__ volatile ("mov %0, %%dr2" : : "r" (debug->address[2]));
	__asm__ volatile ("mov %0, %%dr3" : : "r" (debug->address[3]));
	__asm__ volatile ("mov %0, %%dr7"
			  : : "r" ((uintptr_t)(debug->control | DR7_FIXED)));
}

uintptr_t
x86_debug_status(struct machine_debug *debug)
{
	uintptr_t status;

	/* The processor sets bits and never clears any. */
	__asm__ volatile ("mov %%dr6, %0" : "=r" (status));
	__asm__ volatile ("mov %0, %%dr6" : : "r" ((uintptr_t)0));
	debug->status = (uint32_t)status;
	return status;
}

void
x86_debug_get_state(const struct machine_debug *debug,
		    struct i386_debug_state *out)
{
	memset(out, 0, sizeof *out);
	for (unsigned int i = 0; i < NR_WATCHES; i++)
		out->dr[i] = (unsigned int)debug->address[i];
	out->dr[6] = debug->status;
	out->dr[7] = debug->control;
}

/* Ports are watched by who may use them, and that is not known here. */
static bool
debug_is_valid(const struct i386_debug_state *in)
{
	unsigned int control = in->dr[7];

	if ((control & ~(DR7_ENABLES | DR7_EXACT | DR7_CONDITIONS |
			 DR7_FIXED)) != 0)
		return false;
	for (unsigned int i = 0; i < NR_WATCHES; i++) {
		uint64_t address = in->dr[i];

		if (address >= VM_MAX_USER_ADDRESS)
			return false;
		if ((control >> (16 + 4 * i) & 3) == DR7_IO)
			return false;
	}
	return true;
}

kern_return_t
x86_debug_set_state(struct machine_debug *debug,
		    const struct i386_debug_state *in, bool now)
{
	if (!debug_is_valid(in))
		return KERN_INVALID_ARGUMENT;
	for (unsigned int i = 0; i < NR_WATCHES; i++)
		debug->address[i] = in->dr[i];
	debug->status = in->dr[6];
	debug->control = in->dr[7] & ~DR7_FIXED;
	if (now)
		debug_load(debug);
	return KERN_SUCCESS;
}

void
x86_debug_switch(const struct machine_debug *from,
		 const struct machine_debug *to)
{
	if (((from->control | to->control) & DR7_ENABLES) != 0)
		debug_load(to);
}
