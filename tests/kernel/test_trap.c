/*
 * tests/kernel/test_trap.c -- entries into the kernel, and user copies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>

#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <machine/backtrace.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/page.h>
#include <machine/trap.h>
#include <machine/user.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/cpu.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/thread_user.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "tests/kernel/ktest_vm.h"
#include "tests/kernel/trap_regs.h"
#include "vm/pmap.h"
#include "vm/vm_map.h"
#include "x86/trap_try.h"
#include "x86/x86.h"

/* Nobody's; with 64 bits not canonical. */
#define NO_ADDRESS	(UINTPTR_MAX / 4 + 1)
#define ERROR_ANY	ULONG_MAX

static void
fault_divide(void *arg)
{
	(void)arg;
	__asm__ volatile ("xorl %%ecx, %%ecx; divl %%ecx"
			  : : "a" (1), "d" (0) : "ecx");
}

static void
fault_breakpoint(void *arg)
{
	(void)arg;
	__asm__ volatile ("int3");
}

static void
fault_overflow(void *arg)
{
	(void)arg;
	__asm__ volatile ("int $4");
}

static void
fault_invalid_opcode(void *arg)
{
	(void)arg;
	__asm__ volatile ("ud2");
}

static void
fault_no_fpu(void *arg)
{
	(void)arg;
	__asm__ volatile ("int $7");
}

/* A selector behind the end of the descriptor table: its error code. */
static void
fault_selector(void *arg)
{
	(void)arg;
	__asm__ volatile ("movl %0, %%fs" : : "r" (0xff8));
}

static void
fault_page(void *arg)
{
	*(volatile char *)arg = 0;
}

static void
fault_machine_check(void *arg)
{
	(void)arg;
	__asm__ volatile ("int $18");
}

static void
fault_simd(void *arg)
{
	(void)arg;
	__asm__ volatile ("int $19");
}

static void
fault_irq_vector_31(void *arg)
{
	(void)arg;
	__asm__ volatile ("int $31");
}

/* A vector behind the last gate; QEMU gives another error code than chips. */
static void
fault_no_gate(void *arg)
{
	(void)arg;
	__asm__ volatile ("int $0x80");
}

static const struct {
	const char *name;
	void	(*fn)(void *arg);
	uintptr_t arg;
	unsigned long vector;
	unsigned long error;
} exceptions[] = {
	{ "divide", fault_divide, 0, TRAP_DIVIDE, 0 },
	{ "debug", trap_fault_debug, 0, TRAP_DEBUG, 0 },
	{ "breakpoint", fault_breakpoint, 0, TRAP_BREAKPOINT, 0 },
	{ "overflow", fault_overflow, 0, TRAP_OVERFLOW, 0 },
	{ "invalid opcode", fault_invalid_opcode, 0, TRAP_INVALID_OPCODE, 0 },
	{ "no fpu", fault_no_fpu, 0, TRAP_NO_FPU, 0 },
	{ "double fault", trap_fault_double, KSTACK_AREA_START,
	  TRAP_DOUBLE_FAULT, 0 },
	{ "selector", fault_selector, 0, TRAP_PROTECTION, 0xff8 },
	{ "protection", trap_fault_protection, 0, TRAP_PROTECTION, 0 },
	{ "page, write", fault_page, PAGE_SIZE, TRAP_PAGE_FAULT, 2 },
	{ "machine check", fault_machine_check, 0, TRAP_MACHINE_CHECK, 0 },
	{ "simd", fault_simd, 0, TRAP_SIMD, 0 },
	{ "vector 31", fault_irq_vector_31, 0, 31, 0 },
	{ "no gate", fault_no_gate, 0, TRAP_PROTECTION, ERROR_ANY },
};

/* Each twice: the first must leave nothing behind that spoils the second. */
KTEST(trap_every_exception)
{
	struct trap_frame frame;

	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(exceptions); i++) {
		unsigned int n = i / 2;

		memset(&frame, 0, sizeof frame);
		if (!ktest_assert(trap_try(exceptions[n].fn,
					   (void *)exceptions[n].arg, &frame))
		    || !ktest_assert(frame.vector == exceptions[n].vector)
		    || !ktest_assert(exceptions[n].error == ERROR_ANY
				     || frame.error == exceptions[n].error)
		    || !ktest_assert(!trap_frame_is_user(&frame)))
			ktest_note("%s: vector %lu, error code %#lx",
				   exceptions[n].name,
				   (unsigned long)frame.vector,
				   (unsigned long)frame.error);
		ktest_assert(cpu_intr_enabled());
	}
}

#define NMI_ROUNDS	1000
#define SPIN_ROUNDS	20000000	/* some clock ticks' worth */

/* A not maskable interrupt returns with every register as it was. */
KTEST(trap_nmi_keeps_registers)
{
	struct machine_cpu *cpu = machine_cpu_self();
	uint32_t before = cpu->nr_nmis;

	ktest_assert(trap_regs_kept(NMI_ROUNDS, true));
	ktest_assert(cpu->nr_nmis == before + NMI_ROUNDS);
}

