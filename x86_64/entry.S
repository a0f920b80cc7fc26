/*
 * x86_64/entry.S -- every way into the kernel, and out again.
 *
 * User mode enters on the stack of the current thread, empty at that time,
 * so the user's struct trap_frame is always at its top.  What the kernel does
 * to itself is saved on the stack in use.  The entries that may come at any
 * instruction (not maskable interrupt, machine check, double fault, debug)
 * have stacks of their own, and find out by the GS base whether they came
 * before or after a `swapgs'.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu_offsets.h>
#include <machine/trap_frame.h>
#include "x86/x86_regs.h"

/* Behind the vector, which is pushed already. */
.macro push_registers
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

/* Also drops the vector and the error code. */
.macro pop_registers
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	addq	$16, %rsp
.endm

/*
 * Interrupts and exceptions keep the user's AC flag, which would let the
 * kernel touch user memory.  x86_smap_enable() makes this a `clac'.
 */
.macro forbid_user_access
771:	.byte	0x0f, 0x1f, 0x00		/* nopl (%rax) */
	.pushsection .smap_patches, "a"
	.quad	771b
	.byte	0x0f, 0x01, 0xca, 0		/* clac */
	.long	0
	.popsection
.endm

	.section .entry.text, "ax"
	.globl	__entry_text_start
__entry_text_start:

/*
 * System calls.  The processor has put the return address in rcx and the
 * flags in r11, and cleared IF, TF, DF, AC and NT (MSR_FMASK).
 */
	.globl	x86_syscall_entry
	.type	x86_syscall_entry, @function
	.balign	16
x86_syscall_entry:
	swapgs
	movq	%rsp, %gs:CPU_SCRATCH
	movq	%gs:CPU_KSTACK_TOP, %rsp
	pushq	$USER_DS
	pushq	%gs:CPU_SCRATCH
	pushq	%r11
	pushq	$USER_CS
	pushq	%rcx
	pushq	$0
	pushq	$TRAP_VECTOR_SYSCALL
	push_registers
	movq	%rsp, %rdi
	sti
	call	trap_hook_syscall
	cli
x86_syscall_return:
	cmpl	$0, %gs:CPU_AST_PENDING
	jne	syscall_pending
	/*
	 * The registers that calls preserve hold the user's values again.
	 * If somebody changed the frame, or the return address is not
	 * canonical (sysret would fault in the kernel, on the user's stack),
	 * leave by iret.
	 */
	cmpl	$TRAP_VECTOR_SYSCALL, FRAME_VECTOR(%rsp)
	jne	x86_return_user_load
	movq	FRAME_IP(%rsp), %rcx
	btq	$47, %rcx
	jc	x86_return_user_load
	movq	FRAME_FLAGS(%rsp), %r11
	movq	FRAME_AX(%rsp), %rax
	movq	FRAME_DI(%rsp), %rdi
	movq	FRAME_SI(%rsp), %rsi
	movq	FRAME_DX(%rsp), %rdx
	movq	FRAME_R8(%rsp), %r8
	movq	FRAME_R9(%rsp), %r9
	movq	FRAME_R10(%rsp), %r10
	movq	FRAME_SP(%rsp), %rsp
	swapgs
	sysretq

syscall_pending:
	movq	%rsp, %rdi
	call	trap_hook_return_user
	jmp	x86_syscall_return

/* syscall from 32-bit code, which there is none of (AMD only). */
	.globl	x86_syscall32_entry
	.type	x86_syscall32_entry, @function
x86_syscall32_entry:
	movl	$-1, %eax
	sysretl

/*
 * Exceptions.
 */
.macro exception vector, name
	.type	\name, @function
	.balign	8
\name:
	pushq	$0
	pushq	$\vector
	jmp	exception_common
.endm

.macro exception_error vector, name
	.type	\name, @function
	.balign	8
\name:
	pushq	$\vector
	jmp	exception_common
.endm

	exception	0, trap_divide
	exception	3, trap_breakpoint
	exception	4, trap_overflow
	exception	5, trap_bound
	exception	6, trap_invalid_opcode
	exception	7, trap_no_fpu
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
	cld
	testb	$3, 24(%rsp)			/* code segment */
	jz	exception_kernel
	swapgs
exception_user:
	push_registers
	forbid_user_access
	movq	%rsp, %rdi
	call	x86_trap_user
x86_return_user:
	cli
x86_return_user_check:
	cmpl	$0, %gs:CPU_AST_PENDING
	jne	return_pending
x86_return_user_load:
	pop_registers
	swapgs
	.globl	x86_iret_user
x86_iret_user:
	iretq

return_pending:
	movq	%rsp, %rdi
	call	trap_hook_return_user
	jmp	x86_return_user_check

exception_kernel:
	cmpq	$x86_iret_user, 16(%rsp)
	je	iret_fault
	push_registers
	forbid_user_access
	movq	%rsp, %rdi
	call	x86_trap_kernel
	pop_registers
	iretq

