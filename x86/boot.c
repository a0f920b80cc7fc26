/*
 * x86/boot.c -- the boot processor's way from boot.S to startup_main().
 *
 * The loader's tables and strings may lie anywhere in RAM.  They are reserved
 * together with the modules before the first allocation, and copied by it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>

#include <machine/boot_info.h>
#include <machine/console.h>
#include <machine/kernel_image.h>
#include <machine/physmem.h>

#include "kern/assert.h"
#include "kern/cpu.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/startup.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/pmap.h"
#include "vm/vm_boot.h"
#include "vm/vm_page.h"
#include "x86/acpi_boot.h"
#include "x86/boot.h"
#include "x86/multiboot.h"
#include "x86/smp.h"
#include "x86/x86.h"

_Static_assert(offsetof(struct cpu, md) == 0, "<machine/cpu.h>");
_Static_assert(offsetof(struct cpu, ast_pending) == CPU_AST_PENDING,
	       "entry.S");
_Static_assert((PHYS_RAM_END >> PAGE_SHIFT) * sizeof(struct vm_page)
	       <= VM_PAGE_ARRAY_END - VM_PAGE_ARRAY, "<machine/vm_layout.h>");

/* What a loader that gives no memory map is believed about. */
#define KIB		1024ull
#define HIGH_MEMORY	(1024 * KIB)

/* Written by x86_boot() only. */
static struct boot_info the_boot_info;
static struct boot_module *boot_modules;	/* the_boot_info's */
static phys_addr_t ram_left_out;		/* bytes */

const struct boot_info *
boot_info(void)
{
	return &the_boot_info;
}

/* The loader's data at @pa. */
static const void *
loader_data(uint32_t pa, size_t size)
{
	if (!phys_is_direct((phys_addr_t)pa + size))
		panic("the boot loader's tables at %#x are out of reach", pa);
	return phys_to_direct(pa);
}

/* A string of the loader's; "" for none. */
static const char *
loader_string(uint32_t pa)
{
	return pa == 0 ? "" : loader_data(pa, 1);
}

static const char *
loader_cmdline(const struct multiboot_info *info)
{
	bool given = (info->flags & MULTIBOOT_CMDLINE) != 0;

	return loader_string(given ? info->cmdline : 0);
}

static const char *
loader_name(const struct multiboot_info *info)
{
	bool given = (info->flags & MULTIBOOT_LOADER) != 0;

	return loader_string(given ? info->boot_loader_name : 0);
}

static unsigned int
nr_modules(const struct multiboot_info *info)
{
	return (info->flags & MULTIBOOT_MODULES) != 0 ? info->mods_count : 0;
}

static const struct multiboot_module *
loader_modules(const struct multiboot_info *info)
{
	size_t size = nr_modules(info) * sizeof(struct multiboot_module);

	return size == 0 ? NULL : loader_data(info->mods_addr, size);
}

/* RAM that the page array has no room for is left alone. */
static void
add_ram(phys_addr_t start, phys_addr_t end)
{
	if (end > PHYS_RAM_END) {
		ram_left_out += end - MAX(start, PHYS_RAM_END);
		end = PHYS_RAM_END;
	}
	boot_mem_add(start, end);
}

static void
add_memory_line(const struct multiboot_mmap *entry)
{
	phys_addr_t end = entry->base + entry->length;

	if (end < entry->base)
		return;
	if (entry->type == MULTIBOOT_MMAP_RAM)
		add_ram(entry->base, end);
	else if (entry->type == MULTIBOOT_MMAP_ACPI
		 || entry->type == MULTIBOOT_MMAP_NVS)
		boot_mem_reserve(entry->base, end, "ACPI tables");
}

static void
add_memory(const struct multiboot_info *info)
{
	const char *at, *end;

	if ((info->flags & MULTIBOOT_MMAP) == 0) {
		if ((info->flags & MULTIBOOT_MEMORY) == 0)
			panic("the boot loader gave no memory map");
		add_ram(0, info->mem_lower * KIB);
		add_ram(HIGH_MEMORY,
			HIGH_MEMORY + info->mem_upper * KIB);
		return;
	}

	at = loader_data(info->mmap_addr, info->mmap_length);
	end = at + info->mmap_length;
	while (at < end) {
		const struct multiboot_mmap *entry = (const void *)at;

		add_memory_line(entry);
		at += sizeof entry->size + entry->size;
	}
}

static void
reserve_loader_string(const char *string)
{
	phys_addr_t pa;

	if (*string == '\0')
		return;
	pa = direct_to_phys(string);
	boot_mem_reserve(pa, pa + strlen(string) + 1, BOOT_MEM_LOADER);
}

static void
reserve_memory(const struct multiboot_info *info, phys_addr_t info_pa)
{
	const struct multiboot_module *modules = loader_modules(info);
	unsigned int count = nr_modules(info);

	boot_mem_reserve(KERNEL_IMAGE_LOAD,
			 kernel_image_phys(__image_end), BOOT_MEM_IMAGE);
	for (unsigned int i = 0; i < count; i++)
		boot_mem_reserve(modules[i].start, modules[i].end,
				 BOOT_MEM_MODULES);

	boot_mem_reserve(info_pa, info_pa + sizeof *info,
			 BOOT_MEM_LOADER);
	boot_mem_reserve(info->mods_addr,
			 info->mods_addr + count * sizeof *modules,
			 BOOT_MEM_LOADER);
	for (unsigned int i = 0; i < count; i++)
		reserve_loader_string(loader_string(modules[i].string));
	reserve_loader_string(loader_cmdline(info));
	reserve_loader_string(loader_name(info));
}

