/*
 * tests/fuzz/driver.c -- feeds a fuzz target where there is no libFuzzer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: fuzz_NAME [FILE...]
 *
 * Runs the target's own seeds and the given files as they are, then mutations
 * of them: 100,000 times TEST_SCALE.  The sequence depends on TEST_SEED alone,
 * so a failure happens again.  The input that fails is shown in hexadecimal;
 * `xxd -r -p` makes a file of it, which can be given as FILE.
 */
#include <signal.h>
#include <string.h>

#include "fuzz.h"
#include "lib/macros.h"
#include "lib/random.h"

#define NR_ROUNDS	100000
#define CORPUS_MAX	128

struct input {
	size_t	size;
	uint8_t	data[FUZZ_SEED_MAX];
};

/* Seeds first and for good, then mutations of some depth. */
static struct input corpus[CORPUS_MAX];
static size_t nr_inputs, nr_seeds;

static struct random prng;

/* What runs now, for fuzz_show(). */
static const struct input *running;

static size_t
below(size_t bound)
{
	return random_below(&prng, (uint32_t)bound);
}

/* Provided by the sanitizers, if any is linked in. */
void __sanitizer_set_death_callback(void (*callback)(void))
	__attribute__((weak));

static void
fuzz_show(void)
{
	if (running == NULL)
		return;
	fprintf(stderr, "# input of %zu bytes: ", running->size);
	for (size_t i = 0; i < running->size; i++)
		fprintf(stderr, "%02x", running->data[i]);
	fputc('\n', stderr);
	running = NULL;
}

/* An abort, or the trap of lib_assert().  We are not coming back, so that
 * stdio may be used. */
static void
fuzz_signal(int number)
{
	fuzz_show();
	signal(number, SIG_DFL);
	raise(number);
}

/* Run one input in memory of exactly its size. */
static void
fuzz_run(const struct input *input)
{
	uint8_t *exact = malloc(input->size != 0 ? input->size : 1);

	fuzz_check(exact != NULL);
	memcpy(exact, input->data, input->size);
	running = input;
	(void)LLVMFuzzerTestOneInput(exact, input->size);
	running = NULL;
	free(exact);
}

/* Overwrite some bytes at a random place with a number that likes to be at
 * the edge of something. */
static void
fuzz_put_number(struct input *input)
{
	static const uint64_t edges[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1000,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff,
		0xfffffffffffff000, 0x800000000000,
	};
	size_t size = (size_t)1 << below(4);
	uint64_t number = edges[below(ARRAY_SIZE(edges))] + below(3) - 1;

	if (input->size < size)
		return;
	memcpy(&input->data[below(input->size - size + 1)], &number, size);
}

/* Insert a copy of a piece of some input. */
static void
fuzz_insert(struct input *input)
{
	const struct input *from = &corpus[below(nr_inputs)];
	size_t size, start, at;

	if (from->size == 0)
		return;
	start = below(from->size);
	size = 1 + below(MIN(from->size - start, (size_t)64));
	if (size > FUZZ_SEED_MAX - input->size)
		return;
	at = below(input->size + 1);
	memmove(&input->data[at + size], &input->data[at], input->size - at);
	memcpy(&input->data[at], &from->data[start], size);
	input->size += size;
}

static void
fuzz_delete(struct input *input)
{
	size_t at = below(input->size);
	size_t size = 1 + below(MIN(input->size - at, (size_t)64));

	input->size -= size;
	memmove(&input->data[at], &input->data[at + size], input->size - at);
}

static void
fuzz_mutate(struct input *input)
{
	size_t kind = below(8);
	size_t at;

	if (input->size == 0) {
		fuzz_insert(input);
		return;
	}
	at = below(input->size);
	switch (kind) {
	case 0:
	case 1:
		input->data[at] ^= (uint8_t)(1u << below(8));
		break;
	case 2:
		input->data[at] = (uint8_t)random_u32(&prng);
		break;
	case 3:
		input->data[at] = input->data[below(input->size)];
		break;
	case 4:
		fuzz_put_number(input);
		break;
	case 5:
		fuzz_delete(input);
		break;
	case 6:
		fuzz_insert(input);
		break;
	case 7:
		if (below(4) == 0)
			input->size = at;
		break;
	}
}

/* Mutate some input a few times, run it, and keep it now and then. */
static void
fuzz_round(void)
{
	static struct input input;
	size_t slot;

	input = corpus[below(nr_inputs)];
	for (size_t n = 1 + below(6); n > 0; n--)
		fuzz_mutate(&input);
	fuzz_run(&input);

	if (below(16) != 0 || nr_seeds == CORPUS_MAX)
		return;
	slot = nr_inputs < CORPUS_MAX
		? nr_inputs++ : nr_seeds + below(CORPUS_MAX - nr_seeds);
	corpus[slot] = input;
}

static void
fuzz_load(const char *name)
{
	struct input *input = &corpus[nr_inputs];
	FILE *file = fopen(name, "rb");

	if (file == NULL) {
		perror(name);
		exit(2);
	}
	input->size = fread(input->data, 1, sizeof input->data, file);
	fclose(file);
	nr_inputs++;
}

static unsigned long
fuzz_env(const char *name)
{
	const char *text = getenv(name);
	unsigned long number = text != NULL ? strtoul(text, NULL, 0) : 1;

	return number != 0 ? number : 1;
}

int
main(int argc, char **argv)
{
	unsigned long rounds = NR_ROUNDS * fuzz_env("TEST_SCALE");
	unsigned long seed = fuzz_env("TEST_SEED");
	const char *name = strrchr(argv[0], '/');
	size_t size;

	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(fuzz_show);
	signal(SIGABRT, fuzz_signal);
	signal(SIGILL, fuzz_signal);
	puts("1..1");
	fflush(stdout);

	while (nr_inputs < CORPUS_MAX / 2) {
		size = fuzz_seed((unsigned int)nr_inputs,
				 corpus[nr_inputs].data);
		if (size == 0)
			break;
		corpus[nr_inputs++].size = size;
	}
	for (int i = 1; i < argc && nr_inputs < CORPUS_MAX; i++)
		fuzz_load(argv[i]);
	nr_seeds = nr_inputs;
	fuzz_check(nr_seeds != 0);

	for (size_t i = 0; i < nr_seeds; i++)
		fuzz_run(&corpus[i]);
	random_init(&prng, seed);
	for (unsigned long i = 0; i < rounds; i++)
		fuzz_round();

	printf("ok 1 - %s: %zu seeds, %lu mutations\n",
	       name != NULL ? name + 1 : argv[0], nr_seeds, rounds);
	return 0;
}
