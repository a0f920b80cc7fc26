/*
 * tests/hosted/test_ipc_random.c -- random operations on names and rights,
 * beside the model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each operation is foretold by the model, done by the kernel, and done by the
 * model.  Answers, names given out, and notices are compared each time; now and
 * then everything that can be seen of the spaces is.
 *
 * The second case lets allocations fail.  An operation that then answers
 * KERN_RESOURCE_SHORTAGE must have changed nothing.
 */
#include "unit.h"

#include <string.h>

#include "ipc/ipc_entry.h"
#include "ipc/ipc_notify.h"
#include "ipc_model.h"
#include "ipc_name_test.h"
#include "kern/slab_debug.h"
#include "lib/random.h"

#define BOXES		2
#define BAG		32u
#define OPERATIONS	40000u
#define FEW_NAMES	120u	/* with more, drop rather than make */

/* A right in transit. */
struct carried {
	int		port;		/* MODEL_*, or of the model */
	mach_msg_type_name_t disposition;
};

static struct {
	struct model	*model;
	struct random	random;
	struct ipc_space *spaces[MODEL_SPACES];
	struct ipc_space *office;	/* has the boxes */
	mach_port_name_t boxes[BOXES];
	struct carried	bag[BAG + 8];
	unsigned int	nr_carried;
	unsigned long	nr_short;	/* operations that failed for memory */
	unsigned long	nr_done;	/* that succeeded */
	bool		failing;
} t;

static uint32_t
below(uint32_t n)
{
	return random_below(&t.random, n);
}

static struct ipc_port *
real_port(int port)
{
	if (port == MODEL_NONE)
		return IP_NULL;
	if (port == MODEL_DEAD)
		return IP_DEAD;
	return t.model->ports[port].real;
}

static int
any_space(void)
{
	return (int)below(MODEL_SPACES);
}

/* A name that is likely to mean something. */
static mach_port_name_t
any_name(int space)
{
	const struct model_space *s = &t.model->spaces[space];

	switch (below(16)) {
	case 0:
		return below(2) != 0 ? MACH_PORT_NAME_NULL
				     : MACH_PORT_NAME_DEAD;
	case 1:
		return 1 + below(200);
	case 2:
		return s->nr_free != 0 ? s->free[below(s->nr_free)] : 7;
	case 3:
		return (mach_port_name_t)random_u32(&t.random);
	default:
		return s->nr_entries != 0
			? s->entries[below(s->nr_entries)].name : 3;
	}
}

static mach_msg_type_name_t
any_disposition(void)
{
	return MACH_MSG_TYPE_MOVE_RECEIVE + below(6);
}

static void
carry(int port, mach_msg_type_name_t disposition)
{
	assert(t.nr_carried < ARRAY_SIZE(t.bag));
	t.bag[t.nr_carried++] = (struct carried){ port, disposition };
}

static void
uncarry(unsigned int i)
{
	t.bag[i] = t.bag[--t.nr_carried];
}

/* The failure that is due, if any, is to come in the call that follows. */
static void
arm(void)
{
	if (t.failing)
		slab_fail_nth(1 + below(3));
}

/*
 * The answer of the kernel against what was foretold.  True: it was success,
 * and the model is to follow.
 */
static bool
agreed(kern_return_t kr, kern_return_t foretold)
{
	bool failed = t.failing && !slab_fail_pending();

	slab_fail_nth(0);
	t.model->dry = false;
	if (failed && kr == KERN_RESOURCE_SHORTAGE && kr != foretold) {
		t.nr_short++;
		return false;
	}
	check_equal(kr, foretold);
	t.nr_done += kr == KERN_SUCCESS;
	return kr == KERN_SUCCESS;
}

/* What is foretold does not happen yet. */
static struct model *
foretell(void)
{
	t.model->dry = true;
	return t.model;
}

