/* test_playlists.c - playlists over HTTP: the real API over a real database. Here: a playlist made,
 * read, changed and deleted, and what is refused; the rest is in playlists/, by what it is about.
 */
#include "core/clock.h"
#include "tests/integration/playlists/playlists.h"
#include <stdlib.h>
#include <string.h>

START_TEST(a_playlist_is_made_read_changed_and_deleted)
{
    json_int_t id = make(OWNER, "{\"name\":\"  Road  \",\"description\":\"Long\\nway\","
                                "\"song_ids\":[3,1,2]}");
    ck_assert_str_eq(text("name"), "Road");
    ck_assert_str_eq(text("role"), "owner");
    ck_assert_int_eq(number("song_count"), 3);
    ck_assert_str_eq(songs_of(OWNER, id), "3 1 2");
    EXPECT(GET(OWNER, path_of(id, "?limit=2")), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "songs")), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "mosaic")), 3);
    ck_assert(*text("next_cursor"));
    json_t *first = json_array_get(json_object_get(answer, "songs"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(first, "song"), "title")),
                     "Song 3");
    EXPECT(PATCH(OWNER, path_of(id, ""), "{\"is_public\":true}"), 200);
    ck_assert_str_eq(text("description"), "Long\nway");
    ck_assert(json_is_true(json_object_get(answer, "is_public")));
    EXPECT(PUT(OWNER, path_of(id, ""), "{\"name\":\"Way\"}"), 200);
    ck_assert_str_eq(text("description"), "");
    ck_assert(json_is_false(json_object_get(answer, "is_public")));
    EXPECT(DELETE(OWNER, path_of(id, "")), 204);
    EXPECT(GET(OWNER, path_of(id, "")), 404);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM playlist_songs"), "0");
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
    json_int_t id = make(OWNER, "{\"name\":\"P\",\"song_ids\":[1]}");
    static const struct {
        const char *rest, *body, *field;
    } cases[] = {
        {"", "{\"name\":\"\"}", "name"},
        {"", "{\"name\":\"a\\u0007b\"}", "name"},
        {"", "{\"name\":7}", "name"},
        {"", "{\"name\":\"x\",\"song_ids\":[999]}", "song_ids"},
        {"", "{\"name\":\"x\",\"song_ids\":[90]}", "song_ids"},
        {"", "{\"name\":\"x\",\"rules\":{}}", "rules"},
        {"/songs", "{}", "song_id"},
        {"/songs", "{\"song_id\":1,\"song_ids\":[2]}", "song_id"},
        {"/songs", "{\"song_ids\":[0]}", "song_ids"},
        {"/songs", "{\"song_ids\":[9223372036854775807]}", "song_ids"},
        {"/songs", "{\"song_id\":1,\"index\":-2}", "index"},
        {"/songs", "{\"song_id\":1,\"index\":0,\"before_item_id\":1}", "after_item_id"},
        {"/changes", "{\"operations\":[]}", "operations"},
        {"/changes", "{\"operations\":[{\"op\":\"drop\"}]}", NULL},
        {"/changes", "{\"operations\":[{\"op\":\"move\",\"song_ids\":[1]}]}", "item_ids"},
        {"/changes", "{\"operations\":[{\"op\":\"move\",\"item_ids\":[5],\"after_item_id\":5}]}",
         "item_ids"},
        {"/changes", "{\"operations\":[{\"op\":\"remove\"}]}", "item_ids"},
        {"/changes", "not json", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = *cases[i].rest ? path_of(id, cases[i].rest) : "/api/v1/playlists";
        EXPECT(POST(OWNER, path, cases[i].body), 400);
        ck_assert_msg(!cases[i].field || strstr(text("field"), cases[i].field), "%s: %s",
                      cases[i].body, said);
    }
    EXPECT(GET(OWNER, path_of(id, "/songs?limit=101")), 400);
    EXPECT(GET(OWNER, "/api/v1/me/playlists?of=everyone"), 400);
    EXPECT(GET(OWNER, "/api/v1/me/playlists?cursor=x"), 400);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM playlists WHERE name = 'x'"), "0");
    ck_assert_str_eq(songs_of(OWNER, id), "1");
}
END_TEST

