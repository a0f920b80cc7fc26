/*
 * tests/kernel/vm_trace.c -- see vm_trace.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/kernel/vm_trace.h"

#include <machine/page.h>
#include <machine/user_copy.h>

#include "kern/slab.h"
#include "lib/macros.h"
#include "vm/vm_copy.h"
#include "vm/vm_map.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"

#define NR_IMAGES	28u		/* with two entries each */
#define ARENA_PAGES	256u
#define MAX_THREADS	8u
#define STACK_PAGES	16u
#define MAX_PERMANENT	400u
#define MAX_TABLE	64u

static uintptr_t
addr_of(unsigned int page)
{
	return page * (uintptr_t)PAGE_SIZE;
}

/* Note the first thing that goes wrong. */
static bool
must(struct vm_trace *trace, bool done, const char *what)
{
	if (!done && trace->wrong == NULL)
		trace->wrong = what;
	return done;
}

static bool
below(struct vm_trace *trace, unsigned int n)
{
	return random_below(&trace->random, n) == 0;
}

/* Something was done: tell of it, and count. */
static void
did(struct vm_trace *trace, enum vm_trace_kind kind, unsigned int page,
    unsigned int n, uint32_t value)
{
	unsigned int entries = (unsigned int)vm_map_entries(trace->map);

	trace->ops++;
	trace->most = MAX(trace->most, entries);
	if (trace->tell != NULL)
		trace->tell(trace->tell_arg, kind, page, n, value);
}

/* Where there is room, in the first VM_TRACE_PAGES. */
static unsigned int
enter(struct vm_trace *trace, unsigned int n, struct vm_object *object)
{
	uintptr_t mask = ~(addr_of(VM_TRACE_PAGES) - 1), addr = 0;
	kern_return_t kr;

	kr = vm_map_enter(trace->map, &addr, addr_of(n), mask, true, object,
			  0, VM_PROT_DEFAULT, VM_PROT_ALL,
			  VM_INHERIT_DEFAULT);
	if (!must(trace, kr == KERN_SUCCESS, "no room"))
		return 0;
	return (unsigned int)(addr / PAGE_SIZE);
}

static unsigned int
allocate(struct vm_trace *trace, unsigned int n)
{
	unsigned int page = enter(trace, n, NULL);

	did(trace, VM_TRACE_MAP, page, n, 0);
	return page;
}

static void
unmap(struct vm_trace *trace, unsigned int page, unsigned int n)
{
	must(trace, vm_map_remove(trace->map, addr_of(page),
				  addr_of(page + n)) == KERN_SUCCESS,
	     "unmap");
	did(trace, VM_TRACE_UNMAP, page, n, 0);
}

static void
protect(struct vm_trace *trace, unsigned int page, unsigned int n,
	vm_prot_t prot)
{
	must(trace, vm_map_protect(trace->map, addr_of(page),
				   addr_of(page + n), prot, false)
		    == KERN_SUCCESS, "protect");
	did(trace, VM_TRACE_PROTECT, page, n, (uint32_t)prot);
}

static void
wire(struct vm_trace *trace, unsigned int page, unsigned int n, bool on)
{
	must(trace, vm_map_wire(trace->map, addr_of(page), addr_of(page + n),
				on ? VM_PROT_READ : VM_PROT_NONE, SIZE_MAX)
		    == KERN_SUCCESS, "wire");
	did(trace, on ? VM_TRACE_WIRE : VM_TRACE_UNWIRE, page, n, 0);
}

static void
fill(struct vm_trace *trace, unsigned int page, unsigned int n)
{
	for (unsigned int i = page; i < page + n; i++) {
		uint32_t value = random_u32(&trace->random);

		must(trace, copy_to_user(USER_ADDR(addr_of(i)), &value,
					 sizeof value), "write");
		did(trace, VM_TRACE_WRITE, i, 1, value);
	}
}

/* To the client, which looks at it and gives it back. */
static void
send(struct vm_trace *trace, unsigned int page, unsigned int n)
{
	struct vm_map_copy *copy;
	uintptr_t addr = 0;

	if (!must(trace, vm_map_copyin(trace->map, addr_of(page), addr_of(n),
				       false, &copy) == KERN_SUCCESS, "send"))
		return;
	did(trace, VM_TRACE_SEND, page, n, 0);
	must(trace, vm_map_copyout(trace->client, &addr, copy)
		    == KERN_SUCCESS, "sent");
	must(trace, vm_map_remove(trace->client, addr, addr + addr_of(n))
		    == KERN_SUCCESS, "give back");
}

/*
 * What lives shortly.
 */

static struct vm_trace_short *
free_slot(struct vm_trace_short *slots)
{
	for (unsigned int i = 0; i < VM_TRACE_SHORT; i++)
		if (slots[i].pages == 0)
			return &slots[i];
	return NULL;
}

static void
end_window(struct vm_trace *trace, struct vm_trace_short *slot)
{
	wire(trace, slot->page, slot->pages, false);
	protect(trace, slot->page, slot->pages, VM_PROT_DEFAULT);
	unmap(trace, slot->page, slot->pages);
	slot->pages = 0;
}

static void
begin_window(struct vm_trace *trace, struct vm_trace_short *slot)
{
	slot->pages = 4 + random_below(&trace->random, 13);
	slot->page = allocate(trace, slot->pages);
	fill(trace, slot->page, slot->pages);
	protect(trace, slot->page, slot->pages, VM_PROT_READ);
	wire(trace, slot->page, slot->pages, true);
	send(trace, slot->page, slot->pages);
}

