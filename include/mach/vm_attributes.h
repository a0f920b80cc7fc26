/* include/mach/vm_attributes.h -- what a machine may do with memory. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_VM_ATTRIBUTES_H
#define MACH_VM_ATTRIBUTES_H

typedef unsigned int	vm_machine_attribute_t;		/* MATTR_* */
typedef int		vm_machine_attribute_val_t;	/* MATTR_VAL_* */

#define MATTR_CACHE		1	/* caching */
#define MATTR_MIGRATE		2	/* moving between memories */
#define MATTR_REPLICATE		4	/* copies in several memories */

#define MATTR_VAL_OFF		0
#define MATTR_VAL_ON		1
#define MATTR_VAL_GET		2	/* tell which it is */
#define MATTR_VAL_CACHE_FLUSH	6	/* all caches */
#define MATTR_VAL_DCACHE_FLUSH	7	/* those of data */
#define MATTR_VAL_ICACHE_FLUSH	8	/* those of instructions */

#endif /* MACH_VM_ATTRIBUTES_H */
