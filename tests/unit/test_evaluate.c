/* test_evaluate.c - plays from files, splits, and measures computed by hand. */
#include "recsys/evaluate/bootstrap.h"
#include "recsys/evaluate/evaluate.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static struct sg_error err;

static const char *file(const char *name, const char *text)
{
    const char *path = test_path(test_scratch(), name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, strlen(text), f), strlen(text));
    ck_assert_int_eq(fclose(f), 0);
    return path;
}

static struct sg_pairs read_text(const char *text, enum sg_pairs_format format)
{
    struct sg_pairs p = {0};
    const char *path = file("plays", text);
    ck_assert_msg(!sg_pairs_read(&p, path, format, &err), "%s", err.text);
    return p;
}

START_TEST(pairs_have_optional_weights_and_times)
{
    struct sg_pairs p =
        read_text("# who what how when\n1\t2\n\n1,3,2.5\r\n2 2 1 1234567890\n", SG_PAIRS);
    ck_assert_uint_eq(p.n, 3);
    ck_assert(p.v[0].user == 1 && p.v[0].item == 2 && p.v[0].weight == 1 && p.v[0].time == 0);
    ck_assert(p.v[1].item == 3 && p.v[1].weight == 2.5f);
    ck_assert_int_eq(p.v[2].time, 1234567890);
    ck_assert(!p.timed);
    sg_pairs_free(&p);
}
END_TEST

START_TEST(ids_may_be_texts)
{
    struct sg_pairs p =
        read_text("anna 6rqhFgbbKwnb9MLmUQDhG6\nbert 6rqhFgbbKwnb9MLmUQDhG6\n", SG_PAIRS);
    ck_assert_uint_eq(p.n, 2);
    ck_assert(p.v[0].item == p.v[1].item && p.v[0].user != p.v[1].user);
    sg_pairs_free(&p);
}
END_TEST

START_TEST(lists_give_one_pair_an_item)
{
    struct sg_pairs p = read_text("0 5 6 7\n1\n2 5\n", SG_PAIRS_LISTS);
    ck_assert_uint_eq(p.n, 4);
    ck_assert(p.v[2].user == 0 && p.v[2].item == 7 && p.v[3].user == 2);
    sg_pairs_free(&p);
}
END_TEST

START_TEST(lastfm_has_a_header_and_may_be_zipped)
{
    struct sg_pairs p = {0};
    const char *path = test_path(test_scratch(), "user_artists.dat.gz");
    gzFile f = gzopen(path, "wb");
    ck_assert_int_gt(gzputs(f, "userID\tartistID\tweight\r\n2\t51\t13883\r\n2\t52\t11690\r\n"), 0);
    ck_assert_int_eq(gzclose(f), Z_OK);
    ck_assert_int_eq(sg_pairs_read(&p, path, SG_PAIRS_LASTFM, &err), 0);
    ck_assert_uint_eq(p.n, 2);
    ck_assert(p.v[1].user == 2 && p.v[1].item == 52 && p.v[1].weight == 11690);
    sg_pairs_free(&p);
}
END_TEST

START_TEST(lines_that_do_not_fit_are_named)
{
    static const char *const wrong[] = {"1 2\n3\n",         "1 2\n1 2 0\n",     "1 2\n1 2 -1\n",
                                        "1 2\n1 2 nan\n",   "1 2\n1 2 x\n",     "1 2\n1 2 1 -5\n",
                                        "1 2\n1 2 1 1.5\n", "1 2\n1 2 3 4 5\n", "1 2\n1 2 1e-60\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sg_pairs p = {0};
        const char *path = file("wrong", wrong[i]);
        ck_assert_int_eq(sg_pairs_read(&p, path, SG_PAIRS, &err), SG_EINVAL);
        ck_assert_msg(strstr(err.text, "wrong:2: "), "%s", err.text);
        sg_pairs_free(&p);
    }
    struct sg_pairs p = {0};
    ck_assert_int_eq(sg_pairs_read(&p, "/nonexistent/plays", SG_PAIRS, &err), SG_ENOENT);
}
END_TEST