static void
note_port(int space, mach_port_name_t name)
{
	ipc_space_lock(t.spaces[space]);
	t.model->ports[t.model->nr_ports - 1].real =
		ipc_entry_lookup(t.spaces[space], name)->port;
	ipc_space_unlock(t.spaces[space]);
}

static void
do_allocate(void)
{
	mach_port_right_t right = below(8) == 0 ? below(6)
		: below(4) != 0 ? MACH_PORT_RIGHT_RECEIVE
				: MACH_PORT_RIGHT_PORT_SET + below(2);
	bool wanted = below(4) == 0;
	int space = any_space();
	mach_port_name_t name = any_name(space), got = name;
	kern_return_t kr, foretold;

	foretold = model_allocate(foretell(), space, right, wanted, &name);
	arm();
	if (wanted)
		kr = mach_port_allocate_name(t.spaces[space], right, name);
	else
		kr = mach_port_allocate(t.spaces[space], right, &got);
	if (!agreed(kr, foretold))
		return;
	(void)model_allocate(t.model, space, right, wanted, &name);
	check_equal(got, name);
	if (right == MACH_PORT_RIGHT_RECEIVE)
		note_port(space, name);
}

static void
do_destroy(void)
{
	int space = any_space();
	mach_port_name_t name = any_name(space);
	kern_return_t foretold = model_destroy(foretell(), space, name);

	arm();
	if (agreed(mach_port_destroy(t.spaces[space], name), foretold))
		(void)model_destroy(t.model, space, name);
}

static void
do_deallocate(void)
{
	int space = any_space();
	mach_port_name_t name = any_name(space);
	kern_return_t foretold = model_deallocate(foretell(), space, name);

	arm();
	if (agreed(mach_port_deallocate(t.spaces[space], name), foretold))
		(void)model_deallocate(t.model, space, name);
}

static void
do_mod_refs(void)
{
	static const mach_port_delta_t deltas[] = {
		-1, -1, -1, 0, 1, 2, -2, 70000, 65534, INT32_MIN, INT32_MAX,
	};
	mach_port_delta_t delta = deltas[below(ARRAY_SIZE(deltas))];
	mach_port_right_t right = below(6);
	int space = any_space();
	mach_port_name_t name = any_name(space);
	kern_return_t kr, foretold;

	foretold = model_mod_refs(foretell(), space, name, right, delta);
	arm();
	kr = mach_port_mod_refs(t.spaces[space], name, right, delta);
	if (agreed(kr, foretold))
		(void)model_mod_refs(t.model, space, name, right, delta);
}

static void
do_rename(void)
{
	int space = any_space();
	mach_port_name_t old = any_name(space), new = any_name(space);
	kern_return_t kr, foretold;

	foretold = model_rename(foretell(), space, old, new);
	arm();
	kr = mach_port_rename(t.spaces[space], old, new);
	if (agreed(kr, foretold))
		(void)model_rename(t.model, space, old, new);
}

static void
do_move_member(void)
{
	int space = any_space();
	mach_port_name_t member = any_name(space), after = any_name(space);
	kern_return_t kr, foretold;

	foretold = model_move_member(foretell(), space, member, after);
	arm();
	kr = mach_port_move_member(t.spaces[space], member, after);
	if (agreed(kr, foretold))
		(void)model_move_member(t.model, space, member, after);
}

static void
do_copyin(void)
{
	mach_msg_type_name_t disposition = any_disposition();
	bool dead_ok = below(2) != 0;
	int space = any_space();
	mach_port_name_t name = any_name(space);
	struct ipc_port *real;
	kern_return_t kr, foretold;
	int port;

	if (t.nr_carried >= BAG)
		return;
	foretold = model_copyin(foretell(), space, name, disposition, dead_ok,
				&port);
	arm();
	kr = ipc_right_copyin(t.spaces[space], name, disposition, dead_ok,
			      &real);
	if (!agreed(kr, foretold))
		return;
	(void)model_copyin(t.model, space, name, disposition, dead_ok, &port);
	check_equal((uintptr_t)real, (uintptr_t)real_port(port));
	carry(port, ipc_right_in_transit(disposition));
}

