/* test_search_log.c - searches, clicks and what comes of them: the real API, query server
 * and indexer over a real database, asked over HTTP; killed, opted out of, deleted from. */
#include "core/clock.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/writer.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t query, api;
static int port;

/* The status; the body in `said`. */
static char said[65536];

static int ask(const char *method, const char *path, const char *headers, const char *body)
{
    int status = test_http(port, method, path, headers, body ? body : "", said, sizeof said);
    char *end = strstr(said, "\r\n\r\n");
    if (end)
        memmove(said, end + 4, strlen(end + 4) + 1);
    return status;
}

#define GET(path) ask("GET", path, NULL, NULL)

static const char *search_id(void)
{
    static char id[37];
    char *at = strstr(said, "\"search_id\":\"");
    ck_assert_msg(at != NULL, "%s", said);
    snprintf(id, sizeof id, "%.36s", at + 13);
    return id;
}

static int choose(const char *id, const char *action, const char *body)
{
    char path[100];
    snprintf(path, sizeof path, "/api/v1/search/%s/%s", id, action);
    return ask("POST", path, NULL, body);
}

static void start_api(void)
{
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    for (int i = 0; i < 1200 && GET("/api/v1/search?q=song&log=false") != 200; i++)
        sg_sleep_us(100000);
}

static void setup(void)
{
    char settings[600];
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    test_writer_seed(db);
    port = test_free_port();
    snprintf(settings, sizeof settings,
             "api.port = %d\napi.trust_user_id = on\nsearchlog.min_people = 3\nsearchlog.roll_up_s "
             "= 1\n" TEST_PATIENT,
             port);
    test_indexer_init(&x, pg, NULL, settings);
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", NULL}), 0);
    test_indexer_run(&x);
    query = test_program_spawn(&x, "segue-query", (const char *const[]){"serve", NULL});
    start_api();
}

static void stop(pid_t *pid)
{
    if (*pid) {
        kill(*pid, SIGTERM);
        ck_assert_int_eq(test_wait(*pid), 0);
    }
    *pid = 0;
}

static void teardown(void)
{
    stop(&api);
    stop(&query);
    ck_assert_int_eq(test_indexer_kill(&x, SIGTERM), 0);
    PQfinish(db);
}

/* Waits until sql gives this, however busy the machine is. */
static void becomes(const char *sql, const char *value)
{
    const char *is = "";
    for (int i = 0; i < 2400; i++) {
        is = test_pg_sql(db, "%s", sql);
        if (strcmp(is, value) == 0)
            return;
        sg_sleep_us(50000);
    }
    test_show(&x, "segue-api");
    ck_abort_msg("%s: %s, not %s", sql, is, value);
}

/* Empties tables of the log once all that was asked before has come there: it comes in order. */
static void begin_with_empty(const char *tables)
{
    static int n;
    char text[200];
    snprintf(text, sizeof text, "/api/v1/search?q=marker%d", ++n);
    ck_assert_int_eq(GET(text), 200);
    snprintf(text, sizeof text, "SELECT count(*) FROM search_log WHERE folded = 'marker%d'", n);
    becomes(text, "1");
    test_pg_sql(db, "TRUNCATE %s", tables);
}

/* Searches as a user and clicks the first song. */
static void search_and_click(int user, const char *q, const char *more)
{
    char path[300];
    snprintf(path, sizeof path, "/api/v1/search?q=%s&user_id=%d%s", q, user, more);
    ck_assert_int_eq(GET(path), 200);
    ck_assert_int_eq(choose(search_id(), "click", "{\"type\":\"song\",\"id\":7,\"position\":1}"),
                     204);
}

START_TEST(searches_and_choices_reach_the_database_once)
{
    begin_with_empty("search_log, search_choices");
    ck_assert_int_eq(GET("/api/v1/search?q=Song%207&market=DE&lang=de"), 200);
    char id[37];
    snprintf(id, sizeof id, "%s", search_id());
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(choose(id, "click", "{\"type\":\"song\",\"id\":7,\"position\":2}"), 204);
    ck_assert_int_eq(choose(id, "play", "{\"type\":\"song\",\"id\":7,\"position\":2}"), 204);
    becomes("SELECT string_agg(action, ',' ORDER BY action) FROM search_choices", "click,play");
    becomes(
        "SELECT concat_ws('|', source, query, folded, total > 0, shown > 0, market, lang, chosen, "
        "person IS NOT NULL) FROM search_log",
        "search|Song 7|song 7|t|t|DE|de|t|t");
    ck_assert_int_eq(GET("/api/v1/search?q=qqqqzzzz"), 200);
    becomes("SELECT total FROM search_log WHERE folded = 'qqqqzzzz'", "0");
    ck_assert_int_eq(GET("/api/v1/suggest?q=son"), 200);
    search_id();
    becomes("SELECT query || total FROM search_log WHERE source = 'suggest'", "8");
}
END_TEST

