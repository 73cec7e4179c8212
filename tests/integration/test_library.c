/* test_library.c - likes and saved albums over HTTP: one truth with feedback, pages by cursor,
 * nobody's but one's own. The real API over a real database. */
#include "tests/support/account.h"
#include "tests/support/listener.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test_listeners l;

#define ASK(user, method, path) test_listener_ask(&l, user, method, path, NULL)
#define GET(user, ...)          test_listener_get(&l, user, __VA_ARGS__)
#define SAID(text)              test_listener_said(&l, text)

static void setup(void)
{
    test_listeners_start(&l, 9, NULL);
}

static void teardown(void)
{
    test_listeners_stop(&l);
}

START_TEST(a_like_is_feedback_and_feedback_is_a_like)
{
    test_pg_sql(l.db, "UPDATE songs SET cover_art_url = '/covers/own/640.jpg' WHERE song_id = 3");
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/library/songs/3"), 204);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT string_agg(verdict || target_id, ' ') FROM feedback "
                                       "WHERE user_id = 1"),
                     "like3");
    ck_assert_int_eq(GET(1, "/api/v1/me/library/songs/3"), 200);
    ck_assert(SAID("\"title\":\"Song 3\"") && SAID("\"added_at\":\"20"));
    ck_assert(SAID("\"artist\":{\"artist_id\":1,\"name\":\"Artist 1\"}"));
    ck_assert(SAID("\"cover_art_url\":\"/covers/own/640.jpg\""));
    ck_assert_int_eq(
        test_listener_ask(&l, 1, "POST", "/api/v1/feedback", "{\"kind\":\"like\",\"song_id\":4}"),
        204);
    ck_assert_int_eq(GET(1, "/api/v1/me/library/songs"), 200);
    ck_assert(SAID("\"total\":2") && SAID("\"added_at\"") == 2);
    ck_assert(strstr(l.said, "\"Song 4\"") < strstr(l.said, "\"Song 3\""));
    ck_assert_int_eq(GET(1, "/api/v1/me/library/songs/contains?ids=4,5,3"), 200);
    ck_assert(SAID("[{\"id\":4,\"saved\":true},{\"id\":5,\"saved\":false},"
                   "{\"id\":3,\"saved\":true}]"));
    ck_assert_int_eq(test_listener_ask(&l, 1, "POST", "/api/v1/feedback",
                                       "{\"kind\":\"dislike\",\"song_id\":4}"),
                     204);
    ck_assert_int_eq(GET(1, "/api/v1/me/library/songs/4"), 404);
    ck_assert_int_eq(ASK(1, "DELETE", "/api/v1/me/library/songs/4"), 204);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT verdict FROM feedback WHERE user_id = 1 AND "
                                       "target_id = 4"),
                     "dislike");
    ck_assert_int_eq(ASK(1, "DELETE", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(ASK(1, "DELETE", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(GET(1, "/api/v1/me/library/songs"), 200);
    ck_assert(SAID("\"items\":[]") && SAID("\"total\":0"));
}
END_TEST

START_TEST(albums_are_saved_and_removed)
{
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/library/albums/2"), 204);
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/library/albums/1"), 204);
    ck_assert_int_eq(ASK(1, "PUT", "/api/v1/me/library/albums/99"), 404);
    ck_assert_int_eq(GET(1, "/api/v1/me/library/albums?sort=oldest"), 200);
    ck_assert(SAID("\"total\":2") && strstr(l.said, "\"Album 2\"") < strstr(l.said, "\"Album 1\""));
    ck_assert_int_eq(GET(1, "/api/v1/me/library/albums/contains?ids=3,2"), 200);
    ck_assert(SAID("[{\"id\":3,\"saved\":false},{\"id\":2,\"saved\":true}]"));
    ck_assert_int_eq(ASK(1, "DELETE", "/api/v1/me/library/albums/2"), 204);
    ck_assert_int_eq(GET(1, "/api/v1/me/library/albums"), 200);
    ck_assert(SAID("\"total\":1"));
}
END_TEST

/* Walks pages of 7; every song of 1..40 once, in order. */
static void walk(const char *sort, int first, int step)
{
    char cursor[80] = "";
    int expected = first, pages = 0;
    do {
        ck_assert_int_eq(GET(2, "/api/v1/me/library/songs?limit=7&sort=%s%s", sort, cursor), 200);
        for (const char *at = l.said; (at = strstr(at, "\"song_id\":")); at++, expected += step)
            ck_assert_int_eq(strtol(at + 10, NULL, 10), expected);
        const char *next = test_listener_value(&l, "next_cursor");
        snprintf(cursor, sizeof cursor, *next ? "&cursor=%s" : "%s", next);
        pages++;
    } while (*cursor && pages < 20);
    ck_assert_int_eq(pages, 6);
    ck_assert_int_eq(expected, first + 40 * step);
}

START_TEST(pages_hold_every_song_once_in_either_order)
{
    test_pg_sql(l.db, "INSERT INTO feedback (user_id, target_kind, target_id, verdict, created_at) "
                      "SELECT 2, 'song', i, 'like', timestamptz '2026-01-01' + (i / 4) * interval "
                      "'1 us' FROM generate_series(1, 40) i");
    walk("newest", 40, -1);
    walk("oldest", 1, 1);
}
END_TEST

START_TEST(what_is_not_out_yet_or_gone_is_not_shown)
{
    test_pg_sql(l.db, "INSERT INTO songs (artist_id, song_id, title, release_date) VALUES (1, 900, "
                      "'Soon', CURRENT_DATE + 2), (1, 901, 'Was', NULL)");
    ck_assert_int_eq(ASK(3, "PUT", "/api/v1/me/library/songs/900"), 404);
    ck_assert_int_eq(ASK(3, "PUT", "/api/v1/me/library/songs/901"), 204);
    test_pg_sql(l.db, "DELETE FROM songs WHERE song_id = 901");
    ck_assert_int_eq(GET(3, "/api/v1/me/library/songs"), 200);
    ck_assert(SAID("\"items\":[]"));
    ck_assert_int_eq(GET(3, "/api/v1/me/library/songs/901"), 404);
}
END_TEST

/* CVE-2025-48949, CVE-2024-47062: parameters that became SQL, filters that told others' rows. */
START_TEST(parameters_never_become_sql)
{
    static const char *const bad[] = {
        "songs?sort=newest;DROP%20TABLE%20users",
        "songs?sort=added_at,(SELECT%20password_hash%20FROM%20users)",
        "songs?sort=Newest",
        "songs?cursor=1-1;DELETE%20FROM%20feedback",
        "songs?cursor=1-1-9223372036854775807",
        "songs?cursor=1",
        "songs?cursor=1-",
        "songs?cursor=-1--1",
        "songs?cursor=99999999999999999999-1",
        "songs?cursor=1-2-3-4",
        "songs?cursor='%20OR%201=1--",
        "songs?limit=0",
        "songs?limit=101",
        "songs?limit=1%20OR%201",
        "songs/contains?ids=1%20OR%201=1",
        "songs/contains?ids=1,,2",
        "songs/contains?ids=-1",
        "songs/contains?ids=",
        "songs/contains",
        "songs/contains?ids=%7B1%7D",
        "songs/0",
        "songs/1'",
        "songs/18446744073709551616",
        "songs?cursor=%00",
        "songs?sort=%FF",
    };
    ck_assert_int_eq(ASK(4, "PUT", "/api/v1/me/library/songs/3"), 204);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int status = GET(5, "/api/v1/me/library/%s", bad[i]);
        ck_assert_msg(status == 400, "%s: %d %s", bad[i], status, l.said);
    }
    char ids[700] = "1";
    for (int i = 2; i <= 101; i++)
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), ",%d", i);
    ck_assert_int_eq(GET(5, "/api/v1/me/library/songs/contains?ids=%s", ids), 400);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT count(*) FROM feedback WHERE user_id = 4"), "1");
}
END_TEST

