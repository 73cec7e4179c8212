/* test_api_keys.c - keys made by segue-data, told over HTTP: the real API, query server and
 * indexer over a real database, which goes away too. */
#include "core/clock.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOON_US 60000000 /* a change of keys is known long before */

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t query, api;
static int port;
static char settings[400];

/* The status; the whole answer in `said`. key NULL: none; "Header: x": that line. */
static char said[65536];

static int get(const char *path, const char *key)
{
    char line[1000];
    snprintf(line, sizeof line, "%s%s\r\n", key && strchr(key, ':') ? "" : "Authorization: Bearer ",
             key ? key : "");
    return test_http(port, "GET", path, key ? line : NULL, NULL, said, sizeof said);
}

static bool tells(const char *text)
{
    return strstr(said, text) != NULL;
}

/* Asks until the status is this, for so long; false: it is another. */
static bool becomes_within(int64_t us, int status, const char *path, const char *key)
{
    int64_t until = sg_now_us() + us;
    int is;
    while ((is = get(path, key)) != status && sg_now_us() < until)
        sg_sleep_us(20000);
    return is == status;
}

static void becomes(int status, const char *path, const char *key)
{
    ck_assert_msg(becomes_within(SOON_US, status, path, key), "not %d: %s", status, said);
}

static void refused(const char *path, const char *key, int status, const char *type)
{
    ck_assert_int_eq(get(path, key), status);
    ck_assert_msg(tells("application/problem+json") && tells(type), "%s", said);
    ck_assert(status != 401 || tells("WWW-Authenticate: Bearer"));
}

/* segue-data key ARGS: its exit code; the first line it prints in out. */
static int key_command(const char *args, char out[200])
{
    char command[600];
    snprintf(command, sizeof command, "%s --config %s key %s 2>/dev/null",
             test_program("segue-data"), x.conf, args);
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    *out = '\0';
    if (fgets(out, 200, f))
        out[strcspn(out, "\n")] = '\0';
    while (fgetc(f) != EOF)
        ;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *create(const char *args)
{
    static char out[8][200];
    static size_t next;
    char *secret = out[next++ % 8], command[300];
    snprintf(command, sizeof command, "create --name test %s", args);
    ck_assert_int_eq(key_command(command, secret), 0);
    ck_assert_uint_eq(strlen(secret), strlen("segue_") + 64);
    return secret;
}

static void revoke_last(void)
{
    char command[60], out[200];
    snprintf(command, sizeof command, "revoke %s",
             test_pg_sql(db, "SELECT max(key_id) FROM api_keys"));
    ck_assert_int_eq(key_command(command, out), 0);
    ck_assert_int_eq(key_command(command, out), 1);
}

static void fill(void)
{
    test_pg_sql(db, "INSERT INTO genres VALUES (1, 'rock')");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name) VALUES (1, 'Singer of the sea')");
    test_pg_sql(db, "INSERT INTO albums (artist_id, album_id, title) VALUES "
                    "(1, 1, 'Album of the sea')");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title, album_id, genre_id, duration_s, "
                    "play_count, explicit) SELECT 1, s, 'Song ' || s || ' of the sea', 1, 1, 180, "
                    "100 - s, s = 2 FROM generate_series(1, 4) s");
    test_pg_sql(db, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) "
                    "SELECT artist_id, song_id, 1, artist_id FROM songs");
    test_pg_sql(db, "INSERT INTO availability VALUES ('song', 3, '{DE,AT}', false)");
}

static void start_api(void)
{
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    for (int i = 0; i < 1200 && get("/metrics", NULL) != 200; i++)
        sg_sleep_us(100000);
}

static void setup_with(const char *more)
{
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    fill();
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\n%s", port, more);
    test_indexer_init(&x, pg, NULL, settings);
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", NULL}), 0);
    query = test_program_spawn(&x, "segue-query", (const char *const[]){"serve", NULL});
    start_api();
    for (int i = 0; i < 1200 && get("/metrics/query", NULL) != 200; i++)
        sg_sleep_us(100000);
}

static void setup(void)
{
    setup_with("");
}

static void setup_required(void)
{
    setup_with("api.require_key = on\napi.keys_stale_s = 3\n");
}

static void stop(pid_t *pid)
{
    if (*pid) {
        kill(*pid, SIGTERM);
        ck_assert_int_eq(test_wait(*pid), 0);
    }
    *pid = 0;
}

