/* test_playlists.c - playlists over HTTP: the real API over a real database; who may see, edit and
 * share what, what edits do, smart ones, files. */
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OWNER = 1, EDITOR, VIEWER, STRANGER, JOINER, NOBODY = 0 };

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t api;
static int port;
static char said[4 << 20];
static json_t *answer; /* of the last request; NULL: no JSON */

static char tokens[10][4096];

static const char *token_of(int who)
{
    if (!who)
        return NULL;
    if (!tokens[who][0])
        snprintf(tokens[who], sizeof tokens[who], "%s",
                 test_authorization(test_path(x.dir, "var"), (uint64_t)who, SG_ROLE_USER, SG_FREE));
    return tokens[who];
}

static int ask_with(const char *headers, const char *method, const char *path, const char *body)
{
    int status = test_http(port, method, path, headers, body, said, sizeof said);
    const char *head = strstr(said, "\r\n\r\n");
    json_decref(answer);
    answer = head ? json_loads(head + 4, 0, NULL) : NULL;
    return status;
}

static int ask(int who, const char *method, const char *path, const char *body)
{
    return ask_with(token_of(who), method, path, body);
}

#define GET(who, path)         ask(who, "GET", path, NULL)
#define POST(who, path, body)  ask(who, "POST", path, body)
#define PUT(who, path, body)   ask(who, "PUT", path, body)
#define PATCH(who, path, body) ask(who, "PATCH", path, body)
#define DELETE(who, path)      ask(who, "DELETE", path, NULL)
#define EXPECT(call, status)                                                                       \
    do {                                                                                           \
        int got_ = (call);                                                                         \
        if (got_ != (status))                                                                      \
            test_show(&x, "segue-api");                                                            \
        ck_assert_msg(got_ == (status), "%s: %d: %.2000s", #call, got_, said);                     \
    } while (0)

static const char *path_of(json_int_t id, const char *rest)
{
    static char buffers[8][300];
    static size_t next;
    char *out = buffers[next++ % 8];
    snprintf(out, sizeof buffers[0], "/api/v1/playlists/%lld%s", (long long)id, rest);
    return out;
}

static json_int_t number(const char *name)
{
    return json_integer_value(json_object_get(answer, name));
}

static const char *text(const char *name)
{
    const char *s = json_string_value(json_object_get(answer, name));
    return s ? s : "";
}

static json_int_t make(int who, const char *body)
{
    EXPECT(POST(who, "/api/v1/playlists", body), 201);
    ck_assert(strstr(said, "Location: /api/v1/playlists/"));
    return number("playlist_id");
}

/* "3 1 2": the songs of a playlist in order, by pages of two. */
static const char *songs_of(int who, json_int_t id)
{
    static char out[4096];
    char path[600] = "", cursor[400] = "";
    size_t n = 0;
    out[0] = '\0';
    do {
        snprintf(path, sizeof path, "/songs?limit=2%s%s", *cursor ? "&cursor=" : "", cursor);
        EXPECT(GET(who, path_of(id, path)), 200);
        size_t i;
        json_t *item;
        json_array_foreach(json_object_get(answer, "songs"), i, item) n +=
            (size_t)snprintf(out + n, sizeof out - n, "%s%lld", n ? " " : "",
                             (long long)json_integer_value(json_object_get(item, "song_id")));
        snprintf(cursor, sizeof cursor, "%s", text("next_cursor"));
    } while (*cursor);
    return out;
}

/* Ids of the items, by place. */
static json_int_t item_at(int who, json_int_t id, size_t place)
{
    EXPECT(GET(who, path_of(id, "/songs?limit=100")), 200);
    json_t *item = json_array_get(json_object_get(answer, "songs"), place);
    return json_integer_value(json_object_get(item, "item_id"));
}

static const char *format(const char *fmt, ...)
{
    static char buffers[4][4096];
    static size_t next;
    char *out = buffers[next++ % 4];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out, sizeof buffers[0], fmt, ap);
    va_end(ap);
    return out;
}

