/* test_experiments.c - assignment, interleaving, exploring and the numbers of the report. */
#include "recsys/experiments/draw.h"
#include "recsys/experiments/parts.h"
#include "recsys/experiments/statistics.h"
#include "recsys/rank/rank.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>

enum { USERS = 20000 };
static struct sg_arena arena;

static struct variant_row row(const char *experiment, const char *name, double weight)
{
    return (struct variant_row){.surface = sg_str(experiment),
                                .experiment = sg_str(experiment),
                                .name = sg_str(name),
                                .settings = SG_STR(""),
                                .weight = weight};
}

/* The variant's letter of each user. */
static void assign_all(struct variant_row *v, size_t n, char out[USERS])
{
    struct variant_table t = {.v = v, .n = n};
    struct sg_assignment a;
    for (uint64_t u = 0; u < USERS; u++) {
        sg_arena_reset(&arena);
        ck_assert(variants_assign(&t, SG_STR("mix"), u + 1, &arena, &a));
        out[u] = *a.variant.name.p;
    }
}

static size_t count(const char v[USERS], char which)
{
    size_t n = 0;
    for (size_t i = 0; i < USERS; i++)
        n += v[i] == which;
    return n;
}

START_TEST(users_come_to_variants_by_weight_and_stay)
{
    static char first[USERS], again[USERS], more[USERS], three[USERS];
    struct variant_row v[] = {row("mix", "a", 3), row("mix", "b", 1), row("mix", "c", 2)};
    assign_all(v, 2, first);
    assign_all(v, 2, again);
    ck_assert(memcmp(first, again, USERS) == 0);
    ck_assert(fabs((double)count(first, 'a') - 0.75 * USERS) < 5 * sqrt(USERS * 0.75 * 0.25));
    v[1].weight = 3; /* only towards b */
    assign_all(v, 2, more);
    for (size_t i = 0; i < USERS; i++)
        ck_assert(first[i] == more[i] || (first[i] == 'a' && more[i] == 'b'));
    assign_all(v, 3, three); /* only towards c */
    for (size_t i = 0; i < USERS; i++)
        ck_assert(more[i] == three[i] || three[i] == 'c');
    ck_assert(fabs((double)count(three, 'c') - 0.25 * USERS) < 5 * sqrt(USERS * 0.25 * 0.75));
}
END_TEST

START_TEST(experiments_split_people_independently)
{
    static char x[USERS];
    struct variant_row v[] = {row("mix", "a", 1), row("mix", "b", 1)};
    struct variant_row w[] = {row("other", "a", 1), row("other", "b", 1)};
    struct variant_table t = {.v = w, .n = 2};
    struct sg_assignment a;
    size_t both = 0;
    assign_all(v, 2, x);
    for (uint64_t u = 0; u < USERS; u++) {
        sg_arena_reset(&arena);
        ck_assert(variants_assign(&t, SG_STR("other"), u + 1, &arena, &a));
        both += x[u] == 'a' && *a.variant.name.p == 'a';
    }
    ck_assert(fabs((double)both - 0.25 * USERS) < 5 * sqrt(USERS * 0.25 * 0.75));
    ck_assert(!variants_assign(&t, SG_STR("mix"), 1, &arena, &a));
    w[0].weight = w[1].weight = 0;
    ck_assert(!variants_assign(&t, SG_STR("other"), 1, &arena, &a));
}
END_TEST

START_TEST(an_interleaved_experiment_has_two_variants)
{
    struct variant_row v[] = {row("mix", "a", 1), row("mix", "b", 1), row("mix", "c", 1)};
    struct variant_table t = {.v = v, .n = 2};
    struct sg_assignment a;
    for (int i = 0; i < 3; i++)
        v[i].kind = SG_EXPERIMENT_INTERLEAVE;
    ck_assert(variants_assign(&t, SG_STR("mix"), 1, &arena, &a));
    ck_assert(a.kind == SG_EXPERIMENT_INTERLEAVE && *a.variant.name.p == 'a' &&
              *a.other.name.p == 'b');
    t.n = 3;
    ck_assert(!variants_assign(&t, SG_STR("mix"), 1, &arena, &a));
    t.n = 1;
    ck_assert(!variants_assign(&t, SG_STR("mix"), 1, &arena, &a));
}
END_TEST

/* Of any two rankings: nothing twice, each team's picks in its order and its best left, as many
 * as there are, teams within one of each other while both have picks. */
