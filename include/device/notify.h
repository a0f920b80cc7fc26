/* include/device/notify.h -- the notice of an interrupt as a message. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_NOTIFY_H
#define DEVICE_NOTIFY_H

#include <mach/message.h>
#include <mach/port.h>

#define DEVICE_INTR_NOTIFY	100

typedef struct {
	mach_msg_header_t intr_header;
	mach_msg_type_t	intr_type;	/* INTEGER_32 */
	int		id;		/* as registered */
} device_intr_notification_t;

#endif /* DEVICE_NOTIFY_H */
