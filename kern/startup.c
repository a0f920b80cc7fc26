/*
 * kern/startup.c -- see kern/startup.h: the order of coming up, written once.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/startup.h"

#include <machine/boot_info.h>
#include <machine/clock.h>
#include <machine/console.h>
#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/debug_exit.h>
#include <machine/irq.h>
#include <machine/page.h>
#include <machine/smp.h>

#include "device/dev.h"
#include "ipc/ipc_kobject.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/bootstrap.h"
#include "kern/clock.h"
#include "kern/gsync.h"
#include "kern/intr_thread.h"
#include "kern/ipc_host.h"
#include "kern/mig_servers.h"
#include "kern/monitor.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/pset.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "kern/task_notify.h"
#include "kern/thread.h"
#include "kern/thread_user.h"
#include "kern/wall_clock.h"
#include "lib/cmdline.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"
#include "vm/pmap.h"
#include "vm/vm_boot.h"
#include "vm/vm_map.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_page.h"

/* One step of the start: what comes up, and how. */
struct startup_step {
	const char	*name;
	void		(*init)(void);
};

/*
 * Each step may use what stands above it, and nothing below.  Interrupts are
 * off throughout and nobody blocks: threads only begin to run afterwards.
 */
static const struct startup_step startup_steps[] = {
	{ "boot thread",	thread_bootstrap },	/* locks */
	{ "page descriptors",	vm_page_init },		/* frames */
	{ "object caches",	slab_init },		/* kalloc() */
	{ "page tables",	pmap_init },		/* user pmaps */
	{ "virtual memory",	vm_init },		/* maps, stacks */
	{ "threads",		thread_init },
	{ "user registers",	machine_thread_cache_init },
	{ "interrupts",		machine_irq_init },
	{ "clock",		machine_clock_init },	/* time-outs */
	{ "console input",	machine_console_init },
	{ "ports",		ipc_init },
	{ "time of day",	wall_clock_init },
	{ "tasks",		task_init },
	{ "new tasks",		task_notify_init },
	{ "words waited for",	gsync_init },
	{ "calls",		mig_servers_init },
	{ "ports of the host",	ipc_host_init },
	{ "processors",		pset_init },
	{ "devices",		device_init },
	{ "kernel's task",	kernel_task_init },
};

static void
startup_log_memory(void)
{
	struct vm_page_stats stats;
	struct slab_totals slabs;

	boot_mem_show();
	vm_page_get_stats(&stats);
	slab_get_totals(&slabs);
	kprintf("pages: %lu KiB free; descriptors of %zu bytes; %u object "
		"caches in %lu KiB\n", stats.free * (PAGE_SIZE / 1024),
		sizeof(struct vm_page), slabs.nr_caches,
		slabs.nr_frames * (PAGE_SIZE / 1024));
}

/*
 * What it took to come here, in time stamp cycles (which under QEMU's -icount
 * shift=0 are instructions), and the memory that it took.
 */
static void
startup_log_first_entry(void)
{
	uint64_t cycles = cpu_cycles() - boot_info()->entry_cycles;
	uint64_t busy = machine_busy_cycles();
	phys_addr_t total = boot_mem_total();
	phys_addr_t free = (phys_addr_t)vm_page_free_count() * PAGE_SIZE;

	kprintf("boot: %llu cycles to the first user instruction, less %llu "
		"waiting for devices\n", (unsigned long long)(cycles - busy),
		(unsigned long long)busy);
	kprintf("boot: %llu of %llu KiB are not free\n",
		(unsigned long long)(total - free) / 1024,
		(unsigned long long)total / 1024);
}

static void
startup_log_result(const struct bootstrap_result *result)
{
	kprintf("boot: the last boot task has ended: %u started, %u by an "
		"exception, %u never resumed, %u refused\n",
		result->nr_started, result->nr_faulted, result->nr_suspended,
		result->nr_refused);
}

/* What the kernel holds for programs. */
struct startup_balance {
	unsigned long	objects;	/* live, of all caches */
	unsigned int	threads;
};

/* Which caches have more objects than they noted? */
static void
startup_show_caches(void)
{
	struct kmem_cache_stats stats;

	for (unsigned int i = 0; slab_get_stats(i, &stats); i++)
		if (stats.nr_live > stats.nr_noted)
			kprintf("boot: %s: %lu objects, were %lu\n",
				stats.name, stats.nr_live, stats.nr_noted);
}

/*
 * Say whether anything was left behind.  The last thread is taken apart by
 * the reaper, a bit after its task has ended, and maybe on another CPU.
 */
static void
startup_log_balance(const struct startup_balance *before)
{
	struct startup_balance now = { slab_live(), thread_count() };

	for (int ms = 0; ms < 1000 && (now.threads != before->threads
				      || now.objects != before->objects);
	     ms++) {
		clock_sleep_ms(1);
		now.objects = slab_live();
		now.threads = thread_count();
	}
	kprintf("boot: %ld kernel objects more than before\n",
		(long)(now.objects - before->objects));
	if (now.objects != before->objects)
		startup_show_caches();
}

/* Are all CPUs in the default set?  Not unless asked for: kern/pset.h. */
static bool
startup_uses_all_cpus(const char *cmdline)
{
	char which[8];

	return cmdline_find(cmdline, "smp", which, sizeof which)
	       && strcmp(which, "all") == 0;
}

/* First thread: everything that may block. */
static void
startup_thread(void *arg)
{
	const struct boot_info *info = arg;
	struct startup_balance before;
	struct bootstrap_result result;
	int code;

	machine_cpus_start();
	ipc_kobject_start();
	pset_start(startup_uses_all_cpus(info->cmdline));
	intr_threads_start();
	monitor_init();
	slab_reclaim_start();
	vm_map_merge_start();
	slab_options_fail();
	if (CONFIG_KTEST && ktest_wanted())
		ktest_run();

	before.objects = slab_note_live();
	before.threads = thread_count();
	bootstrap_start(info);
	bootstrap_wait(&result);
	startup_log_result(&result);
	if (result.nr_suspended == 0)
		startup_log_balance(&before);

	code = result.nr_faulted == 0 ? MACHINE_EXIT_OK : MACHINE_EXIT_FAILED;
	if (machine_has_debug_exit() && !cmdline_has(info->cmdline, "monitor"))
		machine_exit(code);
	monitor_run(code);
}

void
startup_main(void)
{
	const struct boot_info *info = boot_info();
	struct thread *thread;

	assert(!cpu_intr_enabled());
	kprintf("%s, %zu bits\n", PACKAGE_STRING, sizeof(void *) * 8);
	if (info->cmdline[0] != '\0')
		kprintf("command line: %s\n", info->cmdline);

	for (size_t i = 0; i < ARRAY_SIZE(startup_steps); i++)
		startup_steps[i].init();
	startup_log_memory();
	thread_user_first_entry = startup_log_first_entry;

	if (thread_create("startup", NULL, startup_thread,
			  (void *)(uintptr_t)info, PRI_KERNEL, &thread)
	    != KERN_SUCCESS)
		panic("no memory for the first thread");
	thread_bind(thread, 0);
	thread_start(thread);
	thread_unref(thread);

	sched_idle();
}