/* One that comes just before an idle CPU's hlt takes that away, as what was
 * pending is served before it; one that comes anywhere else takes nothing. */
KTEST(trap_nmi_before_hlt)
{
	static struct trap_frame frame;
	uintptr_t hlt = (uintptr_t)x86_idle_hlt;

	ktest_assert(*(const uint8_t *)x86_idle_hlt == 0xf4);
	for (uintptr_t ip = hlt - 1; ip <= hlt + 1; ip++) {
		frame.ip = ip;
		x86_idle_interrupted(&frame);
		ktest_assert(frame.ip == (ip == hlt ? hlt + 1 : ip));
	}
}

KTEST(trap_interrupt_keeps_registers)
{
	uint64_t before = counter_read(&cpu_self()->nr_ticks);

	ktest_assert(trap_regs_kept(SPIN_ROUNDS, false));
	ktest_assert(counter_read(&cpu_self()->nr_ticks) > before);
}

/*
 * Go to user mode with a code segment that is none: the `iret' faults, with
 * the user's registers loaded already.
 */
static void
iret_fault_thread(void *arg)
{
	struct trap_frame *frame = machine_user_frame(current_thread());

	(void)arg;
	trap_frame_init_user(frame, PAGE_SIZE, 2 * PAGE_SIZE);
	frame->cs = TSS_SELECTOR | 3;
	cpu_intr_disable();
	x86_enter_user(frame);
}

/* T4: it is the program's exception, and again and again. */
KTEST(trap_iret_fault)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct task *task;

		if (!ktest_assert(task_create("iret", &task) == KERN_SUCCESS))
			return;
		if (ktest_assert(thread_user_create(task, iret_fault_thread,
						    NULL) == KERN_SUCCESS)) {
			task_wait_ended(task);
			ktest_assert(task->faulted);
		}
		task_unref(task);
	}
}

/* Calls within calls, for the walk over their frames. */
static NOINLINE unsigned int
backtrace_inner(uintptr_t *pcs, unsigned int max)
{
	unsigned int count = machine_backtrace(NULL, pcs, max);

	barrier();
	return count;
}

static NOINLINE unsigned int
backtrace_outer(uintptr_t *pcs, unsigned int max)
{
	unsigned int count = backtrace_inner(pcs, max);

	barrier();
	return count;
}

static bool
is_in(uintptr_t pc, uintptr_t function)
{
	return pc > function && pc < function + 256;
}

KTEST(trap_backtrace)
{
	struct { uintptr_t words[2]; } damaged = { { 1, 1 } };
	uintptr_t pcs[8] = { 0 };

	ktest_assert(backtrace_outer(pcs, ARRAY_SIZE(pcs)) >= 3);
	ktest_assert(is_in(pcs[0], (uintptr_t)backtrace_inner));
	ktest_assert(is_in(pcs[1], (uintptr_t)backtrace_outer));
	ktest_assert(backtrace_outer(pcs, 1) == 1);

	ktest_assert(machine_backtrace(&damaged, pcs, ARRAY_SIZE(pcs)) == 0);
	ktest_assert(machine_backtrace((void *)PAGE_SIZE, pcs, 1) == 0);
	ktest_assert(machine_backtrace((void *)NO_ADDRESS, pcs, 1) == 0);
}

static void
space_leave(struct vm_map *map)
{
	/* The tables of @map must not stay loaded while they are freed. */
	thread_set_space(current_thread(), NULL, pmap_kernel());
	vm_map_unref(map);
	thread_set_space(current_thread(), NULL, NULL);
}

static bool
space_map(struct vm_map *map, uintptr_t at, size_t size, vm_prot_t prot)
{
	return ktest_assert(vm_map_enter(map, &at, size, 0, false, NULL, 0,
					 prot, VM_PROT_ALL, VM_INHERIT_COPY)
			    == KERN_SUCCESS);
}

#define SPACE_AT	((uintptr_t)0x10000000)
#define SPACE_PAGES	4

/* Lengths and places around the ends of words and pages. */
static void
copies_of_all_sizes(void)
{
	static char out[300], in[300];

	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (char)(i * 7 + 1);
	for (size_t size = 0; size < 40; size++) {
		uintptr_t at = SPACE_AT + PAGE_SIZE - 20 + size % 9;

		memset(in, 0, sizeof in);
		ktest_assert(copy_to_user(USER_ADDR(at), out, size));
		ktest_assert(copy_from_user(in, USER_ADDR(at), size));
		ktest_assert(memcmp(in, out, size) == 0);
		ktest_assert(in[size] == 0);
	}
}

