/*
 * vm/vm_page.c -- allocation of frames, and the CPUs' stacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_page.h for the design.  A stack saves the zone's lock and the
 * splitting and merging for most single frames.  Frames of zone DMA are never
 * put on one, so that whoever needs them finds them.
 */

#include "vm/vm_page_priv.h"

#include "kern/assert.h"
#include "kern/panic.h"
#include "lib/atomic.h"
#include "lib/string.h"

#include <machine/cpu.h>

struct vm_page_cpu vm_page_cpus[CONFIG_MAX_CPUS];

/* (A) Counts down to the allocation that fails; 0: none does. */
static unsigned long fail_countdown;
static bool fail_for_good;		/* (A) all behind that one, too */
static bool (*fail_when)(void);		/* (A) or NULL: is this one to fail? */

static struct vm_page_cpu *
this_cpu(void)
{
	return &vm_page_cpus[cpu_id()];
}

void
vm_page_fail_nth(unsigned long n)
{
	atomic_store_relaxed(&fail_for_good, false);
	atomic_store_relaxed(&fail_countdown, n);
}

void
vm_page_fail_from(unsigned long n)
{
	atomic_store_relaxed(&fail_countdown, n);
	atomic_store_relaxed(&fail_for_good, n != 0);
}

void
vm_page_fail_when(bool (*when)(void))
{
	atomic_store_relaxed(&fail_when, when);
}

bool
vm_page_fail_pending(void)
{
	return atomic_load_relaxed(&fail_countdown) != 0;
}

static bool
must_fail(void)
{
	bool (*when)(void);
	unsigned long n;

	if (!CONFIG_HOST && !CONFIG_KTEST)
		return false;
	when = CONFIG_HOST ? atomic_load_relaxed(&fail_when) : NULL;
	if (when != NULL && when())
		return true;
	n = atomic_load_relaxed(&fail_countdown);
	while (n != 0)
		if (atomic_cas(&fail_countdown, &n, n - 1))
			return n == 1;
	return unlikely(atomic_load_relaxed(&fail_for_good));
}

static void
count_kind(struct vm_page_cpu *cpu, unsigned int kind, long frames)
{
	long *count = &cpu->kind[kind];

	atomic_store_relaxed(count, *count + frames);
}

/*
 * Set up a descriptor for its new user.  Field by field, for the sake of
 * free_order, which a buddy's owner may be reading: 0 already in the first
 * frame of a block, and unknown to others in the rest.
 */
static ALWAYS_INLINE void
page_set_up(struct vm_page *page, unsigned int order, unsigned int zone,
	    enum vm_page_kind kind)
{
	list_node_init(&page->node);
	page->object = NULL;
	page->index = 0;
	page->map.pmap = NULL;
	page->map.va = 0;
	page->pv_more = NULL;
	page->kind = (uint8_t)kind;
	page->order = (uint8_t)order;
	page->zone = (uint8_t)zone;
	page->flags = 0;
	page->pv_flags = 0;
	atomic_store_relaxed(&page->free_order, (uint8_t)0);
	page->wire_count = 0;
}

/* The user of a frame lets it go: is it in a state to be free? */
static ALWAYS_INLINE void
page_let_go(struct vm_page *page)
{
	if (page->kind <= VM_PAGE_FREE || page->kind >= VM_PAGE_NR_KINDS)
		panic("vm_page: frame %#lx freed, but it is %s",
		      vm_page_frame(page),
		      page->kind == VM_PAGE_FREE ? "free" : "not allocated");
	assert(page->wire_count == 0);
	if (page->kind != VM_PAGE_SLAB && page->kind != VM_PAGE_TABLE)
		assert(page->map.pmap == NULL && page->pv_more == NULL);
	page->kind = VM_PAGE_FREE;
}

