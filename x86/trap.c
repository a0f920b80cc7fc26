/*
 * x86/trap.c -- exceptions: of programs to Mach's, of the kernel to a panic.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>

#include <mach/exception.h>
#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/trap.h>
#include <machine/vm_layout.h>

#include "kern/panic.h"
#include "kern/printf.h"
#include "lib/macros.h"
#include "x86/smp.h"
#include "x86/thread_regs.h"
#include "x86/trap_try.h"
#include "x86/x86.h"

/* The chipset's word on a not maskable interrupt: memory, or the bus. */
#define X86_HLT_SIZE		1u	/* bytes of the instruction */
#define NMI_STATUS_PORT		0x61
#define NMI_STATUS_ERRORS	0xc0

/* Error code of a page fault: SDM vol. 3, 4.7. */
#define PF_PRESENT	0x01u	/* a protection, not a missing page */
#define PF_WRITE	0x02u
#define PF_USER		0x04u	/* an access by user mode itself */
#define PF_RESERVED	0x08u	/* a reserved bit set in a table */
#define PF_FETCH	0x10u

static const char *const vector_names[] = {
	[TRAP_DIVIDE] = "divide error",
	[TRAP_DEBUG] = "debug exception",
	[TRAP_NMI] = "not maskable interrupt",
	[TRAP_BREAKPOINT] = "breakpoint",
	[TRAP_OVERFLOW] = "overflow",
	[TRAP_BOUND] = "bound range exceeded",
	[TRAP_INVALID_OPCODE] = "invalid opcode",
	[TRAP_NO_FPU] = "no floating-point unit",
	[TRAP_DOUBLE_FAULT] = "double fault",
	[TRAP_INVALID_TSS] = "invalid task state",
	[TRAP_NO_SEGMENT] = "segment not present",
	[TRAP_STACK] = "stack fault",
	[TRAP_PROTECTION] = "general protection",
	[TRAP_PAGE_FAULT] = "page fault",
	[TRAP_FPU] = "floating-point error",
	[TRAP_ALIGNMENT] = "alignment check",
	[TRAP_MACHINE_CHECK] = "machine check",
	[TRAP_SIMD] = "SIMD floating-point error",
};

const char *
trap_vector_name(unsigned long vector)
{
	const char *name = NULL;

	if (vector == TRAP_VECTOR_SYSCALL || vector == TRAP_VECTOR_NONE)
		return "system call";
	if (vector < ARRAY_SIZE(vector_names))
		name = vector_names[vector];
	if (name != NULL)
		return name;
	return vector < TRAP_NR_EXCEPTIONS ? "exception" : "interrupt";
}

void
trap_frame_show(const struct trap_frame *frame)
{
	unsigned long vector = (unsigned long)frame->vector;

	kprintf("%s (vector %lu, error code %#lx) in %s mode\n",
		trap_vector_name(vector), vector, (unsigned long)frame->error,
		trap_frame_is_user(frame) ? "user" : "kernel");
	x86_show_registers(frame);
}

/* DR6: SDM vol. 3, 17.2.3. */
#define DEBUG_WATCHES	0x000fu		/* conditions of DR0 to DR3 */
#define DEBUG_STEP	0x4000u

static struct machine_debug *
debug_of_thread(void)
{
	return &machine_thread_of(current_thread())->debug;
}

/* The kernel has touched what a program watches: let the program be. */
static bool
debug_is_watch(void)
{
	struct machine_debug *debug = debug_of_thread();
	uintptr_t status = x86_debug_status(debug);

	return debug->control != 0 && (status & DEBUG_WATCHES) != 0
	       && (status & DEBUG_STEP) == 0;
}

/* Something in the kernel that must not happen. */
static NORETURN void
trap_panic(const struct trap_frame *frame)
{
	panic_set_frame(frame);
	if (frame->vector == TRAP_PAGE_FAULT)
		panic("page fault in the kernel at %#lx: %s%s",
		      (unsigned long)x86_read_cr2(),
		      (frame->error & PF_FETCH) != 0 ? "execute"
		      : (frame->error & PF_WRITE) != 0 ? "write" : "read",
		      (frame->error & PF_RESERVED) != 0
		      ? ", reserved bit in a page table"
		      : (frame->error & PF_PRESENT) != 0 ? ", not allowed"
		      : ", not mapped");
	panic("%s in the kernel (vector %lu, error code %#lx)",
	      trap_vector_name((unsigned long)frame->vector),
	      (unsigned long)frame->vector, (unsigned long)frame->error);
}

static vm_prot_t
page_fault_access(const struct trap_frame *frame)
{
	if ((frame->error & PF_FETCH) != 0)
		return VM_PROT_EXECUTE;
	if ((frame->error & PF_WRITE) != 0)
		return VM_PROT_WRITE;
	return VM_PROT_READ;
}

static void
page_fault_user(struct trap_frame *frame)
{
	uintptr_t addr = x86_read_cr2();
	kern_return_t kr;

	if ((frame->error & PF_RESERVED) != 0)
		trap_panic(frame);
	cpu_intr_enable();

	if (addr >= VM_MAX_USER_ADDRESS) {
		trap_hook_exception(frame, EXC_BAD_ACCESS, EXC_I386_PGFLT,
				    addr);
		return;
	}
	/*
	 * The processor's own access to a page that is there, on behalf of
	 * the program: SMAP refuses it, however often it is repeated.  (An
	 * emulated `iret' of user mode pops its stack so.)
	 */
	if ((frame->error & (PF_PRESENT | PF_USER)) == PF_PRESENT) {
		trap_hook_exception(frame, EXC_BAD_ACCESS,
				    KERN_PROTECTION_FAILURE, addr);
		return;
	}
	kr = trap_hook_page_fault(addr, page_fault_access(frame), true);
	if (kr != KERN_SUCCESS)
		trap_hook_exception(frame, EXC_BAD_ACCESS, kr, addr);
}

