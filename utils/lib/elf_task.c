/*
 * utils/lib/elf_task.c -- see utils/lib/elf_task.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "utils/lib/elf_task.h"

#include <hurd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"
#include "tests/user/lib/arch.h"
#include "utils/lib/user_state.h"
#include "utils/lib/uthread.h"

#define CLASS	((unsigned int)(8 * sizeof(void *)))
#define MACHINE	(sizeof(void *) == 8 ? ELF_MACHINE_X86_64 : ELF_MACHINE_386)

/* Names under which a program finds its rights. */
#define NAME_HOST_PRIV	0x1001u
#define NAME_DEVICE	0x1002u

/* The top of a new program's stack, as it will be there. */
struct start_block {
	uintptr_t	words[1 + ELF_TASK_ARGS + 2];	/* argc, argv, 0, 0 */
	char		strings[ELF_TASK_BYTES];
	unsigned int	argc;
	size_t		length;		/* of strings */
	bool		too_long;
};

/* Strings are noted by their offset until it is known where they will be. */
static void
start_block_add(struct start_block *block, const char *text)
{
	size_t size = strlen(text) + 1;

	if (block->argc == ELF_TASK_ARGS
	    || size > sizeof block->strings - block->length) {
		block->too_long = true;
		return;
	}
	block->words[1 + block->argc++] = block->length;
	memcpy(block->strings + block->length, text, size);
	block->length += size;
}

static void
start_block_add_port(struct start_block *block, const char *option,
		     mach_port_name_t name)
{
	char text[64];

	snprintf(text, sizeof text, "%s%u", option, (unsigned int)name);
	start_block_add(block, text);
}

/* Put it into the task's stack; the stack pointer, or 0. */
static uintptr_t
start_block_write(struct start_block *block, mach_port_t task)
{
	size_t words = sizeof(uintptr_t) * (block->argc + 3);
	size_t size = ROUND_UP(words + block->length, 16);
	vm_size_t pages = ROUND_UP(size, vm_page_size);
	vm_address_t copy = 0;
	uintptr_t sp = USER_END - size;
	char *at;

	if (vm_allocate(mach_task_self(), &copy, pages, TRUE) != KERN_SUCCESS)
		return 0;
	at = (char *)copy + pages - size;
	block->words[0] = block->argc;
	for (unsigned int i = 0; i < block->argc; i++)
		block->words[1 + i] += sp + words;
	block->words[1 + block->argc] = 0;
	block->words[2 + block->argc] = 0;
	memcpy(at, block->words, words);
	memcpy(at + words, block->strings, block->length);
	if (vm_write(task, USER_END - pages, copy,
		     (mach_msg_type_number_t)pages) != KERN_SUCCESS)
		sp = 0;
	vm_deallocate(mach_task_self(), copy, pages);
	return sp;
}

/* One segment: allocate its pages, fill and protect them. */
static kern_return_t
load_segment(mach_port_t task, const struct elf_image *image,
	     const struct elf_segment *segment)
{
	vm_address_t where = (vm_address_t)segment->start_page, copy = 0;
	vm_size_t size = (vm_size_t)(segment->end_page - segment->start_page);
	kern_return_t result;

	result = vm_allocate(task, &where, size, FALSE);
	if (result != KERN_SUCCESS)
		return result;
	result = vm_allocate(mach_task_self(), &copy, size, TRUE);
	if (result != KERN_SUCCESS)
		return result;
	memcpy((char *)copy + (segment->vaddr - segment->start_page),
	       image->data + segment->file_offset, segment->file_size);
	result = vm_write(task, where, copy, (mach_msg_type_number_t)size);
	vm_deallocate(mach_task_self(), copy, size);
	if (result != KERN_SUCCESS)
		return result;
	return vm_protect(task, where, size, FALSE, (vm_prot_t)segment->prot);
}

static kern_return_t
load_image(mach_port_t task, const struct elf_image *image)
{
	struct elf_segment segment;
	kern_return_t result = KERN_SUCCESS;

	for (unsigned int i = 0;
	     result == KERN_SUCCESS && elf_image_segment(image, i, &segment);
	     i++)
		result = load_segment(task, image, &segment);
	return result;
}

