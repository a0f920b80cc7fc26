/*
 * vm/vm_pager_priv.h -- for vm/vm_pager*.c only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vm_pager.c	    the pager and its object; answers; ends
 * vm_pager_lock.c  requests for pages that are there
 * vm_pager_copy.c  copies of the object
 */
#ifndef VM_VM_PAGER_PRIV_H
#define VM_VM_PAGER_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/vm_prot.h>

#include "kern/annotate.h"
#include "lib/macros.h"
#include "vm/vm_object.h"

struct vm_page;
struct vm_pager;

/**
 * vm_pager_begin - begin to work on a pager's object
 * vm_pager_done - end it: unlock the object and drop the reference
 *
 * The work is counted in in_progress.
 *
 * Return:  the object, locked and with a reference; NULL: it is gone.
 */
MUST_CHECK struct vm_object *vm_pager_begin(struct vm_pager *pager);
void vm_pager_done(struct vm_pager *pager, struct vm_object *object);

/**
 * vm_pager_range - what a range of the pager's is in its object
 * @offset:	bytes; so is @size
 * @index:	set to the first page, and @end to that behind the last
 *
 * Return:  false: no page begins at @offset.
 */
MUST_CHECK bool vm_pager_range(const struct vm_object *object, uint64_t offset,
			       uint64_t size, uint64_t *index, uint64_t *end);

/* The object's next page at or after *@index, which is set to its own, and
 * below @end; or NULL. */
MUST_CHECK struct vm_page *vm_pager_next(struct vm_object *object,
					 uint64_t *index, uint64_t end)
	REQUIRES(object->lock);

/* The flags of a page that is there and free to be used, but for @lock. */
unsigned int vm_pager_lock_flags(vm_prot_t lock);

#endif /* VM_VM_PAGER_PRIV_H */