static void setup_database(void)
{
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) "
                    "SELECT i, 'u' || i, 'User ' || i FROM generate_series(1, 9) i");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name) VALUES (1, 'Queen'), (2, 'Abba')");
    test_pg_sql(db, "INSERT INTO genres (genre_id, name) VALUES (1, 'Rock'), (2, 'Pop')");
    test_pg_sql(db,
                "INSERT INTO albums (artist_id, album_id, title, cover_art_url) SELECT 1 + i %% "
                "2, i, 'Album ' || i, '/covers/' || i FROM generate_series(1, 6) i");
    test_pg_sql(db,
                "INSERT INTO songs (artist_id, song_id, title, album_id, genre_id, duration_s, "
                "release_date, play_count) SELECT 1 + i %% 2, i, 'Song ' || i, 1 + i %% 6, 1 + i "
                "%% 2, 200 + i, make_date(1980 + i, 1, 1), 1000 - i FROM generate_series(1, 20) "
                "i");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title, release_date) VALUES (1, 90, "
                    "'Not yet out', now() + interval '30 days')");
    test_pg_sql(db, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) "
                    "SELECT artist_id, song_id, 1, artist_id FROM songs");
    PQfinish(db);
}

static void setup(void)
{
    char settings[100];
    db = test_pg_connect(pg);
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\napi.limits = off\n", port);
    test_indexer_init(&x, pg, NULL, settings);
    mkdir(test_path(x.dir, "var"), 0700);
    memset(tokens, 0, sizeof tokens);
    token_of(OWNER); /* makes the keys that the API then reads */
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
}

static void teardown(void)
{
    json_decref(answer);
    answer = NULL;
    kill(api, SIGTERM);
    int code = test_wait(api);
    if (code)
        test_show(&x, "segue-api");
    ck_assert_int_eq(code, 0);
    PQfinish(db);
}

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

START_TEST(songs_are_added_removed_and_moved)
{
    json_int_t id = make(OWNER, "{\"name\":\"P\"}");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":1}"), 200);
    ck_assert_int_eq(number("snapshot_id"), 1);
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_ids\":[2,3,4]}"), 200);
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":5,\"index\":0}"), 200);
    ck_assert_str_eq(songs_of(OWNER, id), "5 1 2 3 4");
    json_int_t two = item_at(OWNER, id, 2), four = item_at(OWNER, id, 4);
    EXPECT(POST(OWNER, path_of(id, "/changes"),
                format("{\"snapshot_id\":3,\"operations\":[{\"op\":\"move\",\"item_ids\":[%lld],"
                       "\"before_item_id\":%lld},{\"op\":\"remove\",\"song_ids\":[5]},{\"op\":"
                       "\"add\",\"song_ids\":[6],\"after_item_id\":%lld}]}",
                       (long long)four, (long long)two, (long long)four)),
           200);
    ck_assert_int_eq(number("snapshot_id"), 4);
    ck_assert_int_eq(number("song_count"), 5);
    ck_assert_str_eq(songs_of(OWNER, id), "1 4 6 2 3");
    EXPECT(DELETE(OWNER, path_of(id, "/songs/2")), 200);
    EXPECT(DELETE(OWNER, path_of(id, "/songs/2")), 200);
    ck_assert_int_eq(number("snapshot_id"), 5);
    /* A place beside what is gone is where it was. */
    EXPECT(POST(OWNER, path_of(id, "/songs"),
                format("{\"song_id\":7,\"after_item_id\":%lld}", (long long)two)),
           200);
    ck_assert_str_eq(songs_of(OWNER, id), "1 4 6 7 3");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":7,\"after_item_id\":999999}"), 409);
    ck_assert_str_eq(text("code"), "stale-list");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":7,\"snapshot_id\":999}"), 400);
    ck_assert_str_eq(text("field"), "snapshot_id");
}
END_TEST

START_TEST(an_operation_sent_twice_is_done_once)
{
    json_int_t id = make(OWNER, "{\"name\":\"P\"}");
    const char *body = "{\"song_ids\":[1,2],\"operation_id\":\"a-1\"}";
    EXPECT(POST(OWNER, path_of(id, "/songs"), body), 200);
    json_t *first = json_incref(answer);
    EXPECT(POST(OWNER, path_of(id, "/songs"), body), 200);
    ck_assert(json_equal(first, answer));
    json_decref(first);
    ck_assert_str_eq(songs_of(OWNER, id), "1 2");
}
END_TEST

