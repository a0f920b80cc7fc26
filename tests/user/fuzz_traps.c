/*
 * tests/user/fuzz_traps.c -- random traps with random arguments.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	fuzz_traps [TRAPS [SEED]]
 *
 * Half of them work on an arena of a few pages, of which a model says what
 * each call must answer and each page must hold.  The others have numbers that
 * like to hurt; what is known of their answers is checked, and that registers
 * stay.  Kept out are only the calls that would end the task: its own
 * termination, and unmapping or overwriting the program.
 */
#include "tests/user/lib/user.h"

#include "lib/random.h"

#define PAGE		USER_PAGE_SIZE
#define ARENA		USER_FAR
#define ARENA_PAGES	96u
#define MIB		(1ul << 20)
#define ELSEWHERE	(USER_FAR + 16 * MIB)	/* nothing is kept here ... */
#define ELSEWHERE_END	(ELSEWHERE + 32 * MIB)	/* ... to here */
#define SLOTS		130u			/* of the trap table */
#define MAX_COMPLAINTS	20

/* What a page of the arena should be like. */
static struct page {
	bool		mapped;
	vm_prot_t	prot;
	int		value;		/* of its first word */
} arena[ARENA_PAGES];

static struct random rng;
static mach_port_name_t self;
static unsigned int complaints;

static uint32_t
below(uint32_t bound)
{
	return random_below(&rng, bound);
}

static void
check(long got, long want, const char *what, uint64_t a, uint64_t b)
{
	if (got == want)
		return;
	if (complaints++ < MAX_COMPLAINTS)
		user_print("# %s(%#lx, %#lx): got %ld, want %ld\n", what,
			   (unsigned long)a, (unsigned long)b, got, want);
}

/* Pages [first, end) of the arena, not empty. */
struct span {
	unsigned int	first, end;
};

static struct span
random_span(void)
{
	struct span span = { .first = below(ARENA_PAGES) };

	span.end = span.first + 1 + below(1u << below(6));
	span.end = MIN(span.end, ARENA_PAGES);
	return span;
}

static bool
span_is_free(struct span span)
{
	for (unsigned int i = span.first; i < span.end; i++)
		if (arena[i].mapped)
			return false;
	return true;
}

static void
span_set(struct span span, bool mapped, vm_prot_t prot)
{
	for (unsigned int i = span.first; i < span.end; i++)
		arena[i] = (struct page){ mapped, prot, 0 };
}

/* Fixed memory by vm_allocate or vm_map; numbers not aligned to pages. */
static void
arena_map(void)
{
	struct span span = random_span();
	bool by_map = below(2) != 0;
	vm_prot_t prot = by_map ? (vm_prot_t)below(8)
				: VM_PROT_READ | VM_PROT_WRITE;
	vm_offset_t start = ARENA + span.first * PAGE, at;
	vm_size_t size = (span.end - span.first) * PAGE - below(PAGE);
	long want = span_is_free(span) ? KERN_SUCCESS : KERN_NO_SPACE;
	long got;

	at = start + below(PAGE);
	if (by_map)
		got = syscall_vm_map(self, &at, size, 0, FALSE, 0, 0, FALSE,
				     prot, VM_PROT_ALL, VM_INHERIT_COPY);
	else
		got = syscall_vm_allocate(self, &at, size, FALSE);
	check(got, want, by_map ? "vm_map" : "vm_allocate", start, size);
	if (got != KERN_SUCCESS)
		return;
	check((long)at, (long)start, "address", start, size);
	span_set(span, true, prot);
}

/* Every page that is touched goes, mapped or not. */
static void
arena_unmap(void)
{
	struct span span = random_span();
	vm_offset_t start = ARENA + span.first * PAGE + below(PAGE);
	vm_offset_t end = ARENA + span.end * PAGE - below(PAGE);

	if (start >= end)
		return;
	check(syscall_vm_deallocate(self, start, end - start), KERN_SUCCESS,
	      "vm_deallocate", start, end - start);
	span_set(span, false, 0);
}

