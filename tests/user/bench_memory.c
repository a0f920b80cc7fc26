/*
 * tests/user/bench_memory.c -- what memory costs, and what it leaves behind.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Under -icount shift=0 the time stamp counter counts instructions.  Faults are
 * the mean over a window of pages, the touching loop and the clearing or
 * copying of the page included; calls are the mean over a number of rounds.
 * Then patterns of calls, after which vm_region counts the regions that they
 * have left.  Only the stock interface is used, so that the same program runs
 * on other kernels.
 */
#include "tests/user/lib/bench.h"

#include <hurd.h>

#define PAGE		USER_PAGE_SIZE
#define PAGES		1024u
#define WINDOW		(PAGES * PAGE)
#define FORK_ENTRIES	256u
#define ROUNDS		100u
#define REGION_PAGES	4096u
#define BRK_ROUNDS	1000u
#define ENTRIES_BASE	((vm_address_t)0x40000000)	/* nothing is there */
#define RW		(VM_PROT_READ | VM_PROT_WRITE)

static mach_port_t self, port;

static vm_address_t
window_new(vm_size_t size)
{
	vm_address_t at = 0;

	if (syscall_vm_allocate(self, &at, size, TRUE) != KERN_SUCCESS)
		user_die("bench_memory: no memory\n");
	return at;
}

static void
window_free(vm_address_t at, vm_size_t size)
{
	if (syscall_vm_deallocate(self, at, size) != KERN_SUCCESS)
		user_die("bench_memory: not freed\n");
}

/* Writes or reads each page once; cycles of one. */
static uint64_t
touch(vm_address_t at, vm_size_t size, bool write)
{
	uint64_t start = user_cycles();

	for (vm_size_t i = 0; i < size; i += PAGE) {
		volatile char *byte = (volatile char *)(at + i);

		if (write)
			*byte = 1;
		else
			(void)*byte;
	}
	return (user_cycles() - start) / (size / PAGE);
}

static mach_port_t
fork_task(void)
{
	mach_port_t task;

	if (task_create(self, TRUE, &task) != KERN_SUCCESS)
		user_die("bench_memory: no task\n");
	return task;
}

static void
end_task(mach_port_t task)
{
	(void)task_terminate(task);
	(void)mach_port_deallocate(self, task);
}

static void
measure_faults(void)
{
	vm_address_t at;
	uint64_t cost[5] = { 0 }, start;
	mach_port_t task;

	/* The first round is not counted. */
	for (int round = 0; round < 2; round++) {
		at = window_new(WINDOW);
		cost[0] = touch(at, WINDOW, true);
		start = user_cycles();
		window_free(at, WINDOW);
		cost[4] = (user_cycles() - start) / PAGES;
		at = window_new(WINDOW);
		(void)touch(at, WINDOW, true);
		task = fork_task();
		cost[1] = touch(at, WINDOW, true);
		end_task(task);
		(void)vm_protect(self, at, WINDOW, FALSE, VM_PROT_NONE);
		(void)vm_protect(self, at, WINDOW, FALSE, RW);
		cost[2] = touch(at, WINDOW, true);
		start = user_cycles();
		window_free(at, WINDOW);
		cost[3] = (user_cycles() - start) / PAGES;
	}
	bench_result("mem_fault_zero", cost[0], "instructions");
	bench_result("mem_fault_copy", cost[1], "instructions");
	bench_result("mem_fault_mapping", cost[2], "instructions");
	bench_result("mem_unmap_page", cost[4], "instructions");
	bench_result("mem_unmap_copied_page", cost[3], "instructions");
}

/* The window that calls work on. */
static vm_address_t window;

static void
protect_pair(void)
{
	(void)vm_protect(self, window + PAGE, PAGE, FALSE, VM_PROT_READ);
	(void)vm_protect(self, window + PAGE, PAGE, FALSE, RW);
}

static void
region(void)
{
	vm_address_t at = window;
	vm_size_t size;
	vm_prot_t prot, max;
	vm_inherit_t inherit;
	boolean_t shared;
	mach_port_t name;
	vm_offset_t offset;

	(void)vm_region(self, &at, &size, &prot, &max, &inherit, &shared,
			&name, &offset);
	if (MACH_PORT_VALID(name))
		(void)mach_port_deallocate(self, name);
}

