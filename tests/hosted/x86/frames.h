/*
 * tests/hosted/x86/frames.h -- the frames that a test of several CPUs has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A frame is free, or somebody's, or has been replaced: then whoever comes
 * first gives it up.  A free one keeps a pattern.
 */
#ifndef TESTS_HOSTED_X86_FRAMES_H
#define TESTS_HOSTED_X86_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/page.h>

struct vm_page;

#define NR_FRAMES	36u		/* some removals are of more than 32 */
#define NR_WORDS	8u		/* of a page that are used */

/* There are none; all that is counted below is 0. */
void frames_init(void);

/* One that is nowhere mapped, and not marked as used, is free from now on. */
void frame_put(struct vm_page *page);

/* The frame that was given up last; or NULL.  Looks at the pattern. */
struct vm_page *frame_get(void);

/* Another page has taken its place, or is about to. */
void frame_put_replaced(struct vm_page *page);

/* Give up a page that was replaced.  False: there is none. */
bool frame_end_replaced(void);

/* How many are free; how many had been written while they were. */
unsigned int frames_free(void);
unsigned int frames_scribbled(void);

/* The words of a frame. */
uint32_t *frame_words(const struct vm_page *page);

#endif /* TESTS_HOSTED_X86_FRAMES_H */