static void
end_message(struct vm_trace *trace, struct vm_trace_short *slot)
{
	if (slot->far)
		must(trace, vm_map_remove(trace->map, slot->addr, slot->addr
					  + addr_of(slot->pages))
			    == KERN_SUCCESS, "a message's end");
	else
		unmap(trace, slot->page, slot->pages);
	slot->pages = 0;
}

/* Map an object of its own among the rest. */
static uintptr_t
receive_among(struct vm_trace *trace, unsigned int n,
	      struct vm_map_copy *copy)
{
	struct vm_object *object = vm_object_create(0, addr_of(n), KM_WAIT);
	unsigned int page;

	if (!must(trace, object != NULL, "no object"))
		return 0;
	page = enter(trace, n, object);
	vm_object_unref(object);
	must(trace, vm_map_copy_overwrite(trace->map, addr_of(page), copy)
		    == KERN_SUCCESS, "receive");
	return addr_of(page);
}

static void
begin_message(struct vm_trace *trace, struct vm_trace_short *slot)
{
	unsigned int n = 2 + random_below(&trace->random, 7);
	struct vm_map_copy *copy;

	if (!must(trace, vm_map_copyin(trace->client, addr_of(1), addr_of(n),
				       false, &copy) == KERN_SUCCESS,
		  "a message"))
		return;
	slot->addr = 0;
	if (trace->among)
		slot->addr = receive_among(trace, n, copy);
	else
		must(trace, vm_map_copyout(trace->map, &slot->addr, copy)
			    == KERN_SUCCESS, "copy out");
	slot->pages = n;
	slot->page = (unsigned int)(slot->addr / PAGE_SIZE);
	slot->far = slot->addr + addr_of(n) > addr_of(VM_TRACE_PAGES);
	if (!slot->far)
		did(trace, VM_TRACE_RECEIVE, slot->page, n, 0);
}

/*
 * What stays.
 */

/* A part more of what is reserved can be used. */
static void
grow_arena(struct vm_trace *trace)
{
	unsigned int n = 1 + random_below(&trace->random, 3);

	if (trace->arena_used + n > trace->arena_pages)
		return;
	protect(trace, trace->arena + trace->arena_used, n, VM_PROT_DEFAULT);
	fill(trace, trace->arena + trace->arena_used, n);
	trace->arena_used += n;
}

static void
add_permanent(struct vm_trace *trace)
{
	unsigned int n = 1 + random_below(&trace->random, 2), page;

	if (trace->nr_permanent + n > MAX_PERMANENT)
		return;
	page = allocate(trace, n);
	fill(trace, page, n);
	trace->nr_permanent += n;
}

static void
add_thread(struct vm_trace *trace)
{
	unsigned int page;

	if (trace->nr_threads == MAX_THREADS)
		return;
	page = allocate(trace, STACK_PAGES);
	protect(trace, page, 1, VM_PROT_NONE);
	fill(trace, page + STACK_PAGES - 2, 2);
	trace->nr_threads++;
}

static void
grow_table(struct vm_trace *trace)
{
	unsigned int page;

	if (trace->table_pages == MAX_TABLE)
		return;
	page = allocate(trace, trace->table_pages + 1);
	fill(trace, page, trace->table_pages + 1);
	unmap(trace, trace->table, trace->table_pages);
	trace->table = page;
	trace->table_pages++;
}

/* The program, and what it has from its start. */
static void
start(struct vm_trace *trace)
{
	for (unsigned int i = 0; i < NR_IMAGES; i++) {
		unsigned int page = allocate(trace, 4);

		fill(trace, page, 4);
		protect(trace, page, 3, VM_PROT_READ);
	}
	trace->arena = allocate(trace, ARENA_PAGES);
	trace->arena_pages = ARENA_PAGES;
	protect(trace, trace->arena, ARENA_PAGES, VM_PROT_NONE);
	trace->table_pages = 1;
	trace->table = allocate(trace, 1);
	trace->first = (unsigned int)vm_map_entries(trace->map);
}

static void
serve(struct vm_trace *trace)
{
	struct vm_trace_short *slot;

	slot = free_slot(trace->messages);
	if (slot != NULL)
		begin_message(trace, slot);
	slot = free_slot(trace->windows);
	if (slot != NULL)
		begin_window(trace, slot);
	if (below(trace, 8))
		grow_arena(trace);
	if (below(trace, 12))
		add_permanent(trace);
	if (below(trace, 200))
		add_thread(trace);
	if (below(trace, 60))
		grow_table(trace);
	for (unsigned int i = 0; i < VM_TRACE_SHORT; i++) {
		if (trace->windows[i].pages != 0 && below(trace, 12))
			end_window(trace, &trace->windows[i]);
		if (trace->messages[i].pages != 0 && below(trace, 6))
			end_message(trace, &trace->messages[i]);
	}
	/* The thread of the lowest priority has its turn too. */
	if (below(trace, 16))
		while (vm_map_merge_run())
			continue;
}

bool
vm_trace_run(struct vm_trace *trace)
{
	random_init(&trace->random, VM_TRACE_SEED);
	trace->use(trace->map);
	start(trace);
	for (unsigned int i = 0; i < VM_TRACE_REQUESTS && trace->wrong == NULL;
	     i++)
		serve(trace);
	for (unsigned int i = 0; i < VM_TRACE_SHORT; i++) {
		if (trace->windows[i].pages != 0)
			end_window(trace, &trace->windows[i]);
		if (trace->messages[i].pages != 0)
			end_message(trace, &trace->messages[i]);
	}
	while (vm_map_merge_run())
		continue;
	trace->entries = (unsigned int)vm_map_entries(trace->map);
	return trace->wrong == NULL;
}
