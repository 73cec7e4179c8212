/* test_plays_exactly_once.c - each acknowledged play is in the database once, whatever is
 * killed.
 *
 * Plays come over HTTP at a rate while the API is killed (SIGKILL) again and again and the
 * database is restarted or killed. A play's number lies in its time, so that every row tells
 * which one it is. Half of those whose answer never came are told again, as players do: they
 * must not count twice either. Small unless the environment asks for more:
 *
 *   SEGUE_TEST_PLAYS_SECONDS=60 SEGUE_TEST_PLAYS_RATE=5000 SEGUE_TEST_PLAYS_KILLS=10
 *   SEGUE_TEST_PLAYS_RESTARTS=2
 */
#include "core/clock.h"
#include "core/instant.h"
#include "core/pg.h"
#include "core/uuid.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/load.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define USERS 1000
#define SONGS 50000

enum { SENT = 1, ACKNOWLEDGED = 2, THERE = 4 };

static struct test_indexer x;
static struct test_pg *pg;
static pid_t api;
static int port;
static char *tokens[USERS];
static unsigned char *plays; /* by number */
static size_t n_plays;
static int64_t base_us;
static double seconds, rate;
static int kills, restarts;
static atomic_bool over, at_rest, finished;
static pthread_t thread;

static double setting(const char *name, double otherwise)
{
    const char *v = getenv(name);
    return v ? atof(v) : otherwise;
}

static void make_people(PGconn *db)
{
    char var_dir[96];
    snprintf(var_dir, sizeof var_dir, "%s/var", x.dir);
    test_pg_sql(db, "INSERT INTO artists (name) VALUES ('A')");
    test_pg_sql(db,
                "INSERT INTO songs (song_id, artist_id, title, duration_s) "
                "SELECT s, 1, 'Song ' || s, 200 FROM generate_series(1, %d) s",
                SONGS);
    test_pg_sql(db,
                "INSERT INTO users (user_id, email, display_name) "
                "SELECT u, u || '@example.org', 'U' FROM generate_series(1, %d) u",
                USERS);
    test_pg_sql(db, "ANALYZE");
    for (size_t i = 0; i < USERS; i++)
        tokens[i] = strdup(test_token(var_dir, i + 1, SG_ROLE_USER, SG_FREE));
}

static void start_api(void)
{
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
}

static void make(void *ctx, uint64_t n, struct sg_buf *out)
{
    char body[160], at[SG_INSTANT_CHARS + 1];
    (void)ctx;
    plays[n] |= SENT;
    sg_instant_text(base_us + (int64_t)n, at);
    int body_n = snprintf(body, sizeof body,
                          "{\"event_id\":\"00000000-0000-8000-8000-%012llx\",\"played_at\":\"%s\"}",
                          (unsigned long long)n + 1, at);
    sg_buf_printf(out,
                  "POST /api/v1/songs/%llu/play HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                  "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                  (unsigned long long)(n * 7919 % SONGS) + 1, tokens[n % USERS], body_n, body);
}

static bool answered(void *ctx, uint64_t n, int status)
{
    (void)ctx;
    if (status == 202)
        plays[n] |= ACKNOWLEDGED;
    return status == 503 || (!status && n % 2);
}

/* Kills the API and restarts the database, evenly over the time; lives as long as the API, which
 * would die with the thread that started it. */
static void *nemesis(void *ctx)
{
    int all = kills + restarts, restarted = 0;
    (void)ctx;
    for (int i = 0; i < all && !over; i++) {
        sg_sleep_us((int64_t)(seconds * 1e6 / (all + 1)));
        if (restarts * (i + 1) / all > restarted) {
            if (restarted++ % 2)
                test_pg_restart(pg);
            else {
                test_pg_crash(pg);
                test_pg_up(pg);
            }
            continue;
        }
        kill(api, SIGKILL);
        test_wait(api);
        start_api();
    }
    at_rest = true;
    while (!finished)
        sg_sleep_us(10000);
    return NULL;
}

struct found {
    size_t rows, strange, twice;
};

static int look(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct found *f = ctx;
    int64_t us = 0;
    (void)n;
    (void)e;
    f->rows++;
    sg_str_to_i64(cells[0], &us);
    us -= base_us;
    if (us < 0 || us >= (int64_t)n_plays || !(plays[us] & SENT)) {
        f->strange++;
        return 0;
    }
    f->twice += (plays[us] & THERE) != 0;
    plays[us] |= THERE;
    return 0;
}

static size_t count_of(unsigned char bits)
{
    size_t n = 0;
    for (size_t i = 0; i < n_plays; i++)
        n += (plays[i] & bits) == bits;
    return n;
}

