/* test_models.c - every recommendation model against what its formula gives by hand. */
#include "recsys/models/scorer.h"
#include "recsys/models/spectrum.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* users x items; row u, column i: plays. */
enum { U = 6, I = 5 };
static const float plays[U][I] = {{1, 1, 0, 0, 0}, {1, 1, 1, 0, 0}, {0, 1, 1, 0, 1},
                                  {0, 0, 1, 1, 0}, {0, 0, 0, 1, 1}, {1, 0, 0, 0, 1}};
static struct sg_error err;

static void learn(struct sg_interactions *x)
{
    struct sg_interactions_builder *b;
    ck_assert_int_eq(sg_interactions_begin(&b, &err), 0);
    for (uint64_t u = 0; u < U; u++)
        for (uint64_t i = 0; i < I; i++)
            if (plays[u][i] > 0)
                ck_assert_int_eq(sg_interactions_add(b, 10 + u, 100 + i, plays[u][i], &err), 0);
    ck_assert_int_eq(sg_interactions_finish(b, x, &err), 0);
}

static struct sg_scorer *fit(const struct sg_interactions *x, const char *model)
{
    struct sg_scorer *s = NULL;
    struct sg_fit f = {.x = x, .threads = 2, .seed = 1};
    ck_assert_msg(!sg_scorer_fit(&s, model, &f, &err), "%s: %s", model, err.text);
    return s;
}

static void score_user(const struct sg_interactions *x, const char *model, size_t user, float *out)
{
    struct sg_scorer *s = fit(x, model);
    struct sg_row row = sg_row_of_user(x, user);
    ck_assert_int_eq(sg_scorer_score(s, &row, 1, out, &err), 0);
    sg_scorer_free(s);
}

static double degree_of_user(size_t u)
{
    double sum = 0;
    for (size_t i = 0; i < I; i++)
        sum += (double)plays[u][i];
    return sum;
}

static double degree_of_item(size_t i)
{
    double sum = 0;
    for (size_t u = 0; u < U; u++)
        sum += (double)plays[u][i];
    return sum;
}

static double gram(size_t a, size_t b)
{
    double sum = 0;
    for (size_t u = 0; u < U; u++)
        sum += (double)plays[u][a] * (double)plays[u][b];
    return sum;
}

