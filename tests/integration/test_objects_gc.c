/* test_objects_gc.c - of the objects in a store, those go that no row names, and no others. */
#include "core/buf.h"
#include "core/objects/gc.h"
#include "tests/support/pg.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <utime.h>

#define ASSET "0197a1b2-0000-7000-8000-00000000000"

static struct test_pg *pg;
static struct sg_config config;
static struct sg_objects *o;
static PGconn *db;
static struct sg_error e;

static void setup(void)
{
    sg_config_defaults(&config);
    snprintf(config.objects.url, sizeof config.objects.url, "%s/o", test_scratch());
    ck_assert(!sg_objects_open(&o, &config, &e));
    db = test_pg_connect(pg);
    test_pg_sql(db, "TRUNCATE users, artists, songs, uploads, assets CASCADE");
    test_pg_sql(db, "INSERT INTO users (email, display_name) VALUES ('o@x.y', 'Owner')");
    test_pg_sql(db, "INSERT INTO artists (name) VALUES ('The Owners')");
}

static void teardown(void)
{
    PQfinish(db);
    sg_objects_close(o);
}

/* Two days old. */
static void put(const char *key)
{
    struct sg_object_put *p;
    char path[SG_CONFIG_TEXT + 512];
    struct utimbuf then = {time(NULL) - 2 * 86400, time(NULL) - 2 * 86400};
    ck_assert_msg(!sg_objects_put(o, key, "", NULL, 0, &p, &e), "%s", e.text);
    ck_assert(!sg_object_write(p, SG_STR("12345"), &e));
    ck_assert(!sg_object_commit(p, NULL, &e));
    snprintf(path, sizeof path, "%s/%s", config.objects.url, key);
    ck_assert_int_eq(utime(path, &then), 0);
}

static void add_upload(const char *id, const char *status, const char *object_key)
{
    test_pg_sql(
        db,
        "INSERT INTO uploads (upload_id, artist_id, user_id, status, object_key, bytes) "
        "SELECT '%s', artist_id, users.user_id, '%s', nullif('%s', ''), 5 FROM users, artists",
        id, status, object_key);
}

static void add_asset(char last, const char *path)
{
    test_pg_sql(db,
                "INSERT INTO assets (asset_id, duration_ms, sample_rate, channels, codec, "
                "true_peak, features, fingerprint, fingerprint_terms) "
                "VALUES ('" ASSET "%c', 1000, 48000, 2, 'flac', -1, '{}', '', '{}') "
                "ON CONFLICT DO NOTHING",
                last);
    test_pg_sql(db,
                "INSERT INTO asset_files (asset_id, path, bytes, content_type, sealed, sha256) "
                "VALUES ('" ASSET "%c', '%s', 5, 'audio/mp4', false, sha256(''))",
                last, path);
}

static int note(void *ctx, const char *key, const struct sg_object_info *info, struct sg_error *err)
{
    (void)info, (void)err;
    sg_buf_printf(ctx, "%s ", key);
    return 0;
}

static void expect_left(const char *keys)
{
    struct sg_buf left = {0};
    ck_assert(!sg_objects_list(o, "", NULL, note, &left, &e));
    sg_buf_putc(&left, '\0');
    ck_assert_str_eq(left.p, keys);
    sg_buf_free(&left);
}

static struct sg_gc_report collect(int64_t older_s, bool dry_run)
{
    struct sg_gc_report report;
    struct sg_gc_options how = {.older_s = older_s, .dry_run = dry_run};
    ck_assert_msg(!sg_objects_gc(o, db, &how, &report, &e), "%s", e.text);
    return report;
}

START_TEST(what_a_row_names_stays_and_all_else_goes)
{
    add_upload("upload_named", "ready", "uploads/upload_named/whole");
    add_upload("upload_parts", "refused", "");
    test_pg_sql(db,
                "INSERT INTO upload_parts VALUES ('upload_parts', 0, 5, 'uploads/upload_parts/0')");
    add_upload("upload_going", "receiving", "");
    add_upload("upload_cut", "cancelled", "uploads/upload_cut/whole");
    put("uploads/upload_cut/whole");
    add_asset('1', "f/aac128.mp4");
    put("uploads/upload_named/whole");
    put("uploads/upload_named/older");
    put("uploads/upload_parts/0");
    put("uploads/upload_parts/1");
    put("uploads/upload_going/0");
    put("uploads/upload_gone/0");
    put("audio/" ASSET "1/f/aac128.mp4");
    put("audio/" ASSET "1/f/other.mp4");
    put("audio/" ASSET "2/f/aac128.mp4");
    struct sg_gc_report dry = collect(86400, true);
    ck_assert_int_eq(dry.deleted, 6);
    struct sg_gc_report r = collect(86400, false);
    ck_assert_int_eq(r.seen, 10);
    ck_assert_int_eq(r.kept, 4);
    ck_assert_int_eq(r.deleted, 6);
    ck_assert_int_eq(r.deleted_bytes, 30);
    expect_left("audio/" ASSET "1/f/aac128.mp4 uploads/upload_going/0 uploads/upload_named/whole "
                "uploads/upload_parts/0 ");
    r = collect(86400, false);
    ck_assert_int_eq(r.deleted, 0);
}
END_TEST

