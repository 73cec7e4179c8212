/* test_catalogue_live.c - what is edited over HTTP is found by the search, or no longer, soon
 * after; pages while the database is away. The real API, indexer and query server over a real
 * database. */
#include "core/clock.h"
#include "tests/support/catalogue.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ask catalogue_ask

static pid_t query;
static char path[200];

static const char *at(const char *kind, uint64_t id)
{
    snprintf(path, sizeof path, "/api/v1/%s/%llu", kind, (unsigned long long)id);
    return path;
}

/* Waits until the search for q has the song, or has it no longer. */
static void wait_until(const char *q, uint64_t id, bool there)
{
    char search[200], key[64];
    snprintf(search, sizeof search, "/api/v1/search?type=song&limit=50&q=%s", q);
    snprintf(key, sizeof key, "\"song_id\":%llu,", (unsigned long long)id);
    for (int i = 0; i < 1600; i++) {
        int status = ask(NOBODY, "GET", search, NULL, NULL);
        if (status == 200 && catalogue_says(key) == there)
            return;
        sg_sleep_us(50000);
    }
    ck_abort_msg("%s: song %llu is %s: %s", q, (unsigned long long)id,
                 there ? "not found" : "found", catalogue_said);
}

static void setup(void)
{
    catalogue_start();
    mkdir(test_path(catalogue_x.dir, "var/run"), 0700);
    ck_assert_int_eq(test_indexer_command(&catalogue_x, (const char *const[]){"rebuild", NULL}), 0);
    test_indexer_run(&catalogue_x);
    query = test_program_spawn(&catalogue_x, "segue-query", (const char *const[]){"serve", NULL});
}

static void teardown(void)
{
    test_indexer_kill(&catalogue_x, SIGTERM);
    kill(query, SIGTERM);
    test_wait(query);
    catalogue_stop();
}

START_TEST(edits_reach_the_search)
{
    ck_assert_int_eq(ask(ONE, "POST", "/api/v1/songs", NULL,
                         "{\"artist_id\":1,\"title\":\"Zanzibar Sunrise\",\"duration\":180}"),
                     201);
    uint64_t id = catalogue_number("song_id");
    wait_until("zanzibar", id, true);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), NULL, "{\"title\":\"Madagascar Dawn\"}"),
                     200);
    wait_until("madagascar", id, true);
    wait_until("zanzibar+sunrise", id, false);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), NULL, "{\"aliases\":[\"Quixotica\"]}"),
                     200);
    wait_until("quixotica", id, true);
    test_pg_sql(catalogue_db,
                "UPDATE songs SET cover_art_url = '/covers/own/640.jpg' WHERE song_id "
                "= %llu",
                (unsigned long long)id);
    for (int i = 0; i < 1600 && !catalogue_says("/covers/own/640.jpg"); i++, sg_sleep_us(50000))
        ask(NOBODY, "GET", "/api/v1/search?type=song&q=quixotica", NULL, NULL);
    ck_assert(catalogue_says("\"cover_art_url\":\"/covers/own/640.jpg\""));
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), NULL, "{\"markets\":[\"SE\"]}"), 200);
    wait_until("madagascar&market=NO", id, false);
    wait_until("madagascar&market=SE", id, true);
    ck_assert_int_eq(ask(ONE, "PATCH", "/api/v1/artists/1", NULL, "{\"name\":\"Xylophonia\"}"),
                     200);
    wait_until("xylophonia", id, true);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), NULL, "{\"release_date\":\"2099-01-01\"}"),
                     200);
    wait_until("madagascar", id, false);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), NULL, "{\"release_date\":null}"), 200);
    wait_until("madagascar", id, true);
    ck_assert_int_eq(ask(ONE, "DELETE", at("songs", id), NULL, NULL), 204);
    wait_until("madagascar", id, false);
}
END_TEST

START_TEST(pages_go_on_without_the_database)
{
    ck_assert_int_eq(ask(ONE, "POST", "/api/v1/albums", NULL,
                         "{\"artist_id\":1,\"title\":\"Away\",\"release_date\":\"2001-01-01\"}"),
                     201);
    uint64_t album = catalogue_number("album_id");
    char body[200];
    snprintf(body, sizeof body, "{\"artist_id\":1,\"title\":\"Kazimierz\",\"album_id\":%llu}",
             (unsigned long long)album);
    ck_assert_int_eq(ask(ONE, "POST", "/api/v1/songs", NULL, body), 201);
    wait_until("kazimierz", catalogue_number("song_id"), true);
    test_pg_stop(catalogue_x.pg);
    ck_assert_int_eq(ask(NOBODY, "GET", at("albums", album), NULL, NULL), 200);
    ck_assert(catalogue_says("Kazimierz") && catalogue_says("\"song_count\":1"));
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/artists/1", NULL, NULL), 200);
    ck_assert(catalogue_says("Kazimierz"));
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/genres", NULL, NULL), 200);
    ck_assert(catalogue_says("Rock"));
    ck_assert_int_eq(ask(ONE, "PATCH", "/api/v1/artists/1", NULL, "{\"bio\":\"x\"}"), 503);
    ck_assert(catalogue_says("Retry-After"));
    test_pg_up(catalogue_x.pg);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("catalogue_live");
    TCase *t = tcase_create("catalogue_live");
    tcase_set_timeout(t, 200);
    tcase_add_unchecked_fixture(t, catalogue_database, NULL);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, edits_reach_the_search);
    tcase_add_test(t, pages_go_on_without_the_database);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
