/*
 * tests/hosted/test_exec.c -- loading an ELF image and making the first stack,
 * by a thread of the task, on the host machine.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include <machine/host.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/assert.h"
#include "kern/exec.h"
#include "kern/task.h"
#include "kern/task_list.h"
#include "tests/hosted/task_test.h"
#include "kern/thread.h"
#include "kern/thread_user.h"
#include "lib/macros.h"
#include "tests/hosted/elf_build.h"
#include "vm/vm_map.h"

#define BASE	0x400000u
#define TOP	VM_MAX_USER_ADDRESS

/* Runs in a thread of a new task; unit assertions leave by longjmp, so what
 * is seen there is asserted with the kernel's own. */
static void
in_task(void (*fn)(void *))
{
	struct task *task = NULL;

	assert(task_create("test", &task) == KERN_SUCCESS);
	assert(thread_user_create(task, fn, task) == KERN_SUCCESS);
	task_wait_ended(task);
	assert(!task->faulted);
	task_unref(task);
	assert(task_count() == 0);
	task_check();
}

static void
kernel_main(void *fn)
{
	task_test_init();
	in_task(*(void (**)(void *))fn);
}

/* Boot a machine and run @fn in a task of it. */
static void
run(void (*fn)(void *))
{
	host_machine_init(1);
	host_memory_init(16 * 1024 * 1024);
	vm_init();
	host_run(kernel_main, &fn);
}

static void
end_task(void *task)
{
	vm_map_check(current_task()->map);
	assert(task_terminate(task) == KERN_SUCCESS);
}

static unsigned char
user_byte(uintptr_t at)
{
	unsigned char byte;

	assert(copy_from_user(&byte, USER_ADDR(at), 1));
	return byte;
}

static uintptr_t
user_word(uintptr_t at)
{
	uintptr_t word;

	assert(copy_from_user(&word, USER_ADDR(at), sizeof word));
	return word;
}

static bool
user_is_mapped(uintptr_t at)
{
	unsigned char byte;

	return copy_from_user(&byte, USER_ADDR(at), 1);
}

static bool
user_is_writable(uintptr_t at)
{
	unsigned char byte = 0;

	return copy_to_user(USER_ADDR(at), &byte, 1);
}

static void
load_segments(void *task)
{
	static struct elf_build elf;
	struct exec_image image;
	const char *why = NULL;

	elf_build_init(&elf, 2, BASE + 0x123, 3);
	elf_build_load(&elf, 5, BASE, 0x1010, 0x1010, 0x11);
	elf_build_load(&elf, 6, BASE + 0x3ff0, 0x20, 0x5000, 0x22);
	elf_build_header(&elf, ELF_BUILD_STACK, 6, 0, 0, 0, 0);
	assert(exec_load(current_task()->map, elf.data, elf.size, &image,
			 &why) == KERN_SUCCESS);

	assert(image.entry == BASE + 0x123);
	assert(image.stack_prot == (VM_PROT_READ | VM_PROT_WRITE));
	assert(user_byte(BASE) == 0x11 && user_byte(BASE + 0x100f) == 0x11);
	assert(user_byte(BASE + 0x1010) == 0);
	assert(!user_is_writable(BASE) && !user_is_writable(BASE + 0x1fff));
	assert(!user_is_mapped(BASE + 0x2000));
	assert(user_byte(BASE + 0x3fef) == 0);
	assert(user_byte(BASE + 0x3ff0) == 0x22);
	assert(user_byte(BASE + 0x400f) == 0x22);
	assert(user_byte(BASE + 0x4010) == 0);
	assert(user_byte(BASE + 0x8fff) == 0);
	assert(user_is_writable(BASE + 0x3000));
	assert(user_is_writable(BASE + 0x8fff));
	assert(!user_is_mapped(BASE + 0x9000));
	end_task(task);
}

static void
test_load(void **state)
{
	(void)state;
	run(load_segments);
}

static void
load_dynamic(void *task)
{
	static struct elf_build elf;
	struct exec_image image;
	const char *why = NULL;

	elf_build_init(&elf, 3, 0x40, 1);
	elf_build_load(&elf, 5, 0, 0x100, 0x100, 0x33);
	assert(exec_load(current_task()->map, elf.data, elf.size, &image,
			 &why) == KERN_SUCCESS);
	assert(image.entry == EXEC_DYN_BASE + 0x40);
	assert(image.stack_prot == VM_PROT_ALL);
	assert(user_byte(EXEC_DYN_BASE) == 0x33);
	assert(!user_is_mapped(0));
	end_task(task);
}

static void
test_dynamic(void **state)
{
	(void)state;
	run(load_dynamic);
}

/* Refused, with a reason, and nothing was mapped. */
static void
refuse(const struct elf_build *elf, size_t size)
{
	struct vm_map *map = current_task()->map;
	struct exec_image image;
	const char *why = NULL;

	assert(exec_load(map, elf->data, size, &image, &why) ==
	       KERN_INVALID_ARGUMENT);
	assert(why != NULL && why[0] != '\0');
	assert(vm_map_entries(map) == 0);
}

