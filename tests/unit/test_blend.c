/* test_blend.c - songs for two: each gets as much as the other, none that either may not be given;
 * the same on one day, others on the next. Judged by the world the model was made from
 * (tests/support/model.h). */
#include "recsys/blend.h"
#include "tests/support/model.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdlib.h>

static struct test_model_shape shape = TEST_MODEL_SMALL;
static struct sg_model *model;
static struct sg_arena arena;
static const int64_t day_us = 86400ll * 1000000;

enum { LIMIT = 50, PLAYS = 60 };

struct listener {
    struct sg_person person;
    struct sg_person_play plays[PLAYS];
    struct sg_person_song songs[PLAYS];
    uint64_t disliked[40], hidden[8];
    struct sg_occasion o;
};

static void setup(void)
{
    model = test_model_open(&shape);
}

static void teardown(void)
{
    sg_models_give(model);
    sg_arena_free(&arena);
}

static int by_song(const void *a, const void *b)
{
    uint64_t x = ((const struct sg_person_song *)a)->song_id,
             y = ((const struct sg_person_song *)b)->song_id;
    return (x > y) - (x < y);
}

/* Of one genre: its songs, the most played first, every one of them several times. */
static void listener_of_genre(struct listener *l, uint64_t user, uint64_t genre, size_t songs)
{
    *l = (struct listener){.person = {.user_id = user, .known = true}};
    for (size_t s = 0; s < shape.songs && l->person.n_songs < songs; s++)
        if (test_genre_of(&shape, s) == genre) {
            size_t n = l->person.n_songs++;
            l->songs[n] = (struct sg_person_song){test_song_id(s), TEST_MODEL_NOW - day_us, 3, 0};
            if (n < SG_PERSON_PLAYS)
                l->plays[l->person.n_plays++] = (struct sg_person_play){
                    test_song_id(s), TEST_MODEL_NOW - day_us - (int64_t)n * 200000000, 180};
        }
    if (l->person.n_songs)
        qsort(l->songs, l->person.n_songs, sizeof *l->songs, by_song);
    l->person.songs = l->songs;
    l->person.plays = l->plays;
    l->o = (struct sg_occasion){.model = model,
                                .person = &l->person,
                                .now_us = TEST_MODEL_NOW,
                                .heard_days = 30,
                                .new_days = 60,
                                .decay_days = 180,
                                .hour = -1,
                                .arena = &arena};
}

static int blend(struct listener *a, struct listener *b, uint64_t day, struct sg_blend_pick *out)
{
    struct sg_error e = SG_ERROR_INIT;
    int n = sg_blend_of(&a->o, &b->o, day, LIMIT, out, &e);
    ck_assert_msg(n >= 0, "%s", e.text);
    for (int i = 0; i < n; i++) {
        ck_assert(out[i].first >= 0 && out[i].first <= 1);
        ck_assert(out[i].second >= 0 && out[i].second <= 1);
        for (int k = 0; k < i; k++)
            ck_assert(out[k].song_id != out[i].song_id);
    }
    return n;
}

static int of_genre(const struct sg_blend_pick *v, int n, uint64_t genre)
{
    int k = 0;
    for (int i = 0; i < n; i++)
        k += test_genre_of(&shape, test_song_of(v[i].song_id)) == genre;
    return k;
}

START_TEST(two_tastes_get_equal_shares)
{
    static struct listener a, b;
    struct sg_blend_pick v[LIMIT];
    listener_of_genre(&a, 901, 1, 40);
    listener_of_genre(&b, 902, 2, 40);
    int n = blend(&a, &b, 1, v);
    ck_assert_int_eq(n, LIMIT);
    float first = 0, second = 0;
    for (int i = 0; i < n; i++) {
        first += v[i].first;
        second += v[i].second;
    }
    ck_assert_msg(first > 0.8f * second && second > 0.8f * first, "%f and %f", (double)first,
                  (double)second);
    ck_assert_int_ge(of_genre(v, n, 1), LIMIT / 4);
    ck_assert_int_ge(of_genre(v, n, 2), LIMIT / 4);
    for (int i = 0; i < n; i++) { /* who likes a genre is said to like its songs */
        uint64_t genre = test_genre_of(&shape, test_song_of(v[i].song_id));
        if (genre == 1 && sg_person_song(&a.person, v[i].song_id))
            ck_assert(v[i].first > v[i].second);
        if (genre == 2 && sg_person_song(&b.person, v[i].song_id))
            ck_assert(v[i].second > v[i].first);
    }
}
END_TEST

