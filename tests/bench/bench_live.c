/* bench_live.c - from a commit in the database until a request sees it, while plays stream in.
 *
 *   bench_live CONFIG [plays a second, default 5000] [probes, default 500]
 *
 * The recommender's own tail and listeners at hand, in this process; users 1..1000 of the
 * configured database, which is written to. A probe is one like in a transaction of its own.
 */
#include "core/clock.h"
#include "recsys/live.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCHES = 50 }; /* commits a second of the stream */

static struct sg_config config;
static atomic_bool stop;
static atomic_long written;

static void check(int rc, const struct sg_error *e)
{
    if (rc) {
        fprintf(stderr, "bench_live: %s\n", e->text);
        exit(1);
    }
}

static void *stream(void *rate)
{
    struct sg_error e = SG_ERROR_INIT;
    PGconn *c;
    char sql[256];
    long rows = (intptr_t)rate / BATCHES;
    check(sg_pg_connect(&c, config.pg.dsn, &e), &e);
    snprintf(sql, sizeof sql,
             "INSERT INTO listening_history (user_id, song_id, played_at, played_s, source) "
             "SELECT 1 + (random() * 999)::int, 1 + (random() * 9999)::int, now(), 200, 'bench' "
             "FROM generate_series(1, %ld)",
             rows);
    int64_t next = sg_now_us();
    while (!stop && rows > 0) {
        check(sg_pg_exec(c, sql, 0, NULL, NULL, &e), &e);
        written += rows;
        next += 1000000 / BATCHES;
        if (next > sg_now_us())
            sg_sleep_us(next - sg_now_us());
    }
    PQfinish(c);
    return NULL;
}

/* Microseconds from the commit's return until the like is at hand; at most 10 s. */
static int64_t probe(struct sg_people *people, PGconn *c, uint64_t user, uint64_t song)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_arena a = {0};
    struct sg_person p;
    char sql[160];
    check(sg_people_get(people, user, sg_now_us() + 5000000, &a, &p, &e), &e);
    snprintf(sql, sizeof sql,
             "INSERT INTO feedback VALUES (%llu, 'song', %llu, 'like') ON CONFLICT DO NOTHING",
             (unsigned long long)user, (unsigned long long)song);
    check(sg_pg_exec(c, sql, 0, NULL, NULL, &e), &e);
    int64_t from = sg_now_us(), took = 0;
    do {
        sg_arena_reset(&a);
        check(sg_people_get(people, user, sg_now_us() + 5000000, &a, &p, &e), &e);
        took = sg_now_us() - from;
        if (sg_ids_hold(p.lists[SG_PERSON_LIKES], song))
            break;
        sg_sleep_us(50);
    } while (took < 10000000);
    sg_arena_free(&a);
    return took;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    intptr_t rate = argc > 2 ? atol(argv[2]) : 5000;
    size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : 500;
    int64_t *took = calloc(n + 1, sizeof *took);
    struct sg_live *live;
    struct sg_people_state state;
    pthread_t writer;
    PGconn *c;
    if (argc < 2 || !took || !n)
        return 2;
    check(sg_config_load(&config, argv[1], &e), &e);
    check(sg_pg_connect(&c, config.pg.dsn, &e), &e);
    check(sg_pg_exec(c, "DELETE FROM feedback WHERE target_id >= 5000000", 0, NULL, NULL, &e), &e);
    check(sg_live_start(&live, &config, &e), &e);
    while (sg_live_lag(live) < 0)
        sg_sleep_us(10000);
    pthread_create(&writer, NULL, stream, (void *)rate);
    int64_t from = sg_now_us();
    for (size_t i = 0; i < n; i++)
        took[i] = probe(sg_live_people(live), c, 1 + i * 37 % 1000, 5000000 + i);
    double seconds = (double)(sg_now_us() - from) / 1e6;
    long plays = written;
    stop = true;
    pthread_join(writer, NULL);
    qsort(took, n, sizeof *took, by_value);
    sg_people_state(sg_live_people(live), &state);
    printf("%.0f plays a second; commit to sight: p50 %.2f ms, p99 %.2f ms, longest %.2f ms "
           "(%zu probes, %llu readings of the database)\n",
           (double)plays / seconds, (double)took[n / 2] / 1e3, (double)took[n * 99 / 100] / 1e3,
           (double)took[n - 1] / 1e3, n, (unsigned long long)state.loads);
    sg_live_stop(live);
    PQfinish(c);
    free(took);
    return 0;
}
