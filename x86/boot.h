/*
 * x86/boot.h -- where boot.S enters C.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_BOOT_H
#define X86_BOOT_H

#include <stdint.h>

/**
 * x86_boot - the boot processor is in 64-bit mode: bring the kernel up
 * @magic:	what the loader put in eax
 * @info_pa:	what it put in ebx: address of the multiboot information
 * @entry_cycles: time stamp at the kernel's first instruction
 *
 * Context: once, interrupts off, on boot_stack, with the start-up code's
 *	    tables: the low 4 GiB are in the direct map.
 */
__attribute__((noreturn)) void x86_boot(uint32_t magic, uint32_t info_pa,
					uint64_t entry_cycles);

/* Names of reservations that are given back. */
#define BOOT_MEM_IMAGE	"kernel image"
#define BOOT_MEM_LOADER	"boot loader's tables"
#define BOOT_MEM_START	"processor start-up"

/** x86_boot_release_loader - give back what the loader left: it was copied.
 *  Context: a thread. */
void x86_boot_release_loader(void);

/**
 * x86_boot_release_cpus - give back what processors are started with
 *
 * Their page below 1 MiB, the start-up code's tables, and the places of cpus[]
 * that nobody has.
 *
 * Context: a thread, once; no processor will be started or is on its way.
 */
void x86_boot_release_cpus(void);

#endif /* X86_BOOT_H */