START_TEST(what_is_being_made_stays_and_goes_when_its_upload_ends)
{
    add_upload("upload_u", "processing", "");
    test_pg_sql(db, "UPDATE uploads SET asset_id = '" ASSET "3'");
    put("audio/" ASSET "3/f/aac64.mp4");
    ck_assert_int_eq(collect(0, false).deleted, 0);
    test_pg_sql(db, "UPDATE uploads SET status = 'failed', error = 'x'");
    ck_assert_int_eq(collect(0, false).deleted, 1);
    expect_left("");
}
END_TEST

START_TEST(a_recording_goes_when_its_song_was_deleted)
{
    add_asset('3', "f/aac128.mp4");
    put("audio/" ASSET "3/f/aac128.mp4");
    test_pg_sql(db, "UPDATE assets SET created_at = now() - interval '2 days'");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name) VALUES (77, 'A')");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title) VALUES (77, 77, 'S')");
    test_pg_sql(db, "INSERT INTO song_audio VALUES (77, '" ASSET "3')");
    ck_assert_int_eq(collect(86400, false).deleted, 0);
    test_pg_sql(db, "DELETE FROM songs WHERE song_id = 77");
    ck_assert_int_eq(collect(86400, true).deleted, 1);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM assets"), "1");
    ck_assert_int_eq(collect(86400, false).deleted, 1);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM assets"), "0");
    test_pg_sql(db, "DELETE FROM artists WHERE artist_id = 77");
}
END_TEST

START_TEST(what_is_young_is_not_looked_at)
{
    add_upload("upload_u", "ready", "");
    put("uploads/upload_gone/0");
    struct sg_gc_report r = collect(3 * 86400, false);
    ck_assert_int_eq(r.young, 1);
    ck_assert_int_eq(r.deleted, 0);
    expect_left("uploads/upload_gone/0 ");
}
END_TEST

START_TEST(strangers_in_the_store_stay)
{
    add_upload("upload_u", "ready", "");
    put("covers/1");
    put("audio/not-an-asset/x");
    put("audio/README");
    put("uploads/README");
    ck_assert_int_eq(collect(0, false).deleted, 0);
    expect_left("audio/README audio/not-an-asset/x covers/1 uploads/README ");
}
END_TEST

START_TEST(an_empty_database_deletes_nothing)
{
    struct sg_gc_report report;
    struct sg_gc_options how = {.older_s = 0};
    put("uploads/upload_gone/0");
    put("audio/" ASSET "1/f/aac128.mp4");
    ck_assert_int_eq(sg_objects_gc(o, db, &how, &report, &e), SG_ECONFLICT);
    ck_assert_int_eq(report.deleted, 0);
    expect_left("audio/" ASSET "1/f/aac128.mp4 uploads/upload_gone/0 ");
}
END_TEST

START_TEST(more_than_a_batch_goes)
{
    add_upload("upload_u", "ready", "uploads/upload_u/0600");
    put("uploads/upload_u/0000");
    for (int i = 1; i < 1203; i++) { /* as a folder has them, without each being synced */
        char path[SG_CONFIG_TEXT + 64];
        snprintf(path, sizeof path, "%s/uploads/upload_u/%04d", config.objects.url, i);
        FILE *f = fopen(path, "w");
        ck_assert(f && !fclose(f));
    }
    struct sg_gc_report r = collect(0, false);
    ck_assert_int_eq(r.deleted, 1202);
    ck_assert_int_eq(r.kept, 1);
    expect_left("uploads/upload_u/0600 ");
}
END_TEST

int main(void)
{
    pg = test_pg_start_migrated(NULL);
    Suite *s = suite_create("objects_gc");
    TCase *t = tcase_create("gc");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_a_row_names_stays_and_all_else_goes);
    tcase_add_test(t, what_is_being_made_stays_and_goes_when_its_upload_ends);
    tcase_add_test(t, a_recording_goes_when_its_song_was_deleted);
    tcase_add_test(t, what_is_young_is_not_looked_at);
    tcase_add_test(t, strangers_in_the_store_stay);
    tcase_add_test(t, an_empty_database_deletes_nothing);
    tcase_add_test(t, more_than_a_batch_goes);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
