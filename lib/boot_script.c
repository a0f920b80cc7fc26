/*
 * lib/boot_script.c -- the words of a boot-script line; see
 * lib/boot_script.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lib/boot_script.h"

#include "lib/string.h"

/* Where parsing stands.  `at` never goes past the end of the line. */
struct boot_cursor {
	const char *start;	/* of the line */
	const char *at;
	const char *error;	/* what is wrong, after a failure */
};

static bool
boot_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
boot_is_end(char c)
{
	return c == '\0' || c == '\n';
}

static void
boot_skip_blanks(struct boot_cursor *cursor)
{
	while (boot_is_blank(*cursor->at))
		cursor->at++;
}

/* Does "${" (or "$(") stand here? */
static bool
boot_is_opening(const char *at, char bracket)
{
	return at[0] == '$' && at[1] == bracket;
}

static struct boot_text
boot_text_between(const char *start, const char *end)
{
	return (struct boot_text){ start, (size_t)(end - start) };
}

static enum boot_script_status
boot_fail(struct boot_cursor *cursor, const char *where,
	  enum boot_script_status status)
{
	cursor->error = where;
	return status;
}

/*
 * Cut a name from the cursor up to one of the two characters of `stops`, and
 * leave the cursor on that.
 */
static enum boot_script_status
boot_parse_name(struct boot_cursor *cursor, const char *stops,
		struct boot_text *name)
{
	const char *at = cursor->at;

	while (*at != stops[0] && *at != stops[1]) {
		if (boot_is_end(*at))
			return boot_fail(cursor, at, BOOT_SCRIPT_UNTERMINATED);
		if (boot_is_blank(*at) || strchr("${}()=", *at) != NULL)
			return boot_fail(cursor, at,
					 BOOT_SCRIPT_BAD_CHARACTER);
		at++;
	}
	if (at == cursor->at)
		return boot_fail(cursor, at, BOOT_SCRIPT_EMPTY_NAME);
	*name = boot_text_between(cursor->at, at);
	cursor->at = at;
	return BOOT_SCRIPT_OK;
}

/* "$(A=B=F)": the cursor stands on the '$'. */
static enum boot_script_status
boot_parse_call(struct boot_cursor *cursor, struct boot_word *word)
{
	enum boot_script_status status;
	struct boot_text name;
	const char *names;

	cursor->at += 2;
	names = cursor->at;
	*word = (struct boot_word){ .kind = BOOT_WORD_CALL };
	for (;;) {
		status = boot_parse_name(cursor, "=)", &name);
		if (status != BOOT_SCRIPT_OK)
			return status;
		cursor->at++;
		if (cursor->at[-1] == ')')
			break;
	}
	/* The last name is the function; an '=' stands before it if there
	 * are others. */
	word->function = name;
	if (name.start != names)
		word->names = boot_text_between(names, name.start - 1);
	return BOOT_SCRIPT_OK;
}

/* Text, "${A}" or both: the cursor stands on what is neither blank nor end. */
static enum boot_script_status
boot_parse_argument(struct boot_cursor *cursor, struct boot_word *word)
{
	const char *start = cursor->at;
	enum boot_script_status status;

	*word = (struct boot_word){ .kind = BOOT_WORD_ARGUMENT };
	while (!boot_is_blank(*cursor->at) && !boot_is_end(*cursor->at)
	       && !boot_is_opening(cursor->at, '{'))
		cursor->at++;
	word->text = boot_text_between(start, cursor->at);

	if (!boot_is_opening(cursor->at, '{'))
		return BOOT_SCRIPT_OK;
	cursor->at += 2;
	status = boot_parse_name(cursor, "}}", &word->variable);
	if (status == BOOT_SCRIPT_OK)
		cursor->at++;
	return status;
}

