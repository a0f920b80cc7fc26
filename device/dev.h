/*
 * device/dev.h -- devices behind ports.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A device has one port for all who open it, made at start-up and never given
 * up.  Calls are served in the thread of the sender (ipc/ipc_kobject.h): who
 * reads from a device waits in the kernel, interruptibly, until there is
 * something.
 *
 * There is the console, by that name; text that programs write goes where the
 * kernel's goes, and what is typed is theirs unless the monitor has it.  Input
 * is given as it comes: neither echoed nor gathered to lines.
 */
#ifndef DEVICE_DEV_H
#define DEVICE_DEV_H

#include <stdbool.h>
#include <stddef.h>

#include <device/device_types.h>
#include <mach/mig_errors.h>

#include "ipc/ipc_types.h"
#include "lib/macros.h"

/* What a device can do, in the thread of who called; no locks are held.  NULL:
 * success, and nothing is moved. */
struct device_ops {
	/* At most @size bytes, of which *@done were read; may wait.
	 * D_SUCCESS; D_WOULD_BLOCK: @mode has D_NOWAIT, and there is nothing;
	 * D_IO_ERROR: the caller was interrupted. */
	io_return_t (*read)(struct device *device, dev_mode_t mode, char *data,
			    size_t size, size_t *done);
	/* @size bytes of a kernel's buffer. */
	io_return_t (*write)(struct device *device, const char *data,
			     size_t size);
	/* Words by flavor.  NULL: D_INVALID_OPERATION. */
	io_return_t (*set_status)(struct device *device, dev_flavor_t flavor,
				  const int *status, unsigned int count);
};

/* Constant after start-up. */
struct device {
	const char	*name;
	const struct device_ops *ops;
	ipc_port_t	port;		/* of the kernel: IKOT_DEVICE */
};

/* By MIG. */
extern mig_routine_t device_server_routines[];

/* The console's device. */
extern struct device console_device;

/* A flavor of its status without words: start the monitor. */
#define CONSOLE_MONITOR	0x4d4fu

/**
 * device_init - make the devices' ports and serve the interface
 *
 * Context: start-up, after ipc_host_init(); panics without memory.
 */
void device_init(void);

/*
 * Translations of device.defs: from a port, which may be any, a device or
 * NULL; to a port a send right, or IP_NULL for NULL.  There are no references.
 * Context: any thread; they do not block.
 */
struct device *convert_port_to_device(ipc_port_t port);
ipc_port_t convert_device_to_port(struct device *device);
void mach_device_deallocate(struct device *device);

#endif /* DEVICE_DEV_H */