START_TEST(repeated_pairs_add_up_and_the_last_time_holds)
{
    struct sg_pairs p = read_text("1 2 3 50\n1 1 1 10\n1 2 4 40\n", SG_PAIRS);
    sg_pairs_merge(&p);
    ck_assert_uint_eq(p.n, 2);
    ck_assert(p.v[1].weight == 7 && p.v[1].time == 50 && p.timed);
    sg_pairs_weigh(&p, SG_WEIGHTS_LOG);
    ck_assert_double_eq_tol((double)p.v[1].weight, 1 + log(7), 1e-5);
    sg_pairs_weigh(&p, SG_WEIGHTS_BINARY);
    ck_assert(p.v[1].weight == 1);
    sg_pairs_free(&p);
}
END_TEST

/* The split of text, merged. */
static struct sg_split split_text(const char *text, struct sg_split_options o)
{
    struct sg_split s;
    struct sg_pairs p = read_text(text, SG_PAIRS);
    sg_pairs_merge(&p);
    ck_assert_msg(!sg_split_pairs(&s, &p, &o, &err), "%s", err.text);
    sg_pairs_free(&p);
    return s;
}

START_TEST(everybodys_last_play_is_held_back)
{
    struct sg_split s = split_text("1 10 1 5\n1 11 1 9\n1 12 1 7\n2 11 1 3\n2 10 1 4\n3 12 1 1\n",
                                   (struct sg_split_options){.kind = SG_SPLIT_LAST});
    ck_assert_uint_eq(s.n, 2); /* user 3 has one play only, which stays */
    ck_assert_uint_eq(s.train.n, 4);
    ck_assert_uint_eq(s.questions[0].user, 1);
    ck_assert_uint_eq(s.questions[0].relevant, 1);
    ck_assert_uint_eq(s.train.items.id[s.questions[0].items[0]], 11);
    ck_assert_uint_eq(s.train.items.id[s.questions[1].items[0]], 10);
    ck_assert_uint_eq(s.questions[0].given.n, 2);
    sg_split_free(&s);
}
END_TEST

START_TEST(the_latest_plays_are_held_back)
{
    struct sg_split s = split_text("1 10 1 1\n1 11 1 2\n2 10 1 3\n2 12 1 9\n3 10 1 8\n",
                                   (struct sg_split_options){SG_SPLIT_TIME, 0.4, 1});
    ck_assert_uint_eq(s.train.n, 3);
    ck_assert_uint_eq(s.n, 1);
    ck_assert_uint_eq(s.cold, 1);                  /* user 3 */
    ck_assert_uint_eq(s.questions[0].n, 0);        /* item 12 is unknown to train ... */
    ck_assert_uint_eq(s.questions[0].relevant, 1); /* ... and still missed */
    sg_split_free(&s);
}
END_TEST

START_TEST(a_random_split_keeps_every_pair_once_and_repeats_itself)
{
    struct sg_split s[3];
    struct sg_pairs p = {0};
    for (uint64_t u = 0; u < 50; u++)
        for (uint64_t i = 0; i < 40; i++)
            ck_assert_int_eq(sg_pairs_add(&p, (struct sg_pair){u, i, 1, 0}, &err), 0);
    for (size_t k = 0; k < 3; k++) {
        struct sg_split_options o = {SG_SPLIT_RANDOM, 0.2, 7 + k / 2};
        ck_assert_int_eq(sg_split_pairs(&s[k], &p, &o, &err), 0);
        size_t held = 0;
        for (size_t q = 0; q < s[k].n; q++) {
            const struct sg_question *ask = &s[k].questions[q];
            held += ask->relevant;
            for (size_t i = 0; i < ask->n; i++)
                for (size_t g = 0; g < ask->given.n; g++)
                    ck_assert(ask->items[i] != ask->given.item[g]);
        }
        ck_assert_uint_eq(held + s[k].train.n, 2000);
        ck_assert(held > 330 && held < 470);
    }
    ck_assert_uint_eq(s[0].train.n, s[1].train.n);
    ck_assert_mem_eq(s[0].train.users.other, s[1].train.users.other,
                     s[0].train.n * sizeof(uint32_t));
    ck_assert(s[2].train.n != s[0].train.n || memcmp(s[2].train.users.other, s[0].train.users.other,
                                                     s[0].train.n * sizeof(uint32_t)) != 0);
    for (size_t k = 0; k < 3; k++)
        sg_split_free(&s[k]);
    sg_pairs_free(&p);
}
END_TEST

