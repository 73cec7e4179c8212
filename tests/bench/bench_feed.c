/* bench_feed.c - what an act costs, by how many follow, and how long a feed takes to be read.
 *
 *   bench_feed [users, default 20000] [followed by each, 100] [acts, 2000] [reads, 2000]
 *
 * A private PostgreSQL and the real segue-api ($SEGUE_BIN). Ten users are followed by everybody,
 * above social.fan_out: their acts are read, not written, by their followers. Acts and fan-out are
 * wall time of one connection; reads are whole HTTP requests on connections of their own, of
 * random users, pages of 50.
 */
#include "core/clock.h"
#include "tests/support/listener.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STARS = 10 };

static struct test_listeners l;
static int users = 20000, follows = 100, acts = 2000, reads = 2000;

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int64_t took(int64_t from_us)
{
    return sg_now_us() - from_us;
}

static void make_world(void)
{
    test_pg_sql(l.db, "SET session_replication_role = replica");
    test_pg_sql(l.db,
                "INSERT INTO follows (user_id, target_kind, target_id, created_at) SELECT u, "
                "'user', %d + 1 + (u * 7919 + k * 104729 + k * k) %% (%d - %d), now() - k * "
                "interval '1 hour' FROM generate_series(1, %d) u, generate_series(1, %d) k ON "
                "CONFLICT DO NOTHING",
                STARS, users, STARS, users, follows - STARS);
    test_pg_sql(l.db,
                "INSERT INTO follows (user_id, target_kind, target_id) SELECT u, 'user', s FROM "
                "generate_series(%d, %d) u, generate_series(1, %d) s",
                STARS + 1, users, STARS);
    test_pg_sql(l.db, "SET session_replication_role = origin");
    test_pg_sql(l.db, "SELECT segue_recount_follows()");
    test_pg_sql(l.db, "ANALYZE follows, follow_counts, users");
}

/* Each a transaction of its own, as over HTTP; every act a new one. */
static int64_t act(int first, int last, int n)
{
    int64_t from = sg_now_us();
    int people = last - first + 1;
    for (int i = 0; i < n; i++)
        test_pg_sql(l.db,
                    "INSERT INTO feedback (user_id, target_kind, target_id, verdict, created_at) "
                    "VALUES (%d, 'song', %d, 'like', now() - %d * interval '1 hour' / 100)",
                    first + i % people, 1 + i / people % 60, i % 2000);
    return took(from);
}

static int64_t fan_out(void)
{
    int64_t from = sg_now_us();
    while (strcmp(test_pg_sql(l.db, "SELECT segue_fan_out(1000, 50)"), "0") != 0)
        ;
    return took(from);
}

static void measure_acts(const char *who, int first, int last, int n)
{
    int64_t acting = act(first, last, n);
    double made = strtod(test_pg_sql(l.db, "SELECT count(*) FROM activity_outbox"), NULL);
    double rows = strtod(test_pg_sql(l.db, "SELECT count(*) FROM feed"), NULL);
    int64_t moving = fan_out();
    rows = strtod(test_pg_sql(l.db, "SELECT count(*) FROM feed"), NULL) - rows;
    made = made > 0 ? made : 1;
    printf("%-22s act %7.0f us   fan-out %8.0f us an act, %7.1f rows an act\n", who,
           (double)acting / n, (double)moving / made, rows / made);
}

static void measure_reads(int64_t *v)
{
    size_t bytes = 0;
    for (int i = -200; i < reads; i++) {
        int64_t from = sg_now_us();
        int status = test_listener_get(&l, STARS + 1 + abs(i) * 7919 % (users - STARS),
                                       "/api/v1/me/feed?limit=50");
        if (status != 200) {
            fprintf(stderr, "bench_feed: %d %s\n", status, l.said);
            exit(1);
        }
        if (i >= 0)
            v[i] = took(from);
        bytes += i >= 0 ? strlen(l.said) : 0;
    }
    size_t n = (size_t)reads;
    qsort(v, n, sizeof *v, by_value);
    printf("feed of %d followed    p50 %7.2f ms   p99 %7.2f ms   %.1f KB\n", follows,
           (double)v[n / 2] / 1e3, (double)v[n * 99 / 100] / 1e3, (double)bytes / (double)n / 1024);
}

/* A test to check's eyes, for what the support library asserts. */
START_TEST(the_bench)
{
    int64_t *v = calloc((size_t)reads + 1, sizeof *v);
    test_listeners_start(&l, users, "social.fan_out = 1000\n");
    make_world();
    test_listeners_stop(&l); /* so that the bench alone moves acts */
    l.db = test_pg_connect(l.pg);
    char who[40];
    snprintf(who, sizeof who, "some %d followers", follows - STARS);
    measure_acts(who, STARS + 1, users, acts);
    snprintf(who, sizeof who, "%d followers", users - STARS);
    measure_acts(who, 1, STARS, acts / 10 + 1);
    PQfinish(l.db);
    test_listeners_start(&l, users, "social.fan_out = 1000\n");
    measure_reads(v);
    test_listeners_stop(&l);
    free(v);
}
END_TEST

int main(int argc, char **argv)
{
    int *const sizes[] = {&users, &follows, &acts, &reads};
    for (int i = 1; i < argc && i <= 4; i++)
        *sizes[i - 1] = atoi(argv[i]);
    Suite *s = suite_create("bench");
    TCase *t = tcase_create("bench");
    tcase_add_test(t, the_bench);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_SILENT);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
