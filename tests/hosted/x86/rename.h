/*
 * tests/hosted/x86/rename.h -- x86/pmap*.c under names of their own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Included before everything else in tests of the page tables of x86, which so
 * live beside the recording pmap that the hosted library has.
 */
#ifndef TESTS_HOSTED_X86_RENAME_H
#define TESTS_HOSTED_X86_RENAME_H

#define machine_pmap_switch	x86_machine_pmap_switch
#define pmap_boot_map		x86_pmap_boot_map
#define pmap_bootstrap		x86_pmap_bootstrap
#define pmap_check		x86_pmap_check
#define pmap_create		x86_pmap_create
#define pmap_destroy		x86_pmap_destroy
#define pmap_enter		x86_pmap_enter
#define pmap_enter_phys		x86_pmap_enter_phys
#define pmap_enter_row		x86_pmap_enter_row
#define pmap_extract		x86_pmap_extract
#define pmap_get_stats		x86_pmap_get_stats
#define pmap_init		x86_pmap_init
#define pmap_kernel		x86_pmap_kernel
#define pmap_page_clear_modified x86_pmap_page_clear_modified
#define pmap_page_clear_referenced x86_pmap_page_clear_referenced
#define pmap_page_is_mapped	x86_pmap_page_is_mapped
#define pmap_page_protect	x86_pmap_page_protect
#define pmap_page_remove	x86_pmap_page_remove
#define pmap_page_test_modified	x86_pmap_page_test_modified
#define pmap_page_test_referenced x86_pmap_page_test_referenced
#define pmap_protect		x86_pmap_protect
#define pmap_remove		x86_pmap_remove
#define pmap_reserve_drain	x86_pmap_reserve_drain
#define pmap_reserve_fill	x86_pmap_reserve_fill
#define pmap_resident		x86_pmap_resident
#define pmap_unwire		x86_pmap_unwire
#define pmap_wired		x86_pmap_wired

#endif /* TESTS_HOSTED_X86_RENAME_H */
