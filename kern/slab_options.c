/*
 * kern/slab_options.c -- how people talk to the object allocator.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The words of the command line, and the monitor's command `slab'.  doc/slab.md
 * describes both.
 */

#include "kern/slab_priv.h"

#include <machine/boot_info.h>

#include "kern/printf.h"
#include "lib/atomic.h"
#include "lib/cmdline.h"
#include "lib/string.h"

#define VALUE_SIZE	96u	/* bytes of a word's value, with the 0 */

static const char usage[] =
	"slab			table of caches\n"
	"slab more		the other figures\n"
	"slab collect		give back all that can be spared\n"
	"slab cpu on|off		the CPU layer\n"
	"slab debug FLAGS [CACHE] z zones, p poison, o owners, all, off\n"
	"slab owners CACHE	who has allocated what is live\n"
	"slab limit CACHE SOFT HARD\n"
	"slab fail nth:N|in:N[,cache:NAME][,caller:SYMBOL] | slab fail off\n";

bool
slab_debug_flags(const char *text, size_t length, unsigned int *flags)
{
	static const char letters[] = "zpo";
	unsigned int result = 0;

	if (length == 3 && memcmp(text, "all", 3) == 0) {
		*flags = KMEM_DEBUG_ALL;
		return true;
	}
	if (length == 3 && memcmp(text, "off", 3) == 0) {
		*flags = 0;
		return true;
	}
	for (size_t i = 0; i < length; i++) {
		const char *letter = strchr(letters, text[i]);

		if (letter == NULL || text[i] == '\0')
			return false;
		result |= 1u << (letter - letters);
	}
	*flags = result;
	return length != 0;
}

/* Is @name what @pattern means, with a `*' at its end for anything? */
static bool
is_match(const char *pattern, const char *name)
{
	size_t length;

	if (pattern == NULL || pattern[0] == '\0')
		return true;
	length = strlen(pattern);
	if (pattern[length - 1] == '*')
		return strncmp(pattern, name, length - 1) == 0;
	return strcmp(pattern, name) == 0;
}

/* Cut @text at the first @mark; returns what stands behind it, or "". */
static char *
cut(char *text, char mark)
{
	while (*text != '\0' && *text != mark)
		text++;
	while (*text != '\0' && *text == mark)
		*text++ = '\0';
	return text;
}

/*
 * Caches by name.
 */

/* The @i-th cache whose name is meant; NULL: there are not so many. */
static struct kmem_cache *
cache_find(const char *pattern, unsigned int i)
{
	struct kmem_cache *cache, *found = NULL;

	spin_lock(&kmem_caches.lock);
	for (cache = kmem_cache_next(NULL); cache != NULL;
	     cache = kmem_cache_next(cache)) {
		if (!is_match(pattern, cache->name) || i-- != 0)
			continue;
		found = cache;
		break;
	}
	spin_unlock(&kmem_caches.lock);
	return found;
}

bool
slab_get_owners(const char *pattern, unsigned int i,
		struct kmem_owners *owners)
{
	struct kmem_cache *cache;
	bool found = false;

	/* With the lock: a cache that is listed is not destroyed. */
	spin_lock(&kmem_caches.lock);
	for (cache = kmem_cache_next(NULL); cache != NULL;
	     cache = kmem_cache_next(cache)) {
		if (!is_match(pattern, cache->name) || i-- != 0)
			continue;
		kmem_debug_owners(cache, owners);
		found = true;
		break;
	}
	spin_unlock(&kmem_caches.lock);
	return found;
}

/* Set KMEM_DEBUG_* of the caches that @pattern means, of those in @mask. */
static unsigned int
set_debug(const char *pattern, unsigned int mask, unsigned int flags)
{
	struct kmem_cache *cache;
	unsigned int n;

	mutex_lock(&kmem_switch);
	for (n = 0; ; n++) {
		cache = cache_find(pattern, n);
		if (cache == NULL)
			break;
		kmem_debug_set(cache, (kmem_debug_flags(cache) & ~mask)
				      | (flags & mask));
	}
	mutex_unlock(&kmem_switch);
	return n;
}

unsigned int
slab_set_debug(const char *pattern, unsigned int flags)
{
	return set_debug(pattern, KMEM_DEBUG_ALL, flags);
}

unsigned int
slab_record_owners(const char *pattern, bool record)
{
	return set_debug(pattern, KMEM_DEBUG_OWNER,
			 record ? KMEM_DEBUG_OWNER : 0);
}

void
slab_show_owners(const char *name)
{
	struct kmem_cache *cache = cache_find(name, 0);

	if (cache == NULL)
		kprintf("slab: no cache %s\n", name);
	else if (kmem_debug_flags(cache) == 0)
		kprintf("slab: %s is not debugged\n", cache->name);
	else
		kmem_debug_report(cache);
}

/*
 * The command line.
 */

/* What slab_debug=FLAGS[,CACHE] asks for; of slab_options_debug(). */
static struct {
	unsigned int	flags;			/* KMEM_DEBUG_*; 0: nothing */
	char		pattern[VALUE_SIZE];	/* names of caches */
} debug_asked;

