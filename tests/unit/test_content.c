/* test_content.c - songs' vectors of what is said of them and of how they sound. */
#include "recsys/content.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last two came after the index was built: nothing is said of them. */
enum { DESCRIBED = 200, SONGS = DESCRIBED + 2, NEAR = 12, KINDS = 5 };

static struct sg_error e;
static float sound[SONGS * SG_CONTENT_SOUND];
static uint32_t song_of[DESCRIBED + 1];

static void train(const char *path)
{
    struct sg_meaning_trainer *t;
    struct sg_meaning_options o = {.dimensions = 16, .seed = 1};
    ck_assert_int_eq(sg_meaning_trainer_open(&t, &o, &e), 0);
    song_of[0] = UINT32_MAX;
    for (uint32_t i = 0; i < DESCRIBED; i++) {
        char title[32], artist[32];
        snprintf(title, sizeof title, "tune %u", i % 40);
        snprintf(artist, sizeof artist, "artist %u", i % 20);
        struct sg_facts f = {.id = i + 1, .title = sg_str(title), .artists = sg_str(artist)};
        ck_assert_int_eq(sg_meaning_add_song(t, &f, SG_STR_NONE, &e), 0);
        song_of[i + 1] = i;
    }
    ck_assert_msg(sg_meaning_train(t, path, &e) == 0, "%s", e.text);
    sg_meaning_trainer_free(t);
}

/* One of KINDS, a little different in each song. */
static void make_sound(size_t song, unsigned kind)
{
    float *v = sound + song * SG_CONTENT_SOUND;
    for (size_t i = 0; i < SG_CONTENT_SOUND; i++)
        v[i] = cosf((float)((kind + 1) * (i + 1))) + 0.05f * sinf((float)(song * 13 + i * 7 + 1));
}

static struct sg_content *write_and_open(bool heard)
{
    struct sg_meaning_model *m;
    struct sg_content *c;
    char index[512], path[512];
    snprintf(index, sizeof index, "%s", test_path(test_scratch(), "meaning.seg"));
    snprintf(path, sizeof path, "%s", test_path(test_scratch(), "content.seg"));
    train(index);
    ck_assert_int_eq(sg_meaning_open(&m, index, &e), 0);
    struct sg_content_source s = {.meaning = m,
                                  .song_of = song_of,
                                  .docs = DESCRIBED + 1,
                                  .songs = SONGS,
                                  .sound = heard ? sound : NULL};
    ck_assert_msg(sg_content_write(path, &s, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_content_open(&c, path, &e) == 0, "%s", e.text);
    sg_meaning_close(m);
    return c;
}

/* Nearest to the song; it is the first of them itself. */
static size_t near_to(const struct sg_content *c, uint32_t song, struct sg_akin *out)
{
    float v[128] = {0};
    return sg_content_add(c, song, 1, v) ? sg_content_near(c, v, NEAR, 256, out) : 0;
}

START_TEST(a_song_of_which_nothing_is_said_is_near_to_those_that_it_sounds_like)
{
    struct sg_akin near[NEAR];
    memset(sound, 0, sizeof sound);
    for (size_t i = 0; i < DESCRIBED; i++)
        make_sound(i, (unsigned)i % KINDS);
    make_sound(DESCRIBED, 3);
    struct sg_content *c = write_and_open(true);
    ck_assert_uint_eq(sg_content_dimensions(c), 16 + SG_CONTENT_SOUND);
    ck_assert_uint_eq(near_to(c, DESCRIBED, near), NEAR);
    ck_assert_uint_eq(near[0].doc, DESCRIBED);
    for (size_t i = 1; i < NEAR; i++)
        ck_assert_msg(near[i].doc % KINDS == 3, "song %u", near[i].doc);
    /* and they to it: it is reached */
    ck_assert(sg_content_add(c, DESCRIBED, 1, (float[128]){0}));
    ck_assert(!sg_content_add(c, DESCRIBED + 1, 1, (float[128]){0})); /* nothing is known of it */
    sg_content_close(c);
}
END_TEST

START_TEST(of_songs_described_alike_those_that_sound_alike_are_nearest)
{
    struct sg_akin near[NEAR];
    memset(sound, 0, sizeof sound);
    for (size_t i = 0; i < DESCRIBED; i++)
        make_sound(i, (unsigned)(i / 40) % 2); /* six of each artist, and four */
    struct sg_content *c = write_and_open(true);
    ck_assert_uint_eq(near_to(c, 7, near), NEAR);
    ck_assert_uint_eq(near[0].doc, 7);
    for (size_t i = 1; i < 10; i++) {
        ck_assert_msg(near[i].doc % 20 == 7, "song %u", near[i].doc);
        ck_assert_msg(near[i].doc / 40 % 2 == (i >= 6), "song %u", near[i].doc);
    }
    sg_content_close(c);
}
END_TEST

START_TEST(without_recordings_vectors_are_descriptions)
{
    memset(sound, 0, sizeof sound);
    struct sg_content *said = write_and_open(false), *heard = write_and_open(true);
    ck_assert_uint_eq(sg_content_dimensions(said), 16);
    ck_assert_uint_eq(sg_content_dimensions(heard), 16);
    for (uint32_t i = 0; i < DESCRIBED; i++) {
        float a[16] = {0}, b[16] = {0};
        ck_assert(sg_content_add(said, i, 1, a) && sg_content_add(heard, i, 1, b));
        ck_assert_mem_eq(a, b, sizeof a);
    }
    sg_content_close(said);
    sg_content_close(heard);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("content");
    TCase *c = tcase_create("content");
    tcase_add_test(c, a_song_of_which_nothing_is_said_is_near_to_those_that_it_sounds_like);
    tcase_add_test(c, of_songs_described_alike_those_that_sound_alike_are_nearest);
    tcase_add_test(c, without_recordings_vectors_are_descriptions);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
