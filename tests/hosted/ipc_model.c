/*
 * tests/hosted/ipc_model.c -- see ipc_model.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc_model.h"

#include <mach/notify.h>
#include <string.h>

#include "kern/assert.h"

#define SEND	MACH_PORT_TYPE_SEND
#define RECEIVE	MACH_PORT_TYPE_RECEIVE
#define ONCE	MACH_PORT_TYPE_SEND_ONCE
#define SET	MACH_PORT_TYPE_PORT_SET
#define DEAD	MACH_PORT_TYPE_DEAD_NAME

#define MAX_UREFS	65535

void
model_init(struct model *m)
{
	memset(m, 0, sizeof *m);
}

struct model_entry *
model_find(struct model *m, int space, mach_port_name_t name)
{
	struct model_space *s = &m->spaces[space];

	for (unsigned int i = 0; i < s->nr_entries; i++)
		if (s->entries[i].name == name)
			return &s->entries[i];
	return NULL;
}

static void
due(struct model *m, int box, mach_msg_id_t id, natural_t word)
{
	if (box == MODEL_NONE)
		return;
	assert(m->nr_due < MODEL_DUE);
	m->due[m->nr_due++] = (struct model_notice){ box, id, word };
}

static bool
is_free(const struct model_space *s, mach_port_name_t name)
{
	for (unsigned int i = 0; i < s->nr_free; i++)
		if (s->free[i] == name)
			return true;
	return false;
}

static struct model_entry *
new_entry(struct model *m, int space, mach_port_name_t name,
	  mach_port_type_t type)
{
	struct model_space *s = &m->spaces[space];
	struct model_entry *e;

	if (name == 0 && s->nr_free != 0)
		name = s->free[s->nr_free - 1];
	if (name == 0)
		for (name = 1; model_find(m, space, name) != NULL
			       || is_free(s, name);)
			name++;
	for (unsigned int i = 0; i < s->nr_free; i++) {
		if (s->free[i] != name)
			continue;
		s->nr_free--;
		memmove(&s->free[i], &s->free[i + 1],
			(s->nr_free - i) * sizeof s->free[0]);
	}
	assert(s->nr_entries < MODEL_NAMES);
	e = &s->entries[s->nr_entries++];
	*e = (struct model_entry){
		.name = name, .type = type,
		.port = MODEL_NONE, .set = MODEL_NONE, .dn_box = MODEL_NONE,
	};
	return e;
}

/* The name goes. */
static void
forget(struct model *m, int space, struct model_entry *e)
{
	struct model_space *s = &m->spaces[space];

	due(m, e->dn_box, MACH_NOTIFY_PORT_DELETED, e->name);
	assert(s->nr_free < MODEL_NAMES * 4);
	s->free[s->nr_free++] = e->name;
	*e = s->entries[--s->nr_entries];
}

static void
add_uref(struct model_entry *e)
{
	if (e->urefs < MAX_UREFS)
		e->urefs++;
}

static void
bury(struct model *m, struct model_entry *e)
{
	due(m, e->dn_box, MACH_NOTIFY_DEAD_NAME, e->name);
	if (e->dn_box != MODEL_NONE)
		add_uref(e);
	e->dn_box = MODEL_NONE;
	e->type = DEAD;
	e->port = MODEL_NONE;
}

static void
die(struct model *m, int port)
{
	struct model_port *p = &m->ports[port];

	due(m, p->ns_box, MACH_NOTIFY_SEND_ONCE, 0);
	p->alive = false;
	for (int space = 0; space < MODEL_SPACES; space++) {
		struct model_space *s = &m->spaces[space];

		for (unsigned int i = 0; i < s->nr_entries; i++)
			if (s->entries[i].port == port)
				bury(m, &s->entries[i]);
	}
}

void
model_release(struct model *m, int port, mach_msg_type_name_t disposition)
{
	struct model_port *p;

	if (port < 0 || !m->ports[port].alive)
		return;
	p = &m->ports[port];
	if (disposition == MACH_MSG_TYPE_PORT_SEND_ONCE) {
		p->messages++;
	} else if (disposition == MACH_MSG_TYPE_PORT_SEND) {
		if (--p->srights == 0) {
			due(m, p->ns_box, MACH_NOTIFY_NO_SENDERS, p->mscount);
			p->ns_box = MODEL_NONE;
		}
	} else if (p->pd_box != MODEL_NONE) {
		due(m, p->pd_box, MACH_NOTIFY_PORT_DESTROYED,
		    (natural_t)port);
		p->pd_box = MODEL_NONE;
	} else {
		die(m, port);
	}
}

