/*
 * tests/hosted/test_x86_pmap_smp.c -- the page tables of x86 under four CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's x86/pmap*.c on a model of four processors' paging, in both
 * shapes of tables.  A toy of the layers above drives it: slots are pages of an
 * object, which is mapped in two user spaces and the kernel's, and has fewer
 * frames than slots, and a store.  Four threads, each bound to a CPU, at once
 *
 *	touch		read and write through their processor's paging, and
 *			fault slots in
 *	evict		as a pageout does: unmap a page everywhere, store it if
 *			it was modified, give the frame to whoever wants one
 *	clean, age	as its scans do: clear marks, with the page in use
 *	remove, protect	ranges of a space; or one page in all spaces
 *	replace		a page in its place by a copy; another thread may have
 *			given its frame on before that is done
 *	spaces		come and go, and end while loaded
 *
 * What must hold:
 *  T1	Each word in a slot has one writer, who finds what he wrote last: no
 *	write is lost (a modified page is stored), nor seen on another's frame.
 *  T2	What has been unmapped is not read any more once that call is back.
 *  T3	A frame nobody has is never written: it keeps its pattern.
 *  T4	A page that is not marked modified is as it was stored.
 *  T5	When all stand still, processors remember no more than the tables say.
 *
 * Words are read and written by plain instructions, so the thread sanitizer
 * sees a frame given on before all processors have acknowledged even if nobody
 * looks at the value.  The locks' order is checked at run time.
 *
 * Seen to fail with each of these changes, one at a time (s: by the thread
 * sanitizer's word as well; those marked + with a wait put where the window is
 * too small for chance):
 *
 *	pmap_flush_others() does not wait for the others	T1 s
 *	... asks nobody when a space ends (pmap_flush_leave())	s
 *	pmap_flush_commit() loads pmap->cpus relaxed		s
 *	a switch sets its bit behind the load of the root (F1)+	T1 s
 *	requests for the kernel's pmap are not obeyed		T1 s
 *	more than 32 pages flush the first 32 only		T1 s
 *	pmap_table_unuse() frees the table at once		s
 *	pmap_flush_finish() before pmap_flush_commit()		the locks' order
 *	pmap_remove() lets the lock go before it flushes+	T1
 *	pmap_page_remove() does not wait for changes begun+	s
 *	pmap_enter() tells the old page before it flushes+	s
 *	... of another page does not flush			T1 s
 *	pmap_page_remove() does not flush			T1 s
 *	... takes the pmap's lock by spin_lock()		the locks' order
 *	pmap_page_clear_modified() does not flush		T4
 *	pv_keep_marks() keeps no mark of modified		T4
 *	pmap_remove() loads, then clears, an entry+		T4
 *	*entry is read plainly where processors set marks	s
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include <machine/cpu.h>
#include <machine/host.h>
#include <machine/paging.h>
#include <machine/physmem.h>
#include <machine/vm_layout.h>

#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/spinlock.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "tests/hosted/x86/frames.h"
#include "tests/hosted/x86/mmu.h"
#include "tests/hosted/x86/pmap_test.h"
#include "vm/pmap.h"
#include "vm/vm_page.h"

#define RW		(VM_PROT_READ | VM_PROT_WRITE)

#define NR_WORKERS	4u
#define NR_SPACES	3u		/* the last is the kernel's */
#define KERNEL		(NR_SPACES - 1)
#define RUN		8u		/* neighbouring slots */
#define NR_SLOTS	(5 * RUN)
#define NAME_WORD	NR_WORKERS	/* behind those of the workers */
#define TURNS		600u		/* between two meetings */

struct slot {
	struct spinlock	lock;		/* RANK_OBJECT */
	struct vm_page	*page;		/* (L) NULL: only in the store */
	uint32_t	in;		/* (A) odd: there may be mappings */
	uint32_t	store[NR_WORDS];	/* (L) */
};

struct worker {
	unsigned int	id;
	struct random	random;
	unsigned int	space;		/* that this CPU has loaded */
	uint32_t	wrote[NR_SLOTS];	/* T1 */
	unsigned int	met;
	unsigned long	touches, faults, evictions, replaced;
};

