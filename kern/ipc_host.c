/*
 * kern/ipc_host.c -- see kern/ipc_host.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/ipc_host.h"

#include "ipc/ipc_port.h"
#include "ipc/ipc_port_object.h"
#include "kern/panic.h"

struct host {
	ipc_port_t	port;
};

/* All constant after start-up. */
static struct host the_host, the_host_priv;
static ipc_port_t device_master;

struct host *const host_data = &the_host;
struct host *const host_priv_data = &the_host_priv;

ipc_port_t
ipc_host_make_port(void *object, enum ipc_kobject_type type)
{
	ipc_port_t port = ipc_port_alloc_kernel();

	if (port == IP_NULL)
		panic("no memory for the ports of the host");
	ipc_kobject_set(port, object, type);
	return port;
}

void
ipc_host_init(void)
{
	the_host.port = ipc_host_make_port(&the_host, IKOT_HOST);
	the_host_priv.port = ipc_host_make_port(&the_host_priv,
						IKOT_HOST_PRIV);
	device_master = ipc_host_make_port(&the_host, IKOT_MASTER_DEVICE);
}

struct host *
convert_port_to_host(ipc_port_t port)
{
	struct host *host = ipc_kobject_get(port, IKOT_HOST, NULL);

	return host != NULL ? host : convert_port_to_host_priv(port);
}

struct host *
convert_port_to_host_priv(ipc_port_t port)
{
	return ipc_kobject_get(port, IKOT_HOST_PRIV, NULL);
}

ipc_port_t
convert_host_to_port(struct host *host)
{
	(void)host;			/* the plain one, always */
	return ipc_port_make_send(the_host.port);
}

ipc_port_t
host_priv_right(void)
{
	return ipc_port_make_send(the_host_priv.port);
}

ipc_port_t
device_master_right(void)
{
	return ipc_port_make_send(device_master);
}

bool
is_device_master(ipc_port_t port)
{
	return ipc_kobject_get(port, IKOT_MASTER_DEVICE, NULL) != NULL;
}
