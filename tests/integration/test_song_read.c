/* test_song_read.c - one song over HTTP from a real PostgreSQL: what is told, to whom, and what
 * happens when something changes or the database is away.
 */
#include "core/clock.h"
#include "schemas/search.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATIENCE_US 120000000

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t api;
static int port;
static char said[1 << 18];
static json_t *body;

static int ask(const char *path, const char *headers)
{
    int status = test_http(port, "GET", path, headers, NULL, said, sizeof said);
    const char *json = strstr(said, "\r\n\r\n");
    json_decref(body);
    body = json ? json_loads(json + 4, 0, NULL) : NULL;
    return status;
}

static int get(const char *path)
{
    return ask(path, NULL);
}

static const char *text_of(const json_t *of, const char *key)
{
    const char *v = json_string_value(json_object_get(of, key));
    return v ? v : "";
}

static const char *text(const char *key)
{
    return text_of(body, key);
}

static json_int_t number(const char *key)
{
    return json_integer_value(json_object_get(body, key));
}

/* The value of a header of what was said last, up to its line's end. */
static const char *header(const char *name)
{
    static char value[256];
    const char *at = strstr(said, name);
    value[0] = '\0';
    if (at)
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at + strlen(name), "\r\n"),
                 at + strlen(name));
    return value;
}

static const char *as(uint64_t user_id, unsigned roles)
{
    char dir[128];
    snprintf(dir, sizeof dir, "%s/var", x.dir);
    return test_authorization(dir, user_id, roles, SG_FREE);
}

/* Asks until it is so, however busy the machine is. */
#define BECOMES(path, what)                                                                        \
    do {                                                                                           \
        int status = get(path);                                                                    \
        for (int i_ = 0; i_ < 12000 && !(what); i_++) {                                            \
            sg_sleep_us(10000);                                                                    \
            status = get(path);                                                                    \
        }                                                                                          \
        ck_assert_msg(what, "%s: %d %.2000s", path, status, said);                                 \
    } while (0)

/* As TEST_PATIENT, but that a frozen database is found away sooner. */
#define PATIENT                                                                                    \
    "api.timeout_ms = 20000\npg.lock_timeout_ms = 20000\npg.statement_timeout_ms = 20000\n"        \
    "pg.away_ms = 4000\n"

static void make_catalogue(void)
{
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) VALUES (5, 'm@x', 'M')");
    test_pg_sql(db, "INSERT INTO genres (genre_id, name) VALUES (1, 'Rock')");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name, user_id) VALUES (1, 'Ann', 5), "
                    "(2, 'B \"Bee\" \u00e9', NULL)");
    test_pg_sql(db, "INSERT INTO albums (artist_id, album_id, title, cover_art_url, release_date) "
                    "VALUES (1, 3, 'Al', '/covers/x.jpg', '2020-02-03'), "
                    "(1, 4, 'Later', NULL, current_date + 30)");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title, album_id, genre_id, duration_s, "
                    "track_no, disc_no, isrc, explicit, play_count, release_date) VALUES "
                    "(1, 7, 'All of it', 3, 1, 200, 2, 1, 'USABC2012345', true, 77, '2019-12-31'), "
                    "(1, 8, 'Bare', NULL, NULL, NULL, NULL, NULL, NULL, false, 0, NULL), "
                    "(1, 9, 'Not yet', 4, NULL, NULL, NULL, NULL, NULL, false, 0, NULL), "
                    "(1, 10, 'Only there', NULL, NULL, NULL, NULL, NULL, NULL, false, 0, NULL), "
                    "(1, 11, 'Not there', NULL, NULL, NULL, NULL, NULL, NULL, false, 0, NULL)");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title) SELECT 1, i, 'Song ' || i "
                    "FROM generate_series(100, 400) i");
    test_pg_sql(db, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id, "
                    "role) VALUES (1, 7, 1, 1, 'main'), (1, 7, 2, 2, 'featured'), "
                    "(1, 7, 3, 1, 'producer')");
    test_pg_sql(db, "INSERT INTO availability (kind, id, markets, excluded) VALUES "
                    "('song', 10, '{SE,NO}', false), ('song', 11, '{US}', true)");
}

static void setup(void)
{
    char settings[400];
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    make_catalogue();
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\n" PATIENT, port);
    test_indexer_init(&x, pg, NULL, settings);
    mkdir(test_path(x.dir, "var"), 0700);
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
}

static void teardown(void)
{
    ck_assert_int_eq(test_stop(api), 0);
    json_decref(body);
    PQfinish(db);
}