/* What must not happen, and how often it did.  All (A). */
struct torture_bad {
	unsigned int	lost;		/* T1 */
	unsigned int	foreign;	/* T1: another slot's page */
	unsigned int	stale;		/* T2 */
	unsigned int	unmarked;	/* T4 */
	unsigned int	remembered;	/* T5 */
};

static struct {
	struct pmap	*pmap[NR_SPACES];
	struct slot	slot[NR_SLOTS];
	struct spinlock	mortal_lock;	/* RANK_CLIENT */
	struct pmap	*mortal;		/* (mortal_lock) */
	unsigned int	hot;			/* (A) a slot */
	unsigned int	nr_met;			/* (A) */
	unsigned int	rounds;			/* (C) */
	struct torture_bad bad;
} torture;

static void
bad(unsigned int *counter)
{
	atomic_add_relaxed(counter, 1u);
}

static uint32_t
below(struct worker *worker, uint32_t bound)
{
	return random_below(&worker->random, bound);
}

static bool
one_in(struct worker *worker, uint32_t n)
{
	return below(worker, n) == 0;
}

/* A slot; often one that others have to do with just now. */
static unsigned int
pick(struct worker *worker)
{
	unsigned int slot = below(worker, NR_SLOTS);

	if (one_in(worker, 2))
		return atomic_load_relaxed(&torture.hot);
	if (one_in(worker, 8))
		atomic_store_relaxed(&torture.hot, slot);
	return slot;
}

static uint32_t
slot_name(unsigned int slot)
{
	return 0x51070000u + slot;
}

static uintptr_t
slot_va(unsigned int space, unsigned int slot)
{
	static const uintptr_t user[] = { TEST_USER_PLACES };
	static const uintptr_t kernel[] = {
		VM_KERNEL_MAP_START, VM_KERNEL_MAP_START + 0x1fc000,
		VM_KERNEL_MAP_START + 0x600000,
		KSTACK_AREA_START, KSTACK_AREA_END - RUN * PAGE_SIZE,
	};
	const uintptr_t *base = space == KERNEL ? kernel : user;

	return base[slot / RUN] + (slot % RUN) * PAGE_SIZE;
}

/*
 * The pageout.
 */

/* Copy a page that is being written.  The sanitizer is not to see that. */
static NOINLINE __attribute__((no_sanitize("thread"))) void
copy_in_use(uint32_t *to, const uint32_t *from)
{
	for (unsigned int i = 0; i < NR_WORDS; i++)
		to[i] = *(const volatile uint32_t *)&from[i];
}

static void
slot_expect_stored(const struct slot *slot)
{
	const uint32_t *words = frame_words(slot->page);

	for (unsigned int i = 0; i < NR_WORDS; i++)
		if (words[i] != slot->store[i])
			bad(&torture.bad.unmarked);		/* T4 */
}

/* Take a slot's page out of all spaces.  The slot is locked and has one. */
static void
slot_unmap(struct slot *slot)
{
	uint32_t in = atomic_load_relaxed(&slot->in);

	pmap_page_remove(slot->page);
	if (pmap_page_is_mapped(slot->page))
		bad(&torture.bad.stale);			/* T2 */
	if (in % 2 != 0)
		atomic_store_relaxed(&slot->in, in + 1);	/* T2 */
}

/* Store a page that is in use, if it was modified. */
static void
slot_store(struct slot *slot)
{
	if (pmap_page_clear_modified(slot->page))
		copy_in_use(slot->store, frame_words(slot->page));
}

/* Unmap a page space by space; some that is not known may still have it. */
static void
slot_remove(unsigned int number)
{
	for (unsigned int i = 0; i < NR_SPACES; i++)
		pmap_remove(torture.pmap[i], slot_va(i, number),
			    slot_va(i, number) + PAGE_SIZE);
}

