/*
 * tests/kernel/test_fpu.c -- is the floating-point state each thread's own?
 *
 * The threads are the kernel's, with the state area that a user thread has:
 * nothing else touches the registers, so it is as if they were in user mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/trap.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/kalloc.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"
#include "x86/fpu.h"
#include "x86/fpu_state.h"
#include "x86/trap_try.h"

#define THREADS		64
#define ROUNDS		200
#define NAP_ROUNDS	8	/* one round of these is a sleep */

#define MXCSR		24	/* offsets in the area */
#define XSTATE_BV	512
#define FPU_DATA	32	/* where the registers begin */
#define X87_END		160	/* where those of SSE follow */
#define FPU_DATA_END	416	/* ... and end; i386 has less in there */
#define COMPONENTS	576

struct fpu_run {
	struct random	random;
	uint8_t		*want, *got;	/* areas */
	void		*memory;	/* for both */
	unsigned int	rounds;		/* (A) done */
	unsigned int	moves;		/* (A) to another CPU */
	bool		mixed;		/* (A) */
};

/* A state that no other has: numbers in all registers. */
static void
state_make(struct fpu_run *run)
{
	const struct x86_fpu_format *format = x86_fpu_format();
	uint8_t *state = run->want;

	x86_fpu_state_init(state, format);
	state[4] = 0xff;		/* all x87 registers in use */
	for (uint32_t at = FPU_DATA; at < format->size; at++) {
		bool x87 = at < X87_END;

		if ((x87 && at % 16 >= 10)
		    || (at >= FPU_DATA_END && at < COMPONENTS))
			continue;
		state[at] = (uint8_t)random_u64(&run->random);
	}
	state[MXCSR + 1] |= (uint8_t)(random_below(&run->random, 4) << 5);
	if (format->components != 0)
		memcpy(state + XSTATE_BV, &format->components,
		       sizeof format->components);
}

/* The parts of two states that were loaded and saved; not the pointers. */
static bool
state_is_equal(const uint8_t *a, const uint8_t *b)
{
	uint32_t end = sizeof(void *) == 8 ? FPU_DATA_END : 288;
	uint32_t size = x86_fpu_format()->size;

	if (!x86_features.sse)
		return memcmp(a + FPU_DATA, b + FPU_DATA, X87_END - FPU_DATA)
			== 0;
	if (memcmp(a + FPU_DATA, b + FPU_DATA, end - FPU_DATA) != 0
	    || memcmp(a + MXCSR, b + MXCSR, 4) != 0)
		return false;
	/* Of the AVX registers i386 has half; behind them are gaps. */
	if (size <= COMPONENTS)
		return true;
	return memcmp(a + COMPONENTS, b + COMPONENTS,
		      sizeof(void *) == 8 ? 256 : 128) == 0;
}

/* Saved from the registers, not what a switch left in the thread's area. */
static void
state_read(uint8_t *area)
{
	intr_state_t state = cpu_intr_save();

	x86_fpu_state_init(area, x86_fpu_format());
	x86_fpu_save(area);
	cpu_intr_restore(state);
}

/*
 * The registers keep what was loaded, whoever else runs meanwhile and wherever
 * this thread goes on.
 */
static void
fpu_thread(void *arg)
{
	struct fpu_run *run = arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int cpu = cpu_id();

		state_make(run);
		x86_fpu_load(run->want);
		if (i % NAP_ROUNDS == 0)
			clock_sleep_ms(1);
		else
			(void)sched_yield();
		state_read(run->got);
		if (!state_is_equal(run->want, run->got))
			atomic_store_relaxed(&run->mixed, true);
		if (cpu_id() != cpu)
			atomic_fetch_add(&run->moves, 1u);
	}
	atomic_store_release(&run->rounds, ROUNDS);
}

/* Give a new thread state of its own, as if it were to go to user mode. */
static bool
thread_add_state(struct thread *thread)
{
	if (!machine_thread_add_user(thread))
		return false;
	x86_fpu_begin(machine_thread_of(thread));
	return true;
}

/* Memory of a run: two areas, aligned within it. */
static size_t
run_memory(void)
{
	return 2 * ROUND_UP(x86_fpu_format()->size, (uint32_t)FPU_ALIGN)
		+ FPU_ALIGN;
}

