/* compose.c - see compose.h. */
#include "recsys/compose.h"
#include "recsys/rank/rank.h"
#include "recsys/rank/reason.h"

static const float diversity = 0.2f;

struct composition {
    struct sg_filter filter;
    struct sg_leaning taste;
    struct sg_pool pool;
    struct sg_gather gather;
};

static int begin(struct composition *x, const struct sg_occasion *o, struct sg_error *e)
{
    int rc = sg_filter_open(&x->filter, o, e);
    if (!rc)
        rc = sg_pool_open(&x->pool, &x->filter, e);
    x->gather = (struct sg_gather){o, &x->taste, &x->pool};
    return rc;
}

static int finish(struct composition *x, const struct sg_compose_options *c,
                  struct sg_recommendation *out, struct sg_error *e)
{
    const struct sg_occasion *o = x->gather.o;
    struct sg_candidate *chosen = sg_arena_array(o->arena, c->limit, sizeof *chosen);
    if (!chosen)
        return sg_fail(e, SG_ENOMEM, "selection");
    size_t share = (c->limit + 5) / 6;
    struct sg_select_options s = {.limit = c->limit,
                                  .per_artist = c->any_artist   ? 0
                                                : c->per_artist ? c->per_artist
                                                : share > 2     ? share
                                                                : 2,
                                  .diversity = diversity,
                                  .spaced = c->spaced,
                                  .n_spaced = c->n_spaced,
                                  .fill_genre = c->fill_genre};
    int rc = sg_rank_candidates(o, &x->taste, &x->pool, sg_select_reach(c->limit), e);
    if (rc)
        return rc;
    int n = sg_select(&x->gather, &s, chosen, e);
    for (int i = 0; i < n; i++)
        sg_reason_of(o, &x->taste, &chosen[i], &out[i]);
    return n;
}

static size_t reach_of(const struct sg_compose_options *c)
{
    return c->reach ? c->reach : 60 + 3 * c->limit;
}

/* All sources; what brings little to somebody unknown brings nothing and costs nothing. */
static int gather_all(struct composition *x, const struct sg_compose_options *c, struct sg_error *e)
{
    const struct sg_gather *g = &x->gather;
    size_t reach = reach_of(c);
    sg_gather_new(g, 5);
    sg_gather_played(g);
    sg_gather_artists(g, 8, 15);
    int rc = sg_gather_vector(g, reach, e);
    if (!rc)
        rc = sg_gather_content(g, reach / 2, e);
    if (!rc)
        sg_gather_trends(g, c->fill_genre, 50);
    return rc;
}

int sg_compose_for_person(const struct sg_occasion *o, const struct sg_compose_options *c,
                          struct sg_recommendation *out, struct sg_error *e)
{
    struct composition x;
    int rc = begin(&x, o, e);
    if (!rc)
        rc = sg_leaning_of_person(o, &x.taste, e);
    if (!rc)
        rc = gather_all(&x, c, e);
    if (!rc && x.pool.n < 2 * c->limit)
        sg_gather_genres(&x.gather, 4, c->limit);
    if (!rc && x.pool.n < 2 * c->limit)
        sg_gather_popular(&x.gather, c->fill_genre, 2 * c->limit);
    return rc ? rc : finish(&x, c, out, e);
}

/* One song's neighbours are many enough mostly: then nothing more is looked for. */
static int gather_with_songs(struct composition *x, const struct sg_compose_options *c,
                             struct sg_error *e)
{
    size_t reach = reach_of(c);
    int rc = 0;
    sg_gather_played(&x->gather);
    if (!c->quick) {
        sg_gather_artists(&x->gather, 6, reach / 10);
        rc = sg_gather_vector(&x->gather, reach, e);
    }
    if (!rc && (!c->quick || x->pool.n < c->limit + c->limit / 2))
        rc = sg_gather_content(&x->gather, reach, e);
    if (!rc && x->pool.n < c->limit + c->limit / 2)
        sg_gather_artists(&x->gather, 6, c->limit);
    if (!rc && x->pool.n < c->limit + c->limit / 2)
        sg_gather_genres(&x->gather, 3, reach);
    return rc;
}

int sg_compose_with_songs(const struct sg_occasion *o, const struct sg_basis *basis, size_t n,
                          const struct sg_compose_options *c, struct sg_recommendation *out,
                          struct sg_error *e)
{
    struct composition x;
    int rc = begin(&x, o, e);
    for (size_t i = 0; i < n && i < SG_FILTER_MORE && !rc; i++)
        sg_filter_bar(&x.filter, basis[i].song);
    if (!rc)
        rc = sg_leaning_of_songs(o, basis, n, !c->quick, &x.taste, e);
    x.taste.is_of_songs = true;
    if (!rc)
        rc = gather_with_songs(&x, c, e);
    return rc ? rc : finish(&x, c, out, e);
}

/* The newest of all that suit by description: only new songs are looked at. */
static void gather_newest(const struct composition *x, size_t most)
{
    enum { LOOK_AT = 3000 };
    const struct sg_occasion *o = x->gather.o;
    struct sg_song_rows newest = sg_songs_newest(o->model->songs);
    int64_t today = o->now_us / 86400000000ll;
    size_t added = 0;
    for (size_t i = 0; i < newest.n && i < LOOK_AT && added < most; i++) {
        const struct sg_song_row *row = sg_songs_row(o->model->songs, newest.v[i]);
        if (row && row->released <= today)
            added += sg_pool_add(x->gather.pool, newest.v[i], SG_FROM_FOLLOWED) != NULL;
    }
}

/* Songs that are no news are worth less than any that is. */
static void put_new_first(struct composition *x)
{
    const struct sg_occasion *o = x->gather.o;
    int64_t since = o->now_us / 86400000000ll - o->new_days;
    size_t n = 0;
    for (size_t i = 0; i < x->pool.n; i++)
        if (sg_songs_row(o->model->songs, x->pool.v[i].song)->released >= since)
            x->pool.v[n++] = x->pool.v[i];
    if (n) /* else the newest there are */
        x->pool.n = n;
}

int sg_compose_new(const struct sg_occasion *o, const struct sg_compose_options *c,
                   struct sg_recommendation *out, struct sg_error *e)
{
    struct composition x;
    int rc = begin(&x, o, e);
    if (!rc)
        rc = sg_leaning_of_person(o, &x.taste, e);
    if (rc)
        return rc;
    sg_gather_new(&x.gather, 20);
    gather_newest(&x, SG_POOL_MAX);
    put_new_first(&x);
    return finish(&x, c, out, e);
}

int sg_compose_trending(const struct sg_occasion *o, uint64_t genre_id, size_t limit,
                        struct sg_recommendation *out, struct sg_error *e)
{
    struct composition x = {.taste = {0}};
    int rc = begin(&x, o, e);
    if (rc)
        return rc;
    size_t charted = sg_gather_chart(&x.gather, o->chart_region, genre_id, limit);
    if (charted < limit)
        sg_gather_popular(&x.gather, genre_id, limit - charted);
    size_t n = x.pool.n < limit ? x.pool.n : limit;
    const struct sg_song_row *first = sg_songs_ranked(o->model->songs, 0);
    float ceiling = charted ? x.pool.v[charted - 1].trend : 1;
    for (size_t i = 0; i < n; i++) {
        struct sg_candidate *y = &x.pool.v[i];
        y->score = i < charted ? y->trend : sg_popularity(o, y->song, first) * ceiling * 0.999f;
        sg_reason_of(o, &x.taste, y, &out[i]);
    }
    return (int)n;
}
