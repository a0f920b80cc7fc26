/* utils/lib/include/errno.h -- the one error of this library. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UTILS_LIB_INCLUDE_ERRNO_H
#define UTILS_LIB_INCLUDE_ERRNO_H

#define EPERM	1

#endif /* UTILS_LIB_INCLUDE_ERRNO_H */
