/*
 * i386/user_copy.S -- the instructions that may fault on user memory.
 *
 * Each is in the fix-up table, with the place where execution goes on when
 * its fault can't be resolved.  The AC flag is set around them only
 * (x86_smap_enable() makes the padding `stac' and `clac').
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

.macro smap_patch opcode
771:	.byte	0x0f, 0x1f, 0x00		/* nopl (%eax) */
	.pushsection .smap_patches, "a"
	.long	771b, 0
	.byte	0x0f, 0x01, \opcode, 0
	.long	0
	.popsection
.endm

.macro user_access_begin
	smap_patch 0xcb				/* stac */
.endm

.macro user_access_end
	smap_patch 0xca				/* clac */
.endm

.macro fixup from, to
	.pushsection .fixups, "a"
	.long	\from, \to
	.popsection
.endm

/* bool x86_copy_user(void *dst, const void *src, size_t size) */
	.text
	.globl	x86_copy_user
	.type	x86_copy_user, @function
	.balign	16
x86_copy_user:
	pushl	%esi
	pushl	%edi
	movl	%eax, %edi
	movl	%edx, %esi
	movl	%ecx, %edx
	shrl	$2, %ecx
	andl	$3, %edx
	user_access_begin
1:	rep movsl
	movl	%edx, %ecx
2:	rep movsb
	user_access_end
	movl	$1, %eax
	popl	%edi
	popl	%esi
	ret
3:	user_access_end
	xorl	%eax, %eax
	popl	%edi
	popl	%esi
	ret
	fixup	1b, 3b
	fixup	2b, 3b

/*
 * size_t x86_copy_user_string(char *dst, const char *src, size_t room)
 *
 * Bytes before the zero; room if there is none; -1 for a fault.
 */
	.globl	x86_copy_user_string
	.type	x86_copy_user_string, @function
	.balign	16
x86_copy_user_string:
	pushl	%esi
	pushl	%edi
	movl	%eax, %edi
	movl	%edx, %esi
	movl	%ecx, %edx
	xorl	%eax, %eax
	user_access_begin
1:	cmpl	%edx, %eax
	je	3f
2:	movb	(%esi, %eax), %cl
	movb	%cl, (%edi, %eax)
	testb	%cl, %cl
	jz	3f
	incl	%eax
	jmp	1b
3:	user_access_end
	popl	%edi
	popl	%esi
	ret
4:	user_access_end
	movl	$-1, %eax
	popl	%edi
	popl	%esi
	ret
	fixup	2b, 4b

	.section .note.GNU-stack, "", @progbits