static void
evict(struct worker *worker, unsigned int number)
{
	struct slot *slot = &torture.slot[number];
	bool store_first = one_in(worker, 2);
	bool remove = one_in(worker, 2);
	struct vm_page *page;

	spin_lock(&slot->lock);
	page = slot->page;
	if (page != NULL) {
		/* Then the last write is the one whose mark must be kept. */
		if (store_first)
			slot_store(slot);
		if (remove)
			slot_remove(number);
		slot_unmap(slot);
		if (pmap_page_clear_modified(page))
			memcpy(slot->store, frame_words(page),
			       sizeof slot->store);
		else
			slot_expect_stored(slot);
		(void)pmap_page_clear_referenced(page);
		slot->page = NULL;
		frame_put(page);
		worker->evictions++;
	}
	spin_unlock(&slot->lock);
}

/* Store a page that stays mapped, first made read-only or not. */
static void
clean(struct worker *worker, unsigned int number)
{
	struct slot *slot = &torture.slot[number];
	bool protect = one_in(worker, 2);

	spin_lock(&slot->lock);
	if (slot->page != NULL) {
		if (protect)
			pmap_page_protect(slot->page, VM_PROT_READ);
		slot_store(slot);
		if (protect)
			slot_expect_stored(slot);
	}
	spin_unlock(&slot->lock);
}

/* Like a scan for pages that are not used: unmap those. */
static void
age(unsigned int number)
{
	struct slot *slot = &torture.slot[number];

	spin_lock(&slot->lock);
	if (slot->page != NULL && !pmap_page_clear_referenced(slot->page))
		slot_unmap(slot);
	spin_unlock(&slot->lock);
}

/*
 * Pages replaced by copies.
 */

/* Have a slot's page, which is nowhere mapped, at @va; put @copy over it. */
static void
slot_replace(struct slot *slot, struct vm_page *copy, struct pmap *pmap,
	     uintptr_t va, struct pmap_reserve *reserve)
{
	struct vm_page *old = slot->page;

	memcpy(slot->store, frame_words(old), sizeof slot->store);
	memcpy(frame_words(copy), slot->store, sizeof slot->store);
	slot->page = copy;
	atomic_store_relaxed(&slot->in, atomic_load_relaxed(&slot->in) | 1);
	if (!pmap_enter(pmap, va, old, VM_PROT_READ, 0, reserve))
		bad(&torture.bad.stale);
	/* Others are to remember it. */
	for (unsigned int i = 0; i < 40; i++)
		cpu_relax();
	frame_put_replaced(old);
	/* A table may be missing again. */
	if (!pmap_enter(pmap, va, copy, RW, 0, reserve))
		pmap_remove(pmap, va, va + PAGE_SIZE);
}

static void
replace(struct worker *worker, unsigned int number)
{
	unsigned int space = one_in(worker, 4) ? KERNEL : worker->space;
	struct slot *slot = &torture.slot[number];
	struct vm_page *copy = frame_get();
	struct pmap_reserve reserve;

	pmap_reserve_init(&reserve);
	if (copy != NULL && pmap_reserve_fill(&reserve, KM_NOSLEEP)) {
		spin_lock(&slot->lock);
		if (slot->page != NULL) {
			slot_unmap(slot);
			slot_replace(slot, copy, torture.pmap[space],
				     slot_va(space, number), &reserve);
			copy = NULL;
			worker->replaced++;
		}
		spin_unlock(&slot->lock);
	}
	if (copy != NULL)
		frame_put(copy);
	pmap_reserve_drain(&reserve);
}

/*
 * Faults and uses.
 */

/* Have a page for a slot, which is locked.  False: no frame is free. */
static bool
slot_page_in(struct slot *slot)
{
	if (slot->page != NULL)
		return true;
	slot->page = frame_get();
	if (slot->page == NULL)
		return false;
	memcpy(frame_words(slot->page), slot->store, sizeof slot->store);
	return true;
}

/* One try to map a slot's page.  False: something was lacking. */
static bool
fault_try(struct pmap *pmap, uintptr_t va, struct slot *slot, vm_prot_t prot,
	  struct pmap_reserve *reserve)
{
	uint32_t in;
	bool done = false;

