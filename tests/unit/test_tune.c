/* test_tune.c - the search for parameters: better than where it began, the same when it goes on. */
#include "recsys/random.h"
#include "recsys/train/parameters.h"
#include "recsys/tune.h"
#include "recsys/tune_record.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USERS = 200, ITEMS = 150, TASTES = 10, PLAYS = 12, TRIALS = 7 };

static struct sg_interactions x;
static char path[256];

/* Mostly of one's own taste, the rest by popularity. */
static void setup(void)
{
    struct sg_interactions_builder *b;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_interactions_begin(&b, &e), 0);
    for (uint64_t u = 0, at = 0; u < USERS; u++)
        for (int k = 0; k < PLAYS; k++, at += 3) {
            double skew = sg_random_unit(1, at) * sg_random_unit(1, at + 1);
            uint64_t item = (uint64_t)(skew * (ITEMS / TASTES)) * TASTES + u % TASTES;
            if (sg_random_unit(1, at + 2) < 0.3)
                item = (uint64_t)(skew * ITEMS);
            ck_assert_int_eq(sg_interactions_add(b, u, item, 1 + (float)(at % 4), &e), 0);
        }
    ck_assert_int_eq(sg_interactions_finish(b, &x, &e), 0);
    snprintf(path, sizeof path, "%s", test_path(test_scratch(), "tune.record"));
}

static void teardown(void)
{
    sg_interactions_free(&x);
}

/* The time is never what ends it. */
static struct sg_tune_options some_options(size_t trials)
{
    struct sg_tune_options o = {
        .budget_us = INT64_MAX / 4, .trials = trials, .base = SG_ALS_DEFAULTS};
    o.base.factors = 16;
    o.base.loss.regularisation = 30; /* far too much */
    return o;
}

static struct sg_tune_trial tune(const struct sg_tune_options *o, struct sg_als_options *best)
{
    struct sg_tune_trial t;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_als_tune(&x, o, best, &t, &e) == 0, "%s", e.text);
    return t;
}

START_TEST(a_search_finds_better_than_it_was_given)
{
    struct sg_als_options best;
    struct sg_tune_options o = some_options(1);
    float given = tune(&o, &best).score;
    o.trials = TRIALS;
    struct sg_tune_trial found = tune(&o, &best);
    ck_assert_msg(found.score > 1.02f * given, "%f, given %f", (double)found.score, (double)given);
    ck_assert_int_eq(best.sweeps, (int)found.sweeps);
    ck_assert(best.loss.regularisation == found.loss.regularisation);
    struct sg_factors f;
    ck_assert_int_eq(sg_als_train(&x, &best, &f, NULL), 0);
    sg_factors_free(&f);
}
END_TEST

START_TEST(the_threads_change_nothing)
{
    struct sg_als_options best;
    struct sg_tune_options o = some_options(4);
    struct sg_tune_trial one = tune(&o, &best);
    o.base.threads = 3;
    struct sg_tune_trial three = tune(&o, &best);
    ck_assert_mem_eq(&one, &three, sizeof one);
}
END_TEST

static void count(void *ctx, const struct sg_tune_trial *trial, const struct sg_tune_trial *best,
                  size_t n, int64_t left_us)
{
    (void)n;
    (void)left_us;
    ck_assert_float_ge(best->score, trial->score);
    ++*(int *)ctx;
}

START_TEST(an_interrupted_search_goes_on_as_if_it_had_not_been)
{
    int trials = 0;
    struct sg_als_options a, b;
    struct sg_tune_options o = some_options(TRIALS);
    struct sg_tune_trial whole = tune(&o, &a);
    o.record = path;
    o.trials = 3;
    tune(&o, &b);
    o.trials = TRIALS;
    o.progress = count;
    o.ctx = &trials;
    struct sg_tune_trial resumed = tune(&o, &b);
    ck_assert_int_eq(trials, TRIALS - 3);
    ck_assert_mem_eq(&whole, &resumed, sizeof whole);
    struct sg_als_options later = SG_ALS_DEFAULTS;
    ck_assert(sg_als_tuned(path, &later));
    ck_assert(later.loss.unobserved == b.loss.unobserved);
}
END_TEST

START_TEST(a_broken_record_or_one_of_other_plays_is_not_used)
{
    int trials = 0;
    struct sg_als_options best;
    struct sg_tune_options o = some_options(2);
    o.record = path;
    tune(&o, &best);
    o.progress = count;
    o.ctx = &trials;
    o.base.seed++;
    tune(&o, &best);
    ck_assert_int_eq(trials, 2);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(truncate(path, st.st_size - 1), 0);
    ck_assert(!sg_als_tuned(path, &best));
    tune(&o, &best);
    ck_assert_int_eq(trials, 4);
}
END_TEST

START_TEST(too_few_plays_are_an_error)
{
    struct sg_interactions none = {0};
    struct sg_als_options best;
    struct sg_tune_trial t;
    struct sg_tune_options o = some_options(1);
    ck_assert_int_eq(sg_als_tune(&none, &o, &best, &t, NULL), SG_EINVAL);
}
END_TEST

START_TEST(unobserved_pairs_weigh_less_in_large_catalogues)
{
    struct sg_interactions large = {.users = {.n = 100000}, .items = {.n = 1000000}, .n = 5000000};
    ck_assert_float_eq_tol(sg_als_loss_for(&large).unobserved, 0.001f, 1e-6f);
    ck_assert_float_le(sg_als_loss_for(&x).unobserved, 0.1f);
}
END_TEST

START_TEST(durations_are_read)
{
    int64_t us = 0;
    ck_assert(sg_tune_duration(SG_STR("90s"), &us) && us == 90000000);
    ck_assert(sg_tune_duration(SG_STR("10m"), &us) && us == 600000000);
    ck_assert(sg_tune_duration(SG_STR("168h"), &us));
    const char *bad[] = {"", "m", "10", "0s", "-1m", "1.5h", "169h", "99999999999999999999s", "1d"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!sg_tune_duration(sg_str(bad[i]), &us), "%s", bad[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tune");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_search_finds_better_than_it_was_given);
    tcase_add_test(t, the_threads_change_nothing);
    tcase_add_test(t, an_interrupted_search_goes_on_as_if_it_had_not_been);
    tcase_add_test(t, a_broken_record_or_one_of_other_plays_is_not_used);
    tcase_add_test(t, too_few_plays_are_an_error);
    tcase_add_test(t, unobserved_pairs_weigh_less_in_large_catalogues);
    tcase_add_test(t, durations_are_read);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
