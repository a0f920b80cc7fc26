/*
 * ipc/ipc_kmsg.h -- messages on their way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	user form    as a program has it: names of rights, addresses of memory
 *	kernel form  in a struct ipc_kmsg: pointers to ports where names were,
 *		     a struct vm_map_copy where an address was, a pointer to an
 *		     array of port pointers (made by kalloc(), exactly of its
 *		     size) where an address of an array of rights was
 *	copy-in	     user form to kernel form: the message then has the rights
 *		     and the memory.  All is checked before the first is taken;
 *		     what fails after that is given back
 *	copy-out     the reverse, for the receiver
 *	give back    the reverse, for the sender
 *
 * Both forms have the same size: a right in line takes as much room as a
 * pointer on both widths.  In the kernel form, descriptors say what the
 * receiver gets (PORT_RECEIVE, PORT_SEND, PORT_SEND_ONCE), and the elements of
 * arrays of rights have the size of a pointer.  MACH_MSGH_BITS_COMPLEX is set
 * exactly if there are rights or memory in the body.
 *
 * The header in kernel form is as the sender sees it: remote is the
 * destination, local the reply right.
 *
 * A message of a task is charged to the task's space until it is received or
 * destroyed (IPC_MESSAGES), and so are the bytes of kernel memory that it takes
 * (IPC_BYTES) and the rights in its body (IPC_RIGHTS): a right on its way may
 * be all that keeps a port, for which nobody is charged when it is dead.
 */
#ifndef IPC_IPC_KMSG_H
#define IPC_IPC_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/message.h>
#include <machine/user_copy.h>

#include "ipc/ipc_port.h"
#include "ipc/ipc_space.h"
#include "lib/list.h"
#include "lib/macros.h"

struct ipc_item;
struct vm_map;

/* Bytes of the largest message in line. */
#define IPC_KMSG_SIZE_MAX	((mach_msg_size_t)2 << 20)

/* A right and a word: what notices need. */
#define IPC_KMSG_NOTICE_SIZE \
	(sizeof(mach_msg_header_t) + sizeof(mach_msg_type_t) \
	 + sizeof(uintptr_t))

/* Who wants to know that a message has been accepted (MACH_SEND_NOTIFY). */
struct ipc_kmsg_accept {
	struct ipc_space *space;	/* the sender's, with a reference */
	struct ipc_request *request;	/* for the notice */
	mach_port_name_t name;		/* of the destination */
};

/* Owned by whoever has it, or by the queue that it is in. */
struct ipc_kmsg {
	struct list	link;		/* (port) in a queue */
	size_t		room;		/* bytes from `header' on, at least */
	struct ipc_space *charged;	/* with a reference; or NULL */
	size_t		charge;		/* bytes */
	struct ipc_kmsg_accept *accept;	/* or NULL */
	uint32_t	nr_rights;	/* that are charged */
	bool		circular;	/* carries the right to its own queue:
					 * to be destroyed */
	_Alignas(8) mach_msg_header_t header;
};

static inline mach_msg_header_t *
ipc_kmsg_header(struct ipc_kmsg *kmsg)
{
	return &kmsg->header;
}

/* The destination, and the reply right, in kernel form: IP_NULL, IP_DEAD, or
 * ports with a right of the kind in msgh_bits. */
static inline ipc_port_t
ipc_kmsg_remote(const struct ipc_kmsg *kmsg)
{
	return (ipc_port_t)kmsg->header.msgh_remote_port_do_not_use;
}

static inline ipc_port_t
ipc_kmsg_local(const struct ipc_kmsg *kmsg)
{
	return (ipc_port_t)kmsg->header.msgh_protected_payload;
}

/* Make the caches. */
void ipc_kmsg_init(void);
/* Unmake them; hosted tests. */
void ipc_kmsg_fini(void);

/**
 * ipc_kmsg_alloc - memory for a message
 * @size:	bytes, header included
 * @km_flags:	KM_*
 *
 * With KM_ZERO all of the message is 0.  Else the contents are undefined.
 *
 * Context: may block, unless KM_NOSLEEP.
 * Return:  an uncharged message of msgh_size @size, else undefined without
 *	    KM_ZERO; NULL without memory, or if it is too large.
 */
