/*
 * tests/hosted/test_vm_trace.c -- a server's trace, beside the model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The trace of tests/kernel/vm_trace.h on a real map and on the model: entries
 * at the end are the model's maximal runs.  With messages' memory apart from
 * the rest, and among it; with and without the joining of objects.
 */
#include "unit.h"

#include "lib/macros.h"
#include "tests/kernel/vm_trace.h"
#include "tests/model/vm_model.h"
#include "vm/vm_map_merge.h"
#include "vm_test.h"

#define MOST_ENTRIES	93u
#define CLIENT_PAGES	17u

static struct vm_model *model;
static struct vm_map *client;

static void
apply(enum vm_op_kind kind, unsigned int map, unsigned int start,
      unsigned int n, uint32_t arg)
{
	struct vm_op op = {
		.kind = kind, .map = map, .start = start, .count = n,
		.arg = arg,
	};

	if (!vm_model_apply(model, &op))
		panic("the model refuses %s [%u, +%u)", vm_op_name(kind),
		      start, n);
}

/* The same in the model; its map 1 is the client's. */
static void
tell(void *arg, enum vm_trace_kind kind, unsigned int page, unsigned int n,
     uint32_t value)
{
	(void)arg;
	switch (kind) {
	case VM_TRACE_MAP:
		apply(VM_OP_ALLOCATE, 0, page, n, 0);
		break;
	case VM_TRACE_UNMAP:
		apply(VM_OP_UNMAP, 0, page, n, 0);
		break;
	case VM_TRACE_PROTECT:
		apply(VM_OP_PROTECT, 0, page, n, value);
		break;
	case VM_TRACE_WIRE:
		apply(VM_OP_WIRE, 0, page, n, 0);
		break;
	case VM_TRACE_UNWIRE:
		apply(VM_OP_UNWIRE, 0, page, n, 0);
		break;
	case VM_TRACE_WRITE:
		apply(VM_OP_WRITE, 0, page, 1, value);
		break;
	case VM_TRACE_SEND:
		apply(VM_OP_SEND, 0, page, n, 0);
		apply(VM_OP_DISCARD, 0, 0, 1, 0);
		break;
	default:
		apply(VM_OP_SEND, 1, 1, n, 0);
		apply(VM_OP_RECEIVE, 0, page, n, 0);
		break;
	}
}

static void
use(struct vm_map *map)
{
	vm_test_use_map(map);
}

/* Memory of the client's, in both. */
static void
begin(bool join)
{
	struct vm_model_config config = {
		.nr_pages = VM_TRACE_PAGES,
		.budget = VM_MODEL_UNLIMITED,
		.join = join,
	};
	struct vm_op fork = { .kind = VM_OP_FORK, .to = 1 };

	vm_map_merge_enable(join);
	model = vm_model_create(&config);
	check_equal(vm_model_apply(model, &fork), true);
	apply(VM_OP_ALLOCATE, 1, 1, CLIENT_PAGES, 0);
	check_equal(vm_map_create(&client), KERN_SUCCESS);
	vm_test_allocate(client, PAGE_SIZE, CLIENT_PAGES * PAGE_SIZE);
	vm_test_use_map(client);
	for (uint32_t i = 1; i <= CLIENT_PAGES; i++) {
		apply(VM_OP_WRITE, 1, i, 1, i);
		check_equal(copy_to_user(USER_ADDR(i * PAGE_SIZE), &i,
					 sizeof i), true);
	}
}

/* All that is mapped has what the oracle says. */
static void
check_contents(void)
{
	for (unsigned int i = 0; i < VM_TRACE_PAGES; i++) {
		struct vm_model_page page = vm_model_page(model, 0, i);
		uintptr_t addr = i * (uintptr_t)PAGE_SIZE;
		uint32_t value = 0;

		check_equal(copy_from_user(&value, USER_ADDR(addr),
					   sizeof value),
			    page.mapped && page.prot != 0);
		check_equal(value, page.prot != 0 ? page.value : 0);
	}
}

static struct vm_trace
run(bool among, bool join)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_trace trace = { .among = among, .tell = tell, .use = use };
	unsigned int runs, entries;
	const char *wrong;

	begin(join);
	check_equal(vm_map_create(&trace.map), KERN_SUCCESS);
	trace.client = client;
	if (!vm_trace_run(&trace))
		panic("trace: %s", trace.wrong);
	vm_map_check(trace.map);
	check_contents();
	wrong = vm_model_check(model);
	if (wrong != NULL)
		panic("model: %s", wrong);
	runs = vm_model_runs(model, 0);
	entries = vm_model_entries(model, 0);
	printf("# messages' memory %s, joining of objects %s: %lu operations; "
	       "%u entries first, %u at most, %u at the end; %u runs, %u "
	       "entries in the model\n", among ? "among the rest" : "apart",
	       join ? "on" : "off", trace.ops, trace.first, trace.most,
	       trace.entries, runs, entries);
	check_equal(trace.entries, runs);
	check_equal(vm_model_destroy(model), true);
	vm_test_use_map(NULL);
	vm_map_unref(trace.map);
	vm_map_unref(client);
	vm_test_check_balance(before);
	return trace;
}

static void
trace_thread(void *arg)
{
	(void)arg;
	assert(run(false, true).entries <= MOST_ENTRIES);
	(void)run(false, false);
	(void)run(true, true);
	(void)run(true, false);
}

static void
test_trace(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)32 << 20, trace_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace),
	};

	return unit_main(tests);
}
