/*
 * kern/mig_quiet.h -- MIG's code is as it is.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A file that includes MIG's servers includes this first, switches off what
 * else its own servers need, and ends with
 *
 *	#pragma GCC diagnostic pop
 */
#ifndef KERN_MIG_QUIET_H
#define KERN_MIG_QUIET_H

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-align"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#endif /* KERN_MIG_QUIET_H */