/* A page holds what was written last; it can be used by the kernel, too. */
static void
arena_touch(void)
{
	unsigned int i = below(ARENA_PAGES);
	struct page *page = &arena[i];
	vm_offset_t at = ARENA + i * PAGE;
	volatile int *word = user_int_at(at);

	if (page->mapped && page->prot != VM_PROT_NONE) {
		check(*word, page->value, "page", at, 0);
		if ((page->prot & VM_PROT_WRITE) != 0) {
			page->value = (int)random_u32(&rng);
			*word = page->value;
			return;
		}
	}
	if (!page->mapped || (page->prot & VM_PROT_WRITE) == 0)
		check(syscall_vm_allocate(self, (vm_offset_t *)at, PAGE, TRUE),
		      KERN_INVALID_ARGUMENT, "vm_allocate, result at", at, 0);
}

/* Memory anywhere, aligned or below a limit, used and given back. */
static void
anywhere(void)
{
	vm_offset_t align = (PAGE << below(8)) - 1, at = random_u32(&rng);
	vm_offset_t limit = below(2) != 0 ? 0 : USER_FAR;
	vm_size_t size = 1 + below(1u << below(25));
	long got;

	limit = limit == 0 ? 0 : 1ul << log2_floor(limit);
	got = syscall_vm_map(self, &at, size, align | (0 - limit), TRUE, 0, 0,
			     FALSE, VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
			     VM_INHERIT_NONE);
	check(got, KERN_SUCCESS, "vm_map anywhere", align, limit);
	if (got != KERN_SUCCESS)
		return;
	check((at & align) == 0 && at != 0, true, "place", at, size);
	check(limit == 0 || at + size <= limit, true, "limit", at, size);
	check(*user_int_at(at), 0, "fresh", at, size);
	*user_int_at((at + size - 1) & ~7ul) = 1;
	check(syscall_vm_deallocate(self, at, size), KERN_SUCCESS,
	      "vm_deallocate", at, size);
}

/* A number that likes to hurt. */
static uintptr_t
hurting_number(void)
{
	static const uintptr_t edges[] = { USER_EDGES, ELSEWHERE };
	uintptr_t number = edges[below(ARRAY_SIZE(edges))];

	switch (below(4)) {
	case 0:
		return number - below(17);
	case 1:
		return number + below(2 * PAGE);
	case 2:
		return (uintptr_t)random_u64(&rng)
			>> below(8 * sizeof(uintptr_t));
	default:
		return number;
	}
}

/* An address for the kernel to use: one of those not the program's. */
static void *
hurting_address(void *harmless)
{
	uintptr_t address = hurting_number();

	if (address < ELSEWHERE
	    || (address >= ELSEWHERE_END && address < USER_END))
		return harmless;
	return (void *)address;
}

/* The name of the task, mostly. */
static mach_port_name_t
hurting_name(void)
{
	return below(4) != 0 ? self : (mach_port_name_t)hurting_number();
}

/* What a call with the name @name may answer, if that is not the task's. */
static void
check_name(mach_port_name_t name, long got)
{
	if (name != self)
		check(got, MACH_SEND_INTERRUPTED, "name", name, 0);
}

/* What garbage mapped at @at goes again. */
static void
garbage_unmap(vm_offset_t at, vm_size_t size)
{
	if (size != 0)
		check(syscall_vm_deallocate(self, at, size), KERN_SUCCESS,
		      "vm_deallocate", at, size);
}

static void
garbage_allocate(void)
{
	mach_port_name_t name = hurting_name();
	vm_offset_t at = hurting_number();
	vm_offset_t *where = hurting_address(&at);
	vm_size_t size = hurting_number();
	long got = syscall_vm_allocate(name, where, size,
				       (boolean_t)below(2));

	check_name(name, got);
	if (got == KERN_SUCCESS && where == &at)
		garbage_unmap(at, size);
}

