/* access.c - who may see, edit and share which playlist. */
#include "tests/integration/playlists/playlists.h"
#include <stdio.h>
#include <string.h>

/* Every route of one playlist, asked by somebody to whom it does not exist. */
START_TEST(a_private_playlist_is_not_there_for_strangers)
{
    json_int_t id = make(OWNER, "{\"name\":\"Secret\",\"song_ids\":[1]}");
    static const struct {
        const char *method, *rest, *body;
    } routes[] = {
        {"GET", "", NULL},
        {"PUT", "", "{\"name\":\"x\"}"},
        {"PATCH", "", "{\"is_public\":true}"},
        {"DELETE", "", NULL},
        {"GET", "/songs", NULL},
        {"POST", "/songs", "{\"song_id\":2}"},
        {"DELETE", "/songs/1", NULL},
        {"POST", "/changes", "{\"operations\":[{\"op\":\"remove\",\"song_ids\":[1]}]}"},
        {"GET", "/duplicates", NULL},
        {"PUT", "/follow", NULL},
        {"GET", "/collaborators", NULL},
        {"PUT", "/collaborators/4", "{\"role\":\"editor\"}"},
        {"DELETE", "/collaborators/4", NULL},
        {"GET", "/shares", NULL},
        {"POST", "/shares", "{}"},
        {"DELETE", "/shares/1", NULL},
        {"GET", "/export.m3u8", NULL},
        {"GET", "/export.xspf", NULL},
        {"GET", "/export.jspf", NULL},
    };
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        EXPECT(ask(STRANGER, routes[i].method, path_of(id, routes[i].rest), routes[i].body), 404);
        int status = ask(NOBODY, routes[i].method, path_of(id, routes[i].rest), routes[i].body);
        ck_assert_msg(status == 401 || status == 404, "%s %s: %d", routes[i].method, routes[i].rest,
                      status);
    }
    EXPECT(GET(STRANGER, "/api/v1/users/1/playlists"), 200);
    ck_assert(!strstr(said, "Secret"));
    ck_assert_str_eq(songs_of(OWNER, id), "1");
}
END_TEST

START_TEST(a_public_playlist_is_seen_by_all_and_changed_by_few)
{
    json_int_t id = make(OWNER, "{\"name\":\"Open\",\"is_public\":true,\"song_ids\":[1,2]}");
    EXPECT(GET(NOBODY, path_of(id, "")), 200);
    ck_assert_str_eq(text("role"), "");
    ck_assert(!strstr(said, "added_by"));
    EXPECT(GET(STRANGER, path_of(id, "/export.m3u8")), 200);
    EXPECT(POST(STRANGER, path_of(id, "/songs"), "{\"song_id\":3}"), 403);
    EXPECT(PATCH(STRANGER, path_of(id, ""), "{\"name\":\"x\"}"), 403);
    EXPECT(DELETE(STRANGER, path_of(id, "")), 403);
    EXPECT(GET(STRANGER, path_of(id, "/shares")), 403);
    EXPECT(POST(STRANGER, path_of(id, "/shares"), "{}"), 403);
    EXPECT(PUT(STRANGER, path_of(id, "/collaborators/4"), "{\"role\":\"editor\"}"), 403);
    EXPECT(GET(STRANGER, path_of(id, "/collaborators")), 403);
    EXPECT(GET(STRANGER, "/api/v1/users/1/playlists"), 200);
    ck_assert(strstr(said, "\"Open\""));
    EXPECT(GET(STRANGER, "/api/v1/users/99/playlists"), 404);
    ck_assert_str_eq(songs_of(NOBODY, id), "1 2");
    EXPECT(PATCH(OWNER, path_of(id, ""), "{\"is_public\":false}"), 200);
    EXPECT(GET(NOBODY, path_of(id, "")), 404);
}
END_TEST

