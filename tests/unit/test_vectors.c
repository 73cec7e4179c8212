/* test_vectors.c - nearest neighbours against exact search, and what happens to broken files. */
#include "index/vectors.h"
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 12000, D = 20, K = 10, TASTES = 100 };
static char dir[] = "/tmp/segue-vectors-XXXXXX";
static char path[64], other[64];
static float rows[N * D];
static uint64_t ids[N];

static float normal(void)
{
    float s = 0;
    for (int i = 0; i < 12; i++)
        s += (float)rand() / (float)RAND_MAX;
    return s - 6;
}

static void setup(void)
{
    srand(7);
    static float taste[TASTES * D];
    for (size_t i = 0; i < TASTES * D; i++)
        taste[i] = normal();
    for (size_t i = 0; i < N; i++) { /* about a taste, few of them long */
        float length = expf(0.7f * normal());
        for (size_t f = 0; f < D; f++)
            rows[i * D + f] = length * (taste[i % TASTES * D + f] + 0.8f * normal());
    }
    for (size_t i = 0; i < N; i++)
        ids[i] = (uint64_t)(N - i) * 7919;
    snprintf(path, sizeof path, "%s/v", dir);
    snprintf(other, sizeof other, "%s/other", dir);
    pid_t child = fork(); /* the threads of the build must not be there when tests fork */
    ck_assert_int_ge(child, 0);
    if (!child)
        _exit(sg_vectors_build(path, rows, ids, N, D, 1, NULL) != 0);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static float cosine(const float *a, const float *b)
{
    float ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < D; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return ab / sqrtf(aa * bb);
}

/* Scores fall, and are those of exact search for at least 97 of 100. */
static void check_recall(const struct sg_vectors *v, bool itself)
{
    int hits = 0;
    struct sg_error e = SG_ERROR_INIT;
    for (size_t i = 0; i < 100; i++) {
        struct sg_neighbour found[K], truth[K];
        const float *q = rows + i * 117 * D;
        ck_assert_int_eq(sg_vectors_search(v, q, K, found, &e), K);
        ck_assert_int_eq(sg_vectors_search_all(v, q, K, truth, &e), K);
        if (itself)
            ck_assert_uint_eq(found[0].id, ids[i * 117]);
        for (int k = 0; k < K; k++) {
            ck_assert(!k || found[k - 1].score >= found[k].score);
            hits += found[k].score >= truth[K - 1].score;
        }
    }
    ck_assert_msg(hits >= 970, "recall@10 is %d of 1000", hits);
}

START_TEST(recall_of_ten_is_near_exact_search)
{
    struct sg_vectors *v;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_vectors_open(&v, path, &e), 0);
    ck_assert_uint_eq(sg_vectors_count(v), N);
    check_recall(v, true);
    sg_vectors_close(v);
}
END_TEST

static float product(const float *a, const float *b)
{
    float s = 0;
    for (int i = 0; i < D; i++)
        s += a[i] * b[i];
    return s;
}

