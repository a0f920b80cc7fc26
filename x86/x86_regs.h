/*
 * x86/x86_regs.h -- registers and selectors: names for the manual's numbers.
 *
 * Private to x86/, i386/ and x86_64/; the assembler reads it as well.
 * SDM: Intel 64 and IA-32 Architectures Software Developer's Manual.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_X86_REGS_H
#define X86_X86_REGS_H

#include <machine/segments.h>

/* Control registers: SDM vol. 3, 2.5. */
#define CR0_PE		0x00000001	/* protected mode */
#define CR0_MP		0x00000002	/* wait instructions obey CR0_TS */
#define CR0_EM		0x00000004	/* no floating-point unit */
#define CR0_TS		0x00000008	/* floating point faults */
#define CR0_NE		0x00000020	/* its errors are exception 16 */
#define CR0_WP		0x00010000	/* read-only is so for the kernel */
#define CR0_AM		0x00040000	/* alignment checks possible */
#define CR0_PG		0x80000000	/* paging */

#define CR4_PAE		0x00000020
#define CR4_MCE		0x00000040	/* machine checks are exceptions */
#define CR4_PGE		0x00000080	/* global pages */
#define CR4_OSFXSR	0x00000200	/* FXSAVE is used, SSE possible */
#define CR4_OSXMMEXCPT	0x00000400	/* SSE errors are exception 19 */
#define CR4_UMIP	0x00000800	/* no table addresses for users */
#define CR4_OSXSAVE	0x00040000	/* XSAVE is used, AVX possible */
#define CR4_SMEP	0x00100000	/* no execution of user pages */
#define CR4_SMAP	0x00200000	/* no access to user pages, but by AC */

/* Flags: SDM vol. 1, 3.4.3. */
#define FLAGS_CF	0x00000001
#define FLAGS_FIXED	0x00000002	/* always set */
#define FLAGS_PF	0x00000004
#define FLAGS_AF	0x00000010
#define FLAGS_ZF	0x00000040
#define FLAGS_SF	0x00000080
#define FLAGS_TF	0x00000100	/* single step */
#define FLAGS_IF	0x00000200
#define FLAGS_DF	0x00000400
#define FLAGS_OF	0x00000800
#define FLAGS_IOPL	0x00003000
#define FLAGS_NT	0x00004000
#define FLAGS_RF	0x00010000
#define FLAGS_AC	0x00040000
#define FLAGS_ID	0x00200000

/* What a user program may set for itself. */
#define FLAGS_USER	(FLAGS_CF | FLAGS_PF | FLAGS_AF | FLAGS_ZF | FLAGS_SF \
			 | FLAGS_TF | FLAGS_DF | FLAGS_OF | FLAGS_RF \
			 | FLAGS_AC | FLAGS_ID)

/* Model-specific registers: SDM vol. 4. */
#define MSR_SYSENTER_CS	0x174		/* 0: sysenter is refused */
#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081	/* selectors for syscall and sysret */
#define MSR_LSTAR	0xc0000082	/* where syscall goes */
#define MSR_CSTAR	0xc0000083	/* ... from 32-bit code (AMD) */
#define MSR_FMASK	0xc0000084	/* flags that syscall clears */
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102	/* what swapgs exchanges with */

#define EFER_SCE	0x001		/* syscall works */
#define EFER_LME	0x100		/* long mode */
#define EFER_NXE	0x800		/* no-execute works */

#define BOOT_STACK_SIZE		12288	/* of startup_main(), then idle */

#endif /* X86_X86_REGS_H */
