/* test_fold_in.c - a vector folded in is the one that training would have found. */
#include "recsys/als.h"
#include "recsys/fold_in.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { USERS = 80, ITEMS = 50, D = 12, PLAYS = 700 };

static struct sg_interactions x;
static struct sg_factors trained;
static struct sg_als_options options = SG_ALS_DEFAULTS;
static struct sg_fold_in *fold;
static struct sg_fold_in_scratch *scratch;
static char path[256];

static void setup(void)
{
    struct sg_interactions_builder *b;
    struct sg_error e = SG_ERROR_INIT;
    srand(11);
    ck_assert_int_eq(sg_interactions_begin(&b, &e), 0);
    for (int i = 0; i < PLAYS; i++)
        ck_assert_int_eq(sg_interactions_add(b, (uint64_t)(rand() % USERS),
                                             (uint64_t)(rand() % ITEMS), 1 + (float)(rand() % 5),
                                             &e),
                         0);
    ck_assert_int_eq(sg_interactions_finish(b, &x, &e), 0);
    options.factors = D;
    options.sweeps = 4;
    options.solver = SG_ALS_CHOLESKY;
    ck_assert_msg(sg_als_train(&x, &options, &trained, &e) == 0, "%s", e.text);
    snprintf(path, sizeof path, "%s", test_path(test_scratch(), "fold.seg"));
    struct sg_fold_in_source source = {options.loss,  D,         trained.users,
                                       trained.items, x.users.n, x.items.n};
    ck_assert_msg(sg_fold_in_write(path, &source, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_fold_in_open(&fold, path, &e) == 0, "%s", e.text);
    ck_assert_int_eq(sg_fold_in_scratch_new(&scratch, fold, &e), 0);
}

static void teardown(void)
{
    sg_fold_in_scratch_free(scratch);
    sg_fold_in_close(fold);
    sg_factors_free(&trained);
    sg_interactions_free(&x);
}

/* The last half-sweep solved the users from the items as they are. */
START_TEST(a_user_folded_in_is_her_row_of_the_training)
{
    for (size_t user = 0; user < x.users.n; user++) {
        const float *items[ITEMS];
        float got[D];
        size_t from = x.users.start[user], n = x.users.start[user + 1] - from;
        for (size_t i = 0; i < n; i++)
            items[i] = trained.items + D * x.users.other[from + i];
        ck_assert_int_eq(sg_fold_in_user(fold, scratch, items, x.users.weight + from, n, got, NULL),
                         0);
        for (size_t f = 0; f < D; f++)
            ck_assert_float_eq_tol(got[f], trained.users[user * D + f], 1e-5f);
    }
}
END_TEST

/* Half the derivative of the loss by the f-th coordinate of u, in double precision. */
static double derivative(const float *u, const size_t *items, const float *weight, size_t n,
                         size_t f)
{
    const struct sg_als_loss *l = &options.loss;
    double g = (double)sg_als_ridge(l, n, x.items.n) * u[f];
    for (size_t i = 0; i < x.items.n; i++) {
        double score = 0;
        for (size_t k = 0; k < D; k++)
            score += (double)u[k] * trained.items[i * D + k];
        g += (double)l->unobserved * score * trained.items[i * D + f];
        for (size_t p = 0; p < n; p++)
            if (items[p] == i)
                g += (double)sg_als_confidence(l, weight[p]) * (score - (weight[p] > 0)) *
                     trained.items[i * D + f];
    }
    return g;
}

START_TEST(a_user_folded_in_lies_at_the_minimum_of_the_loss)
{
    const size_t items[] = {3, 17, 20, 41, 8};
    const float weight[] = {1, 4, 2, 30, -1}; /* the last one was skipped */
    const float *rows[5];
    float got[D];
    for (size_t i = 0; i < 5; i++)
        rows[i] = trained.items + D * items[i];
    ck_assert_int_eq(sg_fold_in_user(fold, scratch, rows, weight, 5, got, NULL), 0);
    for (size_t f = 0; f < D; f++)
        ck_assert_double_eq_tol(derivative(got, items, weight, 5, f), 0, 1e-4);
}
END_TEST

static float score(const float *u, size_t item)
{
    float s = 0;
    for (size_t f = 0; f < D; f++)
        s += u[f] * trained.items[item * D + f];
    return s;
}

START_TEST(an_item_folded_in_lies_among_its_listeners)
{
    const float *users[] = {trained.users, trained.users + D * 7};
    const float weight[] = {3, 1};
    float got[D], alike = 0, length = 0;
    ck_assert_int_eq(sg_fold_in_item(fold, scratch, users, weight, 2, got, NULL), 0);
    for (size_t u = 0; u < USERS; u++) {
        float s = 0;
        for (size_t f = 0; f < D; f++)
            s += got[f] * trained.users[u * D + f];
        *(u == 0 || u == 7 ? &alike : &length) += s * s;
    }
    ck_assert_float_gt(alike / 2, 4 * length / (USERS - 2));
}
END_TEST

START_TEST(a_skipped_item_scores_less_than_before)
{
    const float *rows[] = {trained.items + D * 3, trained.items + D * 17, trained.items + D * 20};
    const float weight[] = {2, 1, -1};
    float without[D], with[D];
    ck_assert_int_eq(sg_fold_in_user(fold, scratch, rows, weight, 2, without, NULL), 0);
    ck_assert_int_eq(sg_fold_in_user(fold, scratch, rows, weight, 3, with, NULL), 0);
    ck_assert_float_lt(fabsf(score(with, 20)), fabsf(score(without, 20)));
}
END_TEST

START_TEST(unknown_items_are_left_out)
{
    const float *rows[] = {trained.items, NULL, trained.items + D};
    const float *known[] = {trained.items, trained.items + D};
    const float weight[] = {1, 100, 2}, known_weight[] = {1, 2};
    float a[D], b[D];
    ck_assert_int_eq(sg_fold_in_user(fold, scratch, rows, weight, 3, a, NULL), 0);
    ck_assert_int_eq(sg_fold_in_user(fold, scratch, known, known_weight, 2, b, NULL), 0);
    ck_assert_mem_eq(a, b, sizeof a);
    ck_assert_int_eq(sg_fold_in_user(fold, scratch, rows + 1, weight + 1, 1, a, NULL), 0);
    for (size_t f = 0; f < D; f++)
        ck_assert(a[f] == 0);
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
    struct sg_error e = SG_ERROR_INIT;
    float bad[D] = {NAN}, out[D];
    const float *rows[] = {trained.items, bad};
    const float infinite[] = {1, INFINITY}, good[] = {1, 1};
    ck_assert_int_eq(sg_fold_in_user(fold, scratch, rows, infinite, 2, out, &e), SG_EINVAL);
    ck_assert_int_eq(sg_fold_in_user(fold, scratch, rows, good, 2, out, &e), SG_EINVAL);
    for (size_t f = 0; f < D; f++)
        ck_assert(out[f] == 0);
}
END_TEST

START_TEST(any_flipped_byte_of_the_file_is_refused)
{
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
    for (long at = 0; at < st.st_size; at += 7) {
        struct sg_fold_in *broken;
        FILE *f = fopen(path, "r+b");
        fseek(f, at, SEEK_SET);
        int c = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(c ^ 0x10, f);
        fclose(f);
        ck_assert_msg(sg_fold_in_open(&broken, path, NULL) == SG_ECORRUPT, "byte %ld", at);
        f = fopen(path, "r+b");
        fseek(f, at, SEEK_SET);
        fputc(c, f);
        fclose(f);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fold_in");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_user_folded_in_is_her_row_of_the_training);
    tcase_add_test(t, a_user_folded_in_lies_at_the_minimum_of_the_loss);
    tcase_add_test(t, an_item_folded_in_lies_among_its_listeners);
    tcase_add_test(t, a_skipped_item_scores_less_than_before);
    tcase_add_test(t, unknown_items_are_left_out);
    tcase_add_test(t, what_is_no_number_is_refused);
    tcase_add_test(t, any_flipped_byte_of_the_file_is_refused);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
