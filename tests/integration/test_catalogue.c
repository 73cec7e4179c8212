/* test_catalogue.c - songs, albums, artists and genres edited over HTTP: by whom they may be, what
 * is refused, versions, what is not out yet. The real API over a real database. */
#include "tests/support/catalogue.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ask      catalogue_ask
#define says     catalogue_says
#define sql(...) test_pg_sql(catalogue_db, __VA_ARGS__)

static char path[200];
static const char *at(const char *kind, uint64_t id)
{
    snprintf(path, sizeof path, "/api/v1/%s/%llu", kind, (unsigned long long)id);
    return path;
}

static uint64_t make_song(const char *body)
{
    ck_assert_msg(ask(ONE, "POST", "/api/v1/songs", NULL, body) == 201, "%s", catalogue_said);
    return catalogue_number("song_id");
}

START_TEST(a_song_is_made_read_changed_and_deleted)
{
    uint64_t id =
        make_song("{\"artist_id\":1,\"title\":\"  Caf\\u0065\\u0301 \",\"genre\":\"rock\","
                  "\"duration\":200,\"track_no\":3,\"isrc\":\"gb-aye-75-00025\","
                  "\"release_date\":\"2020-02-29\",\"explicit\":true,"
                  "\"credits\":[{\"artist_id\":2,\"role\":\"featured\"}],"
                  "\"markets\":[\"SE\",\"NO\",\"SE\"],\"aliases\":[\"The Caf\\u00e9\"]}");
    ck_assert(says("\"title\":\"Caf\xc3\xa9\"") && says("\"genre\":\"Rock\"") &&
              says("\"isrc\":\"GBAYE7500025\"") && says("\"markets\":[\"SE\",\"NO\"]") &&
              says("\"aliases\":[\"The Caf\xc3\xa9\"]"));
    ck_assert(says("\"credits\":[{\"artist_id\":1,\"name\":\"First\",\"role\":\"main\"},"
                   "{\"artist_id\":2,\"name\":\"Second\",\"role\":\"featured\"}]"));
    char location[64];
    snprintf(location, sizeof location, "ocation: /api/v1/songs/%llu", (unsigned long long)id);
    ck_assert(says(location));
    ck_assert_int_eq(ask(NOBODY, "GET", at("songs", id), NULL, NULL), 200);
    ck_assert(says("\"title\":\"Caf\xc3\xa9\"") && says("\"year\":2020"));
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), NULL,
                         "{\"title\":\"Bar\",\"genre\":null,\"markets\":[],\"isrc\":null}"),
                     200);
    ck_assert(says("\"title\":\"Bar\"") && !says("\"genre\"") && says("\"markets\":[]") &&
              !says("isrc") && says("\"duration\":200") && says("\"role\":\"featured\""));
    ck_assert_int_eq(ask(NOBODY, "GET", at("songs", id), NULL, NULL), 200);
    ck_assert(says("\"title\":\"Bar\""));
    ck_assert_int_eq(ask(ONE, "DELETE", at("songs", id), NULL, NULL), 204);
    ck_assert_int_eq(ask(NOBODY, "GET", at("songs", id), NULL, NULL), 404);
    ck_assert_int_eq(ask(ONE, "DELETE", at("songs", id), NULL, NULL), 404);
    ck_assert_str_eq(
        sql("SELECT count(*) FROM song_artists WHERE song_id = %llu", (unsigned long long)id), "0");
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
    static const char *const cases[][2] = {
        {"{\"artist_id\":1}", "title"},
        {"{\"title\":\"x\"}", "artist_id"},
        {"{\"artist_id\":99,\"title\":\"x\"}", "artist_id"},
        {"{\"artist_id\":1,\"title\":\"\"}", "title"},
        {"{\"artist_id\":1,\"title\":\" \\u00a0\"}", "title"},
        {"{\"artist_id\":1,\"title\":\"a\\u0000b\"}", NULL},
        {"{\"artist_id\":1,\"title\":\"a\\nb\"}", "title"},
        {"{\"artist_id\":1,\"title\":\"a\\u202eb\"}", "title"},
        {"{\"artist_id\":1,\"title\":\"x\",\"duration\":3601}", "duration"},
        {"{\"artist_id\":1,\"title\":\"x\",\"duration\":-1}", "duration"},
        {"{\"artist_id\":1,\"title\":\"x\",\"release_date\":\"2021-02-29\"}", "release_date"},
        {"{\"artist_id\":1,\"title\":\"x\",\"release_date\":\"0001-01-01\"}", "release_date"},
        {"{\"artist_id\":1,\"title\":\"x\",\"isrc\":\"GBAYE75000\"}", "isrc"},
        {"{\"artist_id\":1,\"title\":\"x\",\"markets\":[\"se\"]}", "markets"},
        {"{\"artist_id\":1,\"title\":\"x\",\"genre\":\"no such\"}", "genre"},
        {"{\"artist_id\":1,\"title\":\"x\",\"album_id\":77}", "album_id"},
        {"{\"artist_id\":1,\"title\":\"x\",\"credits\":[{\"artist_id\":88}]}", "credits"},
        {"{\"artist_id\":1,\"title\":\"x\",\"credits\":[{\"artist_id\":2,\"role\":\"god\"}]}",
         NULL},
        {"{\"artist_id\":1,\"title\":\"x\",\"credits\":[{\"artist_id\":2},{\"artist_id\":2}]}",
         "credits"},
        {"{\"artist_id\":1,\"title\":\"x\",\"track_no\":3000000000}", "track_no"},
        {"{\"artist_id\":1,\"title\":\"x\",\"title\":\"y\"}", NULL},
        {"[]", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char field[64];
        ck_assert_msg(ask(ONE, "POST", "/api/v1/songs", NULL, cases[i][0]) == 400, "%s: %s",
                      cases[i][0], catalogue_said);
        snprintf(field, sizeof field, "\"field\":\"%s\"", cases[i][1] ? cases[i][1] : "");
        ck_assert_msg(!cases[i][1] || says(field), "%s: %s", cases[i][0], catalogue_said);
    }
    char long_title[700] = "{\"artist_id\":1,\"title\":\"";
    for (int i = 0; i < 201; i++)
        strcat(long_title, "\xc3\xa9");
    strcat(long_title, "\"}");
    ck_assert_int_eq(ask(ONE, "POST", "/api/v1/songs", NULL, long_title), 400);
    uint64_t id = make_song("{\"artist_id\":1,\"title\":\"x\"}");
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), NULL, "{\"title\":null}"), 400);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), NULL, "{\"album_id\":77}"), 400);
}
END_TEST