/* Memory for the copies, used up from below. */
struct copy_area {
	char	*next;
	char	*end;
};

static void *
copy_take(struct copy_area *area, size_t size)
{
	char *mem = area->next;

	assert(size <= (size_t)(area->end - mem));
	area->next += size;
	return mem;
}

static const char *
copy_string(struct copy_area *area, const char *string)
{
	size_t size = strlen(string) + 1;

	return memcpy(copy_take(area, size), string, size);
}

static size_t
copies_size(const struct multiboot_info *info)
{
	const struct multiboot_module *modules = loader_modules(info);
	unsigned int count = nr_modules(info);
	size_t size = count * sizeof(struct boot_module) + sizeof *info;

	for (unsigned int i = 0; i < count; i++)
		size += strlen(loader_string(modules[i].string)) + 1;
	size += strlen(loader_cmdline(info)) + 1;
	size += strlen(loader_name(info)) + 1;
	return size;
}

static void
copy_loader_data(const struct multiboot_info *info)
{
	const struct multiboot_module *modules = loader_modules(info);
	unsigned int count = nr_modules(info);
	size_t size = copies_size(info);
	struct boot_module *copies;
	struct copy_area area;

	area.next = phys_to_direct(boot_mem_alloc(size, PAGE_SIZE));
	area.end = area.next + size;

	copies = copy_take(&area, count * sizeof *copies);
	for (unsigned int i = 0; i < count; i++) {
		copies[i].start = modules[i].start;
		copies[i].end = MAX(modules[i].end, modules[i].start);
		copies[i].string =
			copy_string(&area, loader_string(modules[i].string));
	}
	boot_modules = copies;
	the_boot_info.modules = copies;
	the_boot_info.nr_modules = count;
	the_boot_info.cmdline = copy_string(&area, loader_cmdline(info));
	the_boot_info.loader = copy_string(&area, loader_name(info));
	the_boot_info.raw = memcpy(copy_take(&area, sizeof *info), info,
				   sizeof *info);
	the_boot_info.raw_size = sizeof *info;
}

/* Copy bytes from anywhere in RAM to directly mapped memory. */
static void
copy_from_phys(char *to, phys_addr_t from, size_t size)
{
	while (size > 0) {
		size_t chunk = PAGE_SIZE - ((uintptr_t)from & PAGE_MASK);
		void *window = phys_window_map(from);

		chunk = MIN(chunk, size);
		memcpy(to, window, chunk);
		phys_window_unmap(window);
		to += chunk;
		from += chunk;
		size -= chunk;
	}
}

/* Is there directly mapped memory of this size in one piece? */
static bool
direct_has_room(size_t size)
{
	struct boot_mem_range hole;
	phys_addr_t from = 0;

	while (boot_mem_next_free(from, &hole)) {
		if (hole.end - hole.start >= size
		    && phys_is_direct(hole.start + size - 1))
			return true;
		from = hole.end;
	}
	return false;
}

/*
 * Modules are read in the direct map: bring those there that are not, or they
 * will be refused.  Where they were stays reserved until all are released.
 */
static void
modules_make_direct(void)
{
	for (unsigned int i = 0; i < the_boot_info.nr_modules; i++) {
		struct boot_module *module = &boot_modules[i];
		size_t size = (size_t)(module->end - module->start);
		phys_addr_t to;

		if (size == 0 || phys_is_direct(module->end - 1)
		    || !direct_has_room(page_round(size)))
			continue;
		to = boot_mem_alloc_for(size, PAGE_SIZE, BOOT_MEM_MODULES);
		copy_from_phys(phys_to_direct(to), module->start, size);
		module->start = to;
		module->end = to + size;
	}
}

void
x86_boot(uint32_t magic, uint32_t info_pa, uint64_t entry_cycles)
{
	const struct multiboot_info *info = phys_to_direct(info_pa);
	bool valid = magic == MULTIBOOT_LOADER_MAGIC
		&& phys_is_direct((phys_addr_t)info_pa + sizeof *info);

	the_boot_info.entry_cycles = entry_cycles;
	x86_cpu_early_init(&cpus[0], 0);
	x86_console_early_init(valid ? loader_cmdline(info) : "");
	if (!valid)
		panic("not started by a multiboot loader (eax %#x, ebx %#x)",
		      magic, info_pa);

	add_memory(info);
	reserve_memory(info, info_pa);
	copy_loader_data(info);
	x86_smp_reserve();
	pmap_bootstrap();
	x86_cpu_late_init();
	x86_acpi_boot();
	modules_make_direct();
	if (ram_left_out != 0)
		kprintf("memory: %llu MiB above %llu GiB are not used\n",
			(unsigned long long)ram_left_out >> 20,
			(unsigned long long)PHYS_RAM_END >> 30);
	startup_main();
}
