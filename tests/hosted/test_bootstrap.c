/*
 * tests/hosted/test_bootstrap.c -- the boot script, from module strings to
 * tasks that run and end, on the host machine.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a task does in "user mode" is a function here: it notes its arguments
 * and ends itself by a trap.  What the kernel says is read from its log.
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include <mach/exception.h>
#include <machine/boot_info.h>
#include <machine/host.h>
#include <machine/physmem.h>
#include <machine/user.h>
#include <machine/user_copy.h>

#include "kern/assert.h"
#include "kern/bootstrap.h"
#include "kern/clock.h"
#include "kern/klog.h"
#include "kern/panic.h"
#include "kern/slab.h"
#include "kern/syscall_user.h"
#include "kern/task.h"
#include "kern/task_list.h"
#include "tests/hosted/task_test.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "tests/hosted/elf_build.h"
#include "vm/pmap.h"
#include "vm/vm_boot.h"
#include "vm/vm_map.h"
#include "vm/vm_page.h"

#define MEMORY		(16u * 1024 * 1024)
#define MAX_MODULES	8
#define NOTES		4096
#define FAULT_ENTRY	0x400020u	/* a program that starts here faults */

static struct bootstrap_result result;
static char notes[NOTES];		/* what the programs noted */
static char said[NOTES];		/* what the kernel printed */

static void
note(const char *text)
{
	strncat(notes, text, sizeof notes - strlen(notes) - 1);
}

/* A string of the current task's. */
static void
note_string(uintptr_t at)
{
	char text[64];
	size_t length;

	assert(copy_string_from_user(text, USER_ADDR(at), sizeof text,
				     &length));
	note("<");
	note(text);
	note(">");
}

/* argv, and after a bar envp. */
static void
note_vectors(uintptr_t sp)
{
	uintptr_t word;

	for (int vectors = 2; vectors > 0; ) {
		sp += sizeof word;
		assert(copy_from_user(&word, USER_ADDR(sp), sizeof word));
		if (word != 0) {
			note_string(word);
		} else if (--vectors > 0) {
			note("|");
		}
	}
	note("\n");
}

static void
program(struct trap_frame *frame)
{
	note_vectors(trap_frame_sp(frame));
	if (trap_frame_pc(frame) == FAULT_ENTRY)
		trap_hook_exception(frame, EXC_BAD_ACCESS,
				    KERN_INVALID_ADDRESS, 0x10);

	frame->user = true;
	frame->number = -69;		/* syscall_task_terminate */
	frame->arg[0] = (unsigned long)trap_mach_task_self(NULL);
	frame->nr_args = 1;
	trap_hook_syscall(frame);
	assert(frame->result == KERN_SUCCESS);
	host_trap_return_user(frame);
	panic("a task outlived its end");
}

/* The modules of the boot that is being made. */
static struct boot_module modules[MAX_MODULES];
static unsigned int nr_modules;

static void
add_module(const char *string, const void *data, size_t size)
{
	phys_addr_t at = boot_mem_alloc_for(size + 1, PAGE_SIZE,
					    BOOT_MEM_MODULES);

	assert(nr_modules < MAX_MODULES);
	memcpy(phys_to_direct(at), data, size);
	modules[nr_modules].string = string;
	modules[nr_modules].start = at;
	modules[nr_modules].end = at + size;
	nr_modules++;
}

static void
add_program(const char *string, uintptr_t entry)
{
	static struct elf_build elf;

	elf_build_init(&elf, 2, entry, 1);
	elf_build_load(&elf, 5, 0x400000, 0x100, 0x3000, 0x90);
	add_module(string, elf.data, elf.size);
}

/* A machine with memory, to which modules can be added. */
static void
prepare(void)
{
	host_machine_init(1);
	host_physmem_init(MEMORY, MEMORY);
	boot_mem_reset();
	boot_mem_add(0, MEMORY);
	nr_modules = 0;
	notes[0] = '\0';
}