	spin_lock(&slot->lock);
	if (slot_page_in(slot)) {
		in = atomic_load_relaxed(&slot->in);
		atomic_store_relaxed(&slot->in, in | 1);
		done = pmap_enter(pmap, va, slot->page, prot, 0, reserve);
	}
	spin_unlock(&slot->lock);
	return done;
}

static void
fault(struct worker *worker, struct pmap *pmap, uintptr_t va,
      unsigned int number, vm_prot_t prot)
{
	struct pmap_reserve reserve;

	worker->faults++;
	pmap_reserve_init(&reserve);
	while (!fault_try(pmap, va, &torture.slot[number], prot, &reserve)) {
		if (!frame_end_replaced())
			evict(worker, pick(worker));
		if (!pmap_reserve_fill(&reserve, KM_NOSLEEP))
			cpu_relax();
	}
	pmap_reserve_drain(&reserve);
}

/* Use the worker's word on the page that an access came to. */
static void
use_word(struct worker *worker, unsigned int number, phys_addr_t pa,
	 enum mmu_access access)
{
	uint32_t *words = phys_to_direct(pa - (pa & PAGE_MASK));

	if (words[NAME_WORD] != slot_name(number)) {
		bad(&torture.bad.foreign);			/* T1 */
		return;
	}
	if (words[worker->id] != worker->wrote[number])
		bad(&torture.bad.lost);				/* T1 */
	if (access == MMU_WRITE)
		words[worker->id] = ++worker->wrote[number];
}

/* An access as an instruction does it.  False: a page fault. */
static bool
access_once(struct worker *worker, uintptr_t va, bool user,
	    unsigned int number, enum mmu_access access)
{
	struct slot *slot = &torture.slot[number];
	uint32_t before, after;
	phys_addr_t pa;

	before = atomic_load_relaxed(&slot->in);
	barrier();
	if (!mmu_access(va, access, user, &pa))
		return false;
	use_word(worker, number, pa, access);
	barrier();
	after = atomic_load_relaxed(&slot->in);
	if (before == after && before % 2 == 0)
		bad(&torture.bad.stale);			/* T2 */
	worker->touches++;
	return true;
}

/* Interrupts come between instructions. */
static void
intr_point(void)
{
	cpu_intr_disable();
	cpu_intr_enable();
}

static void
touch_in(struct worker *worker, struct pmap *pmap, unsigned int space,
	 unsigned int number)
{
	enum mmu_access access = one_in(worker, 2) ? MMU_WRITE : MMU_READ;
	uintptr_t va = slot_va(space, number);
	vm_prot_t prot = RW;

	if (access == MMU_READ && one_in(worker, 2))
		prot = VM_PROT_READ;
	if (one_in(worker, 4))
		intr_point();
	/* A few tries: others may be faster. */
	for (unsigned int i = 0; i < 3; i++) {
		if (access_once(worker, va, space != KERNEL, number, access))
			return;
		fault(worker, pmap, va, number, prot);
	}
}

static void
touch(struct worker *worker)
{
	unsigned int space = one_in(worker, 4) ? KERNEL : worker->space;

	for (unsigned int i = 0; i < 4; i++)
		touch_in(worker, torture.pmap[space], space,
			 pick(worker));
}

/*
 * What takes away, but pages.
 */

static void
load(struct pmap *pmap)
{
	cpu_intr_disable();
	machine_pmap_switch(pmap);
	cpu_intr_enable();
}

static void
change_range(struct worker *worker, bool remove)
{
	unsigned int space = below(worker, NR_SPACES);
	unsigned int first = pick(worker);
	unsigned int last = first + below(worker, one_in(worker, 8)
						  ? NR_SLOTS : 3);
	struct pmap *pmap = torture.pmap[space];
	uintptr_t start, end;

	if (one_in(worker, 16))
		first = 0;
	last = MIN(last, NR_SLOTS - 1);
	start = slot_va(space, first);
	end = slot_va(space, last) + PAGE_SIZE;
	if (remove)
		pmap_remove(pmap, start, end);
	else
		pmap_protect(pmap, start, end, VM_PROT_READ);
}

