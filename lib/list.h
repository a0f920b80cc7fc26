/*
 * lib/list.h -- doubly linked lists whose nodes live in what they link.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One type serves as head and as node.  A list is a ring through its head:
 *
 *	head <-> first <-> ... <-> last <-> head
 *
 * so no operation has a special case, and a node is removed without knowing
 * its list.  An empty list is a head linked to itself.  Walking ends at the
 * head: list_end() tells it from a node.  A node that is in no list may hold
 * anything; list_node_init() and list_remove() leave it NULL, so that
 * list_node_is_linked() can tell for those who ask.
 *
 * No locks: who may walk or change a list is its owner's business.  No call
 * here can fail or blocks; all take constant time except list_check().
 *
 * Invariants (list_check()):
 *  L1  for each n of the ring: n->next->prev == n and n->prev->next == n
 *  L2  the ring that begins at the head comes back to the head
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/macros.h"

struct list {
	struct list *next;	/* head: the first node */
	struct list *prev;	/* head: the last node */
};

/* A list that is empty from the start, for static objects. */
#define LIST_INITIALIZER(list)	{ &(list), &(list) }

/* Make a head: an empty list. */
static inline void
list_init(struct list *list)
{
	list->next = list;
	list->prev = list;
}

/* Make a node that is in no list, for list_node_is_linked(). */
static inline void
list_node_init(struct list *node)
{
	node->next = NULL;
	node->prev = NULL;
}

/* Is this node, which list_node_init() has seen, in a list? */
static inline bool
list_node_is_linked(const struct list *node)
{
	return node->next != NULL;
}

static inline bool
list_is_empty(const struct list *list)
{
	return list->next == list;
}

/* Exactly one node? */
static inline bool
list_is_singular(const struct list *list)
{
	return list->next != list && list->next == list->prev;
}

/* The first node, or the head itself (list_end()) if there is none. */
static inline struct list *
list_first(const struct list *list)
{
	return list->next;
}

/* The last node, or the head itself (list_end()) if there is none. */
static inline struct list *
list_last(const struct list *list)
{
	return list->prev;
}

static inline struct list *
list_next(const struct list *node)
{
	return node->next;
}

static inline struct list *
list_prev(const struct list *node)
{
	return node->prev;
}

/* Has a walk of this list, now at `node`, come back to the head? */
static inline bool
list_end(const struct list *list, const struct list *node)
{
	return list == node;
}

/* Put `node`, which is in no list, between two neighbours.  Private. */
static inline void
list_link(struct list *prev, struct list *node, struct list *next)
{
	node->prev = prev;
	node->next = next;
	prev->next = node;
	next->prev = node;
}

static inline void
list_add_head(struct list *list, struct list *node)
{
	list_link(list, node, list->next);
}

static inline void
list_add_tail(struct list *list, struct list *node)
{
	list_link(list->prev, node, list);
}

static inline void
list_add_before(struct list *at, struct list *node)
{
	list_link(at->prev, node, at);
}

static inline void
list_add_after(struct list *at, struct list *node)
{
	list_link(at, node, at->next);
}

/* Take `node` out of whatever list it is in. */
static inline void
list_remove(struct list *node)
{
	lib_assert(node->next->prev == node && node->prev->next == node);
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_node_init(node);
}

/*
 * Take out the first node, of a list that has one, in a row of such calls: what
 * becomes the first then knows no other before it until list_shift_end().
 */
static inline struct list *
list_shift(struct list *list)
{
	struct list *node = list->next;

	list->next = node->next;
	list_node_init(node);
	return node;
}

/* The row of list_shift() ends: L1 is true again. */
static inline void
list_shift_end(struct list *list)
{
	list->next->prev = list;
}

/* Move all of `src`, in order, behind the last of `dst`.  `src` is empty
 * afterwards. */
static inline void
list_splice_tail(struct list *dst, struct list *src)
{
	if (list_is_empty(src))
		return;
	src->next->prev = dst->prev;
	src->prev->next = dst;
	dst->prev->next = src->next;
	dst->prev = src->prev;
	list_init(src);
}

/* The structure around a node. */
#define list_entry(node, type, member)	container_of(node, type, member)

/* The first and last structure; the list is not empty. */
#define list_first_entry(list, type, member) \
	list_entry(list_first(list), type, member)
#define list_last_entry(list, type, member) \
	list_entry(list_last(list), type, member)

/*
 * Walk a list forwards.  The first two give nodes, the others structures;
 * with a `tmp` of the same type, the current one may be removed (and freed),
 * but not its successor.
 */
#define list_for_each(list, pos) \
	for (pos = list_first(list); !list_end(list, pos); \
	     pos = list_next(pos))

#define list_for_each_safe(list, pos, tmp) \
	for (pos = list_first(list), tmp = list_next(pos); \
	     !list_end(list, pos); pos = tmp, tmp = list_next(pos))

#define list_for_each_entry(list, pos, member) \
	for (pos = list_first_entry(list, __typeof__(*(pos)), member); \
	     !list_end(list, &(pos)->member); \
	     pos = list_entry((pos)->member.next, __typeof__(*(pos)), member))

#define list_for_each_entry_safe(list, pos, tmp, member) \
	for (pos = list_first_entry(list, __typeof__(*(pos)), member), \
	     tmp = list_entry((pos)->member.next, __typeof__(*(pos)), member); \
	     !list_end(list, &(pos)->member); pos = tmp, \
	     tmp = list_entry((pos)->member.next, __typeof__(*(pos)), member))

/* Are L1 and L2 true?  Visits every node. */
static inline bool
list_check(const struct list *list)
{
	const struct list *node = list;

	do {
		if (node->next == NULL || node->next->prev != node)
			return false;
		node = node->next;
	} while (node != list);
	return true;
}

#endif /* LIB_LIST_H */
