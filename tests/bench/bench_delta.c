/* bench_delta - how fast a delta is written and read.
 *
 *   bench_delta [songs of the base, default 100000] [folder, default $TMPDIR or /tmp]
 *
 * Prints upserts and plays a second with synced commits, the rename of an artist
 * of a tenth of the catalogue, and what a search pays for the delta.
 */
#include "core/clock.h"
#include "index/builder.h"
#include "tests/support/live.h"
#include <stdio.h>
#include <stdlib.h>

static struct sg_error e;
static char dir[128], gen[256];

static void must(int rc)
{
    if (rc) {
        fprintf(stderr, "bench_delta: %s\n", e.text);
        exit(EXIT_FAILURE);
    }
}

static void say(const char *what, double n, int64_t us)
{
    printf("%-44s %10.0f /s  %8.1f ms\n", what, n * 1e6 / (double)us, (double)us / 1e3);
}

static uint64_t next_id = 10000000, lsn;

/* rounds commits of batch upserts each, half new songs and half known ones. */
static void upserts(struct sg_delta *d, uint64_t songs, int rounds, int batch)
{
    char title[80], what[80];
    int64_t from = sg_now_us();
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < batch; i++) {
            uint64_t id = i % 2 ? next_id++ : next_id * 7919 % songs + 1;
            snprintf(title, sizeof title, "The %u Lights of Evening %u", (unsigned)(id % 977),
                     (unsigned)r);
            live_put_song(d, (struct live_song){id, id % 10 + 1, id % 20 + 1, id % 5000, title});
        }
        lsn++;
        must(sg_delta_commit(d, lsn, lsn, &e));
    }
    snprintf(what, sizeof what, "song upserts, %d a synced commit", batch);
    say(what, (double)rounds * batch, sg_now_us() - from);
}

static void plays(struct sg_delta *d, uint64_t songs, int n)
{
    int64_t from = sg_now_us();
    for (int i = 0; i < n; i++) {
        must(sg_delta_plays(d, (uint64_t)i * 7919 % songs + 1, (uint64_t)i + 1000000, &e));
        if (i % 1000 == 999) {
            lsn++;
            must(sg_delta_commit(d, lsn, lsn, &e));
        }
    }
    say("play counts, 1000 a synced commit", n, sg_now_us() - from);
}

static void rename_artist(struct sg_delta *d, uint64_t songs)
{
    int64_t from = sg_now_us();
    live_put_artist(d, 4, "An Entirely New Name");
    lsn++;
    must(sg_delta_commit(d, lsn, lsn, &e));
    say("songs reached by one artist's rename", (double)songs / 10, sg_now_us() - from);
}

static void reopen(struct sg_delta **d)
{
    sg_delta_close(*d);
    int64_t from = sg_now_us();
    must(sg_delta_open(d, gen, &e));
    printf("%-44s %10llu entities  %6.1f ms\n", "opened again by the writer",
           (unsigned long long)sg_delta_documents(*d), (double)(sg_now_us() - from) / 1e3);
}

static void searches(const char *when)
{
    static const char *const queries[] = {"track red", "lights evening", "G2 track -blue"};
    struct sg_index *x;
    struct sg_searcher *s;
    uint64_t ids[1000];
    must(sg_index_open(&x, &(struct sg_index_options){.dir = dir}, &e));
    must(sg_searcher_open(&s, x, &e));
    for (int q = 0; q < 4; q++) {
        int64_t from = sg_now_us();
        int n = q ? 200 : 20000;
        size_t found = 0;
        for (int i = 0; i < n; i++) {
            must(sg_searcher_begin(s, &e));
            if (q)
                found = live_find(s, SG_SONG, queries[q - 1], ids, 1000);
            sg_searcher_end(s);
        }
        printf("%-20s %-23s %10.2f us a search, %zu found\n", when,
               q ? queries[q - 1] : "begin, end", (double)(sg_now_us() - from) / n, found);
    }
    sg_searcher_close(s);
    sg_index_close(x);
}

int main(int argc, char **argv)
{
    struct sg_delta *d;
    uint64_t songs = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    if (argc > 2)
        setenv("TMPDIR", argv[2], 1);
    live_dir(dir);
    live_publish(dir, "gen-1", (int)songs, 1);
    snprintf(gen, sizeof gen, "%s/gen-1", dir);
    searches("no delta:");
    must(sg_delta_open(&d, gen, &e));
    upserts(d, songs, 40, 50);
    upserts(d, songs, 10, 200);
    upserts(d, songs, 10, 500);
    plays(d, songs, 20000);
    searches("7,000 upserts:");
    rename_artist(d, songs);
    searches("after the rename:");
    reopen(&d);
    sg_delta_close(d);
    live_remove(dir);
    return EXIT_SUCCESS;
}
