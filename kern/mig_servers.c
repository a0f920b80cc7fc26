/*
 * kern/mig_servers.c -- see kern/mig_servers.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/mig_servers.h"

#include <mach/machine/mach_i386_types.h>
#include <mach/mig_errors.h>

#include "ipc/ipc_kobject.h"
#include "ipc/ipc_port.h"
#include "ipc/mach_port.h"
#include "kern/exception.h"
#include "kern/ipc_host.h"
#include "kern/ipc_tt.h"
#include "kern/pset.h"
#include "kern/rpc_types.h"
#include "lib/macros.h"
#include "lib/string.h"

/*
 * What the stubs call the translations of ports that no object has yet: those
 * of memory objects of user pagers, and of I/O ports.
 */
#define vm_object_lookup	convert_port_to_control
#define vm_object_lookup_name	convert_port_to_name
#define vm_object_deallocate	control_deallocate

static inline struct vm_object *
convert_port_to_control(ipc_port_t port)
{
	(void)port;
	return NULL;
}

static inline struct vm_object *
convert_port_to_name(ipc_port_t port)
{
	(void)port;
	return NULL;
}

static inline void
control_deallocate(struct vm_object *object)
{
	(void)object;
}

static inline struct io_perm *
convert_port_to_io_perm(ipc_port_t port)
{
	(void)port;
	return NULL;
}

static inline ipc_port_t
convert_io_perm_to_port(struct io_perm *io_perm)
{
	(void)io_perm;
	return IP_NULL;
}

static inline void
io_perm_deallocate(struct io_perm *io_perm)
{
	(void)io_perm;
}

#include "kern/mig_quiet.h"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wnested-externs"
#pragma GCC diagnostic ignored "-Wredundant-decls"
#include "kern/mig/mach_port_server.c"
/* What is not served of these: stubs call a weak function that answers this.
 * Of the above all is, and in an archive a weak twin might be linked first. */
#define MIG_EOPNOTSUPP	MIG_BAD_ID
#include "kern/mig/mach_server.c"
#include "kern/mig/mach_host_server.c"
#include "kern/mig/mach_debug_server.c"
#include "kern/mig/mach4_server.c"
#include "kern/mig/gnumach_server.c"
#include "kern/mig/kernel_stat_server.c"
#include "kern/mig/mach_i386_server.c"
#pragma GCC diagnostic pop

/* Bytes of the largest replies: arrays of 1024 words; those of 2048 bytes that
 * are in line if they are short; and what fits a few words. */
#define REPLY_WORDS	4352
#define REPLY_ARRAY	2304
#define REPLY_SMALL	256

#define SERVER(first_id, table, reply) { \
	.first = first_id, \
	.nr_routines = ARRAY_SIZE(table), \
	.routines = table, \
	.max_reply = reply, \
}

static const struct ipc_kobject_server servers[] = {
	SERVER(2000, mach_server_routines, REPLY_WORDS),
	SERVER(2600, mach_host_server_routines, REPLY_WORDS),
	SERVER(3000, mach_debug_server_routines, REPLY_ARRAY),
	SERVER(3200, mach_port_server_routines, REPLY_SMALL),
	SERVER(3800, mach_i386_server_routines, REPLY_ARRAY),
	SERVER(4000, mach4_server_routines, REPLY_ARRAY),
	SERVER(4200, gnumach_server_routines, REPLY_ARRAY),
	SERVER(4800, kernel_stat_server_routines, REPLY_ARRAY),
};

void
mig_servers_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++)
		ipc_kobject_register(&servers[i]);
	exception_init();
}