static void
do_header(void)
{
	struct ipc_header_names names = {
		.dest_disposition = MACH_MSG_TYPE_MOVE_SEND + below(5),
		.reply_disposition = MACH_MSG_TYPE_MOVE_SEND + below(5),
	};
	struct ipc_port *dest, *reply;
	int space = any_space(), dest_port, reply_port;
	mach_msg_return_t mr, foretold;

	if (t.nr_carried >= BAG)
		return;
	names.dest = any_name(space);
	names.reply = below(3) == 0 ? names.dest : any_name(space);
	foretold = model_header(foretell(), space, names.dest,
				names.dest_disposition, names.reply,
				names.reply_disposition, &dest_port,
				&reply_port);
	arm();
	mr = ipc_right_copyin_header(t.spaces[space], &names, &dest, &reply);
	if (!agreed(mr, foretold))
		return;
	(void)model_header(t.model, space, names.dest, names.dest_disposition,
			   names.reply, names.reply_disposition, &dest_port,
			   &reply_port);
	check_equal((uintptr_t)dest, (uintptr_t)real_port(dest_port));
	check_equal((uintptr_t)reply, (uintptr_t)real_port(reply_port));
	carry(dest_port, ipc_right_in_transit(names.dest_disposition));
	carry(reply_port, ipc_right_in_transit(names.reply_disposition));
}

static void
do_copyout(void)
{
	int space = any_space();
	mach_port_name_t name = 0, got = 0;
	struct carried right;
	kern_return_t foretold;
	unsigned int i;

	if (t.nr_carried == 0)
		return;
	i = below(t.nr_carried);
	right = t.bag[i];
	foretold = model_copyout(foretell(), space, right.port,
				 right.disposition, &name);
	arm();
	if (!agreed(ipc_right_copyout(t.spaces[space], real_port(right.port),
				      right.disposition, &got), foretold))
		return;
	(void)model_copyout(t.model, space, right.port, right.disposition,
			    &name);
	check_equal(got, name);
	uncarry(i);
}

static void
do_insert(void)
{
	int space = any_space();
	mach_port_name_t name = any_name(space);
	struct carried right;
	kern_return_t kr, foretold;
	unsigned int i;

	if (t.nr_carried == 0)
		return;
	i = below(t.nr_carried);
	right = t.bag[i];
	foretold = model_insert(foretell(), space, right.port,
				right.disposition, name);
	arm();
	kr = mach_port_insert_right(t.spaces[space], name,
				    real_port(right.port), right.disposition);
	if (!agreed(kr, foretold))
		return;
	(void)model_insert(t.model, space, right.port, right.disposition, name);
	uncarry(i);
}

static void
do_release(void)
{
	struct carried right;
	unsigned int i;

	if (t.nr_carried == 0)
		return;
	i = below(t.nr_carried);
	right = t.bag[i];
	uncarry(i);
	arm();
	ipc_right_release(real_port(right.port), right.disposition);
	slab_fail_nth(0);
	t.model->dry = false;
	model_release(t.model, right.port, right.disposition);
}