START_TEST(duplicates_are_added_skipped_refused_and_listed)
{
    json_int_t id = make(OWNER, "{\"name\":\"P\",\"song_ids\":[1,2,1]}");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_ids\":[2,3,3],\"on_duplicate\":\"skip\"}"),
           200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "skipped")), 2);
    ck_assert_str_eq(songs_of(OWNER, id), "1 2 1 3");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_ids\":[4,3],\"on_duplicate\":\"refuse\"}"),
           409);
    ck_assert_str_eq(text("code"), "song-in-playlist");
    ck_assert_str_eq(songs_of(OWNER, id), "1 2 1 3");
    EXPECT(GET(OWNER, path_of(id, "/duplicates")), 200);
    json_t *list = json_object_get(answer, "duplicates");
    ck_assert_uint_eq(json_array_size(list), 1);
    json_t *items = json_object_get(json_array_get(list, 0), "item_ids");
    ck_assert_uint_eq(json_array_size(items), 2);
    json_int_t second = json_integer_value(json_array_get(items, 1));
    EXPECT(DELETE(OWNER, path_of(id, format("/songs/1?item_id=%lld", (long long)second))), 200);
    ck_assert_str_eq(songs_of(OWNER, id), "1 2 3");
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

START_TEST(followers_are_counted)
{
    json_int_t id = make(OWNER, "{\"name\":\"F\",\"is_public\":true}");
    EXPECT(PUT(STRANGER, path_of(id, "/follow"), NULL), 204);
    EXPECT(PUT(STRANGER, path_of(id, "/follow"), NULL), 204);
    EXPECT(PUT(VIEWER, path_of(id, "/follow"), NULL), 204);
    EXPECT(PUT(NOBODY, path_of(id, "/follow"), NULL), 401);
    EXPECT(GET(STRANGER, path_of(id, "")), 200);
    ck_assert_int_eq(number("followers"), 2);
    ck_assert(json_is_true(json_object_get(answer, "is_following")));
    EXPECT(DELETE(STRANGER, path_of(id, "/follow")), 204);
    EXPECT(DELETE(STRANGER, path_of(id, "/follow")), 204);
    EXPECT(GET(OWNER, path_of(id, "")), 200);
    ck_assert_int_eq(number("followers"), 1);
    EXPECT(PUT(STRANGER, "/api/v1/playlists/999999/follow", NULL), 404);
}
END_TEST

static void *follow_meanwhile(void *path)
{
    char heard[4096];
    int status = test_http(port, "PUT", path, tokens[STRANGER], NULL, heard, sizeof heard);
    return (void *)(intptr_t)status;
}

#define LEFT                                                                                       \
    "SELECT (SELECT count(*) FROM follows WHERE target_kind = 'playlist' AND target_id = %lld) "   \
    "|| '/' || (SELECT count(*) FROM follow_counts WHERE target_kind = 'playlist' AND target_id "  \
    "= %lld)"

/* Nor does one leave a follow that comes while it is being deleted. */
START_TEST(a_deleted_playlist_leaves_no_follows_and_no_count)
{
    json_int_t id = make(OWNER, "{\"name\":\"F\",\"is_public\":true}");
    EXPECT(PUT(STRANGER, path_of(id, "/follow"), NULL), 204);
    EXPECT(DELETE(OWNER, path_of(id, "")), 204);
    ck_assert_str_eq(test_pg_sql(db, LEFT, (long long)id, (long long)id), "0/0");
    id = make(OWNER, "{\"name\":\"F\",\"is_public\":true}");
    char path[300];
    pthread_t other;
    void *status;
    snprintf(path, sizeof path, "%s", path_of(id, "/follow"));
    test_pg_sql(db, "BEGIN");
    test_pg_sql(db, "DELETE FROM playlists WHERE playlist_id = %lld", (long long)id);
    ck_assert_int_eq(pthread_create(&other, NULL, follow_meanwhile, path), 0);
    sg_sleep_us(300000); /* it has looked, and waits */
    test_pg_sql(db, "COMMIT");
    pthread_join(other, &status);
    ck_assert_int_lt((intptr_t)status, 500);
    ck_assert_str_eq(test_pg_sql(db, LEFT, (long long)id, (long long)id), "0/0");
}
END_TEST

