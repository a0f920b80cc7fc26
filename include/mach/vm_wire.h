/* include/mach/vm_wire.h -- what vm_wire_all wires. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_VM_WIRE_H
#define MACH_VM_WIRE_H

typedef int vm_wire_t;		/* of the bits below */

#define VM_WIRE_NONE		((vm_wire_t)0)	/* undo both */
#define VM_WIRE_CURRENT		((vm_wire_t)1)	/* what is mapped now */
#define VM_WIRE_FUTURE		((vm_wire_t)2)	/* what will be mapped */

#define VM_WIRE_ALL		(VM_WIRE_CURRENT | VM_WIRE_FUTURE)

#endif /* MACH_VM_WIRE_H */