/* A block from the highest zone that is allowed and has one. */
static struct vm_page *
take_block(unsigned int order, unsigned int highest)
{
	for (unsigned int i = highest + 1; i-- > 0; ) {
		struct vm_page_zone *zone = &vm_page_zones[i];
		struct vm_page *page;

		if (atomic_load_relaxed(&zone->nr_free) >> order == 0)
			continue;
		spin_lock(&zone->lock);
		page = vm_page_zone_take(zone, order);
		if (page != NULL)
			page->zone = zone->id;
		spin_unlock(&zone->lock);
		if (page != NULL)
			return page;
	}
	return NULL;
}

static NOINLINE void
put_block(struct vm_page *page, unsigned int order)
{
	struct vm_page_zone *zone = &vm_page_zones[page->zone];

	spin_lock(&zone->lock);
	vm_page_zone_put(zone, page, order);
	spin_unlock(&zone->lock);
}

/* Put the frames of a block on @stack, below those from @at on, so that the
 * first will come first.  Return: the lowest place that is taken. */
static unsigned int
stack_add_block(struct vm_page_stack *stack, unsigned int at,
		struct vm_page *page, unsigned int order, unsigned int zone)
{
	for (unsigned long i = 0; i < 1ul << order; i++) {
		struct vm_page *frame = page + i;

		frame->kind = VM_PAGE_FREE;
		frame->order = VM_PAGE_STACKED;
		frame->zone = (uint8_t)zone;
		atomic_store_relaxed(&frame->free_order, (uint8_t)0);
		stack->pages[--at] = frame;
	}
	return at;
}

/*
 * Fill an empty stack half from one zone: with small blocks while there are
 * some, so that large ones last, but with whole blocks.  A block and what it
 * was split from are used one after the other, in the order of addresses, as
 * they should be when they come back.
 */
static NOINLINE void
stack_refill(struct vm_page_stack *stack, struct vm_page_zone *zone)
{
	unsigned int at = VM_PAGE_STACK_BATCH, count;

	assert(stack->count == 0);
	spin_lock(&zone->lock);
	while (at != 0 && zone->orders != 0) {
		unsigned int smallest
			= (unsigned int)__builtin_ctz(zone->orders);
		unsigned int order = MIN(smallest, log2_floor(at));

		at = stack_add_block(stack, at,
				     vm_page_zone_take(zone, order), order,
				     zone->id);
	}
	spin_unlock(&zone->lock);
	count = VM_PAGE_STACK_BATCH - at;
	if (at != 0)
		memmove(stack->pages, stack->pages + at,
			count * sizeof stack->pages[0]);
	atomic_store_relaxed(&stack->count, count);
}

/* Has @stack a frame, if need be from @zone? */
static inline bool
stack_has(struct vm_page_stack *stack, enum vm_page_zone_id zone)
{
	if (likely(stack->count != 0))
		return true;
	if (atomic_load_relaxed(&vm_page_zones[zone].nr_free) != 0)
		stack_refill(stack, &vm_page_zones[zone]);
	return stack->count != 0;
}

/* Give the @n frames that have been on @stack for longest to their zones. */
static NOINLINE void
stack_flush(struct vm_page_stack *stack, unsigned int n)
{
	unsigned int left = stack->count - n;

	for (unsigned int i = 0; i < n; i++)
		put_block(stack->pages[i], 0);
	memmove(stack->pages, stack->pages + n, left * sizeof stack->pages[0]);
	atomic_store_relaxed(&stack->count, left);
}

static inline struct vm_page *
stack_pop(struct vm_page_stack *stack)
{
	unsigned int count = stack->count - 1;

	atomic_store_relaxed(&stack->count, count);
	return stack->pages[count];
}

