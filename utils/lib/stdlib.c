/*
 * utils/lib/stdlib.c -- numbers, sorting, waiting and the end.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mach.h>

#include "utils/lib/exit_message.h"

static unsigned int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return UINT_MAX;
}

unsigned long
strtoul(const char *restrict text, char **restrict end, int base)
{
	const char *digit = text;
	unsigned long value = 0, radix = (unsigned long)base;

	while (*digit == ' ' || *digit == '\t')
		digit++;
	if ((base == 0 || base == 16) && digit[0] == '0' && digit[1] == 'x'
	    && digit_value(digit[2]) < 16) {
		digit += 2;
		radix = 16;
	} else if (base == 0) {
		radix = 10;
	}
	if (digit_value(*digit) >= radix)
		digit = text;
	for (; digit_value(*digit) < radix; digit++)
		if (__builtin_mul_overflow(value, radix, &value)
		    || __builtin_add_overflow(value, digit_value(*digit),
					      &value)) {
			value = ULONG_MAX;
			radix = base == 16 || radix == 16 ? 16 : 10;
		}
	if (end != NULL)
		*end = (char *)(uintptr_t)digit;
	return value;
}

static void
sort_swap(char *a, char *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char kept = a[i];

		a[i] = b[i];
		b[i] = kept;
	}
}

/* Let the element at @root sink in a heap of @number. */
static void
sort_sink(char *base, size_t root, size_t number, size_t size,
	  int (*compare)(const void *, const void *))
{
	for (;;) {
		size_t child = 2 * root + 1;

		if (child >= number)
			return;
		if (child + 1 < number
		    && compare(base + child * size,
			       base + (child + 1) * size) < 0)
			child++;
		if (compare(base + root * size, base + child * size) >= 0)
			return;
		sort_swap(base + root * size, base + child * size, size);
		root = child;
	}
}

void
qsort(void *base, size_t number, size_t size,
      int (*compare)(const void *, const void *))
{
	if (number < 2)
		return;
	for (size_t i = number / 2; i-- > 0;)
		sort_sink(base, i, number, size, compare);
	for (size_t end = number - 1; end > 0; end--) {
		sort_swap(base, (char *)base + end * size, size);
		sort_sink(base, 0, end, size, compare);
	}
}

unsigned int
sleep(unsigned int seconds)
{
	while (seconds-- > 0)
		thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 1000);
	return 0;
}

/* Who has started this task may have left a port to hear of its end. */
static void
exit_tell(int status)
{
	struct exit_message message = { .head.msgh_id = EXIT_MESSAGE_ID };
	mach_port_t port;

	if (task_get_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT, &port)
	    != KERN_SUCCESS || !MACH_PORT_VALID(port))
		return;
	message.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	message.head.msgh_remote_port = port;
	message.type.msgt_name = MACH_MSG_TYPE_INTEGER_32;
	message.type.msgt_size = 32;
	message.type.msgt_number = 1;
	message.type.msgt_inline = TRUE;
	message.status = status;
	(void)mach_msg(&message.head, MACH_SEND_MSG, sizeof message, 0,
		       MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

void
exit(int status)
{
	fflush(NULL);
	exit_tell(status);
	/* The trap: there may have been no memory for the name before. */
	for (;;)
		syscall_task_terminate((mach_task_self)());
}

void
abort(void)
{
	fflush(NULL);
	for (;;)
		__builtin_trap();
}