static void
do_request(void)
{
	static const mach_msg_id_t ids[] = {
		MACH_NOTIFY_PORT_DESTROYED, MACH_NOTIFY_NO_SENDERS,
		MACH_NOTIFY_DEAD_NAME, MACH_NOTIFY_DEAD_NAME, 12,
	};
	mach_msg_id_t id = ids[below(ARRAY_SIZE(ids))];
	mach_port_mscount_t sync = below(3);
	int space = any_space();
	mach_port_name_t name = any_name(space);
	int box = below(5) == 0 ? MODEL_NONE : (int)below(BOXES);
	struct ipc_port *notify = IP_NULL, *previous = IP_NULL;
	kern_return_t kr, foretold;
	int was;

	if (box != MODEL_NONE)
		notify = name_test_copyin(t.office, t.boxes[box], MAKE_ONCE);
	foretold = model_request(foretell(), space, name, id, sync, box, &was);
	arm();
	kr = mach_port_request_notification(t.spaces[space], name, id, sync,
					    notify, &previous);
	if (!agreed(kr, foretold)) {
		if (box != MODEL_NONE)
			ipc_port_spend_sonce(notify);
		return;
	}
	(void)model_request(t.model, space, name, id, sync, box, &was);
	check_equal(IP_VALID(previous), was != MODEL_NONE);
	if (was == MODEL_NONE)
		return;
	notify = name_test_copyin(t.office, t.boxes[was], MAKE_SEND);
	check_equal((uintptr_t)previous, (uintptr_t)notify);
	ipc_port_release_send(notify);
	ipc_port_spend_sonce(previous);
}

static void
do_end_space(void)
{
	int space = any_space();

	if (below(300) != 0)
		return;
	arm();
	ipc_space_destroy(t.spaces[space]);
	slab_fail_nth(0);
	ipc_space_unref(t.spaces[space]);
	t.model->dry = false;
	model_end_space(t.model, space);
	t.spaces[space] = name_test_space();
}

/* One notice that has come must be due. */
static void
match(int box, const struct notice *notice)
{
	struct model *m = t.model;

	for (unsigned int i = 0; i < m->nr_due; i++) {
		const struct model_notice *due = &m->due[i];

		if (due->box != box || due->id != notice->id)
			continue;
		if (due->id == MACH_NOTIFY_PORT_DESTROYED
		    ? real_port((int)due->word) != notice->port
		    : due->word != notice->word)
			continue;
		if (due->id == MACH_NOTIFY_PORT_DESTROYED)
			carry((int)due->word, MACH_MSG_TYPE_PORT_RECEIVE);
		m->due[i] = m->due[--m->nr_due];
		return;
	}
	panic("notice %d, %#x at box %d is not due", notice->id, notice->word,
	      box);
}

/* All notices that have come, and no others, were due. */
static void
check_notices(void)
{
	ipc_notify_pay();
	for (int box = 0; box < BOXES; box++) {
		struct notice notice;

		for (;;) {
			notice = name_test_receive(t.office, t.boxes[box]);
			if (notice.id == 0)
				break;
			match(box, &notice);
			/* Make room for what port-destroyed brings. */
			while (t.nr_carried > BAG)
				do_release();
		}
	}
	if (t.model->nr_due != 0)
		panic("notice %d, %#x has not come", t.model->due[0].id,
		      t.model->due[0].word);
}

static void
check_receive(int space, const struct model_entry *e)
{
	const struct model_port *p = &t.model->ports[e->port];
	mach_port_status_t status;
	mach_port_rights_t srights;
	mach_port_name_t set = MACH_PORT_NAME_NULL;
	const struct model_space *s = &t.model->spaces[space];

	for (unsigned int i = 0; i < s->nr_entries; i++)
		if (p->set != MODEL_NONE && s->entries[i].set == p->set)
			set = s->entries[i].name;
	check_equal(mach_port_get_receive_status(t.spaces[space], e->name,
						 &status), KERN_SUCCESS);
	check_equal(status.mps_pset, set);
	check_equal(status.mps_mscount, p->mscount);
	check_equal(status.mps_msgcount, p->messages);
	check_equal(status.mps_srights, p->srights != 0);
	check_equal(status.mps_pdrequest, p->pd_box != MODEL_NONE);
	check_equal(status.mps_nsrequest, p->ns_box != MODEL_NONE);
	check_equal(mach_port_get_srights(t.spaces[space], e->name, &srights),
		    KERN_SUCCESS);
	check_equal(srights, p->srights);
}

