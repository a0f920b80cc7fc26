/*
 * tests/kernel/ktest_priv.h -- the list of tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_KERNEL_KTEST_PRIV_H
#define TESTS_KERNEL_KTEST_PRIV_H

struct ktest;

/* Bounds, by the linker script, of the section that KTEST() fills. */
extern const struct ktest *const __start_ktests[];
extern const struct ktest *const __stop_ktests[];

#endif /* TESTS_KERNEL_KTEST_PRIV_H */
