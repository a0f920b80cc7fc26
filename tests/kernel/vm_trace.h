/*
 * tests/kernel/vm_trace.h -- what a file-system server does to its map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Made from a description, with a fixed seed: a server that has some sixty
 * entries when it has started, and few thousand after hours of work on a
 * kernel that does not join.  What the description names:
 *
 *	a large range is reserved, and small parts of it are made readable and
 *	writable one after the other (malloc, brk)
 *	small permanent data is allocated where there is room, threads' stacks
 *	with a page that is protected, tables that are copied to a larger place
 *	messages bring memory that is given back some requests later
 *	windows are mapped, filled, protected, wired, sent, unwired and unmapped
 *	some requests later, in another order
 *
 * so that what lives shortly lies among what stays.  At the end the former is
 * gone.  The trace runs in the kernel's tests and, beside a model, on the host.
 */
#ifndef TESTS_KERNEL_VM_TRACE_H
#define TESTS_KERNEL_VM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/random.h"

struct vm_map;

#define VM_TRACE_REQUESTS	5000u
#define VM_TRACE_SEED		93u
#define VM_TRACE_PAGES		2048u	/* all is below, but for what messages
					 * bring */
#define VM_TRACE_SHORT		16u	/* windows, and messages, at a time */

enum vm_trace_kind {
	VM_TRACE_MAP,
	VM_TRACE_UNMAP,
	VM_TRACE_PROTECT,	/* arg: VM_PROT_* */
	VM_TRACE_WIRE,
	VM_TRACE_UNWIRE,
	VM_TRACE_WRITE,		/* arg: the value */
	VM_TRACE_SEND,
	VM_TRACE_RECEIVE,
};

struct vm_trace_short {
	unsigned int	page;
	unsigned int	pages;		/* 0: none */
	bool		far;		/* a message's, apart from the rest */
	uintptr_t	addr;
};

struct vm_trace {
	struct vm_map	*map;		/* the server's */
	struct vm_map	*client;	/* sends and gets messages */
	bool		among;		/* messages' memory comes among the
					 * rest; else where it is mapped by
					 * itself */
	/* Told of what was done to pages [page, page + n); or NULL. */
	void		(*tell)(void *arg, enum vm_trace_kind kind,
				unsigned int page, unsigned int n,
				uint32_t value);
	void		*tell_arg;
	/* Lets a thread use a map. */
	void		(*use)(struct vm_map *map);

	struct random	random;
	struct vm_trace_short windows[VM_TRACE_SHORT];
	struct vm_trace_short messages[VM_TRACE_SHORT];
	unsigned int	arena;		/* page of what is reserved */
	unsigned int	arena_used;	/* pages */
	unsigned int	arena_pages;
	unsigned int	table;		/* page */
	unsigned int	table_pages;
	unsigned int	nr_threads;
	unsigned int	nr_permanent;	/* pages */

	/* What came of it. */
	unsigned long	ops;		/* on the map */
	unsigned int	most;		/* entries there ever were */
	unsigned int	first;		/* after the start */
	unsigned int	entries;	/* at the end */
	const char	*wrong;		/* what failed, or NULL */
};

/**
 * vm_trace_run - the whole trace
 * @trace:	map, client, among, tell, use set; the rest 0.  The client has
 *		memory at pages 1 to 17, of which each first word is its number
 *
 * Return:  true; false: trace->wrong says why not.
 */
bool vm_trace_run(struct vm_trace *trace);

#endif /* TESTS_KERNEL_VM_TRACE_H */
