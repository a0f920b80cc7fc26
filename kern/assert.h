/*
 * kern/assert.h -- checks of the kernel's own mistakes.
 *
 * assert() is in every build and is for what is cheap to check;
 * debug_assert() is for what is dear, and is compiled but not run unless
 * CONFIG_DEBUG.  Neither is for user input, and neither may have a side
 * effect.  Both panic with the place and the text of the condition.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_ASSERT_H
#define KERN_ASSERT_H

#include "lib/macros.h"

/**
 * assert_failed - what a failed assertion calls
 * @what:	"FILE:LINE: CONDITION", a literal
 *
 * Context: any.  Panics.
 */
NORETURN void assert_failed(const char *what);

#define ASSERT_TEXT(x)		#x
#define ASSERT_LINE(line)	ASSERT_TEXT(line)

#undef assert
#define assert(cond)							\
	(likely(cond) ? (void)0						\
		      : assert_failed(__FILE__ ":" ASSERT_LINE(__LINE__) \
				      ": " #cond))

#define debug_assert(cond)						\
	((!CONFIG_DEBUG || likely(cond)) ? (void)0			\
		      : assert_failed(__FILE__ ":" ASSERT_LINE(__LINE__) \
				      ": " #cond))

#endif /* KERN_ASSERT_H */