START_TEST(a_smart_playlist_holds_what_its_rules_say_of_its_owner)
{
    test_pg_sql(db, "INSERT INTO feedback (user_id, target_kind, target_id, verdict) VALUES (1, "
                    "'song', 4, 'like'), (1, 'song', 7, 'like'), (4, 'song', 9, 'like')");
    test_pg_sql(db,
                "INSERT INTO listening_history (user_id, song_id, played_at) SELECT 1, s, now() "
                "- make_interval(days => s) FROM generate_series(3, 6) s, generate_series(1, 2)");
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at) SELECT 4, 12, "
                    "now() FROM generate_series(1, 5)");
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at, played_s, "
                    "outcome) SELECT 1, s, now(), 2, CASE WHEN s > 8 THEN 'skipped' END FROM "
                    "generate_series(8, 9) s, generate_series(1, 2)"); /* hardly heard */
    json_int_t liked = make(OWNER, "{\"name\":\"Liked\",\"is_public\":true,\"rules\":{\"all\":[{"
                                   "\"field\":\"liked\",\"op\":\"yes\"}]}}");
    ck_assert_str_eq(songs_of(OWNER, liked), "4 7");
    ck_assert_str_eq(songs_of(STRANGER, liked), "4 7");
    EXPECT(GET(STRANGER, path_of(liked, "")), 200);
    ck_assert(!strstr(said, "rules") && json_is_true(json_object_get(answer, "is_smart")));
    json_int_t heard = make(
        OWNER, "{\"name\":\"Heard\",\"rules\":{\"all\":[{\"field\":\"plays\",\"op\":"
               "\"at_least\",\"number\":2},{\"any\":[{\"field\":\"last_heard\",\"op\":"
               "\"within_days\",\"number\":4},{\"field\":\"year\",\"op\":\"at_least\",\"number\":"
               "1986}]}],\"sort\":\"last_heard\"}}");
    ck_assert_str_eq(songs_of(OWNER, heard), "3 6");
    json_int_t other = make(
        OWNER, "{\"name\":\"O\",\"rules\":{\"all\":[{\"field\":\"genre\",\"op\":\"is\",\"text\":"
               "\"rock\"},{\"field\":\"artist\",\"op\":\"is\",\"number\":1},{\"field\":"
               "\"duration\",\"op\":\"at_most\",\"number\":210},{\"field\":\"title\",\"op\":"
               "\"contains\",\"text\":\"SONG\"},{\"field\":\"explicit\",\"op\":\"no\"},{\"field\":"
               "\"genre\",\"op\":\"is_not\",\"text\":\"'; DROP TABLE users; --\"}],\"sort\":"
               "\"newest\",\"limit\":3}}");
    ck_assert_str_eq(songs_of(OWNER, other), "10 8 6");
    EXPECT(POST(OWNER, path_of(other, "/songs"), "{\"song_id\":1}"), 409);
    ck_assert_str_eq(text("code"), "smart-playlist");
    EXPECT(PATCH(OWNER, path_of(other, ""),
                 "{\"rules\":{\"any\":[{\"field\":\"plays\",\"op\":\"is\","
                 "\"number\":2}]}}"),
           200);
    ck_assert_str_eq(songs_of(OWNER, other), "3 4 5 6");
    EXPECT(PATCH(OWNER, path_of(other, ""),
                 "{\"rules\":{\"any\":[{\"field\":\"email\",\"op\":\"is\","
                 "\"text\":\"u1\"}]}}"),
           400);
    EXPECT(PATCH(OWNER, path_of(other, ""), "{\"rules\":null}"), 409);
    EXPECT(GET(OWNER, path_of(other, "/export.jspf")), 200);
    ck_assert(strstr(said, "segue:song:3"));
}
END_TEST

/* Every field, operator and order is SQL that PostgreSQL takes. */
START_TEST(every_condition_and_order_runs)
{
    static const char *const conditions[] = {
        "\"genre\",\"op\":\"is\",\"text\":\"x\"",
        "\"genre\",\"op\":\"is_not\",\"text\":\"x\"",
        "\"artist\",\"op\":\"is\",\"number\":1",
        "\"artist\",\"op\":\"is_not\",\"number\":9223372036854775807",
        "\"year\",\"op\":\"is\",\"number\":9999",
        "\"year\",\"op\":\"at_least\",\"number\":1",
        "\"year\",\"op\":\"at_most\",\"number\":9999",
        "\"duration\",\"op\":\"at_least\",\"number\":0",
        "\"duration\",\"op\":\"at_most\",\"number\":2147483647",
        "\"explicit\",\"op\":\"yes\"",
        "\"explicit\",\"op\":\"no\"",
        "\"title\",\"op\":\"contains\",\"text\":\"%_\\\\\"",
        "\"added\",\"op\":\"within_days\",\"number\":36500",
        "\"added\",\"op\":\"not_within_days\",\"number\":0",
        "\"plays\",\"op\":\"is\",\"number\":0",
        "\"plays\",\"op\":\"at_least\",\"number\":2147483647",
        "\"plays\",\"op\":\"at_most\",\"number\":1",
        "\"last_heard\",\"op\":\"within_days\",\"number\":36500",
        "\"last_heard\",\"op\":\"not_within_days\",\"number\":36500",
        "\"liked\",\"op\":\"yes\"",
        "\"liked\",\"op\":\"no\"",
    };
    static const char *const sorts[] = {"popular", "newest",      "oldest",     "title",
                                        "added",   "most_played", "last_heard", "least_heard"};
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        json_int_t id = make(OWNER, format("{\"name\":\"R\",\"rules\":{\"any\":[{\"field\":%s}],"
                                           "\"sort\":\"%s\"}}",
                                           conditions[i], sorts[i % 8]));
        EXPECT(GET(OWNER, path_of(id, "")), 200);
    }
}
END_TEST