START_TEST(nobody_sets_what_is_not_theirs_to_set)
{
    uint64_t id =
        make_song("{\"artist_id\":1,\"title\":\"Mine\",\"song_id\":5000000,\"play_count\":999,"
                  "\"external_id\":\"x:1\",\"version\":50,\"created_at\":\"2001-01-01\"}");
    ck_assert_uint_ne(id, 5000000);
    static const char patch[] = "{\"title\":\"M\",\"artist_id\":2,\"song_id\":6,\"play_count\":9,"
                                "\"external_id\":\"y\",\"version\":70,\"user_id\":2}";
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), NULL, patch), 200);
    ck_assert_str_eq(sql("SELECT artist_id || ' ' || play_count || ' ' || (external_id IS NULL) || "
                         "' ' || version || ' ' || title FROM songs WHERE song_id = %llu",
                         (unsigned long long)id),
                     "1 0 true 2 M");
    ck_assert_int_eq(ask(ONE, "PATCH", "/api/v1/artists/1", NULL,
                         "{\"bio\":\"b\",\"user_id\":2,\"artist_id\":7,\"image_url\":\"//evil\"}"),
                     200);
    ck_assert_str_eq(sql("SELECT user_id || ' ' || (image_url IS NULL) FROM artists "
                         "WHERE artist_id = 1"),
                     "1 true");
    ck_assert_int_eq(ask(ONE, "POST", "/api/v1/artists", NULL, "{\"name\":\"N\",\"user_id\":2}"),
                     201);
    ck_assert_uint_eq(catalogue_number("user_id"), 1);
    ck_assert_int_eq(ask(ONE, "POST", "/api/v1/albums", NULL,
                         "{\"artist_id\":1,\"title\":\"A\",\"cover_art_url\":\"//evil\"}"),
                     201);
    ck_assert(!says("evil"));
    ck_assert_int_eq(ask(ONE, "PUT", "/api/v1/artists/2/owner", NULL, "{\"user_id\":1}"), 403);
}
END_TEST

