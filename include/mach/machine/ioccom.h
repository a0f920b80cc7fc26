/* include/mach/machine/ioccom.h -- numbers of device commands. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_IOCCOM_H
#define MACH_MACHINE_IOCCOM_H

/*
 * Bits of direction, size of the argument, group and number.  The group is
 * always the letter x, whatever the first argument: programs hold such
 * numbers, from preprocessors that did not look into quotes.
 */
#define _IOCPARM_MASK	0xff
#define _IOC_VOID	0x20000000
#define _IOC_OUT	0x40000000
#define _IOC_IN		0x80000000U
#define _IOC_INOUT	(_IOC_IN | _IOC_OUT)

#define _IOC_NUMBER(dir, number, size) \
	((dir) | (((size) & _IOCPARM_MASK) << 16) | ('x' << 8) | (number))

#define _IO(x, y)	_IOC_NUMBER(_IOC_VOID, y, 0)
#define _IOR(x, y, t)	_IOC_NUMBER(_IOC_OUT, y, sizeof(t))
#define _IORN(x, y, t)	_IOC_NUMBER(_IOC_OUT, y, t)
#define _IOW(x, y, t)	_IOC_NUMBER(_IOC_IN, y, sizeof(t))
#define _IOWN(x, y, t)	_IOC_NUMBER(_IOC_IN, y, t)
#define _IOWR(x, y, t)	_IOC_NUMBER(_IOC_INOUT, y, sizeof(t))
#define _IOWRN(x, y, t)	_IOC_NUMBER(_IOC_INOUT, y, t)

#endif /* MACH_MACHINE_IOCCOM_H */
