/*
 * lib/boot_script.h -- the words of a boot-script line (a module's string).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	line	 = { blank } [ command { blank | word } ]
 *	command	 = text			the task's name and argv[0]
 *	word	 = text			an argument
 *		 | [text] "${" NAME "}"	an argument that ends in a value
 *		 | "$(" { NAME "=" } FUNCTION ")"
 *					a call; makes no argument by itself
 *	blank	 = space | tab
 *
 * A line ends at a newline or NUL.  Text ends at a blank, a "${" and the end
 * of the line (the command: not at a "${").  A word begins after a blank and
 * after a closing brace or parenthesis; "$(" is a call only there.
 *
 * A line whose first character after blanks is '#' is a comment: its module
 * is not used.  Nothing is quoted; a '$' elsewhere is plain text.  Names are
 * not empty and hold no blank and none of ${}()= .
 *
 * Parsing only cuts: the pieces point into the line, nothing is allocated,
 * no variable is looked up and no function known.  Values are resolved when
 * commands are run; that is kern/bootstrap.c's part.
 */
#ifndef LIB_BOOT_SCRIPT_H
#define LIB_BOOT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/macros.h"

/* A piece of the line; does not end in a 0.  Print with "%.*s". */
struct boot_text {
	const char *start;
	size_t length;
};

enum boot_word_kind {
	BOOT_WORD_ARGUMENT,
	BOOT_WORD_CALL,
};

struct boot_word {
	enum boot_word_kind kind;
	struct boot_text text;	   /* ARGUMENT: literal part, may be empty */
	struct boot_text variable; /* ARGUMENT: its value follows the text;
				    * start is NULL: none */
	struct boot_text names;	   /* CALL: variables to set, "A=B", or empty;
				    * cut with boot_names_next() */
	struct boot_text function; /* CALL: what to run */
};

enum boot_script_status {
	BOOT_SCRIPT_OK,
	BOOT_SCRIPT_UNUSED,	   /* empty or a comment: no error */
	BOOT_SCRIPT_TOO_MANY_WORDS,
	BOOT_SCRIPT_UNTERMINATED,  /* the line ends within ${ or $( */
	BOOT_SCRIPT_EMPTY_NAME,	   /* ${}, $(), $(A=), $(=F) */
	BOOT_SCRIPT_BAD_CHARACTER, /* within ${ or $( */
	BOOT_SCRIPT_NR_STATUS
};

/* A line.  The caller provides the words. */
struct boot_line {
	struct boot_word *words; /* [0] is the command: an ARGUMENT with text */
	size_t	room;		 /* words that fit */
	size_t	nr_words;
	size_t	error;		 /* offset in the line of what is wrong */
};

/**
 * boot_script_room - how many words a line can have at most
 * @string:	the module's string
 *
 * Return:  room enough for boot_script_parse(), at least 1, and hardly more
 *	    than it needs.
 */
size_t boot_script_room(const char *string);

/**
 * boot_script_parse - cut one line into words
 * @line:	words and room are set; the rest is filled
 * @string:	the module's string; the words point into it
 *
 * Return:  BOOT_SCRIPT_OK: at least the command is there.
 *	    BOOT_SCRIPT_UNUSED: no words.
 *	    Others: line->error says where; line->nr_words are good so far.
 */
MUST_CHECK enum boot_script_status boot_script_parse(struct boot_line *line,
						     const char *string);

/* A few words for a message: "unterminated ${ or $(". */
const char *boot_script_status_name(enum boot_script_status status);

/* A line with no arguments or calls after the command (compatibility mode
 * if it is the only module). */
static inline bool
boot_line_is_bare(const struct boot_line *line)
{
	return line->nr_words == 1;
}

/**
 * boot_names_next - take the first name off a call's names
 * @names:	a copy of word->names; what is left afterwards
 * @name:	gets the name
 *
 * Return:  false if none was left.
 */
bool boot_names_next(struct boot_text *names, struct boot_text *name);

/* Is the text this string? */
bool boot_text_is(const struct boot_text *text, const char *string);

/**
 * boot_text_show - copy for people to read
 * @text:	whatever it holds
 * @buffer:	gets what fits, a `?' for each character that is no printable
 *		ASCII, and a 0
 * @size:	of @buffer in bytes, not 0
 */
void boot_text_show(const struct boot_text *text, char *buffer, size_t size);

/* Copy what fits with a 0 behind it (unless size is 0); as strlcpy. */
size_t boot_text_copy(const struct boot_text *text, char *buffer, size_t size);

#endif /* LIB_BOOT_SCRIPT_H */
