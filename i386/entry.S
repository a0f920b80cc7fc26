/*
 * i386/entry.S -- every way into the kernel, and out again.
 *
 * User mode enters on the stack of the current thread, empty at that time,
 * so the user's struct trap_frame is always at its top.  What the kernel does
 * to itself is saved on the stack in use.
 *
 * The processor keeps the selectors of what it interrupts.  Every entry saves
 * them and loads the kernel's, wherever it comes from; so an entry may come at
 * any instruction, the first ones of another entry and the last ones of a way
 * out included, and the not maskable interrupt and the machine check need no
 * stack of their own: a processor in the kernel always has a good one.  When
 * it has not, that is a double fault, which is a task of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu_offsets.h>
#include <machine/trap_frame.h>
#include "x86/x86_regs.h"

.macro load_kernel_segments
	movl	$KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	$CPU_SELECTOR, %eax
	movl	%eax, %gs
.endm

/* Behind the vector, which is pushed already. */
.macro push_registers
	cld
	pushal
	pushl	%ds
	pushl	%es
	pushl	%fs
	pushl	%gs
	load_kernel_segments
	forbid_user_access
.endm

/*
 * Interrupts and exceptions keep the user's AC flag, which would let the
 * kernel touch user memory.  x86_smap_enable() makes this a `clac'.
 */
.macro forbid_user_access
771:	.byte	0x0f, 0x1f, 0x00		/* nopl (%eax) */
	.pushsection .smap_patches, "a"
	.long	771b, 0
	.byte	0x0f, 0x01, 0xca, 0		/* clac */
	.long	0
	.popsection
.endm

/*
 * The processor has come from the kernel and has not pushed ss and sp: push
 * them, and what it has pushed once more below.
 */
.macro push_kernel_stack
	pushl	%ss
	pushl	%esp
	addl	$24, (%esp)			/* as it was before */
	.rept	5
	pushl	24(%esp)
	.endr
.endm

/* Load the selectors of the frame at the top, whose other registers go on. */
.macro load_segments
	movl	FRAME_GS(%esp), %eax
	movl	%eax, %gs
	movl	FRAME_FS(%esp), %eax
	movl	%eax, %fs
	movl	FRAME_ES(%esp), %eax
	movl	%eax, %es
	movl	FRAME_DS(%esp), %eax
	movl	%eax, %ds
.endm

/* Call a C function with the frame at the top. */
.macro call_frame function
	movl	%esp, %eax
	call	\function
.endm

	.section .entry.text, "ax"
	.globl	__entry_text_start
__entry_text_start:

/*
 * System calls, through the call gate.  The processor has switched the stack
 * and pushed ss, sp, cs and ip, nothing else: flags and all other registers
 * are the user's still, and interrupts are on.
 */
.macro gate_entered
	pushl	$0
	pushl	$TRAP_VECTOR_SYSCALL
	pushl	$FLAGS_FIXED			/* IF, TF, DF, AC, NT off */
	popfl
	push_registers
	/* What is on the stack is flags, ip, cs; it shall be ip, cs, flags. */
	movl	FRAME_IP(%esp), %eax
	movl	FRAME_CS(%esp), %ecx
	movl	FRAME_FLAGS(%esp), %edx
	movl	%ecx, FRAME_IP(%esp)
	movl	%edx, FRAME_CS(%esp)
	movl	%eax, FRAME_FLAGS(%esp)
	sti
.endm

	.globl	x86_call_gate_entry
	.type	x86_call_gate_entry, @function
	.balign	16
x86_call_gate_entry:
	pushfl
	gate_entered
	call_frame trap_hook_syscall
	jmp	x86_return_user

/*
 * Single-stepped through the gate: the debug exception has come at the first
 * instruction above (see trap_debug) and has taken the flag away.  Its
 * instruction ends when the system call does.
 */
	.type	gate_stepped, @function
gate_stepped:
	pushfl
	orl	$FLAGS_TF, (%esp)
	gate_entered
	call_frame x86_call_gate_stepped
	jmp	x86_return_user

/*
 * Exceptions.
 */
.macro exception vector, name
	.type	\name, @function
	.balign	8
\name:
	pushl	$0
	pushl	$\vector
	jmp	exception_common