/* End the tasks that nobody resumed. */
static void
end_suspended(void)
{
	for (unsigned int id = 1; task_count() != 0; id++) {
		struct task *task = task_lookup(id);

		if (task == NULL)
			continue;
		assert(task_terminate(task) == KERN_SUCCESS);
		task_wait_ended(task);
		task_unref(task);
	}
}

static void
boot_main(void *info)
{
	unsigned long live;

	host_user_set(program);
	task_test_init();
	live = slab_live();
	bootstrap_start(info);
	bootstrap_wait(&result);
	task_check();
	assert(task_count() == result.nr_suspended);
	end_suspended();
	/* The reaper is done with the last thread a bit later. */
	for (int ms = 0; slab_live() != live; ms++) {
		assert(ms < 1000);
		clock_sleep_ms(1);
	}
}

static void
boot(const char *cmdline)
{
	static struct boot_info info;
	uint64_t pos = klog_end();
	size_t size;

	info.cmdline = cmdline;
	info.loader = "";
	info.nr_modules = nr_modules;
	info.modules = modules;

	pmap_bootstrap();
	vm_page_init();
	slab_init();
	pmap_init();
	vm_init();
	host_run(boot_main, &info);
	size = klog_read(&pos, said, sizeof said - 1);
	said[size] = '\0';
}

static void
assert_said(const char *text)
{
	if (strstr(said, text) == NULL)
		fail_msg("not said: %s\nbut: %s", text, said);
}

static void
test_arguments(void **state)
{
	(void)state;
	prepare();
	add_program("path/to/a one ${x}two --y=${y}${x} $(task-create) "
		    "$(task-resume) last", 0x400000);
	boot("x=1 y=2 y=3");
	assert_string_equal(notes,
		"<path/to/a><one><1><two><--y=3><1><last>|\n");
	assert_int_equal(result.nr_started, 1);
	assert_int_equal(result.nr_refused, 0);
	assert_int_equal(result.nr_faulted, 0);
}

static void
test_variables(void **state)
{
	(void)state;
	prepare();
	add_program("a ${root-device} ${boot-args} ${root} $(task-create) "
		    "$(task-resume)", 0x400000);
	boot("root=/dev/hd1 -s quiet -v");
	assert_string_equal(notes, "<a><hd1><-sv></dev/hd1>|\n");

	prepare();
	add_program("a ${root-device} ${boot-args} $(task-create) "
		    "$(task-resume)", 0x400000);
	boot("");
	assert_string_equal(notes, "<a><UNKNOWN><-x>|\n");
}

/* Tasks run in the order of their lines; one that nobody resumes stays. */
static void
test_order(void **state)
{
	(void)state;
	prepare();
	add_program("first $(task-create) $(task-resume)", 0x400000);
	add_program("# a comment $(task-create)", 0x400000);
	add_program("waits $(task-create)", 0x400000);
	add_program("unused line", 0x400000);
	add_program("last $(task-resume) $(task-create)", 0x400000);
	boot("");
	assert_string_equal(notes, "<first>|\n<last>|\n");
	assert_int_equal(result.nr_started, 2);
	assert_int_equal(result.nr_suspended, 1);
	assert_int_equal(result.nr_refused, 0);
	assert_said("module 4 (unused) has no task-create: not started");
}

/* A variable that a later line sets is known when arguments are made. */
static void
test_late_port(void **state)
{
	(void)state;
	prepare();
	add_program("fs --exec=${exec} $(task-create) $(task-resume)",
		    0x400000);
	add_program("exec $(exec=task-create)", 0x400000);
	add_program("ok $(task-create) $(task-resume)", 0x400000);
	boot("");
	assert_string_equal(notes, "<fs><--exec=1>|\n<ok>|\n");
	assert_int_equal(result.nr_refused, 0);
	assert_int_equal(result.nr_suspended, 1);
}

