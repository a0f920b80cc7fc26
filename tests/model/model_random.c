/*
 * tests/model/model_random.c -- the model under random operations.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: model_random				as a test
 *	  model_random run SHAPE SEED OPS [BUG]	one run; its figures
 *	  model_random replay SHAPE SEED OPS [BUG]	its end, with the maps
 *	  model_random bugs			which bugs are found, how soon
 *
 * TEST_SCALE multiplies the operations, TEST_SEED begins elsewhere.
 */
#include "tests/hosted/unit.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/macros.h"
#include "tests/model/model_random.h"
#include "tests/model/model_shape.h"

#define CHECKED_OPS	3000	/* each followed by a check */
#define CHECK_EVERY	16	/* from then on */

/* Run one shape; return the operation after which it was wrong, or 0. */
static unsigned long
run_shape(const struct model_shape *shape, uint64_t seed, unsigned long nr_ops,
	  bool join, enum vm_model_bug bug, struct vm_model_stats *stats)
{
	struct vm_model_config config = {
		.nr_pages = shape->nr_pages,
		.budget = shape->budget,
		.join = join,
		.bug = bug,
	};
	struct vm_model *model = vm_model_create(&config);
	struct random random;
	const char *wrong = NULL;
	struct vm_op op;
	unsigned long i;

	random_init(&random, seed);
	for (i = 1; wrong == NULL && i <= nr_ops; i++) {
		model_shape_next(shape, &random, model, &op);
		(void)vm_model_apply(model, &op);
		if (i <= CHECKED_OPS || i % CHECK_EVERY == 0 || i == nr_ops)
			wrong = vm_model_check(model);
	}
	if (stats != NULL)
		*stats = *vm_model_stats(model);
	if (wrong == NULL) {
		if (vm_model_destroy(model))
			return 0;
		wrong = "something is left when all maps are gone";
		model = NULL;
	}
	if (bug == VM_MODEL_BUG_none)
		printf("# %s, seed %llu, operation %lu, %s: %s\n", shape->name,
		       (unsigned long long)seed, i - 1, vm_op_name(op.kind),
		       wrong);
	if (model != NULL)
		(void)vm_model_destroy(model);
	return i - 1;
}

static void
print_stats(const char *name, const struct vm_model_stats *stats)
{
	printf("# %s: %llu operations, %llu failed; %llu joins, %llu took an "
	       "object, %llu and %llu of objects; collapsed %llu up, %llu down;"
	       " pages %llu moved, %llu taken, %llu copied, %llu pushed\n",
	       name, (unsigned long long)stats->ops,
	       (unsigned long long)stats->failed,
	       (unsigned long long)stats->joins,
	       (unsigned long long)stats->adopted,
	       (unsigned long long)stats->joined_objects,
	       (unsigned long long)stats->joined_shadow,
	       (unsigned long long)stats->collapsed_up,
	       (unsigned long long)stats->collapsed_down,
	       (unsigned long long)stats->moved,
	       (unsigned long long)stats->taken,
	       (unsigned long long)stats->copied,
	       (unsigned long long)stats->pushed);
	printf("# %s: entries/runs %.3f; pages nobody sees %.3f; most: chain "
	       "%u, objects %u, uses %u, above %u, ranges of a link %u, queued "
	       "%u\n# %s: refused for a run:", name,
	       (double)stats->entries / (double)MAX(stats->runs, 1u),
	       (double)stats->unreachable / (double)MAX(stats->pages, 1u),
	       stats->max_chain, stats->max_objects, stats->max_uses,
	       stats->max_shadows, stats->max_link_runs, stats->max_queue,
	       name);
	for (unsigned int i = VM_MODEL_ATTR + 1; i < VM_MODEL_NR_REFUSALS; i++)
		printf(" %s %.4f", vm_model_refusal_name(i),
		       (double)stats->refused[i]
		       / (double)MAX(stats->runs, 1u));
	printf("\n");
}