/*
 * The iret to user mode faulted: a selector or an address of the user's is no
 * good.  All other registers are the user's already, GS too, and what iret
 * was to load is still at the top of the thread's stack: put the error code
 * and vector below it, and it is an exception of user mode.
 */
iret_fault:
	swapgs
	movq	%rax, %gs:CPU_SCRATCH
	/*
	 * Both frames are at known places: 40 bytes of the user's, 8 of
	 * padding, 40 and 16 of this fault's.
	 */
	movq	8(%rsp), %rax			/* error code */
	movq	%rax, 56(%rsp)
	movq	(%rsp), %rax			/* vector */
	movq	%rax, 48(%rsp)
	movq	%gs:CPU_SCRATCH, %rax
	addq	$48, %rsp
	jmp	exception_user

/*
 * Interrupts of devices, and from other processors.
 */
interrupt_common:
	cld
	testb	$3, 24(%rsp)
	jz	interrupt_kernel
	swapgs
	push_registers
	forbid_user_access
	movl	FRAME_VECTOR(%rsp), %edi
	movq	%rsp, %rsi
	call	x86_irq_dispatch
	jmp	x86_return_user_check

interrupt_kernel:
	push_registers
	forbid_user_access
	movl	FRAME_VECTOR(%rsp), %edi
	movq	%rsp, %rsi
	call	x86_irq_dispatch
	pop_registers
	iretq

.macro interrupts vectors:vararg
	.irp vector, \vectors
	.type	irq_\vector, @function
	.balign	8
irq_\vector:
	pushq	$0
	pushq	$\vector
	jmp	interrupt_common
	.endr
.endm

	interrupts	32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47
	interrupts	48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63

/*
 * Entries with a stack of their own, from anywhere.  Each stays on it to the
 * end; nothing in it may fault, or the next one would overwrite it.
 */
.macro anywhere vector, name
	.type	\name, @function
	.balign	8
\name:
	pushq	$0
	pushq	$\vector
	jmp	anywhere_common
.endm

	anywhere	2, trap_nmi
	anywhere	18, trap_machine_check

	.type	trap_double_fault, @function
	.balign	8
trap_double_fault:
	pushq	$8				/* the error code is there */
	jmp	anywhere_common

anywhere_common:
	cld
	push_registers
	forbid_user_access
	/* The kernel's GS base is in the upper half, a user's never. */
	xorl	%ebx, %ebx
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	testl	%edx, %edx
	js	1f
	swapgs
	incl	%ebx
1:	movq	%rsp, %rdi
	call	x86_trap_anywhere
	testl	%ebx, %ebx
	jz	1f
	swapgs
1:	pop_registers
	iretq

/*
 * Debug exceptions have a stack of their own as well, since one can be made
 * to come at the first instruction of an entry (SDM vol. 3, 6.8.3).  One of
 * user mode is an ordinary exception: go on where those are.
 */
	.type	trap_debug, @function
	.balign	8
trap_debug:
	pushq	$0
	pushq	$1
	testb	$3, 24(%rsp)
	jz	anywhere_common
	cld
	swapgs
	movq	%rax, %gs:CPU_SCRATCH
	movq	%rsp, %rax
	movq	%gs:CPU_KSTACK_TOP, %rsp
	pushq	48(%rax)			/* ss */
	pushq	40(%rax)			/* sp */
	pushq	32(%rax)			/* flags */
	pushq	24(%rax)			/* cs */
	pushq	16(%rax)			/* ip */
	pushq	8(%rax)				/* error code */
	pushq	(%rax)				/* vector */
	movq	%gs:CPU_SCRATCH, %rax
	jmp	exception_user

/*
 * x86_enter_user(frame): load all registers from @frame, interrupts off.
 * Selectors that another program has left behind go as well.
 */
	.globl	x86_enter_user
	.type	x86_enter_user, @function
	.balign	16
x86_enter_user:
	movq	%rdi, %rsp
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	swapgs					/* loading gs sets its base */
	movl	%eax, %gs
	swapgs
	xorl	%ebp, %ebp
	jmp	x86_return_user_check

	.globl	__entry_text_end
__entry_text_end:

/* Where each vector goes, for x86/cpu.c. */
	.section .rodata
	.globl	x86_vectors
	.balign	8
x86_vectors:
	.quad	trap_divide, trap_debug, trap_nmi, trap_breakpoint
	.quad	trap_overflow, trap_bound, trap_invalid_opcode, trap_no_fpu
	.quad	trap_double_fault, trap_9, trap_invalid_tss, trap_no_segment
	.quad	trap_stack, trap_protection, trap_page_fault, trap_15
	.quad	trap_fpu, trap_alignment, trap_machine_check, trap_simd
	.quad	trap_virtualization, trap_control, trap_22, trap_23
	.quad	trap_24, trap_25, trap_26, trap_27
	.quad	trap_28, trap_29, trap_30, trap_31
.irp vector, 32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47
	.quad	irq_\vector
.endr
.irp vector, 48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63
	.quad	irq_\vector
.endr

	.section .note.GNU-stack, "", @progbits
