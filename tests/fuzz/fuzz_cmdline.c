/*
 * tests/fuzz/fuzz_cmdline.c -- lib/cmdline.c: every byte that is no blank is
 * in one word, each word is found by its name, buffers are kept to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "lib/cmdline.h"

static size_t
count_solid(const char *line)
{
	size_t n = 0;

	for (; *line != '\0'; line++)
		n += strchr(" \t\r\n", *line) == NULL;
	return n;
}

/* The word is found by its name; the first one of that name, that is. */
static void
check_found(const char *line, const struct cmdline_word *word)
{
	char *name = malloc(word->name_length + 1);
	char buffer[8];

	fuzz_check(name != NULL);
	memcpy(name, word->name, word->name_length);
	name[word->name_length] = '\0';
	memset(buffer, '#', sizeof buffer);
	fuzz_check(cmdline_has(line, name));
	fuzz_check(cmdline_find(line, name, buffer, sizeof buffer - 1));
	fuzz_check(memchr(buffer, '\0', sizeof buffer - 1) != NULL);
	fuzz_check(buffer[sizeof buffer - 1] == '#');
	free(name);
}

static void
check_words(const char *line)
{
	const char *rest = line;
	struct cmdline_word word;
	size_t solid = 0;
	unsigned int n = 0;

	while (cmdline_next(&rest, &word)) {
		fuzz_check(word.name >= line && word.name < rest);
		solid += word.name_length;
		if (word.value != NULL) {
			fuzz_check(word.value
				   == word.name + word.name_length + 1);
			fuzz_check(word.value[-1] == '=');
			fuzz_check(word.value + word.value_length == rest);
			solid += 1 + word.value_length;
		} else {
			fuzz_check(word.name + word.name_length == rest);
		}
		if (n++ < 20)
			check_found(line, &word);
	}
	fuzz_check(*rest == '\0');
	fuzz_check(solid == count_solid(line));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);
	size_t room = 3 + size % 14;
	char *buffer = malloc(room);

	fuzz_check(line != NULL && buffer != NULL);
	memcpy(line, data, size);
	line[size] = '\0';
	check_words(line);
	cmdline_letters(line, buffer, room);
	fuzz_check(buffer[0] == '-' && strlen(buffer) > 1);
	cmdline_root_device(line, buffer, room);
	fuzz_check(strlen(buffer) < room);
	free(buffer);
	free(line);
	return 0;
}

size_t
fuzz_seed(unsigned int index, uint8_t *data)
{
	static const char *const seeds[] = {
		"root=/dev/hd0s1 console=com0 -s debug-exit",
		"-ab root=part:2:device:wd0 - =x y= a=b=c\tquiet\n",
	};

	return fuzz_seed_text(seeds, sizeof seeds / sizeof seeds[0], index,
			      data);
}