START_TEST(splits_without_times_or_without_parts_are_refused)
{
    struct sg_split s;
    struct sg_pairs p = read_text("1 2\n1 3\n", SG_PAIRS);
    struct sg_split_options last = {.kind = SG_SPLIT_LAST}, few = {SG_SPLIT_RANDOM, 1e-9, 1};
    ck_assert_int_eq(sg_split_pairs(&s, &p, &last, &err), SG_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "time"));
    ck_assert_int_eq(sg_split_pairs(&s, &p, &few, &err), SG_EINVAL);
    sg_pairs_free(&p);
}
END_TEST

/* Ranks 1 and 4 of 3 held back, lists of 5. */
START_TEST(measures_of_one_list_are_as_by_hand)
{
    const struct sg_scored list[] = {{7, 5}, {1, 4}, {2, 3}, {9, 2}, {3, 1}, {8, 0}};
    const uint32_t relevant[] = {7, 8, 9};
    float m[SG_MEASURES];
    sg_metrics_hits(list, 6, 5, relevant, 3, 3, m);
    double ideal = 1 + 1 / log2(3) + 0.5;
    ck_assert_double_eq_tol((double)m[SG_RECALL], 2 / 3.0, 1e-6);
    ck_assert_double_eq_tol((double)m[SG_NDCG], (1 + 1 / log2(5)) / ideal, 1e-6);
    ck_assert_double_eq_tol((double)m[SG_MAP], (1 + 2 / 4.0) / 3, 1e-6);
    ck_assert_double_eq_tol((double)m[SG_R_PRECISION], 1 / 3.0, 1e-6);
    ck_assert_float_eq(m[SG_CLICKS], 0);
    /* Seven held back, four of them unknown; the ideal order is cut at k. */
    sg_metrics_hits(list, 6, 2, relevant, 3, 7, m);
    ck_assert_double_eq_tol((double)m[SG_RECALL], 1 / 7.0, 1e-6);
    ck_assert_double_eq_tol((double)m[SG_NDCG], 1 / (1 + 1 / log2(3)), 1e-6);
    ck_assert_double_eq_tol((double)m[SG_MAP], 1 / 2.0, 1e-6);
    ck_assert_double_eq_tol((double)m[SG_R_PRECISION], 3 / 7.0, 1e-6);
}
END_TEST

START_TEST(clicks_count_pages_of_ten)
{
    struct sg_scored list[30];
    const uint32_t there[] = {25}, nowhere[] = {99};
    float m[SG_MEASURES];
    for (uint32_t i = 0; i < 30; i++)
        list[i] = (struct sg_scored){i, -(float)i};
    sg_metrics_hits(list, 30, 20, there, 1, 1, m);
    ck_assert_float_eq(m[SG_CLICKS], 2);
    ck_assert_float_eq(m[SG_RECALL], 0);
    sg_metrics_hits(list, 30, 20, nowhere, 1, 1, m);
    ck_assert_float_eq(m[SG_CLICKS], 51);
}
END_TEST

static const char four_users[] = "1 10\n1 11\n2 10\n2 11\n2 12\n3 10\n4 12\n4 13\n";