static void a_song_is_told_whole(void)
{
    ck_assert_msg(get("/api/v1/songs/7") == 200, "%s", said);
    ck_assert_int_eq(number("song_id"), 7);
    ck_assert_str_eq(text("title"), "All of it");
    ck_assert_str_eq(text("genre"), "Rock");
    ck_assert_str_eq(text("release_date"), "2019-12-31");
    ck_assert_str_eq(text("isrc"), "USABC2012345");
    ck_assert_int_eq(number("year"), 2019);
    ck_assert_int_eq(number("duration"), 200);
    ck_assert_int_eq(number("track_no"), 2);
    ck_assert_int_eq(number("disc_no"), 1);
    ck_assert_int_eq(number("explicit"), 1);
    ck_assert_int_eq(number("play_count"), 77);
    ck_assert_str_eq(text_of(json_object_get(body, "artist"), "name"), "Ann");
    ck_assert_str_eq(text_of(json_object_get(body, "album"), "cover_art_url"), "/covers/x.jpg");
    json_t *credits = json_object_get(body, "credits");
    ck_assert_uint_eq(json_array_size(credits), 3);
    ck_assert_str_eq(text_of(json_array_get(credits, 1), "name"), "B \"Bee\" \u00e9");
    ck_assert_str_eq(text_of(json_array_get(credits, 2), "role"), "producer");
    ck_assert_uint_eq(json_array_size(json_object_get(body, "artists")), 2);
    ck_assert_int_eq(get("/api/v1/songs/8"), 200);
    ck_assert_ptr_null(json_object_get(body, "album"));
    ck_assert_uint_eq(json_array_size(json_object_get(body, "artists")), 1);
    ck_assert_int_eq(get("/api/v1/songs/999"), 404);
    ck_assert_int_eq(get("/api/v1/songs/999"), 404);
    ck_assert_int_eq(get("/api/v1/songs/0"), 400);
    ck_assert_int_eq(get("/api/v1/songs/7?market=%00%00"), 400);
}

static void several_songs_come_in_the_order_asked_for(void)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(get("/api/v1/songs?ids=8,998,9,7,10&market=US") == 200, "%s", said);
        json_t *songs = json_object_get(body, "songs");
        ck_assert_uint_eq(json_array_size(songs), 2);
        ck_assert_str_eq(text_of(json_array_get(songs, 0), "title"), "Bare");
        ck_assert_str_eq(text_of(json_array_get(songs, 1), "title"), "All of it");
    }
}

static void an_unchanged_song_is_not_sent_again(void)
{
    char etag[300];
    ck_assert_int_eq(get("/api/v1/songs/7"), 200);
    snprintf(etag, sizeof etag, "If-None-Match: %s\r\n", header("ETag: "));
    ck_assert_msg(strstr(etag, "\"1-"), "%s", etag);
    ck_assert_int_eq(ask("/api/v1/songs/7", etag), 304);
    ck_assert_int_eq(test_http(port, "HEAD", "/api/v1/songs/7", NULL, NULL, said, sizeof said),
                     200);
}

static void a_song_of_the_future_is_for_its_artist_and_admins(void)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(get("/api/v1/songs/9"), 404);
        ck_assert_int_eq(ask("/api/v1/songs/9", as(6, SG_ROLE_USER | SG_ROLE_ARTIST)), 404);
        ck_assert_int_eq(ask("/api/v1/songs/9", as(5, SG_ROLE_USER | SG_ROLE_ARTIST)), 200);
        ck_assert_int_eq(ask("/api/v1/songs/9", as(6, SG_ROLE_USER | SG_ROLE_ADMIN)), 200);
    }
}

static void markets_hide_songs(void)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(get("/api/v1/songs/10?market=SE"), 200);
        ck_assert_int_eq(get("/api/v1/songs/10?market=US"), 404);
        ck_assert_int_eq(get("/api/v1/songs/10"), 200);
        ck_assert_int_eq(get("/api/v1/songs/11?market=SE"), 200);
        ck_assert_int_eq(get("/api/v1/songs/11?market=US"), 404);
    }
    ck_assert(json_is_true(json_object_get(body, "markets_excluded")) || get("/api/v1/songs/11"));
}

/* A metric's value; -1: there is none. */
static double metric(const char *name)
{
    char line[128];
    get("/metrics");
    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(said, line);
    return at ? atof(at + strlen(line)) : -1;
}