/* A receive right leaves its space. */
static void
leave(struct model *m, int port)
{
	m->ports[port].space = MODEL_NONE;
	m->ports[port].set = MODEL_NONE;
	m->ports[port].mscount = 0;
}

static int
new_port(struct model *m)
{
	assert(m->nr_ports < MODEL_PORTS);
	m->ports[m->nr_ports] = (struct model_port){
		.alive = true, .space = MODEL_NONE, .set = MODEL_NONE,
		.ns_box = MODEL_NONE, .pd_box = MODEL_NONE,
	};
	return (int)m->nr_ports++;
}

kern_return_t
model_allocate(struct model *m, int space, mach_port_right_t right, bool wanted,
	       mach_port_name_t *name)
{
	struct model_entry *e;

	if (wanted && !MACH_PORT_NAME_VALID(*name))
		return KERN_INVALID_VALUE;
	if (right != MACH_PORT_RIGHT_RECEIVE
	    && right != MACH_PORT_RIGHT_PORT_SET
	    && right != MACH_PORT_RIGHT_DEAD_NAME)
		return KERN_INVALID_VALUE;
	if (wanted && model_find(m, space, *name) != NULL)
		return KERN_NAME_EXISTS;
	if (m->dry)
		return KERN_SUCCESS;
	e = new_entry(m, space, wanted ? *name : 0, MACH_PORT_TYPE(right));
	if (right == MACH_PORT_RIGHT_RECEIVE) {
		e->port = new_port(m);
		m->ports[e->port].space = space;
	} else if (right == MACH_PORT_RIGHT_PORT_SET) {
		e->set = (int)m->nr_sets++;
	} else {
		e->urefs = 1;
	}
	*name = e->name;
	return KERN_SUCCESS;
}

/* Members of a set are in none. */
static void
end_set(struct model *m, int set)
{
	for (unsigned int i = 0; i < m->nr_ports; i++)
		if (m->ports[i].set == set)
			m->ports[i].set = MODEL_NONE;
}

/* Drop what an entry has; it goes. */
static void
drop_entry(struct model *m, int space, struct model_entry *e)
{
	mach_port_type_t type = e->type;
	int port = e->port;

	if ((type & SET) != 0)
		end_set(m, e->set);
	forget(m, space, e);
	if ((type & SEND) != 0)
		model_release(m, port, MACH_MSG_TYPE_PORT_SEND);
	if ((type & ONCE) != 0)
		model_release(m, port, MACH_MSG_TYPE_PORT_SEND_ONCE);
	if ((type & RECEIVE) != 0) {
		leave(m, port);
		model_release(m, port, MACH_MSG_TYPE_PORT_RECEIVE);
	}
}

kern_return_t
model_destroy(struct model *m, int space, mach_port_name_t name)
{
	struct model_entry *e = model_find(m, space, name);

	if (e == NULL)
		return KERN_INVALID_NAME;
	if (!m->dry) {
		/* mscount counts until the last send right is gone. */
		drop_entry(m, space, e);
	}
	return KERN_SUCCESS;
}

/* Of send rights and dead names. */
static kern_return_t
add_refs(struct model *m, int space, struct model_entry *e, int64_t delta)
{
	int64_t urefs = e->urefs + delta;
	int port = e->port;

	if (urefs < 0)
		return KERN_INVALID_VALUE;
	if (urefs > MAX_UREFS)
		return KERN_UREFS_OVERFLOW;
	if (m->dry)
		return KERN_SUCCESS;
	e->urefs = (unsigned int)urefs;
	if (urefs != 0)
		return KERN_SUCCESS;
	if ((e->type & RECEIVE) != 0)
		e->type = RECEIVE;
	else
		forget(m, space, e);
	model_release(m, port, MACH_MSG_TYPE_PORT_SEND);
	return KERN_SUCCESS;
}

