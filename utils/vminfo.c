/*
 * utils/vminfo.c -- the memory map of a task, as a table.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <hurd.h>
#include <mach.h>
#include <mach_debug/kernel_stat.h>
#include <mach_debug/mach_debug.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE	2

static const char usage[] =
	"Usage: vminfo [OPTION]... TASK\n"
	"Show the regions of a task's memory.\n"
	"\n"
	"TASK is a task's number or its name, or `self'.  Numbers are those\n"
	"of the kernel's own messages, or if it does not tell them, places\n"
	"in the list of tasks, from 1.\n"
	"\n"
	"  --list    the tasks there are\n"
	"  --total   only the last lines\n"
	"  --help    this text\n"
	"\n"
	"prot, max   read, write, execute: now, and at most\n"
	"inherit     what a child gets of it\n"
	"wired       how often it is pinned\n"
	"object      what holds the pages; a dash: nothing yet\n"
	"cow         pages are copied before they are written\n"
	"border      why the region is not one with the region before it:\n"
	"            object (another kind of), offset (not in a row), users\n"
	"            (besides the task), window (of addresses), below (what\n"
	"            copies show), wired (pages that had to move), budget\n"
	"            (left to an idle moment), memory (none for it), wiring\n"
	"            (going on) or submap; a dash: they do not touch, or they\n"
	"            differ in another column\n"
	"\n"
	"Exit status: 0, 1 if there is no such task or the kernel answers\n"
	"with an error, 2 for a wrong option.\n";

static const char *const reasons[] = {
	[MAP_BORDER_ATTRIBUTES] = "-",
	[MAP_BORDER_TRANSITION] = "wiring",
	[MAP_BORDER_SUBMAP] = "submap",
	[MAP_BORDER_OBJECTS] = "object",
	[MAP_BORDER_OFFSETS] = "offset",
	[MAP_BORDER_USERS] = "users",
	[MAP_BORDER_WINDOW] = "window",
	[MAP_BORDER_BELOW] = "below",
	[MAP_BORDER_WIRED] = "wired",
	[MAP_BORDER_BUDGET] = "budget",
	[MAP_BORDER_MEMORY] = "memory",
};

_Static_assert(sizeof reasons / sizeof *reasons == MAP_BORDER_NR_REASONS,
	       "each reason has a name");

static bool total_only;

struct totals {
	unsigned int	regions, objects;
	uint64_t	bytes, writable, executable, wired, shared;
	unsigned int	borders[MAP_BORDER_NR_REASONS];
};

/* The borders of the map; none if the kernel does not tell. */
struct borders {
	map_border_t	*list;
	mach_msg_type_number_t count;
	bool		known;
	bool		allocated;
};

static map_border_t border_room[64];

static int
fail(const char *what, kern_return_t result)
{
	fprintf(stderr, "vminfo: %s: %s (%d)\n", what,
		mach_error_string(result), result);
	return EXIT_FAILURE;
}

static void
borders_read(struct borders *borders, mach_port_t task)
{
	borders->list = border_room;
	borders->count = sizeof border_room / sizeof *border_room;
	borders->known = vm_map_borders(task, &borders->list, &borders->count)
		== KERN_SUCCESS;
	if (!borders->known)
		borders->count = 0;
	borders->allocated = borders->known && borders->list != border_room;
}

static void
borders_drop(struct borders *borders)
{
	if (borders->allocated)
		vm_deallocate(mach_task_self(), (vm_address_t)borders->list,
			      borders->count * sizeof *borders->list);
}

/* Why the region at @address is not one with the one before. */
static unsigned int
borders_reason(const struct borders *borders, uint64_t address)
{
	for (mach_msg_type_number_t i = 0; i < borders->count; i++)
		if (borders->list[i].mb_address == address
		    && borders->list[i].mb_reason < MAP_BORDER_NR_REASONS)
			return (unsigned int)borders->list[i].mb_reason;
	return MAP_BORDER_ATTRIBUTES;
}

static const char *
protection_text(vm_prot_t prot, char text[4])
{
	text[0] = (prot & VM_PROT_READ) != 0 ? 'r' : '-';
	text[1] = (prot & VM_PROT_WRITE) != 0 ? 'w' : '-';
	text[2] = (prot & VM_PROT_EXECUTE) != 0 ? 'x' : '-';
	text[3] = '\0';
	return text;
}

