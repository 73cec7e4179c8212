/* answer.c - see answer.h. A list is filled from the best source first; each next
 * one tops it up, never repeating a song.
 */
#include "recsys/answer.h"
#include "core/clock.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIST_MAX = 100, NEIGHBOURS = 400, RANKED_MAX = 200000, RECENT_MAX = 50 };

struct list {
    struct sg_scored *v;
    size_t n, want;
    const uint64_t *leave_out; /* songs that must not appear */
    size_t n_leave_out;
};

static bool holds(const struct list *l, uint64_t song_id)
{
    for (size_t i = 0; i < l->n_leave_out; i++)
        if (l->leave_out[i] == song_id)
            return true;
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].song_id == song_id)
            return true;
    return false;
}

static void put(struct list *l, uint64_t song_id, double score, const char *reason)
{
    if (l->n < l->want && !holds(l, song_id))
        l->v[l->n++] = (struct sg_scored){song_id, score, sg_str(reason)};
}

static int list_init(struct list *l, const struct sg_rpc_call *call, int64_t want,
                     struct sg_error *e)
{
    *l = (struct list){.want = (size_t)want};
    l->v = sg_arena_array(call->arena, LIST_MAX, sizeof *l->v);
    return l->v ? 0 : sg_fail(e, SG_ENOMEM, "recommendations");
}

/* The most played songs that accept() lets through; scores go on falling below the list's last. */
static void top_up(struct list *l, const struct sg_model *m,
                   bool (*accept)(const struct sg_song_row *row, uint64_t key), uint64_t key)
{
    double ceiling = l->n ? l->v[l->n - 1].score : 1;
    const struct sg_song_row *row, *first = sg_songs_ranked(m->songs, 0);
    for (size_t rank = 0;
         l->n < l->want && rank < RANKED_MAX && (row = sg_songs_ranked(m->songs, rank)); rank++)
        if (accept(row, key))
            put(l, row->song_id,
                ceiling * 0.999 * log1p((double)row->plays) / (1 + log1p((double)first->plays)),
                "popular");
}

static bool any(const struct sg_song_row *row, uint64_t key)
{
    (void)row;
    (void)key;
    return true;
}

static bool of_genre(const struct sg_song_row *row, uint64_t genre_id)
{
    return row->genre_id == genre_id;
}

static bool of_artist(const struct sg_song_row *row, uint64_t artist_id)
{
    return row->artist_id == artist_id;
}

static void reply(struct sg_recs_reply *out, const struct list *l, const struct sg_rpc_call *call,
                  const struct sg_model *m, const char *fallback, int64_t from_us)
{
    out->songs = (struct sg_list){l->v, l->n};
    out->fallback = fallback ? sg_str(fallback) : SG_STR_NONE;
    out->generation = m ? sg_arena_copy(call->arena, sg_str(m->name)) : SG_STR_NONE;
    out->took_us = sg_now_us() - from_us;
}

struct genre_filter {
    const struct sg_model *model;
    uint64_t genre_id;
};

static bool is_of_genre(void *ctx, uint64_t song_id)
{
    const struct genre_filter *f = ctx;
    const struct sg_song_row *row = f->model ? sg_songs_find(f->model->songs, song_id) : NULL;
    return row && row->genre_id == f->genre_id;
}

static void put_trending(struct sg_answerer *a, struct list *l, const struct sg_model *m,
                         uint64_t genre_id, unsigned region)
{
    struct sg_trend found[2 * LIST_MAX];
    struct genre_filter filter = {m, genre_id};
    struct sg_trends *t = sg_live_take(a->live);
    size_t n = sg_trends_top(t, region, sg_wall_us(), genre_id ? is_of_genre : NULL, &filter, found,
                             l->want + l->n_leave_out < 2 * LIST_MAX ? l->want + l->n_leave_out
                                                                     : 2 * LIST_MAX);
    sg_live_give(a->live);
    for (size_t i = 0; i < n; i++)
        put(l, found[i].song_id, found[i].plays, "trending");
}

int sg_answer_trending(struct sg_answerer *a, const struct sg_rpc_call *call,
                       const struct sg_trending_request *in, struct sg_recs_reply *out,
                       struct sg_error *e)
{
    int64_t from = sg_now_us();
    struct list l;
    int rc = list_init(&l, call, in->limit, e);
    if (rc)
        return rc;
    struct sg_model *m = sg_models_take(a->models);
    put_trending(a, &l, m, in->genre_id, sg_region(in->region));
    const char *fallback = l.n ? NULL : "no recent plays: the most played songs";
    if (m)
        top_up(&l, m, in->genre_id ? of_genre : any, in->genre_id);
    reply(out, &l, call, m, fallback, from);
    sg_models_give(m);
    return 0;
}