kern_return_t
model_deallocate(struct model *m, int space, mach_port_name_t name)
{
	struct model_entry *e = model_find(m, space, name);

	if (e == NULL)
		return KERN_INVALID_NAME;
	if ((e->type & (SEND | DEAD)) != 0)
		return add_refs(m, space, e, -1);
	if ((e->type & ONCE) == 0)
		return KERN_INVALID_RIGHT;
	if (!m->dry)
		drop_entry(m, space, e);
	return KERN_SUCCESS;
}

/* The receive right goes; a send right with it is a dead name then. */
static void
drop_receive(struct model *m, int space, struct model_entry *e)
{
	int port = e->port;
	bool has_send = (e->type & SEND) != 0;

	leave(m, port);
	if (has_send)
		bury(m, e);
	else
		forget(m, space, e);
	model_release(m, port, MACH_MSG_TYPE_PORT_RECEIVE);
	if (has_send)
		model_release(m, port, MACH_MSG_TYPE_PORT_SEND);
}

kern_return_t
model_mod_refs(struct model *m, int space, mach_port_name_t name,
	       mach_port_right_t right, mach_port_delta_t delta)
{
	struct model_entry *e;

	if (right > MACH_PORT_RIGHT_DEAD_NAME)
		return KERN_INVALID_VALUE;
	e = model_find(m, space, name);
	if (e == NULL)
		return KERN_INVALID_NAME;
	if ((e->type & MACH_PORT_TYPE(right)) == 0)
		return KERN_INVALID_RIGHT;
	if (right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME)
		return add_refs(m, space, e, delta);
	if (delta != 0 && delta != -1)
		return KERN_INVALID_VALUE;
	if (m->dry || delta == 0)
		return KERN_SUCCESS;
	if (right == MACH_PORT_RIGHT_RECEIVE)
		drop_receive(m, space, e);
	else
		drop_entry(m, space, e);
	return KERN_SUCCESS;
}

kern_return_t
model_rename(struct model *m, int space, mach_port_name_t old,
	     mach_port_name_t new)
{
	struct model_entry *e, *e2;
	struct model_entry copy;

	if (!MACH_PORT_NAME_VALID(new))
		return KERN_INVALID_VALUE;
	if (model_find(m, space, new) != NULL)
		return KERN_NAME_EXISTS;
	e = model_find(m, space, old);
	if (e == NULL)
		return KERN_INVALID_NAME;
	if (m->dry)
		return KERN_SUCCESS;
	copy = *e;
	e->dn_box = MODEL_NONE;		/* no notice: it has moved */
	forget(m, space, e);
	e2 = new_entry(m, space, new, copy.type);
	copy.name = new;
	*e2 = copy;
	return KERN_SUCCESS;
}

kern_return_t
model_move_member(struct model *m, int space, mach_port_name_t member,
		  mach_port_name_t after)
{
	struct model_entry *e = model_find(m, space, member);
	struct model_entry *to = NULL;

	if (e == NULL)
		return KERN_INVALID_NAME;
	if ((e->type & RECEIVE) == 0)
		return KERN_INVALID_RIGHT;
	if (after != 0) {
		to = model_find(m, space, after);
		if (to == NULL)
			return KERN_INVALID_NAME;
		if ((to->type & SET) == 0)
			return KERN_INVALID_RIGHT;
	} else if (m->ports[e->port].set == MODEL_NONE) {
		return KERN_NOT_IN_SET;
	}
	if (!m->dry)
		m->ports[e->port].set = to != NULL ? to->set : MODEL_NONE;
	return KERN_SUCCESS;
}

static bool
suffices(const struct model_entry *e, mach_msg_type_name_t disposition,
	 bool dead_ok)
{
	switch (disposition) {
	case MACH_MSG_TYPE_MOVE_RECEIVE:
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return (e->type & RECEIVE) != 0;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return (e->type & ONCE) != 0
		       || (dead_ok && (e->type & DEAD) != 0);
	default:
		return (e->type & SEND) != 0
		       || (dead_ok && (e->type & DEAD) != 0);
	}
}

