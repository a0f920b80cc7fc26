/*
 * device/device_mig.c -- MIG's server of device.defs.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <mach/mig_errors.h>

#include "device/dev.h"

/* What is not served: stubs call a weak function that answers this. */
#define MIG_EOPNOTSUPP	D_INVALID_OPERATION

/* MIG's code is as it is. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-align"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "device/mig/device_server.c"
#pragma GCC diagnostic pop
