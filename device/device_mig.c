/*
 * device/device_mig.c -- MIG's server of device.defs.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <mach/mig_errors.h>

#include "device/dev.h"

/* What is not served: stubs call a weak function that answers this. */
#define MIG_EOPNOTSUPP	D_INVALID_OPERATION

#include "kern/mig_quiet.h"
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "device/mig/device_server.c"
#pragma GCC diagnostic pop
