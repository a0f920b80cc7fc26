/*
 * ipc/ipc_kmsg.c -- see ipc/ipc_kmsg.h: memory of messages, their end, and
 *	their way from and to a program.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_kmsg.h"

#include <machine/cpu.h>

#include "ipc/ipc_item.h"
#include "ipc/ipc_notify.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_copy.h"

/* Messages of up to so many bytes come from a cache; most are such. */
#define KMSG_HEAD		offsetof(struct ipc_kmsg, header)
#define KMSG_SMALL		((size_t)256 - KMSG_HEAD)

static struct kmem_cache kmsg_cache;

void
ipc_kmsg_init(void)
{
	kmem_cache_init(&kmsg_cache, "ipc_kmsg", KMSG_HEAD + KMSG_SMALL, 0,
			NULL, 0);
}

void
ipc_kmsg_fini(void)
{
	bool destroyed = kmem_cache_destroy(&kmsg_cache);

	assert(destroyed);
	(void)destroyed;
}

struct ipc_kmsg *
ipc_kmsg_alloc(size_t size, unsigned int km_flags)
{
	struct ipc_kmsg *kmsg;

	assert(size >= sizeof(mach_msg_header_t));
	if (likely(size <= KMSG_SMALL))
		kmsg = kmem_cache_alloc(&kmsg_cache, km_flags);
	else if (size <= IPC_KMSG_SIZE_MAX)
		kmsg = kalloc(KMSG_HEAD + size, km_flags);
	else
		kmsg = NULL;
	if (unlikely(kmsg == NULL))
		return NULL;
	list_init(&kmsg->link);
	kmsg->room = MAX(size, KMSG_SMALL);
	kmsg->charged = NULL;
	kmsg->charge = 0;
	kmsg->nr_rights = 0;
	kmsg->accept = NULL;
	kmsg->circular = false;
	kmsg->header.msgh_size = (mach_msg_size_t)size;
	return kmsg;
}

struct ipc_kmsg *
ipc_kmsg_alloc_notice(void)
{
	return ipc_kmsg_alloc(IPC_KMSG_NOTICE_SIZE, KM_WAIT | KM_ZERO);
}

void
ipc_kmsg_uncharge(struct ipc_kmsg *kmsg)
{
	struct ipc_space *space = kmsg->charged;

	if (space == NULL)
		return;
	kmsg->charged = NULL;
	ipc_space_uncharge(space, IPC_BYTES, kmsg->charge);
	ipc_space_uncharge(space, IPC_MESSAGES, 1);
	if (kmsg->nr_rights != 0) {
		ipc_space_uncharge(space, IPC_RIGHTS, kmsg->nr_rights);
		kmsg->nr_rights = 0;
	}
	ipc_space_unref(space);
}

void
ipc_kmsg_accepted(struct ipc_kmsg *kmsg)
{
	struct ipc_kmsg_accept *accept = kmsg->accept;

	if (accept == NULL)
		return;
	kmsg->accept = NULL;
	(void)ipc_right_set_marequest(accept->space, accept->name, false);
	ipc_notify_msg_accepted(accept->request, accept->name);
	ipc_space_unref(accept->space);
	kfree(accept, sizeof *accept);
}

void
ipc_kmsg_free(struct ipc_kmsg *kmsg)
{
	if (unlikely(kmsg->accept != NULL))
		ipc_kmsg_accepted(kmsg);
	if (kmsg->charged != NULL)
		ipc_kmsg_uncharge(kmsg);
	if (likely(kmsg->room <= KMSG_SMALL))
		kmem_cache_free(&kmsg_cache, kmsg);
	else
		kfree(kmsg, KMSG_HEAD + kmsg->room);
}

/* Release what one item of a message in kernel form holds. */
static void
clean_item(struct ipc_item *item, struct budget *budget)
{
	rpc_uintptr_t *slots;

	if (!ipc_item_is_rights(item)) {
		if (!item->is_inline)
			vm_map_copy_discard((struct vm_map_copy *)
					    ipc_item_pointer(item));
		return;
	}
	slots = ipc_item_slots(item);
	for (uint32_t i = 0; i < item->number; i++) {
		ipc_right_release((ipc_port_t)slots[i], item->name);
		budget_spend(budget);
	}
	if (!item->is_inline && item->number != 0)
		kfree(slots, ipc_item_slots_size(item));
}