MUST_CHECK struct ipc_kmsg *ipc_kmsg_alloc(size_t size, unsigned int km_flags);

/* ipc_kmsg_alloc() of IPC_KMSG_NOTICE_SIZE, cleared; may block. */
MUST_CHECK struct ipc_kmsg *ipc_kmsg_alloc_notice(void);

/* Free a message in which no rights and memory are, or are any more; what it
 * was charged is given back.  Context: no spin lock held. */
void ipc_kmsg_free(struct ipc_kmsg *kmsg);

/**
 * ipc_kmsg_destroy - drop a message in kernel form
 * @kmsg:	in no queue; its rights and memory are released
 *
 * Rights in it may have been the last ones: notices go out, and ports die,
 * with messages in their queues.  Those are destroyed one after the other, not
 * one within the other.
 *
 * Context: a thread, no spin lock held; may block.
 */
void ipc_kmsg_destroy(struct ipc_kmsg *kmsg);

/* The same for all on a list, which is empty then. */
void ipc_kmsg_destroy_list(struct list *list);

/* Release the rights and memory of a message in kernel form, which is not one
 * any more then; those in its body alone. */
void ipc_kmsg_clean(mach_msg_header_t *header);
void ipc_kmsg_clean_body(mach_msg_header_t *header);

/* The message is out of its queue: tell who wants to know, and give back what
 * its space was charged. */
void ipc_kmsg_accepted(struct ipc_kmsg *kmsg);
void ipc_kmsg_uncharge(struct ipc_kmsg *kmsg);

/* May @space have one message of @size bytes more?  Charge it for one in kernel
 * form, whatever the limit. */
static inline bool
ipc_kmsg_may_charge(struct ipc_space *space, size_t size)
{
	return ipc_space_has_room(space, IPC_MESSAGES, 1)
	       && ipc_space_has_room(space, IPC_BYTES,
				     offsetof(struct ipc_kmsg, header) + size);
}

void ipc_kmsg_charge(struct ipc_kmsg *kmsg, struct ipc_space *space);

/* Charge the space that pays for a message for @n rights, if it may have them;
 * false: it is at its limit. */
MUST_CHECK bool ipc_kmsg_charge_rights(struct ipc_kmsg *kmsg, uint32_t n);

/**
 * ipc_kmsg_get_user - read a message of the current thread
 * @msg:	where it is
 * @size:	bytes
 * @space:	who is charged
 * @out:	the message in user form; msgh_size is @size
 *
 * Context: may block.
 * Return:  MACH_MSG_SUCCESS; MACH_SEND_MSG_TOO_SMALL: less than a header, or
 *	    not a multiple of the alignment; MACH_SEND_INVALID_DATA: cannot be
 *	    read; MACH_SEND_NO_BUFFER: no memory, too large, or over the
 *	    space's limit.
 */
MUST_CHECK mach_msg_return_t
ipc_kmsg_get_user(user_addr_t msg, mach_msg_size_t size,
		  struct ipc_space *space, struct ipc_kmsg **out);

/**
 * ipc_kmsg_put_user - write a message in user form, and free it
 * @msg:	where to, in the current thread's memory
 * @kmsg:	in user form
 * @size:	bytes to write
 *
 * Context: may block.
 * Return:  MACH_MSG_SUCCESS; MACH_RCV_INVALID_DATA: cannot be written.  The
 *	    message is freed either way.
 */
MUST_CHECK mach_msg_return_t
ipc_kmsg_put_user(user_addr_t msg, struct ipc_kmsg *kmsg, mach_msg_size_t size);

/**
 * ipc_kmsg_copyin - turn a message into the kernel form
 * @kmsg:	in user form
 * @space:	whose names
 * @map:	whose memory
 * @notify:	a receive right whose dead-name request on the destination is
 *		cancelled (MACH_SEND_CANCEL); or MACH_PORT_NULL
 *
 * Context: may block.
 * Return:  MACH_MSG_SUCCESS: @kmsg has the rights and the memory, and its
 *	    destination is a port;  else nothing has changed, but that rights
 *	    which were taken and given back may have other names:
 *	    MACH_SEND_INVALID_HEADER, _INVALID_DEST, _INVALID_REPLY,
 *	    _INVALID_NOTIFY; _INVALID_TYPE, _MSG_TOO_SMALL, _INVALID_RIGHT,
 *	    _INVALID_MEMORY of the body; _NO_BUFFER.
 * Defined: semantics.md, "mach_msg".
 */
