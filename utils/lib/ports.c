/*
 * utils/lib/ports.c -- see utils/lib/ports.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "utils/lib/ports.h"

#include <errno.h>
#include <hurd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macros.h"

/* Set before main(), constant afterwards. */
mach_port_name_t mach_task_self_;
vm_size_t vm_page_size = 4096;
static mach_port_t host_priv_port, device_master_port;

static const struct {
	const char	*option;
	mach_port_t	*port;
} port_options[] = {
	{ "--host-priv-port=",		&host_priv_port },
	{ "--device-master-port=",	&device_master_port },
};

/* Is this argument the name of a port? */
static bool
user_ports_take(const char *argument)
{
	for (size_t i = 0; i < ARRAY_SIZE(port_options); i++) {
		size_t length = strlen(port_options[i].option);

		if (strncmp(argument, port_options[i].option, length) == 0) {
			*port_options[i].port = (mach_port_t)
				strtoul(argument + length, NULL, 10);
			return true;
		}
	}
	return false;
}

void
user_ports_init(int *argc, char ***argv)
{
	char **list = *argv;
	int kept = *argc;

	mach_task_self_ = (mach_task_self)();
	for (int i = *argc; i-- > 0;)
		if (i == 0 || !user_ports_take(list[i]))
			list[--kept] = list[i];
	*argv = list + kept;
	*argc -= kept;
}

int
get_privileged_ports(mach_port_t *host_priv, mach_port_t *device_master)
{
	if (host_priv != NULL)
		*host_priv = host_priv_port;
	if (device_master != NULL)
		*device_master = device_master_port;
	return (host_priv != NULL && host_priv_port == MACH_PORT_NULL)
		|| (device_master != NULL
		    && device_master_port == MACH_PORT_NULL) ? EPERM : 0;
}
