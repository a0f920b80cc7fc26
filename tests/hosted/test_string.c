/*
 * tests/hosted/test_string.c -- lib/string.c against the C library.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's functions are compiled into this file under other names, for
 * the sanitizers watch those of the C library.
 */
#include "unit.h"

#include <string.h>

#include "lib/macros.h"
#include "lib/random.h"

#define memcpy	lib_memcpy
#define memmove	lib_memmove
#define memset	lib_memset
#define memcmp	lib_memcmp
#define memchr	lib_memchr
#define strlen	lib_strlen
#define strnlen	lib_strnlen
#define strcmp	lib_strcmp
#define strncmp	lib_strncmp
#define strchr	lib_strchr
#define strlcpy	lib_strlcpy
#undef CONFIG_HOST
#define CONFIG_HOST	0
#include "lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr

#define ROOM	160

static struct random prng;
static unsigned char ours[ROOM], theirs[ROOM];

static size_t
below(size_t bound)
{
	return random_below(&prng, (uint32_t)bound);
}

static int
sign(int n)
{
	return (n > 0) - (n < 0);
}

/* The same random bytes of a small alphabet in both arrays. */
static void
fill(void)
{
	for (size_t i = 0; i < ROOM; i++)
		ours[i] = theirs[i] = (unsigned char)(below(3) * 0x7f);
}

static void
test_blocks(void **state)
{
	unsigned long rounds = 20000 * unit_scale();

	(void)state;
	random_init(&prng, unit_seed());
	while (rounds-- > 0) {
		size_t to = below(ROOM), from = below(ROOM);
		size_t size = below(ROOM - MAX(to, from) + 1);
		int byte = (int)below(512);

		fill();
		if (below(2) == 0) {
			assert_ptr_equal(lib_memset(ours + to, byte, size),
					 ours + to);
			memset(theirs + to, byte, size);
		} else if (to + size <= from || from + size <= to) {
			assert_ptr_equal(lib_memcpy(ours + to, ours + from,
						    size), ours + to);
			memcpy(theirs + to, theirs + from, size);
		} else {
			assert_ptr_equal(lib_memmove(ours + to, ours + from,
						     size), ours + to);
			memmove(theirs + to, theirs + from, size);
		}
		assert_memory_equal(ours, theirs, ROOM);

		theirs[from] ^= (unsigned char)below(2);
		assert_int_equal(sign(lib_memcmp(ours + to, theirs + to,
						 size)),
				 sign(memcmp(ours + to, theirs + to, size)));
		assert_ptr_equal(lib_memchr(ours + to, byte, size),
				 memchr(ours + to, byte, size));
	}
}

/* Every small size, distance and alignment of a copy onto itself. */
static void
test_memmove_exhaustively(void **state)
{
	(void)state;
	random_init(&prng, unit_seed());
	for (size_t size = 0; size <= 40; size++)
		for (size_t to = 0; to < 24; to++)
			for (size_t from = 0; from < 24; from++) {
				fill();
				lib_memmove(ours + to, ours + from, size);
				memmove(theirs + to, theirs + from, size);
				assert_memory_equal(ours, theirs, ROOM);
			}
}

/* A copy of a string in memory of exactly its size, so that the address
 * sanitizer sees a read past its end. */
static char *
exact(const char *s, size_t size)
{
	char *copy = malloc(size != 0 ? size : 1);

	assert_non_null(copy);
	memcpy(copy, s, size);
	return copy;
}

static void
test_strings(void **state)
{
	unsigned long rounds = 20000 * unit_scale();

	(void)state;
	random_init(&prng, unit_seed());
	while (rounds-- > 0) {
		char text[2][20];
		char *a, *b;
		size_t max = below(22);
		int c = (int)below(4) - 2;

		for (size_t i = 0; i < 2; i++) {
			size_t length = below(sizeof text[i]);

			for (size_t j = 0; j < length; j++)
				text[i][j] = (char)((int)below(2) * 2 - 1);
			text[i][length] = '\0';
		}
		a = exact(text[0], strlen(text[0]) + 1);
		b = exact(text[1], strlen(text[1]) + 1);
		assert_int_equal(lib_strlen(a), strlen(a));
		assert_int_equal(lib_strnlen(a, max), strnlen(a, max));
		assert_int_equal(sign(lib_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(lib_strncmp(a, b, max)),
				 sign(strncmp(a, b, max)));
		assert_ptr_equal(lib_strchr(a, c), strchr(a, c));
		assert_ptr_equal(lib_strchr(a, 0), strchr(a, 0));
		free(a);
		free(b);
	}
}

static void
test_bounds_without_end(void **state)
{
	char *a = exact("abc", 3);

	(void)state;
	assert_int_equal(lib_strnlen(a, 3), 3);
	assert_int_equal(lib_strncmp(a, "abcd", 3), 0);
	free(a);
}

static void
test_strlcpy(void **state)
{
	char buffer[4] = "zzz";

	(void)state;
	assert_int_equal(strlcpy(buffer, "abc", sizeof buffer), 3);
	assert_string_equal(buffer, "abc");
	assert_int_equal(strlcpy(buffer, "defgh", sizeof buffer), 5);
	assert_string_equal(buffer, "def");
	assert_int_equal(strlcpy(buffer, "", 1), 0);
	assert_string_equal(buffer, "");
	assert_int_equal(strlcpy(NULL, "four", 0), 4);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_memmove_exhaustively),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_bounds_without_end),
		cmocka_unit_test(test_strlcpy),
	};

	return unit_main(tests);
}
