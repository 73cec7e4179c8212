/* test_demo_audio.c - every song of a demo catalogue gets sound that is in the store. */
#include "core/buf.h"
#include "core/objects/objects.h"
#include "data/generate/sound.h"
#include "tests/support/pg.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_error err;
static struct test_pg *pg;

static void configure(struct sg_config *c)
{
    const char *dir = test_scratch();
    struct sg_buf text = {0};
    ck_assert_msg(!sg_config_load(c, NULL, &err), "%s", err.text);
    sg_buf_printf(&text, "var_dir = %s\nobjects.url = %s/objects\nobjects.keys = %s/keys\n", dir,
                  dir, dir);
    ck_assert_msg(!sg_config_parse(c, "test", sg_buf_str(&text), &err), "%s", err.text);
    sg_buf_free(&text);
}

static int count_object(void *ctx, const char *key, const struct sg_object_info *info,
                        struct sg_error *e)
{
    (void)key, (void)info, (void)e;
    ++*(int *)ctx;
    return 0;
}

START_TEST(every_song_has_sound_and_none_is_made_twice)
{
    struct sg_config config;
    struct sg_progress progress;
    struct sg_objects *objects = NULL;
    char program[512];
    uint64_t songs = 0;
    int stored = 0;
    PGconn *c = test_pg_connect(pg);
    configure(&config);
    snprintf(program, sizeof program, "%s/segue-audio", getenv("SEGUE_BIN"));
    test_pg_sql(c, "INSERT INTO genres (genre_id, name) SELECT g, 'genre ' || g "
                   "FROM generate_series(1, 5) g ON CONFLICT DO NOTHING");
    test_pg_sql(c, "INSERT INTO artists (artist_id, name) VALUES (1, 'A')");
    test_pg_sql(c, "INSERT INTO songs (artist_id, song_id, title, genre_id) SELECT 1, s, 'Song', "
                   "(SELECT genre_id FROM genres ORDER BY 1 OFFSET s %% 5 LIMIT 1) "
                   "FROM generate_series(1, 200) s");
    struct sg_sound_options o = {
        .config = &config, .program = program, .seed = 3, .recordings = 3, .threads = 2};
    sg_progress_init(&progress, false);
    ck_assert_msg(!sg_generate_sound(c, &o, &progress, &songs, &err), "%s", err.text);
    ck_assert_uint_eq(songs, 200);
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(DISTINCT asset_id) FROM song_audio"), "3");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM assets WHERE tempo > 60 AND musical_key "
                                    "IS NOT NULL AND cardinality(features) = 48 AND duration_ms "
                                    "BETWEEN 7900 AND 15000"),
                     "3");
    ck_assert_int_eq(sg_objects_open(&objects, &config, &err), 0);
    ck_assert_int_eq(sg_objects_list(objects, "audio/", NULL, count_object, &stored, &err), 0);
    ck_assert_int_eq(stored, atoi(test_pg_sql(c, "SELECT count(*) FROM asset_files")));
    ck_assert_int_gt(stored, 3 * 8);
    sg_objects_close(objects);
    ck_assert_int_eq(sg_generate_sound(c, &o, &progress, &songs, &err), 0);
    ck_assert_uint_eq(songs, 0);
    PQfinish(c);
}
END_TEST

static Suite *demo_audio_suite(void)
{
    Suite *s = suite_create("demo_audio");
    TCase *t = tcase_create("demo_audio");
    tcase_add_test(t, every_song_has_sound_and_none_is_made_twice);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    pg = test_pg_start_migrated(NULL);
    SRunner *r = srunner_create(demo_audio_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
