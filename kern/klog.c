/*
 * kern/klog.c -- the log ring.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/assert.h"
#include "kern/console.h"
#include "kern/klog.h"
#include "lib/macros.h"
#include "lib/string.h"

_Static_assert(IS_POWER_OF_2(KLOG_SIZE), "positions are masked");

/* All under the console lock. */
static struct {
	uint64_t begin;			/* position of the oldest byte left */
	uint64_t end;			/* position behind the newest */
	char text[KLOG_SIZE];		/* a byte is at its position's rest */
} klog;

/* The @size bytes from @pos on as one piece: how many before the ring wraps. */
static size_t
klog_piece(uint64_t pos, size_t size)
{
	return MIN(size, KLOG_SIZE - (size_t)(pos % KLOG_SIZE));
}

void
klog_write(const char *text, size_t size)
{
	while (size > 0) {
		size_t piece = klog_piece(klog.end, size);

		memcpy(klog.text + klog.end % KLOG_SIZE, text, piece);
		klog.end += piece;
		text += piece;
		size -= piece;
	}
	if (klog.end - klog.begin > KLOG_SIZE)
		klog.begin = klog.end - KLOG_SIZE;
}

size_t
klog_read(uint64_t *pos, char *buf, size_t size)
{
	intr_state_t state = console_lock();
	uint64_t at = MIN(MAX(*pos, klog.begin), klog.end);
	size_t left = MIN(size, (size_t)(klog.end - at));
	size_t copied = 0;

	while (left > 0) {
		size_t piece = klog_piece(at, left);

		memcpy(buf + copied, klog.text + at % KLOG_SIZE, piece);
		at += piece;
		copied += piece;
		left -= piece;
	}
	*pos = at;
	console_unlock(state);
	return copied;
}

uint64_t
klog_end(void)
{
	intr_state_t state = console_lock();
	uint64_t end = klog.end;

	console_unlock(state);
	return end;
}

void
klog_check(void)
{
	intr_state_t state = console_lock();

	assert(klog.begin <= klog.end);
	assert(klog.end - klog.begin <= KLOG_SIZE);
	console_unlock(state);
}