/* One who plays five songs beside one who plays forty is not outvoted. */
START_TEST(who_plays_little_is_not_outvoted)
{
    static struct listener a, b;
    struct sg_blend_pick v[LIMIT];
    listener_of_genre(&a, 901, 1, 5);
    listener_of_genre(&b, 902, 2, 40);
    int n = blend(&a, &b, 1, v);
    ck_assert_int_eq(n, LIMIT);
    ck_assert_int_ge(of_genre(v, n, 1), LIMIT / 5);
}
END_TEST

START_TEST(what_either_does_not_want_is_left_out)
{
    static struct listener a, b;
    struct sg_blend_pick v[LIMIT];
    listener_of_genre(&a, 901, 1, 40);
    listener_of_genre(&b, 902, 2, 40);
    ck_assert_int_eq(blend(&a, &b, 1, v), LIMIT);
    for (int i = 0; i < 20; i++)
        b.disliked[i] = v[2 * i].song_id;
    for (int i = 1; i < 20; i++) /* ascending */
        for (int k = i; k && b.disliked[k] < b.disliked[k - 1]; k--) {
            uint64_t x = b.disliked[k];
            b.disliked[k] = b.disliked[k - 1];
            b.disliked[k - 1] = x;
        }
    b.person.lists[SG_PERSON_DISLIKES] = (struct sg_ids){b.disliked, 20};
    a.hidden[0] = test_artist_of(&shape, test_song_of(v[1].song_id));
    a.person.lists[SG_PERSON_HIDDEN] = (struct sg_ids){a.hidden, 1};
    a.o.clean = true;
    b.o.region = sg_region(SG_STR("SE"));
    int n = blend(&a, &b, 1, v);
    ck_assert_int_eq(n, LIMIT);
    for (int i = 0; i < n; i++) {
        size_t s = test_song_of(v[i].song_id);
        ck_assert(!sg_ids_hold(b.person.lists[SG_PERSON_DISLIKES], v[i].song_id));
        ck_assert_uint_ne(test_artist_of(&shape, s), a.hidden[0]);
        ck_assert_uint_ne(s % 7, 3);
        ck_assert_uint_ne(s % 11, 6);
    }
}
END_TEST

START_TEST(a_day_has_its_list)
{
    static struct listener a, b;
    struct sg_blend_pick v[LIMIT], again[LIMIT], tomorrow[LIMIT];
    int same = 0;
    listener_of_genre(&a, 901, 1, 40);
    listener_of_genre(&b, 902, 3, 40);
    int n = blend(&a, &b, 1, v);
    ck_assert_int_eq(blend(&a, &b, 1, again), n);
    ck_assert_int_eq(blend(&a, &b, 2, tomorrow), n);
    for (int i = 0; i < n; i++) {
        ck_assert_uint_eq(v[i].song_id, again[i].song_id);
        for (int k = 0; k < n; k++)
            same += v[i].song_id == tomorrow[k].song_id;
    }
    ck_assert_int_lt(same, n);
}
END_TEST

START_TEST(no_artist_fills_it_and_strangers_get_a_list_too)
{
    static struct listener a, b;
    struct sg_blend_pick v[LIMIT];
    listener_of_genre(&a, 901, 1, 0);
    listener_of_genre(&b, 902, 2, 0);
    for (int known = 0; known < 2; known++) {
        int n = blend(&a, &b, 1, v);
        ck_assert_int_eq(n, LIMIT);
        for (int i = 0; i < n; i++) {
            int of_this = 0;
            for (int k = 0; k < n; k++)
                of_this += test_artist_of(&shape, test_song_of(v[k].song_id)) ==
                           test_artist_of(&shape, test_song_of(v[i].song_id));
            ck_assert_int_le(of_this, SG_BLEND_PER_ARTIST);
        }
        listener_of_genre(&a, 901, 1, 40);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("blend");
    TCase *t = tcase_create("blend");
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, two_tastes_get_equal_shares);
    tcase_add_test(t, who_plays_little_is_not_outvoted);
    tcase_add_test(t, what_either_does_not_want_is_left_out);
    tcase_add_test(t, a_day_has_its_list);
    tcase_add_test(t, no_artist_fills_it_and_strangers_get_a_list_too);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
