/* test_playlist_search_live.c - public playlists are found by the search soon after they are made,
 * private ones never, and what is made private is found no longer; files whose entries are only
 * names are matched by search. The real API, indexer and query server over a real database. */
#include "core/clock.h"
#include "tests/support/listener.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OWNER = 1, NOBODY = 0 };

static struct test_listeners l;
static pid_t query;

static void setup(void)
{
    test_listeners_start(&l, 3, NULL);
    mkdir(test_path(l.x.dir, "var/run"), 0700);
    ck_assert_int_eq(test_indexer_command(&l.x, (const char *const[]){"rebuild", NULL}), 0);
    test_indexer_run(&l.x);
    query = test_program_spawn(&l.x, "segue-query", (const char *const[]){"serve", NULL});
}

static void teardown(void)
{
    test_indexer_kill(&l.x, SIGTERM);
    test_stop(query);
    test_listeners_stop(&l);
}

static bool found(const char *name)
{
    char key[100];
    snprintf(key, sizeof key, "\"name\":\"%s\"", name);
    int status = test_listener_get(&l, NOBODY, "/api/v1/search?type=playlist&limit=50&q=%s", name);
    return status == 200 && test_listener_said(&l, key) > 0;
}

/* How long it took, in milliseconds. */
static int64_t wait_until(const char *name, bool there)
{
    int64_t from = sg_now_us();
    for (int i = 0; i < 3000; i++) {
        if (found(name) == there)
            return (sg_now_us() - from) / 1000;
        sg_sleep_us(20000);
    }
    ck_abort_msg("%s is %s: %s", name, there ? "not found" : "found", l.said);
    return 0;
}

static long long make(const char *body)
{
    ck_assert_int_eq(test_listener_ask(&l, OWNER, "POST", "/api/v1/playlists", body), 201);
    return atoll(strstr(l.said, "\"playlist_id\":") + strlen("\"playlist_id\":"));
}

static void change(long long id, const char *method, const char *body, int status)
{
    char path[100];
    snprintf(path, sizeof path, "/api/v1/playlists/%lld", id);
    ck_assert_int_eq(test_listener_ask(&l, OWNER, method, path, body), status);
}

START_TEST(public_ones_are_found_and_private_ones_are_not)
{
    make("{\"name\":\"Warmup\",\"is_public\":true}");
    wait_until("Warmup", true); /* the servers are up */
    make("{\"name\":\"Zanzibar\"}");
    long long id = make("{\"name\":\"Xylophonia\",\"is_public\":true}");
    int64_t came = wait_until("Xylophonia", true);
    ck_assert(!found("Zanzibar")); /* made before it, so it would be there by now */
    change(id, "PATCH", "{\"name\":\"Quixotica\"}", 200);
    wait_until("Quixotica", true);
    change(id, "PATCH", "{\"is_public\":false}", 200);
    int64_t went = wait_until("Quixotica", false);
    change(id, "PATCH", "{\"is_public\":true}", 200);
    wait_until("Quixotica", true);
    change(id, "DELETE", NULL, 204);
    wait_until("Quixotica", false);
    id = make("{\"name\":\"Smartonia\",\"is_public\":true,\"rules\":{\"all\":[{\"field\":"
              "\"explicit\",\"op\":\"no\"}]}}");
    wait_until("Smartonia", true);
    printf("found after %lld ms, gone after %lld ms\n", (long long)came, (long long)went);
}
END_TEST

START_TEST(names_in_a_file_are_matched_by_search)
{
    PGresult *r =
        PQexec(l.db, "SELECT s.title, a.name, s.song_id FROM songs s JOIN artists a USING "
                     "(artist_id) ORDER BY s.song_id LIMIT 1");
    ck_assert_int_eq(PQntuples(r), 1);
    char file[1000];
    snprintf(file, sizeof file,
             "#EXTM3U\n#EXTINF:-1,%s - %s (Remastered 2011)\na.mp3\n"
             "#EXTINF:-1,Nobody Known - Nothing Like It\nb.mp3\n",
             PQgetvalue(r, 0, 1), PQgetvalue(r, 0, 0));
    ck_assert_int_eq(test_listener_ask(&l, OWNER, "POST", "/api/v1/playlists/import/m3u8", file),
                     201);
    ck_assert_int_eq(test_listener_said(&l, "\"imported\":1"), 1);
    ck_assert_int_eq(test_listener_said(&l, "\"how\":\"search\""), 1);
    ck_assert_int_eq(test_listener_said(&l, "\"unmatched\":[{\"entry\":2"), 1);
    PQclear(r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("playlist_search_live");
    TCase *t = tcase_create("playlist_search_live");
    tcase_set_timeout(t, 200);
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, public_ones_are_found_and_private_ones_are_not);
    tcase_add_test(t, names_in_a_file_are_matched_by_search);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
