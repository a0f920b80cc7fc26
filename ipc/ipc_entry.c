/*
 * ipc/ipc_entry.c -- names given out and taken back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_entry.h and ipc/ipc_space.h.
 */
#include "ipc/ipc_entry.h"

#include "kern/assert.h"
#include "kern/slab.h"

#define LAST_NAME	((uint64_t)MACH_PORT_NAME_DEAD - 1)

static struct kmem_cache ipc_entry_cache;
static struct kmem_cache ipc_node_cache;

void
ipc_entry_init(void)
{
	kmem_cache_init(&ipc_entry_cache, "ipc_entry",
			sizeof(struct ipc_entry), 0, NULL, 0);
	kmem_cache_init(&ipc_node_cache, "ipc_node", RADIX_NODE_SIZE, 0,
			NULL, 0);
}

void
ipc_spare_init(struct ipc_spare *spare)
{
	spare->entry = NULL;
	spare->want_entry = false;
	spare->want_nodes = 0;
	radix_nodes_init(&spare->nodes);
}

bool
ipc_spare_fill(struct ipc_spare *spare)
{
	void *memory;

	if (spare->want_entry && spare->entry == NULL) {
		spare->entry = kmem_cache_alloc(&ipc_entry_cache, KM_WAIT);
		if (spare->entry == NULL)
			return false;
	}
	while (spare->nodes.count < spare->want_nodes) {
		memory = kmem_cache_alloc(&ipc_node_cache, KM_WAIT);
		if (memory == NULL)
			return false;
		radix_nodes_add(&spare->nodes, memory);
	}
	return true;
}

void
ipc_spare_fini(struct ipc_spare *spare)
{
	if (spare->entry != NULL)
		kmem_cache_free(&ipc_entry_cache, spare->entry);
	spare->entry = NULL;
	while (spare->nodes.count != 0)
		kmem_cache_free(&ipc_node_cache,
				radix_nodes_take(&spare->nodes));
}

void
ipc_entry_discard(struct ipc_entry *entry)
{
	kmem_cache_free(&ipc_entry_cache, entry);
}

struct ipc_entry *
ipc_entry_lookup(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_entry *entry;

	spin_assert_held(&space->lock);
	entry = ipc_entry_find(space, name);
	return entry != NULL && entry->rights != 0 ? entry : NULL;
}

/* IPC_NAMES is changed here only, with the space locked. */
static inline bool
names_charge(struct ipc_space *space)
	REQUIRES(space->lock)
{
	struct ipc_charge *names = &space->charges[IPC_NAMES];
	unsigned long used = atomic_load_relaxed(&names->used);

	if (used >= atomic_load_relaxed(&names->limit))
		return false;
	atomic_store_relaxed(&names->used, used + 1);
	return true;
}

static inline void
names_uncharge(struct ipc_space *space)
	REQUIRES(space->lock)
{
	struct ipc_charge *names = &space->charges[IPC_NAMES];
	unsigned long used = atomic_load_relaxed(&names->used);

	assert(used != 0);
	atomic_store_relaxed(&names->used, used - 1);
}

/* The least name that is not in the tree; above LAST_NAME: there is none. */
static uint64_t
ipc_entry_fresh(const struct ipc_space *space)
{
	uint64_t name = space->lowest;

	for (;;) {
		const struct radix_node *leaf = radix_tree_leaf(&space->names,
								name);
		uint64_t holes;

		if (leaf == NULL)
			return name;
		holes = ~leaf->map >> (name % RADIX_SLOTS);
		if (holes != 0)
			return name + lowest_bit_64(holes);
		name = (name | (RADIX_SLOTS - 1)) + 1;
	}
}

/* Put a new entry into the tree. */
static kern_return_t
ipc_entry_insert(struct ipc_space *space, struct ipc_spare *spare,
		 mach_port_name_t name, struct ipc_entry **out)
{
	struct ipc_entry *entry = spare->entry;
	unsigned int nodes = radix_tree_needs(&space->names, name);
	bool done;

	spare->want_entry = true;
	spare->want_nodes = nodes;
	if (entry == NULL || spare->nodes.count < nodes)
		return KERN_ABORTED;
	if (!ipc_space_charge(space, IPC_NODES, nodes))
		return KERN_RESOURCE_SHORTAGE;
	done = radix_tree_insert(&space->names, name, entry, &spare->nodes);
	assert(done);

	space->nr_entries++;
	spare->entry = NULL;
	entry->name = name;
	*out = entry;
	return KERN_SUCCESS;
}

/* An entry that has just been given out. */
static void
ipc_entry_clear(struct ipc_entry *entry)
{
	entry->urefs = 0;
	entry->rights = 0;
	entry->marequest = false;
	entry->port = NULL;
	entry->request = NULL;
}

static inline void
ipc_entry_unlink_free(struct ipc_space *space, struct ipc_entry *entry)
{
	list_remove(&entry->free_link);
	assert(space->nr_free != 0);
	space->nr_free--;
}

struct ipc_entry *
ipc_entry_take_free(struct ipc_space *space)
{
	struct ipc_entry *entry;

	spin_assert_held(&space->lock);
	if (list_is_empty(&space->free)
	    || !names_charge(space))
		return NULL;
	/* It has been cleared when it was freed. */
	entry = list_first_entry(&space->free, struct ipc_entry, free_link);
	ipc_entry_unlink_free(space, entry);
	return entry;
}

kern_return_t
ipc_entry_alloc(struct ipc_space *space, struct ipc_spare *spare,
		struct ipc_entry **out)
{
	kern_return_t kr = KERN_SUCCESS;
	uint64_t name;

