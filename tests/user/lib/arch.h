/*
 * tests/user/lib/arch.h -- what differs between the widths.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_USER_LIB_ARCH_H
#define TESTS_USER_LIB_ARCH_H

#ifdef __x86_64__
#include "tests/user/x86_64/arch.h"
#else
#include "tests/user/i386/arch.h"
#endif

#endif /* TESTS_USER_LIB_ARCH_H */
