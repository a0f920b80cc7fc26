/*
 * tests/user/fuzz_rpc.c -- hostile calls and messages from several threads.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: fuzz_rpc CALLS [SEED]
 *
 * Each of the threads of a child task makes its part of CALLS random calls: a
 * message with random bits, ports, ids, items and sizes, well formed or not,
 * to objects of the kernel or to ports of its own; or a trap on names.  The
 * child is then ended.  Afterwards the kernel must serve as before, and each
 * object cache be back at the number of objects that it had.
 */
#include <hurd.h>
#include <mach_debug/kernel_stat.h>

#include <stdlib.h>

#include "lib/random.h"
#include "tests/user/lib/child.h"
#include "tests/user/lib/user.h"
#include "utils/lib/uthread.h"

#define THREADS		4
#define CACHES		256
#define WORDS		64		/* of a message, in pointers */
#define SLACK		2		/* objects that may still be in use */

static unsigned long nr_calls = 20000;
static uint64_t seed = 1;
static mach_port_t host_priv, device_master;

static uint32_t
pick(struct random *random, uint32_t below)
{
	return random_below(random, below);
}

/* A name: of an object, of nothing, or small. */
static mach_port_name_t
pick_name(struct random *random)
{
	static const mach_port_name_t names[] = {
		0, 0xffffffff, 0xfffffffe, 0x4711000,
	};

	switch (pick(random, 6)) {
	case 0:
		return names[pick(random, ARRAY_SIZE(names))];
	case 1:
		return host_priv;
	case 2:
		return mach_task_self();
	default:
		return (mach_port_name_t)pick(random, 32);
	}
}

/* Ids of all the kernel's interfaces; not those that end everything: the
 * task, its threads, or the machine; nor those that may wait for ever. */
static mach_msg_id_t
pick_id(struct random *random)
{
	static const mach_msg_id_t bases[] = {
		2000, 2600, 2800, 3000, 3200, 3800, 4000, 4200, 4800, 64,
	};
	mach_msg_id_t id;

	do {
		id = bases[pick(random, ARRAY_SIZE(bases))]
			+ (mach_msg_id_t)pick(random, 100);
	} while (id == 2008 || id == 2016 || id == 2056 || id == 2062
		 || id == 2635 || id == 4201 || id == 2804 || id == 2805
		 || id == 2810 || id == 4204);
	return id;
}

static uintptr_t
pick_word(struct random *random)
{
	static const uintptr_t edges[] = { USER_EDGES };

	switch (pick(random, 4)) {
	case 0:
		return edges[pick(random, ARRAY_SIZE(edges))];
	case 1:
		return pick_name(random);
	case 2:
		return pick(random, 64);
	default:
		return (uintptr_t)random_u64(random);
	}
}

/* A descriptor that is mostly right. */
static mach_msg_type_t
pick_type(struct random *random)
{
	static const unsigned char names[] = {
		0, 1, 2, 8, 9, 11, 12, 15, 16, 17, 18, 19, 20, 21, 23, 99,
	};
	static const unsigned char sizes[] = { 8, 16, 32, 64, 0, 255 };
	mach_msg_type_t type;

	memset(&type, 0, sizeof type);
	type.msgt_name = names[pick(random, ARRAY_SIZE(names))];
	type.msgt_size = sizes[pick(random, ARRAY_SIZE(sizes))];
	type.msgt_number = (unsigned int)pick(random, 8) & 0xfff;
	type.msgt_inline = pick(random, 3) != 0;
	type.msgt_deallocate = pick(random, 8) == 0;
	type.msgt_longform = pick(random, 8) == 0;
	return type;
}

static void
fuzz_message(struct random *random, mach_port_t reply)
{
	static const unsigned int dispositions[] = {
		0, 17, 18, 19, 19, 19, 20, 21, 16,
	};
	uintptr_t words[WORDS];
	mach_msg_header_t *head = (mach_msg_header_t *)(void *)words;
	mach_msg_size_t size = (mach_msg_size_t)
		(sizeof *head + sizeof(uintptr_t) * pick(random, 24));
	mach_msg_option_t option = MACH_SEND_MSG | MACH_SEND_TIMEOUT;
	bool receives = pick(random, 2) != 0;

	for (size_t i = 0; i < WORDS; i++) {
		mach_msg_type_t type = pick_type(random);

		words[i] = pick_word(random);
		if (pick(random, 2) == 0)
			memcpy(&words[i], &type, sizeof type);
	}
	head->msgh_bits = MACH_MSGH_BITS(
		dispositions[pick(random, ARRAY_SIZE(dispositions))],
		(unsigned int)MACH_MSG_TYPE_MAKE_SEND_ONCE)
		| (pick(random, 2) == 0 ? MACH_MSGH_BITS_COMPLEX : 0);
	head->msgh_remote_port = pick_name(random);
	head->msgh_local_port = reply;
	head->msgh_id = pick_id(random);
	if (receives)
		option |= MACH_RCV_MSG | MACH_RCV_TIMEOUT;
	if (mach_msg_trap(head, option, size, sizeof words, reply, 0,
			  pick_name(random)) == MACH_MSG_SUCCESS && receives)
		mach_msg_destroy(head);
}