START_TEST(files_go_out_and_come_in_again)
{
    static const char *const kinds[] = {"m3u8", "xspf", "jspf"};
    json_int_t id = make(OWNER, "{\"name\":\"A & <B> \\\"C\\\"\",\"song_ids\":[5,3,5,9]}");
    for (size_t i = 0; i < 3; i++) {
        EXPECT(GET(OWNER, path_of(id, format("/export.%s", kinds[i]))), 200);
        ck_assert(strstr(said, "Content-Disposition: attachment"));
        char *file = strdup(strstr(said, "\r\n\r\n") + 4);
        EXPECT(POST(EDITOR, format("/api/v1/playlists/import/%s", kinds[i]), file), 201);
        free(file);
        ck_assert_int_eq(number("imported"), 4);
        ck_assert_str_eq(text("name"), "A & <B> \"C\"");
        ck_assert_uint_eq(json_array_size(json_object_get(answer, "unmatched")), 0);
        ck_assert_str_eq(songs_of(EDITOR, number("playlist_id")), "5 3 5 9");
        EXPECT(POST(EDITOR, format("/api/v1/playlists/import/%s", kinds[i]), "<"),
               i ? 400 : 503); /* any text is a line of M3U, to be searched: nobody answers */
    }
    test_pg_sql(db, "UPDATE songs SET isrc = 'GBUM71029604' WHERE song_id = 11");
    EXPECT(POST(OWNER, "/api/v1/playlists/import/jspf?name=Mine&is_public=true",
                "{\"playlist\":{\"track\":[{\"identifier\":\"isrc:gbum71029604\"}]}}"),
           201);
    ck_assert_str_eq(text("name"), "Mine");
    ck_assert_str_eq(songs_of(NOBODY, number("playlist_id")), "11");
    EXPECT(POST(NOBODY, "/api/v1/playlists/import/m3u8", "x"), 401);
    EXPECT(POST(OWNER, "/api/v1/playlists/import/m3u8",
                "#PLAYLIST:\xe2\x80\xae"
                "evil\nsegue:song:1"),
           201); /* a name that may not be */
    ck_assert_str_eq(text("name"), "Imported playlist");
}
END_TEST

/* The database refuses its second thousand. */
START_TEST(an_import_is_whole_or_nothing_is_left_of_it)
{
    static const char line[] = "segue:song:1\n";
    char *file = calloc(1500, sizeof line), *at = file;
    for (int i = 0; i < 1500; i++)
        at = stpcpy(at, line);
    json_int_t before = strtoll(test_pg_sql(db, "SELECT count(*) FROM playlists"), NULL, 10);
    test_pg_sql(db, "CREATE FUNCTION too_many() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
                    "(SELECT count(*) FROM playlist_songs) > 1400 THEN RAISE EXCEPTION 'no'; END "
                    "IF; RETURN NULL; END $$");
    test_pg_sql(db, "DELETE FROM playlist_songs");
    test_pg_sql(db, "CREATE TRIGGER too_many AFTER INSERT ON playlist_songs FOR EACH STATEMENT "
                    "EXECUTE FUNCTION too_many()");
    EXPECT(POST(EDITOR, "/api/v1/playlists/import/m3u8", file), 500);
    ck_assert_int_eq(strtoll(test_pg_sql(db, "SELECT count(*) FROM playlists"), NULL, 10), before);
    test_pg_sql(db, "DROP TRIGGER too_many ON playlist_songs");
    EXPECT(POST(EDITOR, "/api/v1/playlists/import/m3u8", file), 201);
    ck_assert_int_eq(number("imported"), 1500);
    free(file);
}
END_TEST

