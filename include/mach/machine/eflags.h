/* include/mach/machine/eflags.h -- bits of the flags register. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_EFLAGS_H
#define MACH_MACHINE_EFLAGS_H

/* Single bits */
#define EFL_CF			0x1
#define EFL_PF			0x4
#define EFL_AF			0x10
#define EFL_ZF			0x40
#define EFL_SF			0x80
#define EFL_TF			0x100
#define EFL_IF			0x200
#define EFL_DF			0x400
#define EFL_OF			0x800
#define EFL_NT			0x4000
#define EFL_RF			0x10000
#define EFL_VM			0x20000
#define EFL_AC			0x40000
#define EFL_VI			0x80000
#define EFL_VIP			0x100000
#define EFL_ID			0x200000

/* Privilege level for I/O, two bits */
#define EFL_IOPL_KERNEL		0x0
#define EFL_IOPL		0x3000
#define EFL_IOPL_USER		0x3000

#endif /* MACH_MACHINE_EFLAGS_H */
