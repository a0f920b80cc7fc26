/*
 * tests/hosted/test_vm_random_file.c -- objects that are mapped in pieces, at
 * several places at once, against one record for each page.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Some objects live as long as the test, as files do.  Random operations map
 * pieces of them, mostly so that they go on with what is mapped beside, in a
 * range that has anonymous memory too; unmap, protect, inherit, advise, pin,
 * read and write.  The oracle knows what each page of the range shows, and what
 * has been written to each page of a file: all places that show it must agree,
 * and unmapping one must not take it from another.
 *
 * The objects are a pager's, which cleans and flushes, and changes its strategy
 * of copying.  Copies of pieces are made now and then: each stays what the
 * oracle says that the pages were then, in transit and in another map.
 *
 * In one window nothing refuses a join, so a map has as many entries as the
 * oracle has maximal runs of pages that go on alike.
 */
#include "unit.h"

#include <string.h>

#include "kern/slab_debug.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_pager.h"
#include "vm_test.h"

#define OPS		30000ul		/* times the scale */
#define CHECK_EVERY	250u
#define NR_PAGES	128u		/* of the range */
#define NR_FILES	3u
#define FILE_PAGES	64u
#define MAX_COUNT	24u		/* pages of an operation */
#define MAX_PINS	3u
#define FAIL_EVERY	16u
#define BASE		((uintptr_t)0x40000000)
#define ANONYMOUS	NR_FILES	/* in place of a file */
#define NONE		(NR_FILES + 1)	/* not mapped */
#define NR_COPIES	8u

struct oracle_page {
	unsigned int	file;
	unsigned int	offset;		/* page of the file */
	int		prot, max_prot;
	int		inherit;
	int		advice;
	unsigned int	pins;
	uint32_t	value;		/* of anonymous memory */
};

static struct oracle_page pages[NR_PAGES];
static uint32_t files[NR_FILES][FILE_PAGES];
static struct vm_object *objects[NR_FILES];
static struct vm_map *map, *other;
static struct random rng;
static bool failed;			/* an allocation of this step */
static unsigned long nr_done, nr_refused, nr_short, nr_runs;

enum op_kind {
	OP_MAP, OP_ALLOCATE, OP_UNMAP, OP_PROTECT, OP_PROTECT_MAX, OP_INHERIT,
	OP_ADVISE, OP_PIN, OP_UNPIN, OP_READ, OP_WRITE, OP_COPY, OP_SEND,
	OP_LOCK, NR_OPS
};

struct op {
	enum op_kind	kind;
	unsigned int	start, count;	/* pages of the range */
	unsigned int	file, offset;
	int		arg;
	uint32_t	value;
};

static const unsigned int weights[NR_OPS] = {
	[OP_MAP] = 40, [OP_ALLOCATE] = 15, [OP_UNMAP] = 20, [OP_PROTECT] = 20,
	[OP_PROTECT_MAX] = 1, [OP_INHERIT] = 8, [OP_ADVISE] = 8, [OP_PIN] = 6,
	[OP_UNPIN] = 10, [OP_READ] = 30, [OP_WRITE] = 40, [OP_COPY] = 20,
	[OP_SEND] = 60, [OP_LOCK] = 10,
};

static uintptr_t
addr_of(unsigned int page)
{
	return BASE + page * (uintptr_t)PAGE_SIZE;
}

static unsigned int
below(unsigned int n)
{
	return random_below(&rng, n);
}

/*
 * The pager: what a page begins with is its data.
 */

struct file_pager {
	struct vm_pager	pager;
	uint32_t	data[FILE_PAGES];
	unsigned int	terminated;
};

static struct file_pager pagers[NR_FILES];

static kern_return_t
on_request(struct vm_pager *pager, uint64_t offset, uint64_t size,
	   vm_prot_t access)
{
	struct file_pager *file = container_of(pager, struct file_pager,
					       pager);
	kern_return_t kr;

	(void)access;
	check_equal(size, PAGE_SIZE);
	/* It has the memory that it needs, if not at once. */
	do {
		struct vm_page *page = vm_page_alloc(0, VM_PAGE_DIRECT,
						     VM_PAGE_OBJECT);

		kr = KERN_RESOURCE_SHORTAGE;
		if (page == NULL)
			continue;
		memset(vm_page_direct(page), 0, PAGE_SIZE);
		memcpy(vm_page_direct(page), &file->data[offset / PAGE_SIZE],
		       sizeof file->data[0]);
		kr = vm_pager_supply(pager, offset, page, VM_PROT_NONE, false);
	} while (kr == KERN_RESOURCE_SHORTAGE);
	return kr;
}