static void
garbage_map(void)
{
	mach_port_name_t name = hurting_name();
	vm_offset_t at = hurting_number();
	vm_offset_t *where = hurting_address(&at);
	vm_size_t size = hurting_number();
	long got = syscall_vm_map(name, where, size, hurting_number(),
				  (boolean_t)hurting_number(),
				  below(4) == 0
				  ? (mach_port_name_t)hurting_number() : 0,
				  hurting_number(),
				  (boolean_t)hurting_number(),
				  (vm_prot_t)below(9), (vm_prot_t)below(9),
				  (vm_inherit_t)below(4));

	check_name(name, got);
	if (got == KERN_SUCCESS && where == &at)
		garbage_unmap(at, size);
}

/* Ranges where nothing is, or that wrap. */
static void
garbage_deallocate(void)
{
	mach_port_name_t name = hurting_name();
	vm_offset_t at = ELSEWHERE + below(16 * MIB);
	vm_size_t size = below(16 * MIB);
	long got;

	if (below(2) != 0) {
		at = 0 - (vm_offset_t)below(MIB) - 1;
		size = hurting_number();
	}
	/* From above the program's memory, or around to below it. */
	if (at + size < at && at + size >= PAGE)
		size = 0 - at;
	got = syscall_vm_deallocate(name, at, size);
	if (name == self)
		check(got, KERN_SUCCESS, "vm_deallocate", at, size);
	else
		check_name(name, got);
}

static void
garbage_switch(void)
{
	int option = below(2) != 0 ? (int)below(4) : (int)hurting_number();
	mach_msg_timeout_t ms = (mach_msg_timeout_t)hurting_number();
	long got;

	if (option == SWITCH_OPTION_WAIT)
		ms = below(2);
	got = thread_switch((mach_port_name_t)hurting_number(), option, ms);
	check(got, option >= 0 && option <= SWITCH_OPTION_WAIT
	      ? KERN_SUCCESS : KERN_INVALID_ARGUMENT, "thread_switch",
	      (uint64_t)option, ms);
	got = below(2) != 0 ? swtch() : swtch_pri((int)hurting_number());
	check(got == 0 || got == 1, true, "swtch", 0, 0);
}

static void
garbage_print(void)
{
	static char empty_text[1];

	mach_print(hurting_address(empty_text));
}

/* A trap that isn't served, with garbage in all registers. */
static void
garbage_hole(void)
{
	static const unsigned int served[] = {
		25, 26, 27, 28, 29, 30, 59, 60, 61, 64, 65, 66, 68, 69, 70,
		71, 72, 73, 74, 75, 76, 77,
	};
	unsigned int slot = below(SLOTS);
	struct user_trap_regs regs, old;
	uintptr_t *words = (uintptr_t *)&regs;

	for (size_t i = 0; i < ARRAY_SIZE(served); i++)
		if (slot == served[i])
			return;
	for (size_t i = 0; i < sizeof regs / sizeof *words; i++)
		words[i] = hurting_number();
	regs.ax = 0 - (uintptr_t)slot;
	old = regs;
	(void)user_trap(&regs);
	old.ax = regs.ax;
	check(memcmp(&regs, &old, sizeof regs), 0, "registers", slot, 0);
}

static void
fuzz_one(void)
{
	static void (*const ways[])(void) = {
		arena_map, arena_map, arena_map, arena_unmap, arena_touch,
		arena_touch, anywhere, garbage_allocate, garbage_map,
		garbage_deallocate, garbage_switch, garbage_print,
		garbage_hole, garbage_hole,
	};

	ways[below(ARRAY_SIZE(ways))]();
}

static unsigned long
number_of(const char *text)
{
	unsigned long number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (unsigned long)(*text - '0');
	return number;
}

int
main(int argc, char **argv)
{
	unsigned long traps = argc > 1 ? number_of(argv[1]) : 20000;
	unsigned long seed = argc > 2 ? number_of(argv[2]) : 1;

	self = mach_task_self();
	random_init(&rng, seed);
	user_print("# fuzz_traps: %lu traps, seed %lu\n", traps, seed);
	for (unsigned long i = 0; i < traps; i++)
		fuzz_one();
	tap_is((long)complaints, 0, "%lu random traps, seed %lu", traps, seed);
	return tap_done("fuzz_traps");
}
