/*
 * lib/cmdline.c -- the words of the kernel's command line; see lib/cmdline.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lib/cmdline.h"

#include "lib/macros.h"
#include "lib/string.h"

static bool
cmdline_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool
cmdline_next(const char **line, struct cmdline_word *word)
{
	const char *at = *line;
	const char *equals = NULL;
	const char *start;

	if (at == NULL)
		return false;
	while (cmdline_is_blank(*at))
		at++;
	start = at;
	for (; *at != '\0' && !cmdline_is_blank(*at); at++)
		if (*at == '=' && equals == NULL)
			equals = at;
	*line = at;

	*word = (struct cmdline_word){
		.name = start,
		.name_length = (size_t)((equals != NULL ? equals : at)
					- start),
	};
	if (equals != NULL) {
		word->value = equals + 1;
		word->value_length = (size_t)(at - word->value);
	}
	return at != start;
}

static bool
cmdline_word_is(const struct cmdline_word *word, const char *name)
{
	return word->name_length == strlen(name)
		&& memcmp(word->name, name, word->name_length) == 0;
}

/* Copy what fits, with a 0 behind it if there is room for anything. */
static void
cmdline_copy(char *buffer, size_t size, const char *text, size_t length)
{
	size_t copied;

	if (size == 0)
		return;
	copied = MIN(length, size - 1);
	if (copied != 0)
		memcpy(buffer, text, copied);
	buffer[copied] = '\0';
}

/* The first word of a name. */
static bool
cmdline_lookup(const char *line, const char *name, struct cmdline_word *word)
{
	while (cmdline_next(&line, word))
		if (cmdline_word_is(word, name))
			return true;
	return false;
}

bool
cmdline_find(const char *line, const char *name, char *buffer, size_t size)
{
	struct cmdline_word word;

	if (!cmdline_lookup(line, name, &word))
		return false;
	cmdline_copy(buffer, size, word.value, word.value_length);
	return true;
}

bool
cmdline_number(const char *text, unsigned long *number)
{
	unsigned long value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (*text < '0' || *text > '9'
		    || __builtin_mul_overflow(value, 10ul, &value)
		    || __builtin_add_overflow(value,
					      (unsigned long)(*text - '0'),
					      &value))
			return false;
	*number = value;
	return true;
}

void
cmdline_letters(const char *line, char *buffer, size_t size)
{
	struct cmdline_word word;
	size_t used = 1;

	lib_assert(size >= sizeof "-x");
	buffer[0] = '-';
	while (cmdline_next(&line, &word)) {
		if (*word.name != '-')
			continue;
		cmdline_copy(buffer + used, size - used, word.name + 1,
			     MAX(word.name_length, (size_t)1) - 1);
		used += strlen(buffer + used);
	}
	if (used == 1)
		strlcpy(buffer, "-x", size);
}

void
cmdline_root_device(const char *line, char *buffer, size_t size)
{
	static const char prefix[] = "/dev/";
	struct cmdline_word word;

	lib_assert(size != 0);
	if (!cmdline_lookup(line, "root", &word) || word.value == NULL) {
		strlcpy(buffer, "UNKNOWN", size);
		return;
	}
	if (word.value_length >= strlen(prefix)
	    && memcmp(word.value, prefix, strlen(prefix)) == 0) {
		word.value += strlen(prefix);
		word.value_length -= strlen(prefix);
	}
	cmdline_copy(buffer, size, word.value, word.value_length);
}