static void
map_pair(void)
{
	vm_address_t at = 0;

	(void)syscall_vm_map(self, &at, 16 * PAGE, 0, TRUE, MACH_PORT_NULL, 0,
			     FALSE, RW, VM_PROT_ALL, VM_INHERIT_COPY);
	(void)syscall_vm_deallocate(self, at, 16 * PAGE);
}

static void
copy_pages(void)
{
	(void)vm_copy(self, window, 16 * PAGE, window + 32 * PAGE);
}

static void
read_pages(void)
{
	vm_offset_t data;
	mach_msg_type_number_t size;

	if (vm_read(self, window, 16 * PAGE, &data, &size) == KERN_SUCCESS)
		(void)syscall_vm_deallocate(self, data, size);
}

static void
measure_calls(void)
{
	window = window_new(64 * PAGE);
	(void)touch(window, 64 * PAGE, true);
	bench_measure("mem_map_pair", ROUNDS, map_pair);
	bench_measure("mem_protect_pair", ROUNDS, protect_pair);
	bench_measure("mem_region", ROUNDS, region);
	bench_measure("mem_vm_copy_64k", ROUNDS, copy_pages);
	bench_measure("mem_vm_read_64k", ROUNDS, read_pages);
	window_free(window, 64 * PAGE);
}

/*
 * vm_region with more and more regions, a page each and none next to another:
 * the mean of queries all over them.
 */

static bool
entries_add(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		vm_address_t at = ENTRIES_BASE + 2 * i * PAGE;

		if (syscall_vm_allocate(self, &at, PAGE, FALSE)
		    != KERN_SUCCESS)
			return false;
	}
	return true;
}

static void
query_all_over(unsigned int entries)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint32_t place = (uint32_t)(i * 2654435761u) % entries;

		window = ENTRIES_BASE + 2 * place * PAGE;
		region();
	}
}

static void
measure_region_growth(void)
{
	static const struct {
		const char *name;
		unsigned int entries;
	} steps[] = {
		{ "mem_region_10", 10 },
		{ "mem_region_1000", 1000 },
		{ "mem_region_100000", 100000 },
	};
	unsigned int have = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		uint64_t start;

		/* Some kernels limit a task to the size of memory. */
		if (!entries_add(have, steps[i].entries))
			break;
		have = steps[i].entries;
		query_all_over(have);
		start = user_cycles();
		query_all_over(have);
		bench_result(steps[i].name, (user_cycles() - start) / ROUNDS,
			     "instructions");
	}
	window_free(ENTRIES_BASE, 2ul * 100000 * PAGE);
}

/* Fork, and end the child: as the program is. */
static void
fork_pair(void)
{
	end_task(fork_task());
}

static uint64_t
fork_cost(void)
{
	uint64_t start;

	fork_pair();
	start = user_cycles();
	for (int i = 0; i < 4; i++)
		fork_pair();
	return (user_cycles() - start) / 4;
}

/* Regions that cannot be one, as nothing is between them. */
static vm_address_t
entries_new(unsigned int entries)
{
	vm_address_t at = window_new(entries * 2 * PAGE);

	for (unsigned int i = 0; i < entries; i++)
		window_free(at + (2 * i + 1) * PAGE, PAGE);
	return at;
}

static void
measure_fork(void)
{
	uint64_t empty = fork_cost(), untouched, resident;
	vm_address_t at = entries_new(FORK_ENTRIES);

	untouched = fork_cost();
	for (unsigned int i = 0; i < FORK_ENTRIES; i++)
		*(volatile char *)(at + 2 * i * PAGE) = 1;
	resident = fork_cost();
	window_free(at, FORK_ENTRIES * 2 * PAGE);
	bench_result("mem_fork_pair", empty, "instructions");
	bench_result("mem_fork_untouched", (untouched - empty) / FORK_ENTRIES,
		     "instructions");
	bench_result("mem_fork_resident", (resident - empty) / FORK_ENTRIES,
		     "instructions");
}

/* A message with memory out of line. */
struct parcel {
	mach_msg_header_t head;
	mach_msg_type_long_t type;
	vm_address_t	data;
	char		room[64];
};

