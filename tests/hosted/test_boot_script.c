/*
 * tests/hosted/test_boot_script.c -- boot-script lines, good and bad.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A parsed line is written out in a notation of its own, so that a case is a
 * pair of strings:  a{v} an argument of text a and variable v;
 * [A=B=F] a call;  words are separated by |.
 */
#include "unit.h"

#include <string.h>

#include "lib/boot_script.h"

#define NR_WORDS	16

static struct boot_word words[NR_WORDS];

static void
append(char *out, const char *before, const struct boot_text *text,
       const char *after)
{
	sprintf(out + strlen(out), "%s%.*s%s", before, (int)text->length,
		text->start != NULL ? text->start : "", after);
}

static void
describe(const struct boot_line *line, char *out)
{
	static const struct boot_text nothing;

	*out = '\0';
	for (size_t i = 0; i < line->nr_words; i++) {
		const struct boot_word *word = &line->words[i];
		struct boot_text names = word->names, name;

		if (i != 0)
			strcat(out, "|");
		if (word->kind == BOOT_WORD_ARGUMENT) {
			append(out, "", &word->text, "");
			if (word->variable.start != NULL)
				append(out, "{", &word->variable, "}");
			continue;
		}
		append(out, "[", &nothing, "");
		while (boot_names_next(&names, &name))
			append(out, "", &name, "=");
		append(out, "", &word->function, "]");
	}
}

/* A heap copy of exactly the string's size shows reads past its end. */
static enum boot_script_status
parse(struct boot_line *line, const char *string, size_t room, char *out)
{
	size_t size = strlen(string) + 1;
	char *copy = malloc(size);
	enum boot_script_status status;

	assert_non_null(copy);
	memcpy(copy, string, size);
	*line = (struct boot_line){ .words = words, .room = room };
	status = boot_script_parse(line, copy);
	assert_true(line->nr_words <= room);
	assert_true(line->error <= strlen(string));
	describe(line, out);
	free(copy);
	return status;
}

static void
test_good_lines(void **state)
{
	static const struct {
		const char *string, *words;
	} cases[] = {
		{ "init", "init" },
		{ " \t init", "init" },
		{ "init  ", "init" },
		{ "init a b", "init|a|b" },
		{ "init\ta \t b\t", "init|a|b" },
		{ "init a\nb c", "init|a" },
		{ "init \n", "init" },
		{ "#x", "" },
		/* Nothing but a line's first character makes a comment. */
		{ "init #x", "init|#x" },
		{ "a#b", "a#b" },
		/* Variables. */
		{ "x ${v}", "x|{v}" },
		{ "x --root=${root}", "x|--root={root}" },
		{ "x a${v}b", "x|a{v}|b" },
		{ "x ${v}${w}", "x|{v}|{w}" },
		{ "x ${v}/${w}/", "x|{v}|/{w}|/" },
		{ "x ${kernel-command-line}", "x|{kernel-command-line}" },
		/* Calls. */
		{ "x $(task-create)", "x|[task-create]" },
		{ "x $(t=task-create) $(task-resume)",
		  "x|[t=task-create]|[task-resume]" },
		{ "x $(a=b=c=f)", "x|[a=b=c=f]" },
		{ "x $(f)$(g)", "x|[f]|[g]" },
		{ "x $(f)a", "x|[f]|a" },
		{ "x ${v}$(f)", "x|{v}|[f]" },
		/* Not at the start of a word: text. */
		{ "x a$(f)", "x|a$(f)" },
		{ "x a$(b c)", "x|a$(b|c)" },
		/* Dollars and brackets without a partner: text. */
		{ "x $ $$ $a a$ } ) {a} (b)", "x|$|$$|$a|a$|}|)|{a}|(b)" },
		{ "x $${v}", "x|${v}" },
		{ "x 'a b' \"c\" \\", "x|'a|b'|\"c\"|\\" },
		/* The command stands as it is. */
		{ "${v}", "${v}" },
		{ "$(f", "$(f" },
		{ "x${v} a", "x${v}|a" },
		/* As Debian's boot loader writes them. */
		{ "ext2fs --readonly --multiboot-command-line="
		  "${kernel-command-line} --host-priv-port=${host-port} "
		  "-T typed ${root} $(task-create) $(task-resume)",
		  "ext2fs|--readonly|--multiboot-command-line="
		  "{kernel-command-line}|--host-priv-port={host-port}|-T|typed"
		  "|{root}|[task-create]|[task-resume]" },
	};
	struct boot_line line;
	char out[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum boot_script_status status = parse(&line, cases[i].string,
						       NR_WORDS, out);

		assert_int_equal(status, *cases[i].words != '\0'
				 ? BOOT_SCRIPT_OK : BOOT_SCRIPT_UNUSED);
		assert_int_equal(line.error, 0);
		assert_string_equal(out, cases[i].words);
	}
}

static void
test_unused_lines(void **state)
{
	static const char *const unused[] = {
		"", " ", "\t \t", "\n", " \ninit", "#", "# init a", " \t#x",
	};
	struct boot_line line;
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++) {
		assert_int_equal(parse(&line, unused[i], NR_WORDS, out),
				 BOOT_SCRIPT_UNUSED);
		assert_int_equal(line.nr_words, 0);
	}
}