START_TEST(a_team_draft_is_fair_whatever_the_rankings)
{
    uint64_t a[40], b[40], out[80];
    unsigned char team[80];
    srand(4);
    for (uint64_t round = 0; round < 400; round++) {
        size_t n_a = (size_t)rand() % 40, n_b = (size_t)rand() % 40, k = (size_t)rand() % 60;
        for (size_t i = 0; i < n_a; i++)
            a[i] = i + (uint64_t)(rand() % 3) * 100;
        for (size_t i = 0; i < n_b; i++)
            b[i] = 39 - i + (uint64_t)(rand() % 3) * 100;
        size_t n = sg_interleave(a, n_a, b, n_b, round, out, team, k), picked[2] = {0};
        bool a_left = false, b_left = false;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < i; j++)
                ck_assert_uint_ne(out[i], out[j]);
            const uint64_t *v = team[i] ? b : a;
            size_t at = 0, len = team[i] ? n_b : n_a;
            for (; at < len && v[at] != out[i]; at++) { /* all before it are in the list */
                size_t j = 0;
                while (j < i && out[j] != v[at])
                    j++;
                ck_assert_uint_lt(j, i);
            }
            ck_assert_uint_lt(at, len);
            picked[team[i]]++;
        }
        for (size_t i = 0; i < n_a; i++) {
            bool in = false;
            for (size_t j = 0; j < n; j++)
                in = in || out[j] == a[i];
            a_left = a_left || !in;
        }
        for (size_t i = 0; i < n_b; i++) {
            bool in = false;
            for (size_t j = 0; j < n; j++)
                in = in || out[j] == b[i];
            b_left = b_left || !in;
        }
        ck_assert(n == k || (!a_left && !b_left));
        if (a_left && b_left)
            ck_assert(picked[0] <= picked[1] + 1 && picked[1] <= picked[0] + 1);
    }
}
END_TEST

START_TEST(who_drafts_first_is_a_fair_coin_and_repeatable)
{
    uint64_t a[] = {1, 2, 3}, b[] = {4, 5, 6}, out[6], again[6];
    unsigned char team[6];
    int first = 0;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        ck_assert_uint_eq(sg_interleave(a, 3, b, 3, seed, out, team, 6), 6);
        first += team[0] == 0;
        sg_interleave(a, 3, b, 3, seed, again, team, 6);
        ck_assert(memcmp(out, again, sizeof out) == 0);
    }
    ck_assert_int_gt(first, 850);
    ck_assert_int_lt(first, 1150);
}
END_TEST

START_TEST(draws_have_their_distributions)
{
    struct draw d = {7};
    enum { N = 40000 };
    double normal = 0, normal2 = 0, gamma = 0, beta = 0, beta2 = 0;
    for (int i = 0; i < N; i++) {
        double x = draw_normal(&d), b = draw_beta(&d, 3, 7);
        normal += x;
        normal2 += x * x;
        gamma += draw_gamma(&d, 2.5);
        beta += b;
        beta2 += b * b;
    }
    ck_assert(fabs(normal / N) < 0.025 && fabs(normal2 / N - 1) < 0.04);
    ck_assert(fabs(gamma / N - 2.5) < 0.04);
    ck_assert(fabs(beta / N - 0.3) < 0.004);
    ck_assert(fabs(beta2 / N - 0.09 - 3 * 7 / (100.0 * 11)) < 0.002);
}
END_TEST

START_TEST(exploring_learns_which_new_song_is_played)
{
    uint64_t songs[] = {11, 12, 13, 14, 15};
    double likes[] = {0.05, 0.1, 0.4, 0.1, 0.02};
    struct arms t = {0};
    size_t last = 0, first_100[5] = {0};
    srand(3);
    for (uint64_t round = 0; round < 2000; round++) {
        size_t pick = arms_pick(&t, songs, 5, round);
        ck_assert_uint_eq(pick, arms_pick(&t, songs, 5, round));
        struct arm *a = arms_put(&t, songs[pick]);
        a->exposures++;
        a->plays += rand() < likes[pick] * RAND_MAX;
        first_100[pick] += round < 100;
        last += round >= 1500 && pick == 2;
    }
    for (int i = 0; i < 5; i++)
        ck_assert_uint_gt(first_100[i], 0); /* each is tried */
    ck_assert_uint_gt(last, 400);
    ck_assert_uint_eq(arms_pick(&t, songs, 0, 1), SIZE_MAX);
    for (uint64_t i = 1; i < 100000; i++)
        arms_put(&t, i)->plays = (uint32_t)i;
    for (uint64_t i = 1; i < 100000; i++)
        ck_assert_uint_eq(arms_find(&t, i)->plays, i);
    ck_assert(!arms_find(&t, 100000) && !arms_put(&t, 0));
    arms_free(&t);
}
END_TEST