START_TEST(a_library_is_its_owners_alone)
{
    ck_assert_int_eq(ASK(6, "PUT", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(GET(7, "/api/v1/me/library/songs?user_id=6&user=6"), 200);
    ck_assert(SAID("\"total\":0"));
    ck_assert_int_eq(GET(7, "/api/v1/me/library/songs/3?user_id=6"), 404);
    ck_assert_int_eq(
        test_listener_ask(&l, 7, "PUT", "/api/v1/me/library/songs/55", "{\"user_id\":6}"), 204);
    ck_assert_str_eq(test_pg_sql(l.db, "SELECT user_id FROM feedback WHERE target_id = 55"), "7");
    ck_assert_int_eq(ASK(7, "DELETE", "/api/v1/me/library/songs/3"), 204);
    ck_assert_int_eq(GET(6, "/api/v1/me/library/songs/3"), 200);
    ck_assert_int_eq(GET(0, "/api/v1/me/library/songs"), 401);
    ck_assert_int_eq(ASK(0, "PUT", "/api/v1/me/library/songs/3"), 401);
    char var[200];
    snprintf(var, sizeof var, "%s/var", l.x.dir);
    ck_assert_int_eq(test_http(l.port, "GET", "/api/v1/me/library/songs",
                               test_authorization(var, 6, SG_ROLE_USER, SG_EXPIRED), "", l.said,
                               sizeof l.said),
                     403);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("library");
    TCase *t = tcase_create("library");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, a_like_is_feedback_and_feedback_is_a_like);
    tcase_add_test(t, albums_are_saved_and_removed);
    tcase_add_test(t, pages_hold_every_song_once_in_either_order);
    tcase_add_test(t, what_is_not_out_yet_or_gone_is_not_shown);
    tcase_add_test(t, parameters_never_become_sql);
    tcase_add_test(t, a_library_is_its_owners_alone);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
