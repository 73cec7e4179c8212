/* playlists.c - see playlists.h. */
#include "recsys/input/playlists.h"
#include "core/source.h"
#include "core/text.h"
#include "recsys/random.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xxhash.h>

enum { TRACK_COLUMNS = 8, ENTRY_COLUMNS = 4, ARTISTS_MAX = 100, TITLES_MAX = 2000 };

struct reader {
    struct sg_playlists *p;
    const struct sg_content *content;
};
typedef int (*line_fn)(struct reader *r, struct sg_str line, struct sg_error *e);

/* Rows behind the header. */
static int read_file(struct reader *r, const char *dir, const char *name, line_fn fn,
                     struct sg_error *e)
{
    char path[4096];
    struct sg_source s;
    struct sg_str line;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int rc = sg_source_open(&s, path, e), more = 0;
    if (rc)
        return rc;
    while (!rc && (more = sg_source_line(&s, &line, e)) == 1) {
        if (s.line == 1 || (line.p && !line.n))
            continue;
        rc = line.p ? fn(r, line, e) : sg_fail(e, SG_ELIMIT, "too long");
        if (rc)
            sg_wrap(e, "%s:%llu", path, (unsigned long long)s.line);
    }
    sg_source_close(&s);
    return rc ? rc : more;
}

/* Apart from ids: a word is not the album of that name. */
static uint64_t row_id(char kind, struct sg_str text)
{
    return XXH3_64bits_withSeed(text.p, text.n, (XXH64_hash_t)kind);
}

static int add_row(struct reader *r, char kind, struct sg_str text, uint64_t track, float weight,
                   struct sg_error *e)
{
    struct sg_pair one = {row_id(kind, text), track, weight, 0};
    return weight > 0 && text.n ? sg_pairs_add(&r->p->content, one, e) : 0;
}

static int take_track(struct reader *r, struct sg_str line, struct sg_error *e)
{
    struct sg_str cell[TRACK_COLUMNS], artist[ARTISTS_MAX];
    struct sg_words words;
    if (sg_fields_split(line, '\t', cell, TRACK_COLUMNS) != TRACK_COLUMNS || !cell[0].n)
        return sg_fail(e, SG_EINVAL, "expected %d columns and an id", TRACK_COLUMNS);
    uint64_t track = row_id('t', cell[0]);
    size_t artists = sg_fields_split(cell[2], ';', artist, ARTISTS_MAX);
    int rc = add_row(r, 'b', cell[4], track, r->content->album, e);
    for (size_t i = 0; i < artists && i < ARTISTS_MAX && !rc; i++)
        rc = add_row(r, 'a', artist[i], track, r->content->artist, e);
    sg_text_words(&words, cell[1]);
    for (size_t i = 0; i < words.n && !rc; i++)
        rc = add_row(r, 'w', words.v[i].text, track, r->content->word, e);
    return rc;
}

/* "2019-05-26" as seconds since 1970; 0 when it is no date. */
static int64_t day(struct sg_str text)
{
    char z[11];
    struct tm tm = {0};
    if (text.n != 10)
        return 0;
    memcpy(z, text.p, 10);
    z[10] = 0;
    const char *end = strptime(z, "%Y-%m-%d", &tm);
    time_t t = end && !*end ? timegm(&tm) : 0;
    return t > 0 ? t : 0;
}

static int take_entry(struct reader *r, struct sg_str line, struct sg_error *e)
{
    struct sg_str cell[ENTRY_COLUMNS];
    if (sg_fields_split(line, '\t', cell, ENTRY_COLUMNS) != ENTRY_COLUMNS || !cell[0].n ||
        !cell[1].n)
        return sg_fail(e, SG_EINVAL, "expected %d columns and two ids", ENTRY_COLUMNS);
    struct sg_pair one = {row_id('p', cell[0]), row_id('t', cell[1]), 1, day(cell[2])};
    return sg_pairs_add(&r->p->entries, one, e);
}

