/*
 * tests/fuzz/fuzz_boot_script.c -- lib/boot_script.c: the words of a line are
 * pieces of it, in order, and nothing but blanks and brackets is lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "fuzz.h"
#include "lib/boot_script.h"

#define NR_WORDS	24

/* Is `text` within the line, at or behind *at?  Go on behind it. */
static void
check_text(const struct boot_text *text, const char **at, const char *end)
{
	fuzz_check(text->start >= *at && text->start <= end);
	fuzz_check(text->length <= (size_t)(end - text->start));
	for (size_t i = 0; i < text->length; i++)
		fuzz_check(strchr(" \t\n", text->start[i]) == NULL);
	*at = text->start + text->length;
}

static void
check_names(struct boot_text names, const char **at, const char *end)
{
	struct boot_text name;

	while (boot_names_next(&names, &name)) {
		fuzz_check(name.length != 0);
		check_text(&name, at, end);
		fuzz_check(**at == '=');
	}
}

static void
check_line(const struct boot_line *line, const char *string)
{
	const char *end = string + strlen(string);
	const char *at = string;

	for (size_t i = 0; i < line->nr_words; i++) {
		const struct boot_word *word = &line->words[i];

		if (word->kind == BOOT_WORD_CALL) {
			fuzz_check(i != 0);
			check_names(word->names, &at, end);
			check_text(&word->function, &at, end);
			fuzz_check(word->function.length != 0 && *at == ')');
			continue;
		}
		check_text(&word->text, &at, end);
		if (word->variable.start == NULL) {
			fuzz_check(word->text.length != 0);
			continue;
		}
		fuzz_check(i != 0 && at[0] == '$' && at[1] == '{');
		check_text(&word->variable, &at, end);
		fuzz_check(word->variable.length != 0 && *at == '}');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_word words[NR_WORDS];
	struct boot_line line = {
		.words = words,
		.room = size % (NR_WORDS + 1),
	};
	char *string = malloc(size + 1);
	enum boot_script_status status;

	fuzz_check(string != NULL);
	memcpy(string, data, size);
	string[size] = '\0';
	status = boot_script_parse(&line, string);
	fuzz_check(line.nr_words <= line.room);
	fuzz_check(line.nr_words <= boot_script_room(string));
	fuzz_check(line.error <= strlen(string));
	fuzz_check(status != BOOT_SCRIPT_OK || line.nr_words != 0);
	fuzz_check(status != BOOT_SCRIPT_UNUSED || line.nr_words == 0);
	check_line(&line, string);
	free(string);
	return 0;
}

size_t
fuzz_seed(unsigned int index, uint8_t *data)
{
	static const char *const seeds[] = {
		"ext2fs --multiboot-command-line=${kernel-command-line} "
		"--host-priv-port=${host-port} -T typed ${root} "
		"$(task-create) $(task-resume)",
		"/hurd/exec /lib/ld.so.1 $(exec-task=task-create)",
		"x $(a=b=c) ${d}e${f} $g $(h)$(i=j) k$(l)\nm",
		"# comment",
		" \tinit",
	};

	return fuzz_seed_text(seeds, sizeof seeds / sizeof seeds[0], index,
			      data);
}
