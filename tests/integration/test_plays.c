/* test_plays.c - plays over HTTP: the real API and query server over a real database; words
 * in any order, sent again, forgotten, submitted by other players; killed. */
#include "core/clock.h"
#include "core/instant.h"
#include "core/journal.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include "tests/support/writer.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t query, api;
static int port;
static char var_dir[96], said[300000];
static const char *as; /* header of who asks */

static int ask(const char *method, const char *path, const char *headers, const char *body)
{
    int status = test_http(port, method, path, headers, body ? body : "", said, sizeof said);
    char *end = strstr(said, "\r\n\r\n");
    if (end)
        memmove(said, end + 4, strlen(end + 4) + 1);
    return status;
}

static const char *user(uint64_t id)
{
    return as = test_authorization(var_dir, id, SG_ROLE_USER, SG_FREE);
}

static int get(const char *path)
{
    return ask("GET", path, as, NULL);
}

static int tell(int song, const char *what, const char *body)
{
    char path[100];
    snprintf(path, sizeof path, "/api/v1/songs/%d/%s", song, what);
    return ask("POST", path, as, body);
}

static void holds(const char *text)
{
    ck_assert_msg(strstr(said, text) != NULL, "no %s in %s", text, said);
}

static void lacks(const char *text)
{
    ck_assert_msg(strstr(said, text) == NULL, "%s in %s", text, said);
}

/* Until the database has what was acknowledged by now: a reading of the history waits for that too,
 * for half a second at most, which a busy machine may take. */
static void arrived(void)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *journal = test_path(var_dir, "plays/journal");
    uint64_t first, last, moved;
    ck_assert_msg(sg_journal_look(journal, &first, &moved, &e) == 0, "%s", e.text);
    for (int i = 0; moved < first && i < 6000; i++) {
        sg_sleep_us(10000);
        ck_assert_msg(sg_journal_look(journal, &last, &moved, &e) == 0, "%s", e.text);
    }
    ck_assert_uint_ge(moved, first);
}

static void is(const char *sql, const char *value)
{
    arrived();
    const char *got = test_pg_sql(db, "%s", sql);
    ck_assert_msg(strcmp(got, value) == 0, "%s: %s, not %s", sql, got, value);
}

/* Waits until sql gives this. */
static void becomes(const char *sql, const char *value)
{
    for (int i = 0; i < 1200; i++) {
        if (strcmp(test_pg_sql(db, "%s", sql), value) == 0)
            return;
        sg_sleep_us(50000);
    }
    test_show(&x, "segue-api");
    is(sql, value);
}

static void start_api(void)
{
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    for (int i = 0; i < 300 && ask("GET", "/api/v1/search?q=song&log=false", NULL, NULL) != 200;
         i++)
        sg_sleep_us(100000);
}

static void setup(void)
{
    char settings[400];
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    test_writer_seed(db);
    test_pg_sql(db, "UPDATE songs SET duration_s = 200, play_count = 0");
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name, country) "
                    "SELECT u, u || '@example.org', 'User ' || u, 'SE' "
                    "FROM generate_series(2, 60) u");
    port = test_free_port();
    snprintf(settings, sizeof settings,
             "api.port = %d\napi.limits = off\nplays.count_s = 1\n" TEST_PATIENT, port);
    test_indexer_init(&x, pg, NULL, settings);
    snprintf(var_dir, sizeof var_dir, "%s/var", x.dir);
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", NULL}), 0);
    query = test_program_spawn(&x, "segue-query", (const char *const[]){"serve", NULL});
    start_api();
}

static void stop(pid_t *pid)
{
    if (*pid) {
        int code = test_stop(*pid);
        if (code)
            test_show(&x, "segue-api");
        ck_assert_int_eq(code, 0);
    }
    *pid = 0;
}

static void teardown(void)
{
    stop(&api);
    stop(&query);
    PQfinish(db);
}

#define ROW                                                                                        \
    "SELECT concat_ws('|', song_id, coalesce(played_s::text, '-'), outcome, counted, region, "     \
    "source, context, device) FROM listening_history WHERE user_id = "