START_TEST(collaborators_do_what_their_role_lets_them)
{
    json_int_t id = make(OWNER, "{\"name\":\"Ours\",\"song_ids\":[1]}");
    EXPECT(PUT(OWNER, path_of(id, "/collaborators/2"), "{\"role\":\"editor\"}"), 204);
    EXPECT(PUT(OWNER, path_of(id, "/collaborators/3"), "{\"role\":\"viewer\"}"), 204);
    EXPECT(PUT(OWNER, path_of(id, "/collaborators/3"), "{\"role\":\"owner; DROP TABLE\"}"), 400);
    EXPECT(PUT(OWNER, path_of(id, "/collaborators/3"), "{\"role\":\"owner\"}"), 400);
    EXPECT(PUT(OWNER, path_of(id, "/collaborators/99"), "{\"role\":\"viewer\"}"), 404);
    EXPECT(PUT(OWNER, path_of(id, "/collaborators/1"), "{\"role\":\"viewer\"}"), 409);
    EXPECT(GET(VIEWER, path_of(id, "")), 200);
    ck_assert_str_eq(text("role"), "viewer");
    EXPECT(POST(VIEWER, path_of(id, "/songs"), "{\"song_id\":3}"), 403);
    EXPECT(POST(EDITOR, path_of(id, "/songs"), "{\"song_id\":2}"), 200);
    EXPECT(PATCH(EDITOR, path_of(id, ""), "{\"is_public\":true}"), 403);
    EXPECT(DELETE(EDITOR, path_of(id, "")), 403);
    EXPECT(PUT(EDITOR, path_of(id, "/collaborators/4"), "{\"role\":\"editor\"}"), 403);
    EXPECT(DELETE(EDITOR, path_of(id, "/collaborators/3")), 403);
    EXPECT(GET(EDITOR, path_of(id, "/shares")), 403);
    EXPECT(GET(VIEWER, path_of(id, "/collaborators")), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "collaborators")), 2);
    EXPECT(GET(EDITOR, "/api/v1/me/playlists?of=shared"), 200);
    ck_assert(strstr(said, "\"Ours\""));
    EXPECT(GET(EDITOR, "/api/v1/me/playlists"), 200);
    ck_assert(!strstr(said, "\"Ours\""));
    EXPECT(DELETE(VIEWER, path_of(id, "/collaborators/3")), 204);
    EXPECT(GET(VIEWER, path_of(id, "")), 404);
    EXPECT(DELETE(OWNER, path_of(id, "/collaborators/2")), 204);
    EXPECT(POST(EDITOR, path_of(id, "/songs"), "{\"song_id\":3}"), 404);
    ck_assert_str_eq(songs_of(OWNER, id), "1 2");
}
END_TEST

START_TEST(links_let_in_until_they_expire_are_used_up_or_revoked)
{
    char token[100], path[200], join[250];
    json_int_t id = make(OWNER, "{\"name\":\"Linked\",\"song_ids\":[1]}");
    EXPECT(POST(OWNER, path_of(id, "/shares"), "{\"role\":\"editor\",\"max_uses\":1}"), 201);
    json_int_t share = number("share_id");
    snprintf(token, sizeof token, "%s", text("token"));
    ck_assert_uint_eq(strlen(token), 64);
    ck_assert_str_eq(test_pg_sql(db,
                                 "SELECT count(*) FROM playlist_shares WHERE encode(token_hash, "
                                 "'hex') = '%s'",
                                 token),
                     "0");
    snprintf(path, sizeof path, "/api/v1/shared-playlists/%s", token);
    snprintf(join, sizeof join, "%s/join", path);
    EXPECT(GET(NOBODY, path), 401);
    EXPECT(POST(NOBODY, join, NULL), 401);
    EXPECT(GET(STRANGER, path), 200);
    EXPECT(POST(OWNER, join, NULL), 200);
    EXPECT(POST(JOINER, join, NULL), 200);
    ck_assert_str_eq(text("role"), "editor");
    EXPECT(POST(STRANGER, join, NULL), 404);
    EXPECT(POST(JOINER, path_of(id, "/songs"), "{\"song_id\":2}"), 200);
    EXPECT(GET(OWNER, path_of(id, "/shares")), 200);
    ck_assert(!strstr(said, token) && strstr(said, "\"uses\":1"));
    EXPECT(POST(OWNER, path_of(id, "/shares"), "{\"expires_in\":60}"), 201);
    snprintf(path, sizeof path, "/api/v1/shared-playlists/%s", text("token"));
    EXPECT(GET(NOBODY, path), 200);
    ck_assert_str_eq(text("name"), "Linked");
    test_pg_sql(db, "UPDATE playlist_shares SET expires_at = now() - interval '1 second' WHERE "
                    "expires_at IS NOT NULL");
    EXPECT(GET(NOBODY, path), 404);
    EXPECT(POST(OWNER, path_of(id, "/shares"), "{}"), 201);
    snprintf(path, sizeof path, "/api/v1/shared-playlists/%s", text("token"));
    EXPECT(DELETE(JOINER, path_of(id, format("/shares/%lld", (long long)number("share_id")))), 403);
    EXPECT(GET(NOBODY, path), 200);
    test_pg_sql(db, "UPDATE playlist_shares SET max_uses = NULL");
    EXPECT(DELETE(OWNER, path_of(id, format("/shares/%lld", (long long)share))), 204);
    EXPECT(POST(STRANGER, join, NULL), 404);
    EXPECT(GET(NOBODY, "/api/v1/shared-playlists/x'%20OR%20'1'='1"), 404);
    EXPECT(POST(OWNER, path_of(id, "/shares"), "{\"role\":\"owner\"}"), 400);
    EXPECT(POST(OWNER, path_of(id, "/shares"), "{\"expires_in\":1}"), 400);
}
END_TEST