START_TEST(who_opts_out_leaves_no_trace)
{
    begin_with_empty("search_log, search_choices, recent_searches, search_queries");
    ck_assert_int_eq(GET("/api/v1/search?q=song&user_id=5&log=false"), 200);
    ck_assert_ptr_null(strstr(said, "search_id"));
    ck_assert_int_eq(ask("GET", "/api/v1/search?q=song&user_id=5", "DNT: 1\r\n", NULL), 200);
    ck_assert_ptr_null(strstr(said, "search_id"));
    ck_assert_int_eq(ask("GET", "/api/v1/suggest?q=so&user_id=5", "Sec-GPC: 1\r\n", NULL), 200);
    ck_assert_ptr_null(strstr(said, "search_id"));
    ck_assert_int_eq(GET("/api/v1/search/recent?user_id=5"), 200);
    ck_assert_str_eq(said, "{\"searches\":[]}");
    ck_assert_int_eq(GET("/api/v1/search?q=after"), 200);
    becomes("SELECT count(*) FROM search_log WHERE folded = 'after'", "1");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM search_log"), "1");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM recent_searches"), "0");
}
END_TEST

START_TEST(what_looks_personal_is_kept_without_its_words)
{
    static const char *const texts[] = {"song%20ann@example.org", "song%20030%20123456-7",
                                        "song%20https://x.org/ann"};
    begin_with_empty("search_log, recent_searches");
    for (size_t i = 0; i < 3; i++) {
        char path[100];
        snprintf(path, sizeof path, "/api/v1/search?q=%s&user_id=6", texts[i]);
        ck_assert_int_eq(GET(path), 200);
    }
    becomes("SELECT count(*) || string_agg(query || folded, '') FROM search_log", "3");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM recent_searches"), "0");
}
END_TEST

START_TEST(recent_searches_are_shown_first_and_deleted_for_good)
{
    begin_with_empty("search_log, recent_searches");
    test_pg_sql(db, "INSERT INTO recent_searches VALUES (77, 'song of old', 'Song of Old', now() - "
                    "interval '2 days')");
    ck_assert_int_eq(GET("/api/v1/search?q=s&user_id=77"), 200);
    ck_assert_int_eq(GET("/api/v1/search?q=Song%2012&user_id=77"), 200);
    sg_sleep_us(2000); /* times of searches are in milliseconds */
    ck_assert_int_eq(GET("/api/v1/search?q=Artist%203&user_id=77"), 200);
    ck_assert_int_eq(GET("/api/v1/search/recent?user_id=77"), 200);
    char *artist = strstr(said, "Artist 3"), *song = strstr(said, "Song 12"),
         *old = strstr(said, "Song of Old");
    ck_assert_msg(artist && song && old && artist < song && song < old, "%s", said);
    ck_assert_ptr_null(strstr(said, "\"q\":\"s\""));
    ck_assert_int_eq(GET("/api/v1/suggest?q=son&user_id=77"), 200);
    ck_assert_msg(strstr(said, "{\"suggestions\":[{\"text\":\"Song 12\",\"type\":\"query\"") ==
                      said,
                  "%s", said);
    ck_assert_ptr_nonnull(strstr(said, "\"recent\":true"));
    becomes("SELECT string_agg(query, ',' ORDER BY searched_at DESC) FROM recent_searches "
            "WHERE user_id = 77",
            "Artist 3,Song 12,Song of Old");

    ck_assert_int_eq(ask("DELETE", "/api/v1/search/recent?user_id=77&q=song%2012", NULL, NULL),
                     204);
    ck_assert_int_eq(GET("/api/v1/search/recent?user_id=77"), 200);
    ck_assert_ptr_null(strstr(said, "Song 12"));
    ck_assert_ptr_nonnull(strstr(said, "Song of Old"));
    becomes("SELECT string_agg(query, ',' ORDER BY searched_at DESC) FROM recent_searches",
            "Artist 3,Song of Old");
    ck_assert_int_eq(GET("/api/v1/search?q=Album%209&user_id=77"), 200);
    ck_assert_int_eq(ask("DELETE", "/api/v1/search/recent?user_id=77", NULL, NULL), 204);
    ck_assert_int_eq(GET("/api/v1/search/recent?user_id=77"), 200);
    ck_assert_str_eq(said, "{\"searches\":[]}");
    becomes("SELECT count(*) FILTER (WHERE person IS NOT NULL) || '/' || count(*) FROM search_log "
            "WHERE folded IN ('song 12', 'artist 3', 'album 9')",
            "0/3");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM recent_searches"), "0");
}
END_TEST

