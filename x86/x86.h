/*
 * x86/x86.h -- what the files of the machine layer share.
 *
 * Private to x86/, i386/ and x86_64/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_X86_H
#define X86_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/trap.h>

#include "x86/x86_regs.h"

struct cpu;
struct thread;

/* An instruction that may fault on user memory, and what follows then. */
struct x86_fixup {
	uintptr_t	pc;
	uintptr_t	resume;
};

/* Three bytes of text, and what they become when there is SMAP. */
struct x86_smap_patch {
	uint64_t	pc;
	uint8_t		code[8];
};

#define X86_SMAP_PATCH_SIZE	3

/* Laid out by the linker script. */
extern const struct x86_fixup __fixups_start[], __fixups_end[];
extern const struct x86_smap_patch __smap_patches_start[];
extern const struct x86_smap_patch __smap_patches_end[];

/* entry.S, switch.S, boot.S, user_copy.S. */
extern const uintptr_t x86_vectors[TRAP_NR_VECTORS];
extern char boot_stack[BOOT_STACK_SIZE];
void x86_thread_start(void);
__attribute__((noreturn)) void x86_enter_user(struct trap_frame *frame);
struct thread *x86_switch_stack(uintptr_t *save, uintptr_t sp,
				struct thread *prev);
bool x86_copy_user(void *dst, const void *src, size_t size);
size_t x86_copy_user_string(char *dst, const char *src, size_t room);
bool x86_try_call(void (*fn)(void *arg), void *arg, uintptr_t *save);
void x86_try_caught(void);

/**
 * x86_idle_interrupted - a not maskable interrupt has come
 * @frame:	what it has interrupted; goes on behind the hlt of
 *		cpu_idle_wait() if it came just before
 */
void x86_idle_interrupted(struct trap_frame *frame);

/* idle.S: that hlt. */
extern const char x86_idle_hlt[];

/**
 * x86_cpu_early_init - make this processor able to run the kernel's C code
 * @cpu:	its structure
 * @id:		its number
 *
 * Descriptor tables, per-processor base, control registers, system call
 * entry.  The boot processor also finds out what it can do, and patches the
 * text for it: the text must still be writable.  For others cpu->md.tables
 * and idle_stack are set before.
 *
 * Context: interrupts off.
 */
void x86_cpu_early_init(struct cpu *cpu, unsigned int id);

/** x86_cpu_late_init - enable SMEP, SMAP: the final page tables are loaded. */
void x86_cpu_late_init(void);

/** x86_set_kernel_stack - where entries from user mode start from now on. */
void x86_set_kernel_stack(uintptr_t top);

/*
 * Called by entry.S with all registers saved.  Interrupts are off;
 * x86_trap_user() may enable them.
 */
void x86_trap_user(struct trap_frame *frame);
void x86_trap_kernel(struct trap_frame *frame);
void x86_trap_anywhere(struct trap_frame *frame);

/** x86_show_registers - print those of @frame.  Context: any. */
void x86_show_registers(const struct trap_frame *frame);

/**
 * x86_is_call_gate - is an invalid opcode the old way into Mach?
 * @frame:	registers of user mode; if so, pc goes behind the instruction
 *
 * Context: may block (page fault); no locks held.
 */
bool x86_is_call_gate(struct trap_frame *frame);

/* What the processor says of itself: SDM vol. 2, CPUID. */
struct x86_cpuid {
	uint32_t a, b, c, d;
};

static inline struct x86_cpuid
x86_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct x86_cpuid out;

	__asm__ volatile ("cpuid" : "=a" (out.a), "=b" (out.b), "=c" (out.c),
			  "=d" (out.d) : "a" (leaf), "c" (subleaf));
	return out;
}

static inline uint64_t
x86_read_msr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile ("rdmsr" : "=a" (low), "=d" (high) : "c" (msr));
	return (uint64_t)high << 32 | low;
}

static inline void
x86_write_msr(uint32_t msr, uint64_t value)
{
	__asm__ volatile ("wrmsr" : : "c" (msr), "a" ((uint32_t)value),
			  "d" ((uint32_t)(value >> 32)) : "memory");
}

static inline uint8_t
x86_in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile ("inb %1, %0" : "=a" (value) : "Nd" (port));
	return value;
}

static inline uintptr_t
x86_read_cr4(void)
{
	uintptr_t value;

	__asm__ volatile ("mov %%cr4, %0" : "=r" (value));
	return value;
}

static inline void
x86_write_cr4(uintptr_t value)
{
	__asm__ volatile ("mov %0, %%cr4" : : "r" (value) : "memory");
}

static inline uintptr_t
x86_read_cr2(void)
{
	uintptr_t value;

	__asm__ volatile ("mov %%cr2, %0" : "=r" (value));
	return value;
}

#endif /* X86_X86_H */