static kern_return_t
on_unlock(struct vm_pager *pager, uint64_t offset, uint64_t size,
	  vm_prot_t access)
{
	(void)access;
	return vm_pager_lock(pager, offset, size, VM_PAGER_RETURN_NONE, false,
			     VM_PROT_NONE);
}

static void
on_return(struct vm_pager *pager, uint64_t offset, struct vm_page *page,
	  bool dirty, bool kept)
{
	struct file_pager *file = container_of(pager, struct file_pager,
					       pager);

	(void)dirty;
	memcpy(&file->data[offset / PAGE_SIZE], vm_page_direct(page),
	       sizeof file->data[0]);
	if (!kept)
		vm_page_free(page, 0);
}

static void
on_terminate(struct vm_pager *pager)
{
	container_of(pager, struct file_pager, pager)->terminated++;
}

static const struct vm_pager_ops ops = {
	on_request, on_unlock, on_return, on_terminate,
};

static void
open_files(void)
{
	memset(pagers, 0, sizeof pagers);
	memset(files, 0, sizeof files);
	for (unsigned int i = 0; i < NR_FILES; i++) {
		vm_pager_init(&pagers[i].pager, &ops);
		objects[i] = vm_pager_open(&pagers[i].pager,
					   FILE_PAGES * PAGE_SIZE, KM_WAIT);
		assert(objects[i] != NULL);
	}
}

/* Everybody who could see what is in a file is gone. */
static void
close_files(void)
{
	for (unsigned int i = 0; i < NR_FILES; i++) {
		vm_object_unref(objects[i]);
		check_equal(pagers[i].terminated, 1);
		for (unsigned int page = 0; page < FILE_PAGES; page++)
			check_equal(pagers[i].data[page], files[i][page]);
	}
}

/*
 * The oracle.
 */

static bool
is_mapped(const struct oracle_page *page)
{
	return page->file != NONE;
}

/* Does @page go on where @low, the one below it, ends? */
static bool
goes_on(const struct oracle_page *low, const struct oracle_page *page)
{
	if (low->file != page->file || low->prot != page->prot
	    || low->max_prot != page->max_prot
	    || low->inherit != page->inherit || low->advice != page->advice
	    || low->pins != page->pins)
		return false;
	return page->file == ANONYMOUS || page->offset == low->offset + 1;
}

static unsigned int
count_runs(void)
{
	unsigned int runs = 0;

	for (unsigned int i = 0; i < NR_PAGES; i++)
		if (is_mapped(&pages[i])
		    && (i == 0 || !goes_on(&pages[i - 1], &pages[i])))
			runs++;
	return runs;
}

static uint32_t *
value_of(struct oracle_page *page)
{
	return page->file == ANONYMOUS ? &page->value
				       : &files[page->file][page->offset];
}

static void
oracle_enter(const struct op *op)
{
	for (unsigned int i = 0; i < op->count; i++)
		pages[op->start + i] = (struct oracle_page){
			.file = op->kind == OP_MAP ? op->file : ANONYMOUS,
			.offset = op->offset + i,
			.prot = VM_PROT_DEFAULT,
			.max_prot = VM_PROT_ALL,
			.inherit = op->arg,
		};
}

static void
oracle_apply_page(const struct op *op, struct oracle_page *page)
{
	switch (op->kind) {
	case OP_UNMAP:
		*page = (struct oracle_page){ .file = NONE };
		break;
	case OP_PROTECT:
		page->prot = op->arg;
		break;
	case OP_PROTECT_MAX:
		page->max_prot = op->arg;
		page->prot &= op->arg;
		break;
	case OP_INHERIT:
		page->inherit = op->arg;
		break;
	case OP_ADVISE:
		page->advice = op->arg;
		break;
	case OP_PIN:
		page->pins++;
		break;
	case OP_UNPIN:
		page->pins--;
		break;
	case OP_WRITE:
		*value_of(page) = op->value;
		break;
	default:
		break;
	}
}

static void
oracle_apply(const struct op *op)
{
	if (op->kind == OP_MAP || op->kind == OP_ALLOCATE) {
		oracle_enter(op);
		return;
	}
	for (unsigned int i = 0; i < op->count; i++)
		if (is_mapped(&pages[op->start + i]))
			oracle_apply_page(op, &pages[op->start + i]);
}

