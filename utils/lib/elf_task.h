/*
 * utils/lib/elf_task.h -- start a program, given as an ELF image, in a task.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The new task begins as one that the kernel has started (doc/boot.md): argc,
 * argv and no environment at its stack pointer.  The rights that it needs are
 * inserted under names that it finds in its first arguments, before its own.
 */
#ifndef UTILS_LIB_ELF_TASK_H
#define UTILS_LIB_ELF_TASK_H

#include <stddef.h>

#include <mach.h>

#define ELF_TASK_ARGS	32	/* arguments, those that name ports included */
#define ELF_TASK_BYTES	2048	/* of their strings */

/**
 * elf_task_start - make a task, load a program and let it run
 * @image:	@size bytes of an ELF file
 * @argv:	@argc strings, the name first
 * @exit_port:	a receive right of the caller's, told of the program's end (see
 *		utils/lib/exit_message.h); or MACH_PORT_NULL
 * @task:	gets a send right to the task
 *
 * Return:  KERN_SUCCESS, or what went wrong; nothing is left behind then.
 *	    KERN_INVALID_ARGUMENT: not an image for this machine, or too many
 *	    arguments.
 */
kern_return_t elf_task_start(const void *image, size_t size, int argc,
			     char *const argv[], mach_port_t exit_port,
			     mach_port_t *task);

#endif /* UTILS_LIB_ELF_TASK_H */