START_TEST(what_was_read_is_shown_while_the_database_is_away)
{
    json_int_t open = make(OWNER, "{\"name\":\"Open\",\"is_public\":true,\"song_ids\":[1]}"),
               closed = make(OWNER, "{\"name\":\"Closed\",\"song_ids\":[1]}");
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

START_TEST(ten_thousand_songs_are_the_most_and_are_paged)
{
    json_int_t id = make(OWNER, "{\"name\":\"Big\"}");
    test_pg_sql(db,
                "INSERT INTO playlist_songs (user_id, playlist_id, position, song_id, item_id) "
                "SELECT 1, %lld, lpad(i::text, 6, '0') || 'V', 1 + i %% 20, NULL FROM "
                "generate_series(1, 9999) i",
                (long long)id);
    EXPECT(GET(OWNER, path_of(id, "?limit=100")), 200);
    ck_assert_int_eq(number("song_count"), 9999);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM playlist_songs WHERE item_id IS NULL"),
                     "0");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_ids\":[1,2]}"), 400);
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":1,\"index\":5000}"), 200);
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":1}"), 400);
    ck_assert_str_eq(text("code"), "over-limit");
}
END_TEST

START_TEST(hostile_places_are_spread_anew_and_nothing_is_lost)
{
    json_int_t id = make(OWNER, "{\"name\":\"Worn\",\"song_ids\":[1,2]}"), low, high;
    low = item_at(OWNER, id, 0);
    high = item_at(OWNER, id, 1);
    for (int i = 0; i < 60; i++) { /* always between the last two */
        EXPECT(POST(OWNER, path_of(id, "/songs"),
                    format("{\"song_id\":%d,\"%s\":%lld}", 3 + i % 10,
                           i % 2 ? "before_item_id" : "after_item_id",
                           (long long)(i % 2 ? high : low))),
               200);
        json_t *items = json_object_get(answer, "items"), *item;
        size_t k;
        json_int_t newest = 0;
        json_array_foreach(items, k,
                           item) if (json_integer_value(json_object_get(item, "item_id")) > newest)
            newest = json_integer_value(json_object_get(item, "item_id"));
        if (i % 2)
            low = newest;
        else
            high = newest;
    }
    ck_assert_str_eq(test_pg_sql(db,
                                 "SELECT count(*) || ' ' || (max(length(position)) <= 64) FROM "
                                 "playlist_songs WHERE playlist_id = %lld",
                                 (long long)id),
                     "62 true");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("playlists");
    TCase *t = tcase_create("playlists");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, setup_database, NULL);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_playlist_is_made_read_changed_and_deleted);
    tcase_add_test(t, songs_are_added_removed_and_moved);
    tcase_add_test(t, an_operation_sent_twice_is_done_once);
    tcase_add_test(t, duplicates_are_added_skipped_refused_and_listed);
    tcase_add_test(t, what_is_wrong_is_named);
    tcase_add_test(t, what_only_the_server_sets_cannot_be_set);
    tcase_add_test(t, a_private_playlist_is_not_there_for_strangers);
    tcase_add_test(t, a_public_playlist_is_seen_by_all_and_changed_by_few);
    tcase_add_test(t, collaborators_do_what_their_role_lets_them);
    tcase_add_test(t, links_let_in_until_they_expire_are_used_up_or_revoked);
    tcase_add_test(t, links_that_are_over_make_room_and_a_full_list_lets_nobody_in);
    tcase_add_test(t, who_is_blocked_sees_nothing_of_the_other);
    tcase_add_test(t, nobody_learns_of_a_private_list_through_what_is_made_of_it);
    tcase_add_test(t, followers_are_counted);
    tcase_add_test(t, a_deleted_playlist_leaves_no_follows_and_no_count);
    tcase_add_test(t, a_smart_playlist_holds_what_its_rules_say_of_its_owner);
    tcase_add_test(t, every_condition_and_order_runs);
    tcase_add_test(t, files_go_out_and_come_in_again);
    tcase_add_test(t, an_import_is_whole_or_nothing_is_left_of_it);
    tcase_add_test(t, ten_thousand_songs_are_the_most_and_are_paged);
    tcase_add_test(t, what_was_read_is_shown_while_the_database_is_away);
    tcase_add_test(t, hostile_places_are_spread_anew_and_nothing_is_lost);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(suite());
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