START_TEST(novelty_diversity_and_bias_are_as_by_hand)
{
    struct sg_pairs p = read_text(four_users, SG_PAIRS), t = read_text("1 12\n", SG_PAIRS);
    struct sg_split s;
    float m[SG_MEASURES];
    ck_assert_int_eq(sg_split_given(&s, &p, &t, &err), 0);
    /* Users of 10, 11, 12, 13: 3, 2, 2, 1. The list: 11 and 12, one user in common. */
    const struct sg_scored list[] = {{1, 2}, {2, 1}};
    const uint32_t had[] = {0, 3};
    const float once[] = {1, 1};
    struct sg_row given = {had, once, 2};
    sg_metrics_style(list, 2, 20, &given, &s.train, m);
    ck_assert_double_eq_tol((double)m[SG_NOVELTY], 1, 1e-6);
    ck_assert_double_eq_tol((double)m[SG_DIVERSITY], 1 - 1 / 2.0, 1e-6);
    ck_assert_double_eq_tol((double)m[SG_POPULARITY_BIAS], 2 / 2.0, 1e-6);
    sg_split_free(&s);
    sg_pairs_free(&p);
    sg_pairs_free(&t);
}
END_TEST

static struct sg_evaluation evaluate_popularity(const struct sg_split *s, int threads)
{
    struct sg_scorer *m;
    struct sg_evaluation v;
    struct sg_fit f = {.x = &s->train, .threads = 1};
    struct sg_evaluate_options o = SG_EVALUATE_DEFAULTS;
    o.k = 1;
    o.threads = threads;
    ck_assert_int_eq(sg_scorer_fit(&m, "popularity", &f, &err), 0);
    ck_assert_int_eq(sg_evaluate(&v, m, s, &o, &err), 0);
    sg_scorer_free(m);
    return v;
}

START_TEST(what_was_given_is_never_ranked_again)
{
    struct sg_pairs p = read_text(four_users, SG_PAIRS),
                    t = read_text("1 12\n3 12\n4 10\n5 10\n", SG_PAIRS);
    struct sg_split s;
    ck_assert_int_eq(sg_split_given(&s, &p, &t, &err), 0);
    ck_assert_uint_eq(s.cold, 1);
    struct sg_evaluation v = evaluate_popularity(&s, 1);
    /* 1 is shown 12 (2 users, 10 and 11 given), 3 is shown 11 (2 users, before 12), 4: 10. */
    ck_assert_uint_eq(v.n, 3);
    ck_assert_float_eq(v.value[0][SG_RECALL], 1);
    ck_assert_float_eq(v.value[1][SG_RECALL], 0);
    ck_assert_float_eq(v.value[2][SG_RECALL], 1);
    ck_assert_double_eq_tol(v.measure[SG_RECALL].mean, 2 / 3.0, 1e-6);
    ck_assert_double_eq_tol(v.coverage, 3 / 4.0, 1e-6);
    struct sg_evaluation again = evaluate_popularity(&s, 3);
    for (size_t m = 0; m < SG_MEASURES; m++)
        ck_assert(v.measure[m].low == again.measure[m].low &&
                  v.measure[m].high == again.measure[m].high);
    sg_evaluation_free(&v);
    sg_evaluation_free(&again);
    sg_split_free(&s);
    sg_pairs_free(&p);
    sg_pairs_free(&t);
}
END_TEST

START_TEST(the_bootstrap_finds_the_deviation_of_the_mean)
{
    enum { N = 400 };
    float v[N];
    struct sg_interval out;
    for (size_t i = 0; i < N; i++)
        v[i] = (float)(i % 2); /* deviation of the mean: 0.5 / 20 */
    ck_assert_int_eq(sg_bootstrap(v, N, 1, 2000, 3, &out), 0);
    ck_assert_double_eq_tol(out.mean, 0.5, 1e-9);
    ck_assert_double_eq_tol(out.low, 0.5 - 1.96 * 0.025, 0.006);
    ck_assert_double_eq_tol(out.high, 0.5 + 1.96 * 0.025, 0.006);
    ck_assert_int_eq(sg_bootstrap(v, 0, 1, 10, 3, &out), 0);
    ck_assert_double_eq(out.high, 0);
}
END_TEST

