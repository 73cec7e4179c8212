/* test_lyrics.c - lyrics over HTTP from a real PostgreSQL, and songs found by a line of theirs:
 * segue-api, segue-query and segue-indexer as their own processes. All lyrics are made up.
 */
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECOND_US 1000000
#define LYRICS    "/api/v1/songs/7/lyrics"
/* Of song 8: the same before and after what others do to them, for the search hears of it later. */
#define UMBRELLAS                                                                                  \
    "(8, 'en', '[{\"start_time\": 0.5, \"end_time\": 3.2, \"text\": "                              \
    "\"Umbrellas for the penguins\"}]')"

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t api, query;
static int port;
static char said[1 << 18];
static const char *text;
static json_t *body;

static int ask(const char *method, const char *path, const char *headers, const char *send)
{
    int status = test_http(port, method, path, headers, send, said, sizeof said);
    text = strstr(said, "\r\n\r\n");
    text = text ? text + 4 : "";
    json_decref(body);
    body = json_loads(text, 0, NULL);
    return status;
}

static int get(const char *path)
{
    return ask("GET", path, NULL, NULL);
}

static const char *as(uint64_t user_id, unsigned roles, const char *more)
{
    static char headers[4096];
    char dir[128];
    snprintf(dir, sizeof dir, "%s/var", x.dir);
    snprintf(headers, sizeof headers, "%s%s", test_authorization(dir, user_id, roles, SG_FREE),
             more ? more : "");
    return headers;
}

static const char *artist(const char *more)
{
    return as(5, SG_ROLE_USER | SG_ROLE_ARTIST, more);
}

static const char *json(const char *more)
{
    static char both[512];
    snprintf(both, sizeof both, "Content-Type: application/json\r\n%s", more ? more : "");
    return artist(both);
}

static const char *file(const char *more)
{
    static char both[512];
    snprintf(both, sizeof both, "Content-Type: text/plain\r\n%s", more ? more : "");
    return artist(both);
}

static const char *header(const char *name)
{
    static char value[256];
    const char *at = strstr(said, name);
    value[0] = '\0';
    if (at)
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at + strlen(name), "\r\n"),
                 at + strlen(name));
    return value;
}

static const char *if_match(void)
{
    static char line[300];
    snprintf(line, sizeof line, "If-Match: %s\r\n", header("ETag: "));
    return line;
}

static const char *string_of(const char *key)
{
    const char *v = json_string_value(json_object_get(body, key));
    return v ? v : "";
}

static json_t *line(size_t i)
{
    return json_array_get(json_object_get(body, "lyrics"), i);
}

static bool line_is(size_t i, double start, double end, const char *words)
{
    const char *is = json_string_value(json_object_get(line(i), "text"));
    json_t *s = json_object_get(line(i), "start_time"), *e = json_object_get(line(i), "end_time");
    return is && !strcmp(is, words) && json_number_value(s) == start && json_number_value(e) == end;
}

static void make_catalogue(void)
{
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) VALUES (5, 'm@x', 'M'), "
                    "(6, 'n@x', 'N')");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name, user_id) VALUES (1, 'Ann', 5), "
                    "(2, 'Ben', 6)");
    test_pg_sql(db, "INSERT INTO albums (artist_id, album_id, title) VALUES (1, 3, 'Album')");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title, album_id, release_date) VALUES "
                    "(1, 7, 'Of Birds', 3, '2019-12-31'), (2, 8, 'Bare', NULL, NULL), "
                    "(1, 9, 'Later Only', NULL, (now() AT TIME ZONE 'UTC')::date + 2), "
                    "(1, 10, 'Only There', NULL, NULL)");
    test_pg_sql(db, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) "
                    "SELECT artist_id, song_id, 1, artist_id FROM songs");
    test_pg_sql(db, "INSERT INTO availability (kind, id, markets) VALUES ('song', 10, '{SE}')");
    test_pg_sql(db, "INSERT INTO lyrics (song_id, language, lines) VALUES " UMBRELLAS ", "
                    "(9, 'en', '[{\"text\": \"Nobody may read this yet\"}]'), "
                    "(10, 'en', '[{\"text\": \"Only in one country\"}]')");
}

