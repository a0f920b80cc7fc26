/*
 * include/mach/mig_errors.h -- results of stubs, and what stubs are made of.
 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MIG_ERRORS_H
#define MACH_MIG_ERRORS_H

#include <mach/kern_return.h>
#include <mach/message.h>

#define MIG_TYPE_ERROR		(-300)	/* an item is not what it should be */
#define MIG_REPLY_MISMATCH	(-301)	/* a reply to something else */
#define MIG_REMOTE_ERROR	(-302)
#define MIG_BAD_ID		(-303)	/* no such call */
#define MIG_BAD_ARGUMENTS	(-304)	/* size or items are wrong */
#define MIG_NO_REPLY		(-305)	/* the server will answer later */
#define MIG_EXCEPTION		(-306)
#define MIG_ARRAY_TOO_LARGE	(-307)	/* the answer does not fit */
#define MIG_SERVER_DIED		(-308)	/* the reply right was dropped */
#define MIG_DESTROY_REQUEST	(-309)

/* The least reply: a result. */
typedef struct {
	mach_msg_header_t Head;
	mach_msg_type_t	RetCodeType;
	kern_return_t	RetCode;
} mig_reply_header_t;

/* A server's function for one message. */
typedef void (*mig_routine_t)(mach_msg_header_t *request,
			      mach_msg_header_t *reply);

typedef struct mig_symtab {
	char		*ms_routine_name;
	int		ms_routine_number;
	mig_routine_t	ms_routine;
} mig_symtab_t;

#endif /* MACH_MIG_ERRORS_H */