.endm

.macro exception_error vector, name
	.type	\name, @function
	.balign	8
\name:
	pushl	$\vector
	jmp	exception_common
.endm

	exception	0, trap_divide
	exception	3, trap_breakpoint
	exception	4, trap_overflow
	exception	5, trap_bound
	exception	6, trap_invalid_opcode
	exception	7, trap_no_fpu
	exception_error	8, trap_double_fault	/* not used: a task gate */
	exception	9, trap_9
	exception_error	10, trap_invalid_tss
	exception_error	11, trap_no_segment
	exception_error	12, trap_stack
	exception_error	13, trap_protection
	exception_error	14, trap_page_fault
	exception	15, trap_15
	exception	16, trap_fpu
	exception_error	17, trap_alignment
	exception	19, trap_simd
	exception	20, trap_virtualization
	exception_error	21, trap_control
	exception	22, trap_22
	exception	23, trap_23
	exception	24, trap_24
	exception	25, trap_25
	exception	26, trap_26
	exception	27, trap_27
	exception	28, trap_28
	exception_error	29, trap_29
	exception_error	30, trap_30
	exception	31, trap_31

	.balign	16
exception_common:
	testb	$3, 12(%esp)			/* code segment */
	jz	exception_kernel
exception_user:
	push_registers
exception_user_saved:
	call_frame x86_trap_user
x86_return_user:
	cli
x86_return_user_check:
	cmpl	$0, %gs:CPU_AST_PENDING
	jne	return_pending
return_user_load:
	load_segments
return_user_loaded:
	addl	$FRAME_DI, %esp
	popal
	addl	$8, %esp			/* vector and error code */
	.globl	x86_iret_user
x86_iret_user:
	iret

return_pending:
	call_frame trap_hook_return_user
	jmp	x86_return_user_check

/*
 * The kernel's own exceptions.  First those of the instructions that load a
 * user's registers, of what is no good any more.
 */
exception_kernel:
	cmpl	$x86_iret_user, 8(%esp)
	je	iret_fault
	cmpl	$return_user_load, 8(%esp)
	jb	1f
	cmpl	$return_user_loaded, 8(%esp)
	jb	load_user_fault
1:	cmpl	$return_kernel_load, 8(%esp)
	jb	1f
	cmpl	$return_kernel_loaded, 8(%esp)
	jb	load_kernel_fault
1:	push_kernel_stack
	push_registers
	call_frame x86_trap_kernel

/*
 * Back to the kernel, to the stack that the frame says: mostly the one from
 * before, where ip, cs and flags stand already.
 */
return_kernel:
	movl	FRAME_SP(%esp), %edx
	subl	$12, %edx
	movl	FRAME_IP(%esp), %eax
	movl	%eax, 0(%edx)
	movl	FRAME_CS(%esp), %eax
	movl	%eax, 4(%edx)
	movl	FRAME_FLAGS(%esp), %eax
	movl	%eax, 8(%edx)
	movl	%edx, FRAME_SP(%esp)
return_kernel_load:
	load_segments
return_kernel_loaded:
	addl	$FRAME_DI, %esp
	popal
	movl	FRAME_SP - FRAME_VECTOR(%esp), %esp
	iret

/*
 * The iret to user mode faulted: a selector or an address of the user's is no
 * good.  All other registers are the user's already, and what iret was to load
 * is still at the top of the thread's stack: put the error code and vector
 * below it, and it is an exception of user mode.
 */
iret_fault:
	pushl	%eax
	movl	8(%esp), %eax			/* error code */
	movl	%eax, 20(%esp)
	movl	4(%esp), %eax			/* vector */
	movl	%eax, 16(%esp)
	popl	%eax
	addl	$12, %esp
	jmp	exception_user

/*
 * So is this: one of the selectors in the user's frame, which is whole.
 */
load_user_fault:
	popl	%edx				/* vector */
	popl	%ecx				/* error code */
	addl	$12, %esp
	load_kernel_segments
	movl	%edx, FRAME_VECTOR(%esp)
	movl	%ecx, FRAME_ERROR(%esp)
	jmp	exception_user_saved

/*
 * An entry had interrupted a way in or out, with selectors of the user's
 * loaded, whose descriptor has gone meanwhile: none is loaded instead.
 */