START_TEST(a_play_is_in_its_listeners_history_at_once_and_once)
{
    static const char body[] =
        "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000001\",\"device\":\"phone \\u00e5\","
        "\"source\":\"radio\",\"context\":\"playlist:12\"}";
    user(2);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(tell(7, "play", body), 202);
    holds("\"event_id\":\"0191f1a0-0000-7000-8000-000000000001\"");
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    holds("\"title\":\"Song 7\"");
    holds("\"context\":\"playlist:12\"");
    is("SELECT count(*) FROM listening_history WHERE user_id = 2", "1");
    is(ROW "2", "7|-|t|SE|radio|playlist:12|phone å");
    ck_assert_int_eq(tell(8, "play", NULL), 202); /* each without an id is a play */
    ck_assert_int_eq(tell(8, "play", "{}"), 202);
    ck_assert_int_eq(get("/api/v1/me/history?song_id=8"), 200);
    is("SELECT count(*) FROM listening_history WHERE user_id = 2 AND song_id = 8", "2");
    ck_assert_int_eq(get("/api/v1/me/contexts"), 200);
    holds("{\"contexts\":[{\"context\":\"playlist:12\",");
    user(3);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    ck_assert_str_eq(said, "{\"entries\":[]}");
}
END_TEST

/* Every order of four words gives the same play. */
START_TEST(words_of_a_play_may_come_in_any_order)
{
    static const struct {
        const char *what, *body;
    } words[] = {{"play", "\"played_s\":0,\"played_at\":\"%s\",\"source\":\"album\""},
                 {"progress", "\"played_s\":20,\"position_s\":20"},
                 {"progress", "\"played_s\":90,\"position_s\":95"},
                 {"completed", "\"played_s\":198"}};
    char at[SG_INSTANT_CHARS + 1];
    int orders = 0;
    user(4);
    sg_instant_text((sg_wall_us() / 1000000 - 300) * 1000000, at);
    for (int code = 0; code < 256; code++) {
        int order[4], seen = 0;
        for (int i = 0; i < 4; i++)
            seen |= 1 << (order[i] = code >> (2 * i) & 3);
        if (seen != 15)
            continue;
        for (int i = 0; i < 4; i++) {
            char more[200], body[300];
            snprintf(more, sizeof more, words[order[i]].body, at);
            snprintf(body, sizeof body,
                     "{\"event_id\":\"0191f1a0-0000-7000-8000-0000000001%02x\",%s}", orders, more);
            ck_assert_int_eq(tell(100 + orders, words[order[i]].what, body), 202);
            if (orders % 2) /* half of them one by one, half at once */
                ck_assert_int_eq(get("/api/v1/me/history?limit=1"), 200);
        }
        orders++;
    }
    ck_assert_int_eq(orders, 24);
    ck_assert_int_eq(get("/api/v1/me/history?limit=1"), 200);
    is("SELECT count(DISTINCT song_id) || '/' || count(*) || '/' || min(played_s) || '/' || "
       "max(played_s) || '/' || min(outcome) || '/' || bool_and(counted) || '/' || "
       "count(DISTINCT played_at) || '/' || min(source) || '/' || max(source) "
       "FROM listening_history WHERE user_id = 4",
       "24/24/198/198/completed/true/1/album/album");
    becomes("SELECT min(plays) || '/' || max(plays) || '/' || count(*) FROM song_plays_daily "
            "WHERE song_id BETWEEN 100 AND 123",
            "1/1/24");
    becomes("SELECT min(play_count) || '/' || max(play_count) FROM songs "
            "WHERE song_id BETWEEN 100 AND 123",
            "1/1");
}
END_TEST

START_TEST(what_was_hardly_heard_does_not_count)
{
    static const char play[] =
        "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000201\",\"played_s\":0}";
    user(5);
    ck_assert_int_eq(tell(30, "play", play), 202);
    arrived();
    ck_assert_int_eq(get("/api/v1/me/history"), 200); /* shown, though nothing is known yet */
    holds("\"song_id\":30");
    lacks("history_id");
    is("SELECT count(*) FROM listening_history WHERE user_id = 5", "0");
    ck_assert_int_eq(
        tell(30, "skip", "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000201\",\"played_s\":12}"),
        202);
    /* One whose player never tells counts, until it says otherwise. */
    ck_assert_int_eq(tell(31, "play", "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000202\"}"),
                     202);
    becomes("SELECT play_count FROM songs WHERE song_id = 31", "1");
    ck_assert_int_eq(tell(31, "skip", "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000202\"}"),
                     202);
    becomes("SELECT play_count FROM songs WHERE song_id = 31", "0");
    is("SELECT string_agg(song_id || ':' || played_s || outcome || counted, ' ' ORDER BY song_id) "
       "FROM listening_history WHERE user_id = 5",
       "30:12skippedfalse 31:0skippedfalse");
    is("SELECT play_count FROM songs WHERE song_id = 30", "0");
    /* Silence: as heard so far. */
    ck_assert_int_eq(
        tell(32, "play", "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000203\",\"played_s\":7}"),
        202);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    is("SELECT segue_settle_plays('0 s', 100)", "1");
    is(ROW "5 AND song_id = 32", "32|7|f|SE|app");
    ck_assert_int_eq(
        tell(32, "completed", "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000203\"}"), 202);
    becomes(ROW "5 AND song_id = 32", "32|7|completed|f|SE|app");
}
END_TEST