/* The command: text as it stands.  The cursor is on its first character. */
static enum boot_script_status
boot_parse_command(struct boot_cursor *cursor, struct boot_word *word)
{
	const char *start = cursor->at;

	while (!boot_is_blank(*cursor->at) && !boot_is_end(*cursor->at))
		cursor->at++;
	*word = (struct boot_word){
		.kind = BOOT_WORD_ARGUMENT,
		.text = boot_text_between(start, cursor->at),
	};
	return BOOT_SCRIPT_OK;
}

static enum boot_script_status
boot_parse_word(struct boot_cursor *cursor, struct boot_line *line)
{
	struct boot_word *word = &line->words[line->nr_words];
	enum boot_script_status status;

	if (line->nr_words == line->room)
		return boot_fail(cursor, cursor->at,
				 BOOT_SCRIPT_TOO_MANY_WORDS);
	if (line->nr_words == 0)
		status = boot_parse_command(cursor, word);
	else if (boot_is_opening(cursor->at, '('))
		status = boot_parse_call(cursor, word);
	else
		status = boot_parse_argument(cursor, word);
	if (status == BOOT_SCRIPT_OK)
		line->nr_words++;
	return status;
}

size_t
boot_script_room(const char *string)
{
	size_t room = 1;

	/* A word begins with the line, or behind one of these. */
	for (; !boot_is_end(*string); string++)
		if ((boot_is_blank(*string) && !boot_is_blank(string[1]))
		    || *string == '}' || *string == ')')
			room++;
	return room;
}

enum boot_script_status
boot_script_parse(struct boot_line *line, const char *string)
{
	struct boot_cursor cursor = { string, string, string };
	enum boot_script_status status = BOOT_SCRIPT_OK;

	line->nr_words = 0;
	line->error = 0;
	boot_skip_blanks(&cursor);
	if (boot_is_end(*cursor.at) || *cursor.at == '#')
		return BOOT_SCRIPT_UNUSED;

	while (status == BOOT_SCRIPT_OK && !boot_is_end(*cursor.at)) {
		status = boot_parse_word(&cursor, line);
		boot_skip_blanks(&cursor);
	}
	line->error = (size_t)(cursor.error - string);
	return status;
}

const char *
boot_script_status_name(enum boot_script_status status)
{
	static const char *const names[BOOT_SCRIPT_NR_STATUS] = {
		[BOOT_SCRIPT_OK] = "no error",
		[BOOT_SCRIPT_UNUSED] = "empty or a comment",
		[BOOT_SCRIPT_TOO_MANY_WORDS] = "too many words",
		[BOOT_SCRIPT_UNTERMINATED] = "unterminated ${ or $(",
		[BOOT_SCRIPT_EMPTY_NAME] = "empty name in ${ } or $( )",
		[BOOT_SCRIPT_BAD_CHARACTER] = "bad character in ${ } or $( )",
	};

	return (unsigned int)status < BOOT_SCRIPT_NR_STATUS ? names[status]
							    : "unknown error";
}

bool
boot_names_next(struct boot_text *names, struct boot_text *name)
{
	const char *at = names->start;
	const char *end;

	if (names->length == 0)
		return false;
	end = at + names->length;
	while (at < end && *at != '=')
		at++;
	*name = boot_text_between(names->start, at);
	*names = boot_text_between(at < end ? at + 1 : end, end);
	return true;
}

bool
boot_text_is(const struct boot_text *text, const char *string)
{
	if (strlen(string) != text->length)
		return false;
	/* An empty text need not point anywhere. */
	return text->length == 0
		|| memcmp(text->start, string, text->length) == 0;
}

size_t
boot_text_copy(const struct boot_text *text, char *buffer, size_t size)
{
	if (size != 0) {
		size_t copied = MIN(text->length, size - 1);

		if (copied != 0)
			memcpy(buffer, text->start, copied);
		buffer[copied] = '\0';
	}
	return text->length;
}

void
boot_text_show(const struct boot_text *text, char *buffer, size_t size)
{
	(void)boot_text_copy(text, buffer, size);
	for (; *buffer != '\0'; buffer++)
		if (*buffer < ' ' || *buffer > '~')
			*buffer = '?';
}
