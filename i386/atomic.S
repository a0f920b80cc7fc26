/*
 * i386/atomic.S -- what the compiler calls for atomic objects of 8 bytes.
 *
 * Its own library for that (libatomic) needs the floating-point unit.  Names,
 * arguments and results are the compiler's: GCC wiki, "Atomic/GCCMM/LIbrary";
 * called as the kernel's own functions are (HACKING, "Calls on i386").
 * Every operation is a locked cmpxchg8b, so in effect each is sequentially
 * consistent, and even a load needs the object to be writable.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

.macro function name
	.globl	\name
	.type	\name, @function
	.balign	16
\name:
.endm

	.text

/* uint64_t __atomic_load_8(const void *p, int order) */
	function __atomic_load_8
	pushl	%esi
	movl	%eax, %esi
	movl	%ebx, %eax			/* equal: stored unchanged */
	movl	%ecx, %edx
	lock cmpxchg8b (%esi)
	popl	%esi
	ret

/* uint64_t __atomic_exchange_8(void *p, uint64_t new, int order) */
	function __atomic_exchange_8
	pushl	%ebx
	pushl	%esi
	movl	%eax, %esi
	movl	%edx, %ebx
	movl	(%esi), %eax
	movl	4(%esi), %edx
1:	lock cmpxchg8b (%esi)
	jne	1b
	popl	%esi
	popl	%ebx
	ret

/* void __atomic_store_8(void *p, uint64_t new, int order) */
	.globl	__atomic_store_8
	.set	__atomic_store_8, __atomic_exchange_8

/*
 * bool __atomic_compare_exchange_8(void *p, void *old, uint64_t new,
 *				    int order, int order_failure)
 */
	function __atomic_compare_exchange_8
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	movl	%eax, %esi
	movl	%edx, %edi
	movl	16(%esp), %ebx
	movl	20(%esp), %ecx
	movl	(%edi), %eax
	movl	4(%edi), %edx
	lock cmpxchg8b (%esi)
	jne	1f
	movl	$1, %eax
	jmp	2f
1:	movl	%eax, (%edi)
	movl	%edx, 4(%edi)
	xorl	%eax, %eax
2:	popl	%edi
	popl	%esi
	popl	%ebx
	ret

/* uint64_t __atomic_fetch_add_8(void *p, uint64_t value, int order) */
	function __atomic_fetch_add_8
	pushl	%ebx
	pushl	%esi
	pushl	%ecx				/* 4(%esp): value, upper half */
	pushl	%edx				/* (%esp): lower half */
	movl	%eax, %esi
	movl	(%esi), %eax
	movl	4(%esi), %edx
1:	movl	(%esp), %ebx
	movl	4(%esp), %ecx
	addl	%eax, %ebx
	adcl	%edx, %ecx
	lock cmpxchg8b (%esi)
	jne	1b
	addl	$8, %esp
	popl	%esi
	popl	%ebx
	ret

	.section .note.GNU-stack, "", @progbits