START_TEST(excess_is_kept_and_does_not_count)
{
    char at[SG_INSTANT_CHARS + 1], play[100]; /* in the middle of an hour, as they are counted by */
    user(6);
    sg_instant_text((sg_wall_us() / 3600000000 * 3600 - 1800) * 1000000, at);
    snprintf(play, sizeof play, "{\"played_at\":\"%s\"}", at);
    for (int i = 0; i < 15; i++)
        ck_assert_int_eq(tell(40, "play", play), 202);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    is("SELECT count(*) || '/' || count(*) FILTER (WHERE counted) FROM listening_history "
       "WHERE user_id = 6",
       "15/12");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(tell(40, "play", play), 202);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    is("SELECT count(*) || '/' || count(*) FILTER (WHERE counted) FROM listening_history "
       "WHERE user_id = 6",
       "18/12");
    becomes("SELECT play_count FROM songs WHERE song_id = 40", "12");
}
END_TEST

START_TEST(clocks_are_believed_within_bounds)
{
    char at[SG_INSTANT_CHARS + 1], body[200];
    user(7);
    sg_instant_text(sg_wall_us() + 3600000000, at);
    snprintf(body, sizeof body, "{\"played_at\":\"%s\"}", at);
    ck_assert_int_eq(tell(50, "play", body), 202);
    sg_instant_text(sg_wall_us() - 13 * 86400000000, at);
    snprintf(body, sizeof body, "{\"played_at\":\"%s\"}", at);
    ck_assert_int_eq(tell(51, "play", body), 202);
    sg_instant_text(sg_wall_us() - 15 * 86400000000, at);
    snprintf(body, sizeof body, "{\"played_at\":\"%s\"}", at);
    ck_assert_int_eq(tell(52, "play", body), 400);
    holds("\"field\":\"played_at\"");
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    is("SELECT string_agg(song_id::text, ',' ORDER BY song_id) || bool_and(played_at <= now()) "
       "FROM listening_history WHERE user_id = 7",
       "50,51true");
    is("SELECT count(*) FROM listening_history_default", "0");
    becomes("SELECT count(*) FROM song_plays_daily WHERE song_id = 51 "
            "AND day < current_date - 10 AND region = 'SE'",
            "1");
}
END_TEST

START_TEST(who_stopped_goes_on_there)
{
    user(8);
    ck_assert_int_eq(tell(60, "progress",
                          "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000301\","
                          "\"position_s\":77,\"device\":\"car\"}"),
                     202);
    ck_assert_int_eq(tell(61, "progress",
                          "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000302\","
                          "\"position_s\":195}"),
                     202);
    arrived();
    ck_assert_int_eq(get("/api/v1/me/resume"), 200);
    holds("\"song_id\":60");
    holds("\"position_s\":77");
    lacks("\"song_id\":61");
    ck_assert_int_eq(get("/api/v1/me/songs/60/position"), 200);
    holds("{\"position_s\":77,\"device\":\"car\"");
    ck_assert_int_eq(get("/api/v1/me/songs/62/position"), 404);
    ck_assert_int_eq(ask("PUT", "/api/v1/me/songs/62/position", as, "{\"position_s\":5}"), 200);
    ck_assert_int_eq(get("/api/v1/me/resume"), 200);
    ck_assert_ptr_eq(strstr(said, "{\"songs\":[{\"song_id\":62"), said);
    ck_assert_int_eq(ask("PUT", "/api/v1/me/songs/999999/position", as, "{\"position_s\":5}"), 404);
    ck_assert_int_eq(
        tell(60, "completed", "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000301\"}"), 202);
    arrived();
    ck_assert_int_eq(get("/api/v1/me/resume"), 200);
    lacks("\"song_id\":60");
}
END_TEST

