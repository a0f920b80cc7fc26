/*
 * kern/exception.c -- see kern/exception.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/exception.h"

#include <mach/exception.h>
#include <mach/kern_return.h>
#include <machine/cpu.h>
#include <machine/trap.h>

#include "kern/assert.h"
#include "kern/printf.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/trace.h"
#include "lib/format.h"
#include "lib/macros.h"

const char *
exception_name(int exc)
{
	static const char *const names[] = {
		[EXC_BAD_ACCESS] = "EXC_BAD_ACCESS",
		[EXC_BAD_INSTRUCTION] = "EXC_BAD_INSTRUCTION",
		[EXC_ARITHMETIC] = "EXC_ARITHMETIC",
		[EXC_EMULATION] = "EXC_EMULATION",
		[EXC_SOFTWARE] = "EXC_SOFTWARE",
		[EXC_BREAKPOINT] = "EXC_BREAKPOINT",
	};

	if (exc <= 0 || (size_t)exc >= ARRAY_SIZE(names))
		return "EXC_?";
	return names[exc];
}

/* What a failed page fault says of itself; NULL for the machine's codes. */
static const char *
exception_access_name(int code)
{
	switch (code) {
	case KERN_INVALID_ADDRESS:
		return "KERN_INVALID_ADDRESS";
	case KERN_PROTECTION_FAILURE:
		return "KERN_PROTECTION_FAILURE";
	case KERN_RESOURCE_SHORTAGE:
		return "KERN_RESOURCE_SHORTAGE";
	case KERN_MEMORY_ERROR:
		return "KERN_MEMORY_ERROR";
	case EXC_I386_PGFLT:
		return "EXC_I386_PGFLT";
	default:
		return NULL;
	}
}

/* "address 0x10" of a bad access, "subcode 0x402" of anything else. */
static void
exception_describe(char *buf, size_t size, int exc, int code,
		   unsigned long subcode)
{
	const char *access = NULL;

	if (exc == EXC_BAD_ACCESS)
		access = exception_access_name(code);

	if (access != NULL)
		ksnprintf(buf, size, "code %d (%s) address 0x%lx", code,
			  access, subcode);
	else
		ksnprintf(buf, size, "code %d subcode 0x%lx", code, subcode);
}

void
trap_hook_exception(struct trap_frame *frame, int exc, int code,
		    unsigned long subcode)
{
	struct thread *thread = current_thread();
	struct task *task = thread->task;
	char what[80];

	assert(task != NULL);
	trace("exception %ld, code %ld, pc 0x%lx", (unsigned long)exc,
	      (unsigned long)code, trap_frame_pc(frame));
	exception_describe(what, sizeof what, exc, code, subcode);
	kprintf("exception: task %u (%s) thread %u: %s %s pc 0x%lx sp 0x%lx\n",
		task->id, task->name, thread->id, exception_name(exc), what,
		(unsigned long)trap_frame_pc(frame),
		(unsigned long)trap_frame_sp(frame));

	/* No locks are held: the thread came straight from user mode. */
	task_fault(task);
	thread_exit();
}
