/* bench_recs.c - recommendations of every kind beside exact scoring of all songs.
 *
 *   bench_recs [--songs N] [--users N] [--requests N] [--dir MODELS] [--only KIND]
 *
 * A made world (tests/support/model.h); each listener has 150 songs of history, 20 verdicts and
 * hidden artists, a market and clean songs only by turns, read through the store of listeners at
 * hand as the server does. Times are of this thread's processor time, so that a busy machine
 * does not count; --dir keeps the model for the next run.
 */
#include "core/clock.h"
#include "recsys/akin.h"
#include "recsys/mixes.h"
#include "recsys/radio.h"
#include "tests/support/model.h"
#include "tests/support/scratch.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { HISTORY = 150, VERDICTS = 20 };

struct bench {
    struct test_model_shape shape;
    struct sg_model *model;
    struct sg_people *people;
    struct sg_arena arena;
    size_t requests;
};

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void must(int rc, const struct sg_error *e)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "bench_recs: %s\n", e->text);
    exit(1);
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static struct sg_ids some_ids(struct sg_arena *a, uint64_t seed, size_t n, uint64_t from,
                              uint64_t step, uint64_t most)
{
    uint64_t *v = sg_arena_array(a, n, sizeof *v);
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        v[i] = from + step * (test_model_random(seed + i) % most);
    qsort(v, n, sizeof *v, by_id);
    for (size_t i = 0; i < n; i++)
        if (!k || v[k - 1] != v[i])
            v[k++] = v[i];
    return (struct sg_ids){v, k};
}

/* Where listeners are read from: made, not stored. */
static int load(void *ctx, uint64_t user, int64_t deadline_us, struct sg_arena *a,
                struct sg_person *out, struct sg_people_seen *seen, struct sg_error *e)
{
    const struct bench *b = ctx;
    struct sg_person_play *plays = sg_arena_array(a, SG_PERSON_PLAYS, sizeof *plays);
    struct sg_person_song *songs = sg_arena_array(a, HISTORY, sizeof *songs);
    size_t n = 0;
    (void)deadline_us;
    *seen = (struct sg_people_seen){0};
    (void)e;
    for (uint64_t i = 0; i < HISTORY; i++) {
        uint64_t id = test_song_id(test_play_of(&b->shape, user, i));
        int64_t at = TEST_MODEL_NOW - (int64_t)(i + 1) * 3600 * 1000000ll * 8;
        if (i < SG_PERSON_PLAYS)
            plays[i] = (struct sg_person_play){id, at, i % 9 ? -1 : 10};
        songs[n++] = (struct sg_person_song){id, at, i % 9 != 0, i % 9 == 0};
    }
    qsort(songs, n, sizeof *songs, by_id);
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!k || songs[k - 1].song_id != songs[i].song_id)
            songs[k++] = songs[i];
    *out = (struct sg_person){.user_id = user,
                              .known = true,
                              .clean = user % 3 == 0,
                              .market = {'S', 'E', 0},
                              .plays = plays,
                              .n_plays = SG_PERSON_PLAYS,
                              .songs = songs,
                              .n_songs = k};
    uint64_t songs_n = b->shape.songs / 20 + 1, artists = b->shape.artists;
    out->lists[SG_PERSON_LIKES] = some_ids(a, user, VERDICTS, 1000, 3, songs_n);
    out->lists[SG_PERSON_DISLIKES] =
        some_ids(a, user + 9, VERDICTS, 1000 + 3 * songs_n, 3, songs_n);
    out->lists[SG_PERSON_HIDDEN] = some_ids(a, user + 5, VERDICTS, 10, 1, artists);
    out->lists[SG_PERSON_FOLLOWED] = some_ids(a, user + 7, VERDICTS, 10, 1, artists);
    return 0;
}

struct request {
    struct bench *b;
    struct sg_person person;
    struct sg_occasion o;
    uint64_t user;
};

static void begin(struct request *r, struct bench *b, uint64_t i)
{
    struct sg_error e = SG_ERROR_INIT;
    *r = (struct request){.b = b, .user = 1 + test_model_random(i) % b->shape.users};
    must(sg_people_get(b->people, r->user, INT64_MAX, &b->arena, &r->person, &e), &e);
    r->o = (struct sg_occasion){.model = b->model,
                                .person = &r->person,
                                .now_us = TEST_MODEL_NOW,
                                .heard_days = 30,
                                .new_days = 60,
                                .decay_days = 180,
                                .region = sg_region(SG_STR("SE")),
                                .clean = r->person.clean,
                                .hour = (int)(i % 24),
                                .arena = &b->arena};
}

static int recommend(struct request *r, struct sg_error *e)
{
    struct sg_recommendation v[20];
    struct sg_compose_options c = {.limit = 20};
    return sg_compose_for_person(&r->o, &c, v, e);
}

static int similar(struct request *r, struct sg_error *e)
{
    struct sg_recommendation v[20];
    struct sg_compose_options c = {.limit = 20, .quick = true};
    struct sg_basis basis = {(uint32_t)(test_model_random(r->user * 31) % r->b->shape.songs), 1, 0};
    return sg_compose_with_songs(&r->o, &basis, 1, &c, v, e);
}

static int similar_artists(struct request *r, struct sg_error *e)
{
    struct sg_share v[20];
    return sg_akin_to(&r->o, SG_AKIN_ARTISTS, 10 + r->user % r->b->shape.artists, 20, v, e);
}