static void teardown(void)
{
    stop(&api);
    stop(&query);
    PQfinish(db);
}

#define SEARCH  "/api/v1/search?q=sea&limit=20"
#define SUGGEST "/api/v1/suggest?q=song"

START_TEST(without_a_key_all_is_open_and_a_wrong_one_is_refused)
{
    static const char *const wrong[] = {"segue_0", "X-API-Key: segue_0",
                                        "X-API-Key:", "Authorization: Bearer",
                                        "authorization: bearer  x y"};
    static const char *const paths[] = {SEARCH,
                                        SUGGEST,
                                        "/api/v1/songs/1",
                                        "/api/v1/artists/1",
                                        "/api/v1/albums/1",
                                        "/api/v1/genres",
                                        "/api/v1/songs/1/similar",
                                        "/api/v1/songs/trending",
                                        "/api/v1/recommendations?user_id=1",
                                        "/api/v1/search/trending",
                                        "/api/v1/search/recent?user_id=1"};
    ck_assert_int_eq(get(SEARCH, NULL), 200);
    ck_assert_int_eq(get(SEARCH, "Authorization: Basic YTpi"), 200);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        refused(paths[i], "segue_0", 401, "/problems/unauthorized");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(SEARCH, wrong[i], 401, "/problems/unauthorized");
    ck_assert_int_eq(get("/openapi.json", "segue_0"), 200);
}
END_TEST

START_TEST(a_key_works_until_it_is_revoked_or_expires)
{
    char line[300];
    const char *key = create("");
    becomes(200, SEARCH, key);
    ck_assert(tells("Cache-Control: private"));
    snprintf(line, sizeof line, "X-API-Key: %s", key);
    ck_assert_int_eq(get(SEARCH, line), 200);
    ck_assert_str_eq(test_pg_sql(db,
                                 "SELECT count(*) FROM api_keys k, lever_audit a WHERE "
                                 "k::text || a::text LIKE '%%%s%%'",
                                 key + 6),
                     "0");
    ck_assert_str_eq(
        test_pg_sql(db, "SELECT count(*) FROM api_keys WHERE secret_hash = sha256('%s')", key),
        "1");
    revoke_last();
    becomes(401, SEARCH, key);
    refused(SEARCH, line, 401, "/problems/unauthorized");
    key = create("--expires 2001-01-31");
    sg_sleep_us(1500000);
    refused(SEARCH, key, 401, "/problems/unauthorized");
    bool known = false; /* before it is over: after more time where that was not to be seen */
    for (int seconds = 2; !known && seconds <= 64; seconds *= 2) {
        snprintf(line, sizeof line, "--expires '%s'",
                 test_pg_sql(db, "SELECT now() + interval '%d seconds'", seconds));
        key = create(line);
        known = becomes_within(seconds * INT64_C(1000000), 200, SEARCH, key);
    }
    ck_assert_msg(known, "%s", said);
    becomes(401, SEARCH, key);
    refused(SEARCH, key, 401, "/problems/unauthorized");
}
END_TEST

START_TEST(a_clean_key_knows_no_explicit_song)
{
    const char *key = create("--clean");
    becomes(200, SEARCH, key);
    ck_assert(tells("Song 1 of") && tells("Song 3 of") && !tells("Song 2 of"));
    ck_assert_int_eq(get(SEARCH "&explicit=true", key), 200);
    ck_assert(!tells("Song 2 of"));
    ck_assert_int_eq(get(SUGGEST, key), 200);
    ck_assert(tells("Song 1 of") && !tells("Song 2 of"));
    ck_assert_int_eq(get("/api/v1/songs/2", key), 404);
    ck_assert_int_eq(get("/api/v1/songs/2", NULL), 200);
    ck_assert_int_eq(get("/api/v1/albums/1", key), 200);
    ck_assert(tells("Song 1 of") && !tells("Song 2 of"));
    ck_assert_int_eq(get("/api/v1/artists/1", key), 200);
    ck_assert(tells("Song 1 of") && !tells("Song 2 of"));
}
END_TEST

