/* include/device/tty_status.h -- terminal lines. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_TTY_STATUS_H
#define DEVICE_TTY_STATUS_H

/* Answer of device_get_status, flavor TTY_STATUS. */
struct tty_status {
	int	tt_ispeed;	/* B, in and out */
	int	tt_ospeed;
	int	tt_breakc;	/* character that stands for a break */
	int	tt_flags;	/* TF_ */
};

/* Flavors: the character t in the upper half */
#define TTY_STATUS		0x740001
#define TTY_MODEM		0x740002
#define TTY_FLUSH		0x740003
#define TTY_STOP		0x740004
#define TTY_START		0x740005
#define TTY_SET_BREAK		0x740006
#define TTY_CLEAR_BREAK		0x740007
#define TTY_SET_TRANSLATION	0x740008
#define TTY_FLUSH_COUNT		1
#define TTY_MODEM_COUNT		1
#define TTY_STATUS_COUNT	4

/* Speeds, bits a second */
#define B0			0
#define B50			1
#define B75			2
#define B110			3
#define B134			4
#define B150			5
#define B200			6
#define B300			7
#define B600			8
#define B1200			9
#define B1800			10
#define B2400			11
#define B4800			12
#define B9600			13
#define B19200			14
#define EXTA			14
#define B38400			15
#define EXTB			15
#define B57600			16
#define B115200			17
#define NSPEEDS			18

/* Flags */
#define TF_TANDEM		0x1
#define TF_ODDP			0x2
#define TF_EVENP		0x4
#define TF_ANYP			0x6
#define TF_LITOUT		0x8
#define TF_MDMBUF		0x10
#define TF_NOHANG		0x20
#define TF_HUPCLS		0x40
#define TF_ECHO			0x80
#define TF_CRMOD		0x100
#define TF_XTABS		0x200

/* Lines of a modem */
#define TM_HUP			0x0
#define TM_LE			0x1
#define TM_DTR			0x2
#define TM_RTS			0x4
#define TM_ST			0x8
#define TM_SR			0x10
#define TM_CTS			0x20
#define TM_CAR			0x40
#define TM_RNG			0x80
#define TM_DSR			0x100
#define TM_BRK			0x200

#endif /* DEVICE_TTY_STATUS_H */
