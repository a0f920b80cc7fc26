/* include/mach/notify.h -- notices as messages. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_NOTIFY_H
#define MACH_NOTIFY_H

#include <mach/message.h>
#include <mach/port.h>

#define MACH_NOTIFY_FIRST		64
#define MACH_NOTIFY_PORT_DELETED	(MACH_NOTIFY_FIRST + 1)
#define MACH_NOTIFY_MSG_ACCEPTED	(MACH_NOTIFY_FIRST + 2)
#define MACH_NOTIFY_PORT_DESTROYED	(MACH_NOTIFY_FIRST + 5)
#define MACH_NOTIFY_NO_SENDERS		(MACH_NOTIFY_FIRST + 6)
#define MACH_NOTIFY_SEND_ONCE		(MACH_NOTIFY_FIRST + 7)
#define MACH_NOTIFY_DEAD_NAME		(MACH_NOTIFY_FIRST + 8)
#define MACH_NOTIFY_LAST		(MACH_NOTIFY_FIRST + 13)

/* A name on which a notice was asked for is no more. */
typedef struct {
	mach_msg_header_t not_header;
	mach_msg_type_t	not_type;	/* PORT_NAME */
	mach_port_name_t not_port;
} mach_port_deleted_notification_t;

/* A message for a queue that was full is in it now. */
typedef struct {
	mach_msg_header_t not_header;
	mach_msg_type_t	not_type;	/* PORT_NAME */
	mach_port_name_t not_port;
} mach_msg_accepted_notification_t;

/* A receive right comes back instead of its port's end. */
typedef struct {
	mach_msg_header_t not_header;
	mach_msg_type_t	not_type;	/* PORT_RECEIVE */
	mach_port_t	not_port;
} mach_port_destroyed_notification_t;

/* The last send right is gone. */
typedef struct {
	mach_msg_header_t not_header;
	mach_msg_type_t	not_type;	/* INTEGER_32 */
	mach_port_mscount_t not_count;	/* rights made so far */
} mach_no_senders_notification_t;

/* A send-once right was dropped unused. */
typedef struct {
	mach_msg_header_t not_header;
} mach_send_once_notification_t;

/* The port behind a name died. */
typedef struct {
	mach_msg_header_t not_header;
	mach_msg_type_t	not_type;	/* PORT_NAME */
	mach_port_name_t not_port;
} mach_dead_name_notification_t;

#endif /* MACH_NOTIFY_H */
