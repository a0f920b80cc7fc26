/*
 * device/device_server.c -- the calls of device.defs; see device/dev.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "device/dev.h"

#include "ipc/ipc_kobject.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_port_object.h"
#include "kern/ipc_host.h"
#include "kern/kalloc.h"
#include "kern/panic.h"
#include "kern/slab.h"
#include "lib/string.h"
#include "vm/vm_copy.h"

#include "device/mig/device_server.h"

/* What one call of device_read or device_write moves at most. */
#define DEVICE_IO_MAX	4096u

static struct device *const devices[] = { &console_device };

static const struct ipc_kobject_server device_server = {
	.first = 2800,
	.nr_routines = 15,
	.routines = device_server_routines,
	.max_reply = 4096,
};

void
device_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		ipc_port_t port = ipc_port_alloc_kernel();

		if (port == NULL)
			panic("device: no memory for a port");
		ipc_kobject_set(port, devices[i], IKOT_DEVICE);
		devices[i]->port = port;
	}
	ipc_kobject_register(&device_server);
}

struct device *
convert_port_to_device(ipc_port_t port)
{
	return ipc_kobject_get(port, IKOT_DEVICE, NULL);
}

ipc_port_t
convert_device_to_port(struct device *device)
{
	return device == NULL ? IP_NULL : ipc_port_make_send(device->port);
}

void
mach_device_deallocate(struct device *device)
{
	(void)device;
}

/* The name as the caller sends it may lack its 0. */
static struct device *
device_lookup(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (strncmp(name, devices[i]->name, sizeof(dev_name_t)) == 0)
			return devices[i];
	return NULL;
}

/* The interface says that this argument is a right, not what is behind it: the
 * stub takes it for one as it is. */
static io_return_t
device_open(ipc_port_t master_port, const char *name, device_t *right)
{
	struct device *device;

	if (!is_device_master(master_port))
		return D_INVALID_OPERATION;
	device = device_lookup(name);
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	*right = (device_t)(void *)convert_device_to_port(device);
	return D_SUCCESS;
}

/*
 * The reply port is the stub's matter: all of these answer at once, or when
 * the sender has waited.
 */

kern_return_t
ds_device_open(ipc_port_t master_port, ipc_port_t reply_port,
	       mach_msg_type_name_t reply_type, dev_mode_t mode,
	       const_dev_name_t name, device_t *device)
{
	(void)reply_port;
	(void)reply_type;
	(void)mode;
	return device_open(master_port, name, device);
}

kern_return_t
ds_device_open_new(ipc_port_t master_port, ipc_port_t reply_port,
		   mach_msg_type_name_t reply_type, dev_mode_t mode,
		   const_dev_name_t name, device_t *device)
{
	return ds_device_open(master_port, reply_port, reply_type, mode, name,
			      device);
}

kern_return_t
ds_device_close(device_t device)
{
	return device == NULL ? D_NO_SUCH_DEVICE : D_SUCCESS;
}

static io_return_t
device_write(struct device *device, const char *data, size_t size)
{
	return device->ops->write == NULL ? D_SUCCESS
		: device->ops->write(device, data, size);
}

/* Out-of-line data is a copy, which is consumed on success. */
kern_return_t
ds_device_write(device_t device, ipc_port_t reply_port,
		mach_msg_type_name_t reply_type, dev_mode_t mode,
		recnum_t recnum, io_buf_ptr_t data,
		mach_msg_type_number_t size, int *written)
{
	struct vm_map_copy *copy = (struct vm_map_copy *)(void *)data;
	size_t length = MIN(size, DEVICE_IO_MAX);
	io_return_t result;
	char *buffer;

	(void)reply_port;
	(void)reply_type;
	(void)mode;
	(void)recnum;
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	*written = 0;
	if (size == 0 || copy == NULL)
		return size == 0 ? D_SUCCESS : D_INVALID_SIZE;
	buffer = kalloc(length, KM_WAIT);
	if (buffer == NULL)
		return D_NO_MEMORY;
	result = D_INVALID_OPERATION;
	if (vm_map_copy_read(copy, 0, buffer, length) == KERN_SUCCESS)
		result = device_write(device, buffer, length);
	kfree(buffer, length);
	if (result == D_SUCCESS) {
		*written = (int)length;
		vm_map_copy_discard(copy);
	}
	return result;
}

kern_return_t
ds_device_write_inband(device_t device, ipc_port_t reply_port,
		       mach_msg_type_name_t reply_type, dev_mode_t mode,
		       recnum_t recnum, const io_buf_ptr_inband_t data,
		       mach_msg_type_number_t size, int *written)
{
	io_return_t result;

	(void)reply_port;
	(void)reply_type;
	(void)mode;
	(void)recnum;
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	*written = 0;
	result = device_write(device, data, size);
	if (result == D_SUCCESS)
		*written = (int)size;
	return result;
}

/* Read to a buffer of the kernel's. */
static io_return_t
device_read(struct device *device, dev_mode_t mode, int wanted, char *data,
	    size_t room, mach_msg_type_number_t *size)
{
	io_return_t result;
	size_t done = 0;

	*size = 0;
	if (wanted < 0)
		return D_INVALID_SIZE;
	if (device->ops->read == NULL)
		return D_SUCCESS;
	result = device->ops->read(device, mode, data,
				   MIN((size_t)wanted, room), &done);
	*size = (mach_msg_type_number_t)done;
	return result;
}

kern_return_t
ds_device_read_inband(device_t device, ipc_port_t reply_port,
		      mach_msg_type_name_t reply_type, dev_mode_t mode,
		      recnum_t recnum, int wanted, io_buf_ptr_inband_t data,
		      mach_msg_type_number_t *size)
{
	(void)reply_port;
	(void)reply_type;
	(void)recnum;
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	return device_read(device, mode, wanted, data, IO_INBAND_MAX, size);
}

kern_return_t
ds_device_read(device_t device, ipc_port_t reply_port,
	       mach_msg_type_name_t reply_type, dev_mode_t mode,
	       recnum_t recnum, int wanted, io_buf_ptr_t *data,
	       mach_msg_type_number_t *size)
{
	struct vm_map_copy *copy = NULL;
	io_return_t result;
	char *buffer;

	(void)reply_port;
	(void)reply_type;
	(void)recnum;
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	buffer = kalloc(DEVICE_IO_MAX, KM_WAIT);
	if (buffer == NULL)
		return D_NO_MEMORY;
	result = device_read(device, mode, wanted, buffer, DEVICE_IO_MAX,
			     size);
	if (result == D_SUCCESS && *size != 0
	    && vm_map_copyin_kernel(buffer, *size, &copy) != KERN_SUCCESS)
		result = D_NO_MEMORY;
	kfree(buffer, DEVICE_IO_MAX);
	*data = (io_buf_ptr_t)(void *)copy;
	return result;
}

kern_return_t
ds_device_set_status(device_t device, dev_flavor_t flavor,
		     dev_status_t status, mach_msg_type_number_t count)
{
	if (device == NULL)
		return D_NO_SUCH_DEVICE;
	return device->ops->set_status == NULL ? D_INVALID_OPERATION
		: device->ops->set_status(device, flavor, status, count);
}
