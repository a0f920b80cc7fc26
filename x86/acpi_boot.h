/*
 * x86/acpi_boot.h -- reading the machine's ACPI tables at start-up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tables lie where the firmware likes: below 1 MiB, which is in the direct map
 * for good, or in memory that the loader's map calls ACPI's or reserved, which
 * is not: there whole pages are mapped, read-only and for good, one after the
 * other from BOOT_MAP_START (<machine/vm_layout.h>) to its end.  That is done
 * once for each range and limited, so hostile tables can't use up much.
 *
 * Nothing of ACPI's memory is given to the allocator: boot.c reserves what the
 * loader calls ACPI's (multiboot types 3 and 4), even where another line of
 * the loader's map calls it RAM.
 */
#ifndef X86_ACPI_BOOT_H
#define X86_ACPI_BOOT_H

#include "x86/platform.h"

/** x86_platform - the machine.  Constant after x86_acpi_boot(). */
const struct x86_platform *x86_platform(void);

/**
 * x86_acpi_boot - find the tables, fill in the platform, say so in a line
 *
 * Context: start-up, the boot processor, once; after pmap_bootstrap() and
 *	    before vm_page_init().
 */
void x86_acpi_boot(void);

#endif /* X86_ACPI_BOOT_H */
