/*
 * device/console_device.c -- the console as a device.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "device/dev.h"
#include "kern/console.h"

static io_return_t
console_device_read(struct device *device, dev_mode_t mode, char *data,
		    size_t size, size_t *done)
{
	bool wait = (mode & D_NOWAIT) == 0;

	(void)device;
	*done = 0;
	if (size == 0)
		return D_SUCCESS;
	*done = console_read(data, size, wait);
	if (*done != 0)
		return D_SUCCESS;
	return wait ? D_IO_ERROR : D_WOULD_BLOCK;
}

static io_return_t
console_device_write(struct device *device, const char *data, size_t size)
{
	(void)device;
	console_write(data, size);
	return D_SUCCESS;
}

static io_return_t
console_device_set_status(struct device *device, dev_flavor_t flavor,
			  const int *status, unsigned int count)
{
	(void)device;
	(void)status;
	if (flavor != CONSOLE_MONITOR || count != 0)
		return D_INVALID_OPERATION;
	console_attention();
	return D_SUCCESS;
}

static const struct device_ops console_device_ops = {
	.read = console_device_read,
	.write = console_device_write,
	.set_status = console_device_set_status,
};

struct device console_device = {
	.name = "console",
	.ops = &console_device_ops,
};