/* A file cut anywhere before its last segment's bytes. */
static void
refuse_truncated(void)
{
	static struct elf_build elf;

	elf_build_init(&elf, 2, BASE, 2);
	elf_build_load(&elf, 5, BASE, 0x80, 0x80, 1);
	elf_build_load(&elf, 6, BASE + 0x1000, 0x80, 0x80, 1);
	for (size_t size = 0; size < elf.size; size++)
		refuse(&elf, size);
}

static void
refuse_segment(uint64_t vaddr, uint64_t mem_size)
{
	static struct elf_build elf;

	elf_build_init(&elf, 2, BASE, 2);
	elf_build_load(&elf, 5, BASE, 0x80, 0x80, 1);
	elf_build_load(&elf, 6, vaddr, 0x10, mem_size, 1);
	refuse(&elf, elf.size);
}

static void
load_malformed(void *task)
{
	static struct elf_build elf;

	refuse_truncated();
	refuse_segment(BASE + 0x100, 0x10);		/* same page */
	refuse_segment(TOP, 0x10);			/* the kernel's */
	refuse_segment(TOP - 0x1000, 0x10);		/* in the stack */
	refuse_segment(TOP - EXEC_STACK_SIZE - 0x1000, 0x1001);
	refuse_segment((uintptr_t)-0x1000, 0x1000);	/* the last page */
	refuse_segment((uintptr_t)-0x10, 0x1000);	/* wraps */
	refuse_segment(BASE + 0x1000, (uintptr_t)-1);	/* wraps */
	refuse_segment(BASE + 0x1000, 4);		/* less than the file */

	/* Entry beyond user space. */
	elf_build_init(&elf, 2, TOP, 1);
	elf_build_load(&elf, 5, BASE, 0x80, 0x80, 1);
	refuse(&elf, elf.size);

	/* Class, byte order, machine. */
	elf_build_init(&elf, 2, BASE, 1);
	elf_build_load(&elf, 5, BASE, 0x80, 0x80, 1);
	elf.data[4] ^= 3;
	refuse(&elf, elf.size);
	elf.data[4] ^= 3;
	elf.data[5] = 2;
	refuse(&elf, elf.size);
	elf.data[5] = 1;
	elf.data[18] = 8;
	refuse(&elf, elf.size);
	end_task(task);
}

static void
test_malformed(void **state)
{
	(void)state;
	run(load_malformed);
}

static const char *const arguments[] = { "prog", "", "a b", "last" };
static const char *const environment[] = { "X=1" };

/* argc, argv, 0, envp, 0, strings: argv[0] at once behind the last 0. */
static void
check_block(uintptr_t sp)
{
	const uintptr_t word = sizeof(uintptr_t);
	uintptr_t string = sp + (4 + 1 + 3) * word;
	const char *const all[] = { "prog", "", "a b", "last", "X=1" };

	assert(sp % (word == 8 ? 16 : 4) == 0);
	assert(user_word(sp) == 4);
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		unsigned int slot = i < 4 ? 1 + i : 2 + i;
		size_t size = strlen(all[i]) + 1;
		char text[16];

		assert(user_word(sp + slot * word) == string);
		assert(copy_from_user(text, USER_ADDR(string), size));
		assert(strcmp(text, all[i]) == 0);
		string += size;
	}
	assert(user_word(sp + 5 * word) == 0);
	assert(user_word(sp + 7 * word) == 0);
	assert(string <= TOP && TOP - string < 16);
}

static void
stack_layout(void *task)
{
	struct exec_image image = { 0, VM_PROT_READ | VM_PROT_WRITE };
	struct exec_args args = { 4, 1, arguments, environment };
	const char *why = NULL;
	uintptr_t sp = 0;

	assert(exec_stack(current_task()->map, &image, &args, &sp, &why) ==
	       KERN_SUCCESS);
	check_block(sp);
	assert(user_byte(TOP - EXEC_STACK_SIZE) == 0);
	assert(!user_is_mapped(TOP - EXEC_STACK_SIZE - 1));
	assert(vm_map_size(current_task()->map) == EXEC_STACK_SIZE);
	end_task(task);
}

static void
test_stack(void **state)
{
	(void)state;
	run(stack_layout);
}

static void
stack_limits(void *task)
{
	static char large[EXEC_STACK_SIZE];
	const char *const vector[] = { large };
	struct exec_image image = { 0, VM_PROT_READ };
	struct exec_args args = { 1, 0, vector, NULL };
	struct vm_map *map = current_task()->map;
	const char *why = NULL;
	uintptr_t sp = 0;

	memset(large, 'x', sizeof large - 1);
	assert(exec_stack(map, &image, &args, &sp, &why) ==
	       KERN_INVALID_ARGUMENT);
	assert(why != NULL && vm_map_entries(map) == 0);

	large[EXEC_STACK_SIZE / 2 - 5 * sizeof(uintptr_t)] = '\0';
	assert(exec_stack(map, &image, &args, &sp, &why) == KERN_SUCCESS);
	assert(user_word(sp) == 1);
	assert(!user_is_writable(sp));
	end_task(task);
}

static void
test_stack_limits(void **state)
{
	(void)state;
	run(stack_limits);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_dynamic),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_stack_limits),
	};

	return unit_main(tests);
}