START_TEST(others_are_kept_out)
{
    uint64_t id = make_song("{\"artist_id\":1,\"title\":\"Kept\"}");
    static const int others[][2] = {{NOBODY, 401}, {LISTENER, 403}, {TWO, 403}};
    for (size_t i = 0; i < 3; i++) {
        int who = others[i][0], status = others[i][1];
        ck_assert_int_eq(ask(who, "PATCH", at("songs", id), NULL, "{\"title\":\"Z\"}"), status);
        ck_assert_int_eq(ask(who, "DELETE", at("songs", id), NULL, NULL), status);
        ck_assert_int_eq(ask(who, "PATCH", "/api/v1/artists/1", NULL, "{\"name\":\"Z\"}"), status);
        ck_assert_int_eq(
            ask(who, "POST", "/api/v1/songs", NULL, "{\"artist_id\":1,\"title\":\"Z\"}"), status);
        ck_assert_int_eq(
            ask(who, "POST", "/api/v1/albums", NULL, "{\"artist_id\":1,\"title\":\"Z\"}"), status);
        ck_assert_int_eq(ask(who, "POST", "/api/v1/genres", NULL, "{\"name\":\"Z\"}"), status);
    }
    ck_assert_int_eq(ask(ADMIN, "PATCH", at("songs", id), NULL, "{\"title\":\"By admin\"}"), 200);
    ck_assert_str_eq(sql("SELECT count(*) FROM songs WHERE title = 'Z'"), "0");
}
END_TEST

START_TEST(what_is_not_out_yet_is_its_artists_alone)
{
    uint64_t id =
        make_song("{\"artist_id\":1,\"title\":\"Later\",\"release_date\":\"2099-01-01\"}");
    ck_assert(says("\"upcoming\":true"));
    ck_assert_int_eq(ask(NOBODY, "GET", at("songs", id), NULL, NULL), 404);
    ck_assert_int_eq(ask(TWO, "GET", at("songs", id), NULL, NULL), 404);
    ck_assert_int_eq(ask(TWO, "PATCH", at("songs", id), NULL, "{\"title\":\"Z\"}"), 404);
    ck_assert_int_eq(ask(TWO, "DELETE", at("songs", id), NULL, NULL), 404);
    ck_assert_int_eq(ask(ONE, "GET", at("songs", id), NULL, NULL), 200);
    ck_assert_int_eq(ask(ADMIN, "GET", at("songs", id), NULL, NULL), 200);
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/songs?artist_id=1&limit=100", NULL, NULL), 200);
    ck_assert(!says("Later"));
    ck_assert_int_eq(ask(ONE, "GET", "/api/v1/songs?artist_id=1&state=upcoming", NULL, NULL), 200);
    ck_assert(says("Later"));
    ck_assert_int_eq(ask(NOBODY, "GET", "/api/v1/artists/1", NULL, NULL), 200);
    ck_assert(!says("Later"));
    ck_assert_int_eq(ask(ONE, "GET", "/api/v1/artists/1", NULL, NULL), 200);
    ck_assert(says("Later"));
    ck_assert_int_eq(ask(ONE, "POST", "/api/v1/albums", NULL,
                         "{\"artist_id\":1,\"title\":\"Soon\",\"release_date\":\"2098-01-01\"}"),
                     201);
    uint64_t album = catalogue_number("album_id");
    char body[200];
    snprintf(body, sizeof body, "{\"artist_id\":1,\"title\":\"Hidden\",\"album_id\":%llu}",
             (unsigned long long)album);
    uint64_t on_it = make_song(body);
    ck_assert(says("\"release_date\":\"2098-01-01\""));
    ck_assert_int_eq(ask(NOBODY, "GET", at("albums", album), NULL, NULL), 404);
    ck_assert_int_eq(ask(ONE, "GET", at("albums", album), NULL, NULL), 200);
    ck_assert(says("Hidden"));
    ck_assert_int_eq(ask(NOBODY, "GET", at("songs", on_it), NULL, NULL), 404);
    ck_assert_int_eq(
        ask(ONE, "PATCH", at("albums", album), NULL, "{\"release_date\":\"2020-01-01\"}"), 200);
    ck_assert_int_eq(ask(NOBODY, "GET", at("songs", on_it), NULL, NULL), 200);
    ck_assert_int_eq(ask(NOBODY, "GET", at("albums", album), NULL, NULL), 200);
    ck_assert(says("Hidden") && says("\"song_count\":1"));
}
END_TEST