/* A single frame by way of a stack, or NULL. */
static inline struct vm_page *
take_stacked(struct vm_page_cpu *cpu, unsigned int highest)
{
	struct vm_page_stack *direct = &cpu->stacks[VM_PAGE_STACK_DIRECT];
	struct vm_page_stack *high = &cpu->stacks[VM_PAGE_STACK_HIGH];

	if (highest == VM_PAGE_ZONE_HIGH && stack_has(high, VM_PAGE_ZONE_HIGH))
		return stack_pop(high);
	if (highest >= VM_PAGE_ZONE_DIRECT
	    && (stack_has(direct, VM_PAGE_ZONE_DIRECT)
		|| stack_has(direct, VM_PAGE_ZONE_DMA32)))
		return stack_pop(direct);
	return NULL;
}

/* A block from the zones, or NULL. */
static NOINLINE struct vm_page *
take_from_zones(struct vm_page_cpu *cpu, unsigned int order,
		unsigned int highest)
{
	struct vm_page *page = take_block(order, highest);

	if (page == NULL) {
		/* The rest of a larger block may be on this CPU's stacks. */
		vm_page_drain();
		page = take_block(order, highest);
	}
	if (page == NULL)
		atomic_store_relaxed(&cpu->failures, cpu->failures + 1);
	return page;
}

/* A block from anywhere that is allowed, or NULL; page->zone is set. */
static struct vm_page *
take_any(struct vm_page_cpu *cpu, unsigned int order, unsigned int highest)
{
	struct vm_page *page = NULL;

	if (order == 0)
		page = take_stacked(cpu, highest);
	if (page == NULL)
		page = take_from_zones(cpu, order, highest);
	return page;
}

/* The stack of the highest zone, if it has a frame, as mostly; or NULL. */
static ALWAYS_INLINE struct vm_page_stack *
stack_ready(struct vm_page_cpu *cpu, unsigned int highest)
{
	struct vm_page_stack *stack = &cpu->stacks[VM_PAGE_STACK_DIRECT];

	if (highest < VM_PAGE_ZONE_DIRECT)
		return NULL;
	if (highest == VM_PAGE_ZONE_HIGH
	    && atomic_load_relaxed(&vm_page_zones[highest].nr_total) != 0)
		stack = &cpu->stacks[VM_PAGE_STACK_HIGH];
	return likely(stack->count != 0) ? stack : NULL;
}

/* vm_page_alloc() where that is not enough. */
static NOINLINE struct vm_page *
alloc_slow(struct vm_page_cpu *cpu, unsigned int order, unsigned int limit,
	   enum vm_page_kind kind)
{
	struct vm_page *page;
	unsigned int zone;

	page = take_any(cpu, order, limit);
	if (page == NULL)
		return NULL;
	zone = page->zone;
	for (unsigned long i = 0; i < 1ul << order; i++)
		page_set_up(page + i, order, zone, kind);
	count_kind(cpu, kind, (long)(1ul << order));
	return page;
}

/* Fail as asked for. */
static inline bool
fails(struct vm_page_cpu *cpu)
{
	if (!must_fail())
		return false;
	atomic_store_relaxed(&cpu->failures, cpu->failures + 1);
	return true;
}

struct vm_page *
vm_page_alloc(unsigned int order, enum vm_page_zone_limit limit,
	      enum vm_page_kind kind)
{
	struct vm_page_cpu *cpu = this_cpu();
	struct vm_page_stack *stack = NULL;
	struct vm_page *page;

	assert(order <= VM_PAGE_MAX_ORDER);
	assert(kind > VM_PAGE_FREE && kind < VM_PAGE_NR_KINDS);

	if (fails(cpu))
		return NULL;
	if (likely(order == 0))
		stack = stack_ready(cpu, limit);
	if (unlikely(stack == NULL))
		return alloc_slow(cpu, order, limit, kind);
	page = stack_pop(stack);
	page_set_up(page, 0, page->zone, kind);
	count_kind(cpu, kind, 1);
	return page;
}

/* May a freed frame of @zone stay on this CPU? */
static bool
is_stackable(unsigned int zone)
{
	return zone != VM_PAGE_ZONE_DMA && !vm_page_is_waited_for();
}

