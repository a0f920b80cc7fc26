/* include/mach/policy.h -- scheduling policies. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_POLICY_H
#define MACH_POLICY_H

#define POLICY_TIMESHARE	1	/* priority falls with use */
#define POLICY_FIXEDPRI		2	/* round robin */
#define POLICY_LAST		2

#define invalid_policy(policy) \
	((policy) <= 0 || (policy) > POLICY_LAST)

#endif /* MACH_POLICY_H */