static bool trends(const char *path, const char *q)
{
    return GET(path) == 200 && strstr(said, q);
}

/* Comes to be there, or not; the answer is in said. */
static bool comes_to_trend(const char *path, const char *q, bool there)
{
    for (int i = 0; i < 1200; i++, sg_sleep_us(100000))
        if (trends(path, q) == there)
            return true;
    return false;
}

static char *generation(void)
{
    ck_assert_int_eq(GET("/api/v1/suggest?q=song&log=false"), 200);
    char *at = strstr(said, "\"generation\":\"");
    ck_assert_ptr_nonnull(at);
    at[60] = '\0';
    return at;
}

static void await_new_generation(void)
{
    char current[200], path[200];
    snprintf(path, sizeof path, "%s/CURRENT", x.index);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(current, 30, f));
    fclose(f);
    current[strcspn(current, "\n")] = '\0';
    for (int i = 0; i < 1200 && !strstr(generation(), current); i++)
        sg_sleep_us(100000);
    ck_assert_ptr_nonnull(strstr(generation(), current));
}

START_TEST(what_several_people_choose_from_becomes_popular_and_one_persons_does_not)
{
    begin_with_empty("search_log, search_choices, search_queries, search_query_people, "
                     "popular_queries");
    for (int i = 0; i < 6; i++)
        search_and_click(1, "song%20secret", "");
    for (int user = 1; user <= 4; user++)
        search_and_click(user, "SONG%20for%20Many", "&market=FR&lang=fr");
    ck_assert_msg(comes_to_trend("/api/v1/search/trending?limit=5", "SONG for Many", true), "%s",
                  said);
    ck_assert(comes_to_trend("/api/v1/search/trending?market=FR&lang=fr", "SONG for Many", true));
    ck_assert(!trends("/api/v1/search/trending?lang=de", "SONG for Many"));
    ck_assert(
        comes_to_trend("/api/v1/search/trending?market=DE", "SONG for Many", true)); /* all's */
    ck_assert_ptr_null(strstr(said, "secret"));
    ck_assert_int_eq(GET("/api/v1/suggest?q=song%20f"), 200);
    ck_assert_msg(strstr(said, "{\"text\":\"SONG for Many\",\"type\":\"query\",\"id\":0") != NULL,
                  "%s", said);
    ck_assert_ptr_null(strstr(said, "secret"));
    ck_assert_str_eq(
        test_pg_sql(db, "SELECT count(*) FROM popular_queries WHERE folded ~ 'secret'"), "0");
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", "--force", NULL}),
                     0);
    await_new_generation();
    ck_assert(comes_to_trend("/api/v1/search/trending", "SONG for Many", true));
    test_pg_sql(db, "TRUNCATE search_queries");
    ck_assert(comes_to_trend("/api/v1/search/trending", "SONG for Many", false));
}
END_TEST

START_TEST(what_was_acknowledged_survives_kill_9_and_a_database_that_is_away)
{
    begin_with_empty("search_log, search_choices");
    ck_assert_int_eq(GET("/api/v1/search?q=song"), 200);
    char id[37];
    snprintf(id, sizeof id, "%s", search_id());
    PQfinish(db);
    test_pg_crash(pg);
    for (int i = 1; i <= 30; i++) {
        char body[100];
        snprintf(body, sizeof body, "{\"type\":\"song\",\"id\":%d,\"position\":1}", i);
        ck_assert_int_eq(choose(id, "click", body), 204);
    }
    kill(api, SIGKILL);
    test_wait(api);
    test_pg_up(pg);
    db = test_pg_connect(pg);
    start_api();
    becomes("SELECT count(*) FROM search_choices", "30");
}
END_TEST