START_TEST(popularity_counts_plays)
{
    struct sg_interactions x;
    float s[I];
    learn(&x);
    score_user(&x, "popularity", 3, s);
    for (size_t i = 0; i < I; i++)
        ck_assert_double_eq_tol((double)s[i], degree_of_item(i), 1e-6);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(item_neighbours_are_cosines_with_shrinkage)
{
    struct sg_interactions x;
    float s[I];
    learn(&x);
    score_user(&x, "item-knn:neighbours=4,shrink=2", 0, s);
    for (size_t j = 2; j < I; j++) {
        double sum = 0;
        for (size_t i = 0; i < 2; i++)
            sum += gram(i, j) / (sqrt(gram(i, i) * gram(j, j)) + 2);
        ck_assert_double_eq_tol((double)s[j], sum, 1e-5);
    }
    sg_interactions_free(&x);
}
END_TEST

START_TEST(only_the_nearest_items_count)
{
    struct sg_interactions x;
    float s[I];
    learn(&x);
    score_user(&x, "item-knn:neighbours=1,shrink=0", 5, s); /* items 0 and 4 */
    /* The nearest of item 3 are 2 (1 of sqrt 6) and 4 (the same): the first of them holds. */
    ck_assert_double_eq_tol((double)s[3], 0, 1e-6);
    ck_assert_double_eq_tol((double)s[1], 2 / 3.0, 1e-5); /* of 0: 2 users of 3 and 3 */
    sg_interactions_free(&x);
}
END_TEST

START_TEST(users_neighbours_are_cosines)
{
    struct sg_interactions x;
    float s[I];
    learn(&x);
    score_user(&x, "user-knn:neighbours=100", 3, s);
    for (size_t i = 0; i < I; i++) {
        double sum = 0;
        for (size_t v = 0; v < U; v++) {
            double both = 0;
            for (size_t k = 0; k < I; k++)
                both += (double)plays[3][k] * (double)plays[v][k];
            sum += both / sqrt(degree_of_user(3) * degree_of_user(v)) * (double)plays[v][i];
        }
        ck_assert_double_eq_tol((double)s[i], sum, 1e-5);
    }
    sg_interactions_free(&x);
}
END_TEST

/* Gauss-Jordan: a (n x n) becomes its inverse. */
static void invert(double a[I][I])
{
    double b[I][2 * I] = {{0}};
    for (size_t r = 0; r < I; r++) {
        for (size_t c = 0; c < I; c++)
            b[r][c] = a[r][c];
        b[r][I + r] = 1;
    }
    for (size_t p = 0; p < I; p++) {
        double pivot = b[p][p];
        for (size_t c = 0; c < 2 * I; c++)
            b[p][c] /= pivot;
        for (size_t r = 0; r < I; r++) {
            double factor = b[r][p];
            for (size_t c = 0; c < 2 * I && r != p; c++)
                b[r][c] -= factor * b[p][c];
        }
    }
    for (size_t r = 0; r < I; r++)
        for (size_t c = 0; c < I; c++)
            a[r][c] = b[r][I + c];
}

/* Steck 2019: B = I - P diag(1 / P), P = (X'X + l I)^-1. */
START_TEST(linear_with_all_neighbours_is_ease_in_closed_form)
{
    struct sg_interactions x;
    float s[I];
    double p[I][I];
    learn(&x);
    for (size_t a = 0; a < I; a++)
        for (size_t b = 0; b < I; b++)
            p[a][b] = gram(a, b) + (a == b ? 0.7 : 0);
    invert(p);
    for (size_t u = 0; u < U; u++) {
        score_user(&x, "linear:neighbours=4,ridge=0.7", u, s);
        /* Items 2 and 4 share users with every other; one without is left out by design. */
        for (size_t j = 2; j < I; j += 2) {
            double sum = 0;
            for (size_t i = 0; i < I; i++)
                sum += i == j ? 0 : (double)plays[u][i] * -p[i][j] / p[j][j];
            ck_assert_double_eq_tol((double)s[j], sum, 1e-4);
        }
    }
    sg_interactions_free(&x);
}
END_TEST

START_TEST(two_hops_are_the_products_of_the_matrices)
{
    struct sg_interactions x;
    float s[I];
    learn(&x);
    score_user(&x, "graph:factors=0,user=0.8,source=0.4,target=0.3", 2, s);
    for (size_t j = 0; j < I; j++) {
        double sum = 0;
        for (size_t i = 0; i < I; i++)
            for (size_t v = 0; v < U; v++)
                sum += (double)plays[2][i] * pow(degree_of_item(i), -0.4) * (double)plays[v][i] *
                       pow(degree_of_user(v), -0.8) * (double)plays[v][j] *
                       pow(degree_of_item(j), -0.3);
        ck_assert_double_eq_tol((double)s[j], sum, 1e-5);
    }
    sg_interactions_free(&x);
}
END_TEST

/* N = U^-1/2 X D^-1/2: all its singular values and vectors give N'N back. */
START_TEST(the_spectrum_rebuilds_the_normalised_matrix)
{
    struct sg_interactions x;
    struct sg_spectrum s;
    float user[U], item[I];
    learn(&x);
    for (size_t u = 0; u < U; u++)
        user[u] = (float)pow(degree_of_user(u), -0.5);
    for (size_t i = 0; i < I; i++)
        item[i] = (float)pow(degree_of_item(i), -0.5);
    struct sg_fit f = {.x = &x, .threads = 2, .seed = 5};
    ck_assert_int_eq(sg_spectrum_find(&s, &f, user, item, I, &err), 0);
    ck_assert_uint_eq(s.k, I);
    ck_assert_double_eq_tol((double)s.sigma[0], 1, 1e-4); /* of any such matrix */
    for (size_t a = 0; a < I; a++)
        for (size_t b = 0; b < I; b++) {
            double want = 0, is = 0;
            for (size_t u = 0; u < U; u++)
                want += (double)(plays[u][a] * plays[u][b] * user[u] * user[u] * item[a] * item[b]);
            for (size_t k = 0; k < s.k; k++)
                is += (double)(s.vector[a * s.k + k] * s.sigma[k] * s.sigma[k] *
                               s.vector[b * s.k + k]);
            ck_assert_double_eq_tol(is, want, 1e-4);
        }
    for (size_t k = 1; k < s.k; k++)
        ck_assert_float_le(s.sigma[k], s.sigma[k - 1]);
    sg_spectrum_free(&s);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(more_factors_than_rank_are_not_invented)
{
    struct sg_interactions_builder *b;
    struct sg_interactions x;
    struct sg_spectrum s;
    const float ones[] = {1, 1, 1, 1};
    ck_assert_int_eq(sg_interactions_begin(&b, &err), 0);
    for (uint64_t u = 0; u < 4; u++)
        for (uint64_t i = 0; i < 2; i++)
            ck_assert_int_eq(sg_interactions_add(b, u, 2 * (u / 2) + i, 1, &err), 0);
    ck_assert_int_eq(sg_interactions_finish(b, &x, &err), 0);
    struct sg_fit f = {.x = &x, .threads = 1, .seed = 1};
    ck_assert_int_eq(sg_spectrum_find(&s, &f, ones, ones, 4, &err), 0);
    ck_assert_uint_eq(s.k, 2); /* two blocks */
    ck_assert_double_eq_tol((double)s.sigma[0], 2, 1e-4);
    ck_assert_double_eq_tol((double)s.sigma[1], 2, 1e-4);
    sg_spectrum_free(&s);
    sg_interactions_free(&x);
}
END_TEST

/* Listeners of three tastes: what a model should find. */
enum { LISTENERS = 240, SONGS = 90 };
static void tastes(struct sg_interactions *x)
{
    struct sg_interactions_builder *b;
    ck_assert_int_eq(sg_interactions_begin(&b, &err), 0);
    srand(11);
    for (uint64_t u = 0; u < LISTENERS; u++)
        for (int k = 0; k < 12; k++) {
            uint64_t taste = k ? u % 3 : (uint64_t)rand() % 3;
            ck_assert_int_eq(
                sg_interactions_add(b, u, (uint64_t)(rand() % (SONGS / 3)) * 3 + taste, 1, &err),
                0);
        }
    ck_assert_int_eq(sg_interactions_finish(b, x, &err), 0);
}

static const char *const personal[] = {"item-knn",
                                       "user-knn",
                                       "linear",
                                       "graph:factors=8",
                                       "graph:factors=8,power=2,spectral=1",
                                       "als:factors=3,sweeps=5",
                                       "blend(popularity;graph:factors=8;als:factors=8;linear)"};
enum { PERSONAL = sizeof personal / sizeof *personal };

START_TEST(a_newcomer_is_recommended_her_own_taste)
{
    struct sg_interactions x;
    float s[SONGS];
    struct sg_scored top[10];
    tastes(&x);
    ck_assert_uint_eq(x.items.n, SONGS);
    const uint32_t played[] = {1, 10, 31};
    const float weight[] = {1, 1, 1};
    struct sg_row row = {played, weight, 3};
    struct sg_scorer *m = fit(&x, personal[_i]);
    ck_assert_int_eq(sg_scorer_score(m, &row, 1, s, &err), 0);
    for (size_t k = 0; k < 3; k++)
        s[played[k]] = -INFINITY;
    ck_assert_uint_eq(sg_scored_top(s, SONGS, 10, top), 10);
    for (size_t k = 0; k < 10; k++)
        ck_assert_msg(top[k].item % 3 == 1, "%s: %u", personal[_i], top[k].item);
    sg_scorer_free(m);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(one_row_or_many_and_one_seed_give_the_same_scores)
{
    struct sg_interactions x;
    tastes(&x);
    struct sg_scorer *a = fit(&x, personal[_i]), *b = fit(&x, personal[_i]);
    float *many = malloc(7 * SONGS * sizeof *many), one[SONGS];
    struct sg_row rows[7];
    for (size_t r = 0; r < 7; r++)
        rows[r] = sg_row_of_user(&x, r * 5);
    ck_assert_int_eq(sg_scorer_score(a, rows, 7, many, &err), 0);
    for (size_t r = 0; r < 7; r++) {
        ck_assert_int_eq(sg_scorer_score(b, &rows[r], 1, one, &err), 0);
        for (size_t i = 0; i < SONGS; i++)
            ck_assert_double_eq_tol((double)many[r * SONGS + i], (double)one[i],
                                    1e-3 * (1 + fabs((double)one[i])));
    }
    free(many);
    sg_scorer_free(a);
    sg_scorer_free(b);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(somebody_without_items_gets_finite_scores)
{
    struct sg_interactions x;
    float s[SONGS];
    struct sg_row nothing = {0};
    tastes(&x);
    struct sg_scorer *m = fit(&x, personal[_i]);
    ck_assert_int_eq(sg_scorer_score(m, &nothing, 1, s, &err), 0);
    for (size_t i = 0; i < SONGS; i++)
        ck_assert(isfinite(s[i]));
    sg_scorer_free(m);
    sg_interactions_free(&x);
}
END_TEST

/* Products of such weights are 0, which no sum of what was touched may be. */
START_TEST(weights_too_small_to_multiply_do_no_harm)
{
    struct sg_interactions_builder *b;
    struct sg_interactions x;
    float s[I];
    ck_assert_int_eq(sg_interactions_begin(&b, &err), 0);
    for (uint64_t u = 0; u < 50; u++)
        for (uint64_t i = 0; i < I; i++)
            ck_assert_int_eq(sg_interactions_add(b, u, i, u % 2 ? 1e-30f : -1e-30f, &err), 0);
    ck_assert_int_eq(sg_interactions_finish(b, &x, &err), 0);
    score_user(&x, "item-knn", 0, s);
    score_user(&x, "user-knn", 0, s);
    score_user(&x, "linear", 0, s);
    score_user(&x, "graph:factors=2", 0, s);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(wrong_models_are_refused_with_what_is_wrong)
{
    static const struct {
        const char *model, *says;
    } wrong[] = {{"magic", "'magic'"},
                 {"graph:colour=1", "'colour'"},
                 {"graph:factors=-1", "factors"},
                 {"graph:factors=many", "factors"},
                 {"graph:factors=nan", "factors"},
                 {"graph:factors", "parameter=value"},
                 {"graph(als)", "not made of"},
                 {"blend", "of which"},
                 {"blend()", "of which"},
                 {"blend(graph", "not closed"},
                 {"blend(blend(als))", "none of them a blend"},
                 {"blend(magic)", "'magic'"},
                 {"", "''"}};
    struct sg_interactions x;
    struct sg_scorer *s = NULL;
    learn(&x);
    struct sg_fit f = {.x = &x, .threads = 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(sg_scorer_fit(&s, wrong[i].model, &f, &err), SG_EINVAL);
        ck_assert_msg(strstr(err.text, wrong[i].says), "%s: %s", wrong[i].model, err.text);
    }
    ck_assert_ptr_null(s);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(the_best_come_first_and_ties_by_number)
{
    const float s[] = {1, NAN, 5, 5, -INFINITY, 3, 5};
    struct sg_scored top[7];
    ck_assert_uint_eq(sg_scored_top(s, 7, 3, top), 3);
    ck_assert_uint_eq(top[0].item, 2);
    ck_assert_uint_eq(top[1].item, 3);
    ck_assert_uint_eq(top[2].item, 6);
    ck_assert_uint_eq(sg_scored_top(s, 7, 7, top), 5);
    ck_assert_uint_eq(top[4].item, 0);
    ck_assert_uint_eq(sg_scored_top(s, 7, 0, top), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("models");
    TCase *c = tcase_create("all");
    tcase_add_test(c, popularity_counts_plays);
    tcase_add_test(c, item_neighbours_are_cosines_with_shrinkage);
    tcase_add_test(c, only_the_nearest_items_count);
    tcase_add_test(c, users_neighbours_are_cosines);
    tcase_add_test(c, linear_with_all_neighbours_is_ease_in_closed_form);
    tcase_add_test(c, two_hops_are_the_products_of_the_matrices);
    tcase_add_test(c, the_spectrum_rebuilds_the_normalised_matrix);
    tcase_add_test(c, more_factors_than_rank_are_not_invented);
    tcase_add_loop_test(c, a_newcomer_is_recommended_her_own_taste, 0, PERSONAL);
    tcase_add_loop_test(c, one_row_or_many_and_one_seed_give_the_same_scores, 0, PERSONAL);
    tcase_add_loop_test(c, somebody_without_items_gets_finite_scores, 0, PERSONAL);
    tcase_add_test(c, weights_too_small_to_multiply_do_no_harm);
    tcase_add_test(c, wrong_models_are_refused_with_what_is_wrong);
    tcase_add_test(c, the_best_come_first_and_ties_by_number);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
