/*
 * vm/vm_copy_priv.h -- the inside of copies; for vm/vm_copy*.c only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A copy of pages is a list of entries, which are in no map: start and end are
 * counted from the copy's first page, each begins where the one before it ends,
 * and the last ends where the copy does.  The object of an entry may be above
 * one of the source's (vm/vm_shadow.h); no object reads as zeros.
 *
 * Invariants:
 *  C1  only the copy refers to an entry's object, by one reference for each
 *	entry; but for links, which show it to nobody
 *  C2  pages of these objects stay until the copy ends; others may be pushed
 *	there, or come up in a collapse
 *  C3  bytes beside the copy, in its first and last page, are zeros
 */
#ifndef VM_VM_COPY_PRIV_H
#define VM_VM_COPY_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/page.h>

#include "vm/vm_copy.h"
#include "vm/vm_copy_page.h"
#include "vm/vm_map_entry.h"
#include "vm/vm_object.h"

/* So many pages, at most, are always copied at once: a shared page would cost
 * more, to be write-protected and pushed. */
#define VM_COPY_NOW_PAGES	4u

/* A range of more entries is copied at once, into one object. */
#define VM_COPY_MAX_ENTRIES	64u

/* All (C): a copy has one owner. */
struct vm_map_copy {
	size_t		size;		/* bytes, not 0 */
	void		*data;		/* a buffer; or NULL, and then: */
	struct vm_map_entry *first;	/* by next_dead */
	size_t		start;		/* of the first byte, in the first
					 * page */
};

/* A place in a copy, for who goes through it. */
struct vm_copy_cursor {
	const struct vm_map_copy *copy;
	const struct vm_map_entry *entry;	/* of pages; else NULL */
	size_t		offset;			/* bytes, of the copy's */
};

/* Bytes of whole pages that a copy of pages has. */
static inline size_t
vm_copy_span(const struct vm_map_copy *copy)
{
	return page_round(copy->start + copy->size);
}

/**
 * vm_copy_create - memory for a copy, with no entries
 * @size:	bytes.  Up to VM_COPY_BUFFER_MAX it is a buffer, unless all of
 *		it is whole pages
 * @start:	of the first byte, in the first page
 */
MUST_CHECK struct vm_map_copy *vm_copy_create(size_t size, size_t start);

/**
 * vm_copy_entry_create - an entry with an object, in no list
 * @span:	bytes of both, whole pages, from a copy's start; spares have
 *		PAGE_SIZE until they are used
 *
 * Context: a thread; may block.
 * Return:  NULL: no memory.
 */
MUST_CHECK struct vm_map_entry *vm_copy_entry_create(size_t span);

/** vm_copy_entry_destroy - free an entry that is in no list. */
void vm_copy_entry_destroy(struct vm_map_entry *entry);

/** vm_copy_clear_edges - see to C3, in pages that are the copy's own */
void vm_copy_clear_edges(struct vm_map_copy *copy);

/** vm_copy_make_pages - a buffer becomes pages; KERN_RESOURCE_SHORTAGE. */
MUST_CHECK kern_return_t vm_copy_make_pages(struct vm_map_copy *copy);

/* Go to the first byte, or to one further on. */
void vm_copy_cursor_init(struct vm_copy_cursor *cursor,
			 const struct vm_map_copy *copy, size_t offset);

/** vm_copy_cursor_chunk - bytes from there to the end of the page, or copy. */
size_t vm_copy_cursor_chunk(const struct vm_copy_cursor *cursor);

/**
 * vm_copy_cursor_read - get what is there and go on
 * @size:	at most what vm_copy_cursor_chunk() says
 *
 * Context: as vm_map_copy_read().
 * Return:  the same.
 */
MUST_CHECK kern_return_t vm_copy_cursor_read(struct vm_copy_cursor *cursor,
					     void *dst, size_t size);

/**
 * vm_copy_is_only_map - does nobody use an object but one map, and links?
 * @object:	locked; an entry's, whose map is locked, too, shared at least
 */
bool vm_copy_is_only_map(const struct vm_object *object)
	REQUIRES(object->lock);

/** vm_copy_can_share - is it worth while to put one more object above? */
bool vm_copy_can_share(struct vm_object *object) REQUIRES(object->lock);

/**
 * vm_copyin_page - copy one page
 * @map:	the source, not locked
 * @addr:	page aligned
 * @copy:	of pages, without entries
 *
 * Context: a thread; may block.
 * Return:  as vm_map_copyin().
 */
MUST_CHECK kern_return_t vm_copyin_page(struct vm_map *map, uintptr_t addr,
					struct vm_map_copy *copy);

/**
 * vm_copyin_above - put a copy above what one entry has
 * @map:	the source, not locked
 * @addr:	of the first byte
 * @copy:	of pages, without entries
 *
 * A short way for whole pages of one entry that are not to be copied at once.
 *
 * Context: a thread; may block.
 * Return:  true: it is done.  false: nothing has changed, and the long way may
 *	    have another answer.
 */
MUST_CHECK bool vm_copyin_above(struct vm_map *map, uintptr_t addr,
				struct vm_map_copy *copy);

/**
 * vm_copyin_begin_clean - are there permissions to write to pages of a range?
 * @object:	locked, of one map, which is locked, too
 * @who:	a pointer that nobody else uses for this
 * @offset:	the range; @who's link shows it already
 * @size:	bytes
 *
 * Return:  false: there are none.  true: they are to be taken away, and
 *	    vm_copyin_end_clean() tells that this has been done.
 */
MUST_CHECK bool vm_copyin_begin_clean(struct vm_object *object,
				      const void *who, uint64_t offset,
				      size_t size)
	REQUIRES(object->lock);
void vm_copyin_end_clean(struct vm_object *object, const void *who,
			 uint64_t offset, size_t size)
	EXCLUDES(object->lock);

/* Take permissions to write to pages away.  The map is locked, maybe shared. */
void vm_copyin_protect(struct vm_map *map, uintptr_t start, uintptr_t end);

/**
 * vm_copyin_move - take a range out of a map, into a copy
 * @map:	the source, not locked
 * @copy:	of pages, without entries
 * @start:	the range, of whole pages
 * @end:
 * @moved:	set if that was done; else nothing has changed
 *
 * Context: a thread; may block.
 * Return:  KERN_SUCCESS; KERN_ABORTED, KERN_RESOURCE_SHORTAGE.
 */
MUST_CHECK kern_return_t vm_copyin_move(struct vm_map *map,
					struct vm_map_copy *copy,
					uintptr_t start, uintptr_t end,
					bool *moved);

#endif /* VM_VM_COPY_PRIV_H */
