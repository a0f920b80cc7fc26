/*
 * kern/trace.c -- see kern/trace.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each entry says which event it holds; 0 while it is being written.  Who
 * shows it looks before and after, and believes it only if both say the same.
 */

#include "kern/trace.h"

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/printf.h"
#include "lib/atomic.h"
#include "lib/macros.h"

/* All fields are (A). */
struct trace_entry {
	unsigned long seq;		/* number of the event, from 1 */
	unsigned long time_us;
	const char *fmt;
	unsigned long arg[3];
	unsigned int cpu;
};

static struct {
	unsigned long count;		/* (A) events so far */
	struct trace_entry entry[TRACE_ENTRIES];
} ring;

static struct trace_entry *
trace_entry(unsigned long seq)
{
	return &ring.entry[seq & (TRACE_ENTRIES - 1)];
}

void
trace(const char *fmt, unsigned long a, unsigned long b, unsigned long c)
{
	unsigned long seq = atomic_fetch_add(&ring.count, 1ul) + 1;
	struct trace_entry *entry = trace_entry(seq);

	/* An exchange: nothing of the event comes before it. */
	(void)atomic_exchange(&entry->seq, 0ul);
	atomic_store_relaxed(&entry->time_us, (unsigned long)
			     (clock_uptime_ns() / NS_PER_US));
	atomic_store_relaxed(&entry->cpu, cpu_id());
	atomic_store_relaxed(&entry->fmt, fmt);
	atomic_store_relaxed(&entry->arg[0], a);
	atomic_store_relaxed(&entry->arg[1], b);
	atomic_store_relaxed(&entry->arg[2], c);
	atomic_store_release(&entry->seq, seq);
}

/* Copy event @seq; false: it is gone, or being written. */
static bool
trace_read(unsigned long seq, struct trace_entry *out)
{
	const struct trace_entry *entry = trace_entry(seq);

	if (atomic_load_acquire(&entry->seq) != seq)
		return false;
	out->time_us = atomic_load_acquire(&entry->time_us);
	out->cpu = atomic_load_acquire(&entry->cpu);
	out->fmt = atomic_load_acquire(&entry->fmt);
	for (unsigned int i = 0; i < ARRAY_SIZE(out->arg); i++)
		out->arg[i] = atomic_load_acquire(&entry->arg[i]);
	return atomic_load_relaxed(&entry->seq) == seq;
}

/* The format is a literal of a caller of trace(), but not here. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static void
trace_print(const struct trace_entry *entry)
{
	kprintf("%6lu.%06lu %2u  ", entry->time_us / 1000000,
		entry->time_us % 1000000, entry->cpu);
	kprintf(entry->fmt, entry->arg[0], entry->arg[1], entry->arg[2]);
	kprintf("\n");
}
#pragma GCC diagnostic pop

void
trace_show(unsigned int n)
{
	unsigned long last = atomic_load_relaxed(&ring.count);
	unsigned long first;
	struct trace_entry entry;

	n = MIN(n, (unsigned int)TRACE_ENTRIES);
	first = last - MIN(last, (unsigned long)n) + 1;
	for (unsigned long seq = first; seq <= last; seq++) {
		if (trace_read(seq, &entry))
			trace_print(&entry);
	}
}

unsigned long
trace_count(void)
{
	return atomic_load_relaxed(&ring.count);
}