	spin_assert_held(&space->lock);
	if (!names_charge(space))
		return KERN_RESOURCE_SHORTAGE;
	if (!list_is_empty(&space->free)) {
		*out = list_first_entry(&space->free, struct ipc_entry,
					free_link);
		ipc_entry_unlink_free(space, *out);
	} else {
		name = ipc_entry_fresh(space);
		space->lowest = (mach_port_name_t)MIN(name, LAST_NAME);
		kr = name > LAST_NAME ? KERN_NO_SPACE
			: ipc_entry_insert(space, spare,
					   (mach_port_name_t)name, out);
	}
	if (kr != KERN_SUCCESS)
		names_uncharge(space);
	else
		ipc_entry_clear(*out);
	return kr;
}

kern_return_t
ipc_entry_alloc_name(struct ipc_space *space, struct ipc_spare *spare,
		     mach_port_name_t name, struct ipc_entry **out)
{
	struct ipc_entry *entry;
	kern_return_t kr = KERN_SUCCESS;

	spin_assert_held(&space->lock);
	assert(MACH_PORT_NAME_VALID(name));
	if (!names_charge(space))
		return KERN_RESOURCE_SHORTAGE;
	entry = radix_tree_lookup(&space->names, name);
	if (entry != NULL) {
		assert(entry->rights == 0);
		ipc_entry_unlink_free(space, entry);
		*out = entry;
	} else {
		kr = ipc_entry_insert(space, spare, name, out);
	}
	if (kr != KERN_SUCCESS)
		names_uncharge(space);
	else
		ipc_entry_clear(*out);
	return kr;
}

/* Take an entry out of the tree and forget its name. */
static void
ipc_entry_forget(struct ipc_space *space, struct ipc_entry *entry,
		 struct ipc_spare *spare)
{
	unsigned int nodes = spare->nodes.count;
	void *item;

	item = radix_tree_remove(&space->names, entry->name, &spare->nodes);
	assert(item == entry);
	ipc_space_uncharge(space, IPC_NODES, spare->nodes.count - nodes);
	space->nr_entries--;
	space->lowest = MIN(space->lowest, entry->name);
	if (spare->entry == NULL)
		spare->entry = entry;
	else
		ipc_entry_discard(entry);
}

void
ipc_entry_free_kept(struct ipc_space *space, struct ipc_entry *entry)
{
	spin_assert_held(&space->lock);
	assert(entry->request == NULL);
	ipc_entry_clear(entry);
	names_uncharge(space);
	list_add_head(&space->free, &entry->free_link);
	space->nr_free++;
}

void
ipc_entry_free(struct ipc_space *space, struct ipc_entry *entry,
	       struct ipc_spare *spare)
{
	if (ipc_entry_is_kept(space)) {
		ipc_entry_free_kept(space, entry);
		return;
	}
	assert(entry->request == NULL);
	ipc_entry_clear(entry);
	names_uncharge(space);
	ipc_entry_forget(space, entry, spare);
}

static struct ipc_entry *
entry_by_port(struct rbnode *node)
{
	return rbtree_entry(node, struct ipc_entry, by_port);
}

struct ipc_entry *
ipc_entry_find_send(struct ipc_space *space, const struct ipc_port *port)
{
	struct rbnode *at = rbtree_root(&space->by_port);

	spin_assert_held(&space->lock);
	while (at != NULL) {
		struct ipc_entry *entry = entry_by_port(at);

		if (entry->port == port)
			return entry;
		at = rbnode_child(at, (uintptr_t)port > (uintptr_t)entry->port);
	}
	return NULL;
}

void
ipc_entry_link_send(struct ipc_space *space, struct ipc_entry *entry)
{
	struct rbnode *parent = NULL, *at = rbtree_root(&space->by_port);
	const struct ipc_port *port;
	unsigned int side = 0;

	spin_assert_held(&space->lock);
	while (at != NULL) {
		parent = at;
		port = entry_by_port(at)->port;
		assert(port != entry->port);
		side = (uintptr_t)entry->port > (uintptr_t)port;
		at = rbnode_child(at, side);
	}
	rbtree_insert(&space->by_port, parent, side, &entry->by_port, NULL);
}

void
ipc_entry_unlink_send(struct ipc_space *space, struct ipc_entry *entry)
{
	spin_assert_held(&space->lock);
	rbtree_remove(&space->by_port, &entry->by_port, NULL);
}

unsigned int
ipc_entry_take(struct ipc_space *space, uint64_t *key,
	       struct ipc_entry **entries, struct ipc_spare *spare)
{
	unsigned int nodes = spare->nodes.count;
	void *items[RADIX_SLOTS];
	unsigned int n;

	spin_assert_held(&space->lock);
	assert(!space->active);
	n = *key > LAST_NAME ? 0
		: radix_tree_take(&space->names, key, LAST_NAME + 1, items,
				  &spare->nodes);
	ipc_space_uncharge(space, IPC_NODES, spare->nodes.count - nodes);
	space->nr_entries -= n;
	for (unsigned int i = 0; i < n; i++) {
		struct ipc_entry *entry = items[i];

		entries[i] = entry;
		if (entry->rights == 0)
			ipc_entry_unlink_free(space, entry);
		else
			names_uncharge(space);
		if ((entry->rights & (IPC_ENTRY_SEND | IPC_ENTRY_RECEIVE))
		    == IPC_ENTRY_SEND)
			ipc_entry_unlink_send(space, entry);
	}
	return n;
}
