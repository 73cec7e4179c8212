/* test_recsys.c - plays to factors, the decayed counters, the table of songs. */
#include "recsys/als.h"
#include "recsys/songs.h"
#include "recsys/trends.h"
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USERS = 120, ITEMS = 60, TASTES = 3 };

/* Users of taste t play the items of taste t; a few stray plays. */
static void tastes(struct sg_interactions *x)
{
    struct sg_interactions_builder *b;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_interactions_begin(&b, &e), 0);
    srand(3);
    for (uint64_t u = 0; u < USERS; u++)
        for (int k = 0; k < 14; k++) {
            uint64_t taste = k ? u % TASTES : (uint64_t)rand() % TASTES;
            uint64_t item = (uint64_t)(rand() % (ITEMS / TASTES)) * TASTES + taste;
            ck_assert_int_eq(sg_interactions_add(b, 1000 + u, 5000 + item, 1, &e), 0);
        }
    ck_assert_int_eq(sg_interactions_finish(b, x, &e), 0);
}

static float dot(const float *a, const float *b, size_t n)
{
    float s = 0;
    for (size_t i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

START_TEST(both_sides_hold_the_same_pairs)
{
    struct sg_interactions x;
    tastes(&x);
    ck_assert_uint_eq(x.users.n, USERS);
    ck_assert_uint_eq(x.items.n, ITEMS);
    for (size_t u = 0; u < x.users.n; u++)
        for (size_t i = x.users.start[u]; i < x.users.start[u + 1]; i++) {
            size_t item = x.users.other[i], k = x.items.start[item];
            while (k < x.items.start[item + 1] && x.items.other[k] != u)
                k++;
            ck_assert(k < x.items.start[item + 1]);
            ck_assert(x.items.weight[k] == x.users.weight[i]);
        }
    for (size_t i = 1; i < x.items.n; i++)
        ck_assert(x.items.id[i - 1] < x.items.id[i]);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(repeated_plays_add_up)
{
    struct sg_interactions_builder *b;
    struct sg_interactions x;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_interactions_begin(&b, &e), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(sg_interactions_add(b, 1, 2, 1, &e), 0);
    ck_assert_int_eq(sg_interactions_finish(b, &x, &e), 0);
    ck_assert_uint_eq(x.n, 1);
    ck_assert(x.users.weight[0] == 5);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(factors_know_who_likes_what)
{
    struct sg_interactions x;
    struct sg_factors f;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_als_options o = SG_ALS_DEFAULTS;
    o.factors = 8;
    tastes(&x);
    ck_assert_int_eq(sg_als_train(&x, &o, &f, &e), 0);
    double own = 0, other = 0;
    for (size_t u = 0; u < USERS; u++)
        for (size_t i = 0; i < ITEMS; i++)
            *(u % TASTES == i % TASTES ? &own : &other) +=
                (double)dot(f.users + u * 8, f.items + i * 8, 8);
    own /= USERS * ITEMS / TASTES;
    other /= USERS * ITEMS * (TASTES - 1) / TASTES;
    ck_assert_msg(own > 4 * fabs(other), "own %f other %f", own, other);
    sg_factors_free(&f);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(the_seed_decides_not_the_threads)
{
    struct sg_interactions x;
    struct sg_factors one, three;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_als_options o = SG_ALS_DEFAULTS;
    o.factors = 16;
    tastes(&x);
    ck_assert_int_eq(sg_als_train(&x, &o, &one, &e), 0);
    o.threads = 3;
    ck_assert_int_eq(sg_als_train(&x, &o, &three, &e), 0);
    ck_assert(memcmp(one.items, three.items, ITEMS * 16 * sizeof(float)) == 0);
    sg_factors_free(&one);
    sg_factors_free(&three);
    sg_interactions_free(&x);
}
END_TEST

START_TEST(nobody_played_anything_gives_no_factors)
{
    struct sg_interactions_builder *b;
    struct sg_interactions x;
    struct sg_factors f;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_als_options o = SG_ALS_DEFAULTS;
    ck_assert_int_eq(sg_interactions_begin(&b, &e), 0);
    ck_assert_int_eq(sg_interactions_finish(b, &x, &e), 0);
    ck_assert_int_eq(sg_als_train(&x, &o, &f, &e), 0);
    sg_factors_free(&f);
    sg_interactions_free(&x);
}
END_TEST

static const int64_t hour = 3600ll * 1000000, start = 1700000000ll * 1000000;

static void play(struct sg_trends *t, uint64_t song, const char *region, int64_t at, int times)
{
    while (times-- > 0)
        ck_assert_int_eq(sg_trends_play(t, song, sg_region(sg_str(region)), at, NULL), 0);
}

START_TEST(a_new_hit_overtakes_an_old_one)
{
    struct sg_trends *t;
    struct sg_trend top[2];
    ck_assert_int_eq(sg_trends_new(&t, 24 * 3600, NULL), 0);
    play(t, 1, "us", start, 100);
    play(t, 2, "us", start + 72 * hour, 20);
    ck_assert_uint_eq(sg_trends_top(t, 0, start + 72 * hour, NULL, NULL, top, 2), 2);
    ck_assert_uint_eq(top[0].song_id, 2);
    ck_assert_double_eq_tol(top[0].plays, 20, 1e-6);
    ck_assert_double_eq_tol(top[1].plays, 12.5, 1e-6);
    sg_trends_free(t);
}
END_TEST

START_TEST(regions_have_charts_of_their_own)
{
    struct sg_trends *t;
    struct sg_trend top[4];
    ck_assert_int_eq(sg_trends_new(&t, 3600, NULL), 0);
    play(t, 1, "us", start, 5);
    play(t, 2, "DE", start, 3);
    play(t, 3, "??", start, 9);
    ck_assert_uint_eq(sg_trends_top(t, sg_region(SG_STR("de")), start, NULL, NULL, top, 4), 1);
    ck_assert_uint_eq(top[0].song_id, 2);
    ck_assert_uint_eq(sg_trends_top(t, 0, start, NULL, NULL, top, 4), 3);
    ck_assert_uint_eq(top[0].song_id, 3);
    sg_trends_free(t);
}
END_TEST

START_TEST(the_order_of_arrival_does_not_matter)
{
    struct sg_trends *a, *b;
    struct sg_trend x[3], y[3];
    ck_assert_int_eq(sg_trends_new(&a, 3600, NULL), 0);
    ck_assert_int_eq(sg_trends_new(&b, 3600, NULL), 0);
    for (int i = 0; i < 3000; i++)
        play(a, (uint64_t)(1 + i % 3), "us", start + i * hour, 1);
    for (int i = 2999; i >= 0; i--)
        play(b, (uint64_t)(1 + i % 3), "us", start + i * hour, 1);
    ck_assert_uint_eq(sg_trends_top(a, 0, start + 3000 * hour, NULL, NULL, x, 3), 3);
    ck_assert_uint_eq(sg_trends_top(b, 0, start + 3000 * hour, NULL, NULL, y, 3), 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(x[i].song_id, y[i].song_id);
        ck_assert_double_eq_tol(x[i].plays, y[i].plays, 1e-9);
    }
    sg_trends_free(a);
    sg_trends_free(b);
}
END_TEST

START_TEST(many_songs_fit_and_the_best_are_found)
{
    struct sg_trends *t;
    struct sg_trend top[10];
    ck_assert_int_eq(sg_trends_new(&t, 3600, NULL), 0);
    for (uint64_t s = 1; s <= 20000; s++)
        play(t, s, "fr", start, s > 19990 ? 3 : 1);
    ck_assert_uint_eq(sg_trends_count(t), 40000);
    ck_assert_uint_eq(sg_trends_top(t, sg_region(SG_STR("FR")), start, NULL, NULL, top, 10), 10);
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(top[i].song_id, 19991 + (uint64_t)i);
    sg_trends_free(t);
}
END_TEST

START_TEST(songs_are_found_by_id_and_by_rank)
{
    char path[] = "/tmp/segue-songs-XXXXXX";
    close(mkstemp(path));
    struct sg_song_row rows[] = {{.song_id = 3, .artist_id = 1, .plays = 10},
                                 {.song_id = 5, .artist_id = 1, .plays = 99},
                                 {.song_id = 9, .artist_id = 2, .plays = 50}};
    struct sg_songs_source source = {.rows = rows, .n = 3};
    struct sg_songs *s;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_songs_write(path, &source, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_songs_open(&s, path, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(sg_songs_find(s, 9)->plays, 50);
    ck_assert_ptr_null(sg_songs_find(s, 4));
    ck_assert_uint_eq(sg_songs_ranked(s, 0)->song_id, 5);
    ck_assert_uint_eq(sg_songs_ranked(s, 2)->song_id, 3);
    ck_assert_ptr_null(sg_songs_ranked(s, 3));
    struct sg_song_rows hers = sg_songs_of_artist(s, 1);
    ck_assert_uint_eq(hers.n, 2);
    ck_assert_uint_eq(sg_songs_row(s, hers.v[0])->song_id, 5);
    ck_assert_uint_eq(sg_songs_of_artist(s, 3).n, 0);
    sg_songs_close(s);
    ck_assert_int_eq(chmod(path, 0600), 0);
    FILE *f = fopen(path, "r+b");
    fseek(f, 20, SEEK_SET);
    int was = fgetc(f);
    fseek(f, 20, SEEK_SET);
    fputc(was ^ 0xee, f);
    fclose(f);
    ck_assert_int_eq(sg_songs_open(&s, path, &e), SG_ECORRUPT);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recsys");
    TCase *t = tcase_create("all");
    tcase_add_test(t, both_sides_hold_the_same_pairs);
    tcase_add_test(t, repeated_plays_add_up);
    tcase_add_test(t, factors_know_who_likes_what);
    tcase_add_test(t, the_seed_decides_not_the_threads);
    tcase_add_test(t, nobody_played_anything_gives_no_factors);
    tcase_add_test(t, a_new_hit_overtakes_an_old_one);
    tcase_add_test(t, regions_have_charts_of_their_own);
    tcase_add_test(t, the_order_of_arrival_does_not_matter);
    tcase_add_test(t, many_songs_fit_and_the_best_are_found);
    tcase_add_test(t, songs_are_found_by_id_and_by_rank);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
