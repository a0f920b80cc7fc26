/*
 * utils/slabinfo.c -- the kernel's object caches, as a table.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The figures are those of host_slab_statistics (kernel_stat.defs) where the
 * kernel serves them, else those of host_slab_info with fewer columns.
 */
#include <hurd.h>
#include <mach.h>
#include <mach_debug/kernel_stat.h>
#include <mach_debug/mach_debug.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE	2
#define LEAKS_SECONDS	5	/* between the two looks of --leaks */
#define WATCH_SECONDS	2

static const char usage[] =
	"Usage: slabinfo [OPTION]...\n"
	"Show the kernel's object caches, the largest first.\n"
	"\n"
	"  --all              caches without any object, too\n"
	"  --leaks[=SECONDS]  look twice, 5 or that many seconds apart, and\n"
	"                     show which caches have grown; then, of caches\n"
	"                     that record it, which places in the kernel\n"
	"                     have allocated the objects in use\n"
	"  --watch[=SECONDS]  show the table again every 2 seconds, or as\n"
	"                     many as are given\n"
	"  --count=N          with --watch: N times, then end\n"
	"  --help             this text\n"
	"\n"
	"live     objects in use        pooled   free ones kept for a CPU\n"
	"object   bytes asked for       buffer   bytes that one takes\n"
	"slabs    and in /, those that are quite free\n"
	"use      how much of the memory holds objects in use, %\n"
	"hits     allocations that found an object kept for their CPU, %\n"
	"failed   allocations that failed\n"
	"oldest   seconds since the oldest of the objects was allocated\n"
	"\n"
	"Caches record who allocates if the kernel is started with the word\n"
	"slab_debug=o (all caches) or slab_debug=o,CACHE; or from when its\n"
	"monitor is told `slab debug o CACHE'.\n"
	"\n"
	"Exit status: 0, 1 if the kernel answers with an error, 2 for a wrong\n"
	"option.\n";

static struct {
	bool	all, leaks, watch;
	unsigned long seconds;	/* 0: as usual */
	unsigned long count;	/* 0: no end */
} options;

/* What was read; freed by table_free(). */
struct table {
	slab_stat_t	*caches;
	mach_msg_type_number_t nr_caches;
	size_t		size;		/* bytes of caches */
	bool		full;		/* all the fields are known */
};

static void
table_free(struct table *table)
{
	free(table->caches);
	table->caches = NULL;
}

/* Take the array that a call has given: copied, and its memory dropped. */
static bool
table_take(struct table *table, const void *array, size_t size)
{
	table->size = size;
	table->caches = malloc(size == 0 ? 1 : size);
	if (table->caches != NULL)
		memcpy(table->caches, array, size);
	return table->caches != NULL;
}

static void
drop_array(const void *array, size_t size)
{
	vm_deallocate(mach_task_self(), (vm_address_t)array, size);
}

/* The figures of host_slab_info in the other form. */
static bool
table_convert(struct table *table, const cache_info_t *infos,
	      mach_msg_type_number_t count)
{
	table->size = count * sizeof *table->caches;
	table->caches = calloc(count == 0 ? 1 : count, sizeof *table->caches);
	if (table->caches == NULL)
		return false;
	for (mach_msg_type_number_t i = 0; i < count; i++) {
		const cache_info_t *info = &infos[i];
		slab_stat_t *cache = &table->caches[i];

		memcpy(cache->ss_name, info->name, sizeof cache->ss_name);
		cache->ss_name[sizeof cache->ss_name - 1] = '\0';
		cache->ss_obj_size = info->obj_size;
		cache->ss_buf_size = info->buf_size;
		cache->ss_slab_size = info->slab_size;
		cache->ss_nr_live = info->nr_objs;
		cache->ss_nr_objs = info->nr_bufs;
		cache->ss_nr_slabs = info->nr_slabs;
		cache->ss_nr_free_slabs = info->nr_free_slabs;
		cache->ss_nr_bytes = info->nr_slabs * info->slab_size;
	}
	table->nr_caches = count;
	return true;
}

/*
 * An array in a reply needs room of the caller's: MIG uses it if the answer is
 * short, and else sends memory.
 */
