/* include/device/bpf.h -- packet filters of the Berkeley kind. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_BPF_H
#define DEVICE_BPF_H

/* One instruction. */
struct bpf_insn {
	unsigned short	code;
	unsigned char	jt;	/* instructions to skip if true */
	unsigned char	jf;	/* ... if false */
	int		k;	/* number or offset */
};
typedef struct bpf_insn	*bpf_insn_t;

struct bpf_version {
	unsigned short	bv_major;
	unsigned short	bv_minor;
};

/* Version of the language */
#define BPF_MAJOR_VERSION	1
#define BPF_MINOR_VERSION	1

/* Limits */
#define BPF_ALIGNMENT		4
#define BPF_MEMWORDS		16
#define NET_MAX_BPF		32
#define BPF_DLBASE		1073741824

/* Kinds of links */
#define DLT_NULL		0
#define DLT_EN10MB		1
#define DLT_EN3MB		2
#define DLT_AX25		3
#define DLT_PRONET		4
#define DLT_CHAOS		5
#define DLT_IEEE802		6
#define DLT_ARCNET		7
#define DLT_SLIP		8
#define DLT_PPP			9
#define DLT_FDDI		10

/* The first word of a program: for which way */
#define BPF_IN			1
#define BPF_OUT			2
#define BPF_BEGIN		1024

/* Classes */
#define BPF_LD			0x0
#define BPF_LDX			0x1
#define BPF_ST			0x2
#define BPF_STX			0x3
#define BPF_ALU			0x4
#define BPF_JMP			0x5
#define BPF_RET			0x6
#define BPF_MISC		0x7

/* Sizes of loads */
#define BPF_W			0x0
#define BPF_H			0x8
#define BPF_B			0x10

/* Modes of loads */
#define BPF_IMM			0x0
#define BPF_ABS			0x20
#define BPF_IND			0x40
#define BPF_MEM			0x60
#define BPF_LEN			0x80
#define BPF_MSH			0xa0

/* Arithmetic */
#define BPF_ADD			0x0
#define BPF_SUB			0x10
#define BPF_MUL			0x20
#define BPF_DIV			0x30
#define BPF_OR			0x40
#define BPF_AND			0x50
#define BPF_LSH			0x60
#define BPF_RSH			0x70
#define BPF_NEG			0x80

/* Jumps */
#define BPF_JA			0x0
#define BPF_JEQ			0x10
#define BPF_JGT			0x20
#define BPF_JGE			0x30
#define BPF_JSET		0x40
#define BPF_CKMATCH_IMM		0x50

/* Operands */
#define BPF_K			0x0
#define BPF_X			0x8

/* Results */
#define BPF_A			0x10
#define BPF_MATCH_IMM		0x18

/* Moves between the two registers */
#define BPF_TAX			0x0
#define BPF_TXA			0x80

/* Matching of many programs at once */
#define BPF_KEY			0x10
#define BPF_REG_DATA		0x18
#define BPF_MATCH_DATA		0x20
#define BPF_POSTPONE		0x20

#define BPF_CLASS(code)		((code) & 0x07)
#define BPF_SIZE(code)		((code) & 0x18)
#define BPF_MODE(code)		((code) & 0xe0)
#define BPF_OP(code)		((code) & 0xf0)
#define BPF_SRC(code)		((code) & 0x08)
#define BPF_RVAL(code)		((code) & 0x18)
#define BPF_MISCOP(code)	((code) & 0xf8)

#define BPF_WORDALIGN(x) \
	(((x) + (BPF_ALIGNMENT - 1)) & ~(BPF_ALIGNMENT - 1))
#define BPF_BYTES(n)		((n) * sizeof(struct bpf_insn))
#define BPF_BYTES2LEN(n)	((n) / sizeof(struct bpf_insn))

/* One instruction of a table: without and with jumps, and of a match. */
#define BPF_STMT(code, k)		{ (unsigned short)(code), 0, 0, k }
#define BPF_JUMP(code, k, jt, jf)	{ (unsigned short)(code), jt, jf, k }
#define BPF_RETMATCH(code, k, nkey)	{ (unsigned short)(code), nkey, 0, k }

/* The same into an instruction that is there already. */
#define BPF_INSN_JUMP(insn, c, n, t, f) \
	((insn)->code = (unsigned short)(c), (insn)->jt = (t), \
	 (insn)->jf = (f), (insn)->k = (n))
#define BPF_INSN_STMT(insn, c, n)	BPF_INSN_JUMP(insn, c, n, 0, 0)
#define BPF_INSN_RETMATCH(insn, c, n, nkey) \
	BPF_INSN_JUMP(insn, c, n, nkey, 0)
#define BPF_INSN_EQ(a, b) \
	((a)->code == (b)->code && (a)->jt == (b)->jt \
	 && (a)->jf == (b)->jf && (a)->k == (b)->k)

#endif /* DEVICE_BPF_H */
