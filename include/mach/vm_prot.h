/* include/mach/vm_prot.h -- what may be done with mapped memory. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_VM_PROT_H
#define MACH_VM_PROT_H

typedef int vm_prot_t;		/* a set of the bits below */

#define VM_PROT_NONE		((vm_prot_t)0x00)
#define VM_PROT_READ		((vm_prot_t)0x01)
#define VM_PROT_WRITE		((vm_prot_t)0x02)
#define VM_PROT_EXECUTE		((vm_prot_t)0x04)

#define VM_PROT_DEFAULT		(VM_PROT_READ | VM_PROT_WRITE)
#define VM_PROT_ALL		(VM_PROT_DEFAULT | VM_PROT_EXECUTE)

/* Between a pager and the kernel only. */
#define VM_PROT_NO_CHANGE	((vm_prot_t)0x08) /* locks stay */
#define VM_PROT_NOTIFY		((vm_prot_t)0x10) /* tell of locks */

#endif /* MACH_VM_PROT_H */
