/* include/mach/vm_inherit.h -- what a child task gets of a range of memory. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_VM_INHERIT_H
#define MACH_VM_INHERIT_H

typedef int vm_inherit_t;	/* one of the values below */

#define VM_INHERIT_SHARE	((vm_inherit_t)0)	/* the same memory */
#define VM_INHERIT_COPY		((vm_inherit_t)1)	/* a copy */
#define VM_INHERIT_NONE		((vm_inherit_t)2)	/* nothing */

#define VM_INHERIT_DEFAULT	VM_INHERIT_COPY

#endif /* MACH_VM_INHERIT_H */