/* What a page that is not mapped answers in the place @i of a range. */
static kern_return_t
expect_hole(const struct op *op, unsigned int i)
{
	switch (op->kind) {
	case OP_PROTECT:
	case OP_PROTECT_MAX:
	case OP_ADVISE:
		return i == 0 ? KERN_NO_SPACE : KERN_INVALID_ADDRESS;
	case OP_PIN:
	case OP_UNPIN:
		return KERN_NO_SPACE;
	case OP_READ:
	case OP_WRITE:
		return KERN_INVALID_ADDRESS;
	default:
		return KERN_SUCCESS;
	}
}

static kern_return_t
expect_page(const struct op *op, const struct oracle_page *page)
{
	switch (op->kind) {
	case OP_MAP:
	case OP_ALLOCATE:
		return KERN_NO_SPACE;
	case OP_PROTECT:
	case OP_PROTECT_MAX:
		return (op->arg & ~page->max_prot) != 0
		       ? KERN_PROTECTION_FAILURE : KERN_SUCCESS;
	case OP_PIN:
	case OP_READ:
		return page->prot == VM_PROT_NONE ? KERN_PROTECTION_FAILURE
						  : KERN_SUCCESS;
	case OP_WRITE:
		return (page->prot & VM_PROT_WRITE) == 0
		       ? KERN_PROTECTION_FAILURE : KERN_SUCCESS;
	case OP_UNPIN:
		return page->pins == 0 ? KERN_INVALID_ARGUMENT : KERN_SUCCESS;
	default:
		return KERN_SUCCESS;
	}
}

static kern_return_t
expect(const struct op *op)
{
	for (unsigned int i = 0; i < op->count; i++) {
		const struct oracle_page *page = &pages[op->start + i];
		kern_return_t kr = is_mapped(page) ? expect_page(op, page)
						   : expect_hole(op, i);

		if (kr != KERN_SUCCESS)
			return kr;
	}
	return KERN_SUCCESS;
}

/*
 * The operations.
 */

static int
random_prot(void)
{
	static const int prots[] = {
		VM_PROT_NONE, VM_PROT_READ, VM_PROT_DEFAULT, VM_PROT_DEFAULT,
	};

	return prots[below(ARRAY_SIZE(prots))];
}

/* A piece of a file; mostly one that goes on with what is beside it. */
static void
choose_piece(struct op *op)
{
	unsigned int end = op->start + op->count;

	op->file = below(NR_FILES);
	op->offset = below(FILE_PAGES - op->count + 1);
	if (below(4) == 0)
		return;
	if (op->start > 0 && pages[op->start - 1].file < NR_FILES) {
		op->file = pages[op->start - 1].file;
		op->offset = pages[op->start - 1].offset + 1;
	} else if (end < NR_PAGES && pages[end].file < NR_FILES
		   && pages[end].offset >= op->count) {
		op->file = pages[end].file;
		op->offset = pages[end].offset - op->count;
	}
	op->offset = MIN(op->offset, FILE_PAGES - op->count);
}

static void
choose(struct op *op)
{
	unsigned int sum = 0, at;

	for (unsigned int i = 0; i < NR_OPS; i++)
		sum += weights[i];
	at = below(sum);
	op->kind = 0;
	while (at >= weights[op->kind])
		at -= weights[op->kind++];

	op->start = below(NR_PAGES);
	op->count = 1 + below(MIN(MAX_COUNT, NR_PAGES - op->start));
	op->value = (uint32_t)random_u32(&rng);
	op->arg = op->kind == OP_ADVISE ? (int)below(VM_NR_ADVICES)
		  : op->kind == OP_PROTECT ? random_prot()
		  : op->kind == OP_PROTECT_MAX ? VM_PROT_DEFAULT
		  : (int)below(3);
	if (op->kind == OP_READ || op->kind == OP_WRITE)
		op->count = 1;
	/* Half of the new pieces fill the hole that they begin in. */
	if ((op->kind == OP_MAP || op->kind == OP_ALLOCATE) && below(2) == 0)
		for (unsigned int i = 1; i < op->count; i++)
			if (is_mapped(&pages[op->start + i]))
				op->count = i;
	choose_piece(op);
}

static kern_return_t
do_enter(const struct op *op)
{
	uintptr_t addr = addr_of(op->start);
	bool file = op->kind == OP_MAP;

	return vm_map_enter(map, &addr, op->count * PAGE_SIZE, 0, false,
			    file ? objects[op->file] : NULL,
			    file ? op->offset * (uint64_t)PAGE_SIZE : 0,
			    VM_PROT_DEFAULT, VM_PROT_ALL, op->arg);
}