/* The report as text. */
static const char *report(const char *option, const char *file)
{
    static char text[4000];
    char out[200];
    snprintf(out, sizeof out, "%s/%s", x.dir, file ? file : "segue-data");
    unlink(out);
    const char *const args[] = {"searches", "report", option, file ? out : NULL, NULL};
    ck_assert_int_eq(test_wait(test_program_spawn(&x, "segue-data", args)), 0);
    FILE *f = fopen(out, "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

START_TEST(reports_tell_what_found_nothing_positions_and_judged_queries)
{
    begin_with_empty("search_log, search_choices");
    for (int user = 1; user <= 3; user++) {
        char path[100];
        search_and_click(user, "songg%207", "&type=song&limit=3");
        snprintf(path, sizeof path, "/api/v1/search?q=xqzxqz&user_id=%d", user);
        ck_assert_int_eq(GET(path), 200);
    }
    search_and_click(1, "secret%20song", "");
    becomes("SELECT count(*) FROM search_log", "7");
    becomes("SELECT count(*) FROM search_choices", "4");
    ck_assert_msg(strstr(report("--no-results", NULL), "xqzxqz\t3\t") != NULL, "%s",
                  report("--no-results", NULL));
    ck_assert_msg(strstr(report("--ctr", NULL), "search\t1\t") != NULL, "%s",
                  report("--ctr", NULL));
    const char *judged = report("--judged", "judged.tsv");
    ck_assert_msg(strstr(judged, "songg 7\tsong\tSong 7 | Artist 8\tclicks\n") != NULL, "%s",
                  judged);
    ck_assert_ptr_null(strstr(judged, "secret"));
    ck_assert_ptr_null(strstr(report(NULL, NULL), "secret"));
}
END_TEST

START_TEST(hostile_requests_are_refused_by_name)
{
    static const struct {
        const char *method, *path, *body, *field;
        int status;
    } v[] = {
        {"POST", "/api/v1/search/nonsense/click", "{}", "search_id", 400},
        {"POST", "/api/v1/search/00000000-0000-7000-8000-000000000000/click",
         "{\"type\":\"song\",\"id\":1}", "search_id", 400},
        {"GET", "/api/v1/search?q=a&market=de", NULL, "market", 400},
        {"GET", "/api/v1/search?q=a&user_id=-1", NULL, "user_id", 400},
        {"GET", "/api/v1/search?q=a&lang=1", NULL, "lang", 400},
        {"GET", "/api/v1/search/recent", NULL, "user_id", 400},
        {"GET", "/api/v1/search/trending?limit=1000", NULL, "limit", 400},
        {"DELETE", "/api/v1/search/recent?user_id=0", NULL, "user_id", 400},
        {"POST", "/api/v1/search/recent?user_id=1", NULL, "", 405},
        {"DELETE", "/api/v1/search/trending", NULL, "", 405},
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        char field[64];
        ck_assert_msg(ask(v[i].method, v[i].path, NULL, v[i].body) == v[i].status, "%s %s: %s",
                      v[i].method, v[i].path, said);
        snprintf(field, sizeof field, "\"field\":\"%s\"", v[i].field);
        ck_assert_msg(!*v[i].field || strstr(said, field), "%s: %s", v[i].path, said);
    }
    static const struct {
        const char *body, *field;
    } bad[] = {
        {"{\"type\":\"song\",\"id\":0}", "id"},
        {"{\"id\":1}", "type"},
        {"{\"type\":\"user\",\"id\":1}", "type"},
        {"{\"type\":\"song\",\"id\":\"x\"}", "id"},
        {"{\"type\":\"song\",\"id\":1,\"position\":-1}", "position"},
        {"[1]", NULL},
        {"{", NULL},
        {"", NULL},
    };
    ck_assert_int_eq(GET("/api/v1/search?q=song"), 200);
    char id[37];
    snprintf(id, sizeof id, "%s", search_id());
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(choose(id, "click", bad[i].body) == 400, "%s: %s", bad[i].body, said);
        ck_assert_msg(!bad[i].field || strstr(said, bad[i].field), "%s: %s", bad[i].body, said);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("search log");
    TCase *t = tcase_create("search log");
    tcase_set_timeout(t, 600);
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, searches_and_choices_reach_the_database_once);
    tcase_add_test(t, who_opts_out_leaves_no_trace);
    tcase_add_test(t, what_looks_personal_is_kept_without_its_words);
    tcase_add_test(t, recent_searches_are_shown_first_and_deleted_for_good);
    tcase_add_test(t, what_several_people_choose_from_becomes_popular_and_one_persons_does_not);
    tcase_add_test(t, reports_tell_what_found_nothing_positions_and_judged_queries);
    tcase_add_test(t, hostile_requests_are_refused_by_name);
    tcase_add_test(t, what_was_acknowledged_survives_kill_9_and_a_database_that_is_away);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
