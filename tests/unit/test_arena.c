/* test_arena.c - zeroed, aligned, and quiet once warm. */
#include "core/arena.h"
#include <check.h>
#include <stdlib.h>

START_TEST(memory_is_zeroed_and_aligned_also_after_a_reset)
{
    struct sg_arena a = {0};
    for (int round = 0; round < 3; round++) {
        for (size_t n = 1; n < 3000; n += 7) {
            char *p = sg_arena_alloc(&a, n);
            ck_assert(p && (uintptr_t)p % 16 == 0);
            ck_assert(p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
            memset(p, 0xaa, n);
        }
        sg_arena_reset(&a);
    }
    sg_arena_free(&a);
}
END_TEST

START_TEST(a_warm_arena_gives_the_same_memory_again)
{
    struct sg_arena a = {0};
    sg_arena_alloc(&a, 100000);
    sg_arena_reset(&a);
    void *first = sg_arena_alloc(&a, 100);
    sg_arena_reset(&a);
    ck_assert(sg_arena_alloc(&a, 100) == first);
    sg_arena_free(&a);
}
END_TEST

START_TEST(absurd_sizes_are_refused)
{
    struct sg_arena a = {0};
    ck_assert(sg_arena_alloc(&a, SIZE_MAX) == NULL);
    ck_assert(sg_arena_array(&a, SIZE_MAX / 8, 16) == NULL);
    sg_arena_free(&a);
}
END_TEST

START_TEST(copies_are_terminated)
{
    struct sg_arena a = {0};
    struct sg_str s = sg_arena_copy(&a, SG_STR("abc")), p = sg_arena_printf(&a, "%d-%s", 7, "x");
    ck_assert(s.n == 3 && s.p[3] == '\0');
    ck_assert(sg_str_eq(p, SG_STR("7-x")) && p.p[3] == '\0');
    ck_assert(sg_arena_copy(&a, SG_STR_NONE).p != NULL);
    sg_arena_free(&a);
}
END_TEST

START_TEST(a_large_block_is_not_kept_where_arenas_wait)
{
    struct sg_arena a = {0};
    ck_assert_ptr_nonnull(sg_arena_alloc(&a, 1000));
    sg_arena_shrink(&a, 16 << 10);
    ck_assert_ptr_nonnull(a.head);
    ck_assert_ptr_nonnull(sg_arena_alloc(&a, 100000));
    sg_arena_shrink(&a, 16 << 10);
    ck_assert_ptr_null(a.head);
    ck_assert_ptr_nonnull(sg_arena_alloc(&a, 1000));
    sg_arena_free(&a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *t = tcase_create("arena");
    tcase_add_test(t, memory_is_zeroed_and_aligned_also_after_a_reset);
    tcase_add_test(t, a_warm_arena_gives_the_same_memory_again);
    tcase_add_test(t, a_large_block_is_not_kept_where_arenas_wait);
    tcase_add_test(t, absurd_sizes_are_refused);
    tcase_add_test(t, copies_are_terminated);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
