/*
 * tests/model/model_random.h -- the test cases in model_pattern.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Included after tests/hosted/unit.h.
 */
#ifndef TESTS_MODEL_MODEL_RANDOM_H
#define TESTS_MODEL_MODEL_RANDOM_H

void test_touched_in_any_order(void **state);
void test_attributes_and_back(void **state);
void test_saw_tooth(void **state);
void test_partial_unmap(void **state);
void test_fork_and_exit(void **state);
void test_generations(void **state);
void test_grow_after_fork(void **state);
void test_fork_entries(void **state);
void test_sends(void **state);
void test_self_send(void **state);
void test_ring(void **state);
void test_received_joins(void **state);
void test_paged_out(void **state);
void test_taken(void **state);
void test_hole_filled(void **state);
void test_failures(void **state);

#define MODEL_PATTERN_TESTS \
	cmocka_unit_test(test_touched_in_any_order), \
	cmocka_unit_test(test_attributes_and_back), \
	cmocka_unit_test(test_saw_tooth), \
	cmocka_unit_test(test_partial_unmap), \
	cmocka_unit_test(test_fork_and_exit), \
	cmocka_unit_test(test_generations), \
	cmocka_unit_test(test_grow_after_fork), \
	cmocka_unit_test(test_fork_entries), \
	cmocka_unit_test(test_sends), \
	cmocka_unit_test(test_self_send), \
	cmocka_unit_test(test_ring), \
	cmocka_unit_test(test_received_joins), \
	cmocka_unit_test(test_paged_out), \
	cmocka_unit_test(test_taken), \
	cmocka_unit_test(test_hole_filled), \
	cmocka_unit_test(test_failures)

#endif /* TESTS_MODEL_MODEL_RANDOM_H */