/* Give the task its rights; their names become arguments. */
static kern_return_t
give_rights(mach_port_t task, struct start_block *block, mach_port_t exit_port)
{
	mach_port_t host_priv, device;
	kern_return_t result = KERN_SUCCESS;

	(void)get_privileged_ports(&host_priv, &device);
	if (host_priv != MACH_PORT_NULL) {
		result = mach_port_insert_right(task, NAME_HOST_PRIV,
						host_priv,
						MACH_MSG_TYPE_COPY_SEND);
		start_block_add_port(block, "--host-priv-port=",
				     NAME_HOST_PRIV);
	}
	if (result == KERN_SUCCESS && device != MACH_PORT_NULL) {
		result = mach_port_insert_right(task, NAME_DEVICE, device,
						MACH_MSG_TYPE_COPY_SEND);
		start_block_add_port(block, "--device-master-port=",
				     NAME_DEVICE);
	}
	if (result == KERN_SUCCESS && exit_port != MACH_PORT_NULL) {
		mach_port_t right = exit_port;

		result = mach_port_insert_right(mach_task_self(), right, right,
						MACH_MSG_TYPE_MAKE_SEND);
		if (result == KERN_SUCCESS) {
			result = task_set_special_port(task,
						       TASK_BOOTSTRAP_PORT,
						       right);
			mach_port_deallocate(mach_task_self(), right);
		}
	}
	return result;
}

/* A thread at the program's entry, its stack pointer as given. */
static kern_return_t
start_thread(mach_port_t task, uintptr_t entry, uintptr_t sp)
{
	struct i386_thread_state state;
	mach_msg_type_number_t count = i386_THREAD_STATE_COUNT;
	mach_port_t thread;
	kern_return_t result;

	result = thread_create(task, &thread);
	if (result != KERN_SUCCESS)
		return result;
	result = thread_get_state(thread, i386_THREAD_STATE,
				  (thread_state_t)&state, &count);
	if (result == KERN_SUCCESS) {
		user_state_pc(&state) = entry;
		user_state_sp(&state) = sp;
		result = thread_set_state(thread, i386_THREAD_STATE,
					  (thread_state_t)&state, count);
	}
	if (result == KERN_SUCCESS)
		result = thread_resume(thread);
	mach_port_deallocate(mach_task_self(), thread);
	return result;
}

/* Fill a new task. */
static kern_return_t
start_in(mach_port_t task, const struct elf_image *image,
	 struct start_block *block)
{
	vm_address_t stack = USER_END - UTHREAD_STACK;
	kern_return_t result;
	uintptr_t sp;

	result = load_image(task, image);
	if (result != KERN_SUCCESS)
		return result;
	result = vm_allocate(task, &stack, UTHREAD_STACK, FALSE);
	if (result != KERN_SUCCESS)
		return result;
	sp = start_block_write(block, task);
	if (sp == 0)
		return KERN_RESOURCE_SHORTAGE;
	return start_thread(task, (uintptr_t)image->entry, sp);
}

kern_return_t
elf_task_start(const void *data, size_t size, int argc, char *const argv[],
	       mach_port_t exit_port, mach_port_t *task)
{
	struct start_block *block;
	struct elf_image image;
	kern_return_t result;

	if (elf_image_parse(&image, data, size, CLASS, MACHINE) != ELF_OK)
		return KERN_INVALID_ARGUMENT;
	block = calloc(1, sizeof *block);
	if (block == NULL)
		return KERN_RESOURCE_SHORTAGE;
	result = task_create(mach_task_self(), FALSE, task);
	if (result != KERN_SUCCESS) {
		free(block);
		return result;
	}
	if (argc > 0) {
		kernel_debug_name_t name;

		mig_strncpy(name, argv[0], sizeof name);
		(void)task_set_name(*task, name);
		start_block_add(block, argv[0]);
	}
	result = give_rights(*task, block, exit_port);
	for (int i = 1; i < argc; i++)
		start_block_add(block, argv[i]);
	if (result == KERN_SUCCESS && block->too_long)
		result = KERN_INVALID_ARGUMENT;
	if (result == KERN_SUCCESS)
		result = start_in(*task, &image, block);
	if (result != KERN_SUCCESS) {
		(void)task_terminate(*task);
		mach_port_deallocate(mach_task_self(), *task);
	}
	free(block);
	return result;
}