static void setup(void)
{
    char settings[300];
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    make_catalogue();
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\n" TEST_PATIENT, port);
    test_indexer_init(&x, pg, NULL, settings);
    mkdir(test_path(x.dir, "var"), 0700);
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", NULL}), 0);
    test_indexer_run(&x);
    query = test_program_spawn(&x, "segue-query", (const char *const[]){"serve", NULL});
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
}

static void teardown(void)
{
    ck_assert_int_eq(test_stop(api), 0);
    ck_assert_int_eq(test_stop(query), 0);
    ck_assert_int_eq(test_indexer_kill(&x, SIGTERM), 0);
    json_decref(body);
    PQfinish(db);
}

/* Asks until it is so; the machine may have much else to do, so how soon that is is judged by the
 * quickest of all. */
#define BECOMES(path, what)                                                                        \
    do {                                                                                           \
        int64_t from_ = sg_now_us();                                                               \
        get(path);                                                                                 \
        while (!(what) && sg_now_us() - from_ < 60 * SECOND_US) {                                  \
            sg_sleep_us(10000);                                                                    \
            get(path);                                                                             \
        }                                                                                          \
        ck_assert_msg(what, "%s: %.2000s", path, said);                                            \
        took_us = sg_now_us() - from_;                                                             \
    } while (0)
static int64_t took_us, quickest_us = 60 * SECOND_US;

static void note_time(void)
{
    quickest_us = took_us < quickest_us ? took_us : quickest_us;
}

static json_t *hit(size_t i)
{
    return json_array_get(json_object_get(body, "results"), i);
}

static bool first_is(json_int_t song_id)
{
    return json_integer_value(json_object_get(hit(0), "song_id")) == song_id;
}

static const char two_lines[] =
    "{\"source\": \"the band\", \"lyrics\": ["
    "{\"start_time\": 3.5, \"text\": \"Sparrows  on the tramway\"},"
    "{\"start_time\": 0.5, \"end_time\": 3.2, \"text\": \"Seagulls in the library\", \"words\": ["
    "{\"start_time\": 0.5, \"text\": \"Seagulls \"}, {\"start_time\": 1.25, \"text\": \"in the \"},"
    "{\"start_time\": 2, \"end_time\": 3, \"text\": \"library\"}]}]}";

static void the_artist_writes_and_everybody_reads(void)
{
    ck_assert_int_eq(get(LYRICS), 404);
    ck_assert_msg(ask("PUT", LYRICS "?language=EN-gb", json(NULL), two_lines) == 200, "%s", said);
    ck_assert_msg(get(LYRICS) == 200, "%s", said);
    ck_assert_int_eq(json_integer_value(json_object_get(body, "song_id")), 7);
    ck_assert(line_is(0, 0.5, 3.2, "Seagulls in the library"));
    ck_assert(line_is(1, 3.5, 0, "Sparrows on the tramway"));
    ck_assert_ptr_null(json_object_get(line(1), "end_time"));
    ck_assert_uint_eq(json_array_size(json_object_get(line(0), "words")), 3);
    ck_assert_str_eq(string_of("language"), "en-GB");
    ck_assert_str_eq(string_of("kind"), "words");
    ck_assert_str_eq(string_of("source"), "the band");
    ck_assert_str_eq(header("Content-Language: "), "en-GB");
}

static void what_was_there_before_is_read_as_the_source_document_has_it(void)
{
    ck_assert_int_eq(get("/api/v1/songs/8/lyrics"), 200);
    ck_assert(line_is(0, 0.5, 3.2, "Umbrellas for the penguins"));
    ck_assert_uint_eq(json_object_size(line(0)), 3);
}

static void lyrics_are_read_as_files(void)
{
    ck_assert_int_eq(get(LYRICS "/file?format=enhanced"), 200);
    ck_assert_str_eq(text, "[ti:Of Birds]\n[ar:Ann]\n[al:Album]\n[la:en-GB]\n"
                           "[00:00.50]<00:00.50>Seagulls <00:01.25>in the <00:02.00>library"
                           "<00:03.00>\n[00:03.20]\n[00:03.50]Sparrows on the tramway\n");
    ck_assert_ptr_nonnull(strstr(said, "text/plain; charset=utf-8"));
    ck_assert_int_eq(get(LYRICS "/file"), 200);
    ck_assert_ptr_nonnull(strstr(text, "\n[00:00.50]Seagulls in the library\n[00:03.20]\n"));
    ck_assert_int_eq(get(LYRICS "/file?format=plain"), 200);
    ck_assert_str_eq(text, "Seagulls in the library\nSparrows on the tramway\n");
    ck_assert_int_eq(get(LYRICS "/file?format=pdf"), 400);
}

