/* include/mach/machine/thread_status.h -- registers of a thread on x86. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_MACHINE_THREAD_STATUS_H
#define MACH_MACHINE_THREAD_STATUS_H

#include <mach/machine/fp_reg.h>

#define i386_THREAD_STATE		1
#define i386_FLOAT_STATE		2
#define i386_ISA_PORT_MAP_STATE		3
#define i386_V86_ASSIST_STATE		4
#define i386_REGS_SEGS_STATE		5	/* selectors are taken, too */
#define i386_DEBUG_STATE		6
#define i386_FSGS_BASE_STATE		7
#define i386_XFLOAT_STATE		8

/* Flavors THREAD_STATE and REGS_SEGS_STATE. */
#if __SIZEOF_POINTER__ == 8
struct i386_thread_state {
	__UINT64_TYPE__	r8;
	__UINT64_TYPE__	r9;
	__UINT64_TYPE__	r10;
	__UINT64_TYPE__	r11;
	__UINT64_TYPE__	r12;
	__UINT64_TYPE__	r13;
	__UINT64_TYPE__	r14;
	__UINT64_TYPE__	r15;
	__UINT64_TYPE__	rdi;
	__UINT64_TYPE__	rsi;
	__UINT64_TYPE__	rbp;
	__UINT64_TYPE__	rsp;	/* not used: ursp is the stack pointer */
	__UINT64_TYPE__	rbx;
	__UINT64_TYPE__	rdx;
	__UINT64_TYPE__	rcx;
	__UINT64_TYPE__	rax;
	__UINT64_TYPE__	rip;
	unsigned int	cs;
	__UINT64_TYPE__	rfl;
	__UINT64_TYPE__	ursp;
	unsigned int	ss;
};
#else
struct i386_thread_state {
	unsigned int	gs;
	unsigned int	fs;
	unsigned int	es;
	unsigned int	ds;
	unsigned int	edi;
	unsigned int	esi;
	unsigned int	ebp;
	unsigned int	esp;	/* not used: uesp is the stack pointer */
	unsigned int	ebx;
	unsigned int	edx;
	unsigned int	ecx;
	unsigned int	eax;
	unsigned int	eip;
	unsigned int	cs;
	unsigned int	efl;
	unsigned int	uesp;
	unsigned int	ss;
};
#endif
#define i386_THREAD_STATE_COUNT \
	(sizeof(struct i386_thread_state) / sizeof(unsigned int))

/* The x87 environment and registers (mach/machine/fp_reg.h). */
#define FP_STATE_BYTES	(sizeof(struct i386_fp_save) \
			 + sizeof(struct i386_fp_regs))

struct i386_float_state {
	int		fpkind;		/* what the processor has */
	int		initialized;	/* has the thread used it */
	unsigned char	hw_state[FP_STATE_BYTES];
	int		exc_status;
};
#define i386_FLOAT_STATE_COUNT \
	(sizeof(struct i386_float_state) / sizeof(unsigned int))

/* As FXSAVE or XSAVE leaves it; i386_get_xstate_size tells the length. */
struct i386_xfloat_state {
	int		fpkind;
	int		initialized;
	int		exc_status;
	int		fp_save_kind;
	unsigned char	hw_state[];
};

/* Ports that the thread may use, a bit each; 0 allows. */
#define PORT_MAP_BITS	0x400

struct i386_isa_port_map_state {
	unsigned char	pm[PORT_MAP_BITS >> 3];
};
#define i386_ISA_PORT_MAP_STATE_COUNT \
	(sizeof(struct i386_isa_port_map_state) / sizeof(unsigned int))

/* Help for virtual 8086 mode. */
struct i386_v86_assist_state {
	unsigned int	int_table;	/* address of the table below */
	int		int_count;	/* its entries */
};
struct v86_interrupt_table {
	unsigned int	count;		/* interrupts pending */
	unsigned short	mask;
	unsigned short	vec;
};
#define i386_V86_ASSIST_STATE_COUNT \
	(sizeof(struct i386_v86_assist_state) / sizeof(unsigned int))

struct i386_debug_state {
	unsigned int	dr[8];
};
#define i386_DEBUG_STATE_COUNT \
	(sizeof(struct i386_debug_state) / sizeof(unsigned int))

struct i386_fsgs_base_state {
	unsigned long	fs_base;
	unsigned long	gs_base;
};
#define i386_FSGS_BASE_STATE_COUNT \
	(sizeof(struct i386_fsgs_base_state) / sizeof(unsigned int))

#endif /* MACH_MACHINE_THREAD_STATUS_H */
