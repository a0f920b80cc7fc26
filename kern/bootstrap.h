/*
 * kern/bootstrap.h -- the boot script: from module strings to boot tasks.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each boot module's string is one line of the script (boot.md section 3).
 * All lines are parsed first, which makes the tasks; then each task's first
 * thread loads the image, line by line, and the module's memory is given back
 * to the page allocator; then the functions run that resume tasks.  What is in
 * a line is the user's: control characters of names are shown as `?'.
 *
 * A line that is wrong, or asks for something that is not served, is refused
 * with one line on the console, its task is ended, and the rest boots on.
 * An argument whose value is a port (host-port, device-port, kernel-task, a
 * task of task-create) becomes its name in the task that gets it, a send right.
 * ramdisk-create is not served, and refuses its line.
 *
 * One bare module is started in compatibility mode (boot.md section 4).
 */
#ifndef KERN_BOOTSTRAP_H
#define KERN_BOOTSTRAP_H

#include <stdbool.h>

struct boot_info;

/* What became of the boot tasks. */
struct bootstrap_result {
	unsigned int nr_started;	/* tasks that were resumed */
	unsigned int nr_suspended;	/* loaded, resumed by no line */
	unsigned int nr_refused;	/* lines or images */
	unsigned int nr_faulted;	/* ended by an exception */
};

/**
 * bootstrap_start - run the boot script
 * @info:	command line and modules
 *
 * Context: once, a kernel thread; blocks.  Returns when the last resume
 *	    function has run; the tasks may run still.
 */
void bootstrap_start(const struct boot_info *info);

/**
 * bootstrap_wait - wait until every task that a line resumed has ended
 * @out:	filled in
 *
 * Tasks that nobody resumed are not waited for; they stay.
 *
 * Context: once, after bootstrap_start(); blocks.
 */
void bootstrap_wait(struct bootstrap_result *out);

#endif /* KERN_BOOTSTRAP_H */