/* Values of the recall only. */
static struct sg_evaluation made(const uint64_t *users, const float *recall, size_t n)
{
    struct sg_evaluation v = {.n = n, .coverage = 0.5};
    v.user = malloc(n * sizeof *v.user);
    v.value = calloc(n, sizeof *v.value);
    for (size_t i = 0; i < n; i++) {
        v.user[i] = users[i];
        v.value[i][SG_RECALL] = recall[i];
    }
    return v;
}

START_TEST(models_are_compared_user_by_user)
{
    struct sg_evaluation a = made((uint64_t[]){1, 2, 3, 5}, (float[]){1, 0.5f, 0.5f, 0}, 4),
                         b = made((uint64_t[]){2, 3, 4, 5}, (float[]){0.25f, 0.25f, 1, 0.5f}, 4);
    struct sg_evaluate_options o = SG_EVALUATE_DEFAULTS;
    struct sg_interval d;
    ck_assert_int_eq(sg_evaluation_compare(&a, &b, SG_RECALL, &o, &d, &err), 0);
    ck_assert_double_eq_tol(d.mean, 0, 1e-9);
    ck_assert(d.low < 0 && d.high > 0);
    sg_evaluation_free(&a);
    sg_evaluation_free(&b);
}
END_TEST

START_TEST(runs_are_pooled_by_user)
{
    struct sg_evaluation runs[] = {made((uint64_t[]){1, 2}, (float[]){1, 0.5f}, 2),
                                   made((uint64_t[]){2, 3}, (float[]){0, 0.25f}, 2)};
    struct sg_evaluate_options o = SG_EVALUATE_DEFAULTS;
    struct sg_evaluation v;
    ck_assert_int_eq(sg_evaluation_pool(&v, runs, 2, &o, &err), 0);
    ck_assert_uint_eq(v.n, 3);
    ck_assert_float_eq(v.value[1][SG_RECALL], 0.25f);
    ck_assert_double_eq_tol(v.measure[SG_RECALL].mean, 0.5, 1e-9);
    ck_assert_double_eq_tol(v.coverage, 0.5, 1e-9);
    sg_evaluation_free(&v);
    sg_evaluation_free(&runs[0]);
    sg_evaluation_free(&runs[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *c = tcase_create("all");
    tcase_add_test(c, pairs_have_optional_weights_and_times);
    tcase_add_test(c, ids_may_be_texts);
    tcase_add_test(c, lists_give_one_pair_an_item);
    tcase_add_test(c, lastfm_has_a_header_and_may_be_zipped);
    tcase_add_test(c, lines_that_do_not_fit_are_named);
    tcase_add_test(c, repeated_pairs_add_up_and_the_last_time_holds);
    tcase_add_test(c, everybodys_last_play_is_held_back);
    tcase_add_test(c, the_latest_plays_are_held_back);
    tcase_add_test(c, a_random_split_keeps_every_pair_once_and_repeats_itself);
    tcase_add_test(c, splits_without_times_or_without_parts_are_refused);
    tcase_add_test(c, measures_of_one_list_are_as_by_hand);
    tcase_add_test(c, clicks_count_pages_of_ten);
    tcase_add_test(c, novelty_diversity_and_bias_are_as_by_hand);
    tcase_add_test(c, what_was_given_is_never_ranked_again);
    tcase_add_test(c, the_bootstrap_finds_the_deviation_of_the_mean);
    tcase_add_test(c, models_are_compared_user_by_user);
    tcase_add_test(c, runs_are_pooled_by_user);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