/* Until the API has moved all it has. */
static void settle(PGconn *db, size_t at_least)
{
    const char *before = "";
    char was[32] = "";
    for (int i = 0; i < 600; i++) {
        before = test_pg_sql(db, "SELECT count(*) FROM listening_history");
        if ((size_t)atoll(before) >= at_least && strcmp(before, was) == 0)
            return;
        snprintf(was, sizeof was, "%s", before);
        sg_sleep_us(300000);
    }
    test_show(&x, "segue-api");
}

/* In the end: what nobody was told of may come later than the rest. */
static bool all_is_counted_once(PGconn *db)
{
    for (int i = 0; i < 3000; i++, sg_sleep_us(100000))
        if (*test_pg_sql(db, "SELECT (SELECT count(*) FROM play_deltas) = 0 AND "
                             "(SELECT sum(plays) FROM song_plays_daily) = "
                             "(SELECT count(*) FILTER (WHERE counted) FROM listening_history) AND "
                             "(SELECT sum(play_count) FROM songs) = "
                             "(SELECT sum(plays) FROM song_plays_daily)") == 't')
            return true;
    return false;
}

START_TEST(each_acknowledged_play_is_in_the_database_once)
{
    struct test_load_kind kind = {.name = "plays",
                                  .per_second = rate,
                                  .connections = rate > 1000 ? 256 : 32,
                                  .make = make,
                                  .answered = answered};
    struct test_load load = {
        .port = port, .seconds = seconds, .kinds = &kind, .n_kinds = 1, .patience_s = 120};
    struct found f = {0};
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(pthread_create(&thread, NULL, nemesis, NULL), 0);
    test_load_run(&load);
    over = true;
    while (!at_rest)
        sg_sleep_us(10000);
    test_load_print(&load, seconds);
    size_t acknowledged = count_of(ACKNOWLEDGED);
    PGconn *db = test_pg_connect(pg);
    settle(db, acknowledged);
    ck_assert_int_eq(sg_pg_copy_out(db,
                                    "SELECT (extract(epoch FROM played_at) * 1e6)::bigint "
                                    "FROM listening_history",
                                    look, &f, &e),
                     0);
    fprintf(stderr,
            "%zu sent, %zu acknowledged, %zu in the database, of them %zu not acknowledged\n",
            count_of(SENT), acknowledged, f.rows, f.rows - count_of(ACKNOWLEDGED | THERE));
    ck_assert_uint_eq(f.strange, 0);
    ck_assert_uint_eq(f.twice, 0);
    ck_assert_uint_eq(count_of(ACKNOWLEDGED | THERE), acknowledged);
    ck_assert_uint_gt(acknowledged, n_plays / 2);
    ck_assert(all_is_counted_once(db));
    PQfinish(db);
}
END_TEST

static void setup(void)
{
    char settings[200], said[4000], var_dir[96];
    seconds = setting("SEGUE_TEST_PLAYS_SECONDS", 4);
    rate = setting("SEGUE_TEST_PLAYS_RATE", 250);
    kills = (int)setting("SEGUE_TEST_PLAYS_KILLS", 2);
    restarts = (int)setting("SEGUE_TEST_PLAYS_RESTARTS", 1);
    n_plays = (size_t)(seconds * rate) + 1;
    plays = calloc(n_plays, 1);
    base_us = (sg_wall_us() / 1000000 - 7200) * 1000000;
    pg = test_pg_start_migrated("max_wal_size = 4GB\nshared_buffers = 256MB\n");
    port = test_free_port();
    snprintf(settings, sizeof settings,
             "api.port = %d\napi.limits = off\nplays.count_s = 5\nplays.song_per_hour = 3600\n"
             "plays.user_per_hour = 3600\nsearchlog.enabled = 0\n",
             port);
    test_indexer_init(&x, pg, NULL, settings);
    snprintf(var_dir, sizeof var_dir, "%s/var", x.dir);
    ck_assert_int_eq(mkdir(var_dir, 0700), 0);
    start_api();
    test_http(port, "GET", "/metrics", NULL, NULL, said, sizeof said);
    PGconn *db = test_pg_connect(pg);
    make_people(db);
    PQfinish(db);
}

static void teardown(void)
{
    int code = test_stop(api); /* it may have been started a moment ago */
    finished = true;
    pthread_join(thread, NULL);
    if (code)
        test_show(&x, "segue-api");
    ck_assert_int_eq(code, 0);
    for (size_t i = 0; i < USERS; i++)
        free(tokens[i]);
    free(plays);
}

int main(void)
{
    Suite *s = suite_create("plays exactly once");
    TCase *t = tcase_create("plays");
    tcase_set_timeout(t, 900);
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, each_acknowledged_play_is_in_the_database_once);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
