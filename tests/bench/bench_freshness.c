/* bench_freshness.c - from a commit in PostgreSQL to a searchable song.
 *
 * A writer commits so many title changes a second (default 500), one a
 * transaction; a reader polls the index for the title of the newest sampled song.
 *
 *   bench_freshness [CHANGES_PER_SECOND [SECONDS]]
 */
#include "core/clock.h"
#include "index/searcher.h"
#include "tests/support/indexer.h"
#include "tests/support/writer.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 100000
#define POLL_US 500

static int64_t waits_us[SAMPLES];

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct sample {
    uint64_t number;
    int64_t committed_us;
};

/* True when the index finds the song by its title's own word. */
static bool is_searchable(struct sg_searcher *s, uint64_t number)
{
    char word[40];
    snprintf(word, sizeof word, "Wfresh%llu", (unsigned long long)number);
    struct sg_str term = sg_str(word);
    struct sg_term_group group = {&term, 1, false};
    sg_docref doc;
    if (sg_searcher_begin(s, NULL))
        return false;
    bool found =
        !sg_match_begin(s, SG_SONG, &group, 1, NULL) && sg_match_next(s, &doc, 1, NULL) > 0;
    sg_searcher_end(s);
    return found;
}

static size_t measure(PGconn *c, struct sg_searcher *s, unsigned per_second, unsigned seconds)
{
    uint64_t total = (uint64_t)per_second * seconds;
    int64_t started = sg_now_us();
    struct sample waiting = {0};
    size_t n = 0;
    for (uint64_t i = 1; i <= total || waiting.number;) {
        int64_t now = sg_now_us();
        bool due = i <= total && now >= started + (int64_t)(i * 1000000 / per_second);
        if (due) {
            test_pg_sql(c, "UPDATE songs SET title = 'fresh%llu' WHERE song_id = %llu",
                        (unsigned long long)i, (unsigned long long)(1 + i % 2000));
            if (!waiting.number)
                waiting = (struct sample){i, sg_now_us()};
            i++;
        }
        if (waiting.number && is_searchable(s, waiting.number)) {
            waits_us[n++] = sg_now_us() - waiting.committed_us;
            waiting.number = 0;
        } else if (!due) {
            sg_sleep_us(POLL_US);
        }
        if (waiting.number && sg_now_us() - waiting.committed_us > 10000000) {
            fprintf(stderr, "change %llu not searchable after 10 s\n",
                    (unsigned long long)waiting.number);
            exit(1);
        }
    }
    return n;
}

int main(int argc, char **argv)
{
    unsigned per_second = argc > 1 ? (unsigned)atoi(argv[1]) : 500;
    unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 5;
    if (per_second < 1 || per_second > 5000 || seconds < 1 || seconds > 600)
        return 2;
    struct test_pg *pg = test_pg_start_migrated(NULL);
    PGconn *c = test_pg_connect(pg);
    struct test_indexer x;
    struct sg_index *index;
    struct sg_searcher *s;
    test_writer_seed(c);
    test_indexer_init(&x, pg, NULL, NULL);
    struct sg_index_options o = {.dir = x.index};
    if (test_indexer_command(&x, (const char *const[]){"rebuild", NULL}))
        return 1;
    test_indexer_run(&x);
    if (sg_index_open(&index, &o, NULL) || sg_searcher_open(&s, index, NULL))
        return 1;
    sg_sleep_us(500000);
    size_t n = measure(c, s, per_second, seconds);
    qsort(waits_us, n, sizeof *waits_us, by_value);
    printf("%u changes/s for %u s: %zu samples, commit to searchable p50 %.1f ms, p99 %.1f ms, "
           "worst %.1f ms\n",
           per_second, seconds, n, (double)waits_us[n / 2] / 1e3,
           (double)waits_us[n * 99 / 100] / 1e3, (double)waits_us[n - 1] / 1e3);
    sg_searcher_close(s);
    sg_index_close(index);
    test_indexer_kill(&x, SIGTERM);
    PQfinish(c);
    return 0;
}
