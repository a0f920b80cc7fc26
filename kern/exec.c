/*
 * kern/exec.c -- see kern/exec.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/exec.h"

#include <machine/page.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/assert.h"
#include "kern/sched.h"
#include "kern/thread.h"
#include "lib/elf.h"
#include "lib/string.h"
#include "vm/vm_map.h"

/* User programs have the kernel's own width. */
#define EXEC_CLASS	((unsigned int)sizeof(uintptr_t) * 8)
#define EXEC_MACHINE \
	(EXEC_CLASS == 64 ? ELF_MACHINE_X86_64 : ELF_MACHINE_386)
#define EXEC_STACK_ALIGN	(EXEC_CLASS == 64 ? 16u : 4u)

#define EXEC_STACK_START	(VM_MAX_USER_ADDRESS - EXEC_STACK_SIZE)
#define EXEC_MAX_BLOCK		(EXEC_STACK_SIZE / 2)	/* of arguments */

#define EXEC_COPY_PIECE		(64 * 1024)	/* bytes between two yields */

_Static_assert(EXEC_DYN_BASE == ELF_BIAS, "lib/elf.h places such images");
_Static_assert(PAGE_SIZE == ELF_PAGE_SIZE, "segments overlap in pages");
_Static_assert(VM_PROT_READ == ELF_PROT_READ &&
	       VM_PROT_WRITE == ELF_PROT_WRITE &&
	       VM_PROT_EXECUTE == ELF_PROT_EXECUTE, "protections are copied");

/* Fresh zero-filled memory at [start, end), writable for now. */
static kern_return_t
exec_map(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	uintptr_t addr = start;

	return vm_map_enter(map, &addr, end - start, 0, false, NULL, 0,
			    VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
			    VM_INHERIT_COPY);
}

/* Copy to the task's memory; a file may be large, so others run between. */
static kern_return_t
exec_copy(uintptr_t to, const unsigned char *from, size_t size)
{
	while (size > 0) {
		size_t piece = MIN(size, (size_t)EXEC_COPY_PIECE);

		if (!copy_to_user(USER_ADDR(to), from, piece))
			return KERN_RESOURCE_SHORTAGE;
		to += piece;
		from += piece;
		size -= piece;
		if (thread_should_stop())
			return KERN_ABORTED;
		if (size > 0)
			(void)sched_yield();
	}
	return KERN_SUCCESS;
}

static kern_return_t
exec_load_segment(struct vm_map *map, const struct elf_image *elf,
		  const struct elf_segment *segment)
{
	uintptr_t start = (uintptr_t)segment->start_page;
	uintptr_t end = (uintptr_t)segment->end_page;
	kern_return_t kr;

	kr = exec_map(map, start, end);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = exec_copy((uintptr_t)segment->vaddr,
		       elf->data + segment->file_offset, segment->file_size);
	if (kr != KERN_SUCCESS)
		return kr;
	return vm_map_protect(map, start, end, (vm_prot_t)segment->prot,
			      false);
}

kern_return_t
exec_load(struct vm_map *map, const void *data, size_t size,
	  struct exec_image *out, const char **why)
{
	struct elf_image elf;
	struct elf_segment segment;
	enum elf_status status;

	status = elf_image_parse(&elf, data, size, EXEC_CLASS, EXEC_MACHINE);
	if (status != ELF_OK) {
		*why = elf_status_name(status);
		return KERN_INVALID_ARGUMENT;
	}
	if (elf.high_page > EXEC_STACK_START) {
		*why = "segment in the stack or beyond user space";
		return KERN_INVALID_ARGUMENT;
	}
	if (elf.entry >= VM_MAX_USER_ADDRESS) {
		*why = "entry beyond user space";
		return KERN_INVALID_ARGUMENT;
	}

	for (unsigned int i = 0; elf_image_segment(&elf, i, &segment); i++) {
		kern_return_t kr = exec_load_segment(map, &elf, &segment);

		if (kr != KERN_SUCCESS) {
			*why = "no memory for a segment";
			return kr;
		}
	}
	out->entry = (uintptr_t)elf.entry;
	out->stack_prot = (vm_prot_t)elf.stack_prot;
	return KERN_SUCCESS;
}

/* Where the next word and the next string of the argument block go. */
struct exec_cursor {
	uintptr_t	word;
	uintptr_t	string;
};

static bool
exec_put_word(struct exec_cursor *at, uintptr_t value)
{
	bool good = copy_to_user(USER_ADDR(at->word), &value, sizeof value);

	at->word += sizeof value;
	return good;
}

/* A vector of strings, and the null word that ends it. */
static bool
exec_put_vector(struct exec_cursor *at, const char *const *strings,
		unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		size_t size = strlen(strings[i]) + 1;

		if (!copy_to_user(USER_ADDR(at->string), strings[i], size) ||
		    !exec_put_word(at, at->string))
			return false;
		at->string += size;
	}
	return exec_put_word(at, 0);
}

/* Bytes of the strings, or EXEC_MAX_BLOCK + 1 when they are more. */
static size_t
exec_strings_size(const char *const *strings, unsigned int count)
{
	size_t size = 0;

	for (unsigned int i = 0; i < count && size <= EXEC_MAX_BLOCK; i++)
		size += strnlen(strings[i], EXEC_MAX_BLOCK) + 1;
	return MIN(size, (size_t)EXEC_MAX_BLOCK + 1);
}

kern_return_t
exec_stack(struct vm_map *map, const struct exec_image *image,
	   const struct exec_args *args, uintptr_t *sp, const char **why)
{
	struct exec_cursor at;
	size_t words, block;
	kern_return_t kr;

	if (args->argc > EXEC_MAX_BLOCK || args->envc > EXEC_MAX_BLOCK)
		goto too_large;
	words = ((size_t)args->argc + args->envc + 3) * sizeof(uintptr_t);
	block = words + exec_strings_size(args->argv, args->argc) +
		exec_strings_size(args->envp, args->envc);
	if (block > EXEC_MAX_BLOCK)
		goto too_large;

	kr = exec_map(map, EXEC_STACK_START, VM_MAX_USER_ADDRESS);
	if (kr != KERN_SUCCESS)
		goto no_memory;

	at.word = VM_MAX_USER_ADDRESS -
		  ROUND_UP(block, (size_t)EXEC_STACK_ALIGN);
	at.string = at.word + words;
	*sp = at.word;
	if (!exec_put_word(&at, args->argc) ||
	    !exec_put_vector(&at, args->argv, args->argc) ||
	    !exec_put_vector(&at, args->envp, args->envc)) {
		kr = KERN_RESOURCE_SHORTAGE;
		goto no_memory;
	}
	assert(at.word == *sp + words);

	kr = vm_map_protect(map, EXEC_STACK_START, VM_MAX_USER_ADDRESS,
			    image->stack_prot, false);
	if (kr != KERN_SUCCESS)
		goto no_memory;
	return KERN_SUCCESS;

too_large:
	*why = "arguments are too long";
	return KERN_INVALID_ARGUMENT;
no_memory:
	*why = "no memory for the stack";
	return kr;
}
