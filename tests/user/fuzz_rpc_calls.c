/*
 * tests/user/fuzz_rpc_calls.c -- random messages and traps.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/fuzz_rpc.h"

static bool is_hostile;		/* this task makes such calls */
static mach_port_t trusted;	/* the task's own port, a moment ago */

mach_port_name_t
pick_name(struct fuzz *f)
{
	static const mach_port_name_t names[] = {
		0, 0xffffffff, 0xfffffffe, 0x4711000,
	};

	switch (pick(f, 6)) {
	case 0:
		return names[pick(f, ARRAY_SIZE(names))];
	case 1:
		return f->priv;
	case 2:
		return f->self;
	default:
		return (mach_port_name_t)pick(f, 32);
	}
}

mach_port_name_t
pick_target(struct fuzz *f)
{
	const mach_port_t ports[] = {
		f->self, f->self, f->self, f->thread, f->host, f->priv,
	};

	return pick(f, 4) == 0 ? pick_name(f)
		: ports[pick(f, ARRAY_SIZE(ports))];
}

uintptr_t
pick_word(struct fuzz *f)
{
	static const uintptr_t edges[] = { USER_EDGES };

	switch (pick(f, 4)) {
	case 0:
		return edges[pick(f, ARRAY_SIZE(edges))];
	case 1:
		return pick_name(f);
	case 2:
		return pick(f, 64);
	default:
		return (uintptr_t)random_u64(&f->random);
	}
}

int
pick_small(struct fuzz *f)
{
	return pick(f, 8) == 0 ? (int)pick_word(f) : (int)pick(f, 24);
}

vm_address_t
pick_address(struct fuzz *f)
{
	if (pick(f, 8) == 0)
		return pick_word(f);
	return f->scratch + pick(f, FUZZ_SCRATCH) * USER_PAGE_SIZE
		+ (pick(f, 8) == 0 ? pick(f, USER_PAGE_SIZE) : 0);
}

vm_size_t
pick_size(struct fuzz *f)
{
	if (pick(f, 8) == 0)
		return pick_word(f);
	return pick(f, 8) * USER_PAGE_SIZE + (pick(f, 8) == 0 ? 1 : 0);
}

/*
 * Ids of all the kernel's interfaces.  Not host_reboot, and nothing that waits
 * for the machine's user.
 */
static mach_msg_id_t
pick_id(struct fuzz *f)
{
	static const mach_msg_id_t bases[] = {
		2000, 2600, 2800, 3000, 3200, 3800, 4000, 4200, 4800, 64,
	};
	mach_msg_id_t id;

	do {
		id = bases[pick(f, ARRAY_SIZE(bases))]
			+ (mach_msg_id_t)pick(f, 100);
	} while (id == 2635 || id == 2649 || id == 2804 || id == 2805
		 || id == 2810);
	return id;
}

/* A descriptor that is mostly right. */
static mach_msg_type_t
pick_type(struct fuzz *f)
{
	static const unsigned char names[] = {
		0, 1, 2, 8, 9, 11, 12, 15, 16, 17, 18, 19, 20, 21, 23, 99,
	};
	static const unsigned char sizes[] = { 8, 16, 32, 64, 0, 255 };
	mach_msg_type_t type;

	memset(&type, 0, sizeof type);
	type.msgt_name = names[pick(f, ARRAY_SIZE(names))];
	type.msgt_size = sizes[pick(f, ARRAY_SIZE(sizes))];
	type.msgt_number = (unsigned int)pick(f, 8) & 0xfff;
	type.msgt_inline = pick(f, 3) != 0;
	type.msgt_deallocate = pick(f, 8) == 0;
	type.msgt_longform = pick(f, 8) == 0;
	return type;
}

