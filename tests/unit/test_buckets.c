/* test_buckets.c - what a bucket holds, how it fills, and that memory is bounded. */
#include "api/limits/buckets.h"
#include <check.h>
#include <stdlib.h>

static const struct sg_bucket_rate hundred_a_minute = {600000, 60000000};

START_TEST(a_bucket_holds_a_minute_and_fills_evenly)
{
    struct sg_buckets *b = sg_buckets_new(16);
    int64_t now = 1000000000;
    for (int i = 0; i < 100; i++)
        ck_assert_int_ge(sg_buckets_take(b, 7, hundred_a_minute, 1, now), 0);
    ck_assert_int_eq(sg_buckets_take(b, 7, hundred_a_minute, 1, now), -600000);
    ck_assert_int_ge(sg_buckets_take(b, 8, hundred_a_minute, 1, now), 0); /* another's is full */
    now += 599999;
    ck_assert_int_eq(sg_buckets_take(b, 7, hundred_a_minute, 1, now), -1);
    now += 1;
    ck_assert_int_ge(sg_buckets_take(b, 7, hundred_a_minute, 1, now), 0);
    ck_assert_int_lt(sg_buckets_take(b, 7, hundred_a_minute, 1, now), 0);
    now += 3600000000; /* an hour away fills it, and no more than that */
    int got = 0;
    while (sg_buckets_take(b, 7, hundred_a_minute, 1, now) >= 0)
        got++;
    ck_assert_int_eq(got, 100);
    sg_buckets_free(b);
}
END_TEST

START_TEST(a_refusal_costs_nothing)
{
    struct sg_buckets *b = sg_buckets_new(16);
    for (int i = 0; i < 100; i++)
        sg_buckets_take(b, 7, hundred_a_minute, 1, 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(sg_buckets_take(b, 7, hundred_a_minute, 1, 1), -599999);
    sg_buckets_free(b);
}
END_TEST

START_TEST(costs_count_and_what_costs_more_than_all_waits_for_a_full_one)
{
    struct sg_buckets *b = sg_buckets_new(16);
    ck_assert_int_ge(sg_buckets_take(b, 7, hundred_a_minute, 60, 0), 0);
    ck_assert_int_eq(sg_buckets_take(b, 7, hundred_a_minute, 60, 0), -20 * 600000);
    ck_assert_int_ge(sg_buckets_take(b, 7, hundred_a_minute, 40, 0), 0);
    ck_assert_int_ge(sg_buckets_take(b, 8, hundred_a_minute, 200, 0), 0);
    ck_assert_int_lt(sg_buckets_take(b, 8, hundred_a_minute, 1, 0), 0);
    ck_assert_int_lt(sg_buckets_take(b, 8, hundred_a_minute, 200, 60000000), 0);
    sg_buckets_free(b);
}
END_TEST

START_TEST(who_asks_most_is_remembered_when_there_are_too_many)
{
    struct sg_buckets *b = sg_buckets_new(1); /* room for eight */
    for (int i = 0; i < 100; i++)
        sg_buckets_take(b, 1, hundred_a_minute, 1, 0);
    for (uint64_t key = 2; key < 1000; key++)
        ck_assert_int_ge(sg_buckets_take(b, key, hundred_a_minute, 1, 0), 0);
    ck_assert_int_lt(sg_buckets_take(b, 1, hundred_a_minute, 1, 0), 0);
    sg_buckets_free(b);
}
END_TEST

struct told {
    size_t n;
    int64_t us;
};
static void add(void *ctx, uint64_t key, int64_t taken_us)
{
    struct told *t = ctx;
    ck_assert_uint_eq(key, 7);
    t->n++;
    t->us += taken_us;
}

START_TEST(what_was_taken_is_told_once_and_what_others_took_is_learnt)
{
    struct sg_buckets *b = sg_buckets_new(16);
    struct told t = {0};
    for (int i = 0; i < 10; i++)
        sg_buckets_take(b, 7, hundred_a_minute, 1, 0);
    ck_assert_uint_eq(sg_buckets_taken(b, 100, add, &t), 1);
    ck_assert_int_eq(t.us, 10 * 600000);
    ck_assert_uint_eq(sg_buckets_taken(b, 100, add, &t), 0);
    sg_buckets_take(b, 7, hundred_a_minute, 1, 0);   /* not told yet */
    sg_buckets_learn(b, 7, 90 * (int64_t)600000, 0); /* 80 by others */
    int got = 0;
    while (sg_buckets_take(b, 7, hundred_a_minute, 1, 0) >= 0)
        got++;
    ck_assert_int_eq(got, 9);
    sg_buckets_learn(b, 7, 0, 0); /* less than is known here changes nothing */
    ck_assert_int_lt(sg_buckets_take(b, 7, hundred_a_minute, 1, 0), 0);
    sg_buckets_free(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buckets");
    TCase *t = tcase_create("buckets");
    tcase_add_test(t, a_bucket_holds_a_minute_and_fills_evenly);
    tcase_add_test(t, a_refusal_costs_nothing);
    tcase_add_test(t, costs_count_and_what_costs_more_than_all_waits_for_a_full_one);
    tcase_add_test(t, who_asks_most_is_remembered_when_there_are_too_many);
    tcase_add_test(t, what_was_taken_is_told_once_and_what_others_took_is_learnt);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
