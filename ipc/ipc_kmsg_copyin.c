/*
 * ipc/ipc_kmsg_copyin.c -- see ipc/ipc_kmsg.h: messages from the user form
 *	to the kernel form.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of things, so that what fails can be undone:
 *
 *	1  the body is looked at: descriptors, sizes
 *	2  the header's rights are taken
 *	3  memory out of line is copied
 *	4  the body's rights are taken, and their names remembered
 *	5  a range that is to be deallocated is taken, if it is the only one
 *	6  descriptors are changed, and further ranges deallocated
 *
 * Up to 4, everything can be given back under the names that it had.  5 fails
 * or is the last.  What other threads of the task did to their names and
 * memory meanwhile is their business.
 */
#include "ipc/ipc_kmsg.h"

#include "ipc/ipc_item.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "ipc/mach_port.h"
#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/kalloc.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "vm/vm_copy.h"

#define LOG_NAMES	16u	/* rights whose names are kept on the stack */
#define LOG_RANGES	4u	/* ranges as well */

/* A range to be deallocated in the end. */
struct copyin_range {
	uintptr_t	addr;
	size_t		size;
};

/* One copy-in.  `nr_' of what the body asks for. */
struct copyin {
	struct ipc_kmsg	*kmsg;
	struct ipc_space *space;
	struct vm_map	*map;
	ipc_port_t	dest;
	struct ipc_header_names header;
	bool		is_complex;
	bool		has_rights;	/* an item of them, maybe empty */
	size_t		nr_rights;
	size_t		nr_ranges;	/* to be deallocated */
	bool		late;		/* phase 5 is for the one range */
	size_t		names_used;
	size_t		ranges_used;
	mach_port_name_t *names;	/* nr_rights of them */
	struct copyin_range *ranges;	/* nr_ranges */
	mach_port_name_t few_names[LOG_NAMES];
	struct copyin_range few_ranges[LOG_RANGES];
	struct budget	budget;
};

/* To walk over the items of a message that has been looked at; an end to it
 * that is not the end of the message. */
#define FOR_EACH_ITEM(c, offset, item) \
	for (offset = sizeof(mach_msg_header_t); \
	     ipc_item_next(&(c)->kmsg->header, &offset, &item) == IPC_ITEM_OK;)

/* Is this what phase 5 is for? */
static bool
item_is_late(const struct copyin *c, const struct ipc_item *item)
{
	return c->late && item->deallocate;
}

/* Phase 1: count what there is in an item. */
static mach_msg_return_t
scan_item(struct copyin *c, const struct ipc_item *item)
{
	if (!ipc_item_is_valid(item))
		return MACH_SEND_INVALID_TYPE;
	if (ipc_item_is_complex(item))
		c->is_complex = true;
	if (!item->is_inline && item->data_size > SIZE_MAX)
		return MACH_SEND_INVALID_MEMORY;
	if (item->deallocate && item->data_size != 0)
		c->nr_ranges++;
	if (!ipc_item_is_rights(item))
		return MACH_MSG_SUCCESS;
	c->has_rights = true;
	if (!item->is_inline
	    && item->number > KALLOC_MAX / sizeof(rpc_uintptr_t))
		return MACH_SEND_NO_BUFFER;
	/* No overflow: as many fit in an array or the message. */
	c->nr_rights += item->number;
	return MACH_MSG_SUCCESS;
}