static int radio(struct request *r, struct sg_error *e)
{
    struct sg_recommendation v[20];
    struct sg_basis basis[SG_SEED_SONGS];
    struct sg_radio_state *s = sg_arena_alloc(&r->b->arena, sizeof *s);
    struct sg_seed seed = {SG_SEED_ARTIST, 10 + r->user % r->b->shape.artists};
    size_t n = sg_seed_songs(r->b->model, seed, basis, 0);
    return sg_radio_next(&r->o, s, basis, n, 20, v, e);
}

static int mixes(struct request *r, struct sg_error *e)
{
    struct sg_mix v[SG_MIXES_MAX];
    return sg_mixes_of(&r->o, SG_MIXES_MAX, 25, v, e) > 0 ? 20 : 0;
}

/* What there is to beat: every song's score, the filters, the best 20. */
static int exact(struct request *r, struct sg_error *e)
{
    struct sg_leaning leaning;
    struct sg_filter filter;
    struct sg_akin best[20];
    size_t n = 0, d = sg_items_factors(r->b->model->items);
    int rc = sg_leaning_of_person(&r->o, &leaning, e);
    if (!rc)
        rc = sg_filter_open(&filter, &r->o, e);
    for (uint32_t s = 0; s < r->b->shape.songs && !rc && leaning.vector; s++) {
        const float *row = sg_items_of(r->b->model->items, s);
        float sum = 0;
        for (size_t f = 0; row && f < d; f++)
            sum += row[f] * leaning.vector[f];
        if (row && (n < 20 || sum > best[0].cosine) && sg_filter_allows(&filter, s))
            sg_akin_offer(best, &n, 20, (struct sg_akin){s, sum});
    }
    return rc ? rc : (int)n;
}

static const char *only; /* --only: this kind alone */

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure(struct bench *b, const char *name,
                    int (*ask)(struct request *, struct sg_error *), size_t n)
{
    if (only && strcmp(only, name) != 0)
        return;
    int64_t *times = calloc(n, sizeof *times), all = 0;
    size_t full = 0;
    for (size_t i = 0; i < n; i++) {
        struct request r;
        struct sg_error e = SG_ERROR_INIT;
        int64_t from = cpu_us();
        begin(&r, b, i);
        int k = ask(&r, &e);
        times[i] = cpu_us() - from;
        must(k, &e);
        full += k == 20;
        all += times[i];
        sg_arena_reset(&b->arena);
    }
    qsort(times, n, sizeof *times, by_time);
    printf("%-16s p50 %7.3f ms   p99 %7.3f ms   %8.0f /s a core   full pages %.1f%%\n", name,
           (double)times[n / 2] / 1e3, (double)times[n - 1 - n / 100] / 1e3,
           (double)n * 1e6 / (double)(all ? all : 1), 100.0 * (double)full / (double)n);
    free(times);
}

static void show_memory(void)
{
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "RssAnon", 7) == 0 || strncmp(line, "RssFile", 7) == 0)
            printf("memory %s", line);
    if (f)
        fclose(f);
}

static size_t number(int argc, char **argv, const char *name, size_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return strtoul(argv[i + 1], NULL, 10);
    return otherwise;
}

int main(int argc, char **argv)
{
    const char *dir = NULL;
    struct bench b = {.shape = TEST_MODEL_SMALL};
    struct sg_error e = SG_ERROR_INIT;
    b.shape.songs = number(argc, argv, "--songs", 20000);
    b.shape.users = number(argc, argv, "--users", 2000);
    b.requests = number(argc, argv, "--requests", 2000);
    b.shape.artists = b.shape.songs / 10 + 1;
    b.shape.genres = 25;
    b.shape.factors = 64;
    b.shape.threads = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--dir") == 0)
            dir = argv[i + 1];
        else if (strcmp(argv[i], "--only") == 0)
            only = argv[i + 1];
    if (!dir)
        dir = test_scratch();
    if (sg_model_open(&b.model, dir, "gen-bench", NULL)) {
        int64_t from = sg_now_us();
        test_model_write(&b.shape, dir, "gen-bench");
        printf("model of %zu songs and %zu users made in %.1f s\n", b.shape.songs, b.shape.users,
               (double)(sg_now_us() - from) / 1e6);
        must(sg_model_open(&b.model, dir, "gen-bench", &e), &e);
    }
    struct sg_people_options o = {(size_t)4 << 30, 30, {load, &b}};
    must(sg_people_open(&b.people, &o, &e), &e);
    sg_people_follow(b.people, true);
    for (uint64_t i = 0; i < b.requests; i++) {
        struct request r;
        begin(&r, &b, i);
        sg_arena_reset(&b.arena);
    }
    printf("%zu songs, %zu with factors, %zu listeners\n", sg_songs_count(b.model->songs),
           sg_items_count(b.model->items), b.shape.users);
    measure(&b, "recommend", recommend, b.requests);
    measure(&b, "similar songs", similar, b.requests);
    measure(&b, "similar artists", similar_artists, b.requests);
    measure(&b, "radio", radio, b.requests);
    measure(&b, "mixes", mixes, b.requests / 10 + 1);
    measure(&b, "exact scoring", exact, b.requests / 20 + 1);
    show_memory();
    sg_people_close(b.people);
    sg_models_give(b.model);
    sg_arena_free(&b.arena);
    return 0;
}
