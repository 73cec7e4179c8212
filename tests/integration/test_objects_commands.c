/* test_objects_commands.c - segue-data masterkey and segue-data objects, as an operator runs
 * them. */
#include "core/buf.h"
#include "core/objects/objects.h"
#include "core/vault/vault.h"
#include "data/command.h"
#include "tests/support/pg.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct test_pg *pg;
static struct sg_config config;
static PGconn *db;
static struct sg_error e;

static void setup(void)
{
    sg_config_defaults(&config);
    snprintf(config.pg.dsn, sizeof config.pg.dsn, "%s", pg->dsn);
    snprintf(config.objects.url, sizeof config.objects.url, "%s/o", test_scratch());
    snprintf(config.objects.keys, sizeof config.objects.keys, "%s/master.json", test_scratch());
    db = test_pg_connect(pg);
    test_pg_sql(db, "TRUNCATE users, artists, songs, uploads, assets CASCADE");
    test_pg_sql(db, "INSERT INTO users (email, display_name) VALUES ('o@x.y', 'Owner')");
    test_pg_sql(db, "INSERT INTO artists (name) VALUES ('The Owners')");
}

static void teardown(void)
{
    PQfinish(db);
}

static int masterkey(const char *verb, const char *id)
{
    char *argv[] = {"masterkey", (char *)(uintptr_t)verb, (char *)(uintptr_t)id, NULL};
    return sg_data_masterkey(&config, id ? 3 : 2, argv);
}

static int drop_now(const char *id)
{
    char *argv[] = {"masterkey", "drop", (char *)(uintptr_t)id, "--now", NULL};
    return sg_data_masterkey(&config, 4, argv);
}

static void insert_wrapped(const char *what, int i, const struct sg_buf *wrapped)
{
    size_t n;
    unsigned char *text = PQescapeByteaConn(db, (unsigned char *)wrapped->p, wrapped->n, &n);
    if (!strcmp(what, "uploads"))
        test_pg_sql(db,
                    "INSERT INTO uploads (upload_id, artist_id, user_id, status, bytes, "
                    "content_key) SELECT 'upload_%04d', artist_id, users.user_id, 'ready', 5, '%s' "
                    "FROM users, artists",
                    i, text);
    else
        test_pg_sql(db,
                    "INSERT INTO assets (asset_id, duration_ms, sample_rate, channels, codec, "
                    "true_peak, features, fingerprint, fingerprint_terms, content_key) VALUES "
                    "(gen_random_uuid(), 1000, 48000, 2, 'flac', -1, '{}', '', '{}', '%s')",
                    text);
    PQfreemem(text);
}

static int count_of(const char *table, uint32_t id)
{
    return atoi(test_pg_sql(db,
                            "SELECT count(*) FROM %s WHERE "
                            "substr(content_key, 5, 4) = decode('%08x', 'hex')",
                            table, id));
}

START_TEST(rewrapping_changes_every_key_and_no_content)
{
    enum { N = 450 }; /* more than two batches */
    struct sg_vault *v = NULL;
    unsigned char first_key[32], key[32];
    char id[16];
    ck_assert(!sg_vault_open(&v, &config, &e));
    uint32_t old = sg_vault_current(v);
    for (int i = 0; i < N + 10; i++) {
        struct sg_buf wrapped = {0};
        ck_assert(!sg_vault_new_key(v, i ? key : first_key, &wrapped, &e));
        insert_wrapped(i < N ? "uploads" : "assets", i, &wrapped);
        sg_buf_free(&wrapped);
    }
    test_pg_sql(db, "INSERT INTO uploads (upload_id, artist_id, user_id, status, bytes) SELECT "
                    "'upload_bare', artist_id, users.user_id, 'ready', 5 FROM users, artists");
    snprintf(id, sizeof id, "%u", old);
    ck_assert_int_eq(masterkey("rotate", NULL), 0);
    ck_assert_int_eq(drop_now(id), 1); /* it still wraps */
    ck_assert_int_eq(masterkey("status", NULL), 0);
    ck_assert_int_eq(masterkey("rewrap", NULL), 0);
    ck_assert_int_eq(count_of("uploads", old) + count_of("assets", old), 0);
    ck_assert_int_eq(count_of("uploads", sg_vault_current(v)), N);
    ck_assert_int_eq(count_of("assets", sg_vault_current(v)), 10);
    ck_assert_int_eq(masterkey("drop", id), 1); /* it was current a moment ago */
    ck_assert_int_eq(drop_now(id), 0);
    ck_assert_int_eq(drop_now(id), 1);
    size_t n;
    unsigned char *wrapped =
        PQunescapeBytea((unsigned char *)(uintptr_t)test_pg_sql(
                            db, "SELECT content_key FROM uploads WHERE upload_id = 'upload_0000'"),
                        &n);
    ck_assert(!sg_vault_unwrap(v, (struct sg_str){(char *)wrapped, n}, key, &e));
    ck_assert_mem_eq(key, first_key, 32);
    PQfreemem(wrapped);
    sg_vault_close(v);
}
END_TEST

START_TEST(a_damaged_key_is_named_and_the_others_before_it_stay_rewrapped)
{
    struct sg_vault *v = NULL;
    unsigned char key[32];
    struct sg_buf wrapped = {0};
    ck_assert(!sg_vault_open(&v, &config, &e));
    ck_assert(!sg_vault_new_key(v, key, &wrapped, &e));
    wrapped.p[SG_WRAPPED_BYTES - 1] ^= 1;
    insert_wrapped("uploads", 1, &wrapped);
    ck_assert_int_eq(masterkey("rotate", NULL), 0);
    ck_assert_int_eq(masterkey("rewrap", NULL), 1);
    ck_assert_int_eq(count_of("uploads", sg_vault_wrapped_by(sg_buf_str(&wrapped))), 1);
    sg_buf_free(&wrapped);
    sg_vault_close(v);
}
END_TEST