MUST_CHECK mach_msg_return_t
ipc_kmsg_copyin(struct ipc_kmsg *kmsg, struct ipc_space *space,
		struct vm_map *map, mach_port_name_t notify);

/**
 * ipc_kmsg_copyin_kernel - turn what a kernel's stub wrote into kernel form
 * @header:	rights are pointers, with the dispositions of a sender
 *
 * Rights that are moved are the message's afterwards; others are made or
 * copied.  A receive right whose message would be in a queue that only the
 * right itself leads to is released, and reads dead.
 *
 * Context: a thread, no lock held.
 */
void ipc_kmsg_copyin_kernel(mach_msg_header_t *header);

/* What the dispositions of a header are called in kernel form. */
mach_msg_bits_t ipc_kmsg_bits_in_transit(mach_msg_bits_t bits);

/* ipc_kmsg_copyin_kernel() for one item, which has rights. */
void ipc_kmsg_copyin_rights(struct ipc_item *item);

/**
 * ipc_kmsg_copyout - turn a received message into the user form
 * @kmsg:	in kernel form
 * @space:	whose names
 * @map:	whose memory
 * @notify:	a receive right to which a dead-name notice for the reply right
 *		shall go (MACH_RCV_NOTIFY); or MACH_PORT_NULL
 *
 * Context: may block.
 * Return:  MACH_MSG_SUCCESS; MACH_RCV_BODY_ERROR | bits: parts of the body
 *	    are lost and read null, the rest is there; anything else: nothing
 *	    was changed, and the caller calls ipc_kmsg_copyout_dest():
 *	    MACH_RCV_HEADER_ERROR | bits, MACH_RCV_INVALID_NOTIFY.
 *	    Bits: MACH_MSG_IPC_SPACE, _VM_SPACE, _IPC_KERNEL, _VM_KERNEL.
 */
MUST_CHECK mach_msg_return_t
ipc_kmsg_copyout(struct ipc_kmsg *kmsg, struct ipc_space *space,
		 struct vm_map *map, mach_port_name_t notify);

/**
 * ipc_kmsg_copyout_body - the same of a body alone
 * @header:	in front of the body, which has rights or memory; not changed
 * @space:	whose names
 * @map:	whose memory
 *
 * Context: may block.
 * Return:  MACH_MSG_SUCCESS; MACH_RCV_BODY_ERROR | bits, as above.
 */
MUST_CHECK mach_msg_return_t
ipc_kmsg_copyout_body(mach_msg_header_t *header, struct ipc_space *space,
		      struct vm_map *map);

/**
 * ipc_kmsg_copyout_stub - turn a body from what a kernel's stub wrote into the
 *	user form
 * @header:	in front of the body, which has rights or memory; not changed
 * @space:	whose names
 * @map:	whose memory
 *
 * What ipc_kmsg_copyin_kernel() and ipc_kmsg_copyout() do, in one go.
 *
 * Context: may block.
 * Return:  MACH_MSG_SUCCESS; MACH_RCV_BODY_ERROR | bits, as above.
 */
MUST_CHECK mach_msg_return_t
ipc_kmsg_copyout_stub(mach_msg_header_t *header, struct ipc_space *space,
		      struct vm_map *map);

/**
 * ipc_kmsg_copyout_dest - turn a header into the user form; destroy the rest
 * @kmsg:	in kernel form; reply right and body are released
 * @space:	whose names
 *
 * Context: may block.
 */
void ipc_kmsg_copyout_dest(struct ipc_kmsg *kmsg, struct ipc_space *space);

/**
 * ipc_kmsg_copyout_back - give a message back to its sender
 * @kmsg:	in kernel form; turned into the user form as the sender had
 *		it, with the names and addresses that things have now
 * @space:	whose names
 * @map:	whose memory
 *
 * Context: may block.
 * Return:  error bits as above, for what was lost; 0: nothing.
 */
MUST_CHECK mach_msg_return_t
ipc_kmsg_copyout_back(struct ipc_kmsg *kmsg, struct ipc_space *space,
		      struct vm_map *map);

#endif /* IPC_IPC_KMSG_H */