static kern_return_t
table_read_short(struct table *table)
{
	static cache_info_t room[16];
	cache_info_t *infos = room;
	mach_msg_type_number_t count = 16;
	kern_return_t result;
	bool good;

	result = host_slab_info(mach_host_self(), &infos, &count);
	if (result != KERN_SUCCESS)
		return result;
	good = table_convert(table, infos, count);
	if (infos != room)
		drop_array(infos, count * sizeof *infos);
	table->full = false;
	return good ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}

static kern_return_t
table_read(struct table *table)
{
	static slab_stat_t room[12];
	slab_stat_t *caches = room;
	mach_msg_type_number_t count = 12;
	kern_return_t result;
	bool good;

	result = host_slab_statistics(mach_host_self(), &caches, &count);
	if (result == MIG_BAD_ID)
		return table_read_short(table);
	if (result != KERN_SUCCESS)
		return result;
	good = table_take(table, caches, count * sizeof *caches);
	if (caches != room)
		drop_array(caches, count * sizeof *caches);
	table->nr_caches = count;
	table->full = true;
	return good ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}

/* More memory first, then by name. */
static int
compare_memory(const void *one, const void *two)
{
	const slab_stat_t *a = one, *b = two;

	if (a->ss_nr_bytes != b->ss_nr_bytes)
		return a->ss_nr_bytes > b->ss_nr_bytes ? -1 : 1;
	return strcmp(a->ss_name, b->ss_name);
}

static unsigned long long
kibibytes(uint64_t bytes)
{
	return (unsigned long long)((bytes + 1023) / 1024);
}

static unsigned int
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : (unsigned int)(part * 100 / whole);
}

static void
show_cache(const slab_stat_t *cache, bool full)
{
	printf("%-24s %8llu %8llu %7llu %7llu %6llu/%-4llu %8llu %4u",
	       cache->ss_name, (unsigned long long)cache->ss_nr_live,
	       (unsigned long long)cache->ss_nr_pooled,
	       (unsigned long long)cache->ss_obj_size,
	       (unsigned long long)cache->ss_buf_size,
	       (unsigned long long)cache->ss_nr_slabs,
	       (unsigned long long)cache->ss_nr_free_slabs,
	       kibibytes(cache->ss_nr_bytes),
	       percent(cache->ss_nr_live * cache->ss_obj_size,
		       cache->ss_nr_bytes));
	if (full)
		printf(" %10llu %4u %6llu",
		       (unsigned long long)cache->ss_nr_allocs,
		       percent(cache->ss_nr_hits, cache->ss_nr_allocs),
		       (unsigned long long)cache->ss_nr_failures);
	printf("\n");
}

static void
show_table(struct table *table)
{
	uint64_t bytes = 0, used = 0, bugs = 0;

	qsort(table->caches, table->nr_caches, sizeof *table->caches,
	      compare_memory);
	printf("%-24s %8s %8s %7s %7s %11s %8s %4s", "cache", "live",
	       "pooled", "object", "buffer", "slabs/free ", "KiB", "use");
	if (table->full)
		printf(" %10s %4s %6s", "allocated", "hits", "failed");
	printf("\n");
	for (mach_msg_type_number_t i = 0; i < table->nr_caches; i++) {
		const slab_stat_t *cache = &table->caches[i];

		bytes += cache->ss_nr_bytes;
		used += cache->ss_nr_live * cache->ss_obj_size;
		bugs += cache->ss_nr_bugs;
		if (options.all || cache->ss_nr_objs != 0)
			show_cache(cache, table->full);
	}
	printf("%u caches, %llu KiB, %u%% of it in use",
	       (unsigned int)table->nr_caches, kibibytes(bytes),
	       percent(used, bytes));
	if (bugs != 0)
		printf(", %llu misuses found", (unsigned long long)bugs);
	printf("\n");
}

static int
fail(const char *what, kern_return_t result)
{
	fprintf(stderr, "slabinfo: %s: %s (%d)\n", what,
		mach_error_string(result), result);
	return EXIT_FAILURE;
}

static int
run_table(void)
{
	unsigned long round = 0;

	for (;;) {
		struct table table;
		kern_return_t result = table_read(&table);

		if (result != KERN_SUCCESS)
			return fail("reading the caches", result);
		show_table(&table);
		table_free(&table);
		round++;
		if (!options.watch || round == options.count)
			return EXIT_SUCCESS;
		printf("\n");
		sleep((unsigned int)(options.seconds != 0 ? options.seconds
				     : WATCH_SECONDS));
	}
}

