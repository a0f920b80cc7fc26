/*
 * tests/hosted/ipc_model.h -- names and rights, in the plainest way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the interface says about names, references, ports and notices, with
 * arrays that are searched from end to end.  Nothing is lazy: when a port
 * dies, its names are dead names at once.  Ports and sets are numbers.
 *
 * Each call says what the answer will be, and, unless `dry' is set, does it.
 * Notices that are due are put down in `due', without order.  Rights in transit
 * are the caller's.
 */
#ifndef TESTS_HOSTED_IPC_MODEL_H
#define TESTS_HOSTED_IPC_MODEL_H

#include <stdbool.h>

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/port.h>

#define MODEL_SPACES	3
#define MODEL_NAMES	400u	/* of one space, at most */
#define MODEL_PORTS	60000u	/* ever made */
#define MODEL_DUE	4096u

#define MODEL_NONE	(-1)	/* no port, set, space, box; null */
#define MODEL_DEAD	(-2)	/* a dead right */

struct model_port {
	bool		alive;
	int		space;		/* has the receive right, or none */
	int		set;
	unsigned int	srights;
	unsigned int	sorights;
	unsigned int	mscount;
	unsigned int	messages;	/* send-once notices in its queue */
	int		ns_box;		/* no-senders goes there, or none */
	int		pd_box;		/* port-destroyed */
	void		*real;		/* the caller's */
};

struct model_entry {
	mach_port_name_t name;
	mach_port_type_t type;		/* without DNREQUEST */
	unsigned int	urefs;
	int		port;
	int		set;
	int		dn_box;		/* dead-name */
};

struct model_space {
	struct model_entry entries[MODEL_NAMES];
	unsigned int	nr_entries;
	mach_port_name_t free[MODEL_NAMES * 4];	/* the last comes first */
	unsigned int	nr_free;
};

struct model_notice {
	int		box;
	mach_msg_id_t	id;
	natural_t	word;		/* name, count; the port */
};

struct model {
	bool		dry;
	struct model_space spaces[MODEL_SPACES];
	struct model_port ports[MODEL_PORTS];
	unsigned int	nr_ports;
	unsigned int	nr_sets;
	struct model_notice due[MODEL_DUE];
	unsigned int	nr_due;
};

void model_init(struct model *m);

struct model_entry *model_find(struct model *m, int space,
			       mach_port_name_t name);

/* *name: null, and set; or the name wanted.  The port of a receive right is
 * the one numbered nr_ports - 1 afterwards. */
kern_return_t model_allocate(struct model *m, int space,
			     mach_port_right_t right, bool wanted,
			     mach_port_name_t *name);
kern_return_t model_destroy(struct model *m, int space, mach_port_name_t name);
kern_return_t model_deallocate(struct model *m, int space,
			       mach_port_name_t name);
kern_return_t model_mod_refs(struct model *m, int space, mach_port_name_t name,
			     mach_port_right_t right, mach_port_delta_t delta);
kern_return_t model_rename(struct model *m, int space, mach_port_name_t old,
			   mach_port_name_t new);
kern_return_t model_move_member(struct model *m, int space,
				mach_port_name_t member,
				mach_port_name_t after);
kern_return_t model_copyin(struct model *m, int space, mach_port_name_t name,
			   mach_msg_type_name_t disposition, bool dead_ok,
			   int *port);
/* As of mach_msg; reply_disposition may be 0. */
mach_msg_return_t model_header(struct model *m, int space,
			       mach_port_name_t dest,
			       mach_msg_type_name_t dest_disposition,
			       mach_port_name_t reply,
			       mach_msg_type_name_t reply_disposition,
			       int *dest_port, int *reply_port);
kern_return_t model_copyout(struct model *m, int space, int port,
			    mach_msg_type_name_t disposition,
			    mach_port_name_t *name);
kern_return_t model_insert(struct model *m, int space, int port,
			   mach_msg_type_name_t disposition,
			   mach_port_name_t name);
void model_release(struct model *m, int port, mach_msg_type_name_t disposition);
/* @box none: cancel.  *previous: the box of the request that there was. */
kern_return_t model_request(struct model *m, int space, mach_port_name_t name,
			    mach_msg_id_t id, mach_port_mscount_t sync, int box,
			    int *previous);
void model_end_space(struct model *m, int space);

#endif /* TESTS_HOSTED_IPC_MODEL_H */
