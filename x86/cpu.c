/*
 * x86/cpu.c -- making a processor ready: features, tables, control registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>

#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>

#include "kern/assert.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "x86/fpu.h"
#include "x86/x86.h"
#include "x86/x86_tables.h"

_Static_assert(offsetof(struct machine_cpu, self) == CPU_SELF, "entry.S");
_Static_assert(offsetof(struct machine_cpu, current_thread)
	       == CPU_CURRENT_THREAD, "entry.S");
_Static_assert(offsetof(struct machine_cpu, kstack_top) == CPU_KSTACK_TOP,
	       "entry.S");
_Static_assert(offsetof(struct machine_cpu, scratch) == CPU_SCRATCH,
	       "entry.S");
_Static_assert(sizeof(struct machine_cpu) == CPU_MD_SIZE, "entry.S");

struct x86_features x86_features;

/* CR4 bits that wait for x86_cpu_late_init().  Written at boot only. */
static uintptr_t cr4_late;

/* One table for all processors; written at boot only. */
static struct x86_gate idt[TRAP_NR_VECTORS]
	__attribute__((aligned(16)));

static struct x86_tables boot_tables __attribute__((aligned(64)));

/* Leaves that the processor does not have read as zero. */
static struct x86_cpuid
cpuid_checked(uint32_t leaf)
{
	struct x86_cpuid none = { 0, 0, 0, 0 };

	if (x86_cpuid(leaf & 0x80000000, 0).a < leaf)
		return none;
	return x86_cpuid(leaf, 0);
}

/*
 * Whether loading floating-point state can leave the last program's pointers:
 * AMD's processors, and those made after them, unless they say otherwise.
 */
static bool
cpu_keeps_fpu_pointers(void)
{
	struct x86_cpuid vendor = x86_cpuid(0, 0);
	struct x86_cpuid more = cpuid_checked(0x80000008);

	/* "AuthenticAMD" and "HygonGenuine". */
	return (vendor.b == 0x68747541 || vendor.b == 0x6f677948)
		&& (more.b & 1u << 2) == 0;
}

/* SDM vol. 2, CPUID. */
static void
cpu_find_features(void)
{
	struct x86_cpuid basic = cpuid_checked(1);
	struct x86_cpuid structured = cpuid_checked(7);
	struct x86_cpuid extended = cpuid_checked(0x80000001);
	struct x86_cpuid power = cpuid_checked(0x80000007);

	x86_features.machine_check = (basic.d & 1u << 7) != 0;
	x86_features.sysenter = (basic.d & 1u << 11) != 0;
	x86_features.sse = (basic.d & 1u << 25) != 0;
	x86_features.global_pages = (basic.d & 1u << 13) != 0;
	x86_features.apic = (basic.d & 1u << 9) != 0;
	x86_features.xsave = (basic.c & 1u << 26) != 0;
	x86_features.x2apic = (basic.c & 1u << 21) != 0;
	x86_features.smep = (structured.b & 1u << 7) != 0;
	x86_features.smap = (structured.b & 1u << 20) != 0;
	x86_features.umip = (structured.c & 1u << 2) != 0;
	x86_features.efer = (extended.d & (1u << 11 | 1u << 20 | 1u << 29))
		!= 0;
	x86_features.nx = (extended.d & 1u << 20) != 0;
	x86_features.pages_1g = (extended.d & 1u << 26) != 0;
	x86_features.invariant_tsc = (power.d & 1u << 8) != 0;
	x86_features.fpu_keeps_pointers = cpu_keeps_fpu_pointers();
}

static inline uintptr_t
read_cr0(void)
{
	uintptr_t value;

	__asm__ volatile ("mov %%cr0, %0" : "=r" (value));
	return value;
}

static inline void
write_cr0(uintptr_t value)
{
	__asm__ volatile ("mov %0, %%cr0" : : "r" (value) : "memory");
}

static void
cpu_set_control_registers(void)
{
	uintptr_t cr0 = read_cr0() & ~(uintptr_t)(CR0_EM | CR0_TS | CR0_AM);
	uintptr_t cr4 = x86_read_cr4() | CR4_OSFXSR;

	write_cr0(cr0 | CR0_MP | CR0_NE | CR0_WP);
	if (x86_features.sse)
		cr4 |= CR4_OSXMMEXCPT;
	if (x86_features.machine_check)
		cr4 |= CR4_MCE;
	if (x86_features.umip)
		cr4 |= CR4_UMIP;
	x86_write_cr4(cr4);

	if (x86_features.nx)
		x86_write_msr(MSR_EFER, x86_read_msr(MSR_EFER) | EFER_NXE);

	/*
	 * The start-up code's tables map everything without the user bit, so
	 * these would do no harm now; but global pages must not be made
	 * before those tables are gone.
	 */
	if (x86_features.global_pages)
		cr4_late |= CR4_PGE;
	if (x86_features.smep)
		cr4_late |= CR4_SMEP;
	if (x86_features.smap)
		cr4_late |= CR4_SMAP;
}

void
x86_cpu_late_init(void)
{
	x86_write_cr4(x86_read_cr4() | cr4_late);
	x86_tables_final();
}

/* With SMAP the gaps left in the text become `stac' and `clac'. */
static void
cpu_patch_text(void)
{
	const struct x86_smap_patch *patch;

	if (!x86_features.smap)
		return;
	for (patch = __smap_patches_start; patch < __smap_patches_end; patch++)
		memcpy((void *)(uintptr_t)patch->pc, patch->code,
		       X86_SMAP_PATCH_SIZE);
}

static void
cpu_make_idt(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(idt); i++)
		x86_gate_init(&idt[i], i);
}

static void
cpu_load_tables(struct x86_tables *tables)
{
	struct x86_table_pointer gdt = {
		.limit = sizeof tables->gdt - 1,
		.base = (uintptr_t)tables->gdt,
	};
	struct x86_table_pointer idtr = {
		.limit = sizeof idt - 1,
		.base = (uintptr_t)idt,
	};

	x86_tables_load(&gdt, &idtr);
}

/* There is a way into the kernel that it does not serve: whoever was here
 * before may have left it open.  Closed, it is a general protection fault. */
static void
cpu_refuse_sysenter(void)
{
	if (x86_features.sysenter)
		x86_write_msr(MSR_SYSENTER_CS, 0);
}

void
x86_cpu_early_init(struct cpu *cpu, unsigned int id)
{
	struct machine_cpu *md = (struct machine_cpu *)(void *)cpu;

	md->self = cpu;
	md->id = id;
	if (id == 0) {
		md->tables = &boot_tables;
		md->idle_stack = machine_boot_stack_top();
		cpu_make_idt();
	}
	x86_tables_init(md->tables);
	cpu_load_tables(md->tables);
	x86_set_cpu_base(md);
	x86_set_kernel_stack(md->idle_stack);

	if (id == 0)
		cpu_find_features();
	cpu_set_control_registers();
	x86_fpu_cpu_init();
	if (id == 0)
		cpu_patch_text();
	cpu_refuse_sysenter();
	x86_syscall_init();
}

void
x86_set_kernel_stack(uintptr_t top)
{
	struct machine_cpu *md = machine_cpu_self();

	md->kstack_top = top;
	md->tables->tss.sp0 = top;
}