void
slab_options_debug(void)
{
	char value[VALUE_SIZE];

	debug_asked.flags = 0;
	if (!cmdline_find(boot_info()->cmdline, "slab_debug", value,
			  sizeof value))
		return;
	strlcpy(debug_asked.pattern, cut(value, ','), VALUE_SIZE);
	if (!slab_debug_flags(value, strlen(value), &debug_asked.flags))
		kprintf("slab: slab_debug= is not understood\n");
}

unsigned int
kmem_debug_flags_at_boot(const char *name)
{
	if (debug_asked.flags == 0 || !is_match(debug_asked.pattern, name))
		return 0;
	return debug_asked.flags;
}

/* One of the parts of a failure: WHAT:VALUE. */
static bool
read_fail_part(struct slab_fail *what, const char *name, const char *value)
{
	if (strcmp(name, "nth") == 0)
		return cmdline_number(value, &what->nth);
	if (strcmp(name, "in") == 0)
		return cmdline_number(value, &what->one_in)
			&& what->one_in <= UINT32_MAX;
	if (strcmp(name, "cache") == 0) {
		strlcpy(what->cache, value, sizeof what->cache);
		return true;
	}
	if (strcmp(name, "caller") == 0) {
		strlcpy(what->caller, value, sizeof what->caller);
		return true;
	}
	return false;
}

bool
slab_fail_read(char *text)
{
	struct slab_fail what = { 0 };

	if (strcmp(text, "off") == 0) {
		slab_fail_set(NULL);
		return true;
	}
	while (*text != '\0') {
		char *next = cut(text, ',');
		char *value = cut(text, ':');

		if (!read_fail_part(&what, text, value))
			return false;
		text = next;
	}
	slab_fail_set(&what);
	return true;
}

void
slab_options_fail(void)
{
	char value[VALUE_SIZE];

	if (cmdline_find(boot_info()->cmdline, "slab_fail", value,
			 sizeof value) && !slab_fail_read(value))
		kprintf("slab: slab_fail= is not understood\n");
}

/* Is the value of a word of the command line @text, the only one it can be? */
static bool
option_is(const char *name, const char *text)
{
	char value[VALUE_SIZE];

	if (!cmdline_find(boot_info()->cmdline, name, value, sizeof value))
		return false;
	if (strcmp(value, text) == 0)
		return true;
	kprintf("slab: %s= is not understood\n", name);
	return false;
}

void
slab_options(void)
{
	struct kmem_cache *cache;

	kmem_ignore_bugs = option_is("slab_bugs", "ignore");
	if (option_is("slab_cpu", "off"))
		slab_set_cpu_layer(false);

	/* Caches made from here on do it by themselves. */
	for (unsigned int i = 0; debug_asked.flags != 0; i++) {
		cache = cache_find(debug_asked.pattern, i);
		if (cache == NULL)
			break;
		kmem_debug_set(cache, debug_asked.flags);
	}
}

/*
 * The monitor.
 */

static bool
command_debug(char *argument)
{
	char *pattern = cut(argument, ' ');
	unsigned int flags;

	if (!slab_debug_flags(argument, strlen(argument), &flags))
		return false;
	kprintf("slab: %u caches\n", slab_set_debug(pattern, flags));
	return true;
}

static bool
command_limit(char *argument)
{
	char *soft_text = cut(argument, ' ');
	char *hard_text = cut(soft_text, ' ');
	struct kmem_cache *cache = cache_find(argument, 0);
	unsigned long soft, hard;

	if (argument[0] == '\0' || cache == NULL
	    || !cmdline_number(soft_text, &soft)
	    || !cmdline_number(hard_text, &hard))
		return false;
	kmem_cache_set_limits(cache, soft, hard);
	return true;
}

static bool
command_cpu(char *argument)
{
	bool on = strcmp(argument, "on") == 0;

	if (!on && strcmp(argument, "off") != 0)
		return false;
	slab_set_cpu_layer(on);
	return true;
}

static bool
command_owners(char *argument)
{
	if (argument[0] == '\0')
		return false;
	slab_show_owners(argument);
	return true;
}

static bool
command_collect(char *argument)
{
	(void)argument;
	kprintf("slab: %lu frames\n", slab_shrink());
	return true;
}

static bool
command_more(char *argument)
{
	(void)argument;
	slab_show_more();
	return true;
}

static const struct {
	const char	*name;
	bool		(*run)(char *argument);
} commands[] = {
	{ "collect", command_collect },
	{ "cpu", command_cpu },
	{ "debug", command_debug },
	{ "fail", slab_fail_read },
	{ "limit", command_limit },
	{ "more", command_more },
	{ "owners", command_owners },
};

void
slab_command(char *line)
{
	char *argument;

	if (*line == '\0') {
		slab_show();
		return;
	}
	argument = cut(line, ' ');
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, line) == 0
		    && commands[i].run(argument))
			return;
	kprintf("%s", usage);
}
