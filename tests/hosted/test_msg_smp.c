/*
 * tests/hosted/test_msg_smp.c -- messages on several CPUs: senders and
 * receivers of full queues, sets, ports that die and move, interruptions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <mach/notify.h>

#include "core_test.h"
#include "ipc/mach_port.h"
#include "ipc_test.h"

#define RAM		((size_t)64 << 20)
#define SLOT		sizeof(rpc_uintptr_t)
#define HEADER		sizeof(mach_msg_header_t)
#define NR_CPUS		4u
#define NR_SENDERS	4u
#define NR_RECEIVERS	3u
#define NR_PORTS	3u
#define NR_MESSAGES	(150u * (unsigned int)unit_scale())
#define LAST_ID		999999

/* Who receives; its threads have a buffer each. */
static struct party server;
static mach_port_name_t ports[NR_PORTS], set;

struct actor {
	struct party	party;		/* of a sender; `server' else */
	struct letter	letter;
	struct random	random;
	unsigned int	index;
	mach_port_name_t to[NR_PORTS];
	unsigned int	nr_done;
	uint32_t	seen[NR_SENDERS][NR_PORTS];
};

static struct actor senders[NR_SENDERS], receivers[NR_RECEIVERS];
static unsigned int nr_received;	/* (A) */
static bool over;			/* (A) */

static void
set_port(mach_port_name_t port, mach_port_name_t to_set)
{
	kern_return_t mach_port_move_member(struct ipc_space *space,
					    mach_port_name_t member,
					    mach_port_name_t after);
	kern_return_t kr = mach_port_move_member(server.space, port, to_set);

	assert(kr == KERN_SUCCESS || kr == KERN_NOT_IN_SET
	       || kr == KERN_INVALID_NAME || kr == KERN_INVALID_RIGHT);
}

static void
setup(void)
{
	kern_return_t mach_port_allocate(struct ipc_space *space,
					 mach_port_right_t right,
					 mach_port_name_t *name);

	party_init(&server);
	check_equal(mach_port_allocate(server.space, MACH_PORT_RIGHT_PORT_SET,
				       &set), KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_PORTS; i++) {
		ports[i] = party_port(&server);
		set_port(ports[i], set);
	}
	for (unsigned int i = 0; i < NR_SENDERS; i++) {
		struct actor *actor = &senders[i];

		actor->index = i;
		actor->nr_done = 0;
		party_init(&actor->party);
		for (unsigned int p = 0; p < NR_PORTS; p++)
			actor->to[p] = party_give(&server, ports[p], MAKE_SEND,
						  &actor->party);
	}
	for (unsigned int i = 0; i < NR_RECEIVERS; i++) {
		receivers[i].index = i;
		receivers[i].nr_done = 0;
		receivers[i].party = server;
		receivers[i].party.buffer = party_memory(&server,
							 PARTY_BUFFER, 0);
	}
	vm_test_use_map(NULL);
	nr_received = 0;
	over = false;
}

static void
teardown(void)
{
	for (unsigned int i = 0; i < NR_SENDERS; i++)
		party_fini(&senders[i].party);
	party_fini(&server);
}

/* A message with who sent it to which port, the how-maniest; every third with
 * a right and a page. */
static void
write_letter(struct actor *actor, unsigned int p, uint32_t number)
{
	uint32_t words[3] = { actor->index, p, number };
	mach_port_name_t name;

	letter_begin(&actor->letter, actor->to[p], COPY_SEND, 0, 0, 1);
	letter_data(&actor->letter, words, sizeof words);
	if (number % 3 != 0)
		return;
	name = party_port(&actor->party);
	letter_right(&actor->letter, name, MOVE_RECEIVE);
	letter_memory(&actor->letter, party_memory(&actor->party, PAGE_SIZE,
						   (unsigned char)number),
		      PAGE_SIZE, true);
}

