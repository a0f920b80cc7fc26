/*
 * x86/machine/cpu_features.h -- what the processor can do.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_CPU_FEATURES_H
#define X86_MACHINE_CPU_FEATURES_H

#include <stdbool.h>

/* Only what the kernel asks about.  Constant after x86_cpu_early_init(). */
struct x86_features {
	bool	efer;		/* there is MSR_EFER */
	bool	nx;		/* pages can be not executable; enabled */
	bool	machine_check;	/* exception 18; enabled */
	bool	sysenter;	/* not used: refused to all */
	bool	sse;		/* beside the x87 registers; enabled */
	bool	xsave;		/* and its relatives; enabled */
	bool	fpu_keeps_pointers;	/* loading a state may not replace
					 * the x87 pointers */
	bool	global_pages;	/* enabled */
	bool	pages_1g;	/* 1 GiB pages */
	bool	smep;		/* enabled */
	bool	smap;		/* enabled */
	bool	umip;		/* enabled */
	bool	apic;		/* a local APIC */
	bool	x2apic;		/* ... that has registers of the processor */
	bool	invariant_tsc;	/* the time stamp counts at one rate */
};

extern struct x86_features x86_features;

#endif /* X86_MACHINE_CPU_FEATURES_H */