START_TEST(history_comes_in_pages_without_gaps)
{
    char path[200], at[SG_INSTANT_CHARS + 1], body[100], seen[31] = "";
    int64_t now = sg_wall_us() / 1000000 * 1000000;
    int n = 0;
    user(9);
    for (int i = 0; i < 23; i++) { /* several at one time */
        sg_instant_text(now - (1000 - i / 3) * 1000000, at);
        snprintf(body, sizeof body, "{\"played_at\":\"%s\"}", at);
        ck_assert_int_eq(tell(300 + i, "play", body), 202);
    }
    arrived();
    snprintf(path, sizeof path, "/api/v1/me/history?limit=5");
    for (int pages = 0; *path && pages < 10; pages++) {
        ck_assert_int_eq(get(path), 200);
        for (char *s = said; (s = strstr(s, "\"song_id\":")); n++) {
            int song = atoi(s += strlen("\"song_id\":"));
            ck_assert_int_ge(song, 300);
            ck_assert_int_lt(song, 323);
            ck_assert_int_eq(seen[song - 300]++, 0);
        }
        char *next = strstr(said, "\"next_cursor\":\"");
        *path = '\0';
        if (next)
            snprintf(path, sizeof path, "/api/v1/me/history?limit=5&cursor=%.*s",
                     (int)strcspn(next + 15, "\""), next + 15);
    }
    ck_assert_int_eq(n, 23);
    sg_instant_text(now - 999 * 1000000, at);
    snprintf(path, sizeof path, "/api/v1/me/history?before=%s", at);
    ck_assert_int_eq(get(path), 200);
    holds("\"song_id\":302");
    lacks("\"song_id\":303");
    ck_assert_int_eq(get("/api/v1/me/history?cursor=abc"), 400);
    ck_assert_int_eq(get("/api/v1/me/history?before=yesterday"), 400);
}
END_TEST

START_TEST(what_is_forgotten_stays_forgotten)
{
    static const char play[] = "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000401\"}";
    char path[100];
    user(10);
    ck_assert_int_eq(tell(70, "play", play), 202);
    ck_assert_int_eq(tell(71, "play", NULL), 202);
    ck_assert_int_eq(tell(72, "play", NULL), 202);
    arrived();
    ck_assert_int_eq(get("/api/v1/me/history?song_id=70"), 200);
    char *id = strstr(said, "\"history_id\":");
    ck_assert_ptr_nonnull(id);
    snprintf(path, sizeof path, "/api/v1/me/history/%d", atoi(id + 13));
    user(11); /* not hers */
    ck_assert_int_eq(ask("DELETE", path, as, NULL), 204);
    user(10);
    ck_assert_int_eq(get("/api/v1/me/history?song_id=70"), 200);
    holds("\"song_id\":70");
    ck_assert_int_eq(ask("DELETE", path, as, NULL), 204);
    ck_assert_int_eq(tell(70, "play", play), 202); /* sent again, and a late word */
    ck_assert_int_eq(
        tell(70, "completed", "{\"event_id\":\"0191f1a0-0000-7000-8000-000000000401\"}"), 202);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    lacks("\"song_id\":70");
    ck_assert_int_eq(ask("DELETE", "/api/v1/me/history?song_id=71", as, NULL), 204);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    lacks("\"song_id\":71");
    holds("\"song_id\":72");
    ck_assert_int_eq(tell(73, "play", "{\"position_s\":50,\"context\":\"album:3\"}"), 202);
    ck_assert_int_eq(ask("DELETE", "/api/v1/me/history", as, NULL), 204);
    ck_assert_int_eq(tell(74, "play", NULL), 202);
    arrived();
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    lacks("\"song_id\":72");
    lacks("\"song_id\":73");
    holds("\"song_id\":74");
    is("SELECT (SELECT count(*) FROM play_positions WHERE user_id = 10) + "
       "(SELECT count(*) FROM play_contexts WHERE user_id = 10)",
       "0");
}
END_TEST

START_TEST(nothing_of_a_private_session_is_kept)
{
    test_pg_sql(db, "UPDATE users SET private_session = true WHERE user_id = 12");
    user(12);
    bool heard = false; /* by the API */
    for (int i = 0; i < 600 && !heard; i++) {
        ck_assert_int_eq(ask("DELETE", "/api/v1/me/history", as, NULL), 204);
        ck_assert_int_eq(tell(81, "play", NULL), 202);
        ck_assert_int_eq(get("/api/v1/me/history"), 200);
        heard = strcmp(said, "{\"entries\":[]}") == 0;
        if (!heard)
            sg_sleep_us(100000);
    }
    ck_assert_int_eq(tell(80, "play", "{\"position_s\":9,\"context\":\"album:1\"}"), 202);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    ck_assert_str_eq(said, "{\"entries\":[]}");
    is("SELECT (SELECT count(*) FROM play_events WHERE user_id = 12 AND song_id = 80) + "
       "(SELECT count(*) FROM play_positions WHERE user_id = 12) + "
       "(SELECT count(*) FROM play_contexts WHERE user_id = 12)",
       "0");
}
END_TEST

