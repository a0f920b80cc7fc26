/*
 * x86/machine/trap.h -- traps, exceptions and interrupts.
 *
 * Every entry into the kernel saves the registers of what it interrupted in
 * a struct trap_frame (<machine/trap_frame.h>: the width's own).  Exceptions
 * go to x86_trap(), system calls to trap_hook_syscall(), interrupts to
 * x86_irq_dispatch().  On the way back to user mode trap_hook_return_user()
 * is called while the processor has something pending for the thread.
 *
 * What happens to whom:
 *  T1  an exception of user mode reaches trap_hook_page_fault() or
 *	trap_hook_exception(), and nothing else of the kernel
 *  T2  a page fault in the kernel is legal only on a user address and only
 *	at an instruction that the fix-up table lists (user copies); all
 *	other exceptions of the kernel panic
 *  T3  hooks called because of user mode run with interrupts on, on the
 *	stack of the current thread, and may block
 *  T4  no register value that a user can produce stops the kernel: the way
 *	back uses `iret' unless the frame is as `syscall' left it, and a
 *	fault of that iret is an exception of the user's
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_TRAP_H
#define X86_MACHINE_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>

#include <machine/trap_frame.h>

/* Vectors: SDM vol. 3, 6.3.1. */
#define TRAP_DIVIDE		0
#define TRAP_DEBUG		1
#define TRAP_NMI		2
#define TRAP_BREAKPOINT		3
#define TRAP_OVERFLOW		4
#define TRAP_BOUND		5
#define TRAP_INVALID_OPCODE	6
#define TRAP_NO_FPU		7
#define TRAP_DOUBLE_FAULT	8
#define TRAP_INVALID_TSS	10
#define TRAP_NO_SEGMENT		11
#define TRAP_STACK		12
#define TRAP_PROTECTION		13
#define TRAP_PAGE_FAULT		14
#define TRAP_FPU		16
#define TRAP_ALIGNMENT		17
#define TRAP_MACHINE_CHECK	18
#define TRAP_SIMD		19
#define TRAP_NR_EXCEPTIONS	32

#define TRAP_IRQ_BASE		32	/* device lines 0 to 15 */
#define TRAP_NR_IRQS		16

/* Of the local APIC, which serves the higher number first. */
#define TRAP_LOCAL_BASE		48
#define TRAP_LAPIC_TIMER	48
#define TRAP_IPI_RESCHEDULE	49
#define TRAP_IPI_CALL		50
#define TRAP_IPI_FLUSH		51
#define TRAP_IPI_STOP		52
#define TRAP_LAPIC_ERROR	53
#define TRAP_LAPIC_SPURIOUS	63	/* low 4 bits set: SDM vol. 3, 10.9 */
#define TRAP_NR_VECTORS		64

/* The machine's number for an exception, a line of the panic report. */
const char *trap_vector_name(unsigned long vector);

/** trap_frame_is_user - did the entry interrupt user mode? */
static inline bool
trap_frame_is_user(const struct trap_frame *frame)
{
	return (frame->cs & 3) != 0;
}

static inline uintptr_t
trap_frame_pc(const struct trap_frame *frame)
{
	return frame->ip;
}

static inline uintptr_t
trap_frame_sp(const struct trap_frame *frame)
{
	return frame->sp;
}

/** trap_frame_fp - the frame pointer, for machine_backtrace(). */
static inline const void *
trap_frame_fp(const struct trap_frame *frame)
{
	return (const void *)frame->bp;
}

/**
 * trap_frame_changed - tell that user registers in @frame were set
 *
 * The way back from a system call loads only what the call convention lets
 * the kernel change, unless told.
 */
static inline void
trap_frame_changed(struct trap_frame *frame)
{
	frame->vector = TRAP_VECTOR_NONE;
}

/**
 * trap_frame_init_user - the registers of a fresh user thread
 * @frame:	out: zero but for what follows, segments and flags of user mode
 * @entry:	first instruction
 * @sp:		stack pointer
 */
void trap_frame_init_user(struct trap_frame *frame, uintptr_t entry,
			  uintptr_t sp);

/** trap_frame_show - print the registers.  Context: any. */
void trap_frame_show(const struct trap_frame *frame);

/* How many arguments registers may hold, on any machine. */
#define TRAP_REGISTER_ARGS	6u

/* The arguments of the trap in progress: trap_syscall_args() of
 * <machine/trap_args.h>. */

/*
 * Implemented above.
 */

/**
 * trap_hook_page_fault - resolve a page fault on a user address
 * @addr:	the address, below VM_MAX_USER_ADDRESS
 * @access:	VM_PROT_READ, VM_PROT_WRITE or VM_PROT_EXECUTE: what was tried
 * @user:	by the program itself, or by a user copy in the kernel
 *
 * Context: a thread, no spin lock held, interrupts on; may block.
 * Return:  KERN_SUCCESS: try again; else the code of the exception.
 */
kern_return_t trap_hook_page_fault(uintptr_t addr, vm_prot_t access,
				   bool user);

/**
 * trap_hook_exception - the program did something that raises an exception
 * @frame:	its registers
 * @exc:	EXC_*
 * @code:	see <mach/machine/exception.h>
 * @subcode:	an address, an error code, or 0
 *
 * Context: as T3.  On return the program continues with @frame.
 */
void trap_hook_exception(struct trap_frame *frame, int exc, int code,
			 unsigned long subcode);

/**
 * trap_hook_syscall - serve a system call
 * @frame:	the caller's registers, pc behind the trap instruction
 *
 * Context: as T3.
 */
void trap_hook_syscall(struct trap_frame *frame);

/**
 * trap_hook_return_user - something is pending for this thread or processor
 * @frame:	the registers about to be loaded
 *
 * Context: interrupts off, and off again on return; may enable them, block,
 *	    or end the thread in between.  Called until nothing is pending.
 */
void trap_hook_return_user(struct trap_frame *frame);

/**
 * trap_hook_break_in - somebody has pushed the button
 * @frame:	what was interrupted
 *
 * Context: a not maskable interrupt, on a stack of its own or whatever stack
 *	    was in use.  May come at any instruction; must not fault, and takes
 *	    no lock.
 */
void trap_hook_break_in(const struct trap_frame *frame);

/**
 * x86_irq_dispatch - serve an interrupt
 * @vector:	TRAP_IRQ_BASE and up, below TRAP_NR_VECTORS
 * @frame:	what was interrupted
 *
 * Context: interrupts off throughout, on the interrupted thread's stack.
 */
void x86_irq_dispatch(unsigned int vector, struct trap_frame *frame);

#endif /* X86_MACHINE_TRAP_H */