static inline void
stack_push_on(struct vm_page_stack *stack, struct vm_page *page)
{
	page->order = VM_PAGE_STACKED;
	stack->pages[stack->count] = page;
	atomic_store_relaxed(&stack->count, stack->count + 1);
}

static inline void
stack_push(struct vm_page_cpu *cpu, struct vm_page *page)
{
	struct vm_page_stack *stack = &cpu->stacks[VM_PAGE_STACK_DIRECT];

	if (unlikely(page->zone == VM_PAGE_ZONE_HIGH))
		stack = &cpu->stacks[VM_PAGE_STACK_HIGH];
	if (unlikely(stack->count == VM_PAGE_STACK_SIZE))
		stack_flush(stack, VM_PAGE_STACK_BATCH);
	stack_push_on(stack, page);
}

void
vm_page_free(struct vm_page *page, unsigned int order)
{
	struct vm_page_cpu *cpu = this_cpu();
	unsigned int kind = page->kind;

	for (unsigned long i = 0; i < 1ul << order; i++) {
		page_let_go(page + i);
		assert(page[i].order == order);
	}
	count_kind(cpu, kind, -(long)(1ul << order));

	if (order == 0 && is_stackable(page->zone)) {
		stack_push(cpu, page);
		return;
	}
	put_block(page, order);
	vm_page_wake();
}

struct vm_page *
vm_page_alloc_clear(enum vm_page_kind kind)
{
	struct vm_page_cpu *cpu = this_cpu();
	struct vm_page_stack *stack = &cpu->stacks[VM_PAGE_STACK_CLEAR];
	struct vm_page *page;

	if (unlikely(stack->count == 0)) {
		page = vm_page_alloc(0, VM_PAGE_DIRECT, kind);
		if (page != NULL)
			page_zero(vm_page_phys(page));
		return page;
	}
	if (fails(cpu))
		return NULL;
	page = stack_pop(stack);
	debug_assert(vm_page_is_clear(page));				/* P5 */
	page_set_up(page, 0, page->zone, kind);
	count_kind(cpu, kind, 1);
	return page;
}

void
vm_page_free_clear(struct vm_page *page)
{
	struct vm_page_cpu *cpu = this_cpu();
	struct vm_page_stack *stack = &cpu->stacks[VM_PAGE_STACK_CLEAR];

	debug_assert(vm_page_is_clear(page));
	if (stack->count == VM_PAGE_STACK_SIZE || !is_stackable(page->zone)) {
		vm_page_free(page, 0);
		return;
	}
	assert(page->order == 0);
	count_kind(cpu, page->kind, -1);
	page_let_go(page);
	stack_push_on(stack, page);
}

/* Can @page be put on its stack, and that without a flush? */
static inline bool
stack_has_room(const struct vm_page_cpu *cpu, const struct vm_page *page)
{
	unsigned int id = VM_PAGE_STACK_DIRECT;

	if (unlikely(page->zone == VM_PAGE_ZONE_HIGH))
		id = VM_PAGE_STACK_HIGH;
	return cpu->stacks[id].count < VM_PAGE_STACK_SIZE
		&& page->zone != VM_PAGE_ZONE_DMA;
}

/* Let frames go to this CPU's stacks while they have room; how many? */
static unsigned int
stack_push_many(struct vm_page_cpu *cpu, void *const pages[], unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && stack_has_room(cpu, pages[i]); i++) {
		struct vm_page *page = pages[i];

		page_let_go(page);
		assert(page->order == 0);
		stack_push(cpu, page);
	}
	return i;
}

/*
 * Let the frames at @pages go to their zone as far as they lie in a row, in one
 * direction or the other: what was used by way of a stack may come the wrong
 * way round.  One that is in the same state as the first need not be looked at
 * as closely.  Return: how many, at least one.
 */