static void
test_refused(void **state)
{
	static const char text[] = "no program";

	(void)state;
	prepare();
	add_program("a ${kernel-task} $(task-create) $(task-resume)",
		    0x400000);
	add_program("b ${nowhere} $(task-create) $(task-resume)", 0x400000);
	add_program("c $(ramdisk-create)", 0x400000);
	add_program("d $(task-create) $(task-create)", 0x400000);
	add_program("e ${unfinished $(task-create)", 0x400000);
	add_module("f $(task-create) $(task-resume)", text, sizeof text);
	add_module("g $(task-create) $(task-resume)", text, 0);
	add_program("h $(task-create) $(task-resume)", 0x400000);
	boot("");
	assert_string_equal(notes, "<h>|\n");
	assert_said("module 1 (a) refused: port kernel-task can't be given");
	assert_said("module 2 (b) refused: variable nowhere is not defined");
	assert_said("module 3 (c) refused: function ramdisk-create is not");
	assert_said("module 4 (d) refused: task-create twice");
	assert_said("module 5 (");
	assert_said("module 6 (f) refused: not an ELF file");
	assert_said("module 7 (g) refused: the module is empty");
	assert_int_equal(result.nr_refused, 7);
	assert_int_equal(result.nr_started, 1);
}

/* What a line holds can't move the console's cursor. */
static void
test_control_characters(void **state)
{
	(void)state;
	prepare();
	add_program("a\033[2Jb\r\177 $(task-create) $(f\006x)", 0x400000);
	add_program("c ${d\033e\377} $(task-create) $(task-resume)", 0x400000);
	boot("");
	assert_said("module 1 (a?[2Jb?\?) refused: function f?x is not served");
	assert_said("module 2 (c) refused: variable d?e? is not defined");
	assert_null(strpbrk(said, "\033\r\177\006"));
	assert_int_equal(result.nr_refused, 2);
}

/* A line's memory is what its arguments take, and a module's goes back when it
 * was loaded: lines may have the same module for all that. */
static void
test_shared_module(void **state)
{
	(void)state;
	prepare();
	add_program("a 1 2 3 $(task-create) $(task-resume)", 0x400000);
	add_program("b $(task-create) $(task-resume)", 0x400000);
	modules[1].start = modules[0].start;
	modules[1].end = modules[0].end;
	boot("");
	assert_string_equal(notes, "<a><1><2><3>|\n<b>|\n");
	assert_int_equal(result.nr_started, 2);
}

static void
test_compat(void **state)
{
	(void)state;
	prepare();
	add_program("path/only", 0x400000);
	boot("-s root=/dev/rd0");
	assert_string_equal(notes, "<bootstrap><-s><1><2><rd0>|"
			    "<MULTIBOOT_CMDLINE=-s root=/dev/rd0>\n");
	assert_said("compatibility mode");

	/* GRUB passes no name; and no command line, no environment. */
	prepare();
	add_program("", 0x400000);
	boot("");
	assert_string_equal(notes, "<bootstrap><-x><1><2><UNKNOWN>|\n");
}

static void
test_faulted(void **state)
{
	(void)state;
	prepare();
	add_program("dies $(task-create) $(task-resume)", FAULT_ENTRY);
	add_program("lives $(task-create) $(task-resume)", 0x400000);
	boot("");
	assert_int_equal(result.nr_started, 2);
	assert_int_equal(result.nr_faulted, 1);
	assert_said("(dies) thread");
	assert_said("EXC_BAD_ACCESS code 1 (KERN_INVALID_ADDRESS) address "
		    "0x10 pc 0x400020");
}

/* A string whose words need more than the largest block; others go on. */
static void
test_endless_line(void **state)
{
	static char line[600 * 1024];

	(void)state;
	for (size_t i = 0; i < sizeof line - 1; i++)
		line[i] = i % 2 == 0 ? 'a' : ' ';
	prepare();
	add_program(line, 0x400000);
	add_program("lives $(task-create) $(task-resume)", 0x400000);
	boot("");
	assert_said("module 1 (?) refused: no memory for its words");
	assert_int_equal(result.nr_refused, 1);
	assert_int_equal(result.nr_started, 1);
}

static void
test_none(void **state)
{
	(void)state;
	prepare();
	boot("");
	assert_said("bootstrap: no modules");
	assert_int_equal(result.nr_started, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_late_port),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_shared_module),
		cmocka_unit_test(test_compat),
		cmocka_unit_test(test_faulted),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_none),
	};

	return unit_main(tests);
}
