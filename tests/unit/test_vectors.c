/* test_vectors.c - nearest neighbours against exact search, and what happens to broken files. */
#include "index/vectors.h"
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { N = 3000, D = 32, K = 10 };
static char dir[] = "/tmp/segue-vectors-XXXXXX";
static char path[64];
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
    struct sg_error e = SG_ERROR_INIT;
    srand(7);
    for (size_t i = 0; i < N * D; i++)
        rows[i] = normal();
    for (size_t i = 0; i < N; i++)
        ids[i] = (uint64_t)(N - i) * 7919;
    snprintf(path, sizeof path, "%s/v", dir);
    ck_assert_msg(sg_vectors_build(path, rows, ids, N, D, 2, &e) == 0, "%s", e.text);
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

/* How many of the exact K best are among the found. */
static int overlap(const float *q, const struct sg_neighbour *found, int n)
{
    int hits = 0;
    for (int i = 0; i < n; i++) {
        int better = 0;
        for (size_t r = 0; r < N; r++)
            better += cosine(q, rows + r * D) > found[i].score + 1e-5f;
        hits += better < K;
    }
    return hits;
}

START_TEST(recall_of_ten_is_near_exact_search)
{
    struct sg_vectors *v;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_vectors_open(&v, path, &e), 0);
    ck_assert_uint_eq(sg_vectors_count(v), N);
    int hits = 0;
    for (size_t i = 0; i < 100; i++) {
        struct sg_neighbour found[K];
        int n = sg_vectors_search(v, rows + i * 17 * D, K, found, &e);
        ck_assert_int_eq(n, K);
        ck_assert_uint_eq(found[0].id, ids[i * 17]);
        for (int k = 1; k < n; k++)
            ck_assert(found[k - 1].score >= found[k].score);
        hits += overlap(rows + i * 17 * D, found, n);
    }
    ck_assert_msg(hits >= 970, "recall@10 is %d of 1000", hits);
    sg_vectors_close(v);
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
    char ann[80];
    snprintf(ann, sizeof ann, "%s.ann", path);
    const long places[] = {0, 9, 17, 40, 60, 1000, 90000, -1};
    for (size_t i = 0; i < 2 * sizeof places / sizeof *places; i++) {
        struct sg_vectors *v;
        struct sg_error e = SG_ERROR_INIT;
        const char *file = i % 2 ? ann : path;
        flip_byte(file, places[i / 2]);
        ck_assert_int_eq(sg_vectors_open(&v, path, &e), SG_ECORRUPT);
        flip_byte(file, places[i / 2]);
    }
    ck_assert_int_eq(truncate(ann, 100), 0);
    struct sg_vectors *v;
    ck_assert_int_eq(sg_vectors_open(&v, path, NULL), SG_ECORRUPT);
}
END_TEST

START_TEST(an_empty_set_answers_nothing)
{
    struct sg_vectors *v;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_neighbour found[K];
    ck_assert_msg(sg_vectors_build(path, rows, ids, 0, D, 1, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_vectors_open(&v, path, &e) == 0, "%s", e.text);
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
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, recall_of_ten_is_near_exact_search);
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