#define PARCEL_SIZE	((mach_msg_size_t)offsetof(struct parcel, room))

/* Send the window to oneself; where it arrives. */
static vm_address_t
post(vm_size_t size)
{
	static struct parcel parcel;

	memset(&parcel, 0, sizeof parcel);
	parcel.head.msgh_bits = MACH_MSGH_BITS_COMPLEX
		| MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	parcel.head.msgh_remote_port = port;
	parcel.type.msgtl_header.msgt_longform = TRUE;
	parcel.type.msgtl_name = MACH_MSG_TYPE_BYTE;
	parcel.type.msgtl_size = 8;
	parcel.type.msgtl_number = (mach_msg_type_number_t)size;
	parcel.data = window;
	if (mach_msg_trap(&parcel.head, MACH_SEND_MSG | MACH_RCV_MSG,
			  PARCEL_SIZE, sizeof parcel, port, 0, MACH_PORT_NULL)
	    != MACH_MSG_SUCCESS)
		user_die("bench_memory: no message\n");
	return parcel.data;
}

#define PARCEL_BYTES	(1024u * 1024)

static void
post_and_free(void)
{
	window_free(post(PARCEL_BYTES), PARCEL_BYTES);
}

static void
post_page(void)
{
	window_free(post(PAGE), PAGE);
}

static void
measure_memory_sent(void)
{
	uint64_t read = 0, write = 0;

	window = window_new(PARCEL_BYTES);
	(void)touch(window, PARCEL_BYTES, true);
	bench_measure("mem_sent_4k", ROUNDS, post_page);
	bench_measure("mem_sent_1m", ROUNDS, post_and_free);
	for (int round = 0; round < 2; round++) {
		vm_address_t copy = post(PARCEL_BYTES);

		read = touch(copy, PARCEL_BYTES, false);
		write = touch(window, PARCEL_BYTES, true);
		window_free(copy, PARCEL_BYTES);
	}
	bench_result("mem_sent_1m_read_page", read, "instructions");
	bench_result("mem_sent_1m_rewrite_page", write, "instructions");
	window_free(window, PARCEL_BYTES);
}

/* Patterns: how many regions are there when all is done? */

static unsigned int
regions(vm_address_t from, vm_size_t length)
{
	vm_address_t at = from, end = from + length;
	unsigned int count = 0;

	while (at < end) {
		vm_size_t size;
		vm_prot_t prot, max;
		vm_inherit_t inherit;
		boolean_t shared;
		mach_port_t name;
		vm_offset_t offset;

		if (vm_region(self, &at, &size, &prot, &max, &inherit, &shared,
			      &name, &offset) != KERN_SUCCESS || at >= end)
			break;
		if (MACH_PORT_VALID(name))
			(void)mach_port_deallocate(self, name);
		count++;
		at += size;
	}
	return count;
}

/* A range of which nothing is allocated. */
static vm_address_t
range_new(void)
{
	vm_address_t at = window_new((REGION_PAGES + 2) * PAGE);

	window_free(at, (REGION_PAGES + 2) * PAGE);
	return at + PAGE;
}

static void
fill(vm_address_t base, unsigned int page, bool write)
{
	vm_address_t at = base + page * PAGE;

	if (syscall_vm_allocate(self, &at, PAGE, FALSE) != KERN_SUCCESS)
		user_die("bench_memory: page %u is taken\n", page);
	if (write)
		*(volatile char *)at = 1;
}

static void
allocate_upward(vm_address_t base, bool write)
{
	for (unsigned int i = 0; i < REGION_PAGES; i++)
		fill(base, i, write);
}

static void
allocate_downward(vm_address_t base, bool write)
{
	for (unsigned int i = REGION_PAGES; i-- > 0;)
		fill(base, i, write);
}

static void
allocate_even_odd(vm_address_t base, bool write)
{
	for (unsigned int i = 0; i < REGION_PAGES; i += 2)
		fill(base, i, write);
	for (unsigned int i = 1; i < REGION_PAGES; i += 2)
		fill(base, i, write);
}