static kern_return_t
do_touch(const struct op *op)
{
	bool write = op->kind == OP_WRITE;
	uintptr_t addr = addr_of(op->start) + 8 * (op->start % 500u);
	kern_return_t kr;
	uint32_t value = op->value;
	bool done;

	kr = vm_fault(map, addr, write ? VM_PROT_WRITE : VM_PROT_READ);
	if (kr != KERN_SUCCESS)
		return kr;
	/* A file's value is at the same place wherever it is mapped. */
	addr = addr_of(op->start);
	done = write ? copy_to_user(USER_ADDR(addr), &value, sizeof value)
		     : copy_from_user(&value, USER_ADDR(addr), sizeof value);
	check_equal(done, true);
	if (!write)
		check_equal(value, *value_of(&pages[op->start]));
	return KERN_SUCCESS;
}

static kern_return_t
do_op(const struct op *op)
{
	uintptr_t start = addr_of(op->start);
	uintptr_t end = addr_of(op->start + op->count);

	switch (op->kind) {
	case OP_MAP:
	case OP_ALLOCATE:
		return do_enter(op);
	case OP_UNMAP:
		return vm_map_remove(map, start, end);
	case OP_PROTECT:
	case OP_PROTECT_MAX:
		return vm_map_protect(map, start, end, op->arg,
				      op->kind == OP_PROTECT_MAX);
	case OP_INHERIT:
		return vm_map_inherit(map, start, end, op->arg);
	case OP_ADVISE:
		return vm_map_advise(map, start, end,
				     (enum vm_advice)op->arg);
	case OP_PIN:
		return vm_map_pin(map, start, end, VM_PROT_READ);
	case OP_UNPIN:
		return vm_map_unpin(map, start, end);
	default:
		return do_touch(op);
	}
}

/* do_op() with an allocation failing now and then. */
static kern_return_t
try_op(const struct op *op)
{
	bool armed = below(FAIL_EVERY) == 0;
	kern_return_t kr;

	if (armed && below(2) == 0)
		slab_fail_nth(1 + below(3));
	else if (armed)
		vm_page_fail_nth(1 + below(3));
	kr = do_op(op);
	failed = armed && !slab_fail_pending() && !vm_page_fail_pending();
	slab_fail_nth(0);
	vm_page_fail_nth(0);
	return kr;
}

static bool
is_too_many(const struct op *op)
{
	for (unsigned int i = 0; op->kind == OP_PIN && i < op->count; i++)
		if (pages[op->start + i].pins == MAX_PINS)
			return true;
	return false;
}

/*
 * Copies.
 */

struct held {
	struct vm_map_copy *copy;	/* in transit; or NULL */
	uintptr_t	at;		/* in the other map; or 0 */
	unsigned int	count;		/* pages; 0: free */
	uint32_t	values[MAX_COUNT];
};

static struct held copies[NR_COPIES];
static unsigned long nr_copies, nr_sent;

/* Pages from the first on that are files', and readable. */
static unsigned int
can_copy(unsigned int first)
{
	unsigned int n = 0;

	while (n < MAX_COUNT && first + n < NR_PAGES) {
		const struct oracle_page *page = &pages[first + n];

		if (!is_mapped(page) || page->file == ANONYMOUS
		    || (page->prot & VM_PROT_READ) == 0)
			break;
		n++;
	}
	return n;
}

static void
do_copy(const struct op *op, struct held *held)
{
	unsigned int count = can_copy(op->start);
	bool armed = below(FAIL_EVERY) == 0;
	kern_return_t kr;

	if (held->count != 0 || count == 0)
		return;
	if (armed)
		slab_fail_nth(1 + below(8));
	kr = vm_map_copyin(map, addr_of(op->start), count * PAGE_SIZE, false,
			   &held->copy);
	failed = armed && !slab_fail_pending();
	slab_fail_nth(0);
	if (failed && kr == KERN_RESOURCE_SHORTAGE)
		return;
	check_equal(kr, KERN_SUCCESS);
	held->at = 0;
	held->count = count;
	for (unsigned int i = 0; i < count; i++)
		held->values[i] = *value_of(&pages[op->start + i]);
	nr_copies++;
}

static void
check_copy(const struct held *held, unsigned int page)
{
	uint32_t value = 0;

	if (held->copy != NULL) {
		check_equal(vm_map_copy_read(held->copy, page * PAGE_SIZE,
					     &value, sizeof value),
			    KERN_SUCCESS);
	} else {
		vm_test_use_map(other);
		check_equal(copy_from_user(&value, USER_ADDR(held->at + page
							     * PAGE_SIZE),
					   sizeof value), true);
		vm_test_use_map(map);
	}
	check_equal(value, held->values[page]);
}

