/* canary.c - known songs, asked for in their own words: the part of gate.h that
 * searches.
 */
#include "core/text.h"
#include "index/searcher.h"
#include "indexer/gate.h"
#include <stdlib.h>

#define POPULAR    100
#define SPREAD     100
#define CANDIDATES 1000
#define WORDS_MAX  24

struct canaries {
    uint64_t id[POPULAR + SPREAD];
    size_t n;
    uint64_t seen, every; /* of the spread ones: one in `every` */
};

static int spread(void *ctx, uint64_t id)
{
    struct canaries *c = ctx;
    if (c->seen++ % c->every == 0 && c->n < POPULAR + SPREAD)
        c->id[c->n++] = id;
    return c->n == POPULAR + SPREAD;
}

static int choose(struct sg_searcher *s, struct canaries *c, struct sg_error *e)
{
    struct sg_str every = SG_STR("Q");
    struct sg_term_group all = {&every, 1, false};
    sg_docref docs[POPULAR];
    int n = 0;
    int rc = sg_match_begin(s, SG_SONG, &all, 1, e);
    while (!rc && c->n < POPULAR && (n = sg_match_next(s, docs, POPULAR - c->n, e)) > 0) {
        for (int i = 0; i < n; i++) {
            struct sg_facts f;
            if (sg_searcher_facts(s, SG_SONG, docs[i], &f))
                c->id[c->n++] = f.id;
        }
    }
    if (rc || n < 0)
        return rc ? rc : n;
    uint64_t songs = sg_searcher_count(s, SG_SONG);
    c->every = songs > SPREAD ? songs / SPREAD : 1;
    rc = sg_searcher_each(s, SG_SONG, spread, c, e);
    return rc > 0 ? 0 : rc;
}

struct query {
    struct sg_words words;
    char terms[WORDS_MAX][SG_WORD_MAX + 1];
    struct sg_str views[WORDS_MAX];
    struct sg_term_group groups[WORDS_MAX];
    size_t n;
};

static void add_words(struct query *q, struct sg_str text)
{
    sg_text_words(&q->words, text);
    for (size_t i = 0; i < q->words.n && q->n < WORDS_MAX; i++) {
        struct sg_str w = q->words.v[i].text;
        q->terms[q->n][0] = 'W';
        memcpy(q->terms[q->n] + 1, w.p, w.n);
        q->views[q->n] = (struct sg_str){q->terms[q->n], w.n + 1};
        q->groups[q->n] = (struct sg_term_group){&q->views[q->n], 1, false};
        q->n++;
    }
}

/* Candidates whose whole title is what was asked come before the others, either
 * in static-rank order. Returns the rank from 1, 0 when it was not found. */
static int rank_of(struct sg_searcher *s, const struct query *q, uint64_t id, struct sg_str title,
                   size_t *rank, struct sg_error *e)
{
    sg_docref docs[100];
    size_t exact = 0, others = 0, seen = 0;
    int n = 0;
    *rank = 0;
    int rc = sg_match_begin(s, SG_SONG, q->groups, q->n, e);
    while (!rc && seen < CANDIDATES && (n = sg_match_next(s, docs, 100, e)) > 0) {
        seen += (size_t)n;
        for (int i = 0; i < n; i++) {
            struct sg_facts f;
            if (!sg_searcher_facts(s, SG_SONG, docs[i], &f))
                continue;
            bool same = sg_str_eq(f.title, title);
            exact += same;
            others += !same;
            if (f.id == id) {
                *rank = same ? exact : exact + others;
                return 0;
            }
        }
    }
    return rc ? rc : n < 0 ? n : 0;
}

static int ask(struct sg_searcher *s, uint64_t id, struct sg_arena *a, double *reciprocal,
               struct sg_error *e)
{
    struct sg_song song;
    struct sg_artist artist;
    static _Thread_local struct query q;
    char title[SG_TEXT_MAX];
    size_t rank;
    sg_arena_reset(a);
    *reciprocal = 0;
    int rc = sg_searcher_record(s, SG_SONG, id, a, &song, e);
    if (rc)
        return rc;
    q.n = 0;
    add_words(&q, song.title);
    if (song.artist_ids.n &&
        !sg_searcher_record(s, SG_ARTIST, *(uint64_t *)song.artist_ids.v, a, &artist, NULL))
        add_words(&q, artist.name);
    if (q.n == 0)
        return 0;
    size_t n = sg_text_fold(title, sizeof title, song.title);
    rc = rank_of(s, &q, id, (struct sg_str){title, n}, &rank, e);
    if (!rc && rank)
        *reciprocal = 1.0 / (double)rank;
    return rc;
}

static int ask_all(struct sg_searcher *s, double *mrr, struct sg_error *e)
{
    struct canaries c = {.n = 0};
    struct sg_arena a = {0};
    double sum = 0;
    int rc = choose(s, &c, e);
    for (size_t i = 0; i < c.n && !rc; i++) {
        double one = 0;
        rc = ask(s, c.id[i], &a, &one, e);
        sum += one;
    }
    if (!rc)
        *mrr = c.n ? sum / (double)c.n : 1;
    sg_arena_free(&a);
    return rc;
}

int sg_canary_mrr(const char *dir, const char *folder, double *mrr, struct sg_error *e)
{
    struct sg_index *x = NULL;
    struct sg_searcher *s = NULL;
    struct sg_index_options o = {.dir = dir, .only = folder, .unreleased = true};
    int rc = sg_index_open(&x, &o, e);
    if (!rc)
        rc = sg_searcher_open(&s, x, e);
    if (!rc)
        rc = sg_searcher_begin(s, e);
    if (!rc) {
        rc = ask_all(s, mrr, e);
        sg_searcher_end(s);
    }
    if (s)
        sg_searcher_close(s);
    if (x)
        sg_index_close(x);
    return rc ? sg_wrap(e, "canaries of %s", folder) : 0;
}
