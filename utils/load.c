/*
 * utils/load.c -- a load for the kernel, to watch the tables move.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Rounds of each kind of work that is chosen; a round makes things and takes
 * them all away again, but for `leak', which keeps what it has made until the
 * program ends.
 */
#include <mach.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE	2
#define PORTS		256	/* of a round */
#define REGIONS		64
#define TASKS		8
#define PAGES		64

static const char usage[] =
	"Usage: load [--rounds=N] [--pause=MS] [KIND]...\n"
	"Keep the kernel busy.  KIND is one or more of\n"
	"\n"
	"  ports    make and destroy ports and sets\n"
	"  maps     map, protect and unmap regions\n"
	"  pages    touch fresh pages\n"
	"  tasks    make and end tasks\n"
	"  leak     keep ten ports more in each round\n"
	"\n"
	"or all but the last, if none is given.\n"
	"\n"
	"  --rounds=N   end after N rounds, not by ^C or `kill'\n"
	"  --pause=MS   wait between rounds, 10 ms if nothing is said\n"
	"  --help       this text\n";

static unsigned int failures;

static void
check(kern_return_t result)
{
	if (result != KERN_SUCCESS)
		failures++;
}

static void
load_ports(void)
{
	mach_port_t names[PORTS];

	for (size_t i = 0; i < PORTS; i++) {
		mach_port_right_t right = i % 8 == 0 ? MACH_PORT_RIGHT_PORT_SET
			: MACH_PORT_RIGHT_RECEIVE;

		names[i] = MACH_PORT_NULL;
		check(mach_port_allocate(mach_task_self(), right, &names[i]));
	}
	for (size_t i = 0; i < PORTS; i++)
		if (names[i] != MACH_PORT_NULL)
			check(mach_port_destroy(mach_task_self(), names[i]));
}

static void
load_maps(void)
{
	vm_address_t regions[REGIONS];

	for (size_t i = 0; i < REGIONS; i++) {
		regions[i] = 0;
		check(vm_allocate(mach_task_self(), &regions[i],
				  4 * vm_page_size, TRUE));
		if (i % 2 != 0)
			check(vm_protect(mach_task_self(), regions[i],
					 vm_page_size, FALSE, VM_PROT_READ));
	}
	for (size_t i = 0; i < REGIONS; i++)
		if (regions[i] != 0)
			check(vm_deallocate(mach_task_self(), regions[i],
					    4 * vm_page_size));
}

static void
load_pages(void)
{
	vm_address_t start = 0;

	if (vm_allocate(mach_task_self(), &start, PAGES * vm_page_size, TRUE)
	    != KERN_SUCCESS) {
		failures++;
		return;
	}
	for (size_t i = 0; i < PAGES; i++)
		*(volatile char *)(start + i * vm_page_size) = 1;
	check(vm_deallocate(mach_task_self(), start, PAGES * vm_page_size));
}

static void
load_tasks(void)
{
	mach_port_t tasks[TASKS];

	for (size_t i = 0; i < TASKS; i++) {
		tasks[i] = MACH_PORT_NULL;
		check(task_create(mach_task_self(), i % 2 == 0, &tasks[i]));
	}
	for (size_t i = 0; i < TASKS; i++)
		if (tasks[i] != MACH_PORT_NULL) {
			check(task_terminate(tasks[i]));
			check(mach_port_deallocate(mach_task_self(),
						   tasks[i]));
		}
}

static void
load_leak(void)
{
	for (int i = 0; i < 10; i++) {
		mach_port_t name;

		check(mach_port_allocate(mach_task_self(),
					 MACH_PORT_RIGHT_RECEIVE, &name));
	}
}

static struct {
	const char	*name;
	void		(*run)(void);
	bool		chosen;
} kinds[] = {
	{ "ports", load_ports, false },
	{ "maps", load_maps, false },
	{ "pages", load_pages, false },
	{ "tasks", load_tasks, false },
	{ "leak", load_leak, false },
};
#define NR_KINDS	(sizeof kinds / sizeof *kinds)

static unsigned long rounds, pause_ms = 10;

static bool
option_number(const char *argument, const char *name, unsigned long *number)
{
	size_t length = strlen(name);
	char *end;

	if (strncmp(argument, name, length) != 0)
		return false;
	*number = strtoul(argument + length, &end, 10);
	return end != argument + length && *end == '\0'
		&& *number < 100000000;
}

static bool
choose(const char *name)
{
	for (size_t i = 0; i < NR_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			kinds[i].chosen = true;
			return true;
		}
	return false;
}

int
main(int argc, char **argv)
{
	bool any = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		}
		if (option_number(argv[i], "--rounds=", &rounds)
		    || option_number(argv[i], "--pause=", &pause_ms))
			continue;
		if (!choose(argv[i])) {
			fprintf(stderr, "load: what is `%s'?  Try --help\n",
				argv[i]);
			return EXIT_USAGE;
		}
		any = true;
	}
	for (size_t i = 0; !any && i < NR_KINDS - 1; i++)
		kinds[i].chosen = true;
	for (unsigned long n = 0; rounds == 0 || n < rounds; n++) {
		for (size_t i = 0; i < NR_KINDS; i++)
			if (kinds[i].chosen)
				kinds[i].run();
		if (pause_ms != 0)
			thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT,
				      (mach_msg_timeout_t)pause_ms);
	}
	printf("load: %lu rounds, %u calls failed\n", rounds, failures);
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
