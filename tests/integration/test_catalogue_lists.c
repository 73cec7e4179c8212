/* test_catalogue_lists.c - lists of the catalogue by cursor while it grows and shrinks, many
 * writers of one song, pages without the database. The real API over a real database. */
#include "tests/support/catalogue.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ask      catalogue_ask
#define says     catalogue_says
#define sql(...) test_pg_sql(catalogue_db, __VA_ARGS__)

static void setup(void)
{
    catalogue_start();
    sql("DELETE FROM songs; DELETE FROM albums; "
        "INSERT INTO albums (artist_id, album_id, title) SELECT 1, i, 'Album ' || i "
        "FROM generate_series(1, 30) i; "
        "INSERT INTO songs (artist_id, song_id, title, album_id, genre_id, play_count, track_no, "
        "release_date) SELECT 1 + i %% 2, i, 'Song ' || (i * 7 %% 101), "
        "CASE WHEN i %% 2 = 0 THEN 1 + i %% 3 END, 1 + i %% 2, i %% 5, i, "
        "make_date(1990 + i %% 10, 1, 1) FROM generate_series(1, 100) i");
}

/* The song ids of the last answer, in order. */
static size_t ids_said(uint64_t *ids, size_t cap)
{
    size_t n = 0;
    for (const char *at = catalogue_said; n < cap && (at = strstr(at, "\"song_id\":")); at += 10)
        ids[n++] = strtoull(at + 10, NULL, 10);
    return n;
}

static bool next_page(char *path, size_t cap, const char *base)
{
    const char *at = strstr(catalogue_said, "\"next_cursor\":\"");
    if (!at)
        return false;
    snprintf(path, cap, "%s&cursor=%.*s", base, (int)strcspn(at + 15, "\""), at + 15);
    return true;
}

/* All pages of a list; between them songs are added, played and deleted. How many ids came, each
 * once, in seen[id]. */
static size_t walk(const char *base, bool disturb, unsigned char seen[400])
{
    char path[4096];
    uint64_t ids[100];
    size_t all = 0, pages = 0;
    memset(seen, 0, 400);
    snprintf(path, sizeof path, "%s", base);
    do {
        ck_assert_msg(ask(NOBODY, "GET", path, NULL, NULL) == 200, "%s: %s", path, catalogue_said);
        size_t n = ids_said(ids, 100);
        for (size_t i = 0; i < n; i++) {
            ck_assert_msg(ids[i] < 400 && !seen[ids[i]], "%s: song %llu twice", base,
                          (unsigned long long)ids[i]);
            seen[ids[i]] = 1;
        }
        all += n;
        ck_assert_uint_lt(++pages, 60);
        if (disturb)
            sql("INSERT INTO songs (artist_id, song_id, title, genre_id) VALUES (1, 300 + %zu, "
                "'New', 1); "
                "DELETE FROM songs WHERE song_id = 1 + %zu",
                pages, pages);
    } while (next_page(path, sizeof path, base));
    return all;
}

START_TEST(every_order_shows_each_song_once)
{
    unsigned char seen[400];
    ck_assert_uint_eq(walk("/api/v1/songs?limit=7", false, seen), 100);
    ck_assert_uint_eq(walk("/api/v1/songs?limit=7&sort=popular", false, seen), 100);
    ck_assert_uint_eq(walk("/api/v1/songs?limit=7&artist_id=1&sort=title", false, seen), 50);
    ck_assert_uint_eq(walk("/api/v1/songs?limit=3&album_id=2", false, seen), 17);
    ck_assert_uint_eq(walk("/api/v1/songs?limit=7&genre=ROCK&sort=popular", false, seen), 50);
    ck_assert_uint_eq(walk("/api/v1/songs?limit=7&year_from=1992&year_to=1993", false, seen), 20);
    ck_assert_uint_eq(walk("/api/v1/songs?limit=100&genre=none", false, seen), 0);
    sql("INSERT INTO availability (kind, id, markets) VALUES ('song', 10, '{SE}')");
    ck_assert_uint_eq(walk("/api/v1/songs?limit=100&market=SE", false, seen), 100);
    ck_assert_uint_eq(walk("/api/v1/songs?limit=100&market=NO", false, seen), 99);
}
END_TEST

START_TEST(titles_as_long_as_can_be_that_begin_alike_come_once)
{
    unsigned char seen[400];
    sql("UPDATE songs SET title = repeat('\U0001f3b5', 497) || song_id WHERE album_id = 2");
    ck_assert_uint_eq(walk("/api/v1/songs?limit=3&album_id=2&sort=title", false, seen), 17);
}
END_TEST

