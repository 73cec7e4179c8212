/* test_feedback.c - likes, dislikes and hidden artists over HTTP: kept before the answer, listed,
 * taken back, and refused with the field's name. The real API over a real database. */
#include "core/clock.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t api;
static int port;
static char said[65536];

static int ask(const char *method, const char *path, const char *body)
{
    return test_http(port, method, path, NULL, body ? body : "", said, sizeof said);
}

#define POST(body) ask("POST", "/api/v1/feedback", body)

static void start_api(void)
{
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    test_await_api(port, NULL);
}

static void setup_database(void)
{
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) "
                    "SELECT i, 'u' || i, 'U' FROM generate_series(1, 9) i");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name) VALUES (1, 'A'), (2, 'B')");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title, duration_s) "
                    "SELECT 1 + i %% 2, i, 'S', 200 FROM generate_series(1, 9) i");
    PQfinish(db);
}

static void setup(void)
{
    char settings[100];
    db = test_pg_connect(pg);
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\napi.trust_user_id = on\n", port);
    test_indexer_init(&x, pg, NULL, settings);
    mkdir(test_path(x.dir, "var"), 0700);
    start_api();
}

static void teardown(void)
{
    kill(api, SIGTERM);
    ck_assert_int_eq(test_wait(api), 0);
    PQfinish(db);
}

static const char *rows(int user)
{
    return test_pg_sql(db,
                       "SELECT coalesce(string_agg(verdict || ' ' || target_id, ', ' ORDER BY "
                       "target_kind, target_id), '') FROM feedback WHERE user_id = %d",
                       user);
}

START_TEST(what_is_said_is_kept_listed_replaced_and_taken_back)
{
    ck_assert_int_eq(POST("{\"user_id\":1,\"kind\":\"like\",\"song_id\":3}"), 204);
    ck_assert_str_eq(rows(1), "like 3");
    ck_assert_int_eq(POST("{\"user_id\":1,\"kind\":\"dislike\",\"song_id\":3}"), 204);
    ck_assert_int_eq(POST("{\"user_id\":1,\"kind\":\"not_interested\",\"song_id\":4}"), 204);
    ck_assert_int_eq(POST("{\"user_id\":1,\"kind\":\"hide_artist\",\"artist_id\":2}"), 204);
    ck_assert_str_eq(rows(1), "hide_artist 2, dislike 3, not_interested 4");
    ck_assert_int_eq(ask("GET", "/api/v1/feedback?user_id=1", NULL), 200);
    ck_assert(
        strstr(said, "{\"feedback\":[{\"kind\":\"hide_artist\",\"artist_id\":2,\"given_at\":"));
    ck_assert_int_eq(ask("GET", "/api/v1/feedback?user_id=1&kind=dislike", NULL), 200);
    ck_assert(strstr(said, "\"song_id\":3") && !strstr(said, "\"song_id\":4"));
    ck_assert_int_eq(ask("GET", "/api/v1/feedback?user_id=1&limit=1&offset=2", NULL), 200);
    ck_assert(strstr(said, "\"song_id\":3") && !strstr(said, "\"song_id\":4"));
    ck_assert_int_eq(POST("{\"user_id\":1,\"kind\":\"undo\",\"artist_id\":2}"), 204);
    ck_assert_int_eq(POST("{\"user_id\":1,\"kind\":\"undo\",\"artist_id\":2}"), 204);
    ck_assert_str_eq(rows(1), "dislike 3, not_interested 4");
    ck_assert_int_eq(ask("DELETE", "/api/v1/feedback?user_id=1&song_id=3", NULL), 204);
    ck_assert_str_eq(rows(1), "not_interested 4");
    ck_assert_int_eq(POST("{\"user_id\":2,\"kind\":\"like\",\"song_id\":4}"), 204);
    ck_assert_int_eq(ask("DELETE", "/api/v1/feedback?user_id=1", NULL), 204);
    ck_assert_str_eq(rows(1), "");
    ck_assert_str_eq(rows(2), "like 4");
}
END_TEST

