/* test_meaning.c - what words mean, trained on a small made-up catalogue. */
#include "core/map.h"
#include "index/meaning.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { SONGS = 400, HALF = SONGS / 2 };

/* Even songs are by quiet artists, odd ones by loud ones; playlists say which. */
static void train(const char *path, uint64_t seed)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_meaning_trainer *t;
    struct sg_meaning_options o = {.dimensions = 16, .seed = seed};
    uint32_t quiet[HALF], loud[HALF];
    ck_assert_int_eq(sg_meaning_trainer_open(&t, &o, &e), 0);
    for (uint32_t i = 0; i < SONGS; i++) {
        char title[64], artist[64];
        snprintf(title, sizeof title, "tune %u", i);
        snprintf(artist, sizeof artist, "%s %u", i % 2 ? "loud" : "quiet", i % 20);
        struct sg_facts f = {.id = i + 1, .title = sg_str(title), .artists = sg_str(artist)};
        ck_assert_int_eq(sg_meaning_add_song(t, &f, SG_STR_NONE, &e), 0);
        (i % 2 ? loud : quiet)[i / 2] = i + 1;
    }
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(
            sg_meaning_add_context(t, SG_STR("sad rainy evening"), quiet + i * 10, 20, &e), 0);
        ck_assert_int_eq(sg_meaning_add_context(t, SG_STR("workout power"), loud + i * 10, 20, &e),
                         0);
    }
    ck_assert_msg(sg_meaning_train(t, path, &e) == 0, "%s", e.text);
    sg_meaning_trainer_free(t);
}

START_TEST(a_word_of_playlists_finds_songs_like_those_in_them)
{
    const char *path = test_path(test_scratch(), "m.seg");
    struct sg_meaning_model *m;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_meaning_sense sense;
    struct sg_akin near[20];
    train(path, 1);
    ck_assert_msg(sg_meaning_open(&m, path, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(sg_meaning_songs(m), SONGS);
    ck_assert(sg_meaning_of_words(m, (struct sg_str[]){SG_STR("sad")}, 1, &sense));
    ck_assert(sense.known == 1 && sense.describing > 0.9f);
    size_t n = sg_meaning_near(m, sense.v, 20, 0, near);
    ck_assert_uint_eq(n, 20);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(near[i].doc % 2 == 1, "song %u", near[i].doc); /* docid of an even song */
    sg_meaning_close(m);
}
END_TEST

START_TEST(a_new_song_is_placed_by_its_artist)
{
    const char *path = test_path(test_scratch(), "m.seg");
    struct sg_meaning_model *m;
    struct sg_meaning_sense sense;
    int8_t quiet[SG_MEANING_DIMENSIONS_MAX], loud[SG_MEANING_DIMENSIONS_MAX];
    train(path, 1);
    ck_assert_int_eq(sg_meaning_open(&m, path, NULL), 0);
    struct sg_facts a = {.title = SG_STR("new"), .artists = SG_STR("quiet 4")};
    struct sg_facts b = {.title = SG_STR("new"), .artists = SG_STR("loud 5")};
    ck_assert(sg_meaning_of_song(m, &a, quiet) && sg_meaning_of_song(m, &b, loud));
    ck_assert(sg_meaning_of_words(m, (struct sg_str[]){SG_STR("rainy")}, 1, &sense));
    ck_assert(sg_meaning_cosine(m, sense.v, quiet) > sg_meaning_cosine(m, sense.v, loud));
    /* Letters stand in for an unknown inflection. */
    ck_assert(sg_meaning_of_words(m, (struct sg_str[]){SG_STR("workouts")}, 1, &sense));
    ck_assert(sense.known == 0 && sense.describing == 0);
    sg_meaning_close(m);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_file_and_damage_is_refused)
{
    const char *dir = test_scratch(), *one = test_path(dir, "1.seg"),
               *two = test_path(dir, "2.seg");
    struct sg_map a, b;
    struct sg_meaning_model *m;
    train(one, 7);
    train(two, 7);
    ck_assert_int_eq(sg_map_open(&a, one, 1, NULL), 0);
    ck_assert_int_eq(sg_map_open(&b, two, 1, NULL), 0);
    ck_assert(a.n == b.n && !memcmp(a.p, b.p, a.n));
    char *bytes = malloc(a.n);
    memcpy(bytes, a.p, a.n);
    ck_assert_int_eq(sg_meaning_parse(&m, (struct sg_str){bytes, a.n - 1}, NULL), SG_ECORRUPT);
    bytes[9] ^= 1;
    ck_assert_int_eq(sg_meaning_parse(&m, (struct sg_str){bytes, a.n}, NULL), SG_ECORRUPT);
    free(bytes);
    sg_map_close(&a);
    sg_map_close(&b);
}
END_TEST

START_TEST(songs_may_have_vectors_from_elsewhere)
{
    enum { D = 48 };
    const char *path = test_path(test_scratch(), "m.seg");
    struct sg_meaning_trainer *t;
    struct sg_meaning_options o = {.dimensions = 16, .seed = 1};
    struct sg_meaning_model *m;
    struct sg_meaning_sense sense;
    struct sg_akin near[3];
    static int8_t placed[SONGS * D];
    float query[D] = {0};
    ck_assert_int_eq(sg_meaning_trainer_open(&t, &o, NULL), 0);
    for (uint32_t i = 0; i < SONGS; i++) {
        struct sg_facts f = {.id = i + 1, .title = SG_STR("tune"), .artists = SG_STR("them")};
        ck_assert_int_eq(sg_meaning_add_song(t, &f, SG_STR_NONE, NULL), 0);
        query[i % D] = 1;
        query[(i / D + i + 1) % D] = 0.5f;
        ck_assert(sg_meaning_quantise(query, D, placed + i * D));
        memset(query, 0, sizeof query);
    }
    ck_assert_int_eq(sg_meaning_place(t, placed, 40, 9, NULL), SG_EINVAL);
    ck_assert_int_eq(sg_meaning_place(t, placed, D, 0, NULL), SG_EINVAL);
    ck_assert_int_eq(sg_meaning_place(t, placed, D, 9, NULL), 0);
    ck_assert_int_eq(sg_meaning_train(t, path, NULL), 0);
    sg_meaning_trainer_free(t);
    ck_assert_int_eq(sg_meaning_open(&m, path, NULL), 0);
    ck_assert(sg_meaning_source(m) == 9 && sg_meaning_song_dimensions(m) == D);
    ck_assert_uint_eq(sg_meaning_songs(m), SONGS);
    ck_assert(sg_meaning_of_words(m, (struct sg_str[]){SG_STR("tune")}, 1, &sense));
    query[7] = 1;
    query[9] = 0.5f; /* song 55: 55 % 48 and (1 + 55 + 1) % 48 */
    ck_assert_uint_eq(sg_meaning_near(m, query, 3, 100, near), 3);
    ck_assert(near[0].doc == 56 && near[0].cosine > 0.99f);
    sg_meaning_close(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("meaning");
    TCase *t = tcase_create("trained");
    tcase_add_test(t, a_word_of_playlists_finds_songs_like_those_in_them);
    tcase_add_test(t, a_new_song_is_placed_by_its_artist);
    tcase_add_test(t, the_same_seed_gives_the_same_file_and_damage_is_refused);
    tcase_add_test(t, songs_may_have_vectors_from_elsewhere);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