START_TEST(the_sign_test_is_exact)
{
    ck_assert(fabs(sign_test(8, 2) - 0.109375) < 1e-12);
    ck_assert(fabs(sign_test(2, 8) - 0.109375) < 1e-12);
    ck_assert(fabs(sign_test(10, 0) - 2 / 1024.0) < 1e-12);
    ck_assert(fabs(sign_test(5, 5) - 1) < 1e-12 && sign_test(0, 0) <= 1);
    ck_assert(fabs(sign_test(60, 40) - 0.056887933) < 1e-8);
}
END_TEST

START_TEST(a_wrong_split_is_seen)
{
    double even[] = {0.5, 0.5}, thirds[] = {0.5, 0.25, 0.25};
    ck_assert(fabs(shares_test((double[]){50, 50}, even, 2) - 1) < 1e-12);
    ck_assert(fabs(shares_test((double[]){60, 40}, even, 2) - 0.04550026) < 1e-7);
    ck_assert(fabs(shares_test((double[]){50, 30, 20}, thirds, 3) - 0.36787944) < 1e-7);
    ck_assert(shares_test((double[]){5300, 4700}, even, 2) < 1e-8);
}
END_TEST

static void person(struct sample *s, double did)
{
    s->n++;
    s->sum += did;
    s->sum2 += did * did;
}

/* A hundred experiments of a known lift: the interval holds it about 95 times. */
START_TEST(the_interval_of_a_lift_holds_the_truth)
{
    struct draw d = {11};
    struct lift l;
    int held = 0, found = 0;
    for (int round = 0; round < 400; round++) {
        struct sample a = {0}, b = {0};
        for (int i = 0; i < 800; i++) {
            person(&a, floor(draw_gamma(&d, 2)));
            person(&b, floor(draw_gamma(&d, 2) * 1.2 + 0.0));
        }
        ck_assert_int_eq(lift_of(&a, &b, &l), 1);
        /* E floor(1.2 G) / E floor(G) of Gamma(2): sums of P(G >= k), (1 + k) exp(-k) */
        double ea = 0, eb = 0;
        for (int k = 1; k < 80; k++) {
            ea += (1 + k) * exp(-k);
            eb += (1 + k / 1.2) * exp(-k / 1.2);
        }
        double truth = eb / ea - 1;
        held += l.low < truth && truth < l.high;
        found += l.p < 0.05 && l.lift > 0;
    }
    ck_assert_int_ge(held, 365);
    ck_assert_int_le(held, 395);
    ck_assert_int_gt(found, 300);
    struct sample none = {0};
    ck_assert_int_eq(lift_of(&none, &none, &l), 0);
}
END_TEST

START_TEST(settings_replace_the_rankers_weights)
{
    static const char *const wrong[] = {"louder=1", "near",          "near=",    "near=x",
                                        "near=-1",  "near=11",       "near=nan", "=1",
                                        "near=1 =", "near=1,fresh=2"};
    struct sg_occasion own = {0}, theirs = {0};
    float w[SG_RANK_FEATURES];
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_rank_settings(SG_STR(""), w, &e), 0);
    theirs.weights = w;
    for (int f = 0; f < SG_RANK_FEATURES; f++)
        ck_assert(sg_rank_weight(&own, (enum sg_rank_feature)f) ==
                  sg_rank_weight(&theirs, (enum sg_rank_feature)f));
    ck_assert_int_eq(sg_rank_settings(SG_STR("  near=0.5  fresh=10 "), w, &e), 0);
    ck_assert(w[SG_RANK_NEAR] == 0.5f && w[SG_RANK_FRESH] == 10);
    ck_assert(w[SG_RANK_TASTE] == sg_rank_weight(&own, SG_RANK_TASTE));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(sg_rank_settings(sg_str(wrong[i]), w, &e), SG_EINVAL);
        ck_assert(w[SG_RANK_NEAR] == 0.5f);
    }
}
END_TEST

static void teardown(void)
{
    sg_arena_free(&arena);
}

int main(void)
{
    Suite *s = suite_create("experiments");
    TCase *t = tcase_create("experiments");
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, users_come_to_variants_by_weight_and_stay);
    tcase_add_test(t, experiments_split_people_independently);
    tcase_add_test(t, an_interleaved_experiment_has_two_variants);
    tcase_add_test(t, a_team_draft_is_fair_whatever_the_rankings);
    tcase_add_test(t, who_drafts_first_is_a_fair_coin_and_repeatable);
    tcase_add_test(t, draws_have_their_distributions);
    tcase_add_test(t, exploring_learns_which_new_song_is_played);
    tcase_add_test(t, settings_replace_the_rankers_weights);
    tcase_add_test(t, the_sign_test_is_exact);
    tcase_add_test(t, a_wrong_split_is_seen);
    tcase_add_test(t, the_interval_of_a_lift_holds_the_truth);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
