/*
 * ipc/ipc_kmsg_copyout.c -- see ipc/ipc_kmsg.h: messages from the kernel form
 *	to the user form.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_kmsg.h"

#include "ipc/ipc_item.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "vm/vm_copy.h"

struct copyout {
	struct ipc_space *space;
	struct vm_map	*map;
	mach_msg_return_t lost;		/* MACH_MSG_MASK: what went wrong */
	struct budget	budget;
};

/* Which bit an error of a copy-out of rights is. */
static mach_msg_return_t
right_bit(kern_return_t kr)
{
	return kr == KERN_RESOURCE_SHORTAGE ? MACH_MSG_IPC_KERNEL
					    : MACH_MSG_IPC_SPACE;
}

static mach_msg_return_t
memory_bit(kern_return_t kr)
{
	return kr == KERN_NO_SPACE ? MACH_MSG_VM_SPACE : MACH_MSG_VM_KERNEL;
}

/* A name for a right; a right for which there can be none is lost. */
static mach_port_name_t
copyout_right(struct copyout *c, ipc_port_t port, mach_msg_type_name_t type)
{
	mach_port_name_t name;
	kern_return_t kr;

	if (!IP_VALID(port))
		return port == IP_NULL ? MACH_PORT_NAME_NULL
				       : MACH_PORT_NAME_DEAD;
	kr = ipc_right_copyout(c->space, port, type, &name);
	if (kr == KERN_SUCCESS)
		return name;
	ipc_right_release(port, type);
	c->lost |= right_bit(kr);
	return MACH_PORT_NAME_NULL;
}

/* Memory for a copy; 0 if there can be none, and the copy is lost. */
static uintptr_t
copyout_memory(struct copyout *c, struct vm_map_copy *copy)
{
	uintptr_t addr = 0;
	kern_return_t kr;

	kr = vm_map_copyout(c->map, &addr, copy);
	if (kr == KERN_SUCCESS)
		return addr;
	vm_map_copy_discard(copy);
	c->lost |= memory_bit(kr);
	return 0;
}

/* Nobody will know the names of this array: take the rights back. */
static void
take_back(struct copyout *c, const mach_port_name_t *names, uint32_t number,
	  mach_msg_type_name_t type)
{
	ipc_port_t port;

	for (uint32_t i = 0; i < number; i++) {
		if (MACH_PORT_NAME_VALID(names[i])
		    && ipc_right_copyin(c->space, names[i], type, true, &port)
		       == KERN_SUCCESS)
			ipc_right_release(port, type);
		budget_spend(&c->budget);
	}
}

/* The array of names in memory of the receiver; false: there is none. */
static uintptr_t
copyout_names(struct copyout *c, const mach_port_name_t *names, size_t size)
{
	struct vm_map_copy *copy;

	if (vm_map_copyin_kernel(names, size, &copy) == KERN_SUCCESS)
		return copyout_memory(c, copy);
	c->lost |= MACH_MSG_VM_KERNEL;
	return 0;
}

/* An array of rights: names take the place of pointers, from the front. */
static void
copyout_array(struct copyout *c, struct ipc_item *item)
{
	size_t size = ipc_item_slots_size(item);
	rpc_uintptr_t *slots = ipc_item_slots(item);
	mach_port_name_t *names = (mach_port_name_t *)slots;
	uint32_t number = item->number;
	uintptr_t addr;

	ipc_item_set_bits(item, IPC_ITEM_NAME_BITS);
	ipc_item_set_deallocate(item, true);
	if (number == 0) {
		ipc_item_set_pointer(item, 0);
		return;
	}
	for (uint32_t i = 0; i < number; i++) {
		ipc_port_t port = (ipc_port_t)slots[i];

		names[i] = copyout_right(c, port, item->name);
		budget_spend(&c->budget);
	}
	addr = copyout_names(c, names, number * sizeof *names);
	if (addr == 0) {
		take_back(c, names, number, item->name);
		ipc_item_set_number(item, 0);
	}
	ipc_item_set_pointer(item, addr);
	kfree(slots, size);
}

static void
copyout_item(struct copyout *c, struct ipc_item *item)
{
	struct vm_map_copy *copy;
	uintptr_t addr;

	if (item->is_inline && ipc_item_is_rights(item)) {
		rpc_uintptr_t *slots = ipc_item_slots(item);

		for (uint32_t i = 0; i < item->number; i++) {
			slots[i] = copyout_right(c, (ipc_port_t)slots[i],
						 item->name);
			budget_spend(&c->budget);
		}
	} else if (!item->is_inline && ipc_item_is_rights(item)) {
		copyout_array(c, item);
	} else if (!item->is_inline) {
		copy = (struct vm_map_copy *)ipc_item_pointer(item);
		addr = copyout_memory(c, copy);
		if (addr == 0)
			ipc_item_set_number(item, 0);
		ipc_item_set_pointer(item, addr);
		ipc_item_set_deallocate(item, true);
	}
}

