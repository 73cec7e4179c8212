/* test_plays_now.c - what people play at this moment. */
#include "api/plays/now_share.h"
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

/* Two tables as two processes have them: what one is told, the other hears. */
static size_t pass(struct sg_now *from, struct sg_now *to)
{
    struct sg_now_news news[8];
    size_t n = sg_now_take_news(from, news, 8);
    for (size_t i = 0; i < n; i++)
        sg_now_hear(to, &news[i]);
    return n;
}

START_TEST(what_is_told_in_one_process_is_known_in_another_until_it_ends)
{
    struct sg_now *a = sg_now_open(), *b = sg_now_open();
    const uint64_t user = 7;
    struct sg_now_play out;
    int64_t began = sg_wall_us() - 5000000;
    sg_now_set(a, 7, 70, began, 200);
    ck_assert_uint_eq(pass(a, b), 0); /* alone: nobody to tell */
    sg_now_share(a, true, true);
    sg_now_share(b, true, true);
    ck_assert_uint_eq(pass(a, b), 1);
    ck_assert_uint_eq(sg_now_find(b, &user, 1, &out), 1);
    ck_assert_uint_eq(out.song_id, 70);
    ck_assert_int_eq(out.began_us, began);
    ck_assert_uint_eq(pass(b, a), 0); /* it is not b's news */
    sg_now_set(b, 7, 70, began, 190); /* its progress, through the other */
    sg_now_set(a, 7, 70, began, 190);
    ck_assert_uint_eq(pass(a, b) + pass(b, a), 0);
    sg_now_end(b, 7, 70);
    ck_assert_uint_eq(pass(b, a), 1);
    ck_assert_uint_eq(sg_now_find(a, &user, 1, &out), 0);
    sg_now_close(a);
    sg_now_close(b);
}
END_TEST

START_TEST(what_was_heard_last_stands_wherever_it_was_told)
{
    struct sg_now *a = sg_now_open(), *b = sg_now_open();
    const uint64_t users[] = {7, 8};
    struct sg_now_play x[2], y[2];
    sg_now_share(a, true, false);
    sg_now_share(b, true, false);
    int64_t now = sg_wall_us();
    sg_now_set(a, 7, 70, now, 200); /* on two devices within a second, and told crosswise */
    sg_sleep_us(2000);
    sg_now_set(b, 7, 71, now, 200);
    sg_now_set(a, 8, 80, now, 200); /* over before it was told */
    sg_now_end(a, 8, 80);
    struct sg_now_news from_a[2], from_b[2];
    ck_assert_uint_eq(sg_now_take_news(a, from_a, 2), 1);
    ck_assert_uint_eq(sg_now_take_news(b, from_b, 2), 1);
    sg_now_hear(a, from_b);
    sg_now_hear(b, from_a);
    ck_assert_uint_eq(sg_now_find(a, users, 2, x), 1);
    ck_assert_uint_eq(sg_now_find(b, users, 2, y), 1);
    ck_assert_uint_eq(x[0].song_id, 71);
    ck_assert_uint_eq(y[0].song_id, 71);
    struct sg_now_news end = {{7, 70, 0, sg_wall_us()}, 0}; /* of the song before */
    sg_now_hear(b, &end);
    ck_assert_uint_eq(sg_now_find(b, users, 1, y), 1);
    sg_now_close(a);
    sg_now_close(b);
}
END_TEST

START_TEST(many_songs_of_one_user_are_one_piece_of_news)
{
    struct sg_now *n = sg_now_open();
    struct sg_now_news out[4];
    sg_now_share(n, true, false);
    for (uint64_t song = 1; song <= 1000; song++)
        sg_now_set(n, 7, song, sg_wall_us(), 200);
    int64_t told_us = sg_now_us();
    ck_assert_uint_eq(sg_now_take_news(n, out, 4), 1);
    ck_assert_uint_eq(out[0].play.song_id, 1000);
    sg_now_set(n, 7, 1001, sg_wall_us(), 200);
    size_t came = sg_now_take_news(n, out, 4); /* has to wait for three seconds, and is not lost */
    ck_assert(came == 0 || sg_now_us() - told_us > 2900000);
    for (int i = 0; i < 6000 && !came; i++, came = sg_now_take_news(n, out, 4))
        sg_sleep_us(10000);
    ck_assert_uint_eq(out[0].play.song_id, 1001);
    for (uint64_t user = 100; user < 200; user++)
        sg_now_set(n, user, 1, sg_wall_us(), 200);
    size_t told = 0, n_told;
    while ((n_told = sg_now_take_news(n, out, 4))) {
        ck_assert_uint_le(n_told, 4);
        told += n_told;
    }
    ck_assert_uint_eq(told, 100);
    sg_now_close(n);
}
END_TEST

START_TEST(notices_are_read_and_rubbish_is_passed_over)
{
    static const char *const rubbish[] = {"",
                                          ";;;",
                                          "hello",
                                          "7 70 0 0",
                                          "7 70 0 0 1000 1",
                                          "x 70 0 0 1000",
                                          "7",
                                          "-7 70 0 0 100",
                                          "7 70 -1 0 10000",
                                          "7 70 0 0 ;",
                                          "7  70 0 0 1000",
                                          " ",
                                          "0 70 0 0 1000",
                                          "7 70 0 0 0",
                                          "7 70 0 0 1e20",
                                          "7 70 0 0 99999999999999999999"};
    struct sg_now *n = sg_now_open();
    const uint64_t users[] = {7, 8};
    struct sg_now_play out[2];
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        sg_now_share_read(n, sg_str(rubbish[i]));
        ck_assert_uint_eq(sg_now_find(n, users, 2, out), 0);
    }
    sg_now_share_read(n, SG_STR("7 70 5000 0 60000;rubbish;8 80 0 0 60000"));
    ck_assert_uint_eq(sg_now_find(n, users, 2, out), 2);
    ck_assert_int_lt(out[0].began_us, out[1].began_us);
    sg_now_share_read(n, SG_STR("7 70 5000 0 0"));
    ck_assert_uint_eq(sg_now_find(n, users, 2, out), 1);
    sg_now_close(n);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("playing now");
    TCase *t = tcase_create("now");
    tcase_add_test(t, who_plays_is_found_until_it_ends);
    tcase_add_test(t, a_crowd_is_bounded_and_the_latest_are_kept);
    tcase_add_test(t, without_a_table_nobody_plays);
    tcase_add_test(t, what_is_told_in_one_process_is_known_in_another_until_it_ends);
    tcase_add_test(t, what_was_heard_last_stands_wherever_it_was_told);
    tcase_add_test(t, many_songs_of_one_user_are_one_piece_of_news);
    tcase_add_test(t, notices_are_read_and_rubbish_is_passed_over);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