static void await_following(double yes)
{
    int64_t end = sg_now_us() + PATIENCE_US;
    while (metric("segue_cache_following") != yes) {
        ck_assert_int_lt(sg_now_us(), end);
        sg_sleep_us(10000);
    }
}

/* While it follows, what is kept is fresh for an hour: only the tail can bring these. */
static void what_others_write_is_seen(void)
{
    await_following(1);
    ck_assert_int_eq(get("/api/v1/songs/7"), 200);
    test_pg_sql(db, "UPDATE songs SET title = 'Renamed' WHERE song_id = 7");
    BECOMES("/api/v1/songs/7", !strcmp(text("title"), "Renamed"));
    ck_assert_msg(!strncmp(header("ETag: "), "\"2-", 3), "%s", header("ETag: "));
    test_pg_sql(db, "UPDATE artists SET name = 'Anne' WHERE artist_id = 1");
    BECOMES("/api/v1/songs/7", !strcmp(text_of(json_object_get(body, "artist"), "name"), "Anne"));
    test_pg_sql(db, "UPDATE albums SET title = 'All' WHERE album_id = 3");
    BECOMES("/api/v1/songs/7", !strcmp(text_of(json_object_get(body, "album"), "title"), "All"));
    test_pg_sql(db, "UPDATE genres SET name = 'Pop' WHERE genre_id = 1");
    BECOMES("/api/v1/songs/7", !strcmp(text("genre"), "Pop"));
    test_pg_sql(db, "DELETE FROM song_artists WHERE song_id = 7 AND position = 3");
    BECOMES("/api/v1/songs/7", json_array_size(json_object_get(body, "credits")) == 2);
    test_pg_sql(db, "UPDATE availability SET markets = '{US}' WHERE kind = 'song' AND id = 10");
    BECOMES("/api/v1/songs/10?market=US", status == 200);
    ck_assert_int_eq(get("/api/v1/songs/999"), 404);
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title) VALUES (1, 999, 'New')");
    BECOMES("/api/v1/songs/999", status == 200);
    test_pg_sql(db, "DELETE FROM songs WHERE song_id = 999");
    BECOMES("/api/v1/songs/999", status == 404);
    ck_assert(metric("segue_cache_following") == 1);
}

/* While a commit waits for a replica the tail tells of it already, and nobody can read it: who
 * reads just then is not to be taken at her word for an hour. */
static void what_is_told_before_it_can_be_read_is_not_kept_as_it_was(void)
{
    PGconn *waits = test_pg_connect(pg);
    ck_assert_int_eq(get("/api/v1/songs/7"), 200);
    test_pg_commits_wait_for(pg, db, "nobody");
    double changes = metric("segue_cache_changes_total");
    ck_assert_int_eq(PQsendQuery(waits, "UPDATE songs SET title = 'Slow' WHERE song_id = 7"), 1);
    test_pg_await_waiting_commit(db, waits);
    for (int i = 0; i < 50 && metric("segue_cache_changes_total") == changes; i++)
        sg_sleep_us(10000); /* time to be told, and to forget too soon */
    ck_assert_int_eq(get("/api/v1/songs/7"), 200);
    ck_assert_str_ne(text("title"), "Slow");
    test_pg_commits_wait_for(pg, db, "");
    PQclear(PQgetResult(waits));
    BECOMES("/api/v1/songs/7", !strcmp(text("title"), "Slow"));
    ck_assert(metric("segue_cache_following") == 1);
    PQfinish(waits);
}

/* With nobody else there the index cannot help: what was not read before is 503. */
static void without_the_database_what_was_read_goes_on(void)
{
    ck_assert_int_eq(get("/api/v1/songs/8"), 200);
    test_pg_stop(pg);
    BECOMES("/api/v1/songs/150", status == 503);
    ck_assert_str_ne(header("Retry-After: "), "");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(get("/api/v1/songs/8"), 200);
    test_pg_up(pg);
    PQreset(db);
    BECOMES("/api/v1/songs/150", status == 200);
    await_following(1);
    test_pg_sql(db, "UPDATE songs SET title = 'After' WHERE song_id = 8");
    BECOMES("/api/v1/songs/8", !strcmp(text("title"), "After"));
}

/* It is thawed only after the answers. */
static void a_frozen_database_holds_nobody(void)
{
    ck_assert_int_eq(get("/api/v1/songs/170"), 200);
    test_pg_freeze(pg);
    int fresh = get("/api/v1/songs/170"), unknown = get("/api/v1/songs/160");
    BECOMES("/api/v1/songs/161", status == 503);
    test_pg_thaw(pg);
    ck_assert_int_eq(fresh, 200);
    ck_assert_msg(unknown == 503 || unknown == 504, "%d", unknown);
    BECOMES("/api/v1/songs/161", status == 200);
}