START_TEST(plays_of_what_is_not_there_are_left_out)
{
    user(13);
    ck_assert_int_eq(tell(9999999, "play", NULL), 202);
    ck_assert_int_eq(tell(90, "play", NULL), 202);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    is("SELECT count(*) FROM play_events WHERE user_id = 13", "1");
    user(777777); /* whose account is gone */
    ck_assert_int_eq(tell(90, "play", NULL), 202);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    is("SELECT count(*) FROM listening_history WHERE user_id = 777777", "0");
    ck_assert_int_eq(ask("GET", "/metrics", NULL, NULL), 200);
    holds("segue_plays_unknown_total 2");
}
END_TEST

/* A token of the user, as a header. */
static const char *make_token(uint64_t id)
{
    static char header[100];
    user(id);
    ck_assert_int_eq(ask("POST", "/api/v1/me/tokens", as, "{\"name\":\"my player\"}"), 201);
    char *at = strstr(said, "\"token\":\"");
    ck_assert_ptr_nonnull(at);
    snprintf(header, sizeof header, "Authorization: Token %.36s\r\n", at + 9);
    return header;
}

#define LISTEN(at, artist, track, more)                                                            \
    "{\"listened_at\":" at ",\"track_metadata\":{\"artist_name\":\"" artist                        \
    "\",\"track_name\":\"" track "\"" more "}}"
#define SUBMIT(type, listens) "{\"listen_type\":\"" type "\",\"payload\":[" listens "]}"

static int submit(const char *header, const char *body)
{
    return ask("POST", "/1/submit-listens", header, body);
}

START_TEST(other_players_submit_listens)
{
    static const char import[] = SUBMIT(
        "import",
        LISTEN("1700000000", "ARTIST 6", "song 5 (Remastered 2011)", "") "," LISTEN(
            "1700000300", "Nobody", "Unheard of",
            "") "," LISTEN("1700000600", "x", "y",
                           ",\"additional_info\":{\"song_id\":6,\"duration_ms\":\"200000\"}"));
    const char *header = make_token(20);
    ck_assert_int_eq(ask("GET", "/1/validate-token", header, NULL), 200);
    ck_assert_str_eq(said, "{\"code\":200,\"message\":\"Token valid.\",\"valid\":true,"
                           "\"user_name\":\"20\"}");
    for (int i = 0; i < 2; i++) { /* sent again: the same listens */
        ck_assert_int_eq(submit(header, import), 200);
        ck_assert_str_eq(said, "{\"status\":\"ok\"}");
        ck_assert_int_eq(ask("GET", "/1/user/20/listens", header, NULL), 200);
        becomes("SELECT count(*) FROM listening_history WHERE user_id = 20", "2");
        becomes("SELECT count(*) FROM listens WHERE user_id = 20", "1");
        becomes("SELECT string_agg(track || tries, ',') FROM listens WHERE user_id = 20",
                "Unheard of1");
    }
    is("SELECT string_agg(concat_ws(':', song_id, extract(epoch FROM played_at)::bigint, source, "
       "counted), ' ' ORDER BY song_id) FROM listening_history WHERE user_id = 20",
       "5:1700000000:listenbrainz:f 6:1700000600:listenbrainz:f");
    ck_assert_int_eq(ask("GET", "/1/user/20/listens", header, NULL), 200);
    holds("\"count\":3");
    holds("\"track_name\":\"Unheard of\"");
    ck_assert_int_eq(ask("GET", "/1/user/20/listen-count", header, NULL), 200);
    ck_assert_str_eq(said, "{\"payload\":{\"count\":3}}");
    ck_assert_int_eq(ask("GET", "/1/user/21/listens", header, NULL), 404);
    holds("\"code\":404");

    test_pg_sql(db, "INSERT INTO songs (artist_id, title, external_id) VALUES "
                    "(1, 'Unheard of', 'mine:77')");
    test_pg_sql(db, "UPDATE listens SET external_id = 'mine:77', try_at = now() "
                    "WHERE user_id = 20");
    becomes("SELECT count(*) FROM listening_history WHERE user_id = 20", "3");
    is("SELECT count(*) FROM listens WHERE user_id = 20", "0");
}
END_TEST

