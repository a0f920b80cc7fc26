/* include/mach/machine/exception.h -- codes of exceptions on x86. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_EXCEPTION_H
#define MACH_MACHINE_EXCEPTION_H

/* EXC_BAD_INSTRUCTION: below, or the number of the fault (10 to 13). */
#define EXC_I386_INVOP		1	/* no such instruction */

/* EXC_ARITHMETIC */
#define EXC_I386_DIV		1	/* divide error */
#define EXC_I386_INTO		2	/* INTO with overflow */
#define EXC_I386_NOEXT		3	/* no floating-point unit */
#define EXC_I386_EXTOVR		4	/* its operand out of its segment */
#define EXC_I386_EXTERR		5	/* floating-point error */
#define EXC_I386_EMERR		6	/* the same, emulated */

/* EXC_SOFTWARE */
#define EXC_I386_BOUND		7	/* BOUND out of range */

/* EXC_BREAKPOINT */
#define EXC_I386_SGL		1	/* single step */
#define EXC_I386_BPT		2	/* INT3 */

/* The processor's vector numbers. */
#define EXC_I386_DIVERR		0
#define EXC_I386_SGLSTP		1
#define EXC_I386_NMIFLT		2
#define EXC_I386_BPTFLT		3
#define EXC_I386_INTOFLT	4
#define EXC_I386_BOUNDFLT	5
#define EXC_I386_INVOPFLT	6
#define EXC_I386_NOEXTFLT	7
#define EXC_I386_DBLFLT		8
#define EXC_I386_EXTOVRFLT	9
#define EXC_I386_INVTSSFLT	10
#define EXC_I386_SEGNPFLT	11
#define EXC_I386_STKFLT		12
#define EXC_I386_GPFLT		13
#define EXC_I386_PGFLT		14
#define EXC_I386_EXTERRFLT	16

/* Made by an emulator of the floating-point unit. */
#define EXC_I386_ENOEXTFLT	32
#define EXC_I386_ENDPERR	33

#endif /* MACH_MACHINE_EXCEPTION_H */