/* The body; c->lost says what could not be had. */
static void
copyout_items(struct copyout *c, mach_msg_header_t *header)
{
	size_t offset = sizeof *header;
	struct ipc_item item;

	while (offset != header->msgh_size
	       && ipc_item_next_special(header, &offset, &item)
		  == IPC_ITEM_OK) {
		copyout_item(c, &item);
		budget_spend(&c->budget);
	}
}

/* What is mostly found there: words, and send rights. */
static ALWAYS_INLINE size_t
copyout_stub_words(struct copyout *c, mach_msg_header_t *header, size_t offset)
{
	char *at = (char *)header + offset;
	const char *end = (char *)header + header->msgh_size;

	for (;;) {
		rpc_uintptr_t *slot;

		at = ipc_item_skip_words(at, end);
		if (at >= end || !ipc_item_is_send(at))
			break;
		slot = (rpc_uintptr_t *)(void *)(at + sizeof(mach_msg_type_t));
		*slot = copyout_right(c, (ipc_port_t)*slot,
				      MACH_MSG_TYPE_PORT_SEND);
		at += IPC_ITEM_WORD_SIZE;
	}
	return (size_t)(at - (char *)header);
}

mach_msg_return_t
ipc_kmsg_copyout_body(mach_msg_header_t *header, struct ipc_space *space,
		      struct vm_map *map)
{
	struct copyout c = { .space = space, .map = map };

	might_block();
	copyout_items(&c, header);
	return c.lost != 0 ? MACH_RCV_BODY_ERROR | c.lost : MACH_MSG_SUCCESS;
}

mach_msg_return_t
ipc_kmsg_copyout_stub(mach_msg_header_t *header, struct ipc_space *space,
		      struct vm_map *map)
{
	struct copyout c = { .space = space, .map = map };
	size_t offset = sizeof *header;
	struct ipc_item item;

	might_block();
	for (;;) {
		offset = copyout_stub_words(&c, header, offset);
		if (ipc_item_next(header, &offset, &item) != IPC_ITEM_OK)
			break;
		if (ipc_item_is_rights(&item))
			ipc_kmsg_copyin_rights(&item);
		copyout_item(&c, &item);
		budget_spend(&c.budget);
	}
	return c.lost != 0 ? MACH_RCV_BODY_ERROR | c.lost : MACH_MSG_SUCCESS;
}

/*
 * What a receiver sees as the port that the message came to: its name, or what
 * it has set instead.  Consumes the right of the sender.
 */
static void
copyout_local(mach_msg_header_t *header, struct ipc_space *space,
	      ipc_port_t dest, mach_msg_type_name_t type, rpc_uintptr_t reply,
	      mach_msg_type_name_t reply_type)
{
	mach_msg_bits_t other = MACH_MSGH_BITS_OTHER(header->msgh_bits);
	rpc_uintptr_t payload;
	bool has_payload;
	mach_port_name_t name;

	ipc_port_lock(dest);
	has_payload = dest->has_payload && dest->receiver == space;
	payload = dest->payload;
	ipc_port_unlock(dest);

	name = ipc_right_copyout_dest(space, dest, type);
	header->msgh_remote_port_do_not_use = reply;
	header->msgh_protected_payload = has_payload ? payload : name;
	header->msgh_bits = other | MACH_MSGH_BITS(reply_type,
		has_payload ? MACH_MSG_TYPE_PROTECTED_PAYLOAD : type);
}

/*
 * Ask for a dead-name notice to @sonce for the reply right, which is consumed.
 * False: there is no memory, nothing has changed.
 */
static bool
request_notice(struct ipc_space *space, mach_port_name_t name, ipc_port_t sonce)
{
	ipc_port_t previous;
	kern_return_t kr;

	kr = ipc_right_request_dead_name(space, name, false, sonce, &previous);
	if (kr == KERN_SUCCESS) {
		ipc_port_release_sonce(previous);
		return true;
	}
	if (kr == KERN_RESOURCE_SHORTAGE)
		return false;
	/* It has died by now. */
	ipc_port_release_sonce(sonce);
	return true;
}