static void an_edit_says_what_it_was_made_of(void)
{
    char old[300];
    ck_assert_int_eq(ask("PUT", LYRICS "?language=en-GB", json(NULL), two_lines), 409);
    ck_assert_int_eq(get(LYRICS), 200);
    snprintf(old, sizeof old, "%s", if_match());
    ck_assert_int_eq(ask("PUT", LYRICS "/file?language=en-GB", file(old), "[00:01.00]Owls"), 200);
    ck_assert(line_is(0, 1, 0, "Owls"));
    ck_assert_int_eq(ask("PUT", LYRICS "?language=en-GB",
                         json("If-Match: \"1-0000000000000000\"\r\n"), two_lines),
                     412);
    ck_assert_int_eq(ask("PUT", LYRICS "?language=en-GB", json(old), two_lines), 412);
    ck_assert_int_eq(ask("PUT", LYRICS "?language=fr", json("If-Match: *\r\n"), two_lines), 412);
    ck_assert_int_eq(ask("PUT", LYRICS "?language=en-GB", json("If-Match: *\r\n"), two_lines), 200);
    ck_assert_int_eq(ask("DELETE", LYRICS "?language=en-GB", artist(old), NULL), 412);
}

static void languages_are_chosen_among_what_there_is(void)
{
    ck_assert_int_eq(ask("PUT", LYRICS "/file", file(NULL),
                         "[la:pt-BR]\n[00:00.50]Gaivotas na biblioteca\n[00:03.50]Pardais\n"),
                     200);
    ck_assert_str_eq(string_of("language"), "pt-BR");
    ck_assert_uint_eq(json_array_size(json_object_get(body, "languages")), 2);
    get(LYRICS "?language=pt");
    ck_assert_str_eq(string_of("language"), "pt-BR");
    get(LYRICS "?language=en-GB-oxendict");
    ck_assert_str_eq(string_of("language"), "en-GB");
    get(LYRICS "?language=ja"); /* the first one, for there is none */
    ck_assert_str_eq(string_of("language"), "en-GB");
    ask("GET", LYRICS, "Accept-Language: ja, en;q=0.3, pt;q=0.8, *;q=0.1\r\n", NULL);
    ck_assert_str_eq(string_of("language"), "pt-BR");
    get(LYRICS "?translation=pt");
    ck_assert_str_eq(json_string_value(json_object_get(line(0), "translation")),
                     "Gaivotas na biblioteca");
    ck_assert_str_eq(json_string_value(json_object_get(line(1), "translation")), "Pardais");
    ck_assert_int_eq(get(LYRICS "?language=e"), 400);
    ck_assert_int_eq(get(LYRICS "?language=en_GB"), 400);
    ck_assert_int_eq(ask("DELETE", LYRICS "?language=pt-BR", artist(NULL), NULL), 204);
    ck_assert_int_eq(ask("DELETE", LYRICS "?language=pt-BR", artist(NULL), NULL), 404);
}

static void only_the_songs_artist_and_admins_write(void)
{
    const char *put = "{\"text\": \"La\"}";
    char headers[4096];
    ck_assert_int_eq(ask("PUT", LYRICS, "Content-Type: application/json\r\n", put), 401);
    ck_assert_int_eq(
        ask("PUT", LYRICS, as(5, SG_ROLE_USER, "Content-Type: application/json\r\n"), put), 403);
    snprintf(headers, sizeof headers, "%s",
             as(6, SG_ROLE_USER | SG_ROLE_ARTIST, "Content-Type: application/json\r\n"));
    ck_assert_int_eq(ask("PUT", LYRICS, headers, put), 403);
    ck_assert_int_eq(ask("PUT", "/api/v1/songs/9/lyrics", headers, put), 404); /* not out yet */
    ck_assert_int_eq(ask("DELETE", LYRICS "?language=en-GB", headers, NULL), 403);
    ck_assert_int_eq(ask("PUT", "/api/v1/songs/777/lyrics", headers, put), 404);
    ck_assert_int_eq(ask("PUT", "/api/v1/songs/8/lyrics?language=de",
                         as(1, SG_ROLE_ADMIN, "Content-Type: application/json\r\n"), put),
                     200);
    ck_assert_str_eq(string_of("kind"), "plain");
}

