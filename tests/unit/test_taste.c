/* What the searcher likes: as it was told, and by the vectors of the published model. */
#include "core/clock.h"
#include "index/generation.h"
#include "index/vectors.h"
#include "query/rank.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { D = 8, SONGS = 40 };

static struct sg_error err;
static struct sg_affinity songs[] = {{3, 0.5}, {7, 1}}, artists[] = {{11, 0.75}};
static float own[D];
static struct sg_taste taste = {
    .songs = {songs, 2}, .artists = {artists, 1}, .vector = {(const char *)own, sizeof own}};

/* Song i has cosine and product 1 with axis i % D. */
static void publish(const char *dir, const char *name, unsigned turn)
{
    static float rows[SONGS * D];
    uint64_t ids[SONGS];
    char path[256];
    for (unsigned i = 0; i < SONGS; i++) {
        ids[i] = i + 1;
        for (unsigned k = 0; k < D; k++)
            rows[i * D + k] = k == (i + turn) % D;
    }
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/%s/items.vec", dir, name);
    ck_assert_msg(!sg_vectors_build(path, rows, ids, SONGS, D, 1, &err), "%s", err.text);
    ck_assert_msg(!sg_current_publish(dir, name, &err), "%s", err.text);
}

static float liking(struct sg_taste_models *m, const char *model, enum sg_kind kind, uint64_t id)
{
    struct sg_liking l;
    taste.model = model ? sg_str(model) : SG_STR_NONE;
    sg_liking_begin(&l, m, &taste);
    float of = sg_liking_of(&l, kind, id);
    sg_liking_done(&l);
    return of;
}

static bool near(float a, float b);

/* Another thread opens models. */
static bool becomes(struct sg_taste_models *m, const char *model, uint64_t song, float of)
{
    for (int i = 0; i < 600 && !near(liking(m, model, SG_SONG, song), of); i++)
        sg_sleep_us(50000);
    return near(liking(m, model, SG_SONG, song), of);
}

static bool near(float a, float b)
{
    return fabsf(a - b) < 0.02f; /* vectors may be kept in fewer bits */
}

START_TEST(what_was_told_counts_without_any_model)
{
    struct sg_liking nobody;
    ck_assert(near(liking(NULL, NULL, SG_SONG, 3), 0.5f));
    ck_assert(near(liking(NULL, "gen-1", SG_SONG, 7), 1));
    ck_assert(near(liking(NULL, NULL, SG_SONG, 4), 0));
    ck_assert(near(liking(NULL, NULL, SG_ARTIST, 11), 0.75f));
    ck_assert(near(liking(NULL, NULL, SG_ALBUM, 11), 0));
    sg_liking_begin(&nobody, NULL, NULL);
    ck_assert(near(sg_liking_of(&nobody, SG_SONG, 7), 0));
    sg_liking_done(&nobody);
}
END_TEST

START_TEST(songs_near_the_searchers_vector_are_liked_while_the_model_is_the_vectors)
{
    const char *dir = test_scratch();
    struct sg_taste_models *m;
    memset(own, 0, sizeof own);
    own[1] = 0.8f;
    own[2] = -0.5f;
    ck_assert_int_eq(sg_taste_models_open(&m, dir, &err), 0);
    ck_assert(near(liking(m, "gen-1", SG_SONG, 2), 0)); /* none is published */
    publish(dir, "gen-1", 0);
    ck_assert(becomes(m, "gen-1", 2, 0.8f));
    ck_assert(near(liking(m, "gen-1", SG_SONG, 10), 0.8f));
    ck_assert(near(liking(m, "gen-1", SG_SONG, 3), 0.5f)); /* told; -0.5 by the vector */
    ck_assert(near(liking(m, "gen-1", SG_SONG, 4), 0));
    ck_assert(near(liking(m, "gen-1", SG_SONG, 4000), 0));
    ck_assert(near(liking(m, "gen-2", SG_SONG, 2), 0));
    publish(dir, "gen-2", 1);
    ck_assert(becomes(m, "gen-2", 1, 0.8f));
    ck_assert(near(liking(m, "gen-1", SG_SONG, 2), 0));
    sg_taste_models_close(m);
}
END_TEST

