/* include/mach_debug/hash_info.h -- buckets of hash tables. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_DEBUG_HASH_INFO_H
#define MACH_DEBUG_HASH_INFO_H

#include <mach/machine/vm_types.h>

typedef struct hash_info_bucket {
	natural_t	hib_count;	/* members of the bucket */
} hash_info_bucket_t;
typedef hash_info_bucket_t *hash_info_bucket_array_t;

#endif /* MACH_DEBUG_HASH_INFO_H */