START_TEST(what_only_the_server_sets_cannot_be_set)
{
    json_int_t id = make(OWNER, "{\"name\":\"P\",\"user_id\":4,\"owner\":{\"user_id\":4},"
                                "\"followers\":99,\"external_id\":\"x:1\",\"playlist_id\":777,"
                                "\"snapshot_id\":50,\"role\":\"editor\"}");
    EXPECT(PATCH(OWNER, path_of(id, ""), "{\"followers\":99,\"user_id\":4,\"external_id\":\"x\"}"),
           200);
    EXPECT(PUT(OWNER, path_of(id, ""), "{\"name\":\"P\",\"followers\":99,\"owner_id\":4}"), 200);
    ck_assert_str_eq(test_pg_sql(db,
                                 "SELECT user_id || ' ' || followers || ' ' || coalesce("
                                 "external_id, '-') FROM playlists WHERE playlist_id = %lld",
                                 (long long)id),
                     "1 0 -");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":1,\"added_by\":4,\"item_id\":1}"), 200);
    ck_assert_str_eq(test_pg_sql(db, "SELECT added_by FROM playlist_songs WHERE playlist_id = %lld",
                                 (long long)id),
                     "1");
}
END_TEST

/* Until the API has been told of all that was written before; twice, for it notes how far it is
 * after it has forgotten what it was told of. What it keeps before that it may forget again. */
static void let_the_cache_follow(void)
{
    static const char *const titles[] = {"A mark", "Song 20"};
    EXPECT(GET(NOBODY, "/api/v1/songs/20"), 200);
    for (size_t i = 0; i < 2; i++) {
        test_pg_sql(db, "UPDATE songs SET title = '%s' WHERE song_id = 20", titles[i]);
        for (int k = 0; k < 1200 && !strstr(said, titles[i]); k++) {
            EXPECT(GET(NOBODY, "/api/v1/songs/20"), 200);
            sg_sleep_us(strstr(said, titles[i]) ? 0 : 50000);
        }
        ck_assert(strstr(said, titles[i]));
    }
}

START_TEST(what_was_read_is_shown_while_the_database_is_away)
{
    json_int_t open = make(OWNER, "{\"name\":\"Open\",\"is_public\":true,\"song_ids\":[1]}"),
               closed = make(OWNER, "{\"name\":\"Closed\",\"song_ids\":[1]}");
    let_the_cache_follow();
    EXPECT(GET(NOBODY, path_of(open, "")), 200);
    EXPECT(GET(OWNER, path_of(closed, "")), 200);
    test_pg_stop(pg);
    EXPECT(GET(NOBODY, path_of(open, "")), 200);
    ck_assert(strstr(said, "\"Song 1\""));
    EXPECT(GET(STRANGER, path_of(open, "")), 200);
    EXPECT(GET(OWNER, path_of(closed, "")), 200);
    ck_assert_str_eq(text("role"), "owner");
    EXPECT(GET(STRANGER, path_of(closed, "")), 503);
    EXPECT(POST(OWNER, path_of(open, "/songs"), "{\"song_id\":1}"), 503);
    ck_assert(strstr(said, "Retry-After"));
    test_pg_up(pg);
    PQfinish(db);
    db = test_pg_connect(pg);
}
END_TEST

static TCase *playlist_itself(void)
{
    TCase *t = playlist_tests("playlists");
    tcase_add_test(t, a_playlist_is_made_read_changed_and_deleted);
    tcase_add_test(t, what_is_wrong_is_named);
    tcase_add_test(t, what_only_the_server_sets_cannot_be_set);
    tcase_add_test(t, what_was_read_is_shown_while_the_database_is_away);
    return t;
}

int main(void)
{
    Suite *s = suite_create("playlists");
    suite_add_tcase(s, playlist_itself());
    suite_add_tcase(s, songs_tests());
    suite_add_tcase(s, access_tests());
    suite_add_tcase(s, follows_tests());
    suite_add_tcase(s, smart_tests());
    suite_add_tcase(s, files_tests());
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