static int by_time(const void *a, const void *b)
{
    const struct sg_pair *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

/* Rows of one track tell nothing, those of thousands little at a high price. */
static void drop_useless_rows(struct sg_pairs *p)
{
    size_t kept = 0;
    for (size_t from = 0, to; from < p->n; from = to) {
        for (to = from; to < p->n && p->v[to].user == p->v[from].user;)
            to++;
        if (to - from < 2 || to - from > TITLES_MAX)
            continue;
        memmove(p->v + kept, p->v + from, (to - from) * sizeof *p->v);
        kept += to - from;
    }
    p->n = kept;
}

int sg_playlists_read(struct sg_playlists *out, const char *dir, const struct sg_content *c,
                      struct sg_error *e)
{
    struct sg_playlists p = {0};
    struct reader r = {&p, c};
    int rc = read_file(&r, dir, "tracks.tsv", take_track, e);
    if (!rc)
        rc = read_file(&r, dir, "playlist_tracks.tsv", take_entry, e);
    if (rc) {
        sg_playlists_free(&p);
        return rc;
    }
    sg_pairs_merge(&p.content); /* a word said twice weighs double */
    drop_useless_rows(&p.content);
    sg_pairs_merge(&p.entries);
    sg_pairs_weigh(&p.entries, SG_WEIGHTS_BINARY);
    if (p.entries.n)
        qsort(p.entries.v, p.entries.n, sizeof *p.entries.v, by_time);
    *out = p;
    return 0;
}

void sg_playlists_free(struct sg_playlists *p)
{
    sg_pairs_free(&p->entries);
    sg_pairs_free(&p->content);
}

static bool is_asked(uint64_t playlist, size_t fold, size_t folds, uint64_t seed)
{
    return sg_random(seed, playlist) % folds == fold;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The known ones of n entries, ascending. */
static size_t known(const struct sg_split *s, const struct sg_pair *v, size_t n, uint32_t *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        size_t item = sg_side_find(&s->train.items, v[i].item);
        if (item != SIZE_MAX)
            out[kept++] = (uint32_t)item;
    }
    if (kept)
        qsort(out, kept, sizeof *out, by_number);
    return kept;
}

static void ask(struct sg_split *s, const struct sg_pair *v, size_t n, size_t *at)
{
    size_t half = (n + 1) / 2;
    if (n < 2)
        return;
    struct sg_question *q = &s->questions[s->n];
    uint32_t *given = s->given + *at, *held = s->items + *at;
    size_t n_given = known(s, v, half, given);
    if (!n_given) {
        s->cold++;
        return;
    }
    *q = (struct sg_question){.user = v->user,
                              .given = {given, s->ones, n_given},
                              .items = held,
                              .n = known(s, v + half, n - half, held),
                              .relevant = n - half};
    *at += half;
    s->n++;
}

static int learn(struct sg_split *s, const struct sg_playlists *p, size_t fold, size_t folds,
                 uint64_t seed, struct sg_error *e)
{
    struct sg_pairs train = {0};
    int rc = 0;
    for (size_t i = 0; i < p->entries.n && !rc; i++)
        if (!is_asked(p->entries.v[i].user, fold, folds, seed))
            rc = sg_pairs_add(&train, p->entries.v[i], e);
    for (size_t i = 0; i < p->content.n && !rc; i++)
        rc = sg_pairs_add(&train, p->content.v[i], e);
    if (!rc && !train.n)
        rc = sg_fail(e, SG_EINVAL, "no playlist is left to learn from");
    if (!rc)
        rc = sg_pairs_learn(&s->train, &train, e);
    sg_pairs_free(&train);
    return rc;
}

int sg_split_playlists(struct sg_split *out, const struct sg_playlists *p, size_t fold,
                       size_t folds, uint64_t seed, struct sg_error *e)
{
    const struct sg_pairs *v = &p->entries;
    struct sg_split s = {0};
    size_t at = 0;
    int rc = learn(&s, p, fold, folds, seed, e);
    s.questions = malloc((v->n + 1) * sizeof *s.questions);
    s.items = malloc((v->n + 1) * sizeof *s.items);
    s.given = malloc((v->n + 1) * sizeof *s.given);
    s.ones = malloc((v->n + 1) * sizeof *s.ones);
    if (!rc && (!s.questions || !s.items || !s.given || !s.ones))
        rc = sg_fail(e, SG_ENOMEM, "playlists");
    for (size_t i = 0; i < v->n && !rc; i++)
        s.ones[i] = 1;
    for (size_t from = 0, to; from < v->n && !rc; from = to) {
        for (to = from; to < v->n && v->v[to].user == v->v[from].user;)
            to++;
        if (is_asked(v->v[from].user, fold, folds, seed))
            ask(&s, v->v + from, to - from, &at);
    }
    if (!rc && !s.n)
        rc = sg_fail(e, SG_EINVAL, "no playlist of this share can be asked for");
    if (rc)
        sg_split_free(&s);
    else
        *out = s;
    return rc;
}
