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

#endif /* X86_BOOT_H */
