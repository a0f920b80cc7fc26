/*
 * tests/hosted/test_klog.c -- the log ring against a log that keeps everything.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include <machine/host.h>

#include "kern/console.h"
#include "kern/klog.h"
#include "lib/macros.h"
#include "lib/random.h"

#define MODEL_SIZE	(1u << 20)
#define WRITE_MAX	(KLOG_SIZE + 100)

/* All that was ever written; the ring began at position `base`. */
static char model[MODEL_SIZE];
static size_t model_size;
static uint64_t base;

static void
start(void)
{
	host_machine_init(1);
	base = klog_end();
	model_size = 0;
}

/* A write straight to the ring, of bytes that tell their place. */
static void
write_log(size_t size)
{
	intr_state_t state;

	assert_true(model_size + size <= MODEL_SIZE);
	for (size_t i = 0; i < size; i++)
		model[model_size + i] = (char)((model_size + i) * 31 % 251);
	state = console_lock();
	klog_write(model + model_size, size);
	console_unlock(state);
	model_size += size;
	klog_check();
}

/* Read from @pos; what comes is what the model has where the read began. */
static void
check_read(uint64_t pos, size_t size)
{
	static char buf[2 * KLOG_SIZE];
	uint64_t end = base + model_size;
	uint64_t oldest = end > KLOG_SIZE ? end - KLOG_SIZE : 0;
	uint64_t begin = MIN(MAX(pos, oldest), end);
	size_t want = (size_t)MIN((uint64_t)size, end - begin);
	size_t got;

	memset(buf, 0x7e, sizeof buf);
	got = klog_read(&pos, buf, size);
	assert_int_equal(got, want);
	assert_int_equal(pos, begin + want);
	assert_int_equal((unsigned char)buf[got], 0x7e);
	/* What was there before this test is not known. */
	if (begin >= base)
		assert_memory_equal(buf, model + (begin - base), got);
}

static void
test_small(void **state)
{
	(void)state;
	start();
	check_read(base, 10);
	write_log(5);
	check_read(base, 10);
	check_read(base + 2, 2);
	check_read(base + 5, 10);
	check_read(base + 6, 10);
	check_read(0, 0);
	assert_int_equal(klog_end(), base + 5);
}

static void
test_wrap(void **state)
{
	(void)state;
	start();
	write_log(KLOG_SIZE);
	check_read(base, KLOG_SIZE + 1);
	write_log(1);
	check_read(base, KLOG_SIZE + 1);
	write_log(KLOG_SIZE + 7);
	check_read(base, 3);
	check_read(UINT64_MAX, 3);
}

static void
test_random(void **state)
{
	unsigned long rounds = 300 * unit_scale();
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	start();
	for (unsigned long i = 0; i < rounds; i++) {
		size_t size = random_below(&random, 10) == 0
			? random_below(&random, WRITE_MAX)
			: random_below(&random, 200);

		if (model_size + size > MODEL_SIZE)
			start();
		write_log(size);
		for (unsigned int j = 0; j < 4; j++)
			check_read(base + random_below(&random, (uint32_t)
						       model_size + 10),
				   random_below(&random, KLOG_SIZE + 10));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_random),
	};

	return unit_main(tests);
}
