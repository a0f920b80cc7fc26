/*
 * tests/hosted/x86/frames.c -- the frames that a test of several CPUs has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/x86/frames.h"

#include <string.h>

#include <machine/physmem.h>

#include "kern/spinlock.h"
#include "vm/pmap.h"
#include "vm/vm_page.h"

#define POISON		0xdeadbeefu

struct frame_stack {
	struct vm_page	*page[NR_FRAMES];
	unsigned int	nr;
};

static struct {
	struct spinlock	lock;		/* RANK_PAGE_QUEUES; of the rest: */
	struct frame_stack free;
	struct frame_stack replaced;
	unsigned int	scribbled;
} frames;

void
frames_init(void)
{
	memset(&frames, 0, sizeof frames);
	spin_init(&frames.lock, RANK_PAGE_QUEUES);
}

static void
stack_push(struct frame_stack *stack, struct vm_page *page)
{
	spin_lock(&frames.lock);
	stack->page[stack->nr++] = page;
	spin_unlock(&frames.lock);
}

static struct vm_page *
stack_pop(struct frame_stack *stack)
{
	struct vm_page *page = NULL;

	spin_lock(&frames.lock);
	if (stack->nr != 0)
		page = stack->page[--stack->nr];
	spin_unlock(&frames.lock);
	return page;
}

uint32_t *
frame_words(const struct vm_page *page)
{
	return phys_to_direct(vm_page_phys(page));
}

void
frame_put(struct vm_page *page)
{
	uint32_t *words = frame_words(page);

	for (unsigned int i = 0; i < NR_WORDS; i++)
		words[i] = POISON;
	stack_push(&frames.free, page);
}

struct vm_page *
frame_get(void)
{
	struct vm_page *page = stack_pop(&frames.free);
	const uint32_t *words;

	if (page == NULL)
		return NULL;
	words = frame_words(page);
	for (unsigned int i = 0; i < NR_WORDS; i++)
		if (words[i] != POISON)
			atomic_add_relaxed(&frames.scribbled, 1u);
	return page;
}

void
frame_put_replaced(struct vm_page *page)
{
	stack_push(&frames.replaced, page);
}

bool
frame_end_replaced(void)
{
	struct vm_page *page = stack_pop(&frames.replaced);

	if (page == NULL)
		return false;
	pmap_page_remove(page);
	(void)pmap_page_clear_referenced(page);
	(void)pmap_page_clear_modified(page);
	frame_put(page);
	return true;
}

unsigned int
frames_free(void)
{
	return frames.free.nr;
}

unsigned int
frames_scribbled(void)
{
	return atomic_load_relaxed(&frames.scribbled);
}
