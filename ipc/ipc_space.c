/*
 * ipc/ipc_space.c -- spaces: their life, and what they may have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_space.h.
 */
#include "ipc/ipc_space.h"

#include <machine/page.h>

#include "ipc/ipc_entry.h"
#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_notify.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_pset.h"
#include "ipc/ipc_right_locked.h"
#include "kern/assert.h"
#include "kern/boot_word.h"
#include "kern/budget.h"
#include "kern/printf.h"
#include "kern/slab.h"
#include "lib/atomic.h"
#include "vm/vm_page_stats.h"

/* A space may have a name, or a port, for so many bytes of memory. */
#define BYTES_PER_NAME		1024u
#define BYTES_PER_PORT		2048u
#define BYTES_PER_THREAD	(64u << 10)
#define BYTES_PER_RIGHT		1024u	/* it may be all that keeps a port */
#define LEAST_THREADS	512u
#define LEAST_NAMES		1024u	/* whatever the memory */
#define NAMES_PER_NODE		4u	/* dense names need 1/64 */
#define BYTES_PER_MESSAGE	4096u
#define PART_FOR_MESSAGES	8u	/* bytes of messages: 1/8 of memory */

struct ipc_space ipc_space_kernel_data = {
	.lock = SPINLOCK_INITIALIZER(RANK_IPC_SPACE),
	.refs = 1,
};

static struct kmem_cache ipc_space_cache;

/* Of new spaces; written at start-up. */
static unsigned long limits[NR_IPC_RESOURCES];

static const struct {
	const char *word;		/* of the command line; NULL: none */
	const char *what;
} resources[NR_IPC_RESOURCES] = {
	[IPC_NAMES] = { "ipc-names", "names" },
	[IPC_PORTS] = { "ipc-ports", "ports" },
	[IPC_MESSAGES] = { "ipc-messages", "messages" },
	[IPC_BYTES] = { "ipc-bytes", "bytes" },
	[IPC_NODES] = { NULL, "nodes" },
	[IPC_ONCE] = { NULL, "send-once" },
	[IPC_THREADS] = { "task-threads", "threads" },
	[IPC_RIGHTS] = { "ipc-rights", "rights" },
};

static void
ipc_limits_init(void)
{
	uint64_t memory = (uint64_t)vm_page_total() * PAGE_SIZE;

	limits[IPC_NAMES] = (unsigned long)MAX(memory / BYTES_PER_NAME,
					       LEAST_NAMES);
	limits[IPC_PORTS] = (unsigned long)MAX(memory / BYTES_PER_PORT,
					       LEAST_NAMES);
	limits[IPC_MESSAGES] = (unsigned long)MAX(memory / BYTES_PER_MESSAGE,
						  LEAST_NAMES);
	limits[IPC_THREADS] = (unsigned long)MAX(memory / BYTES_PER_THREAD,
						 LEAST_THREADS);
	limits[IPC_RIGHTS] = (unsigned long)MAX(memory / BYTES_PER_RIGHT,
						LEAST_NAMES);
	limits[IPC_BYTES] = (unsigned long)MIN(memory / PART_FOR_MESSAGES,
					       ULONG_MAX);
	for (unsigned int i = 0; i < NR_IPC_RESOURCES; i++)
		if (resources[i].word != NULL)
			(void)boot_word_number(resources[i].word, &limits[i]);
	limits[IPC_ONCE] = limits[IPC_MESSAGES];
	limits[IPC_NODES] = limits[IPC_NAMES] / NAMES_PER_NODE + RADIX_SLOTS;
}

void
ipc_init(void)
{
	ipc_entry_init();
	ipc_port_init();
	ipc_pset_init();
	ipc_notify_init();
	ipc_kmsg_init();
	kmem_cache_init(&ipc_space_cache, "ipc_space", sizeof(struct ipc_space),
			0, NULL, 0);
	ipc_limits_init();
}