static void
test_bad_lines(void **state)
{
	static const struct {
		const char *string;
		enum boot_script_status status;
		size_t	error;		/* where */
		size_t	nr_words;	/* good before it */
	} cases[] = {
		{ "x ${", BOOT_SCRIPT_UNTERMINATED, 4, 1 },
		{ "x ${v", BOOT_SCRIPT_UNTERMINATED, 5, 1 },
		{ "x a ${v\n}", BOOT_SCRIPT_UNTERMINATED, 7, 2 },
		{ "x $(", BOOT_SCRIPT_UNTERMINATED, 4, 1 },
		{ "x $(f", BOOT_SCRIPT_UNTERMINATED, 5, 1 },
		{ "x $(f=", BOOT_SCRIPT_UNTERMINATED, 6, 1 },
		{ "x ${}", BOOT_SCRIPT_EMPTY_NAME, 4, 1 },
		{ "x $()", BOOT_SCRIPT_EMPTY_NAME, 4, 1 },
		{ "x $(a=)", BOOT_SCRIPT_EMPTY_NAME, 6, 1 },
		{ "x $(=f)", BOOT_SCRIPT_EMPTY_NAME, 4, 1 },
		{ "x $(a==f)", BOOT_SCRIPT_EMPTY_NAME, 6, 1 },
		{ "x ${a b}", BOOT_SCRIPT_BAD_CHARACTER, 5, 1 },
		{ "x ${a\tb}", BOOT_SCRIPT_BAD_CHARACTER, 5, 1 },
		{ "x ${a=b}", BOOT_SCRIPT_BAD_CHARACTER, 5, 1 },
		{ "x ${${v}}", BOOT_SCRIPT_BAD_CHARACTER, 4, 1 },
		{ "x $(f})", BOOT_SCRIPT_BAD_CHARACTER, 5, 1 },
		{ "x $(f(g))", BOOT_SCRIPT_BAD_CHARACTER, 5, 1 },
	};
	struct boot_line line;
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(parse(&line, cases[i].string, NR_WORDS, out),
				 cases[i].status);
		assert_int_equal(line.error, cases[i].error);
		assert_int_equal(line.nr_words, cases[i].nr_words);
	}
}

/* The names of a call are exactly what stands before the last '='. */
static void
test_names(void **state)
{
	struct boot_line line = { .words = words, .room = NR_WORDS };
	struct boot_text names, name;

	(void)state;
	assert_int_equal(boot_script_parse(&line, "x $(a=bc=f) $(g)"), 0);
	names = line.words[1].names;
	assert_true(boot_text_is(&names, "a=bc"));
	assert_true(boot_names_next(&names, &name));
	assert_true(boot_text_is(&name, "a"));
	assert_true(boot_text_is(&names, "bc"));
	assert_true(boot_names_next(&names, &name));
	assert_true(boot_text_is(&name, "bc"));
	assert_false(boot_names_next(&names, &name));
	assert_true(boot_text_is(&line.words[2].names, ""));
}

static void
test_room(void **state)
{
	struct boot_line line;
	char out[64];

	(void)state;
	assert_int_equal(parse(&line, "a b c", 3, out), BOOT_SCRIPT_OK);
	assert_string_equal(out, "a|b|c");
	assert_int_equal(parse(&line, "a b c", 2, out),
			 BOOT_SCRIPT_TOO_MANY_WORDS);
	assert_int_equal(line.error, 4);
	assert_int_equal(line.nr_words, 2);
	assert_int_equal(parse(&line, "a", 0, out),
			 BOOT_SCRIPT_TOO_MANY_WORDS);
	assert_int_equal(parse(&line, "#", 0, out), BOOT_SCRIPT_UNUSED);
}

static void
test_bare(void **state)
{
	struct boot_line line;
	char out[64];

	(void)state;
	assert_int_equal(parse(&line, "  init ", NR_WORDS, out), 0);
	assert_true(boot_line_is_bare(&line));
	assert_int_equal(parse(&line, "init $(f)", NR_WORDS, out), 0);
	assert_false(boot_line_is_bare(&line));
}

static void
test_text(void **state)
{
	struct boot_text text = { "task-create)", 11 };
	struct boot_text nothing = { NULL, 0 };
	char buffer[8] = "zzzzzzz";

	(void)state;
	assert_true(boot_text_is(&text, "task-create"));
	assert_false(boot_text_is(&text, "task-creat"));
	assert_false(boot_text_is(&text, "task-create)"));
	assert_true(boot_text_is(&nothing, ""));
	assert_false(boot_text_is(&nothing, "a"));
	assert_int_equal(boot_text_copy(&text, buffer, sizeof buffer), 11);
	assert_string_equal(buffer, "task-cr");
	assert_int_equal(boot_text_copy(&nothing, buffer, 1), 0);
	assert_string_equal(buffer, "");
	assert_int_equal(boot_text_copy(&text, NULL, 0), 11);
}

static void
test_status_names(void **state)
{
	(void)state;
	for (int i = 0; i < BOOT_SCRIPT_NR_STATUS; i++)
		assert_non_null(boot_script_status_name(
			(enum boot_script_status)i));
	assert_non_null(boot_script_status_name(BOOT_SCRIPT_NR_STATUS));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_unused_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_status_names),
	};

	return unit_main(tests);
}
