/*
 * ipc/ipc_entry.h -- entries of a space: names given out and taken back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Private to ipc/.  Entries and nodes of the tree are allocated before the
 * space's lock is taken:
 *
 *	ipc_spare_init(&spare);
 *	do {
 *		ipc_space_lock(space);
 *		kr = ipc_entry_alloc(space, &spare, &entry);
 *		... if success: use it
 *		ipc_space_unlock(space);
 *	} while (kr == KERN_ABORTED && ipc_spare_fill(&spare));
 *	ipc_spare_fini(&spare);
 */
#ifndef IPC_IPC_ENTRY_H
#define IPC_IPC_ENTRY_H

#include <stdbool.h>

#include "ipc/ipc_space.h"

/* Memory for one entry; and what removals left over. */
struct ipc_spare {
	struct ipc_entry *entry;	/* or NULL */
	bool		want_entry;
	unsigned int	want_nodes;
	struct radix_nodes nodes;
};

/* Make the caches.  Context: start-up, by ipc_init(). */
void ipc_entry_init(void);

/* Empty. */
void ipc_spare_init(struct ipc_spare *spare);

/**
 * ipc_spare_fill - get what an allocation lacked
 *
 * Context: a thread, no spin lock held; may block.
 * Return:  false: no memory.
 */
MUST_CHECK bool ipc_spare_fill(struct ipc_spare *spare);

/* Free what is left.  Context: a thread, no spin lock held. */
void ipc_spare_fini(struct ipc_spare *spare);

/**
 * ipc_entry_lookup - the entry of a name
 *
 * Return:  the entry, or NULL: there is none or it is free.
 */
struct ipc_entry *ipc_entry_lookup(struct ipc_space *space,
				   mach_port_name_t name)
	REQUIRES(space->lock);

/* The entry of a name, maybe a free one; or NULL. */
static ALWAYS_INLINE struct ipc_entry *
ipc_entry_find(const struct ipc_space *space, mach_port_name_t name)
	REQUIRES(space->lock)
{
	const struct radix_node *leaf = space->names.root;

	/* Few names: the root is a leaf. */
	if (likely(space->names.height == 1))
		return likely(name < RADIX_SLOTS) ? radix_leaf_item(leaf, name)
						  : NULL;
	leaf = radix_tree_leaf(&space->names, name);
	return leaf != NULL ? radix_leaf_item(leaf, name) : NULL;
}

/**
 * ipc_entry_alloc - give out a name
 * @space:	active
 * @spare:	memory
 * @out:	set on success: an entry with no rights, charged, which the
 *		caller makes into something before it lets the lock go
 *
 * Return:  KERN_SUCCESS; KERN_ABORTED: more memory is needed, let the lock go
 *	    and call ipc_spare_fill(); KERN_RESOURCE_SHORTAGE: at the limit;
 *	    KERN_NO_SPACE: no name is free.
 */
MUST_CHECK kern_return_t ipc_entry_alloc(struct ipc_space *space,
					 struct ipc_spare *spare,
					 struct ipc_entry **out)
	REQUIRES(space->lock);

/**
 * ipc_entry_alloc_name - give out one name
 * @name:	neither null nor dead; has no entry, or a free one
 *
 * The rest is as above.
 */
MUST_CHECK kern_return_t ipc_entry_alloc_name(struct ipc_space *space,
					      struct ipc_spare *spare,
					      mach_port_name_t name,
					      struct ipc_entry **out)
	REQUIRES(space->lock);

/**
 * ipc_entry_free - take a name back
 * @entry:	holds no right any more and is in no tree by port
 * @spare:	gets what memory that makes free
 */
void ipc_entry_free(struct ipc_space *space, struct ipc_entry *entry,
		    struct ipc_spare *spare)
	REQUIRES(space->lock);

/* Will the name that is freed next stay in the tree?  Then this frees it. */
static inline bool
ipc_entry_is_kept(const struct ipc_space *space)
	REQUIRES(space->lock)
{
	return space->nr_free < IPC_FREE_NAMES;
}

void ipc_entry_free_kept(struct ipc_space *space, struct ipc_entry *entry)
	REQUIRES(space->lock);

/* The name that was freed last, as ipc_entry_alloc(); NULL: there is none, or
 * the space is at its limit. */
struct ipc_entry *ipc_entry_take_free(struct ipc_space *space)
	REQUIRES(space->lock);

/**
 * ipc_entry_find_send - the entry that is a send right to a port, and no more
 *
 * Return:  the entry, or NULL.
 */
struct ipc_entry *ipc_entry_find_send(struct ipc_space *space,
				      const struct ipc_port *port)
	REQUIRES(space->lock);

/* Enter into the tree by port, and remove.  entry->port is set. */
void ipc_entry_link_send(struct ipc_space *space, struct ipc_entry *entry)
	REQUIRES(space->lock);
void ipc_entry_unlink_send(struct ipc_space *space, struct ipc_entry *entry)
	REQUIRES(space->lock);

/**
 * ipc_entry_take - take up to RADIX_SLOTS entries out of a dead space
 * @key:	in, out: where to begin; 0 first
 * @entries:	room for RADIX_SLOTS
 * @spare:	gets nodes
 *
 * Return:  how many; free ones are among them.  0: there are no more.
 */
unsigned int ipc_entry_take(struct ipc_space *space, uint64_t *key,
			    struct ipc_entry **entries,
			    struct ipc_spare *spare)
	REQUIRES(space->lock);

/* Free the memory of an entry that is in no tree.  Context: a thread. */
void ipc_entry_discard(struct ipc_entry *entry);

#endif /* IPC_IPC_ENTRY_H */