static mach_msg_return_t
copyin_scan(struct copyin *c)
{
	mach_msg_header_t *header = &c->kmsg->header;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	size_t offset = sizeof *header;
	struct ipc_item item;

	if ((header->msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0)
		return MACH_MSG_SUCCESS;
	while (mr == MACH_MSG_SUCCESS) {
		switch (ipc_item_next(header, &offset, &item)) {
		case IPC_ITEM_END:
			return MACH_MSG_SUCCESS;
		case IPC_ITEM_TRUNCATED:
			return MACH_SEND_MSG_TOO_SMALL;
		case IPC_ITEM_BAD:
			return MACH_SEND_INVALID_TYPE;
		case IPC_ITEM_OK:
			mr = scan_item(c, &item);
			if (item.deallocate && item.data_size != 0)
				c->late = c->nr_ranges == 1
					  && !ipc_item_is_rights(&item);
			budget_spend(&c->budget);
			break;
		}
	}
	return mr;
}

/* Room for what phases 3 and 4 remember. */
static bool
log_alloc(struct copyin *c)
{
	c->names = c->few_names;
	c->ranges = c->few_ranges;
	if (c->nr_rights > KALLOC_MAX / sizeof *c->names
	    || c->nr_ranges > KALLOC_MAX / sizeof *c->ranges)
		return false;
	if (c->nr_rights > LOG_NAMES)
		c->names = kalloc(c->nr_rights * sizeof *c->names, KM_WAIT);
	if (c->names == NULL)
		return false;
	if (c->nr_ranges > LOG_RANGES)
		c->ranges = kalloc(c->nr_ranges * sizeof *c->ranges, KM_WAIT);
	if (c->ranges != NULL)
		return true;
	if (c->names != c->few_names)
		kfree(c->names, c->nr_rights * sizeof *c->names);
	return false;
}

static void
log_free(struct copyin *c)
{
	if (c->names != c->few_names)
		kfree(c->names, c->nr_rights * sizeof *c->names);
	if (c->ranges != c->few_ranges)
		kfree(c->ranges, c->nr_ranges * sizeof *c->ranges);
}

/* Give a reference to a dead name back. */
static void
undo_dead(struct copyin *c, mach_port_name_t name)
{
	if (mach_port_mod_refs(c->space, name, MACH_PORT_RIGHT_DEAD_NAME, 1)
	    != KERN_SUCCESS)
		(void)mach_port_allocate_name(c->space,
					      MACH_PORT_RIGHT_DEAD_NAME, name);
}

/* Give one right back, which `disposition' has taken from `name'. */
static void
undo_right(struct copyin *c, ipc_port_t port, mach_msg_type_name_t disposition,
	   mach_port_name_t name)
{
	mach_msg_type_name_t type;

	/* Without a right the disposition may be none, too. */
	if (!IP_VALID(port)) {
		if (MACH_PORT_NAME_VALID(name)
		    && (disposition == MACH_MSG_TYPE_MOVE_SEND
			|| disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE))
			undo_dead(c, name);
		return;
	}
	switch (disposition) {
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MAKE_SEND:
		ipc_port_release_send(port);
		return;
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		ipc_port_spend_sonce(port);
		return;
	default:
		type = ipc_right_in_transit(disposition);
		if (ipc_right_copyout_name(c->space, port, type, name)
		    != KERN_SUCCESS
		    && ipc_right_copyout(c->space, port, type, &name)
		    != KERN_SUCCESS)
			ipc_right_release(port, type);
	}
}

/* Phase 2. */
static mach_msg_return_t
copyin_header(struct copyin *c)
{
	mach_msg_header_t *header = &c->kmsg->header;
	mach_msg_return_t mr;
	ipc_port_t reply;

	mr = ipc_right_copyin_header(c->space, &c->header, &c->dest, &reply);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	header->msgh_remote_port_do_not_use = (rpc_uintptr_t)c->dest;
	header->msgh_protected_payload = (rpc_uintptr_t)reply;
	return MACH_MSG_SUCCESS;
}

static void
undo_header(struct copyin *c)
{
	undo_right(c, ipc_kmsg_local(c->kmsg), c->header.reply_disposition,
		   c->header.reply);
	undo_right(c, c->dest, c->header.dest_disposition, c->header.dest);
}

static mach_msg_return_t
memory_error(kern_return_t kr)
{
	return kr == KERN_RESOURCE_SHORTAGE ? MACH_SEND_NO_BUFFER
					    : MACH_SEND_INVALID_MEMORY;
}

/*
 * Make the array of names at the item's address into one of slots, for which
 * the space is charged until the message is freed.
 */
static mach_msg_return_t
copyin_array(struct copyin *c, struct ipc_item *item)
{
	size_t size = ipc_item_slots_size(item);
	size_t names_size = (size_t)item->data_size;
	struct vm_map_copy *copy;
	rpc_uintptr_t *slots;
	mach_port_name_t *names;
	kern_return_t kr;

	kr = vm_map_copyin(c->map, ipc_item_pointer(item), names_size, false,
			   &copy);
	if (kr != KERN_SUCCESS)
		return memory_error(kr);
	assert(c->kmsg->charged == c->space);
	if (!ipc_space_charge(c->space, IPC_BYTES, size)) {
		vm_map_copy_discard(copy);
		return MACH_SEND_NO_BUFFER;
	}
	c->kmsg->charge += size;
	slots = kalloc(size, KM_WAIT);
	if (slots != NULL) {
		/* At the end, to be spread from the front. */
		names = (mach_port_name_t *)(void *)
			((char *)slots + (size - names_size));
		kr = vm_map_copy_read(copy, 0, names, names_size);
		for (uint32_t i = 0; i < item->number; i++)
			slots[i] = names[i];
		ipc_item_set_pointer(item, (uintptr_t)slots);
	}
	vm_map_copy_discard(copy);
	if (kr != KERN_SUCCESS) {
		kfree(slots, size);
		return memory_error(kr);
	}
	return slots != NULL ? MACH_MSG_SUCCESS : MACH_SEND_NO_BUFFER;
}

static mach_msg_return_t
copyin_memory_item(struct copyin *c, struct ipc_item *item)
{
	uintptr_t addr = ipc_item_pointer(item);
	size_t size = (size_t)item->data_size;
	struct vm_map_copy *copy = NULL;
	mach_msg_return_t mr;
	kern_return_t kr;

	if (item->number != 0 && ipc_item_is_rights(item)) {
		mr = copyin_array(c, item);
		if (mr != MACH_MSG_SUCCESS)
			return mr;
	} else {
		kr = vm_map_copyin(c->map, addr, size, false, &copy);
		if (kr != KERN_SUCCESS)
			return memory_error(kr);
		ipc_item_set_pointer(item, (uintptr_t)copy);
	}
	if (item->deallocate && size != 0) {
		assert(c->ranges_used < c->nr_ranges);
		c->ranges[c->ranges_used++] = (struct copyin_range){
			.addr = addr, .size = size,
		};
	}
	return MACH_MSG_SUCCESS;
}

/* Drop the memory of items before @end; their rights have none. */
static void
undo_memory(struct copyin *c, size_t end)
{
	struct ipc_item item;
	size_t offset;

	FOR_EACH_ITEM(c, offset, item) {
		if (offset > end)
			break;
		if (item.is_inline || item_is_late(c, &item))
			continue;
		if (!ipc_item_is_rights(&item))
			vm_map_copy_discard((struct vm_map_copy *)
					    ipc_item_pointer(&item));
		else if (item.number != 0)
			kfree(ipc_item_slots(&item),
			      ipc_item_slots_size(&item));
		budget_spend(&c->budget);
	}
}

/* Phase 3. */
static mach_msg_return_t
copyin_memory(struct copyin *c)
{
	size_t offset, start = sizeof(mach_msg_header_t);
	struct ipc_item item;
	mach_msg_return_t mr;

	FOR_EACH_ITEM(c, offset, item) {
		if (!item.is_inline && !item_is_late(c, &item)) {
			mr = copyin_memory_item(c, &item);
			if (mr != MACH_MSG_SUCCESS) {
				undo_memory(c, start);
				return mr;
			}
			budget_spend(&c->budget);
		}
		start = offset;
	}
	return MACH_MSG_SUCCESS;
}

/* Take one right; @slot holds its name, then the port. */
static mach_msg_return_t
copyin_right(struct copyin *c, rpc_uintptr_t *slot,
	     mach_msg_type_name_t disposition)
{
	mach_port_name_t name = (mach_port_name_t)*slot;
	ipc_port_t port = name == MACH_PORT_NAME_NULL ? IP_NULL : IP_DEAD;
	kern_return_t kr;

	if (MACH_PORT_NAME_VALID(name)) {
		kr = ipc_right_copyin(c->space, name, disposition, true, &port);
		if (kr != KERN_SUCCESS)
			return kr == KERN_RESOURCE_SHORTAGE
			       ? MACH_SEND_NO_BUFFER : MACH_SEND_INVALID_RIGHT;
	}
	if (disposition == MACH_MSG_TYPE_MOVE_RECEIVE && IP_VALID(port)
	    && ipc_port_check_circularity(port, c->dest))
		c->kmsg->circular = true;
	assert(c->names_used < c->nr_rights);
	c->names[c->names_used++] = name;
	*slot = (rpc_uintptr_t)port;
	return MACH_MSG_SUCCESS;
}

/* Give back the rights that have been taken so far. */
static void
undo_rights(struct copyin *c)
{
	size_t offset, n = 0;
	struct ipc_item item;

	FOR_EACH_ITEM(c, offset, item) {
		rpc_uintptr_t *slots;

		if (n == c->names_used)
			break;
		if (!ipc_item_is_rights(&item))
			continue;
		slots = ipc_item_slots(&item);
		for (uint32_t i = 0; i < item.number && n < c->names_used; i++)
			undo_right(c, (ipc_port_t)slots[i], item.name,
				   c->names[n++]);
		budget_spend(&c->budget);
	}
}

/* Phase 4. */
static mach_msg_return_t
copyin_rights(struct copyin *c)
{
	struct ipc_item item;
	mach_msg_return_t mr;
	size_t offset;

	if (!c->has_rights)
		return MACH_MSG_SUCCESS;
	FOR_EACH_ITEM(c, offset, item) {
		rpc_uintptr_t *slots;

		if (!ipc_item_is_rights(&item))
			continue;
		slots = ipc_item_slots(&item);
		for (uint32_t i = 0; i < item.number; i++) {
			mr = copyin_right(c, &slots[i], item.name);
			if (mr != MACH_MSG_SUCCESS) {
				undo_rights(c);
				return mr;
			}
			budget_spend(&c->budget);
		}
	}
	return MACH_MSG_SUCCESS;
}

/* Phase 5. */
static mach_msg_return_t
copyin_late(struct copyin *c)
{
	struct vm_map_copy *copy;
	struct ipc_item item;
	kern_return_t kr;
	size_t offset;

	if (!c->late)
		return MACH_MSG_SUCCESS;
	FOR_EACH_ITEM(c, offset, item) {
		if (!item_is_late(c, &item))
			continue;
		kr = vm_map_copyin(c->map, ipc_item_pointer(&item),
				   (size_t)item.data_size, true, &copy);
		if (kr != KERN_SUCCESS)
			return memory_error(kr);
		ipc_item_set_pointer(&item, (uintptr_t)copy);
	}
	return MACH_MSG_SUCCESS;
}

/* What the descriptors of rights say in a message on its way. */
static void
finish_rights(struct copyin *c)
{
	struct ipc_item item;
	size_t offset;

	FOR_EACH_ITEM(c, offset, item) {
		if (ipc_item_is_rights(&item)) {
			ipc_item_set_name(&item,
					  ipc_right_in_transit(item.name));
			ipc_item_set_bits(&item, IPC_ITEM_RIGHT_BITS);
		}
		budget_spend(&c->budget);
	}
}

/* Phase 6: nothing fails any more. */
static void
copyin_finish(struct copyin *c)
{
	mach_msg_header_t *header = &c->kmsg->header;
	struct vm_map_copy *copy;

	if (c->has_rights)
		finish_rights(c);
	for (size_t i = 0; i < c->ranges_used; i++)
		if (vm_map_copyin(c->map, c->ranges[i].addr, c->ranges[i].size,
				  true, &copy) == KERN_SUCCESS)
			vm_map_copy_discard(copy);
	if (!c->is_complex)
		header->msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
}

/* Phases 3 to 6, or nothing. */
static mach_msg_return_t
copyin_body(struct copyin *c)
{
	mach_msg_return_t mr;

	if (!log_alloc(c))
		return MACH_SEND_NO_BUFFER;
	/* The logs have room for as many: no overflow. */
	mr = MACH_SEND_NO_BUFFER;
	if (ipc_kmsg_charge_rights(c->kmsg, (uint32_t)c->nr_rights))
		mr = copyin_memory(c);
	if (mr == MACH_MSG_SUCCESS) {
		mr = copyin_rights(c);
		if (mr == MACH_MSG_SUCCESS) {
			mr = copyin_late(c);
			if (mr != MACH_MSG_SUCCESS)
				undo_rights(c);
		}
		if (mr != MACH_MSG_SUCCESS)
			undo_memory(c, c->kmsg->header.msgh_size);
	}
	if (mr == MACH_MSG_SUCCESS)
		copyin_finish(c);
	log_free(c);
	return mr;
}

/* The dispositions of a header, taken apart; false: not for a header. */
static bool
header_names(const mach_msg_header_t *header, mach_port_name_t notify,
	     struct ipc_header_names *names)
{
	names->dest = (mach_port_name_t)header->msgh_remote_port_do_not_use;
	names->dest_disposition = MACH_MSGH_BITS_REMOTE(header->msgh_bits);
	names->reply = (mach_port_name_t)header->msgh_protected_payload;
	names->reply_disposition = MACH_MSGH_BITS_LOCAL(header->msgh_bits);
	names->notify = notify;
	if (!MACH_MSG_TYPE_PORT_ANY_SEND(names->dest_disposition))
		return false;
	if (names->reply_disposition == 0)
		return names->reply == MACH_PORT_NAME_NULL;
	return MACH_MSG_TYPE_PORT_ANY_SEND(names->reply_disposition);
}

mach_msg_return_t
ipc_kmsg_copyin(struct ipc_kmsg *kmsg, struct ipc_space *space,
		struct vm_map *map, mach_port_name_t notify)
{
	mach_msg_header_t *header = &kmsg->header;
	struct copyin c = { .kmsg = kmsg, .space = space, .map = map };
	mach_msg_return_t scanned, mr;

	might_block();
	if (!header_names(header, notify, &c.header))
		return MACH_SEND_INVALID_HEADER;
	scanned = copyin_scan(&c);
	mr = copyin_header(&c);
	if (mr != MACH_MSG_SUCCESS)
		return mr;

	/* A header that is wrong comes before a body that is. */
	mr = scanned;
	if (mr == MACH_MSG_SUCCESS
	    && (header->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0)
		mr = copyin_body(&c);
	if (mr != MACH_MSG_SUCCESS) {
		undo_header(&c);
		return mr;
	}
	header->msgh_bits = ipc_kmsg_bits_in_transit(header->msgh_bits);
	return MACH_MSG_SUCCESS;
}