/* Take what suffices. */
static int
take(struct model *m, int space, struct model_entry *e,
     mach_msg_type_name_t disposition)
{
	int port = e->port;
	struct model_port *p;

	if ((e->type & DEAD) != 0) {
		if (disposition != MACH_MSG_TYPE_COPY_SEND
		    && --e->urefs == 0)
			forget(m, space, e);
		return MODEL_DEAD;
	}
	p = &m->ports[port];
	switch (disposition) {
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		leave(m, port);
		if ((e->type & SEND) != 0)
			e->type = SEND;
		else
			forget(m, space, e);
		break;
	case MACH_MSG_TYPE_MAKE_SEND:
		p->mscount++;
		p->srights++;
		break;
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		p->sorights++;
		break;
	case MACH_MSG_TYPE_COPY_SEND:
		p->srights++;
		break;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		forget(m, space, e);
		break;
	default:
		if (--e->urefs != 0)
			p->srights++;
		else if ((e->type & RECEIVE) != 0)
			e->type = RECEIVE;
		else
			forget(m, space, e);
	}
	return port;
}

kern_return_t
model_copyin(struct model *m, int space, mach_port_name_t name,
	     mach_msg_type_name_t disposition, bool dead_ok, int *port)
{
	struct model_entry *e = model_find(m, space, name);

	if (e == NULL)
		return KERN_INVALID_NAME;
	if (!suffices(e, disposition, dead_ok))
		return KERN_INVALID_RIGHT;
	if (!m->dry)
		*port = take(m, space, e, disposition);
	return KERN_SUCCESS;
}

mach_msg_return_t
model_header(struct model *m, int space, mach_port_name_t dest,
	     mach_msg_type_name_t dest_disposition, mach_port_name_t reply,
	     mach_msg_type_name_t reply_disposition, int *dest_port,
	     int *reply_port)
{
	struct model_entry *d = model_find(m, space, dest), *r = NULL;

	if (d == NULL || !suffices(d, dest_disposition, false))
		return MACH_SEND_INVALID_DEST;
	if (MACH_PORT_NAME_VALID(reply)) {
		r = model_find(m, space, reply);
		if (r == NULL || !suffices(r, reply_disposition, true))
			return MACH_SEND_INVALID_REPLY;
	}
	if (d == r && (dest_disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE
		       || (dest_disposition == MACH_MSG_TYPE_MOVE_SEND
			   && reply_disposition == MACH_MSG_TYPE_MOVE_SEND
			   && d->urefs < 2)))
		return MACH_SEND_INVALID_REPLY;
	if (m->dry)
		return MACH_MSG_SUCCESS;

	*reply_port = reply == MACH_PORT_NAME_DEAD ? MODEL_DEAD : MODEL_NONE;
	if (r != NULL && reply_disposition == MACH_MSG_TYPE_COPY_SEND) {
		*reply_port = take(m, space, r, reply_disposition);
		r = NULL;
	}
	*dest_port = take(m, space, d, dest_disposition);
	if (r != NULL)
		*reply_port = take(m, space, model_find(m, space, reply),
				   reply_disposition);
	return MACH_MSG_SUCCESS;
}

/* The entry that has the port already, for anything but send-once. */
static struct model_entry *
find_port(struct model *m, int space, int port)
{
	struct model_space *s = &m->spaces[space];

	for (unsigned int i = 0; i < s->nr_entries; i++)
		if (s->entries[i].port == port
		    && (s->entries[i].type & (SEND | RECEIVE)) != 0)
			return &s->entries[i];
	return NULL;
}

static void
settle(struct model *m, int space, struct model_entry *e, int port,
       mach_msg_type_name_t disposition)
{
	e->port = port;
	switch (disposition) {
	case MACH_MSG_TYPE_PORT_SEND:
		if ((e->type & SEND) != 0)
			m->ports[port].srights--;
		e->type |= SEND;
		add_uref(e);
		break;
	case MACH_MSG_TYPE_PORT_SEND_ONCE:
		e->type = ONCE;
		e->urefs = 1;
		break;
	default:
		e->type |= RECEIVE;
		m->ports[port].space = space;
	}
}

kern_return_t
model_copyout(struct model *m, int space, int port,
	      mach_msg_type_name_t disposition, mach_port_name_t *name)
{
	struct model_entry *e = NULL;

	if (m->dry)
		return KERN_SUCCESS;
	if (port < 0 || !m->ports[port].alive) {
		*name = port == MODEL_NONE ? 0 : MACH_PORT_NAME_DEAD;
		return KERN_SUCCESS;
	}
	if (disposition != MACH_MSG_TYPE_PORT_SEND_ONCE)
		e = find_port(m, space, port);
	if (e == NULL)
		e = new_entry(m, space, 0, 0);
	settle(m, space, e, port, disposition);
	*name = e->name;
	return KERN_SUCCESS;
}

