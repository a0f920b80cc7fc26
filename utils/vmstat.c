/*
 * utils/vmstat.c -- memory, paging and map figures of the whole system.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <mach.h>
#include <mach_debug/kernel_stat.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE	2
#define ROWS_PER_HEAD	20	/* rows of --watch below one heading */

static const char usage[] =
	"Usage: vmstat [OPTION]...\n"
	"Show how the machine's memory is used, and what was done for it.\n"
	"\n"
	"  --watch[=SECONDS]  a row every second, or as many seconds as are\n"
	"                     given, with what was counted since the last one\n"
	"  --count=N          with --watch: N rows, then end\n"
	"  --help             this text\n"
	"\n"
	"Exit status: 0, 1 if the kernel answers with an error, 2 for a wrong\n"
	"option.\n";

static struct {
	bool	watch;
	unsigned long seconds, count;	/* 0: as usual */
} options = { .seconds = 1 };

static int
fail(const char *what, kern_return_t result)
{
	fprintf(stderr, "vmstat: %s: %s (%d)\n", what,
		mach_error_string(result), result);
	return EXIT_FAILURE;
}

static unsigned long long
pages_kib(integer_t pages, integer_t page_size)
{
	return (unsigned long long)(unsigned int)pages
		* (unsigned int)page_size / 1024;
}

static void
show_pages(const char *name, integer_t pages, integer_t page_size)
{
	printf("%-24s %10u %12llu\n", name, (unsigned int)pages,
	       pages_kib(pages, page_size));
}

static void
show_count(const char *name, integer_t count)
{
	printf("%-24s %10u\n", name, (unsigned int)count);
}

/* How often neighbours in maps were joined; nothing if that is not served. */
static void
show_joins(void)
{
	static join_stat_t room[16];
	join_stat_t *stats = room;
	mach_msg_type_number_t count = 16;

	if (host_join_statistics(mach_host_self(), &stats, &count)
	    != KERN_SUCCESS)
		return;
	printf("\n%-24s %10s\n", "borders in maps", "times");
	for (mach_msg_type_number_t i = 0; i < count; i++)
		printf("%-24s %10llu\n", stats[i].js_name,
		       (unsigned long long)stats[i].js_count);
	if (stats != room)
		vm_deallocate(mach_task_self(), (vm_address_t)stats,
			      count * sizeof *stats);
}

static int
run_table(void)
{
	vm_statistics_data_t vm;
	struct vm_cache_statistics cache;
	kern_return_t result;

	result = vm_statistics(mach_task_self(), &vm);
	if (result != KERN_SUCCESS)
		return fail("vm_statistics", result);
	result = vm_cache_statistics(mach_task_self(), &cache);
	if (result != KERN_SUCCESS)
		return fail("vm_cache_statistics", result);

	printf("%-24s %10s %12s\n", "memory", "pages", "KiB");
	show_pages("free", vm.free_count, vm.pagesize);
	show_pages("active", vm.active_count, vm.pagesize);
	show_pages("inactive", vm.inactive_count, vm.pagesize);
	show_pages("wired", vm.wire_count, vm.pagesize);
	show_pages("cached", cache.cache_count, vm.pagesize);
	show_pages("object caches", cache.slab_count, vm.pagesize);
	show_pages("  of which reclaimable", cache.slab_reclaim_count,
		   vm.pagesize);

	printf("\n%-24s %10s\n", "events", "since boot");
	show_count("faults", vm.faults);
	show_count("zero fills", vm.zero_fill_count);
	show_count("copies on write", vm.cow_faults);
	show_count("page-ins", vm.pageins);
	show_count("page-outs", vm.pageouts);
	show_count("reactivations", vm.reactivations);
	show_count("object lookups", vm.lookups);
	show_count("  of which hits", vm.hits);
	show_joins();
	return EXIT_SUCCESS;
}

static unsigned int
since(integer_t now, integer_t then)
{
	return (unsigned int)now - (unsigned int)then;
}

static void
show_row(const vm_statistics_data_t *now, const vm_statistics_data_t *then)
{
	printf("%10llu %10llu %10llu %10llu %8u %8u %8u %6u %6u\n",
	       pages_kib(now->free_count, now->pagesize),
	       pages_kib(now->active_count, now->pagesize),
	       pages_kib(now->inactive_count, now->pagesize),
	       pages_kib(now->wire_count, now->pagesize),
	       since(now->faults, then->faults),
	       since(now->zero_fill_count, then->zero_fill_count),
	       since(now->cow_faults, then->cow_faults),
	       since(now->pageins, then->pageins),
	       since(now->pageouts, then->pageouts));
}

static int
run_watch(void)
{
	vm_statistics_data_t then, now;
	kern_return_t result;

	memset(&then, 0, sizeof then);
	for (unsigned long row = 0; options.count == 0 || row < options.count;
	     row++) {
		if (row != 0)
			sleep((unsigned int)options.seconds);
		result = vm_statistics(mach_task_self(), &now);
		if (result != KERN_SUCCESS)
			return fail("vm_statistics", result);
		if (row % ROWS_PER_HEAD == 0)
			printf("%10s %10s %10s %10s %8s %8s %8s %6s %6s\n",
			       "free KiB", "active", "inactive", "wired",
			       "faults", "zero", "copied", "in", "out");
		show_row(&now, &then);
		then = now;
	}
	return EXIT_SUCCESS;
}

/* The number behind an option, if @argument is that option with a good one. */
static bool
option_number(const char *argument, const char *name, unsigned long *number)
{
	size_t length = strlen(name);
	unsigned long value;
	char *end;

	if (strncmp(argument, name, length) != 0 || argument[length] != '=')
		return false;
	value = strtoul(argument + length + 1, &end, 10);
	if (end == argument + length + 1 || *end != '\0' || value == 0
	    || value >= 1000000)
		return false;
	*number = value;
	return true;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		}
		if (strcmp(argv[i], "--watch") == 0
		    || option_number(argv[i], "--watch", &options.seconds)) {
			options.watch = true;
			continue;
		}
		if (option_number(argv[i], "--count", &options.count))
			continue;
		fprintf(stderr, "vmstat: what is `%s'?  Try --help\n",
			argv[i]);
		return EXIT_USAGE;
	}
	return options.watch ? run_watch() : run_table();
}