START_TEST(repeating_it_changes_nothing)
{
    char first[64];
    ck_assert_int_eq(POST("{\"user_id\":3,\"kind\":\"like\",\"song_id\":3}"), 204);
    snprintf(first, sizeof first, "%s",
             test_pg_sql(db, "SELECT created_at FROM feedback WHERE user_id = 3"));
    ck_assert_int_eq(POST("{\"user_id\":3,\"kind\":\"like\",\"song_id\":3}"), 204);
    ck_assert_str_eq(test_pg_sql(db, "SELECT created_at FROM feedback WHERE user_id = 3"), first);
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
    static const struct {
        const char *body, *field;
        int status;
    } cases[] = {
        {"{\"kind\":\"like\",\"song_id\":3}", NULL, 401},
        {"{\"user_id\":0,\"kind\":\"like\",\"song_id\":3}", "user_id", 400},
        {"{\"user_id\":\"4\",\"kind\":\"like\",\"song_id\":3}", "user_id", 400},
        {"{\"user_id\":9223372036854775807,\"kind\":\"like\",\"song_id\":3}", "user_id", 400},
        {"{\"user_id\":4,\"song_id\":3}", "kind", 400},
        {"{\"user_id\":4,\"kind\":\"love\",\"song_id\":3}", "kind", 400},
        {"{\"user_id\":4,\"kind\":\"like'; DROP\",\"song_id\":3}", "kind", 400},
        {"{\"user_id\":4,\"kind\":\"like\"}", "song_id", 400},
        {"{\"user_id\":4,\"kind\":\"undo\"}", "song_id", 400},
        {"{\"user_id\":4,\"kind\":\"hide_artist\"}", "artist_id", 400},
        {"{\"user_id\":4,\"kind\":\"hide_artist\",\"song_id\":3}", "song_id", 400},
        {"{\"user_id\":4,\"kind\":\"like\",\"artist_id\":1}", "artist_id", 400},
        {"{\"user_id\":4,\"kind\":\"undo\",\"artist_id\":1,\"song_id\":3}", "artist_id", 400},
        {"{\"user_id\":4,\"kind\":\"like\",\"song_id\":-3}", "song_id", 400},
        {"{\"user_id\":4,\"kind\":\"like\",\"song_id\":99}", NULL, 404},
        {"{\"user_id\":4,\"kind\":\"hide_artist\",\"artist_id\":99}", NULL, 404},
        {"{\"user_id\":4,", NULL, 400},
        {"", NULL, 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char field[64];
        ck_assert_int_eq(POST(cases[i].body), cases[i].status);
        ck_assert(strstr(said, "application/problem+json"));
        snprintf(field, sizeof field, "\"field\":\"%s\"", cases[i].field ? cases[i].field : "");
        ck_assert_msg(!cases[i].field || strstr(said, field), "%s: %s", cases[i].body, said);
    }
    ck_assert_int_eq(ask("GET", "/api/v1/feedback", NULL), 400);
    ck_assert_int_eq(ask("GET", "/api/v1/feedback?user_id=4&kind=undo", NULL), 400);
    ck_assert_int_eq(ask("GET", "/api/v1/feedback?user_id=4&limit=101", NULL), 400);
    ck_assert_int_eq(ask("DELETE", "/api/v1/feedback?song_id=3", NULL), 400);
    ck_assert_int_eq(ask("DELETE", "/api/v1/feedback?user_id=4&song_id=3&artist_id=1", NULL), 400);
    ck_assert_str_eq(rows(4), "");
}
END_TEST

START_TEST(what_was_answered_outlives_kills_and_the_rest_is_told)
{
    ck_assert_int_eq(POST("{\"user_id\":5,\"kind\":\"like\",\"song_id\":3}"), 204);
    kill(api, SIGKILL);
    test_wait(api);
    test_pg_crash(pg);
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    ck_assert_int_eq(POST("{\"user_id\":5,\"kind\":\"like\",\"song_id\":4}"), 503);
    ck_assert(strstr(said, "Retry-After"));
    test_pg_up(pg);
    PQfinish(db);
    db = test_pg_connect(pg);
    ck_assert_str_eq(rows(5), "like 3");
    int status; /* until the API has seen it there again */
    for (int i = 0; i < 6000; i++) {
        status = POST("{\"user_id\":5,\"kind\":\"like\",\"song_id\":4}");
        if (status != 503)
            break;
        sg_sleep_us(10000);
    }
    ck_assert_int_eq(status, 204);
    ck_assert_str_eq(rows(5), "like 3, like 4");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("feedback");
    TCase *t = tcase_create("feedback");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, setup_database, NULL);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_said_is_kept_listed_replaced_and_taken_back);
    tcase_add_test(t, repeating_it_changes_nothing);
    tcase_add_test(t, what_is_wrong_is_named);
    tcase_add_test(t, what_was_answered_outlives_kills_and_the_rest_is_told);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
