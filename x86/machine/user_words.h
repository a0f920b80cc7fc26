/*
 * x86/machine/user_words.h -- words from and to the current task, copied in
 *	line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What user_copy.S does for blocks of any size, where messages and arguments
 * are read and written: a call less, and no odd bytes.  And what else may fault
 * on memory of a program.
 */
#ifndef X86_MACHINE_USER_WORDS_H
#define X86_MACHINE_USER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/macros.h"

/* Tables of addresses: struct x86_smap_patch, whose first member has 64 bits,
 * and struct x86_fixup. */
#ifdef __x86_64__
#define X86_MOVS_WORD		"movsq"
#define X86_PATCH_ADDRESS(at)	".quad " at "\n"
#define X86_FIXUP_ENTRY(at, to)	".quad " at ", " to "\n"
#else
#define X86_MOVS_WORD		"movsl"
#define X86_PATCH_ADDRESS(at)	".long " at ", 0\n"
#define X86_FIXUP_ENTRY(at, to)	".long " at ", " to "\n"
#endif

/* Padding that becomes `stac' or `clac' when there is SMAP. */
#define X86_SMAP_PADDING(opcode) \
	"771:	.byte 0x0f, 0x1f, 0x00\n" \
	".pushsection .smap_patches, \"a\"\n" \
	X86_PATCH_ADDRESS("771b") \
	".byte 0x0f, 0x01, " opcode ", 0\n" \
	".long 0\n" \
	".popsection\n"

/*
 * Copy @count words; one of the two places is the user's, in range.  A fault
 * that can't be resolved goes on behind the copying, with words left to be
 * copied.
 */
static ALWAYS_INLINE bool
x86_copy_user_words(void *dst, const void *src, size_t count)
{
	__asm__ volatile(
		X86_SMAP_PADDING("0xcb")
		"1:	rep " X86_MOVS_WORD "\n"
		"2:\n"
		X86_SMAP_PADDING("0xca")
		".pushsection .fixups, \"a\"\n"
		X86_FIXUP_ENTRY("1b", "2b")
		".popsection\n"
		: "+D" (dst), "+S" (src), "+c" (count)
		:
		: "memory");
	return count == 0;
}

/* Read and write back a byte of the user's, in one. */
static ALWAYS_INLINE bool
x86_touch_user_byte(uintptr_t at)
{
	unsigned int done = 0;

	__asm__ volatile(
		X86_SMAP_PADDING("0xcb")
		"1:	lock; orb $0, (%1)\n"
		"	movl $1, %0\n"
		"2:\n"
		X86_SMAP_PADDING("0xca")
		".pushsection .fixups, \"a\"\n"
		X86_FIXUP_ENTRY("1b", "2b")
		".popsection\n"
		: "+&r" (done)
		: "r" (at)
		: "memory", "cc");
	return done != 0;
}

#endif /* X86_MACHINE_USER_WORDS_H */