static const char *
inheritance_text(vm_inherit_t inheritance)
{
	switch (inheritance) {
	case VM_INHERIT_SHARE:
		return "share";
	case VM_INHERIT_COPY:
		return "copy";
	case VM_INHERIT_NONE:
		return "none";
	default:
		return "?";
	}
}

static void
show_head(void)
{
	printf("%-14s %9s %-4s %-4s %-7s %5s %-18s %10s %-3s %s\n", "address",
	       "KiB", "prot", "max", "inherit", "wired", "object", "offset",
	       "cow", "border");
}

static void
show_region(const vm_region_info_t *region, unsigned int reason)
{
	char prot[4], max_prot[4], object[20] = "-";

	if (region->vri_object != 0)
		snprintf(object, sizeof object, "0x%llx",
			 (unsigned long long)region->vri_object);
	printf("%-14llx %9llu %-4s %-4s %-7s %5u %-18s %10llx %-3s %s\n",
	       (unsigned long long)region->vri_start,
	       (unsigned long long)(region->vri_end - region->vri_start)
	       / 1024,
	       protection_text(region->vri_protection, prot),
	       protection_text(region->vri_max_protection, max_prot),
	       inheritance_text(region->vri_inheritance),
	       region->vri_wired_count, object,
	       (unsigned long long)region->vri_offset,
	       region->vri_needs_copy ? "cow" : "-", reasons[reason]);
}

static void
count_region(struct totals *totals, const vm_region_info_t *region,
	     unsigned int reason)
{
	uint64_t bytes = region->vri_end - region->vri_start;

	totals->regions++;
	totals->bytes += bytes;
	if ((region->vri_protection & VM_PROT_WRITE) != 0)
		totals->writable += bytes;
	if ((region->vri_protection & VM_PROT_EXECUTE) != 0)
		totals->executable += bytes;
	if (region->vri_wired_count != 0)
		totals->wired += bytes;
	if (region->vri_inheritance == VM_INHERIT_SHARE)
		totals->shared += bytes;
	if (region->vri_object != 0)
		totals->objects++;
	totals->borders[reason]++;
}

static unsigned long long
kibibytes(uint64_t bytes)
{
	return (unsigned long long)(bytes / 1024);
}

static void
show_totals(const struct totals *totals, bool borders_known)
{
	unsigned int kept = 0;

	printf("%u regions, %u with an object; %llu KiB: %llu writable, "
	       "%llu executable, %llu wired, %llu shared with children\n",
	       totals->regions, totals->objects, kibibytes(totals->bytes),
	       kibibytes(totals->writable), kibibytes(totals->executable),
	       kibibytes(totals->wired), kibibytes(totals->shared));
	if (!borders_known)
		return;
	for (unsigned int i = 1; i < MAP_BORDER_NR_REASONS; i++)
		kept += totals->borders[i];
	printf("%u regions could not be joined with the one before", kept);
	for (unsigned int i = 1; i < MAP_BORDER_NR_REASONS; i++)
		if (totals->borders[i] != 0)
			printf(", %u by %s", totals->borders[i], reasons[i]);
	printf("\n");
}

/*
 * What mach_vm_region_info tells, by vm_region where that isn't served.
 * KERN_NO_SPACE: no more regions.
 */
static kern_return_t
read_region(mach_port_t task, vm_address_t address, vm_region_info_t *region)
{
	mach_port_t object = MACH_PORT_NULL;
	kern_return_t result;
	vm_address_t start = address;
	vm_size_t size;
	boolean_t shared;
	vm_offset_t offset;

	result = mach_vm_region_info(task, address, region, &object);
	if (result == MIG_BAD_ID) {
		memset(region, 0, sizeof *region);
		result = vm_region(task, &start, &size,
				   &region->vri_protection,
				   &region->vri_max_protection,
				   &region->vri_inheritance, &shared, &object,
				   &offset);
		region->vri_start = start;
		region->vri_end = start + size;
		region->vri_offset = offset;
		region->vri_object = object;
	}
	if (result == KERN_SUCCESS && MACH_PORT_VALID(object))
		mach_port_deallocate(mach_task_self(), object);
	return result;
}

