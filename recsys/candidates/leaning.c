/* leaning.c - see leaning.h. */
#include "recsys/candidates/leaning.h"
#include <math.h>
#include <stdlib.h>

enum { PLAYS_FOR_HOUR = 12, AHEAD = 6 };
static const int64_t hour_us = 3600ll * 1000000;

float sg_share_of(const struct sg_shares *s, uint64_t id)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->v[mid].id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->n && s->v[lo].id == id ? s->v[lo].weight : 0;
}

static int by_id(const void *a, const void *b)
{
    const struct sg_share *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

void sg_shares_add_up(struct sg_shares *s)
{
    size_t n = 0;
    if (s->n)
        qsort(s->v, s->n, sizeof *s->v, by_id);
    for (size_t i = 0; i < s->n; i++)
        if (n && s->v[n - 1].id == s->v[i].id)
            s->v[n - 1].weight += s->v[i].weight;
        else
            s->v[n++] = s->v[i];
    s->n = 0;
    for (size_t i = 0; i < n; i++)
        if (s->v[i].weight > 0)
            s->v[s->n++] = s->v[i];
}

static void to_shares(struct sg_shares *s)
{
    float sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += s->v[i].weight;
    for (size_t i = 0; i < s->n; i++)
        s->v[i].weight /= sum;
}

static int count_artists_and_genres(const struct sg_occasion *o, struct sg_leaning *t,
                                    struct sg_error *e)
{
    t->artists.v = sg_arena_array(o->arena, t->n + 1, sizeof *t->artists.v);
    t->genres.v = sg_arena_array(o->arena, t->n + 1, sizeof *t->genres.v);
    if (!t->artists.v || !t->genres.v)
        return sg_fail(e, SG_ENOMEM, "taste");
    for (size_t i = 0; i < t->n; i++) {
        const struct sg_song_row *row = sg_songs_row(o->model->songs, t->basis[i].song);
        if (!row)
            continue;
        t->artists.v[t->artists.n++] = (struct sg_share){row->artist_id, t->basis[i].weight};
        if (row->genre_id)
            t->genres.v[t->genres.n++] = (struct sg_share){row->genre_id, t->basis[i].weight};
    }
    sg_shares_add_up(&t->artists);
    sg_shares_add_up(&t->genres);
    to_shares(&t->genres);
    return 0;
}

static int fold(const struct sg_occasion *o, struct sg_leaning *t, struct sg_error *e)
{
    const struct sg_model *m = o->model;
    size_t d = sg_items_factors(m->items);
    struct sg_fold_in_scratch *scratch;
    const float **rows = sg_arena_array(o->arena, t->n + 1, sizeof *rows);
    float *weights = sg_arena_array(o->arena, t->n + 1, sizeof *weights);
    float *out = sg_arena_array(o->arena, d + 1, sizeof *out);
    size_t n = 0, liked = 0;
    if (!rows || !weights || !out)
        return sg_fail(e, SG_ENOMEM, "taste");
    for (size_t i = 0; i < t->n; i++) {
        const float *row = sg_items_of(m->items, t->basis[i].song);
        if (!row || t->basis[i].weight == 0)
            continue;
        for (size_t f = 0; f < d; f += 16)
            __builtin_prefetch(row + f);
        rows[n] = row;
        weights[n++] = t->basis[i].weight;
        liked += t->basis[i].weight > 0;
    }
    if (!liked)
        return 0;
    int rc = sg_fold_in_scratch_new(&scratch, m->fold, e);
    if (rc)
        return rc;
    rc = sg_fold_in_user(m->fold, scratch, rows, weights, n, out, e);
    sg_fold_in_scratch_free(scratch);
    if (!rc)
        t->vector = out;
    return rc;
}

static int describe(const struct sg_occasion *o, struct sg_leaning *t, struct sg_error *e)
{
    const struct sg_content *c = o->model->content;
    size_t d = sg_content_dimensions(c), known = 0;
    float *v = sg_arena_array(o->arena, d + 1, sizeof *v), length = 0;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "taste");
    for (size_t i = 0; i < t->n; i++)
        sg_content_prefetch_place(c, t->basis[i].song);
    for (size_t i = 0; i < t->n; i++) {
        if (i + AHEAD < t->n)
            sg_content_prefetch(c, t->basis[i + AHEAD].song);
        known += sg_content_add(c, t->basis[i].song, t->basis[i].weight, v);
    }
    for (size_t f = 0; f < d; f++)
        length += v[f] * v[f];
    if (!known || !(length > 1e-12f) || !isfinite(length))
        return 0;
    for (size_t f = 0; f < d; f++)
        v[f] /= sqrtf(length);
    t->content = v;
    return 0;
}

