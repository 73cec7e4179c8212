/* gather.c - see gather.h. */
#include "recsys/candidates/gather.h"

enum { LATEST = 8, NEIGHBOURS_OF_LATEST = 16, NEIGHBOURS_OF_OLDER = 6 };
enum { NEAREST_MAX = 1200, PROBES = 16, PROBES_OF_PERSON = 6, SHARES_MAX = 12, SCAN_MAX = 200000 };

int sg_gather_vector(const struct sg_gather *g, size_t k, struct sg_error *e)
{
    if (!g->taste->vector)
        return 0;
    struct sg_neighbour *found = sg_arena_array(g->o->arena, NEAREST_MAX, sizeof *found);
    if (!found)
        return sg_fail(e, SG_ENOMEM, "neighbours");
    int n = sg_vectors_search(g->o->model->vectors, g->taste->vector,
                              k < NEAREST_MAX ? k : NEAREST_MAX, found, e);
    for (int i = 0; i < n; i++) {
        struct sg_candidate *c =
            sg_pool_add(g->pool, sg_songs_index(g->o->model->songs, found[i].id), SG_FROM_VECTOR);
        if (c)
            c->feature[SG_RANK_TASTE] = found[i].score;
    }
    return n < 0 ? n : 0;
}

static void add_neighbours(const struct sg_gather *g, const struct sg_basis *b, size_t most)
{
    struct sg_near_list list = sg_near_of(g->o->model->near, b->song);
    for (size_t i = 0; i < list.n && i < most; i++)
        sg_songs_prefetch(g->o->model->songs, list.song[i]);
    for (size_t i = 0; i < list.n && i < most; i++) {
        struct sg_candidate *c = sg_pool_add(g->pool, list.song[i], SG_FROM_PLAYED);
        float part = b->weight * (float)list.likeness[i] / 65535;
        if (!c)
            continue;
        c->near += part;
        if (part > c->nearest) {
            c->nearest = part;
            c->because = b->song;
        }
    }
}

void sg_gather_played(const struct sg_gather *g)
{
    size_t near = g->taste->n_recent < LATEST ? SIZE_MAX : NEIGHBOURS_OF_LATEST;
    for (size_t i = 0; i < g->taste->n_recent; i++)
        add_neighbours(g, &g->taste->recent[i], i < LATEST ? near : NEIGHBOURS_OF_OLDER);
}

int sg_gather_content(const struct sg_gather *g, size_t k, struct sg_error *e)
{
    if (!g->taste->content)
        return 0;
    struct sg_akin *found = sg_arena_array(g->o->arena, NEAREST_MAX, sizeof *found);
    if (!found)
        return sg_fail(e, SG_ENOMEM, "neighbours");
    size_t n =
        sg_content_near(g->o->model->content, g->taste->content, k < NEAREST_MAX ? k : NEAREST_MAX,
                        g->taste->is_of_songs ? PROBES : PROBES_OF_PERSON, found);
    for (size_t i = 0; i < n; i++)
        sg_songs_prefetch(g->o->model->songs, found[i].doc);
    for (size_t i = 0; i < n; i++)
        sg_pool_add(g->pool, found[i].doc, SG_FROM_CONTENT);
    return 0;
}

static size_t heaviest(const struct sg_shares *s, struct sg_share out[SHARES_MAX], size_t k)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n && k; i++) {
        if (n == k && s->v[i].weight <= out[n - 1].weight)
            continue;
        size_t at = n < k ? n++ : n - 1;
        for (; at && out[at - 1].weight < s->v[i].weight; at--)
            out[at] = out[at - 1];
        out[at] = s->v[i];
    }
    return n;
}

static void add_new_of(const struct sg_gather *g, uint64_t artist_id, size_t most)
{
    size_t n;
    const struct sg_fresh *fresh = sg_model_fresh(g->o->model, artist_id, &n);
    int64_t today = g->o->now_us / 86400000000ll;
    for (size_t i = 0; i < n && i < most; i++) {
        const struct sg_song_row *row = sg_songs_row(g->o->model->songs, fresh[i].song);
        if (!row || row->released < today - g->o->new_days)
            break;
        if (row->released <= today)
            sg_pool_add(g->pool, fresh[i].song, SG_FROM_FOLLOWED);
    }
}

void sg_gather_new(const struct sg_gather *g, size_t per_artist)
{
    struct sg_share artists[SHARES_MAX];
    struct sg_ids followed = g->o->person->lists[SG_PERSON_FOLLOWED];
    size_t n = heaviest(&g->taste->artists, artists, SHARES_MAX);
    for (size_t i = 0; i < followed.n; i++)
        add_new_of(g, followed.v[i], per_artist);
    for (size_t i = 0; i < n; i++)
        add_new_of(g, artists[i].id, per_artist);
}

static void add_rows(const struct sg_gather *g, struct sg_song_rows rows, enum sg_source source,
                     size_t most)
{
    size_t added = 0;
    for (size_t i = 0; i < rows.n && i < SCAN_MAX && added < most && g->pool->n < SG_POOL_MAX; i++)
        added += sg_pool_add(g->pool, rows.v[i], source) != NULL;
}

void sg_gather_artists(const struct sg_gather *g, size_t artists, size_t per_artist)
{
    struct sg_share top[SHARES_MAX];
    size_t n = heaviest(&g->taste->artists, top, artists < SHARES_MAX ? artists : SHARES_MAX);
    for (size_t i = 0; i < n; i++)
        add_rows(g, sg_songs_of_artist(g->o->model->songs, top[i].id), SG_FROM_ARTIST, per_artist);
}

void sg_gather_genres(const struct sg_gather *g, size_t genres, size_t per_genre)
{
    struct sg_share top[SHARES_MAX];
    size_t n = heaviest(&g->taste->genres, top, genres < SHARES_MAX ? genres : SHARES_MAX);
    for (size_t i = 0; i < n; i++)
        add_rows(g, sg_songs_of_genre(g->o->model->songs, top[i].id), SG_FROM_GENRE, per_genre);
}

size_t sg_gather_chart(const struct sg_gather *g, unsigned region, uint64_t genre_id, size_t most)
{
    if (!g->o->charts)
        return 0;
    struct sg_trend chart[SG_CHART_MAX];
    size_t added = 0,
           n = sg_charts_top(g->o->charts, g->o->model, region, genre_id, chart, SG_CHART_MAX);
    for (size_t i = 0; i < n && added < most; i++) {
        uint32_t song = sg_songs_index(g->o->model->songs, chart[i].song_id);
        struct sg_candidate *c =
            song == SG_NO_SONG ? NULL : sg_pool_add(g->pool, song, SG_FROM_TREND);
        if (!c)
            continue;
        added++;
        if (c->trend == 0)
            c->trend = (float)chart[i].plays;
    }
    return added;
}

void sg_gather_trends(const struct sg_gather *g, uint64_t genre_id, size_t k)
{
    size_t n = g->o->region ? sg_gather_chart(g, g->o->region, genre_id, k) : 0;
    if (n < k)
        sg_gather_chart(g, 0, genre_id, k - n);
}

void sg_gather_popular(const struct sg_gather *g, uint64_t genre_id, size_t more)
{
    const struct sg_songs *songs = g->o->model->songs;
    struct sg_song_rows rows =
        genre_id ? sg_songs_of_genre(songs, genre_id) : sg_songs_by_plays(songs);
    size_t want = g->pool->n + more;
    for (size_t i = 0; i < rows.n && g->pool->n < want && g->pool->n < SG_POOL_MAX; i++)
        sg_pool_add(g->pool, rows.v[i], SG_FROM_POPULAR);
}