static const slab_stat_t *
table_find(const struct table *table, const char *name)
{
	for (mach_msg_type_number_t i = 0; i < table->nr_caches; i++)
		if (strcmp(table->caches[i].ss_name, name) == 0)
			return &table->caches[i];
	return NULL;
}

/* Show by how much the live objects of each cache have grown. */
static unsigned int
show_growth(const struct table *before, const struct table *after)
{
	unsigned int shown = 0;

	for (mach_msg_type_number_t i = 0; i < after->nr_caches; i++) {
		const slab_stat_t *now = &after->caches[i];
		const slab_stat_t *then = table_find(before, now->ss_name);
		uint64_t old = then == NULL ? 0 : then->ss_nr_live;

		if (now->ss_nr_live <= old)
			continue;
		if (shown++ == 0)
			printf("%-24s %10s %10s %10s %10s\n", "cache",
			       "live then", "live now", "grown by", "KiB");
		printf("%-24s %10llu %10llu %10llu %10llu\n", now->ss_name,
		       (unsigned long long)old,
		       (unsigned long long)now->ss_nr_live,
		       (unsigned long long)(now->ss_nr_live - old),
		       kibibytes((now->ss_nr_live - old) * now->ss_buf_size));
	}
	return shown;
}

/* Who has allocated what, if the result is KERN_SUCCESS; to be freed. */
struct owners {
	kern_return_t	result;
	slab_owner_t	*rows;
	mach_msg_type_number_t nr_rows;
};

static const kernel_debug_name_t all;	/* "": of all caches */

/* Have the kernel record who allocates, or no longer. */
static kern_return_t
owners_record(boolean_t record)
{
	mach_port_t host_priv;

	if (get_privileged_ports(&host_priv, NULL) != 0)
		return KERN_INVALID_HOST;
	return host_slab_record_owners(host_priv, all, record);
}

/* Without the right, as if the kernel had refused it. */
static void
owners_read(struct owners *owners)
{
	static slab_owner_t room[16];
	slab_owner_t *rows = room;
	mach_msg_type_number_t count = 16;
	mach_port_t host_priv;

	owners->rows = NULL;
	owners->nr_rows = 0;
	owners->result = KERN_INVALID_HOST;
	if (get_privileged_ports(&host_priv, NULL) != 0)
		return;
	owners->result = host_slab_owners(host_priv, all, &rows, &count);
	if (owners->result != KERN_SUCCESS)
		return;
	owners->rows = calloc(count == 0 ? 1 : count, sizeof *rows);
	if (owners->rows == NULL) {
		owners->result = KERN_RESOURCE_SHORTAGE;
	} else {
		memcpy(owners->rows, rows, count * sizeof *rows);
		owners->nr_rows = count;
	}
	if (rows != room)
		drop_array(rows, count * sizeof *rows);
}

/* More memory first, then by cache. */
static int
compare_bytes(const void *one, const void *two)
{
	const slab_owner_t *a = one, *b = two;

	if (a->so_nr_bytes != b->so_nr_bytes)
		return a->so_nr_bytes > b->so_nr_bytes ? -1 : 1;
	return strcmp(a->so_cache, b->so_cache);
}

/* How many objects of this cache and place there were. */
static uint64_t
owners_live(const struct owners *owners, const slab_owner_t *row)
{
	for (mach_msg_type_number_t i = 0; i < owners->nr_rows; i++) {
		const slab_owner_t *other = &owners->rows[i];

		if (other->so_offset == row->so_offset
		    && strcmp(other->so_function, row->so_function) == 0
		    && strcmp(other->so_cache, row->so_cache) == 0)
			return other->so_nr_live;
	}
	return 0;
}

static void
show_place(const slab_owner_t *row)
{
	if (row->so_function[0] != '\0')
		printf("%s+%#llx\n", row->so_function,
		       (unsigned long long)row->so_offset);
	else if (row->so_offset != 0)
		printf("%#llx\n", (unsigned long long)row->so_offset);
	else
		printf("others\n");
}