void
ipc_kmsg_clean_body(mach_msg_header_t *header)
{
	size_t offset = sizeof *header;
	struct budget budget = { 0 };
	struct ipc_item item;

	if ((header->msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0)
		return;
	while (ipc_item_next_special(header, &offset, &item) == IPC_ITEM_OK)
		clean_item(&item, &budget);
	header->msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
}

void
ipc_kmsg_clean(mach_msg_header_t *header)
{
	mach_msg_bits_t bits = header->msgh_bits;
	ipc_port_t remote = (ipc_port_t)header->msgh_remote_port_do_not_use;
	ipc_port_t local = (ipc_port_t)header->msgh_protected_payload;

	if (IP_VALID(remote))
		ipc_right_release(remote, MACH_MSGH_BITS_REMOTE(bits));
	if (IP_VALID(local))
		ipc_right_release(local, MACH_MSGH_BITS_LOCAL(bits));
	ipc_kmsg_clean_body(header);
}

void
ipc_kmsg_destroy_list(struct list *list)
{
	struct thread *self = current_thread();
	struct budget budget = { 0 };
	struct list doomed;

	/* Called by what this thread is destroying: it sees to these, too. */
	if (self->ipc_doomed != NULL) {
		list_splice_tail(self->ipc_doomed, list);
		return;
	}

	list_init(&doomed);
	list_splice_tail(&doomed, list);
	self->ipc_doomed = &doomed;
	while (!list_is_empty(&doomed)) {
		struct ipc_kmsg *kmsg;

		kmsg = list_entry(list_first(&doomed), struct ipc_kmsg, link);
		list_remove(&kmsg->link);
		ipc_kmsg_clean(&kmsg->header);
		ipc_kmsg_free(kmsg);
		budget_spend(&budget);
	}
	self->ipc_doomed = NULL;
}

void
ipc_kmsg_destroy(struct ipc_kmsg *kmsg)
{
	struct list list;

	list_init(&list);
	list_add_tail(&list, &kmsg->link);
	ipc_kmsg_destroy_list(&list);
}

/* The rights in the body of a message in kernel form, and the bytes of their
 * arrays, are to be charged. */
static void
count_rights(struct ipc_kmsg *kmsg)
{
	size_t offset = sizeof kmsg->header;
	struct ipc_item item;

	while (ipc_item_next_special(&kmsg->header, &offset, &item)
	       == IPC_ITEM_OK) {
		if (!ipc_item_is_rights(&item))
			continue;
		kmsg->nr_rights += item.number;
		if (!item.is_inline)
			kmsg->charge += ipc_item_slots_size(&item);
	}
}

void
ipc_kmsg_charge(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	assert(kmsg->charged == NULL && kmsg->nr_rights == 0);
	kmsg->charge = KMSG_HEAD + kmsg->header.msgh_size;
	if ((kmsg->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0)
		count_rights(kmsg);
	ipc_space_ref(space);
	ipc_space_charge_anyway(space, IPC_MESSAGES, 1);
	ipc_space_charge_anyway(space, IPC_BYTES, kmsg->charge);
	if (kmsg->nr_rights != 0)
		ipc_space_charge_anyway(space, IPC_RIGHTS, kmsg->nr_rights);
	kmsg->charged = space;
}

bool
ipc_kmsg_charge_rights(struct ipc_kmsg *kmsg, uint32_t n)
{
	assert(kmsg->nr_rights == 0);
	if (n == 0)
		return true;
	if (!ipc_space_charge(kmsg->charged, IPC_RIGHTS, n))
		return false;
	kmsg->nr_rights = n;
	return true;
}

/* A message for which @space pays; NULL: no memory, too large, or
 * at the limit. */
static struct ipc_kmsg *
kmsg_alloc_charged(struct ipc_space *space, mach_msg_size_t size)
{
	size_t charge = KMSG_HEAD + size;
	struct ipc_kmsg *kmsg;

	if (size > IPC_KMSG_SIZE_MAX
	    || !ipc_space_charge(space, IPC_MESSAGES, 1))
		return NULL;
	if (!ipc_space_charge(space, IPC_BYTES, charge))
		goto no_bytes;
	kmsg = ipc_kmsg_alloc(size, KM_WAIT);
	if (kmsg == NULL)
		goto no_memory;
	ipc_space_ref(space);
	kmsg->charged = space;
	kmsg->charge = charge;
	return kmsg;

no_memory:
	ipc_space_uncharge(space, IPC_BYTES, charge);
no_bytes:
	ipc_space_uncharge(space, IPC_MESSAGES, 1);
	return NULL;
}

mach_msg_return_t
ipc_kmsg_get_user(user_addr_t msg, mach_msg_size_t size,
		  struct ipc_space *space, struct ipc_kmsg **out)
{
	struct ipc_kmsg *kmsg;

	might_block();
	if (size < sizeof(mach_msg_header_t)
	    || !IS_ALIGNED(size, MACH_MSG_USER_ALIGNMENT))
		return MACH_SEND_MSG_TOO_SMALL;
	kmsg = kmsg_alloc_charged(space, size);
	if (kmsg == NULL)
		return MACH_SEND_NO_BUFFER;
	if (!copy_from_user(&kmsg->header, msg, size)) {
		ipc_kmsg_free(kmsg);
		return MACH_SEND_INVALID_DATA;
	}
	kmsg->header.msgh_size = size;
	kmsg->header.msgh_bits &= MACH_MSGH_BITS_COMPLEX
				  | MACH_MSGH_BITS_PORTS_MASK;
	*out = kmsg;
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
ipc_kmsg_put_user(user_addr_t msg, struct ipc_kmsg *kmsg, mach_msg_size_t size)
{
	bool written;

	might_block();
	assert(size <= kmsg->room);
	written = copy_to_user(msg, &kmsg->header, size);
	ipc_kmsg_free(kmsg);
	return written ? MACH_MSG_SUCCESS : MACH_RCV_INVALID_DATA;
}