START_TEST(a_list_stays_right_while_songs_come_and_go)
{
    unsigned char seen[400];
    walk("/api/v1/songs?limit=9", true, seen);
    for (size_t id = 20; id <= 100; id++) /* neither added nor deleted meanwhile */
        ck_assert_msg(seen[id], "song %zu was left out", id);
    for (size_t id = 301; id < 320; id++)
        ck_assert(!seen[id]);
}
END_TEST

START_TEST(orders_are_orders)
{
    uint64_t ids[100];
    ask(NOBODY, "GET", "/api/v1/songs?limit=3", NULL, NULL);
    ids_said(ids, 100);
    ck_assert(ids[0] == 100 && ids[1] == 99 && ids[2] == 98);
    ask(NOBODY, "GET", "/api/v1/songs?limit=2&sort=popular", NULL, NULL);
    ids_said(ids, 100);
    ck_assert(ids[0] == 99 && ids[1] == 94);
    ask(NOBODY, "GET", "/api/v1/songs?ids=5,300,2,5", NULL, NULL);
    ck_assert_uint_ge(ids_said(ids, 100), 2);
    ck_assert(ids[0] == 5 && ids[1] == 2);
    sql("UPDATE songs SET disc_no = 2 WHERE song_id = 2; UPDATE songs SET disc_no = 1 WHERE "
        "song_id = 8");
    ask(NOBODY, "GET", "/api/v1/songs?album_id=3&limit=100", NULL, NULL);
    size_t n = ids_said(ids, 100);
    ck_assert(ids[0] == 8 && ids[n - 1] == 2);
    ask(NOBODY, "GET", "/api/v1/albums/3", NULL, NULL);
    ck_assert_uint_eq(ids_said(ids, 100), n);
    ck_assert(ids[0] == 8 && ids[n - 1] == 2);
    ck_assert_uint_eq(catalogue_number("song_count"), n);
    ck_assert_int_eq(
        ask(NOBODY, "GET", "/api/v1/albums?artist_id=1&sort=title&limit=2", NULL, NULL), 200);
    ck_assert(says("\"title\":\"Album 1\"") && says("\"title\":\"Album 10\"") &&
              says("next_cursor"));
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/artists?limit=1", NULL, NULL), 200);
    ck_assert(says("\"artist_id\":3") && says("next_cursor"));
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/genres?limit=1", NULL, NULL), 200);
    ck_assert(says("Jazz") && !says("Rock") && says("next_cursor"));
}
END_TEST

START_TEST(a_cursor_is_good_for_its_own_question_only)
{
    char cursor[1000], path[2000];
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/songs?limit=2&artist_id=1", NULL, NULL), 200);
    const char *at = strstr(catalogue_said, "\"next_cursor\":\"");
    snprintf(cursor, sizeof cursor, "%.*s", (int)strcspn(at + 15, "\""), at + 15);
    static const char *const others[] = {"artist_id=2", "artist_id=1&sort=popular", "genre=Rock",
                                         "artist_id=1&year_from=1990"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "/api/v1/songs?limit=2&%s&cursor=%s", others[i], cursor);
        ck_assert_int_eq(ask(NOBODY, "GET", path, NULL, NULL), 400);
        ck_assert(says("\"field\":\"cursor\""));
    }
    snprintf(path, sizeof path, "/api/v1/songs?limit=50&artist_id=1&cursor=%s", cursor);
    ck_assert_int_eq(ask(NOBODY, "GET", path, NULL, NULL), 200);
    static const char *const bad[] = {"cursor=",      "cursor=x",  "cursor=AAAA", "cursor=%00",
                                      "limit=0",      "limit=101", "sort=best",   "sort=title",
                                      "sort=disc",    "market=se", "ids=0",       "ids=1,x",
                                      "year_from=-1", "state=all"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(path, sizeof path, "/api/v1/songs?%s", bad[i]);
        ck_assert_msg(ask(NOBODY, "GET", path, NULL, NULL) == 400, "%s: %s", bad[i],
                      catalogue_said);
    }
}
END_TEST

/* One of many who each add a name to the song's, by the version that they read. A process of its
 * own: exit code 0 when its name went in. */
static void add_a_name(int number)
{
    char body[4096], names[3000] = "";
    for (int i = 0; i < 200; i++) {
        if (ask(ONE, "PATCH", "/api/v1/songs/50", NULL, "{}") != 200)
            _exit(1);
        const char *version = catalogue_if_match();
        const char *at = strstr(catalogue_said, "\"aliases\":[");
        snprintf(names, sizeof names, "%.*s", (int)strcspn(at + 11, "]"), at + 11);
        snprintf(body, sizeof body, "{\"aliases\":[%s%s\"n%d\"]}", names, *names ? "," : "",
                 number);
        int status = ask(ONE, "PATCH", "/api/v1/songs/50", version, body);
        if (status == 200)
            _exit(0);
        if (status != 412)
            _exit(2);
    }
    _exit(3);
}