static struct thread *
run_start(struct fpu_run *run, unsigned int number)
{
	uint32_t size = ROUND_UP(x86_fpu_format()->size, (uint32_t)FPU_ALIGN);
	struct thread *thread;

	memset(run, 0, sizeof *run);
	random_init(&run->random, number);
	run->memory = kalloc(run_memory(), KM_WAIT);
	if (run->memory == NULL)
		return NULL;
	run->want = (uint8_t *)ROUND_UP((uintptr_t)run->memory,
					(uintptr_t)FPU_ALIGN);
	run->got = run->want + size;
	if (thread_create("fpu", NULL, fpu_thread, run, PRI_USER, &thread)
	    != KERN_SUCCESS)
		return NULL;
	if (!thread_add_state(thread)) {
		thread_unref(thread);
		return NULL;
	}
	thread_start(thread);
	return thread;
}

/* 64 threads on all CPUs; the last word of each is true and its own. */
KTEST(fpu_never_mixes)
{
	static struct fpu_run runs[THREADS];
	static struct thread *threads[THREADS];
	unsigned int moves = 0;

	for (unsigned int i = 0; i < THREADS; i++)
		threads[i] = run_start(&runs[i], i);
	for (unsigned int i = 0; i < THREADS; i++) {
		if (ktest_assert(threads[i] != NULL)) {
			thread_join(threads[i]);
			thread_unref(threads[i]);
			ktest_assert(runs[i].rounds == ROUNDS);
			ktest_assert(!runs[i].mixed);
		}
		if (runs[i].memory != NULL)
			kfree(runs[i].memory, run_memory());
		moves += runs[i].moves;
	}
	ktest_note("%u threads, %u CPUs: %u moves from CPU to CPU", THREADS,
		   cpu_count(), moves);
	ktest_assert(cpu_count() == 1 || moves > 0);
}

/* A fresh thread finds the initial state, whatever the one before it left. */
static void
fpu_fresh_thread(void *arg)
{
	uint8_t *area = arg;
	uint16_t control;
	uint32_t mxcsr;

	state_read(area);
	memcpy(&control, area, sizeof control);
	memcpy(&mxcsr, area + MXCSR, sizeof mxcsr);
	ktest_assert(control == 0x37f && mxcsr == 0x1f80);
	for (uint32_t at = FPU_DATA; at < FPU_DATA_END; at++)
		ktest_assert(area[at] == 0);
	for (uint32_t at = COMPONENTS; at < x86_fpu_format()->size; at++)
		ktest_assert(area[at] == 0);

	/* And leaves all registers full. */
	x86_fpu_state_init(area, x86_fpu_format());
	memset(area + FPU_DATA, 0xa5, FPU_DATA_END - FPU_DATA);
	if (x86_fpu_format()->components != 0) {
		memset(area + COMPONENTS, 0xa5,
		       x86_fpu_format()->size - COMPONENTS);
		memcpy(area + XSTATE_BV, &x86_fpu_format()->components, 8);
	}
	x86_fpu_load(area);
}

KTEST(fpu_fresh_is_clean)
{
	static uint8_t area[4096] __attribute__((aligned(FPU_ALIGN)));

	if (!ktest_assert(x86_fpu_format()->size <= sizeof area))
		return;
	for (unsigned int i = 0; i < 4; i++) {
		struct thread *thread;

		if (thread_create("fresh", NULL, fpu_fresh_thread, area,
				  PRI_USER, &thread) != KERN_SUCCESS)
			return;
		thread_bind(thread, cpu_id());
		if (ktest_assert(thread_add_state(thread))) {
			thread_start(thread);
			thread_join(thread);
		}
		thread_unref(thread);
	}
}

static void
load_it(void *area)
{
	x86_fpu_load(area);
}

/*
 * A header that the check refuses faults, and one that it takes does not.
 * (With MXCSR it would be the same, but for QEMU, which takes anything there.)
 */
KTEST(fpu_check_is_true)
{
	static uint8_t area[4096] __attribute__((aligned(FPU_ALIGN)));
	const struct x86_fpu_format *format = x86_fpu_format();
	struct trap_frame frame;

	if (format->components == 0) {
		ktest_skip("no XSAVE");
		return;
	}
	if (!ktest_assert(format->size <= sizeof area))
		return;
	for (unsigned int bit = 0; bit < 192; bit++) {
		bool valid;

		x86_fpu_state_init(area, format);
		area[XSTATE_BV + bit / 8] = (uint8_t)(1u << bit % 8);
		valid = x86_fpu_state_is_valid(area, format->size, format);
		if (CONFIG_DEBUG && !valid)
			continue;		/* it would panic before */
		if (!ktest_assert(trap_try(load_it, area, &frame) != valid))
			ktest_note("bit %u", bit);
	}
}