static const struct x86_fixup *
fixup_lookup(uintptr_t pc)
{
	const struct x86_fixup *fixup;

	for (fixup = __fixups_start; fixup < __fixups_end; fixup++)
		if (fixup->pc == pc)
			return fixup;
	return NULL;
}

/* T2: only user copies may fault, and only on user memory. */
static bool
page_fault_kernel(struct trap_frame *frame)
{
	uintptr_t addr = x86_read_cr2();
	const struct x86_fixup *fixup = fixup_lookup(frame->ip);

	if (fixup == NULL || addr >= VM_MAX_USER_ADDRESS
	    || (frame->error & PF_RESERVED) != 0)
		return false;

	if ((frame->flags & FLAGS_IF) != 0)
		cpu_intr_enable();
	if (trap_hook_page_fault(addr, page_fault_access(frame), false)
	    != KERN_SUCCESS)
		frame->ip = fixup->resume;
	cpu_intr_disable();
	return true;
}

static unsigned long
fpu_status(void)
{
	uint16_t status;

	__asm__ volatile ("fnstsw %0" : "=m" (status));
	return status;
}

static unsigned long
simd_status(void)
{
	uint32_t mxcsr;

	__asm__ volatile ("stmxcsr %0" : "=m" (mxcsr));
	return mxcsr;
}

/* semantics.md, "Exceptions (x86)".  What is not here keeps its number. */
static const struct {
	int exc;
	int code;
} user_exceptions[] = {
	[TRAP_DIVIDE] = { EXC_ARITHMETIC, EXC_I386_DIV },
	[TRAP_DEBUG] = { EXC_BREAKPOINT, EXC_I386_SGL },
	[TRAP_BREAKPOINT] = { EXC_BREAKPOINT, EXC_I386_BPT },
	[TRAP_OVERFLOW] = { EXC_ARITHMETIC, EXC_I386_INTO },
	[TRAP_BOUND] = { EXC_SOFTWARE, EXC_I386_BOUND },
	[TRAP_INVALID_OPCODE] = { EXC_BAD_INSTRUCTION, EXC_I386_INVOP },
	[TRAP_NO_FPU] = { EXC_ARITHMETIC, EXC_I386_NOEXT },
	[TRAP_FPU] = { EXC_ARITHMETIC, EXC_I386_EXTERR },
	[TRAP_SIMD] = { EXC_ARITHMETIC, EXC_I386_EXTERR },
};

static unsigned long
user_subcode(const struct trap_frame *frame)
{
	switch (frame->vector) {
	case TRAP_FPU:
		return fpu_status();
	case TRAP_SIMD:
		return simd_status();
	default:
		return (unsigned long)frame->error;
	}
}

void
x86_trap_user(struct trap_frame *frame)
{
	unsigned long vector = (unsigned long)frame->vector;
	unsigned long subcode;
	int exc = EXC_BAD_INSTRUCTION;
	int code = (int)vector;

	if (vector == TRAP_PAGE_FAULT) {
		page_fault_user(frame);
		return;
	}
	if (vector == TRAP_DEBUG)
		(void)x86_debug_status(debug_of_thread());
	subcode = user_subcode(frame);		/* of this thread, still */
	cpu_intr_enable();

	if (vector == TRAP_INVALID_OPCODE && x86_is_call_gate(frame)) {
		trap_hook_syscall(frame);
		return;
	}
	if (vector < ARRAY_SIZE(user_exceptions)
	    && user_exceptions[vector].exc != 0) {
		exc = user_exceptions[vector].exc;
		code = user_exceptions[vector].code;
	}
	trap_hook_exception(frame, exc, code, subcode);
}

void
x86_trap_kernel(struct trap_frame *frame)
{
	if (frame->vector == TRAP_PAGE_FAULT && page_fault_kernel(frame))
		return;
	if (CONFIG_KTEST && trap_try_catch(frame))
		return;
	trap_panic(frame);
}

void
x86_idle_interrupted(struct trap_frame *frame)
{
	if (frame->ip == (uintptr_t)x86_idle_hlt)
		frame->ip += X86_HLT_SIZE;
}

/*
 * A not maskable interrupt is another processor's, or a broken memory or bus
 * if the chipset says so (port 0x61), else somebody's button: reported, and the
 * work goes on.
 */
static void
nmi(struct trap_frame *frame)
{
	bool is_stop = x86_smp_nmi(frame);

	machine_cpu_self()->nr_nmis++;
	if ((x86_in8(NMI_STATUS_PORT) & NMI_STATUS_ERRORS) != 0)
		trap_panic(frame);
	if (!is_stop)
		trap_hook_break_in(frame);
	x86_idle_interrupted(frame);
}

void
x86_trap_anywhere(struct trap_frame *frame)
{
	if (frame->vector == TRAP_NMI) {
		nmi(frame);
		return;
	}
	if (frame->vector == TRAP_DEBUG && debug_is_watch())
		return;
	if (CONFIG_KTEST && trap_try_catch(frame))
		return;
	trap_panic(frame);
}
