/*
 * kern/exec.h -- an ELF image and its arguments become a task's memory.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Both calls are made by a thread of the task itself: pages are filled by
 * plain user copies through the current map.  Everything about the image is
 * checked before the map is touched; when a call fails later (no memory),
 * the map keeps what was done so far and the task is not fit to run.
 */
#ifndef KERN_EXEC_H
#define KERN_EXEC_H

#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>

#include "lib/macros.h"

struct vm_map;

#define EXEC_STACK_SIZE	(128 * 1024)	/* ends at VM_MAX_USER_ADDRESS */
#define EXEC_DYN_BASE	0x8000000	/* where ET_DYN, ET_REL go */

/* What the image says about the program's start. */
struct exec_image {
	uintptr_t	entry;
	vm_prot_t	stack_prot;	/* of PT_GNU_STACK; all without one */
};

/* The argument block; the strings need not outlive the call. */
struct exec_args {
	unsigned int	argc;
	unsigned int	envc;
	const char *const *argv;	/* argc strings */
	const char *const *envp;	/* envc strings */
};

/**
 * exec_load - map an ELF image
 * @map:	the current map
 * @data:	the file's bytes, readable by the kernel
 * @size:	their number
 * @out:	what the start needs; set on success
 * @why:	set on failure: a few words for the console
 *
 * Every PT_LOAD gets fresh zero-filled memory with a copy of its bytes, then
 * its own protection.  PT_INTERP and all other headers but PT_GNU_STACK are
 * ignored, nothing is relocated.
 *
 * Context: may block; user copies to @map.
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT: not an ELF for this machine,
 *	    or truncated, or segments overlap in pages, or one lies outside
 *	    user space or in the stack; KERN_RESOURCE_SHORTAGE.
 * Defined: boot.md section 5.
 */
MUST_CHECK kern_return_t exec_load(struct vm_map *map, const void *data,
				   size_t size, struct exec_image *out,
				   const char **why);

/**
 * exec_stack - map the stack and write the argument block on it
 * @map:	the current map
 * @image:	from exec_load()
 * @args:	argument and environment strings
 * @sp:		the stack pointer to start with; set on success
 * @why:	set on failure
 *
 * From the stack pointer upward: argc, argv..., 0, envp..., 0, strings with
 * argv[0]'s first, at once behind the last 0; no auxiliary vector.
 *
 * Context: may block; user copies to @map.
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT: the block is larger than half
 *	    of the stack; KERN_RESOURCE_SHORTAGE.
 * Defined: boot.md section 5.
 */
MUST_CHECK kern_return_t exec_stack(struct vm_map *map,
				    const struct exec_image *image,
				    const struct exec_args *args,
				    uintptr_t *sp, const char **why);

#endif /* KERN_EXEC_H */