/* The reply right by name, and the request for a notice if there is @sonce. */
static mach_msg_return_t
copyout_reply(struct ipc_space *space, ipc_port_t reply,
	      mach_msg_type_name_t type, ipc_port_t sonce,
	      mach_port_name_t *name)
{
	kern_return_t kr;
	ipc_port_t back;

	kr = ipc_right_copyout(space, reply, type, name);
	if (kr != KERN_SUCCESS)
		return MACH_RCV_HEADER_ERROR | right_bit(kr);
	if (sonce == IP_NULL)
		return MACH_MSG_SUCCESS;
	if (!MACH_PORT_NAME_VALID(*name)) {
		ipc_port_release_sonce(sonce);
		return MACH_MSG_SUCCESS;
	}
	if (request_notice(space, *name, sonce))
		return MACH_MSG_SUCCESS;

	/* The right is still there, unless the task has dropped the name
	 * that nobody told it. */
	kr = ipc_right_copyin(space, *name, type, true, &back);
	if (kr != KERN_SUCCESS) {
		ipc_port_spend_sonce(sonce);
		return MACH_MSG_SUCCESS;
	}
	if (back != reply) {
		/* Dead meanwhile, or a name given anew: let it go. */
		ipc_right_release(back, type);
		*name = MACH_PORT_NAME_DEAD;
		ipc_port_spend_sonce(sonce);
		return MACH_MSG_SUCCESS;
	}
	return MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL;
}

static mach_msg_return_t
copyout_header(struct ipc_kmsg *kmsg, struct ipc_space *space,
	       mach_port_name_t notify)
{
	mach_msg_header_t *header = &kmsg->header;
	mach_msg_type_name_t type = MACH_MSGH_BITS_REMOTE(header->msgh_bits);
	mach_msg_type_name_t reply_type;
	ipc_port_t reply = ipc_kmsg_local(kmsg), sonce = IP_NULL;
	mach_port_name_t reply_name;
	mach_msg_return_t mr;

	if (notify != MACH_PORT_NAME_NULL
	    && ipc_right_copyin(space, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
				false, &sonce) != KERN_SUCCESS)
		return MACH_RCV_INVALID_NOTIFY;

	reply_type = MACH_MSGH_BITS_LOCAL(header->msgh_bits);
	if (IP_VALID(reply)) {
		mr = copyout_reply(space, reply, reply_type, sonce,
				   &reply_name);
		if (mr != MACH_MSG_SUCCESS) {
			if (sonce != IP_NULL)
				ipc_port_spend_sonce(sonce);
			return mr;
		}
	} else {
		if (sonce != IP_NULL)
			ipc_port_spend_sonce(sonce);
		reply_name = reply == IP_NULL ? MACH_PORT_NAME_NULL
					      : MACH_PORT_NAME_DEAD;
	}
	copyout_local(header, space, ipc_kmsg_remote(kmsg), type, reply_name,
		      reply_type);
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
ipc_kmsg_copyout(struct ipc_kmsg *kmsg, struct ipc_space *space,
		 struct vm_map *map, mach_port_name_t notify)
{
	mach_msg_return_t mr;

	might_block();
	mr = copyout_header(kmsg, space, notify);
	if (mr != MACH_MSG_SUCCESS
	    || (kmsg->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0)
		return mr;
	return ipc_kmsg_copyout_body(&kmsg->header, space, map);
}

void
ipc_kmsg_copyout_dest(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	mach_msg_header_t *header = &kmsg->header;
	mach_msg_type_name_t type = MACH_MSGH_BITS_REMOTE(header->msgh_bits);
	mach_msg_type_name_t reply_type;
	ipc_port_t reply = ipc_kmsg_local(kmsg);

	might_block();
	reply_type = MACH_MSGH_BITS_LOCAL(header->msgh_bits);
	if (IP_VALID(reply))
		ipc_right_release(reply, reply_type);
	ipc_kmsg_clean_body(header);
	copyout_local(header, space, ipc_kmsg_remote(kmsg), type,
		      reply == IP_DEAD ? MACH_PORT_NAME_DEAD
				       : MACH_PORT_NAME_NULL, reply_type);
}

mach_msg_return_t
ipc_kmsg_copyout_back(struct ipc_kmsg *kmsg, struct ipc_space *space,
		      struct vm_map *map)
{
	mach_msg_header_t *header = &kmsg->header;
	struct copyout c = { .space = space, .map = map };
	mach_msg_bits_t bits = header->msgh_bits;

	might_block();
	header->msgh_remote_port_do_not_use =
		copyout_right(&c, ipc_kmsg_remote(kmsg),
			      MACH_MSGH_BITS_REMOTE(bits));
	header->msgh_protected_payload =
		copyout_right(&c, ipc_kmsg_local(kmsg),
			      MACH_MSGH_BITS_LOCAL(bits));
	if ((bits & MACH_MSGH_BITS_COMPLEX) != 0)
		copyout_items(&c, header);
	return c.lost;
}