static struct sg_vectors *open_by_product(void)
{
    struct sg_vectors *v;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_vectors_options o = {SG_VECTORS_INNER_PRODUCT, 1, NULL, 0};
    ck_assert_msg(sg_vectors_build_for(other, rows, ids, N, D, &o, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_vectors_open(&v, other, &e) == 0, "%s", e.text);
    ck_assert_int_eq(sg_vectors_metric(v), SG_VECTORS_INNER_PRODUCT);
    return v;
}

START_TEST(by_inner_product_long_rows_come_first)
{
    struct sg_vectors *v = open_by_product();
    check_recall(v, false);
    sg_vectors_close(v);
}
END_TEST

START_TEST(exact_search_gives_the_largest_products)
{
    struct sg_vectors *v = open_by_product();
    struct sg_neighbour found[K];
    for (size_t q = 0; q < 20; q++) {
        const float *query = rows + q * 31 * D;
        ck_assert_int_eq(sg_vectors_search_all(v, query, K, found, NULL), K);
        size_t better = 0;
        for (size_t i = 0; i < N; i++)
            better += product(query, rows + i * D) > found[K - 1].score * 1.00001f;
        ck_assert_uint_le(better, K - 1);
        const float *row = sg_vectors_row(v, found[3].id);
        ck_assert_float_eq_tol(product(query, row), found[3].score, 1e-3f * found[3].score);
    }
    sg_vectors_close(v);
}
END_TEST

START_TEST(more_than_there_are_gives_all)
{
    static struct sg_neighbour found[N + 5];
    struct sg_vectors *v;
    ck_assert_int_eq(sg_vectors_open(&v, path, NULL), 0);
    ck_assert_int_eq(sg_vectors_search(v, rows, N + 5, found, NULL), N);
    sg_vectors_close(v);
}
END_TEST

START_TEST(what_is_no_number_and_ids_twice_are_refused)
{
    struct sg_vectors *v;
    struct sg_neighbour found[K];
    float bad[2 * D] = {NAN};
    const uint64_t twice[] = {4, 4};
    ck_assert_int_eq(sg_vectors_open(&v, path, NULL), 0);
    ck_assert_int_eq(sg_vectors_search(v, bad, K, found, NULL), SG_EINVAL);
    sg_vectors_close(v);
    ck_assert_int_eq(sg_vectors_build(other, bad, ids, 2, D, 1, NULL), SG_EINVAL);
    ck_assert_int_eq(sg_vectors_build(other, rows, twice, 2, D, 1, NULL), SG_EINVAL);
}
END_TEST

START_TEST(a_stored_vector_comes_back_normalised)
{
    struct sg_vectors *v;
    struct sg_error e = SG_ERROR_INIT;
    float got[D];
    ck_assert_int_eq(sg_vectors_open(&v, path, &e), 0);
    ck_assert(sg_vectors_get(v, ids[5], got));
    ck_assert(cosine(got, rows + 5 * D) > 0.9999f);
    ck_assert(!sg_vectors_get(v, 1, got));
    sg_vectors_close(v);
}
END_TEST

static void flip_byte(const char *file, long at)
{
    FILE *f = fopen(file, "r+b");
    ck_assert_ptr_nonnull(f);
    fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
    int c = fgetc(f);
    fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
    fputc(c ^ 0x20, f);
    fclose(f);
}

START_TEST(any_flipped_byte_is_refused)
{
    struct sg_vectors *v;
    const long places[] = {0, 9, 17, 40, 60, 1000, 6000, 9000, 20000, -1};
    ck_assert_int_eq(sg_vectors_build(other, rows, ids, 300, D, 1, NULL), 0);
    ck_assert_int_eq(chmod(other, 0600), 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        flip_byte(other, places[i]);
        ck_assert_int_eq(sg_vectors_open(&v, other, NULL), SG_ECORRUPT);
        flip_byte(other, places[i]);
    }
    ck_assert_int_eq(truncate(other, 30000), 0);
    ck_assert_int_eq(sg_vectors_open(&v, other, NULL), SG_ECORRUPT);
}
END_TEST

START_TEST(an_empty_set_answers_nothing)
{
    struct sg_vectors *v;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_neighbour found[K];
    ck_assert_msg(sg_vectors_build(other, rows, ids, 0, D, 1, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_vectors_open(&v, other, &e) == 0, "%s", e.text);
    ck_assert_int_eq(sg_vectors_search(v, rows, K, found, &e), 0);
    sg_vectors_close(v);
}
END_TEST

START_TEST(a_missing_file_is_not_found)
{
    struct sg_vectors *v;
    ck_assert_int_eq(sg_vectors_open(&v, "/nonexistent/v", NULL), SG_ENOENT);
}
END_TEST

int main(void)
{
    if (!mkdtemp(dir))
        return EXIT_FAILURE;
    Suite *s = suite_create("vectors");
    TCase *t = tcase_create("all");
    tcase_add_unchecked_fixture(t, setup, NULL);
    tcase_add_test(t, recall_of_ten_is_near_exact_search);
    tcase_add_test(t, by_inner_product_long_rows_come_first);
    tcase_add_test(t, exact_search_gives_the_largest_products);
    tcase_add_test(t, more_than_there_are_gives_all);
    tcase_add_test(t, what_is_no_number_and_ids_twice_are_refused);
    tcase_add_test(t, a_stored_vector_comes_back_normalised);
    tcase_add_test(t, any_flipped_byte_is_refused);
    tcase_add_test(t, an_empty_set_answers_nothing);
    tcase_add_test(t, a_missing_file_is_not_found);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    if (system(command))
        failed++;
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
