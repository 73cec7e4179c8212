/* test_plays_now.c - what people play at this moment. */
#include "api/plays/now.h"
#include "core/clock.h"
#include <check.h>
#include <stdlib.h>

START_TEST(who_plays_is_found_until_it_ends)
{
    struct sg_now *n = sg_now_open();
    const uint64_t users[] = {3, 7, 9};
    struct sg_now_play out[3];
    int64_t began = sg_wall_us() - 5000000;
    ck_assert_ptr_nonnull(n);
    ck_assert_uint_eq(sg_now_find(n, users, 3, out), 0);
    sg_now_set(n, 7, 70, began, 200);
    sg_now_set(n, 9, 90, began, 0);
    ck_assert_uint_eq(sg_now_find(n, users, 3, out), 2);
    ck_assert_uint_eq(out[0].user_id, 7);
    ck_assert_uint_eq(out[0].song_id, 70);
    ck_assert_int_eq(out[0].began_us, began);
    sg_now_set(n, 7, 70, began + 4000000, 190); /* its progress: begun when it was */
    ck_assert_uint_eq(sg_now_find(n, users, 2, out), 1);
    ck_assert_int_eq(out[0].began_us, began);
    sg_now_set(n, 7, 71, began + 9000000, 190);
    sg_now_end(n, 7, 70); /* a late word of the song before */
    ck_assert_uint_eq(sg_now_find(n, users, 2, out), 1);
    ck_assert_uint_eq(out[0].song_id, 71);
    sg_now_end(n, 7, 71);
    sg_now_end(n, 9, 0);
    ck_assert_uint_eq(sg_now_find(n, users, 3, out), 0);
    sg_now_close(n);
}
END_TEST

START_TEST(a_crowd_is_bounded_and_the_latest_are_kept)
{
    struct sg_now *n = sg_now_open();
    struct sg_now_play out;
    size_t found = 0;
    for (uint64_t user = 1; user <= 500000; user++)
        sg_now_set(n, user, user, 1, 100);
    for (uint64_t user = 1; user <= 500000; user++)
        found += sg_now_find(n, &user, 1, &out);
    ck_assert_uint_gt(found, 60000);
    ck_assert_uint_le(found, 65536);
    uint64_t last = 500000;
    ck_assert_uint_eq(sg_now_find(n, &last, 1, &out), 1);
    sg_now_close(n);
}
END_TEST

START_TEST(without_a_table_nobody_plays)
{
    uint64_t user = 1;
    struct sg_now_play out;
    sg_now_set(NULL, 1, 1, 1, 1);
    sg_now_end(NULL, 1, 1);
    ck_assert_uint_eq(sg_now_find(NULL, &user, 1, &out), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("playing now");
    TCase *t = tcase_create("now");
    tcase_add_test(t, who_plays_is_found_until_it_ends);
    tcase_add_test(t, a_crowd_is_bounded_and_the_latest_are_kept);
    tcase_add_test(t, without_a_table_nobody_plays);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
