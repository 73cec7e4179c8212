/* bench_people.c - listeners at hand: what each takes, and how long one takes to be read from
 * the database, to be had again, and to take a change.
 *
 *   bench_people DSN [people, default 10000] [heard_days, default 30]
 *
 * People are user ids from 1 on. Wall time of one thread.
 */
#include "core/clock.h"
#include "recsys/people/people.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void say(const char *what, int64_t *v, size_t n)
{
    qsort(v, n, sizeof *v, by_value);
    printf("%-34s p50 %9.2f us   p99 %9.2f us\n", what, (double)v[n / 2] / 1e3,
           (double)v[n * 99 / 100] / 1e3);
}

static void fail(const struct sg_error *e)
{
    fprintf(stderr, "bench_people: %s\n", e->text);
    exit(1);
}

static void get_all(struct sg_people *s, size_t n, int64_t *took, size_t *songs)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_arena a = {0};
    struct sg_person p;
    *songs = 0;
    for (size_t i = 0; i < n; i++) {
        sg_arena_reset(&a);
        int64_t from = now_ns();
        if (sg_people_get(s, 1 + i * 7919 % n, sg_now_us() + 5000000, &a, &p, &e))
            fail(&e);
        took[i] = now_ns() - from;
        *songs += p.n_songs;
    }
    sg_arena_free(&a);
}

int main(int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000, songs;
    struct sg_people_database d = {.heard_days = argc > 3 ? atoll(argv[3]) : 30};
    struct sg_people *s;
    struct sg_people_state state;
    int64_t *took = calloc(n + 1, sizeof *took);
    if (argc < 2 || !n || !took)
        return 2;
    if (sg_pg_pool_open(&d.pool, argv[1], 1, &e))
        fail(&e);
    struct sg_people_options o = {1 << 30, d.heard_days, sg_people_source(&d)};
    if (sg_people_open(&s, &o, &e))
        fail(&e);
    sg_people_follow(s, true);
    get_all(s, n, took, &songs);
    say("read from the database", took, n);
    get_all(s, n, took, &songs);
    say("at hand", took, n);
    sg_people_state(s, &state);
    for (size_t i = 0; i < n; i++) {
        struct sg_person_change c = {.kind = SG_CHANGED_PLAY,
                                     .user_id = 1 + i * 104729 % n,
                                     .id = 1 + i,
                                     .at_us = sg_wall_us(),
                                     .played_s = 200};
        int64_t from = now_ns();
        sg_people_change(s, &c);
        took[i] = now_ns() - from;
    }
    say("a play", took, n);
    printf("%zu people of %.0f songs each: %.0f bytes a person\n", state.people,
           (double)songs / (double)n, (double)state.bytes / (double)state.people);
    sg_people_close(s);
    sg_pg_pool_close(d.pool);
    free(took);
    return 0;
}
