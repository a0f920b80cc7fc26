/*
 * include/mach/machine/fp_reg.h -- floating-point state as the processor
 * stores it.
 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_FP_REG_H
#define MACH_MACHINE_FP_REG_H

/* x87: the environment, and the registers of ten bytes each behind it. */
struct i386_fp_save {
	unsigned short	fp_control;
	unsigned short	fp_unused_1;
	unsigned short	fp_status;
	unsigned short	fp_unused_2;
	unsigned short	fp_tag;		/* two bits a register */
	unsigned short	fp_unused_3;
	unsigned int	fp_eip;		/* of the last instruction */
	unsigned short	fp_cs;
	unsigned short	fp_opcode;
	unsigned int	fp_dp;		/* of its operand */
	unsigned short	fp_ds;
	unsigned short	fp_unused_4;
};

struct i386_fp_regs {
	unsigned short	fp_reg_word[8][5];
};

/* What XSAVE adds: which parts are there, and whether they are packed. */
#define XSAVE_XCOMP_BV_COMPACT	(((unsigned long long)1) << 63)

struct i386_xfp_xstate_header {
	unsigned long long	xfp_features;
	unsigned long long	xcomp_bv;
	unsigned long long	reserved[6];
} __attribute__((packed));

/* FXSAVE and XSAVE. */
struct i386_xfp_save {
	unsigned short	fp_control;
	unsigned short	fp_status;
	unsigned short	fp_tag;		/* one bit a register */
	unsigned short	fp_opcode;
	unsigned int	fp_eip;
	unsigned short	fp_cs;
	unsigned short	fp_eip3;
	unsigned int	fp_dp;
	unsigned short	fp_ds;
	unsigned short	fp_dp3;
	unsigned int	fp_mxcsr;
	unsigned int	fp_mxcsr_mask;
	unsigned char	fp_reg_word[8][16];
	unsigned char	fp_xreg_word[16][16];
	unsigned char	padding[24 * 4];
	struct i386_xfp_xstate_header header;
	unsigned char	extended[];	/* layout by CPUID leaf 0xd */
} __attribute__((packed, aligned(64)));

/* Control word: exceptions held back */
#define FPC_IE			0x1
#define FPC_IM			0x1
#define FPC_DE			0x2
#define FPC_DM			0x2
#define FPC_ZE			0x4
#define FPC_ZM			0x4
#define FPC_OE			0x8
#define FPC_OM			0x8
#define FPC_UE			0x10
#define FPC_PE			0x20

/* Control word: precision, rounding, infinity */
#define FPC_IC_PROJ		0x0
#define FPC_PC_24		0x0
#define FPC_RC_RN		0x0
#define FPC_PC_53		0x200
#define FPC_PC			0x300
#define FPC_PC_64		0x300
#define FPC_RC_RD		0x400
#define FPC_RC_RU		0x800
#define FPC_RC			0xc00
#define FPC_RC_CHOP		0xc00
#define FPC_IC			0x1000
#define FPC_IC_AFF		0x1000

/* Status word: place of the top of the stack */
#define FPS_TOS_SHIFT		11

/* Status word */
#define FPS_IE			0x1
#define FPS_DE			0x2
#define FPS_ZE			0x4
#define FPS_OE			0x8
#define FPS_UE			0x10
#define FPS_PE			0x20
#define FPS_SF			0x40
#define FPS_ES			0x80
#define FPS_C0			0x100
#define FPS_C1			0x200
#define FPS_C2			0x400
#define FPS_TOS			0x3800
#define FPS_C3			0x4000
#define FPS_BUSY		0x8000

#endif /* MACH_MACHINE_FP_REG_H */
