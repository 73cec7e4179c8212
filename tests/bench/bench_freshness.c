/* bench_freshness.c - from a commit in PostgreSQL to an answer of the query server.
 *
 * Some writers commit title changes at a steady rate, one a transaction, all over
 * the catalogue. Beside them the server is asked for each new title in order of
 * commit, again and again until it is found, so that every change is a sample
 * (those that arrive together are found one after the other: their times are
 * upper bounds). The rate that was reached is printed beside the one asked for.
 *
 *   bench_freshness [--rate N] [--seconds S] [--dsn DSN --query URL]
 *
 * With --dsn and --query a running Segue is measured, whose titles it changes;
 * without, a small one of its own.
 */
#include "core/clock.h"
#include "core/pg.h"
#include "core/rpc.h"
#include "schemas/search.h"
#include "tests/support/indexer.h"
#include "tests/support/writer.h"
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SONGS      20000 /* that are changed in turn */
#define CHANGES    1000000
#define WRITERS    4 /* a commit may wait for the disk: others go on */
#define POLL_US    1000
#define PATIENCE_S 20

struct bench {
    const char *dsn, *query;
    unsigned rate, seconds;
    unsigned long long songs[SONGS];
    size_t n_songs;
    uint64_t total;
    _Atomic int64_t *committed_us; /* by change; 0: not yet */
    int64_t *waits_us;
    atomic_ulong next;
    int64_t started_us;
    _Atomic int64_t ended_us;
    unsigned long long salt; /* titles of this run */
};

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_freshness: %s: %s\n", what, why);
    exit(1);
}

static PGconn *connect_to(const char *dsn)
{
    struct sg_error e = SG_ERROR_INIT;
    PGconn *c = NULL;
    if (sg_pg_connect(&c, dsn, &e))
        die("connect", e.text);
    return c;
}

static void choose_songs(struct bench *b)
{
    PGconn *c = connect_to(b->dsn);
    PGresult *r = PQexec(c, "SELECT song_id FROM songs ORDER BY hashint8(song_id) LIMIT 20000");
    b->n_songs = (size_t)PQntuples(r);
    for (size_t i = 0; i < b->n_songs; i++)
        b->songs[i] = strtoull(PQgetvalue(r, (int)i, 0), NULL, 10);
    if (!b->n_songs)
        die("songs", "the catalogue has none");
    PQclear(r);
    PQfinish(c);
}

static void *write_on(void *arg)
{
    struct bench *b = arg;
    char sql[160];
    PGconn *c = connect_to(b->dsn);
    for (uint64_t i; (i = atomic_fetch_add(&b->next, 1)) < b->total;) {
        int64_t due = b->started_us + (int64_t)(i * 1000000 / b->rate), now = sg_now_us();
        if (now < due)
            sg_sleep_us(due - now);
        snprintf(sql, sizeof sql, "UPDATE songs SET title = 'fresh%llux%llu' WHERE song_id = %llu",
                 b->salt, (unsigned long long)i, b->songs[i % b->n_songs]);
        PGresult *r = PQexec(c, sql);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            die(sql, PQerrorMessage(c));
        PQclear(r);
        atomic_store(&b->committed_us[i], sg_now_us());
    }
    atomic_store(&b->ended_us, sg_now_us());
    PQfinish(c);
    return NULL;
}

/* True when the server finds change i by its title; not when it is late with its answer. */
static bool is_found(struct bench *b, struct sg_rpc_client *c, struct sg_arena *a, uint64_t i)
{
    char title[64];
    struct sg_search_request q;
    struct sg_search_reply r;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str song = SG_STR("song");
    snprintf(title, sizeof title, "fresh%llux%llu ", b->salt, (unsigned long long)i);
    sg_record_init(&sg_search_request_record, &q);
    q.q = sg_str(title);
    q.types = (struct sg_list){&song, 1};
    q.limit = 1;
    q.prefix = false;
    int rc = sg_rpc_call(c, SG_METHOD_SEARCH, &sg_search_request_record, &q,
                         &sg_search_reply_record, &r, a, sg_now_us() + 2000000, SG_STR_NONE, &e);
    if (rc && rc != SG_ETIMEOUT)
        die(title, e.text);
    bool found = false;
    if (!rc) {
        const struct sg_hit *h = r.results.v;
        found = r.results.n && h->song_id == b->songs[i % b->n_songs] && !r.relaxed.n;
    }
    sg_arena_reset(a);
    return found;
}

