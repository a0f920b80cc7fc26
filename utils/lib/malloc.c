/*
 * utils/lib/malloc.c -- a small allocator.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sizes are rounded up to a power of two, from 32 bytes to half a megabyte,
 * the head of a piece included; freed pieces wait in a list for their size.
 * What is larger has pages of its own and gives them back.
 */
#include <stdlib.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <mach.h>

#include "lib/atomic.h"
#include "lib/macros.h"

#define MALLOC_MIN_SHIFT	5
#define MALLOC_MAX_SHIFT	19
#define MALLOC_CHUNK		(1ul << MALLOC_MAX_SHIFT)

/* In front of each piece; 16 bytes, as far as any type is aligned. */
struct piece {
	size_t		size;		/* with the head */
	struct piece	*next;		/* in a list of free ones */
} __attribute__((aligned(16)));

/* By malloc_lock: what is free by size, and what was never handed out. */
static struct piece *malloc_free[MALLOC_MAX_SHIFT + 1];
static uintptr_t malloc_start, malloc_end;
static int malloc_lock;

static void
malloc_enter(void)
{
	while (atomic_exchange(&malloc_lock, 1) != 0)
		swtch_pri(0);
}

static void
malloc_leave(void)
{
	atomic_store_release(&malloc_lock, 0);
}

/* A piece never used before; NULL without memory.  Locked. */
static struct piece *
malloc_fresh(size_t size)
{
	vm_address_t chunk = 0;
	struct piece *piece;

	if (malloc_end - malloc_start < size) {
		/* What is left of the old chunk is lost: less than a piece. */
		if (vm_allocate(mach_task_self(), &chunk, MALLOC_CHUNK, TRUE)
		    != KERN_SUCCESS)
			return NULL;
		malloc_start = chunk;
		malloc_end = chunk + MALLOC_CHUNK;
	}
	piece = (struct piece *)malloc_start;
	malloc_start += size;
	piece->size = size;
	return piece;
}

static struct piece *
malloc_small(unsigned int shift)
{
	struct piece *piece;

	malloc_enter();
	piece = malloc_free[shift];
	if (piece != NULL)
		malloc_free[shift] = piece->next;
	else
		piece = malloc_fresh((size_t)1 << shift);
	malloc_leave();
	return piece;
}

static struct piece *
malloc_large(size_t size)
{
	vm_address_t address = 0;
	struct piece *piece;

	if (vm_allocate(mach_task_self(), &address, size, TRUE)
	    != KERN_SUCCESS)
		return NULL;
	piece = (struct piece *)address;
	piece->size = size;
	return piece;
}

void *
malloc(size_t size)
{
	struct piece *piece;
	size_t total;
	unsigned int shift = MALLOC_MIN_SHIFT;

	if (__builtin_add_overflow(size, sizeof *piece, &total))
		return NULL;
	while (shift <= MALLOC_MAX_SHIFT && ((size_t)1 << shift) < total)
		shift++;
	piece = shift <= MALLOC_MAX_SHIFT ? malloc_small(shift)
		: malloc_large(total);
	return piece == NULL ? NULL : piece + 1;
}

void
free(void *object)
{
	struct piece *piece;
	unsigned int shift;

	if (object == NULL)
		return;
	piece = (struct piece *)object - 1;
	if (piece->size > MALLOC_CHUNK) {
		(void)vm_deallocate(mach_task_self(), (vm_address_t)piece,
				    piece->size);
		return;
	}
	shift = (unsigned int)__builtin_ctzl(piece->size);
	malloc_enter();
	piece->next = malloc_free[shift];
	malloc_free[shift] = piece;
	malloc_leave();
}

void *
calloc(size_t number, size_t size)
{
	void *object;
	size_t total;

	if (__builtin_mul_overflow(number, size, &total))
		return NULL;
	object = malloc(total);
	if (object != NULL)
		memset(object, 0, total);
	return object;
}

void *
realloc(void *object, size_t size)
{
	void *other = malloc(size);

	if (other != NULL && object != NULL) {
		size_t room = ((struct piece *)object - 1)->size
			- sizeof(struct piece);

		memcpy(other, object, MIN(room, size));
		free(object);
	}
	return other;
}
