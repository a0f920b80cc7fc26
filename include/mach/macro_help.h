/* include/mach/macro_help.h -- macros that are statements. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACRO_HELP_H
#define MACH_MACRO_HELP_H

#define _MACRO_HELP_H_	1	/* programs test for it */

#define MACRO_BEGIN	({
#define MACRO_END	})
#define MACRO_RETURN	if (1) return

#endif /* MACH_MACRO_HELP_H */
