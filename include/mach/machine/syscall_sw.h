/* include/mach/machine/syscall_sw.h -- how a program traps into the kernel. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_SYSCALL_SW_H
#define MACH_MACHINE_SYSCALL_SW_H

/* kernel_trap(name, number, nargs) makes the function of that name. */
#if __SIZEOF_POINTER__ == 8
/* A seventh argument and more stay on the stack where C put them. */
#define kernel_trap(name, number, nargs) \
	.globl name; .type name, @function; .p2align 4; \
name:	movq $(number), %rax; movq %rcx, %r10; syscall; ret; \
	.size name, . - name;
#else
#define kernel_trap(name, number, nargs) \
	.globl name; .type name, @function; .p2align 4; \
name:	movl $(number), %eax; lcall $7, $0; ret; \
	.size name, . - name;
#endif

#endif /* MACH_MACHINE_SYSCALL_SW_H */
