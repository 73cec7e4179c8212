/* akin.c - see akin.h. */
#include "recsys/akin.h"
#include <math.h>
#include <stdlib.h>

enum { SONGS = 15, DESCRIBED = 200, PROBES = 16, CANDIDATES = 2048, GENRE_SCAN = 5000 };

struct akin {
    const struct sg_occasion *o;
    enum sg_akin_kind kind;
    uint64_t id;
    struct sg_filter filter;
    struct sg_shares found;
};

static uint64_t key_of(const struct akin *x, uint32_t song)
{
    const struct sg_song_row *row = sg_songs_row(x->o->model->songs, song);
    return !row ? 0 : x->kind == SG_AKIN_ARTISTS ? row->artist_id : row->album_id;
}

static void add(struct akin *x, uint32_t song, float weight)
{
    uint64_t key = key_of(x, song);
    if (key && key != x->id && weight > 0 && x->found.n < CANDIDATES &&
        sg_filter_allows(&x->filter, song))
        x->found.v[x->found.n++] = (struct sg_share){key, weight};
}

static void add_neighbours(struct akin *x, struct sg_song_rows mine)
{
    for (size_t i = 0; i < mine.n && i < SONGS; i++) {
        struct sg_near_list list = sg_near_of(x->o->model->near, mine.v[i]);
        for (size_t k = 0; k < list.n; k++)
            add(x, list.song[k], (float)list.likeness[k] / 65535);
    }
}

static int add_described(struct akin *x, struct sg_song_rows mine, struct sg_error *e)
{
    const struct sg_content *c = x->o->model->content;
    size_t d = sg_content_dimensions(c);
    float *v = sg_arena_array(x->o->arena, d + 1, sizeof *v), length = 0;
    struct sg_akin *near = sg_arena_array(x->o->arena, DESCRIBED, sizeof *near);
    if (!v || !near)
        return sg_fail(e, SG_ENOMEM, "likeness");
    for (size_t i = 0; i < mine.n && i < SONGS; i++)
        (void)sg_content_add(c, mine.v[i], 1, v);
    for (size_t f = 0; f < d; f++)
        length += v[f] * v[f];
    if (!(length > 0))
        return 0;
    for (size_t f = 0; f < d; f++)
        v[f] /= sqrtf(length);
    size_t n = sg_content_near(c, v, DESCRIBED, PROBES, near);
    for (size_t i = 0; i < n; i++)
        add(x, near[i].doc, 0.05f * near[i].cosine);
    return 0;
}

/* What nothing else is known of is like what is played of its genre. */
static void add_genre(struct akin *x, struct sg_song_rows mine, size_t limit)
{
    const struct sg_song_row *first = mine.n ? sg_songs_row(x->o->model->songs, mine.v[0]) : NULL;
    struct sg_song_rows rows =
        first ? sg_songs_of_genre(x->o->model->songs, first->genre_id) : mine;
    if (!rows.n)
        rows = sg_songs_by_plays(x->o->model->songs);
    for (size_t i = 0; i < rows.n && i < GENRE_SCAN && i < 20 * limit; i++)
        add(x, rows.v[i], 1e-4f / (float)(i + 1));
}

static int heaviest_first(const void *a, const void *b)
{
    const struct sg_share *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

int sg_akin_to(const struct sg_occasion *o, enum sg_akin_kind kind, uint64_t id, size_t limit,
               struct sg_share *out, struct sg_error *e)
{
    struct akin x = {.o = o, .kind = kind, .id = id};
    struct sg_song_rows mine = kind == SG_AKIN_ARTISTS ? sg_songs_of_artist(o->model->songs, id)
                                                       : sg_songs_of_album(o->model->songs, id);
    int rc = sg_filter_open(&x.filter, o, e);
    x.found.v = rc ? NULL : sg_arena_array(o->arena, CANDIDATES, sizeof *x.found.v);
    if (!rc && !x.found.v)
        rc = sg_fail(e, SG_ENOMEM, "likeness");
    if (rc)
        return rc;
    add_neighbours(&x, mine);
    rc = add_described(&x, mine, e);
    if (rc)
        return rc;
    add_genre(&x, mine, limit);
    sg_shares_add_up(&x.found);
    if (x.found.n)
        qsort(x.found.v, x.found.n, sizeof *x.found.v, heaviest_first);
    size_t n = x.found.n < limit ? x.found.n : limit;
    memcpy(out, x.found.v, n * sizeof *out);
    return (int)n;
}