static int
show_map(mach_port_t task)
{
	struct totals totals;
	struct borders borders;
	vm_address_t address = 0;
	kern_return_t result;

	memset(&totals, 0, sizeof totals);
	borders_read(&borders, task);
	if (!total_only)
		show_head();
	for (;;) {
		vm_region_info_t region;
		unsigned int reason;

		result = read_region(task, address, &region);
		if (result != KERN_SUCCESS)
			break;
		reason = borders_reason(&borders, region.vri_start);
		if (!total_only)
			show_region(&region, reason);
		count_region(&totals, &region, reason);
		address = (vm_address_t)region.vri_end;
		if (address <= region.vri_start)
			break;
	}
	borders_drop(&borders);
	if (result != KERN_NO_SPACE && result != KERN_SUCCESS)
		return fail("reading the map", result);
	show_totals(&totals, borders.known);
	return EXIT_SUCCESS;
}

/* A list of all tasks, by the default set's control port. */
static kern_return_t
list_tasks(task_array_t *tasks, mach_msg_type_number_t *count)
{
	mach_port_t host_priv, name, set;
	kern_return_t result;

	if (get_privileged_ports(&host_priv, NULL) != 0)
		return KERN_INVALID_HOST;
	result = processor_set_default(mach_host_self(), &name);
	if (result != KERN_SUCCESS)
		return result;
	result = host_processor_set_priv(host_priv, name, &set);
	mach_port_deallocate(mach_task_self(), name);
	if (result != KERN_SUCCESS)
		return result;
	result = processor_set_tasks(set, tasks, count);
	mach_port_deallocate(mach_task_self(), set);
	return result;
}

/* A task's number and name, as well as they can be had. */
static void
identify(mach_port_t task, unsigned int index, unsigned int *number,
	 kernel_debug_name_t name)
{
	if (task_identity(task, number, name) != KERN_SUCCESS) {
		*number = index + 1;
		snprintf(name, sizeof(kernel_debug_name_t), "?");
	}
}

static void
show_task(mach_port_t task, unsigned int number, const char *name)
{
	struct task_basic_info info;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;

	if (task_info(task, TASK_BASIC_INFO, (task_info_t)&info, &count)
	    != KERN_SUCCESS)
		return;
	printf("%6u  %-24s %10llu %10llu\n", number, name,
	       kibibytes(info.virtual_size), kibibytes(info.resident_size));
}

/* Is this the task that the user means? */
static bool
task_is(const char *text, unsigned int number, const char *name)
{
	char digits[16];

	snprintf(digits, sizeof digits, "%u", number);
	return strcmp(text, digits) == 0 || strcmp(text, name) == 0;
}

/* Go through all tasks: show each, or the map of the one that is wanted. */
static int
run_tasks(const char *wanted)
{
	task_array_t tasks;
	mach_msg_type_number_t count;
	kern_return_t result = list_tasks(&tasks, &count);
	int status = wanted == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
	bool found = false;

	if (result != KERN_SUCCESS)
		return fail("listing the tasks", result);
	if (wanted == NULL)
		printf("%6s  %-24s %10s %10s\n", "number", "name",
		       "KiB", "resident");
	for (mach_msg_type_number_t i = 0; i < count; i++) {
		kernel_debug_name_t name;
		unsigned int number;

		identify(tasks[i], i, &number, name);
		if (wanted == NULL) {
			show_task(tasks[i], number, name);
		} else if (!found && task_is(wanted, number, name)) {
			found = true;
			status = show_map(tasks[i]);
		}
		mach_port_deallocate(mach_task_self(), tasks[i]);
	}
	vm_deallocate(mach_task_self(), (vm_address_t)tasks,
		      count * sizeof *tasks);
	if (wanted != NULL && !found)
		fprintf(stderr, "vminfo: no task `%s'; try --list\n", wanted);
	return status;
}

int
main(int argc, char **argv)
{
	const char *wanted = NULL;
	bool list = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		}
		if (strcmp(argv[i], "--list") == 0) {
			list = true;
		} else if (strcmp(argv[i], "--total") == 0) {
			total_only = true;
		} else if (argv[i][0] != '-' && wanted == NULL) {
			wanted = argv[i];
		} else {
			fprintf(stderr, "vminfo: what is `%s'?  Try --help\n",
				argv[i]);
			return EXIT_USAGE;
		}
	}
	if (list)
		return run_tasks(NULL);
	if (wanted == NULL) {
		fprintf(stderr, "vminfo: which task?  Try --help\n");
		return EXIT_USAGE;
	}
	if (strcmp(wanted, "self") == 0)
		return show_map(mach_task_self());
	return run_tasks(wanted);
}
