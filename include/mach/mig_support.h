/* include/mach/mig_support.h -- what stubs call. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MIG_SUPPORT_H
#define MACH_MIG_SUPPORT_H

#include <mach/message.h>
#include <mach/std_types.h>

/* The library's; stubs copy arrays with it. */
extern void *memcpy(void *dst, const void *src, __SIZE_TYPE__ size);

/* Once for each program, or thread, before its first call. */
extern void mig_init(void *first);

/* The calling thread's reply port; a reply has come, or the port is bad. */
extern mach_port_t mig_get_reply_port(void);
extern void mig_put_reply_port(mach_port_t port);
extern void mig_dealloc_reply_port(mach_port_t port);

/* Memory for an array that did not fit in line, and its release. */
extern void mig_allocate(vm_address_t *address, vm_size_t size);
extern void mig_deallocate(vm_address_t address, vm_size_t size);

/* At most len bytes with a 0 at the end; returns the length without it. */
extern vm_size_t mig_strncpy(char *dst, const char *src, vm_size_t len);

/* Make the head of a reply from that of a request. */
extern void mig_reply_setup(const mach_msg_header_t *request,
			    mach_msg_header_t *reply);

#endif /* MACH_MIG_SUPPORT_H */
