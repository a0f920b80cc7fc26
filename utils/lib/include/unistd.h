/* utils/lib/include/unistd.h -- waiting. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UTILS_LIB_INCLUDE_UNISTD_H
#define UTILS_LIB_INCLUDE_UNISTD_H

/* Always returns 0: nothing interrupts it. */
unsigned int sleep(unsigned int seconds);

#endif /* UTILS_LIB_INCLUDE_UNISTD_H */
