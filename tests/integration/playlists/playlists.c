/* playlists.c - see playlists.h. */
#include "tests/integration/playlists/playlists.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct test_pg *pg;
PGconn *db;
int port;
char said[4 << 20];
json_t *answer;
static struct test_indexer programs;
static pid_t api;
static char tokens[10][4096];

const char *token_of(int who)
{
    if (!who)
        return NULL;
    if (!tokens[who][0])
        snprintf(tokens[who], sizeof tokens[who], "%s",
                 test_authorization(test_path(programs.dir, "var"), (uint64_t)who, SG_ROLE_USER,
                                    SG_FREE));
    return tokens[who];
}

int ask(int who, const char *method, const char *path, const char *body)
{
    int status = test_http(port, method, path, token_of(who), body, said, sizeof said);
    const char *head = strstr(said, "\r\n\r\n");
    json_decref(answer);
    answer = head ? json_loads(head + 4, 0, NULL) : NULL;
    return status;
}

void show_api(void)
{
    test_show(&programs, "segue-api");
}

const char *path_of(json_int_t id, const char *rest)
{
    static char buffers[8][300];
    static size_t next;
    char *out = buffers[next++ % 8];
    snprintf(out, sizeof buffers[0], "/api/v1/playlists/%lld%s", (long long)id, rest);
    return out;
}

json_int_t number(const char *name)
{
    return json_integer_value(json_object_get(answer, name));
}

const char *text(const char *name)
{
    const char *s = json_string_value(json_object_get(answer, name));
    return s ? s : "";
}

json_int_t make(int who, const char *body)
{
    EXPECT(POST(who, "/api/v1/playlists", body), 201);
    ck_assert(strstr(said, "Location: /api/v1/playlists/"));
    return number("playlist_id");
}

const char *songs_of(int who, json_int_t id)
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

json_int_t item_at(int who, json_int_t id, size_t place)
{
    EXPECT(GET(who, path_of(id, "/songs?limit=100")), 200);
    json_t *item = json_array_get(json_object_get(answer, "songs"), place);
    return json_integer_value(json_object_get(item, "item_id"));
}

const char *format(const char *fmt, ...)
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

/* Once for all cases. */
static void setup_database(void)
{
    if (pg)
        return;
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
    char settings[300];
    db = test_pg_connect(pg);
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\napi.limits = off\n" TEST_PATIENT, port);
    test_indexer_init(&programs, pg, NULL, settings);
    mkdir(test_path(programs.dir, "var"), 0700);
    memset(tokens, 0, sizeof tokens);
    token_of(OWNER); /* makes the keys that the API then reads */
    api = test_program_spawn(&programs, "segue-api", (const char *const[]){"serve", NULL});
}

static void teardown(void)
{
    json_decref(answer);
    answer = NULL;
    kill(api, SIGTERM);
    int code = test_wait(api);
    if (code)
        show_api();
    ck_assert_int_eq(code, 0);
    PQfinish(db);
}

TCase *playlist_tests(const char *name)
{
    TCase *t = tcase_create(name);
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, setup_database, NULL);
    tcase_add_checked_fixture(t, setup, teardown);
    return t;
}