static void
read_letter(struct actor *actor, uint32_t words[3])
{
	const size_t right = HEADER + SHORT_TYPE
			     + ROUND_UP(12, LETTER_ALIGN) + SHORT_TYPE;
	const size_t memory = right + SLOT + LONG_TYPE;
	mach_msg_header_t *header = letter_header(&actor->letter);
	unsigned char byte;
	uintptr_t addr;

	memcpy(words, actor->letter.bytes + HEADER + SHORT_TYPE,
	       3 * sizeof *words);
	if ((header->msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0)
		return;
	party_drop(&server, (mach_port_name_t)
		   letter_read_slot(&actor->letter, right), MOVE_RECEIVE);
	addr = letter_read_slot(&actor->letter, memory);
	assert(vm_test_read(addr, &byte) && byte == (unsigned char)words[2]);
	party_free(&server, addr, PAGE_SIZE);
}

static void
run_sender(void *arg)
{
	struct actor *actor = arg;

	core_random_init(&actor->random);
	for (uint32_t i = 0; i < NR_MESSAGES; i++) {
		unsigned int p = (unsigned int)random_below(&actor->random,
							    NR_PORTS);

		write_letter(actor, p, i + 1);
		check_equal(letter_call(&actor->party, &actor->letter,
					MACH_SEND_MSG, 0, 0, 0),
			    MACH_MSG_SUCCESS);
	}
	vm_test_use_map(NULL);
}

static void
run_receiver(void *arg)
{
	struct actor *actor = arg;
	uint32_t words[3];

	memset(actor->seen, 0, sizeof actor->seen);
	for (;;) {
		check_equal(letter_call(&actor->party, &actor->letter,
					MACH_RCV_MSG, set, 0, 0),
			    MACH_MSG_SUCCESS);
		if (letter_header(&actor->letter)->msgh_id == LAST_ID)
			break;
		read_letter(actor, words);
		assert(words[0] < NR_SENDERS && words[1] < NR_PORTS);
		/* One port's messages of one sender come in order. */
		assert(words[2] > actor->seen[words[0]][words[1]]);
		actor->seen[words[0]][words[1]] = words[2];
		atomic_fetch_add(&nr_received, 1u);
	}
	vm_test_use_map(NULL);
}

static void
run_busy(void *arg)
{
	struct thread *threads[NR_SENDERS + NR_RECEIVERS];
	static struct actor last;

	(void)arg;
	ipc_init();
	setup();
	for (unsigned int i = 0; i < NR_RECEIVERS; i++)
		core_spawn(&threads[NR_SENDERS + i], 1, run_receiver,
			   &receivers[i], PRI_USER);
	for (unsigned int i = 0; i < NR_SENDERS; i++)
		core_spawn(&threads[i], 1, run_sender, &senders[i], PRI_USER);
	core_join(threads, NR_SENDERS);
	for (unsigned int i = 0; i < NR_RECEIVERS; i++) {
		letter_begin(&last.letter, senders[0].to[0], COPY_SEND, 0, 0,
			     LAST_ID);
		check_equal(letter_call(&senders[0].party, &last.letter,
					MACH_SEND_MSG, 0, 0, 0),
			    MACH_MSG_SUCCESS);
	}
	core_join(threads + NR_SENDERS, NR_RECEIVERS);
	check_equal(nr_received, NR_SENDERS * NR_MESSAGES);
	vm_test_use_map(NULL);
	teardown();
}

static void
test_busy(void **state)
{
	(void)state;
	vm_test_run(NR_CPUS, RAM, run_busy);
}

/*
 * Everything at once: senders with and without time-outs, receivers of ports
 * and of the set, all of which are interrupted; ports die, are made anew, leave
 * the set and come back; limits change.
 */
static void
chaos_sender(void *arg)
{
	struct actor *actor = arg;
	mach_msg_header_t *header = letter_header(&actor->letter);

	core_random_init(&actor->random);
	while (!atomic_load_relaxed(&over)) {
		unsigned int p = (unsigned int)random_below(&actor->random,
							    NR_PORTS);
		mach_port_name_t name = party_port(&actor->party);
		mach_msg_option_t option = MACH_SEND_MSG;
		mach_msg_return_t mr;

		letter_begin(&actor->letter, atomic_load_relaxed(&actor->to[p]),
			     COPY_SEND, name, MAKE_SEND, 1);
		letter_right(&actor->letter, name, MOVE_RECEIVE);
		if (random_below(&actor->random, 2) == 0)
			option |= MACH_SEND_TIMEOUT;
		mr = letter_call(&actor->party, &actor->letter, option, 0,
				 (mach_msg_timeout_t)
				 random_below(&actor->random, 3), 0);
		(void)thread_clear_interrupted();
		switch (mr) {
		case MACH_MSG_SUCCESS:
			actor->nr_done++;
			break;
		case MACH_SEND_INVALID_DEST:
			party_drop(&actor->party, name, MOVE_RECEIVE);
			(void)sched_yield();
			break;
		default:
			assert(mr == MACH_SEND_TIMED_OUT
			       || mr == MACH_SEND_INTERRUPTED);
			name = (mach_port_name_t)
			       header->msgh_protected_payload;
			party_drop(&actor->party, name, MOVE_SEND);
			name = (mach_port_name_t)
			       letter_read_slot(&actor->letter,
						HEADER + SHORT_TYPE);
			party_drop(&actor->party, name, MOVE_RECEIVE);
			/* The right to send was given back as well. */
			name = (mach_port_name_t)
			       header->msgh_remote_port_do_not_use;
			if (MACH_PORT_NAME_VALID(name))
				party_drop(&actor->party, name, MOVE_SEND);
			break;
		}
	}
	vm_test_use_map(NULL);
}

static void
chaos_receiver(void *arg)
{
	struct actor *actor = arg;

	core_random_init(&actor->random);
	while (!atomic_load_relaxed(&over)) {
		unsigned int p = (unsigned int)random_below(&actor->random,
							    NR_PORTS + 2);
		mach_port_name_t name = p < NR_PORTS
			? atomic_load_relaxed(&ports[p]) : set;
		mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_LARGE;
		mach_msg_return_t mr;

		if (random_below(&actor->random, 2) == 0)
			option |= MACH_RCV_TIMEOUT;
		mr = letter_call(&actor->party, &actor->letter, option, name,
				 (mach_msg_timeout_t)
				 random_below(&actor->random, 3), 0);
		(void)thread_clear_interrupted();
		if (mr == MACH_MSG_SUCCESS) {
			actor->nr_done++;
			continue;
		}
		assert(mr == MACH_RCV_TIMED_OUT || mr == MACH_RCV_INTERRUPTED
		       || mr == MACH_RCV_INVALID_NAME || mr == MACH_RCV_IN_SET
		       || mr == MACH_RCV_PORT_DIED
		       || mr == MACH_RCV_PORT_CHANGED);
		(void)sched_yield();
	}
	vm_test_use_map(NULL);
}

/* A port dies, and another takes its place for those who send. */
static void
replace_port(unsigned int p)
{
	kern_return_t mach_port_destroy(struct ipc_space *space,
					mach_port_name_t name);
	mach_port_name_t old = ports[p];

	atomic_store_relaxed(&ports[p], party_port(&server));
	check_equal(mach_port_destroy(server.space, old), KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_SENDERS; i++)
		atomic_store_relaxed(&senders[i].to[p],
				     party_give(&server, ports[p], MAKE_SEND,
						&senders[i].party));
}

static void
chaos_step(struct random *random, struct thread **threads, unsigned int n)
{
	unsigned int p = (unsigned int)random_below(random, NR_PORTS);
	struct ipc_port *port;

	switch (random_below(random, 8)) {
	case 0:
		replace_port(p);
		break;
	case 1:
		set_port(ports[p], MACH_PORT_NULL);
		break;
	case 2:
		set_port(ports[p], set);
		break;
	case 3:
		port = party_lookup(&server, ports[p]);
		ipc_port_lock(port);
		ipc_mqueue_set_limit(port, (mach_port_msgcount_t)
				     random_below(random, 4));
		ipc_mqueue_check(port);
		ipc_port_unlock(port);
		ipc_port_unref(port);
		break;
	default:
		thread_interrupt(threads[random_below(random, n)]);
		break;
	}
}

static void
run_chaos(void *arg)
{
	struct thread *threads[NR_SENDERS + NR_RECEIVERS];
	unsigned int n = NR_SENDERS + NR_RECEIVERS;
	unsigned int steps = 10 * NR_MESSAGES;
	unsigned int done = 0;
	unsigned long live;
	struct random random;

	(void)arg;
	ipc_init();
	setup();
	teardown();
	live = slab_live();
	setup();
	core_random_init(&random);
	for (unsigned int i = 0; i < NR_SENDERS; i++)
		core_spawn(&threads[i], 1, chaos_sender, &senders[i],
			   PRI_USER);
	for (unsigned int i = 0; i < NR_RECEIVERS; i++)
		core_spawn(&threads[NR_SENDERS + i], 1, chaos_receiver,
			   &receivers[i], PRI_USER);
	for (unsigned int i = 0; i < steps; i++) {
		chaos_step(&random, threads, n);
		(void)sched_yield();
	}
	/* Who waits without end is interrupted until all have ended. */
	atomic_store_relaxed(&over, true);
	for (unsigned int i = 0; i < n; i++) {
		while (atomic_load_relaxed(&threads[i]->state)
		       != THREAD_DEAD) {
			thread_interrupt(threads[i]);
			(void)sched_yield();
		}
	}
	core_join(threads, n);
	for (unsigned int i = 0; i < NR_RECEIVERS; i++)
		done += receivers[i].nr_done;
	assert(done != 0);
	teardown();
	check_equal(slab_live(), live);
}

static void
test_chaos(void **state)
{
	(void)state;
	vm_test_run(NR_CPUS, RAM, run_chaos);
}

/*
 * A send right that was made for a reply is taken back, since the destination
 * is dead; meanwhile the last other one goes.  Whoever waits for that is told.
 */
static struct {
	struct party	sender, holder;
	struct letter	letter;
	struct ipc_port	*reply, *dead;
	mach_port_name_t notices, reply_name, dead_name, held_name;
	unsigned int	nr_here;	/* (A) on a CPU each */
	bool		is_locked;	/* (A) the dead port */
	bool		is_dropped;	/* (A) the last other right */
} undo;

#define UNDO_PATIENCE	(1u << 20)	/* if it is not taken before */

static void
undo_begin(void)
{
	atomic_fetch_add(&undo.nr_here, 1u);
	while (atomic_load_acquire(&undo.nr_here) < 3)
		cpu_relax();
}

static void
undo_lock(void *arg)
{
	(void)arg;
	undo_begin();
	ipc_port_lock(undo.dead);
	atomic_store_release(&undo.is_locked, true);
	while (!atomic_load_acquire(&undo.is_dropped))
		cpu_relax();
	ipc_port_unlock(undo.dead);
}

static bool
undo_is_taken(void)
{
	bool is_taken;

	ipc_port_lock(undo.reply);
	is_taken = undo.reply->srights == 2;
	ipc_port_unlock(undo.reply);
	return is_taken;
}

static void
undo_drop(void *arg)
{
	(void)arg;
	undo_begin();
	for (unsigned int i = 0; i < UNDO_PATIENCE && !undo_is_taken(); i++)
		cpu_relax();
	party_drop(&undo.holder, undo.held_name, MOVE_SEND);
	atomic_store_release(&undo.is_dropped, true);
}

static void
undo_send(void *arg)
{
	(void)arg;
	undo_begin();
	while (!atomic_load_acquire(&undo.is_locked))
		cpu_relax();
	letter_begin(&undo.letter, undo.dead_name, COPY_SEND,
		     undo.reply_name, MAKE_SEND, 1);
	check_equal(letter_call(&undo.sender, &undo.letter, MACH_SEND_MSG, 0,
				0, 0), MACH_SEND_INVALID_DEST);
	vm_test_use_map(NULL);
}

static void
undo_setup(void)
{
	mach_port_name_t port;
	struct ipc_port *notify, *previous;

	party_init(&undo.sender);
	party_init(&undo.holder);
	undo.nr_here = 0;
	undo.is_locked = false;
	undo.is_dropped = false;

	port = party_port(&undo.holder);
	undo.dead_name = party_give(&undo.holder, port, MAKE_SEND,
				    &undo.sender);
	undo.dead = party_lookup(&undo.holder, port);
	party_drop(&undo.holder, port, MOVE_RECEIVE);

	undo.reply_name = party_port(&undo.sender);
	undo.reply = party_lookup(&undo.sender, undo.reply_name);
	undo.held_name = party_give(&undo.sender, undo.reply_name, MAKE_SEND,
				    &undo.holder);
	undo.notices = party_port(&undo.sender);
	check_equal(ipc_right_copyin(undo.sender.space, undo.notices,
				     MACH_MSG_TYPE_MAKE_SEND_ONCE, true,
				     &notify), KERN_SUCCESS);
	check_equal(mach_port_request_notification(undo.sender.space,
			undo.reply_name, MACH_NOTIFY_NO_SENDERS, 1, notify,
			&previous), KERN_SUCCESS);
	assert(previous == IP_NULL);
}

static void
run_undo(void *arg)
{
	struct thread *threads[3];

	(void)arg;
	ipc_init();
	undo_setup();
	vm_test_use_map(NULL);
	core_spawn(&threads[0], 1, undo_lock, NULL, PRI_USER);
	core_spawn(&threads[1], 1, undo_drop, NULL, PRI_USER);
	core_spawn(&threads[2], 1, undo_send, NULL, PRI_USER);
	core_join(threads, 3);

	check_equal(letter_call(&undo.sender, &undo.letter,
				MACH_RCV_MSG | MACH_RCV_TIMEOUT, undo.notices,
				0, 0), MACH_MSG_SUCCESS);
	check_equal(letter_header(&undo.letter)->msgh_id,
		    MACH_NOTIFY_NO_SENDERS);
	check_equal(undo.reply->mscount, 1);
	ipc_port_unref(undo.reply);
	ipc_port_unref(undo.dead);
	party_fini(&undo.sender);
	party_fini(&undo.holder);
}

static void
test_undo(void **state)
{
	(void)state;
	vm_test_run(NR_CPUS, RAM, run_undo);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_chaos),
		cmocka_unit_test(test_undo),
	};

	return unit_main(tests);
}
