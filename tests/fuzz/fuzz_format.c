/*
 * tests/fuzz/fuzz_format.c -- lib/format.c: any format is bounded, and cut
 * like it is printed whole.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The input is the format.  Nobody knows what arguments it takes, so all of
 * them are one pointer to a string: it serves %s, and as a number it makes a
 * hostile width.  A format is cut to a length that cannot take more arguments
 * than there are: the densest, "%*jd" with 32-bit words, takes 3 words for 4
 * characters.
 */
#include <string.h>

#include "fuzz.h"
#include "lib/format.h"

#define FORMAT_MAX	40
#define TEXT		"some text"
#define ARGS_8(x)	x, x, x, x, x, x, x, x
#define ARGS_32(x)	ARGS_8(x), ARGS_8(x), ARGS_8(x), ARGS_8(x)

_Static_assert(FORMAT_MAX * 3 / 4 <= 32, "arguments");

/* What was put out: its length, and as much of its start as fits. */
struct sink {
	size_t	length;
	char	start[256];
};

static void
sink_put(void *arg, const char *text, size_t length)
{
	struct sink *sink = arg;
	size_t room;

	fuzz_check(length != 0);
	if (sink->length < sizeof sink->start) {
		room = sizeof sink->start - sink->length;
		memcpy(sink->start + sink->length, text,
		       length < room ? length : room);
	}
	sink->length += length;
}

static void
sink_format(struct sink *sink, const char *format, ...)
{
	va_list args;
	size_t length;

	sink->length = 0;
	va_start(args, format);
	length = format_v(sink_put, sink, format, args);
	va_end(args);
	fuzz_check(length == sink->length);
}

/* Not checked by the compiler, as the format is no constant. */
static int (*volatile format_buffer)(char *, size_t, const char *, ...)
	= ksnprintf;

static void
check_format(const char *format, char *text, size_t room)
{
	char *buffer = malloc(room != 0 ? room : 1);
	size_t length = strlen(format);
	struct sink sink;
	size_t kept;

	fuzz_check(buffer != NULL);
	sink_format(&sink, format, ARGS_32(text));
	/* A conversion is 2 characters at least, and puts out no more than a
	 * field and a prefix. */
	fuzz_check(sink.length <= length
		   + length / 2 * (FORMAT_FIELD_MAX + 4 + strlen(TEXT)));

	fuzz_check((size_t)format_buffer(buffer, room, format, ARGS_32(text))
		   == sink.length);
	if (room != 0) {
		kept = sink.length < room ? sink.length : room - 1;
		fuzz_check(memcmp(buffer, sink.start, kept) == 0);
		fuzz_check(buffer[kept] == '\0');
	}
	free(buffer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length = size < FORMAT_MAX ? size : FORMAT_MAX;
	char *format = malloc(length + 1);
	char *text = strdup(TEXT);

	fuzz_check(format != NULL && text != NULL);
	memcpy(format, data, length);
	format[length] = '\0';
	check_format(format, text, size % 256);
	free(text);
	free(format);
	return 0;
}

size_t
fuzz_seed(unsigned int index, uint8_t *data)
{
	static const char *const seeds[] = {
		"a %d %-8u %08x %#o %+i b%%",
		"%s %.3s %-12s %*s %c %p",
		"%hhd %hd %ld %lld %zu %jd %tx",
		"%*.*d %-*.*X %0*.*o",
		"%2147483647d %.99999999999x %-+ #0999u",
	};

	return fuzz_seed_text(seeds, sizeof seeds / sizeof seeds[0], index,
			      data);
}