/* A long run is 10^7 operations in all: 6 shapes, 3 seeds, scale 20. */
static void
test_shape(const char *name)
{
	unsigned long nr_ops = 4000 * unit_scale();
	struct vm_model_stats stats;

	if (unit_scale() > 1)
		nr_ops *= 7;

	for (unsigned int i = 0; i < nr_model_shapes; i++) {
		if (strcmp(model_shapes[i].name, name) != 0)
			continue;
		for (unsigned int run = 0; run < 3; run++) {
			assert_int_equal(run_shape(&model_shapes[i],
				unit_seed() + run, nr_ops,
				run != 2 || unit_scale() == 1,
				VM_MODEL_BUG_none, &stats), 0);
			if (run == 0)
				print_stats(name, &stats);
		}
		return;
	}
	fail_msg("no shape %s", name);
}

static void
test_shape_mixed(void **state)
{
	(void)state;
	test_shape("mixed");
}

static void
test_shape_fork(void **state)
{
	(void)state;
	test_shape("fork");
}

static void
test_shape_send(void **state)
{
	(void)state;
	test_shape("send");
}

static void
test_shape_malloc(void **state)
{
	(void)state;
	test_shape("malloc");
}

static void
test_shape_server(void **state)
{
	(void)state;
	test_shape("server");
}

static void
test_shape_small(void **state)
{
	(void)state;
	test_shape("small");
}

/*
 * In a child, since some bugs end in an assertion: in how many operations is
 * the bug found?  0: not at all, 1: see what, by something else than a check.
 */
static unsigned long
find_bug(enum vm_model_bug bug, unsigned int max_seeds, unsigned long nr_ops)
{
	unsigned long total = 0, found = 0;
	int pipes[2];
	pid_t child;

	if (pipe(pipes) != 0)
		return 0;
	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		(void)close(STDERR_FILENO);
		(void)alarm(60);
		for (unsigned int i = 0; i < max_seeds * nr_model_shapes; i++) {
			unsigned long ops = run_shape(
				&model_shapes[i % nr_model_shapes],
				1 + i / nr_model_shapes, nr_ops, true, bug,
				NULL);

			total += ops != 0 ? ops : nr_ops;
			if (write(pipes[1], &total, sizeof(total))
			    != sizeof(total))
				_exit(2);
			if (ops != 0)
				_exit(0);
		}
		_exit(1);
	}
	(void)close(pipes[1]);
	while (read(pipes[0], &total, sizeof(total)) == sizeof(total))
		found = total;
	(void)close(pipes[0]);
	if (child < 0 || waitpid(child, pipes, 0) != child)
		return 0;
	if (WIFEXITED(pipes[0]) && WEXITSTATUS(pipes[0]) == 1)
		return 0;
	return MAX(found, 1ul);
}

/* A test must be able to fail: each rule that is broken is noticed. */
static void
test_bugs(void **state)
{
	(void)state;
	assert_int_equal(find_bug(VM_MODEL_BUG_none, 1, 500), 0);
	/* A few that are found soon; `bugs' tries all. */
	assert_int_not_equal(find_bug(VM_MODEL_BUG_push, 2, 2000), 0);
	assert_int_not_equal(find_bug(VM_MODEL_BUG_uses, 2, 2000), 0);
	assert_int_not_equal(find_bug(VM_MODEL_BUG_shadows, 2, 2000), 0);
	assert_int_not_equal(find_bug(VM_MODEL_BUG_unmap_page, 2, 2000), 0);
	assert_int_not_equal(find_bug(VM_MODEL_BUG_fork_parent, 2, 2000), 0);
	assert_int_not_equal(find_bug(VM_MODEL_BUG_join_use, 2, 2000), 0);
	assert_int_not_equal(find_bug(VM_MODEL_BUG_settle, 2, 2000), 0);
}