START_TEST(vectors_of_other_lengths_or_of_no_numbers_are_left_out)
{
    const char *dir = test_scratch();
    struct sg_taste_models *m;
    publish(dir, "gen-1", 0);
    ck_assert_int_eq(sg_taste_models_open(&m, dir, &err), 0);
    memset(own, 0, sizeof own);
    own[1] = 1;
    ck_assert(becomes(m, "gen-1", 2, 1));
    for (int k = 0; k < D; k++)
        own[k] = k % 2 ? INFINITY : NAN;
    float of = liking(m, "gen-1", SG_SONG, 2);
    ck_assert(of >= 0 && of <= 1);
    own[1] = 1;
    taste.vector.n = sizeof own - 4;
    ck_assert(near(liking(m, "gen-1", SG_SONG, 2), 0));
    ck_assert(near(liking(m, "gen-1", SG_SONG, 7), 1));
    taste.vector.n = sizeof own;
    sg_taste_models_close(m);
}
END_TEST

START_TEST(a_model_that_cannot_be_read_leaves_the_one_before)
{
    const char *dir = test_scratch();
    struct sg_taste_models *m;
    char path[256];
    memset(own, 0, sizeof own);
    own[1] = 1;
    publish(dir, "gen-1", 0);
    ck_assert_int_eq(sg_taste_models_open(&m, dir, &err), 0);
    ck_assert(becomes(m, "gen-1", 2, 1));
    snprintf(path, sizeof path, "%s/gen-2", dir);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/gen-2/items.vec", dir);
    FILE *f = fopen(path, "w");
    ck_assert(f && fputs("no vectors at all", f) >= 0 && fclose(f) == 0);
    ck_assert_int_eq(sg_current_publish(dir, "gen-2", &err), 0);
    sg_sleep_us(1400000);
    ck_assert(near(liking(m, "gen-2", SG_SONG, 2), 0));
    ck_assert(near(liking(m, "gen-1", SG_SONG, 2), 1));
    sg_taste_models_close(m);
}
END_TEST

/* Ranks two songs of one title. */
static float score(const struct sg_liking *l, uint64_t id, const char *title, uint64_t plays)
{
    static struct sg_query q;
    static struct sg_reading reading;
    struct sg_weights weights;
    struct sg_ranker ranker;
    struct sg_search_request r;
    float v[SG_FEATURES];
    struct sg_facts f = {
        .id = id, .popularity = plays, .title = sg_str(title), .artists = SG_STR("someone")};
    sg_record_init(&sg_search_request_record, &r);
    r.q = SG_STR("hello ");
    ck_assert_int_eq(sg_query_parse(&q, &r, &err), 0);
    sg_reading_as_typed(&reading, &q);
    sg_weights_default(&weights);
    sg_ranker_init(&ranker, SG_SONG, &weights, 1000000, 2026);
    ranker.reading = &reading;
    ranker.liking = l;
    return sg_rank(&ranker, &f, v);
}

START_TEST(liking_decides_among_equals_and_never_over_better_evidence)
{
    struct sg_liking l;
    taste.model = SG_STR_NONE;
    sg_liking_begin(&l, NULL, &taste);
    ck_assert(score(NULL, 7, "hello", 1000) < score(NULL, 8, "hello", 5000));
    ck_assert(score(&l, 7, "hello", 1000) > score(&l, 8, "hello", 5000));
    ck_assert(score(&l, 7, "hello goodbye", 1000000) < score(&l, 8, "hello", 1));
    sg_liking_done(&l);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("taste");
    TCase *t = tcase_create("taste");
    tcase_add_test(t, what_was_told_counts_without_any_model);
    tcase_add_test(t, songs_near_the_searchers_vector_are_liked_while_the_model_is_the_vectors);
    tcase_add_test(t, vectors_of_other_lengths_or_of_no_numbers_are_left_out);
    tcase_add_test(t, a_model_that_cannot_be_read_leaves_the_one_before);
    tcase_add_test(t, liking_decides_among_equals_and_never_over_better_evidence);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