START_TEST(wrong_usage_is_told_with_2)
{
    char *gc[] = {"objects", "gc", "--older", "soon", NULL};
    char *copy[] = {"objects", "copy", "here", NULL};
    ck_assert_int_eq(masterkey("", NULL), 2);
    ck_assert_int_eq(masterkey("drop", NULL), 2);
    ck_assert_int_eq(masterkey("rewrap", "1"), 2);
    ck_assert_int_eq(sg_data_objects(&config, 4, gc), 2);
    ck_assert_int_eq(sg_data_objects(&config, 3, copy), 2);
}
END_TEST

static void put(struct sg_objects *o, const char *key, const unsigned char *seal, const char *text)
{
    struct sg_object_put *p;
    ck_assert(!sg_objects_put(o, key, "", seal, 0, &p, &e));
    ck_assert(!sg_object_write(p, sg_str(text), &e));
    ck_assert(!sg_object_commit(p, NULL, &e));
}

static int gather(void *ctx, struct sg_str bytes, struct sg_error *err)
{
    (void)err;
    sg_buf_put(ctx, bytes.p, bytes.n);
    return 0;
}

START_TEST(a_store_is_copied_and_what_is_there_already_is_passed_over)
{
    static const unsigned char seal[32] = "thirty-two bytes that are a key";
    struct sg_objects *from = NULL, *to = NULL;
    struct sg_buf got = {0};
    char url[SG_CONFIG_TEXT];
    ck_assert(!sg_objects_open(&from, &config, &e));
    put(from, "audio/x/f/a.mp4", seal, "sound");
    put(from, "uploads/u/1", NULL, "original");
    snprintf(url, sizeof url, "%s.new", config.objects.url);
    char *copy[] = {"objects", "copy", config.objects.url, url, NULL};
    ck_assert_int_eq(sg_data_objects(&config, 4, copy), 0);
    snprintf(config.objects.url, sizeof config.objects.url, "%s", url);
    ck_assert(!sg_objects_open(&to, &config, &e));
    ck_assert(!sg_objects_get(to, "audio/x/f/a.mp4", seal, 0, 0, gather, &got, &e));
    ck_assert(sg_str_eq(sg_buf_str(&got), SG_STR("sound")));
    put(to, "uploads/u/1", NULL, "ORIGINAL"); /* seen again if it were copied again */
    put(from, "uploads/u/2", NULL, "late");
    char from_url[SG_CONFIG_TEXT];
    snprintf(from_url, sizeof from_url, "%.*s", (int)(strlen(url) - 4), url);
    char *again[] = {"objects", "copy", from_url, url, NULL};
    ck_assert_int_eq(sg_data_objects(&config, 4, again), 0);
    sg_buf_reset(&got);
    ck_assert(!sg_objects_get(to, "uploads/u/1", NULL, 0, 0, gather, &got, &e));
    ck_assert(!sg_objects_get(to, "uploads/u/2", NULL, 0, 0, gather, &got, &e));
    ck_assert(sg_str_eq(sg_buf_str(&got), SG_STR("ORIGINALlate")));
    char *status[] = {"objects", "status", NULL};
    ck_assert_int_eq(sg_data_objects(&config, 2, status), 0);
    sg_objects_close(from);
    sg_objects_close(to);
    sg_buf_free(&got);
}
END_TEST

START_TEST(orphans_are_listed_by_a_dry_run_and_deleted_by_the_next)
{
    struct sg_objects *o = NULL;
    struct sg_object_info info;
    char *dry[] = {"objects", "gc", "--older", "0", "--dry-run", NULL};
    char *wet[] = {"objects", "gc", "--older", "0", NULL};
    char *usual[] = {"objects", "gc", NULL};
    test_pg_sql(db, "INSERT INTO uploads (upload_id, artist_id, user_id, status, bytes) SELECT "
                    "'upload_bare', artist_id, users.user_id, 'ready', 5 FROM users, artists");
    ck_assert(!sg_objects_open(&o, &config, &e));
    put(o, "uploads/upload_gone/1", NULL, "x");
    usleep(10000);
    ck_assert_int_eq(sg_data_objects(&config, 5, dry), 0);
    ck_assert_int_eq(sg_data_objects(&config, 2, usual), 0); /* a day */
    ck_assert(!sg_objects_stat(o, "uploads/upload_gone/1", &info, &e));
    ck_assert_int_eq(sg_data_objects(&config, 4, wet), 0);
    ck_assert_int_eq(sg_objects_stat(o, "uploads/upload_gone/1", &info, &e), SG_ENOENT);
    sg_objects_close(o);
}
END_TEST

int main(void)
{
    pg = test_pg_start_migrated(NULL);
    Suite *s = suite_create("objects_commands");
    TCase *t = tcase_create("commands");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, rewrapping_changes_every_key_and_no_content);
    tcase_add_test(t, a_damaged_key_is_named_and_the_others_before_it_stay_rewrapped);
    tcase_add_test(t, wrong_usage_is_told_with_2);
    tcase_add_test(t, a_store_is_copied_and_what_is_there_already_is_passed_over);
    tcase_add_test(t, orphans_are_listed_by_a_dry_run_and_deleted_by_the_next);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
