/*
 * kern/ipc_host.c -- see kern/ipc_host.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/ipc_host.h"

#include "ipc/ipc_port.h"
#include "ipc/ipc_port_object.h"
#include "kern/cpu.h"
#include "kern/panic.h"

struct host {
	ipc_port_t	port;
};

struct processor {
	unsigned int	cpu;
	ipc_port_t	port;		/* NULL: not started */
};

struct processor_set {
	ipc_port_t	port;
	ipc_port_t	name_port;
};

/* All constant after start-up. */
static struct host the_host, the_host_priv;
static ipc_port_t device_master;
static struct processor_set the_pset;
static struct processor processors[CONFIG_MAX_CPUS];

struct host *const host_data = &the_host;
struct host *const host_priv_data = &the_host_priv;
struct processor_set *const default_pset = &the_pset;

static ipc_port_t
make_port(void *object, enum ipc_kobject_type type)
{
	ipc_port_t port = ipc_port_alloc_kernel();

	if (port == IP_NULL)
		panic("no memory for the ports of the host");
	ipc_kobject_set(port, object, type);
	return port;
}

void
ipc_host_processors(void)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		if (processors[i].port != IP_NULL)
			continue;
		processors[i].cpu = i;
		processors[i].port = make_port(&processors[i],
					       IKOT_PROCESSOR);
	}
}

void
ipc_host_init(void)
{
	the_host.port = make_port(&the_host, IKOT_HOST);
	the_host_priv.port = make_port(&the_host_priv, IKOT_HOST_PRIV);
	device_master = make_port(&the_host, IKOT_MASTER_DEVICE);
	the_pset.port = make_port(&the_pset, IKOT_PSET);
	the_pset.name_port = make_port(&the_pset, IKOT_PSET_NAME);
	ipc_host_processors();
}

unsigned int
processor_slot(const struct processor *processor)
{
	return processor->cpu;
}

struct processor *
processor_lookup(unsigned int cpu)
{
	if (cpu >= cpu_count() || processors[cpu].port == IP_NULL)
		return NULL;
	return &processors[cpu];
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

struct processor *
convert_port_to_processor(ipc_port_t port)
{
	return ipc_kobject_get(port, IKOT_PROCESSOR, NULL);
}

struct processor *
convert_port_to_processor_name(ipc_port_t port)
{
	return convert_port_to_processor(port);
}

struct processor_set *
convert_port_to_pset(ipc_port_t port)
{
	return ipc_kobject_get(port, IKOT_PSET, NULL);
}

struct processor_set *
convert_port_to_pset_name(ipc_port_t port)
{
	struct processor_set *pset = ipc_kobject_get(port, IKOT_PSET_NAME,
						     NULL);

	return pset != NULL ? pset : convert_port_to_pset(port);
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
convert_processor_to_port(struct processor *processor)
{
	return ipc_port_make_send(processor->port);
}

ipc_port_t
convert_processor_name_to_port(struct processor *processor)
{
	return convert_processor_to_port(processor);
}

ipc_port_t
convert_pset_to_port(struct processor_set *pset)
{
	return ipc_port_make_send(pset->port);
}

ipc_port_t
convert_pset_name_to_port(struct processor_set *pset)
{
	return ipc_port_make_send(pset->name_port);
}

void
pset_deallocate(struct processor_set *pset)
{
	(void)pset;			/* it lasts */
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