int sg_leaning_of_songs(const struct sg_occasion *o, const struct sg_basis *basis, size_t n,
                        bool with_vector, struct sg_leaning *out, struct sg_error *e)
{
    *out = (struct sg_leaning){.basis = basis, .n = n, .recent = basis};
    out->n_recent = n < SG_RECENT_SONGS ? n : SG_RECENT_SONGS;
    int rc = count_artists_and_genres(o, out, e);
    if (!rc && with_vector)
        rc = fold(o, out, e);
    return rc ? rc : describe(o, out, e);
}

static int count_lately(const struct sg_occasion *o, struct sg_leaning *t, struct sg_error *e)
{
    t->lately.v = sg_arena_array(o->arena, t->n_recent + 1, sizeof *t->lately.v);
    if (!t->lately.v)
        return sg_fail(e, SG_ENOMEM, "taste");
    for (size_t i = 0; i < t->n_recent; i++)
        t->lately.v[t->lately.n++] =
            (struct sg_share){sg_songs_row(o->model->songs, t->recent[i].song)->artist_id,
                              exp2f(-(float)i / 5) * t->recent[i].weight};
    sg_shares_add_up(&t->lately);
    to_shares(&t->lately);
    return 0;
}

/* Of a day, 0..23. */
static int hour_of(int64_t us)
{
    return (int)(us / hour_us % 24);
}

/* The last plays by how near their hour of day is to this one, by the listener's own clock. */
static int count_hours(const struct sg_occasion *o, struct sg_leaning *t, struct sg_error *e)
{
    const struct sg_person *p = o->person;
    if (o->hour < 0 || p->n_plays < PLAYS_FOR_HOUR)
        return 0;
    t->hour.v = sg_arena_array(o->arena, p->n_plays, sizeof *t->hour.v);
    if (!t->hour.v)
        return sg_fail(e, SG_ENOMEM, "taste");
    int now = hour_of(o->now_us);
    for (size_t i = 0; i < p->n_plays; i++) {
        const struct sg_song_row *row = sg_songs_find(o->model->songs, p->plays[i].song_id);
        if (!row || !row->genre_id || sg_play_is_skip(p->plays[i].played_s))
            continue;
        int far = abs(hour_of(p->plays[i].at_us) - now);
        far = far > 12 ? 24 - far : far;
        t->hour.v[t->hour.n++] =
            (struct sg_share){row->genre_id, expf(-(float)(far * far) / 8) + 1e-3f};
    }
    sg_shares_add_up(&t->hour);
    to_shares(&t->hour);
    return 0;
}

/* What the counts of a song say, the older the less. */
static float weight_of(const struct sg_occasion *o, const struct sg_person_song *s)
{
    double days = (double)(o->now_us - s->last_us) / (24.0 * (double)hour_us);
    float decay = (float)exp2(-fmax(0, days) / (double)o->decay_days);
    float w = ((float)s->plays - 0.5f * (float)s->skips) * decay;
    return fmaxf(-2, fminf(w, 20));
}

struct gathering {
    struct sg_basis *v;
    size_t n;
    uint32_t *at; /* song -> place in v + 1 */
    size_t cap;
};