START_TEST(links_that_are_over_make_room_and_a_full_list_lets_nobody_in)
{
    char join[250];
    json_int_t id = make(OWNER, "{\"name\":\"Crowded\",\"song_ids\":[1]}");
    test_pg_sql(db,
                "INSERT INTO playlist_shares (user_id, playlist_id, token_hash, role, expires_at) "
                "SELECT 1, %lld, sha256(convert_to('s' || i, 'UTF8')), 'viewer', now() + interval "
                "'1 hour' FROM generate_series(1, 100) i",
                (long long)id);
    EXPECT(POST(OWNER, path_of(id, "/shares"), "{}"), 400);
    test_pg_sql(db, "UPDATE playlist_shares SET expires_at = now() - interval '1 second'");
    EXPECT(POST(OWNER, path_of(id, "/shares"), "{}"), 201);
    snprintf(join, sizeof join, "/api/v1/shared-playlists/%s/join", text("token"));
    EXPECT(GET(OWNER, path_of(id, "/shares")), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "shares")), 1);
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) SELECT i, 'u' || i, 'User ' "
                    "|| i FROM generate_series(1001, 2000) i");
    test_pg_sql(db,
                "INSERT INTO playlist_collaborators (user_id, playlist_id, collaborator_id, role) "
                "SELECT 1, %lld, i, 'viewer' FROM generate_series(1001, 2000) i",
                (long long)id);
    EXPECT(POST(JOINER, join, NULL), 404);
    EXPECT(POST(OWNER, join, NULL), 200);
    test_pg_sql(db, "DELETE FROM playlist_collaborators WHERE collaborator_id = 1001");
    EXPECT(POST(JOINER, join, NULL), 200);
    test_pg_sql(db, "DELETE FROM users WHERE user_id > 1000");
}
END_TEST

START_TEST(who_is_blocked_sees_nothing_of_the_other)
{
    json_int_t id = make(OWNER, "{\"name\":\"Open\",\"is_public\":true}");
    test_pg_sql(db, "INSERT INTO blocks (user_id, blocked_user_id) VALUES (1, 7)");
    EXPECT(GET(7, path_of(id, "")), 404);
    EXPECT(PUT(7, path_of(id, "/follow"), NULL), 404);
    EXPECT(GET(7, "/api/v1/users/1/playlists"), 404);
    EXPECT(PUT(OWNER, path_of(id, "/collaborators/7"), "{\"role\":\"editor\"}"), 404);
    EXPECT(GET(8, path_of(id, "")), 200);
    test_pg_sql(db, "UPDATE users SET private_profile = true WHERE user_id = 1");
    EXPECT(GET(8, "/api/v1/users/1/playlists"), 200);
    ck_assert(!strstr(said, "\"Open\""));
    EXPECT(GET(OWNER, "/api/v1/users/1/playlists"), 200);
    ck_assert(strstr(said, "\"Open\""));
    test_pg_sql(db, "UPDATE users SET private_profile = false WHERE user_id = 1");
    test_pg_sql(db, "DELETE FROM blocks");
}
END_TEST

START_TEST(nobody_learns_of_a_private_list_through_what_is_made_of_it)
{
    json_int_t id = make(OWNER, "{\"name\":\"Secret\",\"song_ids\":[1]}");
    EXPECT(GET(STRANGER, path_of(id, "/suggestions")), 404);
    EXPECT(GET(NOBODY, path_of(id, "/suggestions")), 404);
    EXPECT(GET(STRANGER, format("/api/v1/radio?seeds=playlist:%lld", (long long)id)), 404);
    EXPECT(GET(OWNER, path_of(id, "/suggestions")), 503); /* it is there; no recommender runs */
}
END_TEST

TCase *access_tests(void)
{
    TCase *t = playlist_tests("access");
    tcase_add_test(t, a_private_playlist_is_not_there_for_strangers);
    tcase_add_test(t, a_public_playlist_is_seen_by_all_and_changed_by_few);
    tcase_add_test(t, collaborators_do_what_their_role_lets_them);
    tcase_add_test(t, links_let_in_until_they_expire_are_used_up_or_revoked);
    tcase_add_test(t, links_that_are_over_make_room_and_a_full_list_lets_nobody_in);
    tcase_add_test(t, who_is_blocked_sees_nothing_of_the_other);
    tcase_add_test(t, nobody_learns_of_a_private_list_through_what_is_made_of_it);
    return t;
}