kern_return_t
ipc_space_create(struct ipc_space **out)
{
	struct ipc_space *space = kmem_cache_alloc(&ipc_space_cache,
						   KM_WAIT | KM_ZERO);

	if (space == NULL)
		return KERN_RESOURCE_SHORTAGE;
	spin_init(&space->lock, RANK_IPC_SPACE);
	space->refs = 1;
	space->active = true;
	radix_tree_init(&space->names);
	rbtree_init(&space->by_port);
	list_init(&space->free);
	space->lowest = 1;
	for (unsigned int i = 0; i < NR_IPC_RESOURCES; i++)
		space->charges[i].limit = limits[i];
	*out = space;
	return KERN_SUCCESS;
}

void
ipc_space_ref(struct ipc_space *space)
{
	unsigned int refs;

	if (space == NULL)
		return;
	refs = atomic_fetch_add(&space->refs, 1u);
	assert(refs != 0);
}

void
ipc_space_unref(struct ipc_space *space)
{
	unsigned int refs;

	if (space == NULL)
		return;
	refs = atomic_fetch_sub(&space->refs, 1u);
	assert(refs != 0);
	if (refs != 1)
		return;
	assert(!space->active && radix_tree_is_empty(&space->names));
	for (unsigned int i = 0; i < NR_IPC_RESOURCES; i++)
		assert(space->charges[i].used == 0);
	kmem_cache_free(&ipc_space_cache, space);
}

/* Mark a space as dead; false: it was. */
static bool
ipc_space_deactivate(struct ipc_space *space)
{
	bool was_active;

	ipc_space_lock(space);
	was_active = space->active;
	space->active = false;
	ipc_space_unlock(space);
	return was_active;
}

void
ipc_space_destroy(struct ipc_space *space)
{
	struct ipc_entry *entries[RADIX_SLOTS];
	struct budget budget = { 0 };
	struct ipc_spare spare;
	uint64_t key = 0;
	unsigned int n;

	if (!ipc_space_deactivate(space))
		return;
	ipc_spare_init(&spare);
	do {
		ipc_space_lock(space);
		n = ipc_entry_take(space, &key, entries, &spare);
		ipc_space_unlock(space);
		ipc_spare_fini(&spare);
		for (unsigned int i = 0; i < n; i++) {
			ipc_right_clean(entries[i]);
			ipc_entry_discard(entries[i]);
			budget_spend(&budget);
		}
	} while (n != 0);
}

bool
ipc_space_charge(struct ipc_space *space, enum ipc_resource what,
		 unsigned long n)
{
	struct ipc_charge *charge = &space->charges[what];
	unsigned long used = atomic_load_relaxed(&charge->used);
	unsigned long sum;

	do {
		if (__builtin_add_overflow(used, n, &sum)
		    || (n != 0 && sum > atomic_load_relaxed(&charge->limit)))
			return false;
	} while (!atomic_cas(&charge->used, &used, sum));
	return true;
}

void
ipc_space_charge_anyway(struct ipc_space *space, enum ipc_resource what,
			unsigned long n)
{
	(void)atomic_fetch_add(&space->charges[what].used, n);
}

void
ipc_space_uncharge(struct ipc_space *space, enum ipc_resource what,
		   unsigned long n)
{
	unsigned long used = atomic_fetch_sub(&space->charges[what].used, n);

	assert(used >= n);
}

void
ipc_space_set_limit(struct ipc_space *space, enum ipc_resource what,
		    unsigned long limit)
{
	atomic_store_relaxed(&space->charges[what].limit, limit);
}

void
ipc_space_inherit_limits(struct ipc_space *space,
			 const struct ipc_space *parent)
{
	for (unsigned int i = 0; i < NR_IPC_RESOURCES; i++)
		ipc_space_set_limit(space, (enum ipc_resource)i,
			atomic_load_relaxed(&parent->charges[i].limit));
}

void
ipc_space_show(const struct ipc_space *space)
{
	for (unsigned int i = 0; i < NR_IPC_RESOURCES; i++)
		kprintf("%s%s %lu of %lu", i != 0 ? ", " : "",
			resources[i].what,
			atomic_load_relaxed(&space->charges[i].used),
			atomic_load_relaxed(&space->charges[i].limit));
	kprintf("\n");
}