/* Neighbours of a vector, best first. */
static int put_neighbours(struct list *l, const struct sg_model *m, const float *vector,
                          const char *reason, struct sg_error *e)
{
    struct sg_neighbour found[NEIGHBOURS];
    size_t k = l->want + l->n_leave_out + 1;
    int n = sg_vectors_search(m->items, vector, k < NEIGHBOURS ? k : NEIGHBOURS, found, e);
    for (int i = 0; i < n; i++)
        put(l, found[i].id, (double)found[i].score, reason);
    return n < 0 ? n : 0;
}

int sg_answer_similar(struct sg_answerer *a, const struct sg_rpc_call *call,
                      const struct sg_similar_request *in, struct sg_recs_reply *out,
                      struct sg_error *e)
{
    int64_t from = sg_now_us();
    float vector[4096];
    const char *fallback = NULL;
    struct list l;
    int rc = list_init(&l, call, in->limit, e);
    if (rc)
        return rc;
    l.leave_out = &in->song_id;
    l.n_leave_out = 1;
    struct sg_model *m = sg_models_take(a->models);
    const struct sg_song_row *row = m ? sg_songs_find(m->songs, in->song_id) : NULL;
    if (m && sg_vectors_get(m->items, in->song_id, vector))
        rc = put_neighbours(&l, m, vector, "similar", e);
    else
        fallback =
            m ? "nobody played this song yet: popular ones of its artist and genre" : "no model";
    if (row && !rc) {
        if (fallback)
            top_up(&l, m, of_artist, row->artist_id);
        if (row->genre_id)
            top_up(&l, m, of_genre, row->genre_id);
    }
    if (m && !rc)
        top_up(&l, m, any, 0);
    if (!m)
        put_trending(a, &l, NULL, 0, 0);
    reply(out, &l, call, m, fallback, from);
    sg_models_give(m);
    return rc;
}

/* The user's last plays, newest first. A database that does not answer gives none. */
static size_t recent_plays(struct sg_answerer *a, const struct sg_rpc_call *call, uint64_t user_id,
                           uint64_t *out)
{
    char id[24];
    const char *params[] = {id};
    PGconn *c;
    PGresult *r;
    size_t n = 0;
    snprintf(id, sizeof id, "%llu", (unsigned long long)user_id);
    if (sg_pg_pool_take(a->pg, &c, call->deadline_us, NULL))
        return 0;
    if (sg_pg_exec(c,
                   "SELECT song_id FROM listening_history WHERE user_id = $1 AND "
                   "coalesce(played_s, 30) >= 30 "
                   "ORDER BY played_at DESC LIMIT 50",
                   1, params, &r, NULL) == 0) {
        for (int i = 0; i < PQntuples(r) && n < RECENT_MAX; i++)
            if (sg_str_to_u64(sg_str(PQgetvalue(r, i, 0)), &out[n]))
                n++;
        PQclear(r);
    }
    sg_pg_pool_give(a->pg, c);
    return n;
}

/* Mean of the played songs' vectors, newer plays weighing more; false when none has one. */
static bool taste(const struct sg_model *m, const uint64_t *songs, size_t n, float *out)
{
    float v[4096];
    size_t d = sg_vectors_dimension(m->items), known = 0;
    memset(out, 0, d * sizeof *out);
    for (size_t i = 0; i < n; i++) {
        if (!sg_vectors_get(m->items, songs[i], v))
            continue;
        float weight = exp2f(-(float)i / 16);
        for (size_t f = 0; f < d; f++)
            out[f] += weight * v[f];
        known++;
    }
    return known > 0;
}

int sg_answer_recommend(struct sg_answerer *a, const struct sg_rpc_call *call,
                        const struct sg_recommend_request *in, struct sg_recs_reply *out,
                        struct sg_error *e)
{
    int64_t from = sg_now_us();
    uint64_t heard[RECENT_MAX];
    float vector[4096];
    const char *fallback = NULL;
    struct list l;
    int rc = list_init(&l, call, in->limit, e);
    if (rc)
        return rc;
    struct sg_model *m = sg_models_take(a->models);
    l.leave_out = heard;
    l.n_leave_out = recent_plays(a, call, in->user_id, heard);
    if (m && taste(m, heard, l.n_leave_out, vector))
        rc = put_neighbours(&l, m, vector, "for you", e);
    else
        fallback = m ? "nothing is known of this user yet: what is trending"
                     : "no model: what is trending";
    if (!rc && l.n < l.want)
        put_trending(a, &l, m, 0, 0);
    if (m && !rc)
        top_up(&l, m, any, 0);
    reply(out, &l, call, m, fallback, from);
    sg_models_give(m);
    return rc;
}