START_TEST(an_edit_of_an_old_version_is_refused)
{
    uint64_t id = make_song("{\"artist_id\":1,\"title\":\"V1\"}");
    const char *first = catalogue_if_match();
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), first, "{\"title\":\"V2\"}"), 200);
    const char *second = catalogue_if_match();
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), first, "{\"title\":\"V3\"}"), 412);
    ck_assert_int_eq(ask(ONE, "DELETE", at("songs", id), first, NULL), 412);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), "If-Match: W/\"2-0\"\r\n", "{}"), 412);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), "If-Match: 2\r\n", "{}"), 412);
    /* Plays move the body, not the version; a change of nothing moves neither. */
    sql("UPDATE songs SET play_count = play_count + 5 WHERE song_id = %llu",
        (unsigned long long)id);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), second, "{\"title\":\"V2\"}"), 200);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), second, "{\"aliases\":[\"a\"]}"), 200);
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), second, "{\"title\":\"V4\"}"), 412);
    ck_assert_int_eq(ask(NOBODY, "GET", at("songs", id), NULL, NULL), 200);
    const char *read = catalogue_if_match();
    ck_assert_int_eq(ask(ONE, "PATCH", at("songs", id), "If-Match: *\r\n", "{\"title\":\"V5\"}"),
                     200);
    ck_assert_int_eq(ask(ONE, "DELETE", at("songs", id), read, NULL), 412);
    ck_assert_int_eq(ask(ONE, "DELETE", at("songs", id), "If-Match: \"9\", \"4-1\"\r\n", NULL),
                     204);
}
END_TEST