/* A second API, and a Redis both share. */

static pid_t second, redis;
static int second_port;

static bool has_redis(void)
{
    return system("redis-server --version >/dev/null 2>&1") == 0; /* NOLINT(cert-env33-c) */
}

static void start_two(void)
{
    char socket[128], number[16];
    snprintf(socket, sizeof socket, "%s/redis", x.dir);
    snprintf(number, sizeof number, "%d", second_port = test_free_port());
    if (has_redis()) {
        redis = test_spawn((const char *const[]){"redis-server", "--port", "0", "--unixsocket",
                                                 socket, "--save", "", NULL},
                           test_path(x.dir, "redis.log"), SIGKILL);
        setenv("SEGUE_API_REDIS", socket, 1);
    } else {
        fprintf(stderr, "SKIPPED: no redis-server, two APIs share nothing but the database\n");
    }
    ck_assert_int_eq(test_stop(api), 0);
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    setenv("SEGUE_API_PORT", number, 1);
    setenv("SEGUE_VAR_DIR", test_path(x.dir, "second"), 1);
    mkdir(test_path(x.dir, "second"), 0700);
    second = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    unsetenv("SEGUE_API_PORT");
    unsetenv("SEGUE_VAR_DIR");
    unsetenv("SEGUE_API_REDIS");
}

static void stop_two(void)
{
    ck_assert_int_eq(test_stop(second), 0);
    if (redis) {
        kill(redis, SIGKILL);
        test_wait(redis);
    }
}

static int ask_second(const char *path, const char *headers)
{
    int first = port;
    port = second_port;
    int status = ask(path, headers);
    port = first;
    return status;
}

static void check_title(int status, int i)
{
    char title[32];
    snprintf(title, sizeof title, "Take %d", i);
    ck_assert_msg(status == 200 && !strcmp(text("title"), title), "%s: %d %.1500s", title, status,
                  said);
}

/* The writer sees it at once: there, and elsewhere with what she was told. Others soon. */
static void who_wrote_reads_it_from_either_api(void)
{
    start_two();
    ck_assert_int_eq(get("/api/v1/songs/7"), 200);
    ck_assert_int_eq(ask_second("/api/v1/songs/7", NULL), 200);
    for (int i = 0; i < 30; i++) {
        char change[64], token[400];
        const char *who = as(5, SG_ROLE_USER | SG_ROLE_ARTIST);
        snprintf(change, sizeof change, "{\"title\":\"Take %d\"}", i);
        char headers[2048];
        snprintf(headers, sizeof headers, "%sContent-Type: application/json\r\n", who);
        int status =
            test_http(port, "PATCH", "/api/v1/songs/7", headers, change, said, sizeof said);
        ck_assert_msg(status == 200, "%d %s", status, said);
        snprintf(token, sizeof token, "Segue-Consistency: %s\r\n", header("Segue-Consistency: "));
        ck_assert_str_ne(header("Segue-Consistency: "), "");
        if (i % 2)
            check_title(get("/api/v1/songs/7"), i);
        check_title(ask_second("/api/v1/songs/7", token), i);
        check_title(get("/api/v1/songs/7"), i);
        check_title(ask_second("/api/v1/songs?ids=7", token) == 200
                        ? ask_second("/api/v1/songs/7", token)
                        : 0,
                    i);
    }
    int64_t end = sg_now_us() + PATIENCE_US;
    while (ask_second("/api/v1/songs/7", NULL) != 200 || strcmp(text("title"), "Take 29") != 0)
        ck_assert_int_lt(sg_now_us(), end);
    stop_two();
}

START_TEST(songs_through_everything_that_happens)
{
    setup();
    a_song_is_told_whole();
    several_songs_come_in_the_order_asked_for();
    an_unchanged_song_is_not_sent_again();
    a_song_of_the_future_is_for_its_artist_and_admins();
    markets_hide_songs();
    what_others_write_is_seen();
    what_is_told_before_it_can_be_read_is_not_kept_as_it_was();
    without_the_database_what_was_read_goes_on();
    a_frozen_database_holds_nobody();
    who_wrote_reads_it_from_either_api();
    teardown();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("song_read");
    TCase *t = tcase_create("all");
    tcase_add_test(t, songs_through_everything_that_happens);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