static void
protect_page(unsigned int number)
{
	struct slot *slot = &torture.slot[number];

	spin_lock(&slot->lock);
	if (slot->page != NULL)
		pmap_page_protect(slot->page, VM_PROT_READ);
	spin_unlock(&slot->lock);
}

/* Interrupts off: requests are served in the loops that wait. */
static void
deaf(struct worker *worker, void (*fn)(unsigned int number))
{
	intr_state_t state = cpu_intr_save();

	fn(pick(worker));
	cpu_intr_restore(state);
}

/* Let others load a space, or not any more. */
static void
publish(struct pmap *pmap)
{
	spin_lock(&torture.mortal_lock);
	torture.mortal = pmap;
	spin_unlock(&torture.mortal_lock);
}

/* A space of one's own: used, and ended while it is loaded or not. */
static void
live_and_die(struct worker *worker)
{
	struct pmap *pmap = pmap_create();

	if (pmap == NULL)
		return;
	publish(pmap);
	load(pmap);
	for (unsigned int i = 0; i < 6; i++)
		touch_in(worker, pmap, 0, pick(worker));
	publish(NULL);
	if (one_in(worker, 2))
		load(torture.pmap[worker->space]);
	else
		mmu_set_kept(true);
	pmap_destroy(pmap);
	load(torture.pmap[worker->space]);
	mmu_set_kept(false);
}

/*
 * As a kernel thread: on whatever tables are loaded, the space's own or some
 * that may be given up meanwhile.
 */
static void
be_kernel(struct worker *worker)
{
	mmu_set_kept(true);
	spin_lock(&torture.mortal_lock);
	if (torture.mortal != NULL)
		load(torture.mortal);
	spin_unlock(&torture.mortal_lock);
	for (unsigned int i = below(worker, 40); i > 0; i--)
		touch_in(worker, pmap_kernel(), KERNEL,
			 pick(worker));
	load(torture.pmap[worker->space]);
	mmu_set_kept(false);
}

static void
change_space(struct worker *worker)
{
	worker->space = below(worker, KERNEL);
	load(torture.pmap[worker->space]);
}

/* Many pages at once: too many to name them. */
static void
sweep(struct worker *worker)
{
	unsigned int space = one_in(worker, 2) ? KERNEL : worker->space;
	struct pmap *pmap = torture.pmap[space];

	for (unsigned int i = 0; i < NR_SLOTS; i++)
		touch_in(worker, pmap, space, i);
	pmap_remove(pmap, slot_va(space, 0),
		    slot_va(space, NR_SLOTS - 1) + PAGE_SIZE);
}

static void
turn(struct worker *worker)
{
	uint32_t dice = below(worker, 100);

	(void)frame_end_replaced();
	if (dice < 55)
		touch(worker);
	else if (dice < 60)
		replace(worker, pick(worker));
	else if (dice < 66)
		evict(worker, pick(worker));
	else if (dice < 74)
		clean(worker, pick(worker));
	else if (dice < 80)
		age(pick(worker));
	else if (dice < 84)
		change_range(worker, true);
	else if (dice < 88)
		change_range(worker, false);
	else if (dice < 92)
		protect_page(pick(worker));
	else if (dice < 96)
		deaf(worker, one_in(worker, 2) ? age : protect_page);
	else if (dice < 97)
		change_space(worker);
	else if (dice < 98)
		be_kernel(worker);
	else if (dice < 99)
		live_and_die(worker);
	else
		sweep(worker);
}

/* Wait until all workers are here. */
static void
meet(struct worker *worker)
{
	worker->met++;
	atomic_fetch_add(&torture.nr_met, 1u);
	while (atomic_load_acquire(&torture.nr_met)
	       < worker->met * NR_WORKERS)
		cpu_relax();
}