KTEST(user_copy_good)
{
	struct vm_map *map = ktest_begin_map();
	size_t len = 0;
	char text[16];

	if (map == NULL)
		return;
	if (space_map(map, SPACE_AT, SPACE_PAGES * PAGE_SIZE,
		      VM_PROT_DEFAULT)) {
		copies_of_all_sizes();

		ktest_assert(copy_to_user(USER_ADDR(SPACE_AT), "hello", 6));
		ktest_assert(copy_string_from_user(text, USER_ADDR(SPACE_AT),
						   sizeof text, &len));
		ktest_assert(len == 5 && strcmp(text, "hello") == 0);
		ktest_assert(copy_string_from_user(text, USER_ADDR(SPACE_AT),
						   6, &len));
		ktest_assert(!copy_string_from_user(text, USER_ADDR(SPACE_AT),
						    5, &len));
	}
	space_leave(map);
}

static void
copies_that_fail(uintptr_t at, size_t size)
{
	static char buffer[2 * 4096];
	size_t len;

	ktest_assert(!copy_from_user(buffer, USER_ADDR(at), size));
	ktest_assert(!copy_to_user(USER_ADDR(at), buffer, size));
	ktest_assert(!copy_string_from_user(buffer, USER_ADDR(at), size,
					    &len));
}

KTEST(user_copy_bad)
{
	struct vm_map *map = ktest_begin_map();
	uintptr_t end = SPACE_AT + SPACE_PAGES * PAGE_SIZE;
	char full[64];

	if (map == NULL)
		return;
	memset(full, 'x', sizeof full);
	if (space_map(map, SPACE_AT, SPACE_PAGES * PAGE_SIZE,
		      VM_PROT_DEFAULT)) {
		copies_that_fail(0, 1);
		copies_that_fail(SPACE_AT - 1, 1);
		copies_that_fail(end, 1);
		copies_that_fail(end, 4096);

		/* Good at first; the string has no end before the hole. */
		ktest_assert(copy_to_user(USER_ADDR(end - sizeof full), full,
					  sizeof full));
		copies_that_fail(end - sizeof full, sizeof full + 1);
		copies_that_fail(end - 3, 4096);

		/* The kernel's memory, and what is no memory at all. */
		copies_that_fail((uintptr_t)full, sizeof full);
		copies_that_fail(VM_MAX_USER_ADDRESS - 1, 2);
		copies_that_fail(VM_MAX_USER_ADDRESS, 1);
		copies_that_fail(NO_ADDRESS, 8);
		copies_that_fail(UINTPTR_MAX, 1);
		copies_that_fail(UINTPTR_MAX - 8, 4096);
		ktest_assert(!copy_to_user(USER_ADDR(SPACE_AT), full,
					   SIZE_MAX));
	}
	space_leave(map);
}

KTEST(user_copy_protection)
{
	struct vm_map *map = ktest_begin_map();
	uint32_t word = 1;

	if (map == NULL)
		return;
	if (space_map(map, SPACE_AT, PAGE_SIZE, VM_PROT_READ)
	    && space_map(map, SPACE_AT + PAGE_SIZE, PAGE_SIZE, VM_PROT_NONE)) {
		ktest_assert(copy_from_user(&word, USER_ADDR(SPACE_AT),
					    sizeof word));
		ktest_assert(word == 0);
		/* Mapped now, and still not writable: CR0.WP. */
		ktest_assert(!copy_to_user(USER_ADDR(SPACE_AT), &word,
					   sizeof word));
		ktest_assert(!copy_from_user(&word,
					     USER_ADDR(SPACE_AT + PAGE_SIZE),
					     sizeof word));
	}
	space_leave(map);
}

/* Without a map there is no user memory. */
KTEST(user_copy_no_map)
{
	char byte = 0;

	ktest_assert(current_thread()->map == NULL);
	ktest_assert(!copy_from_user(&byte, USER_ADDR(SPACE_AT), 1));
	ktest_assert(!copy_to_user(USER_ADDR(SPACE_AT), &byte, 1));
}

static void
access_plain(void *arg)
{
	(void)*(volatile char *)arg;
}

static void
access_execute(void *arg)
{
	((void (*)(void))arg)();
}

/* Any access to user memory that is not a user copy is a mistake. */
KTEST(user_memory_plain_access)
{
	static const unsigned char code[] = { 0xc3 };	/* ret */
	struct vm_map *map = ktest_begin_map();
	struct trap_frame frame;

	if (map == NULL)
		return;
	if (space_map(map, SPACE_AT, PAGE_SIZE, VM_PROT_ALL)) {
		/* Not mapped yet: no fault of the kernel's is resolved. */
		ktest_assert(trap_try(access_plain, (void *)SPACE_AT, &frame));
		ktest_assert(copy_to_user(USER_ADDR(SPACE_AT), code,
					  sizeof code));
		if (x86_features.smap)
			ktest_assert(trap_try(access_plain, (void *)SPACE_AT,
					      &frame));
		if (x86_features.smep)
			ktest_assert(trap_try(access_execute,
					      (void *)SPACE_AT, &frame));
	}
	space_leave(map);
}