static void
fuzz_trap(struct random *random)
{
	mach_port_name_t name;

	switch (pick(random, 8)) {
	case 0:
		(void)syscall_mach_port_allocate(pick_name(random),
						 (mach_port_right_t)
						 pick(random, 6), &name);
		break;
	case 1:
		(void)syscall_mach_port_deallocate(pick_name(random),
						   pick_name(random));
		break;
	case 2:
		(void)syscall_mach_port_insert_right(
			pick_name(random), pick_name(random),
			pick_name(random),
			(mach_msg_type_name_t)pick(random, 24));
		break;
	case 3:
		(void)syscall_mach_port_allocate_name(
			pick_name(random), (mach_port_right_t)pick(random, 6),
			(mach_port_name_t)pick(random, 64));
		break;
	case 4:
		(void)syscall_task_set_special_port(pick_name(random),
						    (int)pick(random, 6),
						    pick_name(random));
		break;
	case 5:
		(void)syscall_thread_depress_abort(pick_name(random));
		break;
	case 6:
		(void)syscall_task_create(pick_name(random), FALSE, &name);
		break;
	default:
		(void)mach_reply_port();
		break;
	}
}

/* Its children, and what it has piled up, must not fill the machine. */
static void
fuzz_tidy(void)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, nr_types;

	if (mach_port_names(mach_task_self(), &names, &count, &types,
			    &nr_types) != KERN_SUCCESS)
		return;
	for (mach_msg_type_number_t i = 0; i < count; i++)
		if (names[i] >= 64 && names[i] != mach_task_self()
		    && names[i] != host_priv && names[i] != device_master)
			(void)mach_port_destroy(mach_task_self(), names[i]);
	(void)vm_deallocate(mach_task_self(), (vm_address_t)names,
			    count * sizeof *names);
	(void)vm_deallocate(mach_task_self(), (vm_address_t)types,
			    nr_types * sizeof *types);
}

static void
fuzz_run(void *arg)
{
	struct random random;
	mach_port_t reply = MACH_PORT_NULL;

	random_init(&random, seed * THREADS + (uintptr_t)arg);
	for (unsigned long i = 0; i < nr_calls / THREADS; i++) {
		if (i % 64 == 0)
			reply = mach_reply_port();
		if (i % 1024 == 1023 && arg == NULL)
			fuzz_tidy();
		if (pick(&random, 4) == 0)
			fuzz_trap(&random);
		else
			fuzz_message(&random, reply);
	}
}

/* The child: three threads more, and this one. */
static void
fuzz_child(void *arg)
{
	struct uthread *threads[THREADS] = { NULL };

	(void)arg;
	for (uintptr_t i = 1; i < THREADS; i++)
		threads[i] = uthread_create(fuzz_run, (void *)i);
	fuzz_run(NULL);
	for (unsigned int i = 1; i < THREADS; i++)
		while (threads[i] != NULL && !port_is_dead(threads[i]->port)) {
			static unsigned int patience = 200;

			if (patience-- == 0)
				return;
			thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 10);
		}
}

static slab_stat_t before[CACHES], after[CACHES];

static mach_msg_type_number_t
read_caches(slab_stat_t *caches)
{
	slab_stat_t *list = caches;
	mach_msg_type_number_t count = CACHES;

	if (host_slab_statistics(mach_host_self(), &list, &count)
	    != KERN_SUCCESS || count > CACHES)
		return 0;
	if (list != caches) {
		memcpy(caches, list, count * sizeof *caches);
		(void)vm_deallocate(mach_task_self(), (vm_address_t)list,
				    count * sizeof *list);
	}
	return count;
}

static void
run_child(void)
{
	struct child child;

	if (!tap_is(child_create(&child, fuzz_child, NULL), KERN_SUCCESS,
		    "a child"))
		return;
	(void)child_give(&child, host_priv, MACH_MSG_TYPE_COPY_SEND);
	(void)child_resume(&child);
	/* Threads may be left that wait for what never comes: ten seconds, and
	 * what is not done then is ended in the middle of it. */
	(void)child_wait(&child);
	(void)task_terminate(child.task);
	tap_ok(child_wait(&child), "ends, whatever it waits for");
	child_destroy(&child);
}

static void
compare_caches(mach_msg_type_number_t count)
{
	unsigned int grown = 0;

	for (mach_msg_type_number_t i = 0; i < count; i++) {
		if (after[i].ss_nr_live <= before[i].ss_nr_live + SLACK)
			continue;
		grown++;
		user_print("# %s: %llu objects, were %llu\n",
			   after[i].ss_name,
			   (unsigned long long)after[i].ss_nr_live,
			   (unsigned long long)before[i].ss_nr_live);
	}
	tap_is((long)grown, 0, "every cache is back at its count");
}

int
main(int argc, char **argv)
{
	mach_msg_type_number_t count;

	if (argc > 1)
		nr_calls = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoul(argv[2], NULL, 10);
	(void)get_privileged_ports(&host_priv, &device_master);
	/* Once for what stays after the first time. */
	run_child();
	(void)read_caches(before);
	count = read_caches(before);
	tap_ok(count > 0, "the caches are counted");
	run_child();
	for (int i = 0; i < 100; i++)
		thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 10);
	tap_is((long)read_caches(after), (long)count, "as many caches");
	compare_caches(count);
	return tap_done("fuzz_rpc");
}