static void
allocate_all(vm_address_t base, bool write)
{
	vm_address_t at = base;

	if (syscall_vm_allocate(self, &at, REGION_PAGES * PAGE, FALSE)
	    != KERN_SUCCESS)
		user_die("bench_memory: the range is taken\n");
	if (write)
		(void)touch(base, REGION_PAGES * PAGE, true);
}

static void
protect_odd(vm_address_t base, bool write)
{
	allocate_all(base, write);
	for (unsigned int i = 1; i < REGION_PAGES; i += 2)
		(void)vm_protect(self, base + i * PAGE, PAGE, FALSE,
				 VM_PROT_READ);
	for (unsigned int i = 1; i < REGION_PAGES; i += 2)
		(void)vm_protect(self, base + i * PAGE, PAGE, FALSE, RW);
}

static void
inherit_odd(vm_address_t base, bool write)
{
	allocate_all(base, write);
	for (unsigned int i = 1; i < REGION_PAGES; i += 2)
		(void)vm_inherit(self, base + i * PAGE, PAGE, VM_INHERIT_NONE);
	for (unsigned int i = 1; i < REGION_PAGES; i += 2)
		(void)vm_inherit(self, base + i * PAGE, PAGE, VM_INHERIT_COPY);
}

static void
wire_odd(vm_address_t base, bool write)
{
	mach_port_t host;

	allocate_all(base, write);
	if (get_privileged_ports(&host, NULL) != 0)
		user_die("bench_memory: without --host-priv-port\n");
	for (unsigned int i = 1; i < REGION_PAGES; i += 2)
		(void)vm_wire(host, self, base + i * PAGE, PAGE, RW);
	for (unsigned int i = 1; i < REGION_PAGES; i += 2)
		(void)vm_wire(host, self, base + i * PAGE, PAGE, VM_PROT_NONE);
}

static void
remap_odd(vm_address_t base, bool write)
{
	allocate_all(base, write);
	for (unsigned int i = 1; i < REGION_PAGES; i += 2) {
		window_free(base + i * PAGE, PAGE);
		fill(base, i, write);
	}
}

/* Memory that grows and shrinks at its end, as a heap does. */
static void
break_moves(vm_address_t base, bool write)
{
	unsigned int end = 0;

	for (unsigned int i = 0; i < BRK_ROUNDS; i++) {
		for (unsigned int grow = 0; grow < 3; grow++)
			fill(base, end++, write);
		window_free(base + (end - 2) * PAGE, 2 * PAGE);
		end -= 2;
	}
}

/* A child lives a while, and the parent writes meanwhile. */
static void
fork_and_write(vm_address_t base, bool write)
{
	mach_port_t task;

	allocate_all(base, write);
	task = fork_task();
	for (unsigned int i = 1; i < REGION_PAGES; i += 2)
		*(volatile char *)(base + i * PAGE) = 2;
	end_task(task);
	for (unsigned int i = 0; i < REGION_PAGES; i += 64)
		*(volatile char *)(base + i * PAGE) = 2;
}

static const struct {
	const char *name;
	void	(*run)(vm_address_t base, bool write);
} patterns[] = {
	{ "upward", allocate_upward },
	{ "downward", allocate_downward },
	{ "even_odd", allocate_even_odd },
	{ "protect_odd", protect_odd },
	{ "inherit_odd", inherit_odd },
	{ "wire_odd", wire_odd },
	{ "remap_odd", remap_odd },
	{ "break", break_moves },
	{ "fork_write", fork_and_write },
};

static void
count_regions(void)
{
	char name[64];

	for (size_t i = 0; i < 2 * ARRAY_SIZE(patterns); i++) {
		vm_address_t base = range_new();
		bool write = i % 2 != 0;

		patterns[i / 2].run(base, write);
		strlcpy(name, "regions_", sizeof name);
		strlcpy(name + strlen(name), patterns[i / 2].name, 32);
		strlcpy(name + strlen(name), write ? "_touched" : "_untouched",
			16);
		bench_result(name, regions(base, REGION_PAGES * PAGE),
			     "regions");
		window_free(base, REGION_PAGES * PAGE);
	}
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	self = mach_task_self();
	(void)mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port);
	measure_faults();
	measure_calls();
	measure_fork();
	measure_memory_sent();
	measure_region_growth();
	count_regions();
	user_print("bench: end\n");
	return 0;
}
