/* test_database_away.c - the real servers while PostgreSQL is stopped, frozen or being migrated,
 * and while the query server or the recommender is killed, or the object store is away: what needs
 * them says so, the rest goes on, and all of it comes back by itself.
 */
#include "core/clock.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t query, recsys, api;
static int port;
static char said[1 << 19];

static int get(const char *path)
{
    return test_http(port, "GET", path, NULL, NULL, said, sizeof said);
}

static const char like[] = "{\"user_id\":2,\"kind\":\"like\",\"song_id\":4}";

static int write_something(void)
{
    return test_http(port, "POST", "/api/v1/feedback", "Content-Type: application/json\r\n", like,
                     said, sizeof said);
}

static bool tells(const char *text)
{
    return strstr(said, text) != NULL;
}

/* Asks until it is so, a minute at most; how long it took. */
#define BECOMES(asked, what)                                                                       \
    do {                                                                                           \
        int64_t began_ = sg_now_us();                                                              \
        int status = asked;                                                                        \
        while (!(what)) {                                                                          \
            ck_assert_msg(sg_now_us() - began_ < 60000000, "%s: %d %.1500s", #asked, status,       \
                          said);                                                                   \
            sg_sleep_us(10000);                                                                    \
            status = asked;                                                                        \
        }                                                                                          \
        printf("%s: %s after %.2f s\n", #asked, #what, (double)(sg_now_us() - began_) / 1e6);      \
    } while (0)

static const char search[] = "/api/v1/search?q=song", suggest[] = "/api/v1/suggest?q=so",
                  recommend[] = "/api/v1/recommendations?user_id=2&limit=5",
                  trending[] = "/api/v1/songs/trending?limit=5";

static void start(pid_t *pid, const char *program)
{
    *pid = test_program_spawn(&x, program, (const char *const[]){"serve", NULL});
}

static void stop(pid_t *pid, int signal)
{
    kill(*pid, signal);
    (void)test_wait(*pid);
    *pid = 0;
}

static void make_catalogue(void)
{
    test_pg_sql(db, "INSERT INTO artists (artist_id, name) SELECT i, 'Artist ' || i "
                    "FROM generate_series(1, 10) i");
    test_pg_sql(db, "INSERT INTO songs (artist_id, song_id, title, play_count) "
                    "SELECT i %% 10 + 1, i, 'Song ' || i, i FROM generate_series(1, 200) i");
    test_pg_sql(db, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) "
                    "SELECT artist_id, song_id, 1, artist_id FROM songs");
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) "
                    "SELECT i, 'u' || i, 'U' FROM generate_series(1, 20) i");
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at, played_s) "
                    "SELECT u, s, now() - s * interval '1 minute', 180 FROM generate_series(1, 20) "
                    "u, generate_series(1, 40) s WHERE (u + s) %% 3 = 0");
}

static void setup(void)
{
    char settings[300];
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    make_catalogue();
    port = test_free_port();
    snprintf(settings, sizeof settings,
             "api.port = %d\napi.trust_user_id = on\nrecsys.heard_days = 0\npg.away_ms = 1000\n"
             "pg.lock_timeout_ms = 1500\npg.statement_timeout_ms = 10000\n",
             port);
    test_indexer_init(&x, pg, NULL, settings);
    mkdir(test_path(x.dir, "var"), 0700);
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", NULL}), 0);
    test_indexer_run(&x);
    start(&query, "segue-query");
    start(&recsys, "segue-recsys");
    start(&api, "segue-api");
    BECOMES(get(search), status == 200);
    BECOMES(get(recommend), status == 200);
    BECOMES(get(trending), status == 200);
    /* what was read before the cache began to follow is forgotten then */
    BECOMES(get("/metrics"), status == 200 && tells("\nsegue_cache_following 1\n"));
    BECOMES(get("/api/v1/songs/7"), status == 200 && tells("credits"));
    BECOMES(write_something(), status == 204);
}

static void teardown(void)
{
    stop(&api, SIGTERM);
    stop(&recsys, SIGTERM);
    stop(&query, SIGTERM);
    test_indexer_kill(&x, SIGTERM);
    PQfinish(db);
}

