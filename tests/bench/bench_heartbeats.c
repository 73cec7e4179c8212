/* bench_heartbeats.c - many streams tell how they go on (PUT /playback/sessions/{id}), each every
 * 20 seconds, to a segue-api that writes them into a PostgreSQL of its own.
 *
 *   bench_heartbeats [streams 50000] [seconds 60]
 *
 * The load generator shares the machine; what is told of the API and the database is their
 * processor time, whoever else uses it, how late a word is written, and what a stream takes of
 * memory. $SEGUE_BIN is where the programs are.
 */
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/listener.h"
#include "tests/support/load.h"
#include "tests/support/pg.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USERS = 1000, EVERY_S = 20 };

static struct test_listeners l;
static char *tokens[USERS];
static int streams = 50000;
static double seconds = 60, worst_late_s;

static void make_beat(void *ctx, uint64_t n, struct sg_buf *out)
{
    char body[100];
    uint64_t stream = n % (uint64_t)streams, turn = n / (uint64_t)streams + 1;
    (void)ctx;
    snprintf(body, sizeof body, "{\"position_ms\":%llu,\"state\":\"playing\"}",
             (unsigned long long)turn * EVERY_S * 1000);
    sg_buf_printf(out,
                  "PUT /api/v1/playback/sessions/%llu HTTP/1.1\r\nHost: x\r\n"
                  "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                  "Content-Length: %zu\r\n\r\n%s",
                  (unsigned long long)stream + 1, tokens[stream % USERS], strlen(body), body);
}

static double cpu_s(pid_t pid)
{
    char path[40], text[1000];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    const char *at = strrchr(text, ')');
    if (at)
        sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double rss_kb(pid_t pid)
{
    char path[40], line[200];
    double kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %lf", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb;
}

/* The connection that writes, and is idle but for that: the one that listens. */
static pid_t writer(void)
{
    const char *pid = test_pg_sql(
        l.db, "SELECT coalesce(min(pid), 0) FROM pg_stat_activity WHERE query LIKE '%%"
              "json_to_recordset($1::json) AS x (i bigint%%' AND pid <> pg_backend_pid()");
    return (pid_t)atoi(pid);
}

/* What was told last is written within a second, unless the database is busy. */
static int written(int at_least)
{
    int n = 0;
    for (int tries = 600; tries > 0; tries--) {
        n = atoi(test_pg_sql(l.db, "SELECT count(*) FROM playback_sessions WHERE position_ms > 0"));
        if (n >= at_least)
            break;
        sg_sleep_us(100000);
    }
    return n;
}

/* How old the oldest word is that should have been told anew: more than its 20 s is late. */
static void every_second(void *ctx, double elapsed_s)
{
    (void)ctx;
    if (elapsed_s < EVERY_S + 2 || (int)elapsed_s % 5)
        return;
    double late = atof(test_pg_sql(l.db, "SELECT extract(epoch FROM clock_timestamp() - "
                                         "min(told_at)) FROM playback_sessions")) -
                  EVERY_S;
    worst_late_s = late > worst_late_s ? late : worst_late_s;
}

static void make_streams(void)
{
    char var[200];
    snprintf(var, sizeof var, "%s/var", l.x.dir);
    for (int i = 0; i < USERS; i++)
        tokens[i] = strdup(test_token(var, (uint64_t)i + 1, SG_ROLE_USER, SG_PREMIUM));
    test_pg_sql(l.db,
                "INSERT INTO playback_sessions (playback_id, user_id, login_id, device_id, device, "
                "song_id) SELECT s + 1, 1 + s %% %d, 1, 'device-' || s, 'A device', 1 + s %% 60 "
                "FROM generate_series(0, %d) s",
                USERS, streams - 1);
}

START_TEST(beats)
{
    test_listeners_start(&l, USERS, "playback.heartbeat_s = 20\n");
    make_streams();
    double rss = rss_kb(l.api);
    struct test_load_kind kind = {.name = "heartbeats",
                                  .per_second = (double)streams / EVERY_S,
                                  .connections = 256,
                                  .make = make_beat};
    struct test_load load = {.port = l.port,
                             .seconds = seconds,
                             .kinds = &kind,
                             .n_kinds = 1,
                             .patience_s = 30,
                             .every_second = every_second};
    double api = cpu_s(l.api);
    int64_t began = sg_now_us();
    test_load_run(&load);
    double took = (double)(sg_now_us() - began) / 1e6;
    uint64_t told = kind.due < (uint64_t)streams ? kind.due : (uint64_t)streams;
    sg_sleep_us(2000000);
    int rows = written((int)told);
    test_load_print(&load, took);
    double n = (double)kind.good;
    printf("processor time a heartbeat: API %.1f us, its writer in the database %.1f us\n",
           (cpu_s(l.api) - api) / n * 1e6, cpu_s(writer()) / n * 1e6);
    printf("memory of the API a stream: %.2f KiB; latest word written: %.1f s after it was due\n",
           (rss_kb(l.api) - rss) / streams, worst_late_s);
    ck_assert_uint_eq(kind.good, kind.due);
    ck_assert_int_eq(rows, (int)told);
    test_listeners_stop(&l);
}
END_TEST

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    streams = argc > 1 ? atoi(argv[1]) : streams;
    seconds = argc > 2 ? atof(argv[2]) : seconds;
    Suite *suite = suite_create("heartbeats");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 0);
    tcase_add_test(all, beats);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
