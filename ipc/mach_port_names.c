/*
 * ipc/mach_port_names.c -- lists of names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/mach_port.h.  A space may have very many names: they are read in
 * batches, and others have their turn in between.  A name that comes or goes
 * meanwhile may be in the list or not.
 */
#include "ipc/mach_port.h"

#include "ipc/ipc_pset.h"
#include "ipc/ipc_right_locked.h"
#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "lib/atomic.h"
#include "vm/vm_copy.h"

/* More than this no list has: what kalloc() can give. */
#define MAX_NAMES	(KALLOC_MAX / sizeof(mach_port_name_t))

/* A list in the making. */
struct name_list {
	mach_port_name_t *names;
	mach_port_type_t *types;	/* or NULL: not wanted */
	unsigned int	room;		/* of each */
	unsigned int	count;		/* found; those beyond room too */
	const struct ipc_pset *pset;	/* NULL; or only members of this set */
	uint64_t	key;		/* where to go on */
};

/* Does an entry belong in the list?  It has been looked up. */
static bool
name_list_wants(const struct name_list *list, const struct ipc_entry *entry)
{
	bool is_member;

	if (entry->rights == 0)
		return false;
	if (list->pset == NULL)
		return true;
	if ((entry->rights & IPC_ENTRY_RECEIVE) == 0)
		return false;
	ipc_port_lock(entry->port);
	is_member = entry->port->pset == list->pset;
	ipc_port_unlock(entry->port);
	return is_member;
}

static void
name_list_add(struct name_list *list, const struct ipc_entry *entry)
{
	if (list->count < list->room) {
		list->names[list->count] = entry->name;
		if (list->types != NULL)
			list->types[list->count] = ipc_right_type(entry);
	}
	list->count++;
}

/* One batch; false: that was all, or the space is dead. */
static bool
name_list_read(struct ipc_space *space, struct name_list *list)
{
	struct ipc_entry *entry = NULL;

	ipc_space_lock(space);
	for (unsigned int n = 0; n < BUDGET_UNITS && space->active; n++) {
		entry = radix_tree_next(&space->names, &list->key);
		if (entry == NULL)
			break;
		list->key++;
		if (entry->rights != 0)
			(void)ipc_right_lookup(space, entry->name);
		if (name_list_wants(list, entry))
			name_list_add(list, entry);
	}
	ipc_space_unlock(space);
	return entry != NULL;
}

static void
name_list_free(struct name_list *list)
{
	size_t size = list->room * sizeof(mach_port_name_t);

	if (list->names != NULL)
		kfree(list->names, size);
	if (list->types != NULL)
		kfree(list->types, size);
	list->names = NULL;
	list->types = NULL;
}

/* Memory for @room names, and their types if @with_types. */
static bool
name_list_alloc(struct name_list *list, unsigned int room, bool with_types)
{
	size_t size = room * sizeof(mach_port_name_t);

	list->room = room;
	if (room > MAX_NAMES)
		return false;
	list->names = kalloc(size, KM_WAIT);
	if (with_types)
		list->types = kalloc(size, KM_WAIT);
	if (list->names != NULL && (!with_types || list->types != NULL))
		return true;
	name_list_free(list);
	return false;
}

/* All of it.  On success list->names is to be freed. */
static kern_return_t
name_list_make(struct ipc_space *space, struct name_list *list, bool with_types)
{
	unsigned int room = RADIX_SLOTS;
	struct budget budget = { 0 };

	for (;;) {
		if (!name_list_alloc(list, room, with_types))
			return KERN_RESOURCE_SHORTAGE;
		list->count = 0;
		list->key = 0;
		while (name_list_read(space, list))
			budget_yield(&budget);
		if (list->count <= list->room)
			return KERN_SUCCESS;
		room = list->count + list->count / 8;
		name_list_free(list);
	}
}

/* What the kernel form of a message has in place of an array's address. */
static kern_return_t
name_list_send(const void *data, unsigned int count, struct vm_map_copy **copy)
{
	return vm_map_copyin_kernel(data, count * sizeof(mach_port_name_t),
				    copy);
}

kern_return_t
mach_port_names(ipc_space_t space, mach_port_name_array_t *names,
		mach_msg_type_number_t *nr_names, mach_port_type_array_t *types,
		mach_msg_type_number_t *nr_types)
{
	struct vm_map_copy *name_copy, *type_copy;
	struct name_list list = { 0 };
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	kr = name_list_make(space, &list, true);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = name_list_send(list.names, list.count, &name_copy);
	if (kr == KERN_SUCCESS) {
		kr = name_list_send(list.types, list.count, &type_copy);
		if (kr != KERN_SUCCESS)
			vm_map_copy_discard(name_copy);
	}
	name_list_free(&list);
	if (kr != KERN_SUCCESS)
		return kr;
	*names = (mach_port_name_array_t)(void *)name_copy;
	*types = (mach_port_type_array_t)(void *)type_copy;
	*nr_names = list.count;
	*nr_types = list.count;
	return KERN_SUCCESS;
}

/* The set of a name, with a reference. */
static kern_return_t
mach_port_find_set(struct ipc_space *space, mach_port_name_t name,
		   struct ipc_pset **pset)
{
	kern_return_t kr = KERN_INVALID_TASK;
	struct ipc_entry *entry;

	ipc_space_lock(space);
	if (space->active) {
		entry = ipc_entry_lookup(space, name);
		kr = entry == NULL ? KERN_INVALID_NAME : KERN_INVALID_RIGHT;
		if (entry != NULL && (entry->rights & IPC_ENTRY_SET) != 0) {
			*pset = entry->pset;
			ipc_pset_ref(*pset);
			kr = KERN_SUCCESS;
		}
	}
	ipc_space_unlock(space);
	return kr;
}

kern_return_t
mach_port_get_set_status(ipc_space_t space, mach_port_name_t name,
			 mach_port_name_array_t *members,
			 mach_msg_type_number_t *nr_members)
{
	struct name_list list = { 0 };
	struct vm_map_copy *copy;
	struct ipc_pset *pset;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	kr = mach_port_find_set(space, name, &pset);
	if (kr != KERN_SUCCESS)
		return kr;
	list.pset = pset;
	kr = name_list_make(space, &list, false);
	if (kr == KERN_SUCCESS) {
		kr = name_list_send(list.names, list.count, &copy);
		name_list_free(&list);
	}
	ipc_pset_unref(pset);
	if (kr != KERN_SUCCESS)
		return kr;
	*members = (mach_port_name_array_t)(void *)copy;
	*nr_members = list.count;
	return KERN_SUCCESS;
}