/* What needs no database, and what was read before. */
static void check_that_reads_go_on(void)
{
    static const char *const paths[] = {search,   suggest,           recommend,
                                        trending, "/api/v1/songs/7", "/api/v1/songs/7/similar"};
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
            ck_assert_msg(get(paths[i]) == 200, "%s: %.1500s", paths[i], said);
    ck_assert_int_eq(get("/api/v1/songs/7"), 200);
    ck_assert(tells("credits"));
}

static void while_it_is_stopped_reads_go_on_and_writes_are_refused(void)
{
    test_pg_stop(pg);
    BECOMES(write_something(), status == 503);
    ck_assert(tells("Retry-After: "));
    check_that_reads_go_on();
    ck_assert_int_eq(get("/api/v1/songs/150"), 200); /* never read: as the search knows it */
    ck_assert(tells("Song 150"));
    ck_assert_int_eq(get("/health"), 503);
    ck_assert(tells("\"database\":false"));
    ck_assert(tells("\"query\":true"));
    test_pg_up(pg);
    PQreset(db);
    BECOMES(write_something(), status == 204);
    BECOMES(get("/api/v1/songs/150"), status == 200 && tells("credits"));
}

static void *write_once(void *unused)
{
    (void)unused;
    char answer[4096];
    int status = test_http(port, "POST", "/api/v1/feedback", "Content-Type: application/json\r\n",
                           like, answer, sizeof answer);
    return (void *)(intptr_t)status; /* NOLINT(performance-no-int-to-ptr) */
}

/* More writers than workers. */
static void while_it_is_frozen_nobody_is_held_for_long(void)
{
    enum { N = 24 };
    pthread_t writers[N];
    test_pg_freeze(pg);
    for (int i = 0; i < N; i++)
        pthread_create(&writers[i], NULL, write_once, NULL);
    int found = get(search), song = get("/api/v1/songs/7");
    for (int i = 0; i < N; i++) {
        void *status;
        pthread_join(writers[i], &status);
        if ((intptr_t)status != 503 && (intptr_t)status != 504)
            test_pg_thaw(pg);
        ck_assert_msg((intptr_t)status == 503 || (intptr_t)status == 504, "%d",
                      (int)(intptr_t)status);
    }
    BECOMES(write_something(), status == 503);
    int similar = get("/api/v1/songs/7/similar");
    test_pg_thaw(pg);
    ck_assert_int_eq(found, 200);
    ck_assert_int_eq(song, 200);
    ck_assert_int_eq(similar, 200);
    BECOMES(write_something(), status == 204);
}

/* Its threads that wait for the database without a deadline are told to stop waiting. */
static void while_it_is_frozen_the_api_stops_when_it_is_asked_to(void)
{
    test_pg_freeze(pg);
    BECOMES(get("/health"), status == 503 && tells("\"database\":false"));
    kill(api, SIGTERM);
    int code = -1;
    for (int i = 0; i < 3000 && code < 0; i++) {
        int status;
        if (waitpid(api, &status, WNOHANG) == api)
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        sg_sleep_us(20000);
    }
    test_pg_thaw(pg);
    ck_assert_int_eq(code, 0);
    start(&api, "segue-api");
    BECOMES(write_something(), status == 204);
}

/* In its own words it would tell tables, values and processes. */
static void what_the_database_says_is_not_for_everybody(void)
{
    test_pg_sql(db, "BEGIN");
    test_pg_sql(db, "LOCK TABLE feedback IN ACCESS EXCLUSIVE MODE");
    ck_assert_int_eq(write_something(), 503);
    test_pg_sql(db, "ROLLBACK");
    ck_assert_msg(tells("Retry-After: ") && !tells("SQLSTATE") && !tells("lock"), "%s", said);
}

