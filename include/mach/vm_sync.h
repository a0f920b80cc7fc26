/* include/mach/vm_sync.h -- how vm_msync writes back. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_VM_SYNC_H
#define MACH_VM_SYNC_H

typedef int vm_sync_t;		/* of the bits below */

#define VM_SYNC_ASYNCHRONOUS	((vm_sync_t)1)	/* only begin to */
#define VM_SYNC_SYNCHRONOUS	((vm_sync_t)2)	/* and wait for it */
#define VM_SYNC_INVALIDATE	((vm_sync_t)4)	/* drop the pages then */

#endif /* MACH_VM_SYNC_H */
