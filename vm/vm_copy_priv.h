/*
 * vm/vm_copy_priv.h -- the inside of copies; for vm/vm_copy*.c only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VM_VM_COPY_PRIV_H
#define VM_VM_COPY_PRIV_H

#include <stddef.h>

#include "vm/vm_copy.h"
#include "vm/vm_copy_page.h"

struct vm_object;

/* All (C): a copy has one owner. */
struct vm_map_copy {
	size_t		size;		/* bytes, not 0 */
	void		*data;		/* a buffer; or NULL, and then: */
	struct vm_object *object;	/* pages, from offset 0 on */
	size_t		start;		/* of the first byte, in it; less than
					 * a page */
};

#endif /* VM_VM_COPY_PRIV_H */