static void without_the_query_server_the_rest_goes_on(void)
{
    stop(&query, SIGKILL);
    BECOMES(get(search), status == 503);
    ck_assert(tells("Retry-After: "));
    ck_assert(tells("the query server") && !tells("ipc:"));
    ck_assert_int_eq(get("/health"), 503);
    ck_assert(!tells("ipc:"));
    ck_assert_int_eq(get("/api/v1/songs/7"), 200);
    ck_assert_int_eq(get("/api/v1/songs/160"), 200); /* from the database */
    ck_assert_int_eq(write_something(), 204);
    start(&query, "segue-query");
    BECOMES(get(search), status == 200);
}

static void without_the_recommender_what_was_trending_answers(void)
{
    stop(&recsys, SIGKILL);
    BECOMES(get(recommend), status == 200 && tells("\"fallback\":\"the recommender"));
    ck_assert_int_eq(get(search), 200);
    ck_assert_int_eq(get("/api/v1/songs/7"), 200);
    ck_assert_int_eq(write_something(), 204);
    start(&recsys, "segue-recsys");
    BECOMES(get(recommend), status == 200 && !tells("\"fallback\":\"the recommender"));
}

static void without_the_store_health_says_so(void)
{
    char from[512], to[512];
    snprintf(from, sizeof from, "%s", test_path(x.dir, "var/objects"));
    snprintf(to, sizeof to, "%s.away", from);
    BECOMES(get("/health"), status == 200);
    ck_assert(tells("\"name\":\"objects\",\"healthy\":true"));
    ck_assert_int_eq(rename(from, to), 0);
    ck_assert_int_eq(get("/health"), 503);
    ck_assert(tells("\"name\":\"objects\",\"healthy\":false"));
    ck_assert(!tells(from));
    ck_assert_int_eq(rename(to, from), 0);
    BECOMES(get("/health"), status == 200);
}

/* Readers, while the tables are changed under them. */
static atomic_bool over;
static atomic_int asked;

static void *read_on(void *arg)
{
    char answer[8192], path[64];
    for (int i = 0; !over; i++) {
        snprintf(path, sizeof path, i % 2 ? "/api/v1/songs/%d" : "/api/v1/feedback?user_id=%d",
                 i % 2 ? i % 200 + 1 : 2);
        int status = test_http(port, "GET", path, NULL, NULL, answer, sizeof answer);
        asked++;
        if (status != 200) {
            fprintf(stderr, "%s: %d %s\n", path, status, answer);
            return arg;
        }
    }
    return NULL;
}

static void a_migration_fails_no_read(void)
{
    static const char *const steps[] = {
        "ALTER TABLE songs ADD COLUMN mood text",
        "ALTER TABLE feedback ADD COLUMN note text NOT NULL DEFAULT ''",
        "CREATE INDEX feedback_note ON feedback (note)",
        "ALTER TABLE artists ADD COLUMN rank bigint DEFAULT 5",
        "ALTER TABLE feedback DROP COLUMN note",
        "ALTER TABLE songs ALTER COLUMN mood SET DEFAULT 'blue'",
        "UPDATE songs SET mood = 'red'",
    };
    pthread_t readers[3];
    for (size_t i = 0; i < 3; i++)
        pthread_create(&readers[i], NULL, read_on, &asked);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int before = asked;
        test_pg_sql(db, "%s", steps[i]);
        while (asked < before + 30)
            sg_sleep_us(1000);
    }
    over = true;
    for (size_t i = 0; i < 3; i++) {
        void *failed;
        pthread_join(readers[i], &failed);
        ck_assert_ptr_null(failed);
    }
}

START_TEST(the_servers_without_each_other)
{
    setup();
    while_it_is_stopped_reads_go_on_and_writes_are_refused();
    while_it_is_frozen_nobody_is_held_for_long();
    while_it_is_frozen_the_api_stops_when_it_is_asked_to();
    what_the_database_says_is_not_for_everybody();
    without_the_query_server_the_rest_goes_on();
    without_the_recommender_what_was_trending_answers();
    without_the_store_health_says_so();
    a_migration_fails_no_read();
    teardown();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("database_away");
    TCase *t = tcase_create("all");
    tcase_add_test(t, the_servers_without_each_other);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
