/*
 * utils/lib/ports.h -- the rights that a program is started with.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef UTILS_LIB_PORTS_H
#define UTILS_LIB_PORTS_H

/*
 * Before main(): take the arguments that name ports out of argv, and learn the
 * task's own port.  What is left stays in front of the environment, so argv
 * begins higher.
 */
void user_ports_init(int *argc, char ***argv);

#endif /* UTILS_LIB_PORTS_H */