static struct sg_basis *basis_of(struct gathering *g, uint32_t song)
{
    size_t i = (size_t)(song * 0x9e3779b97f4a7c15u >> 32) & (g->cap - 1);
    while (g->at[i] && g->v[g->at[i] - 1].song != song)
        i = (i + 1) & (g->cap - 1);
    if (!g->at[i]) {
        g->v[g->n] = (struct sg_basis){.song = song};
        g->at[i] = (uint32_t)++g->n;
    }
    return &g->v[g->at[i] - 1];
}

static void add_list(const struct sg_occasion *o, struct gathering *g, enum sg_person_list list,
                     float weight)
{
    struct sg_ids ids = o->person->lists[list];
    for (size_t i = 0; i < ids.n; i++) {
        uint32_t song = sg_songs_index(o->model->songs, ids.v[i]);
        if (song != SG_NO_SONG)
            basis_of(g, song)->weight += weight;
    }
}

/* The last plays once more, the newest the most: what was just heard moves the next answer. */
static size_t add_last_plays(const struct sg_occasion *o, struct gathering *g,
                             struct sg_basis *recent)
{
    const struct sg_person *p = o->person;
    size_t n = 0;
    for (size_t i = 0; i < p->n_plays; i++) {
        uint32_t song = sg_songs_index(o->model->songs, p->plays[i].song_id);
        if (song == SG_NO_SONG || sg_play_is_skip(p->plays[i].played_s))
            continue;
        float weight = exp2f(-(float)i / 16);
        basis_of(g, song)->weight += weight;
        size_t k = 0;
        while (k < n && recent[k].song != song)
            k++;
        if (k < n)
            recent[k].weight += weight;
        else if (n < SG_RECENT_SONGS)
            recent[n++] = (struct sg_basis){song, weight, p->plays[i].at_us};
    }
    return n;
}

/* Liked songs speak where plays are few. */
static size_t add_liked(const struct sg_occasion *o, struct sg_basis *recent, size_t n)
{
    struct sg_ids liked = o->person->lists[SG_PERSON_LIKES];
    for (size_t i = 0; i < liked.n && n < SG_RECENT_SONGS; i++) {
        uint32_t song = sg_songs_index(o->model->songs, liked.v[i]);
        size_t k = 0;
        while (k < n && recent[k].song != song)
            k++;
        if (song != SG_NO_SONG && k == n)
            recent[n++] = (struct sg_basis){song, 0.5f, 0};
    }
    return n;
}

int sg_leaning_of_person(const struct sg_occasion *o, struct sg_leaning *out, struct sg_error *e)
{
    const struct sg_person *p = o->person;
    size_t most = p->n_songs + p->n_plays + p->lists[SG_PERSON_LIKES].n +
                  p->lists[SG_PERSON_DISLIKES].n + p->lists[SG_PERSON_NOT_INTERESTED].n;
    struct gathering g = {.cap = 64};
    while (g.cap < 2 * most + 2)
        g.cap *= 2;
    g.v = sg_arena_array(o->arena, most + 1, sizeof *g.v);
    g.at = sg_arena_array(o->arena, g.cap, sizeof *g.at);
    struct sg_basis *recent = sg_arena_array(o->arena, SG_RECENT_SONGS, sizeof *recent);
    if (!g.v || !g.at || !recent)
        return sg_fail(e, SG_ENOMEM, "taste");
    for (size_t i = 0; i < p->n_songs; i++) {
        uint32_t song = sg_songs_index(o->model->songs, p->songs[i].song_id);
        if (song != SG_NO_SONG)
            *basis_of(&g, song) = (struct sg_basis){song, weight_of(o, &p->songs[i]), 0};
    }
    add_list(o, &g, SG_PERSON_LIKES, 2);
    add_list(o, &g, SG_PERSON_DISLIKES, -4);
    add_list(o, &g, SG_PERSON_NOT_INTERESTED, -1);
    size_t n_recent = add_liked(o, recent, add_last_plays(o, &g, recent));
    int rc = sg_leaning_of_songs(o, g.v, g.n, true, out, e);
    out->recent = recent;
    out->n_recent = n_recent;
    if (!rc)
        rc = count_lately(o, out, e);
    return rc ? rc : count_hours(o, out, e);
}