/* The copy's own is written, where it is mapped. */
static void
write_copy(struct held *held, unsigned int page, uint32_t value)
{
	vm_test_use_map(other);
	check_equal(copy_to_user(USER_ADDR(held->at + page * PAGE_SIZE),
				 &value, sizeof value), true);
	vm_test_use_map(map);
	held->values[page] = value;
}

/* It goes its way: looked at, mapped, written, gone. */
static void
do_send(const struct op *op, struct held *held)
{
	unsigned int page = held->count != 0 ? below(held->count) : 0;

	if (held->count == 0)
		return;
	check_copy(held, page);
	if (held->copy != NULL && below(3) == 0) {
		check_equal(vm_map_copyout(other, &held->at, held->copy),
			    KERN_SUCCESS);
		held->copy = NULL;
		nr_sent++;
	} else if (held->at != 0 && below(2) == 0) {
		write_copy(held, page, op->value);
	} else if (below(4) == 0) {
		for (unsigned int i = 0; i < held->count; i++)
			check_copy(held, i);
		vm_map_copy_discard(held->copy);
		if (held->at != 0)
			check_equal(vm_map_remove(other, held->at, held->at
						  + held->count * PAGE_SIZE),
				    KERN_SUCCESS);
		*held = (struct held){ .count = 0 };
	}
}

/* The pager cleans, flushes, forbids to write; or has another strategy. */
static void
do_lock(void)
{
	struct vm_pager *pager = &pagers[below(NR_FILES)].pager;

	if (below(4) == 0)
		check_equal(vm_pager_set_copy(pager, (int)below(4)),
			    KERN_SUCCESS);
	check_equal(vm_pager_lock(pager, below(FILE_PAGES) * PAGE_SIZE,
				  below(32) * PAGE_SIZE + 1,
				  VM_PAGER_RETURN_DIRTY, below(2) == 0,
				  below(2) == 0 ? VM_PROT_WRITE
						: VM_PROT_NONE), KERN_SUCCESS);
}

/* Was it one of these? */
static bool
do_copies(const struct op *op)
{
	if (op->kind == OP_COPY)
		do_copy(op, &copies[below(NR_COPIES)]);
	else if (op->kind == OP_SEND)
		do_send(op, &copies[below(NR_COPIES)]);
	else if (op->kind == OP_LOCK)
		do_lock();
	else
		return false;
	check_equal(vm_map_entries(map), count_runs());
	return true;
}

static void
end_copies(void)
{
	for (unsigned int i = 0; i < NR_COPIES; i++) {
		for (unsigned int page = 0; page < copies[i].count; page++)
			check_copy(&copies[i], page);
		vm_map_copy_discard(copies[i].copy);
	}
	memset(copies, 0, sizeof copies);
	vm_map_check(other);
	vm_map_unref(other);
}

/*
 * What is compared.
 */

/* Each page that can be read, and each page of the files. */
static void
check_contents(void)
{
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		const struct op op = { .kind = OP_READ, .start = i,
				       .count = 1 };

		check_equal(do_op(&op), expect(&op));
	}
	vm_map_check(map);
}

static void
step(void)
{
	kern_return_t kr, want;
	struct op op;

	choose(&op);
	if (is_too_many(&op) || do_copies(&op))
		return;
	want = expect(&op);
	kr = try_op(&op);
	if (failed && kr == KERN_RESOURCE_SHORTAGE) {
		nr_short++;
		check_equal(vm_map_entries(map), count_runs());
		return;
	}
	check_equal(kr, want);
	if (kr == KERN_SUCCESS)
		oracle_apply(&op);
	else
		nr_refused++;
	nr_done++;
	nr_runs += count_runs();
	check_equal(vm_map_entries(map), count_runs());
}

static void
random_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	random_init(&rng, unit_seed());
	map = vm_test_begin_map();
	for (unsigned int i = 0; i < NR_PAGES; i++)
		pages[i] = (struct oracle_page){ .file = NONE };
	check_equal(vm_map_create(&other), KERN_SUCCESS);
	open_files();

	for (unsigned long i = 1; i <= OPS * unit_scale(); i++) {
		step();
		if (i % CHECK_EVERY == 0)
			check_contents();
	}
	check_contents();
	end_copies();
	vm_test_end_map(map);
	close_files();
	printf("# %lu copies, of which %lu were mapped\n", nr_copies,
	       nr_sent);
	printf("# %lu operations, %lu refused, %lu short of memory; %.2f "
	       "entries in a map, as many as runs\n", nr_done, nr_refused,
	       nr_short, (double)nr_runs / (double)nr_done);
	vm_test_check_balance(before);
	vm_page_check();
	slab_check();
}

static void
test_random(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, random_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return unit_main(tests);
}
