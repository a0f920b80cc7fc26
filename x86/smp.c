/*
 * x86/smp.c -- starting the other processors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Defined in: Intel SDM vol. 3A, 8.4 "Multiple-processor initialization", and
 * MultiProcessor Specification 1.4, B.4 for the times.
 */
#include "x86/smp.h"

#include <stddef.h>

#include <machine/clock.h>
#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/kernel_image.h>
#include <machine/paging.h>
#include <machine/physmem.h>
#include <machine/smp.h>

#include "kern/assert.h"
#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/printf.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/pmap.h"
#include "vm/vm_boot.h"
#include "vm/vm_page.h"
#include "x86/acpi_boot.h"
#include "x86/boot.h"
#include "x86/dev/lapic.h"
#include "x86/dev/tsc_sync.h"
#include "x86/smp_late.h"
#include "x86/x86.h"
#include "x86/x86_tables.h"

#define LOW_MEMORY_END		0xa0000u	/* of RAM below 1 MiB */
#define TRAMPOLINES		4u	/* one less may come late */

#define INIT_MS			10u
#define STARTUP_MS		2u	/* then a second time */
#define CLAIM_MS		5000u	/* of a busy emulator, too */
#define JOIN_MS			10000u

#define CHECK_OFFSET(member, offset)					\
	_Static_assert(offsetof(struct x86_ap_start, member) == (offset), \
		       "trampoline.S")

CHECK_OFFSET(state, AP_START_STATE);
CHECK_OFFSET(boot_root, AP_START_BOOT_ROOT);
CHECK_OFFSET(efer, AP_START_EFER);
CHECK_OFFSET(root, AP_START_ROOT);
CHECK_OFFSET(stack, AP_START_STACK);
CHECK_OFFSET(cpu, AP_START_CPU);
CHECK_OFFSET(entry, AP_START_ENTRY);

/* How a start may end. */
enum ap_result {
	AP_JOINED,
	AP_NEVER_CAME,		/* or will, too late, to its own page */
	AP_STUCK,		/* on its way, with what it was given */
};

/* What a processor has besides its struct cpu. */
struct ap_memory {
	struct x86_tables tables;
	struct thread	idle;
};

/* Pages for trampolines: the one in use, then those left.  Of the processor
 * that starts the others. */
static struct {
	phys_addr_t	page;		/* physical */
	unsigned int	left;		/* 0: no processor can be started */
} trampoline;

void
x86_smp_reserve(void)
{
	struct boot_mem_range range;

	if (!boot_mem_next_free(PAGE_SIZE, &range)
	    || range.start >= LOW_MEMORY_END)
		return;
	range.end = MIN(range.end, LOW_MEMORY_END);
	trampoline.page = range.start;
	trampoline.left = (unsigned int)
		MIN((range.end - range.start) / PAGE_SIZE, TRAMPOLINES);
	boot_mem_reserve(range.start, range.start
			 + trampoline.left * (phys_addr_t)PAGE_SIZE,
			 BOOT_MEM_START);
}

static struct x86_ap_start *
ap_start(void)
{
	char *page = phys_to_direct(trampoline.page);

	return (struct x86_ap_start *)(void *)(page + AP_START_OFFSET);
}

static uint32_t
ap_state(void)
{
	return atomic_load_acquire(&ap_start()->state);
}

/*
 * On the boot processor.
 */

/* Physical address of the kernel's tables. */
static phys_addr_t
kernel_root(void)
{
	intr_state_t state = cpu_intr_save();
	phys_addr_t root;

	machine_pmap_switch(pmap_kernel());
	root = paging_root();
	cpu_intr_restore(state);
	return root;
}

/* Put the trampoline, and all that does not change, where it is run. */
static void
trampoline_install(void)
{
	struct x86_ap_start *start = ap_start();
	size_t size = (size_t)(x86_trampoline_end - x86_trampoline);

	assert(size <= AP_START_OFFSET);
	memcpy(phys_to_direct(trampoline.page), x86_trampoline, size);
	memset(start, 0, sizeof *start);
	start->boot_root = (uint32_t)kernel_image_phys(boot_root);
	if (x86_features.efer)
		start->efer = (uint32_t)x86_read_msr(MSR_EFER)
			& (EFER_SCE | EFER_LME | EFER_NXE);
	start->root = kernel_root();
	start->entry = (uintptr_t)x86_ap_entry;
}

/* Leave the page to a processor that may still come there; it finds that it was
 * given up, for ever.  False: there is no other page. */
static bool
trampoline_leave(void)
{
	if (--trampoline.left == 0)
		return false;
	trampoline.page += PAGE_SIZE;
	trampoline_install();
	return true;
}

/* Memory and a stack for CPU @id.  False: there is none. */
static bool
ap_prepare(unsigned int id)
{
	const unsigned long pages = page_round(sizeof(struct ap_memory))
		/ PAGE_SIZE;
	struct vm_page *page;
	struct ap_memory *memory;
	void *stack;

	/* One that never began may have left all there. */
	if (cpus[id].md.tables != NULL)
		return true;
	stack = kstack_alloc(KM_WAIT);
	if (stack == NULL)
		return false;
	page = vm_page_alloc_run(pages, VM_PAGE_DIRECT, VM_PAGE_KERNEL);
	if (page == NULL) {
		kstack_free(stack);
		return false;
	}
	memory = vm_page_direct(page);
	memset(memory, 0, sizeof *memory);
	cpus[id].md.tables = &memory->tables;
	cpus[id].idle = &memory->idle;
	cpus[id].md.idle_stack = (uintptr_t)stack + KSTACK_SIZE;
	return true;
}