static void
check_spaces(void)
{
	for (int space = 0; space < MODEL_SPACES; space++) {
		const struct model_space *s = &t.model->spaces[space];

		for (unsigned int i = 0; i < s->nr_entries; i++) {
			const struct model_entry *e = &s->entries[i];
			mach_port_type_t type = e->type;

			if (e->dn_box != MODEL_NONE)
				type |= MACH_PORT_TYPE_DNREQUEST;
			check_equal(name_test_type(t.spaces[space], e->name),
				    type);
			check_equal(name_test_refs(t.spaces[space], e->name,
						   RIGHT_SEND)
				    + name_test_refs(t.spaces[space], e->name,
						     RIGHT_DEAD)
				    + name_test_refs(t.spaces[space], e->name,
						     RIGHT_ONCE), e->urefs);
			if ((type & MACH_PORT_TYPE_RECEIVE) != 0)
				check_receive(space, e);
		}
		check_equal(t.spaces[space]->charges[IPC_NAMES].used,
			    s->nr_entries);
		ipc_space_check(t.spaces[space]);
	}
}

/* Weighted by how often they stand here. */
static void (*const makers[])(void) = {
	do_allocate, do_allocate, do_copyin, do_copyin, do_copyin, do_copyout,
	do_copyout, do_insert, do_header,
};
static void (*const others[])(void) = {
	do_destroy, do_deallocate, do_deallocate, do_mod_refs, do_mod_refs,
	do_rename, do_move_member, do_release, do_request, do_request,
	do_request, do_end_space, do_copyin,
};

static void
do_something(void)
{
	unsigned int most = 0;

	for (int space = 0; space < MODEL_SPACES; space++)
		most = MAX(most, t.model->spaces[space].nr_entries);
	if (below(2) != 0 && most < FEW_NAMES)
		makers[below(ARRAY_SIZE(makers))]();
	else
		others[below(ARRAY_SIZE(others))]();
	check_notices();
}

static void
begin(void)
{
	model_init(t.model);
	random_init(&t.random, unit_seed() + t.failing);
	t.office = name_test_space();
	for (int box = 0; box < BOXES; box++)
		t.boxes[box] = name_test_allocate(t.office, RIGHT_RECEIVE);
	for (int space = 0; space < MODEL_SPACES; space++)
		t.spaces[space] = name_test_space();
	t.nr_carried = 0;
	t.nr_short = 0;
	t.nr_done = 0;
}

static void
end(void)
{
	while (t.nr_carried != 0) {
		do_release();
		check_notices();
	}
	for (int space = 0; space < MODEL_SPACES; space++) {
		model_end_space(t.model, space);
		name_test_end(t.spaces[space]);
		check_notices();
	}
	/* Receive rights that came by port-destroyed. */
	while (t.nr_carried != 0) {
		do_release();
		check_notices();
	}
	name_test_end(t.office);
}

static void
random_thread(void *arg)
{
	unsigned long n = OPERATIONS * unit_scale();
	struct vm_test_balance before;

	(void)arg;
	ipc_init();
	before = vm_test_balance();
	begin();
	for (unsigned long i = 0; i < n; i++) {
		do_something();
		if (i % 32 == 0)
			check_spaces();
	}
	end();
	vm_test_check_balance(before);
	printf("# %lu operations, %lu succeeded, %lu had no memory\n", n,
	       t.nr_done, t.nr_short);
	assert(t.nr_done > n / 8);
	assert(t.failing == (t.nr_short > n / 100));
}

static void
run(bool failing)
{
	t.failing = failing;
	t.model = malloc(sizeof *t.model);
	vm_test_run(1, (size_t)32 << 20, random_thread);
	free(t.model);
}

static void
test_random(void **state)
{
	(void)state;
	run(false);
}

static void
test_random_failing(void **state)
{
	(void)state;
	run(true);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_failing),
	};

	return unit_main(tests);
}