START_TEST(listens_of_now_count_and_what_plays_now_does_not)
{
    char body[300];
    const char *header = make_token(22);
    snprintf(body, sizeof body, SUBMIT("single", LISTEN("%lld", "Artist 8", "Song 7", "")),
             (long long)(sg_wall_us() / 1000000 - 60));
    ck_assert_int_eq(submit(header, body), 200);
    ck_assert_int_eq(
        submit(header, SUBMIT("playing_now", "{\"track_metadata\":{\"artist_name\":\"Artist 9\","
                                             "\"track_name\":\"Song 8\"}}")),
        200);
    becomes("SELECT string_agg(song_id || ':' || counted, ',') FROM listening_history "
            "WHERE user_id = 22",
            "7:true");
}
END_TEST

START_TEST(submissions_that_are_wrong_are_refused_as_listenbrainz_does)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{\"listen_type\":\"single\"}",
        SUBMIT("single", ""),
        SUBMIT("other", LISTEN("1700000000", "a", "b", "")),
        SUBMIT("single", LISTEN("1700000000", "a", "b", "") "," LISTEN("1700000001", "a", "b", "")),
        SUBMIT("single", LISTEN("1700000000", "", "b", "")),
        SUBMIT("single", LISTEN("1700000000", "a", "  ", "")),
        SUBMIT("single", LISTEN("12", "a", "b", "")),
        SUBMIT("single", LISTEN("99999999999", "a", "b", "")),
        SUBMIT("single", LISTEN("\"x\"", "a", "b", "")),
        SUBMIT("playing_now", LISTEN("1700000000", "a", "b", "")),
        SUBMIT("single", "7"),
        "{\"listen_type\":\"single\",\"listen_type\":\"import\",\"payload\":[]}",
    };
    const char *header = make_token(23);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(submit(header, bad[i]) == 400, "%s: %s", bad[i], said);
        holds("{\"code\":400,\"error\":\"");
    }
    ck_assert_int_eq(submit(NULL, bad[0]), 401);
    holds("{\"code\":401,\"error\":\"");
    ck_assert_int_eq(
        submit("Authorization: Token 0191f1a0-0000-4000-8000-000000000000\r\n", bad[0]), 401);
    ck_assert_int_eq(ask("GET", "/1/validate-token", NULL, NULL), 400);
    ck_assert_int_eq(
        ask("GET", "/1/validate-token?token=0191f1a0-0000-4000-8000-000000000000", NULL, NULL),
        200);
    holds("\"valid\":false");
    is("SELECT count(*) FROM listens WHERE user_id = 23", "0");
}
END_TEST

START_TEST(tokens_are_listed_without_themselves_and_revoked)
{
    char path[100], header[100];
    snprintf(header, sizeof header, "%s", make_token(24));
    ck_assert_int_eq(get("/api/v1/me/tokens"), 200);
    holds("\"name\":\"my player\"");
    lacks("\"token\"");
    char *id = strstr(said, "\"token_id\":");
    snprintf(path, sizeof path, "/api/v1/me/tokens/%d", atoi(id + 11));
    ck_assert_int_eq(ask("GET", "/1/validate-token", header, NULL), 200);
    holds("\"valid\":true");
    user(25);
    ck_assert_int_eq(ask("DELETE", path, as, NULL), 404); /* another's */
    user(24);
    ck_assert_int_eq(ask("DELETE", path, as, NULL), 204);
    ck_assert_int_eq(ask("DELETE", path, as, NULL), 404);
    ck_assert_int_eq(ask("GET", "/1/validate-token", header, NULL), 200);
    holds("\"valid\":false");
    is("SELECT count(*) FROM user_tokens WHERE octet_length(token_hash) <> 32", "0");
    ck_assert_int_eq(ask("POST", "/api/v1/me/tokens", as, "{\"name\":\"a\\u0000b\"}"), 400);
}
END_TEST

