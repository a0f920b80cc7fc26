/* utils/lib/include/string.h -- memory and strings. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UTILS_LIB_INCLUDE_STRING_H
#define UTILS_LIB_INCLUDE_STRING_H

#include "lib/string.h"

#endif /* UTILS_LIB_INCLUDE_STRING_H */