static void
show_owners(const struct owners *before, const struct owners *after)
{
	uint64_t bytes = 0;

	qsort(after->rows, after->nr_rows, sizeof *after->rows,
	      compare_bytes);
	printf("%-24s %10s %10s %10s %8s  %s\n", "cache", "live", "grown by",
	       "KiB", "oldest", "allocated by");
	for (mach_msg_type_number_t i = 0; i < after->nr_rows; i++) {
		const slab_owner_t *row = &after->rows[i];
		uint64_t old = owners_live(before, row);

		bytes += row->so_nr_bytes;
		printf("%-24s %10llu %+10lld %10llu %8llu  ", row->so_cache,
		       (unsigned long long)row->so_nr_live,
		       (long long)(row->so_nr_live - old),
		       kibibytes(row->so_nr_bytes),
		       (unsigned long long)(row->so_oldest / 1000));
		show_place(row);
	}
	printf("%u places have allocated %llu KiB\n",
	       (unsigned int)after->nr_rows, kibibytes(bytes));
}

/* Returns what the program shall end with. */
static int
tell_owners(const struct owners *before, const struct owners *after)
{
	switch (after->result) {
	case KERN_SUCCESS:
		show_owners(before, after);
		return EXIT_SUCCESS;
	case KERN_FAILURE:
		printf("No cache records who allocates, and the kernel "
		       "refused to: start it with\nslab_debug=o.\n");
		return EXIT_SUCCESS;
	case KERN_INVALID_HOST:
		printf("Who has allocated them is told with the privileged "
		       "host port only.\n");
		return EXIT_SUCCESS;
	case MIG_BAD_ID:
		printf("This kernel does not tell who has allocated them.\n");
		return EXIT_SUCCESS;
	default:
		return fail("reading who has allocated", after->result);
	}
}

static void
leaks_free(struct table *table, struct owners *owners)
{
	table_free(table);
	free(owners->rows);
}

static int
run_leaks(void)
{
	unsigned long seconds = options.seconds != 0 ? options.seconds
		: LEAKS_SECONDS;
	struct owners owned_before, owned_after;
	struct table before, after;
	kern_return_t result;
	unsigned int grown;
	bool recorded;
	int status;

	result = table_read(&before);
	if (result != KERN_SUCCESS)
		return fail("reading the caches", result);
	owners_read(&owned_before);
	/* If nobody has chosen caches, all record for that time. */
	recorded = owned_before.result == KERN_FAILURE
		&& owners_record(TRUE) == KERN_SUCCESS;
	sleep((unsigned int)seconds);
	result = table_read(&after);
	if (result == KERN_SUCCESS)
		owners_read(&owned_after);
	if (recorded)
		(void)owners_record(FALSE);
	if (result != KERN_SUCCESS) {
		leaks_free(&before, &owned_before);
		return fail("reading the caches again", result);
	}
	qsort(after.caches, after.nr_caches, sizeof *after.caches,
	      compare_memory);
	grown = show_growth(&before, &after);
	printf("%u of %u caches have more live objects than %lu seconds "
	       "ago\n", grown, (unsigned int)after.nr_caches, seconds);
	status = tell_owners(&owned_before, &owned_after);
	leaks_free(&before, &owned_before);
	leaks_free(&after, &owned_after);
	return status;
}

/* The number behind an option, if @argument is that option. */
static bool
option_number(const char *argument, const char *name, unsigned long *number,
	      bool *seen)
{
	size_t length = strlen(name);
	char *end;

	if (strncmp(argument, name, length) != 0)
		return false;
	if (argument[length] == '\0') {
		*seen = true;
		return true;
	}
	if (argument[length] != '=')
		return false;
	*number = strtoul(argument + length + 1, &end, 10);
	*seen = true;
	return end != argument + length + 1 && *end == '\0' && *number != 0
		&& *number < 1000000;
}

/* EXIT_SUCCESS, or what the program shall end with; help has been given. */
static int
read_options(int argc, char **argv, bool *done)
{
	bool count_seen = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			*done = true;
			return EXIT_SUCCESS;
		}
		if (strcmp(argv[i], "--all") == 0) {
			options.all = true;
			continue;
		}
		if (option_number(argv[i], "--leaks", &options.seconds,
				  &options.leaks)
		    || option_number(argv[i], "--watch", &options.seconds,
				     &options.watch)
		    || option_number(argv[i], "--count", &options.count,
				     &count_seen))
			continue;
		fprintf(stderr, "slabinfo: what is `%s'?  Try --help\n",
			argv[i]);
		return EXIT_USAGE;
	}
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	bool done = false;
	int status = read_options(argc, argv, &done);

	if (done || status != EXIT_SUCCESS)
		return status;
	return options.leaks ? run_leaks() : run_table();
}
