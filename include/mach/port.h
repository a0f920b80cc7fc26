/* include/mach/port.h -- names of ports and the rights behind them. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_PORT_H
#define MACH_PORT_H

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>

/* A port as programs see it: a name in the task's own space. */
typedef natural_t	mach_port_name_t;
typedef mach_port_name_t *mach_port_name_array_t;
typedef const mach_port_name_t *const_mach_port_name_array_t;
#ifndef MACH_KERNEL
typedef mach_port_name_t mach_port_t;
#else
typedef vm_offset_t	mach_port_t;	/* the kernel's stubs hold pointers */
#endif
typedef mach_port_t	*mach_port_array_t;
typedef const mach_port_t *const_mach_port_array_t;
typedef int		*rpc_signature_info_t;

#define MACH_PORT_NULL		0
#define MACH_PORT_DEAD		((mach_port_t)~0U)
#define MACH_PORT_NAME_NULL	((mach_port_name_t)0)
#define MACH_PORT_NAME_DEAD	((mach_port_name_t)~0U)

#define MACH_PORT_VALID(port) \
	((port) != MACH_PORT_NULL && (port) != MACH_PORT_DEAD)
#define MACH_PORT_NAME_VALID(name) \
	((name) != MACH_PORT_NAME_NULL && (name) != MACH_PORT_NAME_DEAD)

/* A kind of right. */
typedef natural_t	mach_port_right_t;

#define MACH_PORT_RIGHT_SEND		((mach_port_right_t)0)
#define MACH_PORT_RIGHT_RECEIVE		((mach_port_right_t)1)
#define MACH_PORT_RIGHT_SEND_ONCE	((mach_port_right_t)2)
#define MACH_PORT_RIGHT_PORT_SET	((mach_port_right_t)3)
#define MACH_PORT_RIGHT_DEAD_NAME	((mach_port_right_t)4)
#define MACH_PORT_RIGHT_NUMBER		((mach_port_right_t)5)

/* A set of kinds, and of requests pending for the name. */
typedef natural_t	mach_port_type_t;
typedef mach_port_type_t *mach_port_type_array_t;

#define MACH_PORT_TYPE(right) \
	((mach_port_type_t)1 << ((unsigned int)(right) + 16))

#define MACH_PORT_TYPE_NONE		((mach_port_type_t)0)
#define MACH_PORT_TYPE_SEND \
	MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND)
#define MACH_PORT_TYPE_RECEIVE \
	MACH_PORT_TYPE(MACH_PORT_RIGHT_RECEIVE)
#define MACH_PORT_TYPE_SEND_ONCE \
	MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND_ONCE)
#define MACH_PORT_TYPE_PORT_SET \
	MACH_PORT_TYPE(MACH_PORT_RIGHT_PORT_SET)
#define MACH_PORT_TYPE_DEAD_NAME \
	MACH_PORT_TYPE(MACH_PORT_RIGHT_DEAD_NAME)

#define MACH_PORT_TYPE_SEND_RECEIVE \
	(MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_RECEIVE)
#define MACH_PORT_TYPE_SEND_RIGHTS \
	(MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_SEND_ONCE)
#define MACH_PORT_TYPE_PORT_RIGHTS \
	(MACH_PORT_TYPE_SEND_RIGHTS | MACH_PORT_TYPE_RECEIVE)
#define MACH_PORT_TYPE_PORT_OR_DEAD \
	(MACH_PORT_TYPE_PORT_RIGHTS | MACH_PORT_TYPE_DEAD_NAME)
#define MACH_PORT_TYPE_ALL_RIGHTS \
	(MACH_PORT_TYPE_PORT_OR_DEAD | MACH_PORT_TYPE_PORT_SET)

#define MACH_PORT_TYPE_COMPAT		((mach_port_type_t)0x20000000)
#define MACH_PORT_TYPE_MAREQUEST	((mach_port_type_t)0x40000000)
#define MACH_PORT_TYPE_DNREQUEST	((mach_port_type_t)0x80000000U)

/* Counts: references of a name, a change of them, messages, rights made. */
typedef natural_t	mach_port_urefs_t;
typedef integer_t	mach_port_delta_t;
typedef natural_t	mach_port_seqno_t;
typedef natural_t	mach_port_mscount_t;
typedef natural_t	mach_port_msgcount_t;
typedef natural_t	mach_port_rights_t;

/* What kind of object a receive right stands for: set by its owner. */
typedef natural_t	mach_port_ktype_t;

/* How many messages may wait at a port. */
#define MACH_PORT_QLIMIT_DEFAULT	((mach_port_msgcount_t)5)
#define MACH_PORT_QLIMIT_MAX		((mach_port_msgcount_t)16)

/* State of a receive right. */
typedef struct mach_port_status {
	mach_port_name_t	mps_pset;	/* set it is in, or null */
	mach_port_seqno_t	mps_seqno;	/* of the next message */
	mach_port_mscount_t	mps_mscount;	/* send rights made so far */
	mach_port_msgcount_t	mps_qlimit;
	mach_port_msgcount_t	mps_msgcount;	/* messages waiting */
	mach_port_rights_t	mps_sorights;	/* send-once rights */
	boolean_t		mps_srights;	/* are there send rights */
	boolean_t		mps_pdrequest;	/* port-deleted asked for */
	boolean_t		mps_nsrequest;	/* no-senders asked for */
} mach_port_status_t;

#endif /* MACH_PORT_H */
