/*
 * tests/user/i386/hostile.S -- ways to die, and states to survive, that C has
 * no words for.  Each is a function without arguments.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define KERNEL_TEXT	0xfea02000
#define DIRECT_MAP	0xc0100000
#define USER_END	0xc0000000

#define FLAG_TF		0x100
#define FLAG_DF		0x400
#define FLAG_IOPL	0x3000
#define FLAG_NT		0x4000
#define FLAG_AC		0x40000

#define TASK_SELF	-28
#define PRINT		-30
#define SWTCH		-60

	.text

	.macro	function name
	.globl	\name
	.type	\name, @function
\name:
	.endm

	.macro	trap number
	movl	$\number, %eax
	lcall	$7, $0
	.endm

	.macro	set_flags flags
	pushfl
	orl	$\flags, (%esp)
	popfl
	.endm

	function die_jump_kernel
	movl	$KERNEL_TEXT, %eax
	jmp	*%eax

	function die_read_kernel
	movl	KERNEL_TEXT, %eax
	ud2

	function die_write_kernel
	movl	%eax, KERNEL_TEXT
	ud2

	function die_read_direct_map
	movl	DIRECT_MAP, %eax
	ud2

	function die_push_kernel
	movl	$KERNEL_TEXT + 4096, %esp
	pushl	%eax
	ud2

/* The instruction behind the trap is the kernel's. */
	function die_trap_at_end
	function die_gate_at_end
	movl	$USER_END - 7, %edx
	movb	$0x9a, (%edx)
	movl	$0, 1(%edx)
	movw	$7, 5(%edx)
	movl	$TASK_SELF, %eax
	jmp	*%edx

/* A trap behind which the stack is the kernel's. */
	function die_trap_stack_then_ret
	movl	$KERNEL_TEXT, %esp
	trap	TASK_SELF
	ret

	function die_single_step
	set_flags FLAG_TF
	nop
	ud2

	function die_trap_single_step
	movl	$TASK_SELF, %eax
	set_flags FLAG_TF
	lcall	$7, $0
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
	movl	$0x176, %ecx		/* where `sysenter' goes */
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr

	function die_read_cr3
	movl	%cr3, %eax

	function die_lgdt
	subl	$16, %esp
	lgdt	(%esp)

	function die_ltr
	movl	$0x28, %eax
	ltr	%ax

	function die_lldt
	xorl	%eax, %eax
	lldt	%ax

	function die_syscall
	movl	$TASK_SELF, %eax
	syscall
	ud2

	function die_sysenter
	sysenter
	ud2

/* Gates are for calls; other ways to the kernel's segments are none. */
	function die_jump_gate
	ljmp	$7, $0
	ud2

	function die_call_kernel_cs
	lcall	$8, $KERNEL_TEXT
	ud2

	function die_call_bad_gate
	lcall	$15, $0
	ud2

	function die_call_tss
	lcall	$0x2b, $0
	ud2

	function die_iret_kernel_cs
	pushfl
	pushl	$8			/* a kernel code selector */
	pushl	$1f
	iret
1:	ud2

/* Back to the task that this one interrupted: there is none. */
	function die_iret_nested
	set_flags FLAG_NT
	pushfl
	pushl	%cs
	pushl	$1f
	iret
1:	ud2

	function die_bad_selector
	movl	$0x7ffb, %eax
	movl	%eax, %fs
	ud2

	function die_kernel_selector
	movl	$0x10, %eax
	movl	%eax, %ss
	ud2

	function die_data_selector
	movl	$0x10, %eax
	movl	%eax, %ds
	ud2

	function die_cpu_selector
	movl	$0x40, %eax
	movl	%eax, %gs
	ud2

	function die_null_selector
	xorl	%eax, %eax
	movl	%eax, %es
	movl	%es:(%esp), %eax
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
	movb	$0, die_write_text
	ud2

	function die_simd
	pushl	$0			/* every SIMD exception unmasked */
	ldmxcsr	(%esp)
	xorps	%xmm0, %xmm0
	divss	%xmm0, %xmm0
	ud2

	function die_x87
	pushl	$0x340			/* every x87 exception unmasked */
	fldcw	(%esp)
	fldz
	fldz
	fdivp
	fwait
	ud2

	function die_stack_overflow
	pushl	%eax
	jmp	die_stack_overflow

/* Align checks on, a trap in between, then a misaligned read. */
	function die_alignment
	set_flags FLAG_AC
	trap	TASK_SELF
	movl	1(%esp), %eax
	ud2

/*
 * States to survive: each traps for mach_task_self in it, puts things right
 * again and returns the result, or 1.
 */
	.macro	trap_with_flags name, flags
	function \name
	pushfl
	set_flags \flags
	trap	TASK_SELF
	popfl
	ret
	.endm

	trap_with_flags	live_flag_direction, FLAG_DF
	trap_with_flags	live_flag_nested, FLAG_NT
	trap_with_flags	live_flag_alignment, FLAG_AC
	trap_with_flags	live_flag_iopl, FLAG_IOPL

/* The direction flag while the kernel copies a string for us. */
	function live_print_backwards
	std
	pushl	$backwards_text
	pushl	$0
	trap	PRINT
	addl	$8, %esp
	cld
	movl	$1, %eax
	ret

	.macro	load_selectors register
	movl	%\register, %ds
	movl	%\register, %es
	movl	%\register, %fs
	movl	%\register, %gs
	.endm

/* Null selectors, which user mode may load. */
	function live_null_selectors
	xorl	%eax, %eax
	load_selectors eax
	trap	TASK_SELF
	movl	%ss, %ecx
	load_selectors ecx
	ret

/* The stack's own selector everywhere. */
	function live_data_selectors
	movl	%ss, %eax
	load_selectors eax
	trap	TASK_SELF
	ret

/* The kernel reads our memory, with selectors of its own. */
	function live_data_null_print
	pushl	$null_text
	pushl	$0
	xorl	%eax, %eax
	load_selectors eax
	trap	PRINT
	movl	%ss, %ecx
	load_selectors ecx
	addl	$8, %esp
	movl	$1, %eax
	ret

/* A trap and a yield keep selectors, each its own. */
	function live_selectors_kept
	pushl	%ebx
	movl	%ss, %ebx
	xorl	%eax, %eax
	movl	%eax, %es
	movl	%ebx, %fs
	movl	%eax, %gs
	trap	TASK_SELF
	trap	SWTCH
	movl	%fs, %eax
	cmpl	%ebx, %eax
	jne	1f
	movl	%es, %eax
	testl	%eax, %eax
	jne	1f
	movl	%gs, %eax
	testl	%eax, %eax
	jne	1f
	movl	%ds, %eax
	cmpl	%ebx, %eax
	jne	1f
	movl	$1, %eax
	jmp	2f
1:	movl	$-1, %eax
2:	movl	%ebx, %es
	movl	%ebx, %gs
	popl	%ebx
	ret

/* The gate by an instruction of 6 bytes, its offset 16 bits. */
	function live_gate_16_bit
	movl	$TASK_SELF, %eax
	.byte	0x66, 0x9a, 0, 0, 7, 0
	ret

/* long live_nested_yield(void): swtch with the nested-task flag set. */
	function live_nested_yield
	pushfl
	set_flags FLAG_NT
	trap	SWTCH
	popfl
	movl	$1, %eax
	ret

	.section .rodata
backwards_text:
	.asciz	"# printed with the direction flag set\n"
null_text:
	.asciz	"# printed with null selectors\n"

	.section .note.GNU-stack, "", @progbits