static void what_is_no_lyrics_is_refused(void)
{
    static const struct {
        const char *body;
        int status;
    } bad[] = {
        {"{}", 400},
        {"{\"lyrics\": []}", 400},
        {"{\"text\": \"La\", \"lyrics\": [{\"text\": \"La\"}]}", 400},
        {"{\"lyrics\": [{\"text\": \"La\", \"start_time\": -1}]}", 400},
        {"{\"lyrics\": [{\"text\": \"La\", \"start_time\": 1e300}]}", 400},
        {"{\"lyrics\": [{\"text\": \"La\", \"start_time\": 1}, {\"text\": \"Lu\"}]}", 400},
        {"{\"lyrics\": [{\"text\": \"La\", \"start_time\": 1, \"words\": [{\"text\": \"Lu\", "
         "\"start_time\": 1}]}]}",
         400},
        {"{\"text\": \"a\\u0000b\"}", 400},
        {"{\"text\": \"a\", \"source\": \"a\\u0000b\"}", 400},
        {"{\"text\": \"a\", \"instrumental\": true}", 400},
        {"{\"text\": \"\xff\"}", 400},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(ask("PUT", LYRICS "?language=sv", json(NULL), bad[i].body) == bad[i].status,
                      "%s: %s", bad[i].body, said);
    static char large[300000];
    memset(large, 'a', sizeof large - 1);
    ck_assert_int_eq(ask("PUT", LYRICS "/file?language=sv", file(NULL), large), 413);
    ck_assert_int_eq(ask("PUT", LYRICS "?language=sv", json(NULL), "{\"instrumental\": true}"),
                     200);
    ck_assert_uint_eq(json_array_size(json_object_get(body, "lyrics")), 0);
}

/* Written past the API; the constraints cannot look at every line. */
static void rows_that_are_no_lyrics_are_passed_over(void)
{
    static const char *const none[] = {
        "[1, 2]",
        "[{\"text\": 5}]",
        "[{\"start_time\": \"soon\", \"text\": \"x\"}]",
        "[[]]",
        "[{\"text\": \"a\", \"start_time\": 1}, {\"text\": \"b\"}]",
        "[{\"text\": \"a\", \"start_time\": 1, \"words\": [{\"start_time\": 1, \"text\": "
        "\"b\"}]}]"};
    test_pg_sql(db, "DELETE FROM lyrics WHERE song_id = 8");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        test_pg_sql(db,
                    "INSERT INTO lyrics (song_id, language, lines) VALUES (8, 'en', '%s') ON "
                    "CONFLICT (song_id, language) DO UPDATE SET lines = excluded.lines",
                    none[i]);
        ck_assert_int_eq(get("/api/v1/songs/8/lyrics"), 404);
        ck_assert_int_eq(get("/api/v1/songs/8/lyrics/file"), 404);
    }
    test_pg_sql(db, "INSERT INTO lyrics (song_id, language, lines, created_at) VALUES (8, 'fi', "
                    "'[{\"text\": \"Moi\"}]', now() + interval '1 second')");
    ck_assert_int_eq(get("/api/v1/songs/8/lyrics?language=en"), 200);
    ck_assert_str_eq(string_of("language"), "fi");
    ck_assert_int_eq(get("/api/v1/songs/8/lyrics?translation=en"), 200);
    ck_assert_int_eq(get("/api/v1/songs/8/lyrics/file"), 200);
    ck_assert_str_eq(text, "[ti:Bare]\n[ar:Ben]\n[la:fi]\nMoi\n");
    test_pg_sql(db, "DELETE FROM lyrics WHERE song_id = 8");
    test_pg_sql(db, "INSERT INTO lyrics (song_id, language, lines) VALUES " UMBRELLAS);
}

static void hidden_songs_have_no_lyrics(void)
{
    ck_assert_int_eq(get("/api/v1/songs/9/lyrics"), 404);
    ck_assert_int_eq(get("/api/v1/songs/9/lyrics/file"), 404);
    ck_assert_int_eq(ask("GET", "/api/v1/songs/9/lyrics", artist(NULL), NULL), 200);
    ck_assert_int_eq(get("/api/v1/songs/10/lyrics?market=SE"), 200);
    ck_assert_int_eq(get("/api/v1/songs/10/lyrics?market=NO"), 404);
}