/* Wait while the start is in @state. */
static void
ap_wait_while(uint32_t state, unsigned int ms)
{
	uint64_t deadline = clock_deadline_ms(ms);

	while (ap_state() == state && clock_uptime_ns() < deadline) {
		tsc_sync_answer();
		cpu_relax();
	}
}

/* SDM vol. 3A, 8.4.4.1: all wait to be started, some time after this. */
static void
ap_init_all(const struct x86_platform *platform)
{
	for (unsigned int i = 1; i < platform->nr_enabled; i++)
		lapic_send_init(platform->cpus[i].apic_id);
	clock_sleep_ms(INIT_MS);
}

/* Start one that waits. */
static void
ap_wake(uint32_t apic_id)
{
	unsigned int page = (unsigned int)(trampoline.page >> PAGE_SHIFT);

	if (CONFIG_KTEST && x86_smp_late_wake(apic_id, page))
		return;
	lapic_send_startup(apic_id, page);
	ap_wait_while(AP_WANTED, STARTUP_MS);
	if (ap_state() == AP_WANTED)
		lapic_send_startup(apic_id, page);
	ap_wait_while(AP_WANTED, CLAIM_MS);
}

/* Start one. */
static enum ap_result
ap_run(unsigned int id, const struct x86_platform_cpu *cpu)
{
	struct x86_ap_start *start = ap_start();
	uint32_t state = AP_WANTED;

	cpus[id].md.apic_id = cpu->apic_id;
	cpus[id].md.acpi_uid = cpu->acpi_uid;
	start->stack = cpus[id].md.idle_stack;
	start->cpu = (uintptr_t)&cpus[id];
	atomic_store_release(&start->state, AP_WANTED);
	ap_wake(cpu->apic_id);
	if (atomic_cas(&start->state, &state, AP_GIVEN_UP)) {
		lapic_send_init(cpu->apic_id);	/* it may still be asleep */
		return AP_NEVER_CAME;
	}
	ap_wait_while(AP_CLAIMED, CONFIG_KTEST && x86_smp_late_join()
		      ? 0 : JOIN_MS);
	state = AP_CLAIMED;
	if (atomic_cas(&start->state, &state, AP_GIVEN_UP))
		return AP_STUCK;
	while (cpu_count() <= id)
		cpu_relax();
	return AP_JOINED;
}

/*
 * Start one as CPU @id.  False: no others can be started.
 *
 * Who has claimed the start works with cpus[id] and all that is there, maybe
 * just now: that place stays empty if he is given up, and the places of CPUs
 * have no gaps.
 */
static bool
ap_add(unsigned int id, const struct x86_platform_cpu *cpu)
{
	enum ap_result result;

	if (id == CONFIG_MAX_CPUS) {
		kprintf("cpus: the kernel can drive %u\n", id);
		return false;
	}
	if (!ap_prepare(id)) {
		kprintf("cpus: no memory for CPU %u\n", id);
		return false;
	}
	result = ap_run(id, cpu);
	if (result == AP_JOINED)
		return true;
	kprintf("cpus: the one with APIC id %u does not come up%s\n",
		cpu->apic_id, result == AP_STUCK
		? ", and keeps others from it" : "");
	return result == AP_NEVER_CAME && trampoline_leave();
}

static void
cpus_start(const struct x86_platform *platform)
{
	assert(cpu_id() == 0);
	if (trampoline.left == 0) {
		kprintf("cpus: no memory below 1 MiB to start others from\n");
		return;
	}
	trampoline_install();
	ap_init_all(platform);
	for (unsigned int i = 1; i < platform->nr_enabled; i++)
		if (!ap_add(cpu_count(), &platform->cpus[i]))
			break;
	kprintf("cpus: %u run\n", cpu_count());
}

void
machine_cpus_start(void)
{
	const struct x86_platform *platform = x86_platform();
	bool several = lapic_is_used() && platform->nr_enabled > 1;

	x86_boot_release_loader();
	if (several)
		cpus_start(platform);
	/* One that did not come may come yet. */
	if (!several || cpu_count() == platform->nr_enabled)
		x86_boot_release_cpus();
}

/*
 * On the processor that was started.
 */

void
x86_ap_main(struct cpu *cpu)
{
	unsigned int id = (unsigned int)(cpu - cpus);
	struct thread *idle = cpu->idle;
	uint32_t state = AP_CLAIMED;

	x86_cpu_early_init(cpu, id);
	lapic_cpu_init();
	tsc_sync_measure();
	if (!atomic_cas(&ap_start()->state, &state, AP_RUNS))
		cpu_halt();

	/*
	 * From here on this processor is told of changes to the kernel's
	 * tables; what it remembers goes, and nothing of it is global yet.
	 */
	machine_pmap_switch(pmap_kernel());
	x86_cpu_late_init();
	cpu_init(id);
	thread_init_idle(idle, id);
	machine_thread_adopt(idle, cpu->md.idle_stack);
	lapic_timer_start();
	sched_idle();
}
