/*
 * tests/hosted/test_vm_device.c -- copies in transit as devices use them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A slow device gets what a program has sent it out of line, and takes it piece
 * by piece, from the middle of one page to that of another.  Between any two
 * pieces the program goes on: writes, wires, forks, unmaps, maps anew.  What
 * the device sees is what was sent; memory may be short at each place.  The
 * other way, what the device has in its buffer is mapped by who has asked for
 * it, and the buffer is used again.
 */
#include "unit.h"

#include <string.h>

#include "kern/slab_debug.h"
#include "lib/macros.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_wire.h"
#include "vm_test.h"

#define NR_PAGES	12u
#define SIZE		(NR_PAGES * PAGE_SIZE)
#define BASE		((uintptr_t)1 << HOST_WINDOW_SHIFT)
#define FROM		300u		/* bytes before what is sent */
#define SENT		(SIZE - 1000u)
#define PIECE		1536u		/* three sectors */
#define OK		KERN_SUCCESS

static struct vm_map *map, *child;

static unsigned char
value_of(size_t at)
{
	return (unsigned char)(at / PAGE_SIZE * 29 + at % 251);
}

static void
fill(unsigned char add)
{
	static unsigned char bytes[SIZE];

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)(value_of(i) + add);
	check_equal(copy_to_user(USER_ADDR(BASE), bytes, SIZE), true);
}

static void
enter(void)
{
	uintptr_t addr = BASE;

	check_equal(vm_map_enter(map, &addr, SIZE, 0, false, NULL, 0,
				 VM_PROT_DEFAULT, VM_PROT_ALL,
				 VM_INHERIT_COPY), OK);
}

static void
begin(void)
{
	check_equal(vm_map_create(&map), OK);
	vm_test_use_map(map);
	enter();
	fill(0);
}

static void
end(void)
{
	vm_map_check(map);
	vm_test_use_map(NULL);
	vm_map_unref(map);
}

/* What the program does while the device is busy. */
static void
go_on(unsigned int step)
{
	switch (step % 7) {
	case 0:
		fill(1);
		break;
	case 1:
		check_equal(vm_map_wire(map, BASE + PAGE_SIZE, BASE + SIZE,
					VM_PROT_WRITE, SIZE_MAX), OK);
		break;
	case 2:
		fill(2);
		break;
	case 3:
		check_equal(vm_map_wire(map, BASE, BASE + SIZE, VM_PROT_NONE,
					SIZE_MAX), OK);
		break;
	case 4:
		check_equal(vm_map_fork(map, &child), OK);
		fill(3);
		vm_map_unref(child);
		break;
	case 5:
		check_equal(vm_map_remove(map, BASE, BASE + SIZE), OK);
		break;
	default:
		enter();
		fill(4);
		break;
	}
}

/* The device takes it all. */
static void
take(const struct vm_map_copy *copy, unsigned int step)
{
	unsigned char seen[PIECE];

	check_equal(vm_map_copy_size(copy), SENT);
	for (size_t at = 0; at < SENT; at += PIECE) {
		size_t size = MIN(SENT - at, PIECE);

		check_equal(vm_map_copy_read(copy, at, seen, size), OK);
		for (size_t i = 0; i < size; i++)
			check_equal(seen[i], value_of(FROM + at + i));
		go_on(step++);
	}
}

static void
write_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copy;

	(void)arg;
	for (unsigned int i = 0; i < 14; i++) {
		begin();
		/* Wired at first, or not; unmapped with the message, or not. */
		if (i % 2 != 0)
			check_equal(vm_map_wire(map, BASE, BASE + SIZE,
						VM_PROT_WRITE, SIZE_MAX), OK);
		check_equal(vm_map_copyin(map, BASE + FROM, SENT, i % 4 >= 2,
					  &copy), OK);
		if (i % 4 >= 2)
			enter();
		take(copy, 7 - i / 4 * 2 % 7);
		vm_map_copy_discard(copy);
		end();
	}
	vm_test_check_balance(before);
}

/* Each allocation fails: the program is told, or has sent it all. */
static void
fail_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned int nr_failed = 0;
	bool failed = true;

	(void)arg;
	for (unsigned int n = 1; failed; n++) {
		struct vm_map_copy *copy = NULL;
		kern_return_t kr;

		begin();
		slab_fail_nth(n);
		kr = vm_map_copyin(map, BASE + FROM, SENT, false, &copy);
		failed = !slab_fail_pending();
		slab_fail_nth(0);
		check_equal(kr, failed ? KERN_RESOURCE_SHORTAGE : OK);
		nr_failed += failed;
		if (kr == OK)
			take(copy, 0);
		vm_map_copy_discard(copy);
		end();
	}
	assert(nr_failed != 0);
	vm_test_check_balance(before);
}

static void
read_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	static unsigned char buffer[SENT];
	struct vm_map_copy *copy;
	unsigned char seen;
	uintptr_t at;

	(void)arg;
	begin();
	for (size_t i = 0; i < SENT; i++)
		buffer[i] = value_of(i);
	check_equal(vm_map_copyin_kernel(buffer, SENT, &copy), OK);
	memset(buffer, 0, sizeof buffer);
	check_equal(vm_map_copyout(map, &at, copy), OK);
	for (size_t i = 0; i < SENT; i++) {
		check_equal(vm_test_read(at + i, &seen), true);
		check_equal(seen, value_of(i));
	}
	/* Nothing of anybody else's behind it. */
	for (size_t i = SENT; i % PAGE_SIZE != 0; i++) {
		check_equal(vm_test_read(at + i, &seen), true);
		check_equal(seen, 0);
	}
	end();
	vm_test_check_balance(before);
}

#define TEST(name)							\
	static void							\
	test_##name(void **state)					\
	{								\
		(void)state;						\
		vm_test_run(1, (size_t)16 << 20, name##_thread);	\
	}

TEST(write)
TEST(fail)
TEST(read)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_read),
	};

	return unit_main(tests);
}
