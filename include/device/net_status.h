/*
 * include/device/net_status.h -- network devices: status, packet filters,
 * packets.
 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_NET_STATUS_H
#define DEVICE_NET_STATUS_H

#include <device/device_types.h>
#include <mach/message.h>

/* Answer of device_get_status, flavor NET_STATUS. */
struct net_status {
	int	min_packet_size;	/* bytes, with the hardware's header */
	int	max_packet_size;
	int	header_format;		/* HDR_ */
	int	header_size;		/* bytes */
	int	address_size;		/* bytes */
	int	flags;
	int	mapped_size;		/* bytes that can be mapped, or 0 */
};

/* Flavors: the character n in the upper half */
#define NET_STATUS		0x6e0001
#define NET_ADDRESS		0x6e0002
#define NET_DSTADDR		0x6e0003
#define NET_FLAGS		0x6e0004
#define NET_STATUS_COUNT	7

/* Formats of headers */
#define HDR_ETHERNET		1
#define HDR_EXP_ETHERNET	2
#define HDR_PRO_NET		4
#define HDR_CHAOS		5
#define HDR_802			6

/* Limits, priorities, and the id of a packet's message */
#define NET_FILTER_STACK_DEPTH	32
#define NET_HDW_HDR_MAX		64
#define NET_HI_PRI		100
#define NET_MAX_FILTER		128
#define NET_PRI_MAX		255
#define NET_RCV_MSG_ID		2999
#define NET_RCV_MAX		4095

/* A filter is a row of words; the first says for which way */
#define NETF_IN			1
#define NETF_OUT		2

/* A word: what to push in the low NBPA bits, an operator above */
#define NETF_NBPO		0x6
#define NETF_NBPA		0xa
#define NETF_TYPE_MASK		0xfc00

/* What to push; WORD, HDR, STK and above add an index */
#define NETF_NOPUSH		0
#define NETF_PUSHLIT		1
#define NETF_PUSHZERO		2
#define NETF_PUSHIND		14
#define NETF_PUSHHDRIND		15
#define NETF_PUSHWORD		16
#define NETF_PUSHHDR		960
#define NETF_PUSHSTK		992

/* Operators on the two on top; those with a C end the filter early */
#define NETF_NOP		0x0
#define NETF_BPF		0x400
#define NETF_EQ			0x400
#define NETF_LT			0x800
#define NETF_LE			0xc00
#define NETF_GT			0x1000
#define NETF_GE			0x1400
#define NETF_AND		0x1800
#define NETF_OR			0x1c00
#define NETF_XOR		0x2000
#define NETF_COR		0x2400
#define NETF_CAND		0x2800
#define NETF_CNOR		0x2c00
#define NETF_CNAND		0x3000
#define NETF_NEQ		0x3400
#define NETF_LSH		0x3800
#define NETF_RSH		0x3c00
#define NETF_ADD		0x4000
#define NETF_SUB		0x4400

typedef unsigned short	filter_t;
typedef filter_t	*filter_array_t;

#define CSPF_BYTES(n)	((n) * sizeof(filter_t))
#define NETF_ARG(word)	((word) & ~NETF_TYPE_MASK)
#define NETF_OP(word)	((word) & NETF_TYPE_MASK)

/* What stands before the data of a packet. */
struct packet_header {
	unsigned short	length;		/* bytes */
	unsigned short	type;		/* of the protocol */
};

/* A packet as the kernel hands it to the port of a filter. */
struct net_rcv_msg {
	mach_msg_header_t msg_hdr;
	mach_msg_type_t	header_type;
	char		header[NET_HDW_HDR_MAX];
	mach_msg_type_t	packet_type;
	char		packet[NET_RCV_MAX];
	boolean_t	sent;		/* did this host send it */
};
typedef struct net_rcv_msg *net_rcv_msg_t;

#endif /* DEVICE_NET_STATUS_H */