load_kernel_fault:
	addl	$8, %esp
	xorl	%eax, %eax
	iret

/*
 * Interrupts of devices, and from other processors.
 */
interrupt_common:
	testb	$3, 12(%esp)
	jz	interrupt_kernel
	push_registers
	movl	FRAME_VECTOR(%esp), %eax
	movl	%esp, %edx
	call	x86_irq_dispatch
	jmp	x86_return_user_check

interrupt_kernel:
	push_kernel_stack
	push_registers
	movl	FRAME_VECTOR(%esp), %eax
	movl	%esp, %edx
	call	x86_irq_dispatch
	jmp	return_kernel

.macro interrupts vectors:vararg
	.irp vector, \vectors
	.type	irq_\vector, @function
	.balign	8
irq_\vector:
	pushl	$0
	pushl	$\vector
	jmp	interrupt_common
	.endr
.endm

	interrupts	32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47
	interrupts	48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63

/*
 * Not maskable interrupts and machine checks: whatever they interrupt, it
 * goes on at once, pending work or not.
 */
.macro anywhere vector, name
	.type	\name, @function
	.balign	8
\name:
	pushl	$0
	pushl	$\vector
	jmp	anywhere_common
.endm

	anywhere	2, trap_nmi
	anywhere	18, trap_machine_check

anywhere_common:
	testb	$3, 12(%esp)
	jz	anywhere_kernel
	push_registers
	call_frame x86_trap_anywhere
	jmp	return_user_load

anywhere_kernel:
	push_kernel_stack
	push_registers
	call_frame x86_trap_anywhere
	jmp	return_kernel

/*
 * A debug exception of the kernel may come from a user who steps through the
 * call gate, which keeps the flag for it.
 */
	.type	trap_debug, @function
	.balign	8
trap_debug:
	testb	$3, 4(%esp)
	jnz	1f
	cmpl	$x86_call_gate_entry, (%esp)
	je	debug_gate
	pushl	$0
	pushl	$1
	jmp	anywhere_kernel
1:	pushl	$0
	pushl	$1
	jmp	exception_user

debug_gate:
	movl	$gate_stepped, (%esp)
	andl	$~FLAGS_TF, 8(%esp)
	iret

/*
 * Double faults: a task with a stack and selectors of its own.  It returns to
 * the task it interrupted, of which x86_double_fault() may have changed the
 * registers, and goes on behind its iret when it is entered again.
 */
	.globl	x86_double_fault_entry
	.type	x86_double_fault_entry, @function
	.balign	16
x86_double_fault_entry:
	addl	$4, %esp			/* the error code: 0 */
	call	x86_double_fault
	iret
	jmp	x86_double_fault_entry

/* Behind that switch, in the interrupted task: ip is on the stack. */
	.globl	x86_double_fault_resume
	.type	x86_double_fault_resume, @function
x86_double_fault_resume:
	clts
	ret

/*
 * x86_enter_user(frame): load all registers from @frame, interrupts off.
 */
	.globl	x86_enter_user
	.type	x86_enter_user, @function
	.balign	16
x86_enter_user:
	movl	%eax, %esp
	xorl	%ebp, %ebp
	jmp	x86_return_user_check

	.globl	__entry_text_end
__entry_text_end:

/* Where each vector goes, for x86_gate_init(). */
	.section .rodata
	.globl	x86_vectors
	.balign	4
x86_vectors:
	.long	trap_divide, trap_debug, trap_nmi, trap_breakpoint
	.long	trap_overflow, trap_bound, trap_invalid_opcode, trap_no_fpu
	.long	trap_double_fault, trap_9, trap_invalid_tss, trap_no_segment
	.long	trap_stack, trap_protection, trap_page_fault, trap_15
	.long	trap_fpu, trap_alignment, trap_machine_check, trap_simd
	.long	trap_virtualization, trap_control, trap_22, trap_23
	.long	trap_24, trap_25, trap_26, trap_27
	.long	trap_28, trap_29, trap_30, trap_31
.irp vector, 32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47
	.long	irq_\vector
.endr
.irp vector, 48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63
	.long	irq_\vector
.endr

	.section .note.GNU-stack, "", @progbits