static void wait_for(struct bench *b, struct sg_rpc_client *c, struct sg_arena *a, uint64_t i)
{
    int64_t from_us;
    while (!(from_us = atomic_load(&b->committed_us[i])))
        sg_sleep_us(POLL_US);
    while (!is_found(b, c, a, i)) {
        if (sg_now_us() - from_us > PATIENCE_S * INT64_C(1000000))
            die("a change", "not searchable after 20 s");
        sg_sleep_us(POLL_US);
    }
    b->waits_us[i] = sg_now_us() - from_us;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure(struct bench *b)
{
    struct sg_rpc_client *c = NULL;
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    pthread_t writers[WRITERS];
    if (sg_rpc_client_open(&c, b->query, &e))
        die("connect", e.text);
    b->started_us = sg_now_us();
    for (int i = 0; i < WRITERS; i++) {
        if (pthread_create(&writers[i], NULL, write_on, b))
            die("thread", "refused");
    }
    for (uint64_t i = 0; i < b->total; i++)
        wait_for(b, c, &a, i);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    sg_rpc_client_close(c);
    sg_arena_free(&a);
    qsort(b->waits_us, b->total, sizeof *b->waits_us, by_value);
    printf("freshness: %llu commits at %.0f/s (asked: %u/s), commit to searchable p50 %.1f ms, "
           "p99 %.1f ms, worst %.1f ms\n",
           (unsigned long long)b->total,
           (double)b->total * 1e6 / (double)(atomic_load(&b->ended_us) - b->started_us), b->rate,
           (double)b->waits_us[b->total / 2] / 1e3, (double)b->waits_us[b->total * 99 / 100] / 1e3,
           (double)b->waits_us[b->total - 1] / 1e3);
}

/* A Segue of our own: database, index, indexer, server. */
static void measure_own(struct bench *b)
{
    static char url[160];
    struct test_pg *pg = test_pg_start_migrated(NULL);
    PGconn *c = test_pg_connect(pg);
    struct test_indexer x;
    test_writer_seed(c);
    PQfinish(c);
    test_indexer_init(&x, pg, NULL, NULL);
    snprintf(url, sizeof url, "ipc://%s/var/run/query.ipc", x.dir);
    if (test_indexer_command(&x, (const char *const[]){"rebuild", NULL}))
        die("rebuild", "failed");
    test_indexer_run(&x);
    pid_t server = test_program_spawn(&x, "segue-query", (const char *const[]){"serve", NULL});
    sg_sleep_us(1000000);
    b->dsn = pg->dsn;
    b->query = url;
    choose_songs(b);
    measure(b);
    kill(server, SIGTERM);
    test_wait(server);
    test_indexer_kill(&x, SIGTERM);
}

static bool read_options(struct bench *b, int argc, char **argv)
{
    static const struct option options[] = {{"rate", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"dsn", required_argument, NULL, 'd'},
                                            {"query", required_argument, NULL, 'q'},
                                            {0}};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'r')
            b->rate = (unsigned)strtoul(optarg, NULL, 10);
        else if (o == 's')
            b->seconds = (unsigned)strtoul(optarg, NULL, 10);
        else if (o == 'd')
            b->dsn = optarg;
        else if (o == 'q')
            b->query = optarg;
        else
            return false;
    }
    b->total = (uint64_t)b->rate * b->seconds;
    return optind == argc && !b->dsn == !b->query && b->total > 0 && b->total <= CHANGES;
}

int main(int argc, char **argv)
{
    static struct bench b = {.rate = 500, .seconds = 5};
    if (!read_options(&b, argc, argv)) {
        fprintf(stderr, "usage: %s [--rate N] [--seconds S] [--dsn DSN --query URL]\n", argv[0]);
        return 2;
    }
    b.salt = (unsigned long long)sg_wall_us() / 1000;
    b.committed_us = calloc(b.total, sizeof *b.committed_us);
    b.waits_us = calloc(b.total, sizeof *b.waits_us);
    if (!b.committed_us || !b.waits_us)
        die("memory", "none");
    if (b.dsn) {
        choose_songs(&b);
        measure(&b);
    } else {
        measure_own(&b);
    }
    free((void *)b.committed_us);
    free(b.waits_us);
    return 0;
}