static int
show_bugs(void)
{
	for (int bug = 1; bug < VM_MODEL_NR_BUGS; bug++) {
		unsigned long ops = find_bug((enum vm_model_bug)bug, 40, 2000);

		if (ops == 0)
			printf("| %s | not found |\n", vm_model_bug_what(
				(enum vm_model_bug)bug));
		else
			printf("| %s | %lu |\n", vm_model_bug_what(
				(enum vm_model_bug)bug), ops);
		(void)fflush(stdout);
	}
	return 0;
}

static enum vm_model_bug
bug_named(const char *name)
{
	int bug;

	for (bug = 0; bug < VM_MODEL_NR_BUGS; bug++) {
		if (strcmp(vm_model_bug_name((enum vm_model_bug)bug), name)
		    == 0)
			return (enum vm_model_bug)bug;
	}
	printf("no bug %s\n", name);
	exit(2);
}

/* The last operations before something is wrong, and the maps after each. */
static void
replay(const struct model_shape *shape, uint64_t seed, unsigned long nr_ops,
       enum vm_model_bug bug)
{
	struct vm_model_config config = {
		.nr_pages = shape->nr_pages,
		.budget = shape->budget,
		.join = true,
		.bug = bug,
	};
	struct vm_model *model = vm_model_create(&config);
	const char *wrong = NULL;
	struct random random;

	random_init(&random, seed);
	for (unsigned long i = 1; wrong == NULL && i <= nr_ops; i++) {
		struct vm_op op;
		bool done;

		model_shape_next(shape, &random, model, &op);
		done = vm_model_apply(model, &op);
		wrong = vm_model_check(model);
		if (i + 8 <= nr_ops && wrong == NULL)
			continue;
		printf("%lu: %s map %u [%u, %u) to %u: %s\n", i,
		       vm_op_name(op.kind), op.map, op.start,
		       op.start + op.count, op.to, done ? "done" : "failed");
		for (unsigned int map = 0; map < VM_MODEL_MAX_MAPS; map++) {
			if (!vm_model_lives(model, map))
				continue;
			printf(" map %u\n", map);
			vm_model_show(model, map, stdout);
		}
	}
	printf("%s\n", wrong != NULL ? wrong : "nothing is wrong");
}

static int
run_by_hand(int argc, char **argv)
{
	const struct model_shape *shape = NULL;
	enum vm_model_bug bug = VM_MODEL_BUG_none;
	struct vm_model_stats stats;
	uint64_t seed;
	unsigned long nr_ops;

	if (argc == 2 && strcmp(argv[1], "bugs") == 0)
		return show_bugs();
	for (unsigned int i = 0; argc >= 5 && i < nr_model_shapes; i++) {
		if (strcmp(model_shapes[i].name, argv[2]) == 0)
			shape = &model_shapes[i];
	}
	if (shape == NULL) {
		printf("usage: model_random [bugs | run|replay SHAPE SEED OPS "
		       "[BUG]]\n");
		return 2;
	}
	seed = strtoull(argv[3], NULL, 0);
	nr_ops = strtoul(argv[4], NULL, 0);
	if (argc > 5)
		bug = bug_named(argv[5]);
	if (strcmp(argv[1], "replay") == 0) {
		replay(shape, seed, nr_ops, bug);
		return 0;
	}
	nr_ops = run_shape(shape, seed, nr_ops, true, bug, &stats);
	print_stats(shape->name, &stats);
	return nr_ops == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		MODEL_PATTERN_TESTS,
		cmocka_unit_test(test_shape_mixed),
		cmocka_unit_test(test_shape_fork),
		cmocka_unit_test(test_shape_send),
		cmocka_unit_test(test_shape_malloc),
		cmocka_unit_test(test_shape_server),
		cmocka_unit_test(test_shape_small),
		cmocka_unit_test(test_bugs),
	};

	if (argc > 1)
		return run_by_hand(argc, argv);
	return unit_main(tests);
}
