/*
 * include/mach/machine/vm_types.h -- widths of numbers in the user interface.
 *
 * natural_t and integer_t have 32 bits on both widths; addresses, sizes and
 * the long_ types follow the pointer.  The rpc_ twins are what messages carry:
 * the same here, since a kernel serves user programs of its own width.
 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_VM_TYPES_H
#define MACH_MACHINE_VM_TYPES_H

#define _MACHINE_VM_TYPES_H_	1	/* programs test for it */

#ifndef __ASSEMBLER__

#include <stdint.h>

typedef uint32_t	natural_t;
typedef int32_t		integer_t;
typedef unsigned long	long_natural_t;
typedef long		long_integer_t;

typedef uintptr_t	vm_offset_t;	/* address, or place in an object */
typedef vm_offset_t	*vm_offset_array_t;
typedef uintptr_t	vm_size_t;	/* bytes */
typedef vm_size_t	*vm_size_array_t;
typedef uint64_t	phys_addr_t;

typedef vm_offset_t	rpc_uintptr_t;
typedef vm_offset_t	rpc_vm_address_t;
typedef vm_offset_t	rpc_vm_offset_t;
typedef vm_offset_t	*rpc_vm_offset_array_t;
typedef vm_size_t	rpc_vm_size_t;
typedef vm_size_t	*rpc_vm_size_array_t;
typedef long_natural_t	rpc_long_natural_t;
typedef long_integer_t	rpc_long_integer_t;
typedef phys_addr_t	rpc_phys_addr_t;
typedef phys_addr_t	*rpc_phys_addr_array_t;

#endif /* __ASSEMBLER__ */

/* Numbers need no conversion between messages and programs. */
#define null_conversion(x)		(x)
#define convert_vm_to_user		null_conversion
#define convert_vm_from_user		null_conversion
#define convert_long_natural_to_user	convert_vm_to_user
#define convert_long_natural_from_user	convert_vm_from_user
#define convert_long_integer_to_user	null_conversion
#define convert_long_integer_from_user	null_conversion

/* The message type (mach/message.h) of integer_t and natural_t. */
#define MACH_MSG_TYPE_INTEGER_T		MACH_MSG_TYPE_INTEGER_32

#endif /* MACH_MACHINE_VM_TYPES_H */