START_TEST(hostile_words_are_refused_by_name)
{
    static const struct {
        const char *what, *body, *field;
    } bad[] = {
        {"play", "{\"event_id\":\"x\"}", "event_id"},
        {"play", "{\"event_id\":\"0191f1a0-0000-7000-8000-00000000000g\"}", "event_id"},
        {"play", "{\"played_at\":\"now\"}", "played_at"},
        {"play", "{\"played_s\":-2}", "played_s"},
        {"play", "{\"position_s\":99999999}", "position_s"},
        {"play", "{\"source\":\"A b\"}", "source"},
        {"play", "{\"context\":\"a\\u0000b\"}", ""},
        {"play", "{\"device\":\"\\u0000\"}", ""},
        {"play", "{\"device\":\"\"}", "device"},
        {"play", "{\"region\":\"se\"}", "region"},
        {"play", "[]", ""},
        {"play", "{\"device\":\"a\",\"device\":\"b\"}", ""},
        {"skip", "{}", "event_id"},
        {"completed", "", ""},
    };
    user(26);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char field[64];
        ck_assert_msg(tell(1, bad[i].what, bad[i].body) == 400, "%s: %s", bad[i].body, said);
        snprintf(field, sizeof field, "\"field\":\"%s\"", bad[i].field);
        ck_assert_msg(!*bad[i].field || strstr(said, field), "%s: %s", bad[i].body, said);
    }
    ck_assert_int_eq(ask("POST", "/api/v1/songs/0/play", as, NULL), 400);
    ck_assert_int_eq(ask("POST", "/api/v1/songs/1/play", NULL, NULL), 401);
    as = test_authorization(var_dir, 26, SG_ROLE_USER, SG_EXPIRED);
    ck_assert_int_eq(tell(1, "play", NULL), 403);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    is("SELECT count(*) FROM play_events WHERE user_id = 26", "0");
}
END_TEST

/* Whose titles anybody could have read by saying that she played them. */
START_TEST(songs_that_are_not_out_yet_stay_hidden_from_who_says_that_they_played_them)
{
    char header[100];
    snprintf(header, sizeof header, "%s", make_token(28));
    test_pg_sql(db, "UPDATE songs SET title = 'Kept Secret', release_date = CURRENT_DATE + 30 "
                    "WHERE song_id IN (95, 96)");
    user(28);
    ck_assert_int_eq(tell(95, "play", "{\"position_s\":20}"), 202);
    ck_assert_int_eq(tell(96, "play", "{\"position_s\":20,\"played_s\":5}"), 202); /* goes on */
    arrived();
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    lacks("Kept Secret");
    ck_assert_int_eq(get("/api/v1/me/resume"), 200);
    lacks("Kept Secret");
    ck_assert_int_eq(get("/api/v1/me/songs/95/position"), 404);
    ck_assert_int_eq(ask("PUT", "/api/v1/me/songs/95/position", as, "{\"position_s\":1}"), 404);
    ck_assert_int_eq(ask("GET", "/1/user/28/listens", header, NULL), 200);
    lacks("Kept Secret");
    test_pg_sql(db, "UPDATE songs SET release_date = CURRENT_DATE WHERE song_id IN (95, 96)");
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    holds("\"song_id\":95");
    holds("\"song_id\":96");
    ck_assert_int_eq(get("/api/v1/me/resume"), 200);
    holds("Kept Secret");
    ck_assert_int_eq(get("/api/v1/me/songs/95/position"), 200);
}
END_TEST

START_TEST(a_session_that_becomes_private_is_so_for_other_players_too)
{
    char header[100];
    snprintf(header, sizeof header, "%s", make_token(27));
    ck_assert_int_eq(submit(header, SUBMIT("single", LISTEN("1733000000", "Nobody", "Before", ""))),
                     200);
    test_pg_sql(db, "UPDATE users SET private_session = true WHERE user_id = 27");
    becomes("SELECT count(*) FROM listens WHERE user_id = 27 AND track = 'Before'", "1");
    user(27);
    bool heard = false; /* by the API */
    for (int i = 0; i < 600 && !heard; i++) {
        test_pg_sql(db, "DELETE FROM listens WHERE user_id = 27 AND track = 'Meanwhile'");
        ck_assert_int_eq(
            submit(header, SUBMIT("single", LISTEN("1733000100", "Nobody", "Meanwhile", ""))), 200);
        ck_assert_int_eq(get("/api/v1/me/history"), 200); /* all that was kept is there now */
        heard = *test_pg_sql(db, "SELECT count(*) FROM listens WHERE user_id = 27 AND track = "
                                 "'Meanwhile'") == '0';
        if (!heard)
            sg_sleep_us(100000);
    }
    ck_assert_int_eq(submit(header, SUBMIT("single", LISTEN("1733000200", "Nobody", "After", ""))),
                     200);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    is("SELECT string_agg(track, ' ') FROM listens WHERE user_id = 27", "Before");
}
END_TEST