kern_return_t
model_insert(struct model *m, int space, int port,
	     mach_msg_type_name_t disposition, mach_port_name_t name)
{
	struct model_entry *e = NULL;

	if (!MACH_PORT_NAME_VALID(name))
		return KERN_INVALID_VALUE;
	if (port < 0)
		return KERN_INVALID_CAPABILITY;
	if (m->ports[port].alive && disposition != MACH_MSG_TYPE_PORT_SEND_ONCE)
		e = find_port(m, space, port);
	if (e != NULL && e->name != name)
		return KERN_RIGHT_EXISTS;
	if (e != NULL && disposition == MACH_MSG_TYPE_PORT_SEND
	    && e->urefs == MAX_UREFS)
		return KERN_UREFS_OVERFLOW;
	if (e == NULL && model_find(m, space, name) != NULL)
		return KERN_NAME_EXISTS;
	if (!m->ports[port].alive)
		return KERN_INVALID_CAPABILITY;
	if (m->dry)
		return KERN_SUCCESS;
	if (e == NULL)
		e = new_entry(m, space, name, 0);
	settle(m, space, e, port, disposition);
	return KERN_SUCCESS;
}

static kern_return_t
request_dead_name(struct model *m, struct model_entry *e, bool immediate,
		  int box, int *previous)
{
	if ((e->type & SET) != 0)
		return KERN_INVALID_RIGHT;
	if ((e->type & DEAD) != 0) {
		if (!immediate || box == MODEL_NONE)
			return KERN_INVALID_ARGUMENT;
		if (e->urefs == MAX_UREFS)
			return KERN_UREFS_OVERFLOW;
		if (m->dry)
			return KERN_SUCCESS;
		add_uref(e);
		due(m, box, MACH_NOTIFY_DEAD_NAME, e->name);
		return KERN_SUCCESS;
	}
	if (m->dry)
		return KERN_SUCCESS;
	*previous = e->dn_box;
	e->dn_box = box;
	return KERN_SUCCESS;
}

kern_return_t
model_request(struct model *m, int space, mach_port_name_t name,
	      mach_msg_id_t id, mach_port_mscount_t sync, int box,
	      int *previous)
{
	struct model_entry *e = model_find(m, space, name);
	struct model_port *p;

	*previous = MODEL_NONE;
	if (id != MACH_NOTIFY_PORT_DESTROYED && id != MACH_NOTIFY_NO_SENDERS
	    && id != MACH_NOTIFY_DEAD_NAME)
		return KERN_INVALID_VALUE;
	if (id == MACH_NOTIFY_PORT_DESTROYED && sync != 0)
		return KERN_INVALID_VALUE;
	if (e == NULL)
		return KERN_INVALID_NAME;
	if (id == MACH_NOTIFY_DEAD_NAME)
		return request_dead_name(m, e, sync != 0, box, previous);
	if ((e->type & RECEIVE) == 0)
		return KERN_INVALID_RIGHT;
	if (m->dry)
		return KERN_SUCCESS;
	p = &m->ports[e->port];
	if (id == MACH_NOTIFY_PORT_DESTROYED) {
		*previous = p->pd_box;
		p->pd_box = box;
		return KERN_SUCCESS;
	}
	*previous = p->ns_box;
	p->ns_box = box;
	if (box != MODEL_NONE && p->srights == 0 && sync <= p->mscount) {
		due(m, box, MACH_NOTIFY_NO_SENDERS, p->mscount);
		p->ns_box = MODEL_NONE;
	}
	return KERN_SUCCESS;
}

/* In the order of names, which shows when a port's own names go. */
void
model_end_space(struct model *m, int space)
{
	struct model_space *s = &m->spaces[space];

	while (s->nr_entries != 0) {
		struct model_entry *e = &s->entries[0];

		for (unsigned int i = 1; i < s->nr_entries; i++)
			if (s->entries[i].name < e->name)
				e = &s->entries[i];
		drop_entry(m, space, e);
		s->nr_free = 0;
	}
	s->nr_free = 0;
}