START_TEST(a_key_of_some_kinds_finds_no_others)
{
    const char *key = create("--kind artist --kind album");
    becomes(200, SEARCH, key);
    ck_assert(tells("\"type\":\"artist\"") && tells("\"type\":\"album\""));
    ck_assert(!tells("\"type\":\"song\""));
    ck_assert_int_eq(get(SEARCH "&type=song,album", key), 200);
    ck_assert(tells("\"type\":\"album\"") && !tells("\"type\":\"song\""));
    refused(SEARCH "&type=song", key, 400, "\"field\":\"type\"");
    ck_assert_int_eq(get(SUGGEST, key), 200);
    ck_assert(!tells("\"type\":\"song\""));
    ck_assert_int_eq(get("/api/v1/songs/1", key), 404);
    ck_assert_int_eq(get("/api/v1/albums/1", key), 200);
    ck_assert(!tells("Song 1 of"));
}
END_TEST

START_TEST(a_key_of_one_market_needs_not_name_it)
{
    const char *key = create("--market US");
    becomes(200, SEARCH, key);
    ck_assert(tells("Song 1 of") && !tells("Song 3 of"));
    ck_assert_int_eq(get(SEARCH "&market=US", key), 200);
    ck_assert(!tells("Song 3 of"));
    ck_assert_int_eq(get("/api/v1/songs/3", key), 404);
    static const char *const others[] = {"DE", "", "us", "US&market=DE"};
    for (size_t i = 0; i < 4; i++) {
        char path[100];
        snprintf(path, sizeof path, "/api/v1/songs/3?market=%s", others[i]);
        refused(path, key, 403, "/problems/forbidden");
    }
    key = create("--market DE --market AT");
    becomes(200, SEARCH "&market=AT", key);
    ck_assert(tells("Song 3 of"));
    refused(SEARCH, key, 400, "\"field\":\"market\"");
    refused(SEARCH "&market=US", key, 403, "/problems/forbidden");
}
END_TEST

START_TEST(wrong_usage_makes_no_key)
{
    static const char *const wrong[] = {
        "",         "create",    "create --name a --market de", "create --name a --kind x",
        "revoke",   "revoke 1x", "create --name a --market",    "list 1",
        "revoke ''"};
    char out[200];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(key_command(wrong[i], out) == 2, "%s", wrong[i]);
    ck_assert_int_eq(key_command("create --name a --expires soon", out), 1);
    ck_assert_int_eq(key_command("revoke 999", out), 1);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM api_keys"), "0");
    create("--kind song");
    ck_assert_int_eq(key_command("list", out), 0);
    ck_assert_msg(strstr(out, "state") && strstr(out, "markets"), "%s", out);
}
END_TEST

START_TEST(keys_can_be_required_and_hold_for_a_while_without_the_database)
{
    const char *key = create("");
    becomes(200, SEARCH, key);
    refused(SEARCH, NULL, 401, "/problems/unauthorized");
    refused(SEARCH, "Authorization: Basic YTpi", 401, "/problems/unauthorized");
    ck_assert_int_eq(get("/openapi.json", NULL), 200);
    bool held = false; /* of which a database that stops slowly takes away, so a few times */
    for (int i = 0; i < 6 && !held; i++) {
        becomes(200, SEARCH, key);
        PQfinish(db);
        test_pg_stop(pg);
        held = get(SEARCH, key) == 200 && get(SEARCH, "segue_0") == 401 && get(SEARCH, key) == 200;
        becomes(503, SEARCH, key);
        if (!held) {
            test_pg_up(pg);
            db = test_pg_connect(pg);
        }
    }
    ck_assert(held);
    refused(SEARCH, key, 503, "/problems/unavailable");
    refused(SEARCH, NULL, 401, "/problems/unauthorized");
    test_pg_up(pg);
    db = test_pg_connect(pg);
    becomes(200, SEARCH, key);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("api_keys");
    TCase *open = tcase_create("open"), *required = tcase_create("required");
    tcase_set_timeout(open, 120);
    tcase_add_unchecked_fixture(open, setup, teardown);
    tcase_add_test(open, wrong_usage_makes_no_key); /* first, while there is none */
    tcase_add_test(open, without_a_key_all_is_open_and_a_wrong_one_is_refused);
    tcase_add_test(open, a_key_works_until_it_is_revoked_or_expires);
    tcase_add_test(open, a_clean_key_knows_no_explicit_song);
    tcase_add_test(open, a_key_of_some_kinds_finds_no_others);
    tcase_add_test(open, a_key_of_one_market_needs_not_name_it);
    suite_add_tcase(s, open);
    tcase_set_timeout(required, 120);
    tcase_add_checked_fixture(required, setup_required, teardown);
    tcase_add_test(required, keys_can_be_required_and_hold_for_a_while_without_the_database);
    suite_add_tcase(s, required);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