static void
fuzz_message(struct fuzz *f)
{
	static const unsigned int dispositions[] = {
		0, 17, 18, 19, 19, 19, 20, 21, 16,
	};
	uintptr_t words[FUZZ_WORDS];
	mach_msg_header_t *head = (mach_msg_header_t *)(void *)words;
	mach_msg_size_t size = (mach_msg_size_t)
		(sizeof *head + sizeof(uintptr_t) * pick(f, 24));
	mach_msg_option_t option = MACH_SEND_MSG | MACH_SEND_TIMEOUT;
	bool receives = pick(f, 2) != 0;

	for (size_t i = 0; i < FUZZ_WORDS; i++) {
		mach_msg_type_t type = pick_type(f);

		words[i] = pick_word(f);
		if (pick(f, 2) == 0)
			memcpy(&words[i], &type, sizeof type);
	}
	head->msgh_bits = MACH_MSGH_BITS(
		dispositions[pick(f, ARRAY_SIZE(dispositions))],
		(unsigned int)MACH_MSG_TYPE_MAKE_SEND_ONCE)
		| (pick(f, 2) == 0 ? MACH_MSGH_BITS_COMPLEX : 0);
	head->msgh_remote_port = pick_name(f);
	head->msgh_local_port = f->reply;
	head->msgh_id = pick_id(f);
	*f->what = (uint32_t)head->msgh_id;
	if (receives)
		option |= MACH_RCV_MSG | MACH_RCV_TIMEOUT;
	if (mach_msg_trap(head, option, size, sizeof words, f->reply, 0,
			  pick_name(f)) == MACH_MSG_SUCCESS && receives)
		mach_msg_destroy(head);
}

static void
fuzz_trap(struct fuzz *f)
{
	mach_port_name_t name, to = pick_name(f);
	int number = pick_small(f);
	vm_offset_t address = pick_address(f);

	*f->what = 1000 + pick(f, 10);
	switch (*f->what - 1000) {
	case 0:
		(void)syscall_mach_port_allocate(to, (mach_port_right_t)
						 pick(f, 6), &name);
		break;
	case 1:
		(void)syscall_mach_port_deallocate(to, pick_name(f));
		break;
	case 2:
		(void)syscall_mach_port_insert_right(
			to, pick_name(f), pick_name(f),
			(mach_msg_type_name_t)number);
		break;
	case 3:
		(void)syscall_mach_port_allocate_name(
			to, (mach_port_right_t)pick(f, 6),
			(mach_port_name_t)number);
		break;
	case 4:
		(void)syscall_task_set_special_port(to, number, pick_name(f));
		break;
	case 5:
		(void)syscall_thread_depress_abort(to);
		break;
	case 6:
		(void)syscall_task_create(to, number & 1, &name);
		break;
	case 7:
		(void)thread_switch(to, (int)pick(f, 4), pick(f, 2));
		break;
	case 8:
		(void)syscall_vm_map(to, &address, pick_size(f), pick_word(f),
				     number & 1, pick_name(f), 0, FALSE,
				     number, number, VM_INHERIT_COPY);
		break;
	default:
		(void)mach_reply_port();
		break;
	}
}

/*
 * What the stubs call, in place of the library's.  The kernel has answered when
 * the receiving begins; what a name stands for after some hostile calls may
 * never answer.  An abort ends a wait, which is not begun again.
 */
mach_msg_return_t
mach_msg(mach_msg_header_t *message, mach_msg_option_t option,
	 mach_msg_size_t send_size, mach_msg_size_t receive_size,
	 mach_port_name_t receive_name, mach_msg_timeout_t timeout,
	 mach_port_name_t notify)
{
	mach_msg_return_t result;

	if (is_hostile && message->msgh_remote_port != trusted)
		option |= MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT;
	result = mach_msg_trap(message, option, send_size, receive_size,
			       receive_name, timeout, notify);
	if (result == MACH_RCV_INTERRUPTED)
		trusted = MACH_PORT_NULL;
	return result;
}

/* The names may have been given to something else, and the task another port
 * of its own: is it one that answers? */
static void
renew(struct fuzz *f)
{
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;

	f->reply = mach_reply_port();
	f->self = (mach_task_self)();
	f->thread = mach_thread_self();
	f->host = mach_host_self();
	trusted = MACH_PORT_NULL;
	if (task_info(f->self, TASK_BASIC_INFO, (task_info_t)f->words, &count)
	    == KERN_SUCCESS)
		trusted = f->self;
}

void
fuzz_begin(struct fuzz *f)
{
	is_hostile = true;
	renew(f);
	(void)vm_allocate(f->self, &f->scratch, FUZZ_SCRATCH * USER_PAGE_SIZE,
			  TRUE);
}

void
fuzz_call(struct fuzz *f)
{
	if (pick(f, 64) == 0 || f->reply == MACH_PORT_NULL)
		renew(f);
	switch (pick(f, 8)) {
	case 0:
	case 1:
		fuzz_trap(f);
		break;
	case 2:
	case 3:
	case 4:
		fuzz_stub(f);
		break;
	default:
		fuzz_message(f);
		break;
	}
}
