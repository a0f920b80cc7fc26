/*
 * utils/shell_images.S -- the programs' images, found in the build folder.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
	.section .rodata

	.macro	image name, file
	.globl	shell_image_\name
	.globl	shell_image_\name\()_end
	.balign	16
shell_image_\name:
	.incbin	"\file"
shell_image_\name\()_end:
	.endm

	image	slabinfo, "utils/images/slabinfo"
	image	vminfo, "utils/images/vminfo"
	image	vmstat, "utils/images/vmstat"
	image	load, "utils/images/load"
	image	args, "utils/images/args"
	image	touch, "utils/images/touch"
	image	crash, "utils/images/crash"

	.section .note.GNU-stack, "", @progbits