static void a_line_finds_its_song(void)
{
    BECOMES("/api/v1/search?q=umbrellas+for+the+penguins", first_is(8));
    json_t *lyric = json_object_get(hit(0), "lyric");
    ck_assert_str_eq(json_string_value(json_object_get(lyric, "text")),
                     "Umbrellas for the penguins");
    ck_assert(json_number_value(json_object_get(lyric, "start_time")) == 0.5);
    ck_assert_str_eq(json_string_value(json_object_get(hit(0), "matched")), "lyrics");
    ck_assert_int_eq(ask("PUT", LYRICS "?language=it", json(NULL),
                         "{\"text\": \"[00:04.00]Cormorani sul tetto di marzapane\"}"),
                     200);
    BECOMES("/api/v1/search?q=cormorani+sul+tetto+di+marzapane", first_is(7));
    note_time();
    get("/api/v1/search?q=%22tetto+di+marzapane%22&in=lyrics");
    ck_assert(first_is(7));
    get("/api/v1/search?q=cormorani+sul+tetto+di+marzapane&in=names");
    ck_assert(!first_is(7));
    ck_assert_int_eq(get("/api/v1/search?q=cormorani&in=notes"), 400);
    ck_assert_int_eq(ask("DELETE", LYRICS "?language=it", artist(NULL), NULL), 204);
    BECOMES("/api/v1/search?q=cormorani+sul+tetto+di+marzapane", !first_is(7));
    note_time();
}

static void a_song_is_found_from_its_day_on(void)
{
    get("/api/v1/search?q=later+only");
    ck_assert(!first_is(9));
    get("/api/v1/search?q=nobody+may+read+this&in=lyrics");
    ck_assert(!first_is(9));
    get("/api/v1/suggest?q=later+on");
    ck_assert_ptr_null(strstr(said, "Later Only"));
    get("/api/v1/artists/1");
    ck_assert_ptr_null(strstr(said, "Later Only"));
    test_pg_sql(db, "UPDATE songs SET release_date = (now() AT TIME ZONE 'UTC')::date "
                    "WHERE song_id = 9");
    BECOMES("/api/v1/search?q=later+only", first_is(9));
    BECOMES("/api/v1/search?q=nobody+may+read+this&in=lyrics", first_is(9));
    BECOMES("/api/v1/suggest?q=later+on", strstr(said, "Later Only") != NULL);
    BECOMES("/api/v1/artists/1",
            strstr(said, "Later Only") != NULL); /* the cache has heard of it */
    test_pg_sql(db, "UPDATE songs SET release_date = 'infinity' WHERE song_id = 9");
    BECOMES("/api/v1/search?q=later+only", !first_is(9));
}

static void a_public_playlist_is_found_until_it_is_private(void)
{
    test_pg_sql(db, "INSERT INTO playlists (user_id, playlist_id, name, is_public) VALUES "
                    "(5, 70, 'Zeppelin Breakfast', true)");
    BECOMES("/api/v1/search?q=zeppelin+breakfast", strstr(said, "Zeppelin Breakfast") != NULL);
    note_time();
    test_pg_sql(db, "UPDATE playlists SET is_public = false WHERE playlist_id = 70");
    BECOMES("/api/v1/search?q=zeppelin+breakfast", strstr(said, "Zeppelin Breakfast") == NULL);
    note_time();
}

/* One world for all of them, in this order: starting it takes longer than they do. */
START_TEST(lyrics)
{
    setup();
    what_was_there_before_is_read_as_the_source_document_has_it();
    the_artist_writes_and_everybody_reads();
    lyrics_are_read_as_files();
    an_edit_says_what_it_was_made_of();
    languages_are_chosen_among_what_there_is();
    only_the_songs_artist_and_admins_write();
    what_is_no_lyrics_is_refused();
    rows_that_are_no_lyrics_are_passed_over();
    hidden_songs_have_no_lyrics();
    a_line_finds_its_song();
    a_song_is_found_from_its_day_on();
    a_public_playlist_is_found_until_it_is_private();
    ck_assert_int_lt(quickest_us, SECOND_US);
    teardown();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lyrics over HTTP");
    TCase *t = tcase_create("lyrics over HTTP");
    tcase_add_test(t, lyrics);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
