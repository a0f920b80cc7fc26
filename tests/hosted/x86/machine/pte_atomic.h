/*
 * tests/hosted/x86/machine/pte_atomic.h -- as the host's compiler does it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_HOSTED_X86_MACHINE_PTE_ATOMIC_H
#define TESTS_HOSTED_X86_MACHINE_PTE_ATOMIC_H

#include "x86_64/machine/pte_atomic.h"

#endif /* TESTS_HOSTED_X86_MACHINE_PTE_ATOMIC_H */
