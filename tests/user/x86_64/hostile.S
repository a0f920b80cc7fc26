/*
 * tests/user/x86_64/hostile.S -- ways to die, and states to survive, that C
 * has no words for.  Each is a function without arguments.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define NONCANONICAL	0x8000000000000000
#define KERNEL_TEXT	0xffffffff80200000
#define DIRECT_MAP	0xffff800000100000
#define USER_END	0x800000000000

#define FLAG_TF		0x100
#define FLAG_DF		0x400
#define FLAG_IOPL	0x3000
#define FLAG_NT		0x4000
#define FLAG_AC		0x40000

	.text

	.macro	function name
	.globl	\name
	.type	\name, @function
\name:
	.endm

	function die_jump_noncanonical
	movabsq	$NONCANONICAL, %rax
	jmp	*%rax

	function die_jump_kernel
	movabsq	$KERNEL_TEXT, %rax
	jmp	*%rax

	function die_read_kernel
	movabsq	$KERNEL_TEXT, %rax
	movq	(%rax), %rax
	ud2

	function die_write_kernel
	movabsq	$KERNEL_TEXT, %rax
	movq	%rax, (%rax)
	ud2

	function die_read_direct_map
	movabsq	$DIRECT_MAP, %rax
	movq	(%rax), %rax
	ud2

	function die_read_noncanonical
	movabsq	$NONCANONICAL, %rax
	movq	(%rax), %rax
	ud2

	function die_push_noncanonical
	movabsq	$NONCANONICAL, %rsp
	pushq	%rax
	ud2

	function die_push_kernel
	movabsq	$KERNEL_TEXT + 4096, %rsp
	pushq	%rax
	ud2

/* The instruction behind the trap is not canonical: no sysret to there. */
	function die_trap_at_end
	movabsq	$USER_END - 2, %rdx
	movw	$0x050f, (%rdx)		/* syscall */
	movl	$-28, %eax
	jmp	*%rdx

/* The same through the call gate: 7 bytes. */
	function die_gate_at_end
	movabsq	$USER_END - 7, %rdx
	movb	$0x9a, (%rdx)
	movl	$0, 1(%rdx)
	movw	$7, 5(%rdx)
	movl	$-28, %eax
	jmp	*%rdx

/* A trap behind which nothing is mapped. */
	function die_trap_stack_then_ret
	movabsq	$NONCANONICAL, %rsp
	movl	$-28, %eax
	syscall
	ret

	function die_single_step
	pushfq
	orq	$FLAG_TF, (%rsp)
	popfq
	nop
	ud2

	function die_trap_single_step
	movl	$-28, %eax
	pushfq
	orq	$FLAG_TF, (%rsp)
	popfq
	syscall
	ud2

	function die_int3
	int3
	ud2

	function die_int_80
	int	$0x80

	function die_int_page_fault
	int	$14

	function die_int_nmi
	int	$2

	function die_int_irq
	int	$32

	function die_int_double_fault
	int	$8

	function die_hlt
	hlt

	function die_cli
	cli

	function die_out
	movl	$0xf4, %edx
	xorl	%eax, %eax
	outb	%al, %dx

	function die_wrmsr
	movl	$0xc0000082, %ecx	/* where `syscall' goes */
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr

	function die_read_cr3
	movq	%cr3, %rax

	function die_lgdt
	subq	$16, %rsp
	lgdt	(%rsp)

	function die_swapgs
	swapgs

	function die_sysret
	sysretq

	function die_sysenter
	sysenter

	function die_iret_kernel_cs
	movq	%rsp, %rax
	pushq	$0			/* ss */
	pushq	%rax
	pushfq
	pushq	$8			/* a kernel code selector */
	leaq	1f(%rip), %rax
	pushq	%rax
	iretq
1:	ud2

	function die_iret_noncanonical
	movq	%rsp, %rcx
	movl	%ss, %eax
	pushq	%rax
	pushq	%rcx
	pushfq
	movl	%cs, %eax
	pushq	%rax
	movabsq	$NONCANONICAL, %rax
	pushq	%rax
	iretq

	function die_bad_selector
	movl	$0x7ffb, %eax
	movl	%eax, %fs
	ud2

	function die_kernel_selector
	movl	$0x10, %eax
	movl	%eax, %ss
	ud2

	function die_divide
	xorl	%ecx, %ecx
	movl	$1, %eax
	xorl	%edx, %edx
	divl	%ecx
	ud2

	function die_invalid_opcode
	ud2

	function die_long_instruction
	.rept	15
	.byte	0x66
	.endr
	nop
	ud2

	function die_write_text
	leaq	die_write_text(%rip), %rax
	movb	$0, (%rax)
	ud2

	function die_simd
	subq	$16, %rsp
	movl	$0, (%rsp)		/* every SIMD exception unmasked */
	ldmxcsr	(%rsp)
	xorps	%xmm0, %xmm0
	divss	%xmm0, %xmm0
	ud2

	function die_x87
	subq	$16, %rsp
	movw	$0x340, (%rsp)		/* every x87 exception unmasked */
	fldcw	(%rsp)
	fldz
	fldz
	fdivp
	fwait
	ud2

	function die_stack_overflow
	pushq	%rax
	jmp	die_stack_overflow

/* Align checks on, a trap in between, then a misaligned read. */
	function die_alignment
	pushfq
	orq	$FLAG_AC, (%rsp)
	popfq
	movl	$-28, %eax
	syscall
	movq	1(%rsp), %rax
	ud2

/*
 * States to survive: each traps for mach_task_self in it, puts things right
 * again and returns the result.
 */
	.macro	trap_with_flags name, flags
	function \name
	pushfq
	pushfq
	orq	$\flags, (%rsp)
	popfq
	movl	$-28, %eax
	syscall
	popfq
	ret
	.endm

	trap_with_flags	live_flag_direction, FLAG_DF
	trap_with_flags	live_flag_nested, FLAG_NT
	trap_with_flags	live_flag_alignment, FLAG_AC
	trap_with_flags	live_flag_iopl, FLAG_IOPL

/* The direction flag while the kernel copies a string for us. */
	function live_print_backwards
	std
	leaq	backwards_text(%rip), %rdi
	movl	$-30, %eax
	syscall
	cld
	movl	$1, %eax
	ret

/* Null selectors, which user mode may load; gs has a base of the kernel's
 * while it is in the kernel. */
	function live_null_selectors
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$-28, %eax
	syscall
	ret

/* The stack's own selector everywhere. */
	function live_data_selectors
	movl	%ss, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$-28, %eax
	syscall
	ret

/* long live_nested_yield(void): swtch with the nested-task flag set. */
	function live_nested_yield
	pushfq
	pushfq
	orq	$FLAG_NT, (%rsp)
	popfq
	movl	$-60, %eax
	syscall
	popfq
	movl	$1, %eax
	ret

	.section .rodata
backwards_text:
	.asciz	"# printed with the direction flag set\n"

	.section .note.GNU-stack, "", @progbits