/* A machine that was cloned: two APIs, each with the same journal as far as it went. */
START_TEST(an_api_that_was_copied_loses_no_plays)
{
    static struct test_indexer copy;
    char settings[300], command[400];
    int own = port, other = test_free_port();
    user(31);
    ck_assert_int_eq(tell(700, "play", NULL), 202);
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    stop(&api);
    snprintf(settings, sizeof settings,
             "api.port = %d\napi.limits = off\nplays.count_s = 1\n" TEST_PATIENT, other);
    test_indexer_init(&copy, pg, NULL, settings);
    snprintf(command, sizeof command, "cp -a %s/keys %s/plays %s/var/", var_dir, var_dir, copy.dir);
    mkdir(test_path(copy.dir, "var"), 0700);
    ck_assert_int_eq(system(command), 0);
    start_api();
    pid_t twin = test_program_spawn(&copy, "segue-api", (const char *const[]){"serve", NULL});
    for (int i = 0; i < 20; i++) {
        port = i % 2 ? own : other;
        ck_assert_int_eq(tell(701 + i, "play", NULL), 202);
        if (i % 6 < 2) /* moved now, in turns */
            ck_assert_int_eq(get("/api/v1/me/history"), 200);
    }
    port = other;
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    port = own;
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
    ck_assert_int_eq(test_stop(twin), 0);
    stop(&api); /* which moves what is left, as the next start would */
    start_api();
    becomes("SELECT count(*) || '/' || count(DISTINCT song_id) FROM listening_history "
            "WHERE user_id = 31",
            "21/21");
}
END_TEST

/* The exit code of segue-data journals; wait_s may be NULL. */
static int journals(const char *wait_s)
{
    const char *const args[] = {"journals", wait_s ? "--wait" : NULL, wait_s, NULL};
    return test_wait(test_program_spawn(&x, "segue-data", args));
}

START_TEST(what_was_acknowledged_survives_kill_9_and_a_database_that_is_away)
{
    user(30);
    ck_assert_int_eq(journals("60"), 0);
    PQfinish(db);
    test_pg_crash(pg);
    for (int i = 1; i <= 30; i++)
        ck_assert_int_eq(tell(500 + i, "play", NULL), 202);
    ck_assert_int_eq(get("/api/v1/me/history"), 503);
    kill(api, SIGKILL);
    test_wait(api);
    ck_assert_int_eq(journals(NULL), 1); /* and segue-data tells it */
    ck_assert(test_logged(&x, "segue-data", "plays      30 not in the database\n"));
    test_pg_up(pg);
    db = test_pg_connect(pg);
    start_api();
    ck_assert_int_eq(journals("60"), 0); /* what backup waits for */
    is("SELECT count(*) || '/' || count(DISTINCT song_id) FROM listening_history "
       "WHERE user_id = 30",
       "30/30");
    ck_assert_int_eq(get("/api/v1/me/history"), 200);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plays");
    TCase *t = tcase_create("plays");
    tcase_set_timeout(t, 240);
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, a_play_is_in_its_listeners_history_at_once_and_once);
    tcase_add_test(t, words_of_a_play_may_come_in_any_order);
    tcase_add_test(t, what_was_hardly_heard_does_not_count);
    tcase_add_test(t, excess_is_kept_and_does_not_count);
    tcase_add_test(t, clocks_are_believed_within_bounds);
    tcase_add_test(t, who_stopped_goes_on_there);
    tcase_add_test(t, history_comes_in_pages_without_gaps);
    tcase_add_test(t, what_is_forgotten_stays_forgotten);
    tcase_add_test(t, nothing_of_a_private_session_is_kept);
    tcase_add_test(t, plays_of_what_is_not_there_are_left_out);
    tcase_add_test(t, other_players_submit_listens);
    tcase_add_test(t, listens_of_now_count_and_what_plays_now_does_not);
    tcase_add_test(t, submissions_that_are_wrong_are_refused_as_listenbrainz_does);
    tcase_add_test(t, tokens_are_listed_without_themselves_and_revoked);
    tcase_add_test(t, hostile_words_are_refused_by_name);
    tcase_add_test(t, songs_that_are_not_out_yet_stay_hidden_from_who_says_that_they_played_them);
    tcase_add_test(t, a_session_that_becomes_private_is_so_for_other_players_too);
    tcase_add_test(t, an_api_that_was_copied_loses_no_plays);
    tcase_add_test(t, what_was_acknowledged_survives_kill_9_and_a_database_that_is_away);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