START_TEST(no_edit_of_many_writers_is_lost)
{
    enum { WRITERS = 12 };
    pid_t pids[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        if ((pids[i] = fork()) == 0)
            add_a_name(i);
    for (int i = 0; i < WRITERS; i++) {
        int status;
        waitpid(pids[i], &status, 0);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "writer %d: %d", i,
                      WEXITSTATUS(status));
    }
    ck_assert_str_eq(sql("SELECT count(*) FROM aliases WHERE kind = 'song' AND id = 50"), "12");
    ck_assert_str_eq(sql("SELECT version FROM songs WHERE song_id = 50"), "13");
}
END_TEST

START_TEST(an_artists_page_has_what_belongs_there)
{
    sql("INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id, role) VALUES "
        "(1, 2, 1, 1, 'main'), (1, 2, 2, 2, 'featured')");
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/artists/1", NULL, NULL), 200);
    ck_assert_uint_eq(catalogue_number("song_count"), 50);
    ck_assert_uint_eq(catalogue_number("album_count"), 30);
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/artists/2", NULL, NULL), 200);
    const char *on = strstr(catalogue_said, "\"appears_on\":[");
    ck_assert(on && strstr(on, "\"song_id\":2,"));
    const char *single = strstr(catalogue_said, "\"singles\":[");
    ck_assert(single && strncmp(strstr(single, "\"song_id\":"), "\"song_id\":99", 12) == 0);
    ck_assert_int_eq(ask(TWO, "PATCH", "/api/v1/artists/2", NULL, "{\"name\":\"Renamed\"}"), 200);
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/artists/2", NULL, NULL), 200);
    ck_assert(says("\"name\":\"Renamed\"") && !says("\"name\":\"Second\""));
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/songs/1", NULL, NULL), 200);
    ck_assert(says("Renamed"));
    sql("UPDATE artists SET name = 'Second' WHERE artist_id = 2");
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/artists/999", NULL, NULL), 404);
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/albums/999", NULL, NULL), 404);
}
END_TEST

START_TEST(a_name_comes_off_a_song_of_others)
{
    sql("INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id, role) VALUES "
        "(1, 4, 1, 1, 'main'), (1, 4, 2, 2, 'featured'), (1, 4, 3, 3, 'producer')");
    ck_assert_int_eq(ask(TWO, "DELETE", "/api/v1/songs/4/credits/3", NULL, NULL), 403);
    ck_assert_int_eq(ask(TWO, "DELETE", "/api/v1/songs/4/credits/1", NULL, NULL), 403);
    ck_assert_int_eq(ask(ONE, "DELETE", "/api/v1/songs/4/credits/1", NULL, NULL), 409);
    ck_assert_int_eq(ask(TWO, "DELETE", "/api/v1/songs/4/credits/2", "If-Match: \"9\"\r\n", NULL),
                     412);
    ck_assert_int_eq(ask(TWO, "DELETE", "/api/v1/songs/4/credits/2", NULL, NULL), 204);
    ck_assert_int_eq(ask(ONE, "DELETE", "/api/v1/songs/4/credits/2", NULL, NULL), 404);
    ck_assert_int_eq(ask(ONE, "DELETE", "/api/v1/songs/4/credits/3", NULL, NULL), 204);
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/songs/4", NULL, NULL), 200);
    ck_assert(says("First") && !says("Second") && !says("Unmanaged"));
    ck_assert_str_eq(sql("SELECT version FROM songs WHERE song_id = 4"), "3");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("catalogue_lists");
    TCase *t = tcase_create("catalogue_lists");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, catalogue_database, NULL);
    tcase_add_checked_fixture(t, setup, catalogue_stop);
    tcase_add_test(t, every_order_shows_each_song_once);
    tcase_add_test(t, titles_as_long_as_can_be_that_begin_alike_come_once);
    tcase_add_test(t, a_list_stays_right_while_songs_come_and_go);
    tcase_add_test(t, orders_are_orders);
    tcase_add_test(t, a_cursor_is_good_for_its_own_question_only);
    tcase_add_test(t, no_edit_of_many_writers_is_lost);
    tcase_add_test(t, an_artists_page_has_what_belongs_there);
    tcase_add_test(t, a_name_comes_off_a_song_of_others);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