static unsigned int
zone_put_row(struct vm_page_zone *zone, void *const pages[], unsigned int n)
	REQUIRES(zone->lock)
{
	struct vm_page *first = pages[0], *page;
	long step = n > 1 && pages[1] == first - 1 ? -1 : 1;
	uint64_t state = first->state;
	unsigned int i = 1;

	page_let_go(first);
	assert(first->order == 0);
	for (page = first + step; i < n && pages[i] == page; page += step) {
		if (unlikely(page->state != state || page->map.pmap != NULL
			     || page->pv_more != NULL))
			break;
		page->kind = VM_PAGE_FREE;
		i++;
	}
	vm_page_zone_put_run(zone, step > 0 ? first : page + 1, i);
	return i;
}

void UNCHECKED_LOCKING
vm_page_free_many(void *const pages[], unsigned int n, bool more)
{
	struct vm_page_cpu *cpu = this_cpu();
	const struct vm_page *page = pages[0];
	struct vm_page_zone *zone = NULL;
	unsigned int kind = page->kind;
	unsigned int i = 0;

	if (!more && !vm_page_is_waited_for())
		i = stack_push_many(cpu, pages, n);
	while (i < n) {
		page = pages[i];
		if (zone != &vm_page_zones[page->zone]) {
			if (zone != NULL)
				spin_unlock(&zone->lock);
			zone = &vm_page_zones[page->zone];
			spin_lock(&zone->lock);
		}
		i += zone_put_row(zone, pages + i, n - i);
	}
	if (zone != NULL)
		spin_unlock(&zone->lock);
	count_kind(cpu, kind, -(long)n);
	vm_page_wake();
}

void
vm_page_free_list(struct list *pages, unsigned int max)
{
	void *batch[VM_PAGE_FREE_MAX];
	unsigned int n = 0;

	assert(max <= VM_PAGE_FREE_MAX);
	while (n < max && !list_is_empty(pages))
		batch[n++] = list_entry(list_shift(pages), struct vm_page,
					node);
	list_shift_end(pages);
	if (n != 0)
		vm_page_free_many(batch, n, !list_is_empty(pages));
}

struct vm_page *
vm_page_alloc_run(unsigned long count, enum vm_page_zone_limit limit,
		  enum vm_page_kind kind)
{
	struct vm_page_cpu *cpu = this_cpu();
	struct vm_page_zone *zone;
	struct vm_page *page;
	unsigned int order;

	assert(count > 0 && count <= 1ul << VM_PAGE_MAX_ORDER);
	assert(kind > VM_PAGE_FREE && kind < VM_PAGE_NR_KINDS);

	order = log2_ceil(count);
	page = fails(cpu) ? NULL : take_any(cpu, order, limit);
	if (page == NULL)
		return NULL;
	zone = &vm_page_zones[page->zone];
	for (unsigned long i = 0; i < count; i++)
		page_set_up(page + i, 0, zone->id, kind);
	count_kind(cpu, kind, (long)count);

	spin_lock(&zone->lock);
	vm_page_zone_put_run(zone, page + count, (1ul << order) - count);
	spin_unlock(&zone->lock);
	return page;
}

void
vm_page_free_run(struct vm_page *page, unsigned long count)
{
	struct vm_page_zone *zone = &vm_page_zones[page->zone];
	unsigned int kind = page->kind;

	for (unsigned long i = 0; i < count; i++) {
		page_let_go(page + i);
		assert(page[i].order == 0 && page[i].zone == zone->id);
	}
	count_kind(this_cpu(), kind, -(long)count);

	spin_lock(&zone->lock);
	vm_page_zone_put_run(zone, page, count);
	spin_unlock(&zone->lock);
	vm_page_wake();
}

void
vm_page_drain(void)
{
	struct vm_page_cpu *cpu = this_cpu();

	for (unsigned int i = 0; i < VM_PAGE_NR_STACKS; i++)
		stack_flush(&cpu->stacks[i], cpu->stacks[i].count);
}