static void
worker_run(void *arg)
{
	struct worker *worker = arg;

	load(pmap_kernel());
	load(torture.pmap[worker->space]);
	for (unsigned int i = 0; i < torture.rounds; i++) {
		for (unsigned int j = 0; j < TURNS; j++)
			turn(worker);
		meet(worker);
		if (!mmu_check())
			bad(&torture.bad.remembered);		/* T5 */
		if (worker->id < KERNEL || (worker->id == KERNEL && i == 0))
			pmap_check(torture.pmap[worker->id]);
		meet(worker);
	}
	load(pmap_kernel());
}

/*
 * The whole of it.
 */

static void
torture_begin(void)
{
	memset(&torture, 0, sizeof torture);
	torture.rounds = 10 * (unsigned int)unit_scale();
	frames_init();
	spin_init(&torture.mortal_lock, RANK_CLIENT);
	for (unsigned int i = 0; i < NR_SPACES; i++)
		torture.pmap[i] = i == KERNEL ? pmap_kernel()
					      : pmap_test_new_pmap();
	for (unsigned int i = 0; i < NR_FRAMES; i++)
		frame_put(pmap_test_new_page());
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		spin_init(&torture.slot[i].lock, RANK_OBJECT);
		torture.slot[i].store[NAME_WORD] = slot_name(i);
	}
}

static void
torture_run(void *arg)
{
	struct worker *workers = arg;
	struct thread *threads[NR_WORKERS];

	for (unsigned int i = 0; i < NR_WORKERS; i++) {
		workers[i].id = i;
		random_init(&workers[i].random, unit_seed() + i);
		if (thread_create("worker", NULL, worker_run, &workers[i],
				  PRI_USER, &threads[i]) != KERN_SUCCESS)
			abort();
		thread_bind(threads[i], i);
		thread_start(threads[i]);
	}
	for (unsigned int i = 0; i < NR_WORKERS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	/* All processors still have the kernel's tables. */
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		evict(&workers[0], i);
	while (frame_end_replaced())
		continue;
}

static void
torture_end(void)
{
	assert_int_equal(frames_free(), NR_FRAMES);
	for (unsigned int i = 0; i < NR_FRAMES; i++)
		vm_page_free(frame_get(), 0);
	for (unsigned int i = 0; i < KERNEL; i++) {
		pmap_check(torture.pmap[i]);
		assert_int_equal(pmap_resident(torture.pmap[i]), 0);
		pmap_destroy(torture.pmap[i]);
	}
}

static void
show(const struct worker *workers)
{
	struct pmap_stats stats;
	struct worker all = { .id = 0 };

	for (unsigned int i = 0; i < NR_WORKERS; i++) {
		all.touches += workers[i].touches;
		all.faults += workers[i].faults;
		all.evictions += workers[i].evictions;
		all.replaced += workers[i].replaced;
	}
	pmap_get_stats(&stats);
	printf("# %lu touches, %lu faults, %lu evictions, %lu replaced, "
	       "%lu shoot-downs, %u requests\n", all.touches, all.faults,
	       all.evictions, all.replaced, stats.shoot_downs,
	       mmu_counts.requests);
	assert_true(all.touches > all.faults && all.evictions > NR_FRAMES);
	assert_true(all.replaced > NR_FRAMES);
	assert_true(stats.shoot_downs > 0);
}

static void
test_torture(void **state)
{
	static struct worker workers[NR_WORKERS];

	(void)state;
	memset(workers, 0, sizeof workers);
	pmap_test_set_up_cpus(NR_WORKERS, false);
	torture_begin();
	host_run(torture_run, workers);
	torture_end();

	for (unsigned int i = 0; i < NR_SLOTS; i++)
		for (unsigned int j = 0; j < NR_WORKERS; j++)
			if (torture.slot[i].store[j] != workers[j].wrote[i])
				bad(&torture.bad.lost);
	show(workers);
	assert_int_equal(torture.bad.lost, 0);
	assert_int_equal(torture.bad.foreign, 0);
	assert_int_equal(torture.bad.stale, 0);
	assert_int_equal(frames_scribbled(), 0);		/* T3 */
	assert_int_equal(torture.bad.unmarked, 0);
	assert_int_equal(torture.bad.remembered, 0);
	pmap_test_tear_down();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_torture),
	};

	return unit_main(tests);
}