START_TEST(what_is_in_use_stays)
{
    ck_assert_int_eq(
        ask(ONE, "POST", "/api/v1/albums", NULL, "{\"artist_id\":1,\"title\":\"Full\"}"), 201);
    uint64_t album = catalogue_number("album_id");
    char body[200];
    snprintf(body, sizeof body, "{\"artist_id\":1,\"title\":\"On it\",\"album_id\":%llu}",
             (unsigned long long)album);
    uint64_t song = make_song(body);
    snprintf(body, sizeof body, "{\"artist_id\":2,\"title\":\"x\",\"album_id\":%llu}",
             (unsigned long long)album);
    ck_assert_int_eq(ask(TWO, "POST", "/api/v1/songs", NULL, body), 400);
    ck_assert_int_eq(ask(ONE, "DELETE", at("albums", album), NULL, NULL), 409);
    ck_assert_int_eq(ask(ONE, "DELETE", "/api/v1/artists/1", NULL, NULL), 409);
    ck_assert_int_eq(ask(ADMIN, "PATCH", "/api/v1/genres/2", NULL, "{\"name\":\"ROCK\"}"), 409);
    snprintf(path, sizeof path, "/api/v1/albums/%llu?songs=keep", (unsigned long long)album);
    ck_assert_int_eq(ask(ONE, "DELETE", path, NULL, NULL), 204);
    ck_assert_int_eq(ask(NOBODY, "GET", at("songs", song), NULL, NULL), 200);
    ck_assert(!says("\"album\""));
    ck_assert_int_eq(ask(ONE, "POST", "/api/v1/artists", NULL, "{\"name\":\"Empty\"}"), 201);
    uint64_t artist = catalogue_number("artist_id");
    ck_assert_int_eq(ask(TWO, "DELETE", at("artists", artist), NULL, NULL), 403);
    ck_assert_int_eq(ask(ONE, "DELETE", at("artists", artist), NULL, NULL), 204);
    ck_assert_int_eq(ask(ADMIN, "POST", "/api/v1/genres", NULL, "{\"name\":\"Zeuhl\"}"), 201);
    uint64_t genre = catalogue_number("genre_id");
    make_song("{\"artist_id\":1,\"title\":\"z\",\"genre\":\"zeuhl\"}");
    ck_assert_int_eq(ask(ADMIN, "DELETE", at("genres", genre), NULL, NULL), 409);
}
END_TEST

START_TEST(an_artist_gets_a_manager)
{
    ck_assert_int_eq(
        ask(LISTENER, "POST", "/api/v1/artists/3/claim", NULL, "{\"message\":\"It is me\"}"), 201);
    ck_assert_int_eq(ask(LISTENER, "POST", "/api/v1/artists/1/claim", NULL, "{}"), 409);
    ck_assert_int_eq(ask(TWO, "POST", "/api/v1/artists/3/claim", NULL, "{}"), 201);
    ck_assert_int_eq(ask(LISTENER, "GET", "/api/v1/artist-claims", NULL, NULL), 403);
    ck_assert_int_eq(ask(ADMIN, "GET", "/api/v1/artist-claims?limit=1", NULL, NULL), 200);
    ck_assert(says("It is me") && says("next_cursor"));
    ck_assert_int_eq(ask(ADMIN, "DELETE", "/api/v1/artist-claims/3/2", NULL, NULL), 204);
    ck_assert_int_eq(ask(ADMIN, "PUT", "/api/v1/artists/3/owner", NULL, "{\"user_id\":99}"), 400);
    ck_assert_int_eq(ask(ADMIN, "PUT", "/api/v1/artists/3/owner", NULL, "{\"user_id\":4}"), 200);
    ck_assert_str_eq(sql("SELECT roles FROM users WHERE user_id = 4"), "{user,artist}");
    ck_assert_str_eq(sql("SELECT count(*) FROM artist_claims"), "0");
    ck_assert_int_eq(ask(LISTENER, "GET", "/api/v1/me/artists", NULL, NULL), 200);
    ck_assert(says("\"artist_id\":3"));
    ck_assert_int_eq(ask(ADMIN, "DELETE", "/api/v1/artists/3/owner", NULL, NULL), 200);
    ck_assert(!says("user_id"));
    sql("UPDATE users SET roles = '{user}' WHERE user_id = 4");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("catalogue");
    TCase *t = tcase_create("catalogue");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, catalogue_database, NULL);
    tcase_add_checked_fixture(t, catalogue_start, catalogue_stop);
    tcase_add_test(t, a_song_is_made_read_changed_and_deleted);
    tcase_add_test(t, what_is_wrong_is_named);
    tcase_add_test(t, nobody_sets_what_is_not_theirs_to_set);
    tcase_add_test(t, others_are_kept_out);
    tcase_add_test(t, what_is_not_out_yet_is_its_artists_alone);
    tcase_add_test(t, an_edit_of_an_old_version_is_refused);
    tcase_add_test(t, what_is_in_use_stays);
    tcase_add_test(t, an_artist_gets_a_manager);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
