/* mixes.c - see mixes.h. */
#include "recsys/mixes.h"
#include "recsys/dot.h"
#include <math.h>
#include <stdlib.h>

enum { SONGS_MAX = 240, SONGS_OF_A_SIDE = 8, ROUNDS = 8 };

struct sides {
    const struct sg_occasion *o;
    struct sg_basis *song; /* n of them, heaviest first */
    float *vector;         /* n x d, unit */
    uint8_t *side;         /* of each song */
    float *centre;         /* k x d */
    size_t n, d, k;
};

static float dot(const float *a, const float *b, size_t d)
{
    return sg_dot()->floats(a, b, d);
}

static void normalise(float *v, size_t d)
{
    float length = sqrtf(dot(v, v, d));
    for (size_t i = 0; i < d && length > 0; i++)
        v[i] /= length;
}

static int heaviest_first(const void *a, const void *b)
{
    const struct sg_basis *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (x->song > y->song) - (x->song < y->song);
}

/* By description, else by factors; a song with neither takes no side. */
static bool vector_of(const struct sides *s, uint32_t song, float *out)
{
    const struct sg_model *m = s->o->model;
    if (sg_content_dimensions(m->content))
        return sg_content_add(m->content, song, 1, out);
    const float *row = sg_items_of(m->items, song);
    if (row)
        memcpy(out, row, s->d * sizeof *out);
    return row != NULL;
}

static int take_songs(struct sides *s, const struct sg_leaning *t, struct sg_error *e)
{
    const struct sg_model *m = s->o->model;
    struct sg_arena *a = s->o->arena;
    size_t content = sg_content_dimensions(m->content), n = 0;
    s->d = content ? content : sg_items_factors(m->items);
    struct sg_basis *liked = sg_arena_array(a, t->n + 1, sizeof *liked);
    s->vector = sg_arena_array(a, SONGS_MAX * s->d + 1, sizeof *s->vector);
    s->centre = sg_arena_array(a, SG_MIXES_MAX * s->d + 1, sizeof *s->centre);
    s->side = sg_arena_array(a, SONGS_MAX, sizeof *s->side);
    s->song = sg_arena_array(a, SONGS_MAX, sizeof *s->song);
    if (!liked || !s->vector || !s->centre || !s->side || !s->song)
        return sg_fail(e, SG_ENOMEM, "mixes");
    for (size_t i = 0; i < t->n; i++)
        if (t->basis[i].weight > 0)
            liked[n++] = t->basis[i];
    if (n)
        qsort(liked, n, sizeof *liked, heaviest_first);
    for (size_t i = 0; i < n && s->n < SONGS_MAX; i++) {
        float *v = s->vector + s->n * s->d;
        if (!vector_of(s, liked[i].song, v))
            continue;
        normalise(v, s->d);
        s->song[s->n++] = liked[i];
    }
    return 0;
}

/* The heaviest song, then each time the one farthest from all centres there are. */
static void begin_centres(struct sides *s)
{
    for (size_t c = 0; c < s->k; c++) {
        size_t at = 0;
        float farthest = INFINITY;
        for (size_t i = 0; i < s->n && c; i++) {
            float near = -1;
            for (size_t j = 0; j < c; j++)
                near = fmaxf(near, dot(s->vector + i * s->d, s->centre + j * s->d, s->d));
            if (near < farthest) {
                farthest = near;
                at = i;
            }
        }
        memcpy(s->centre + c * s->d, s->vector + at * s->d, s->d * sizeof *s->centre);
    }
}

static void choose_sides(struct sides *s)
{
    for (size_t i = 0; i < s->n; i++) {
        float most = -INFINITY;
        for (size_t c = 0; c < s->k; c++) {
            float near = dot(s->vector + i * s->d, s->centre + c * s->d, s->d);
            if (near > most) {
                most = near;
                s->side[i] = (uint8_t)c;
            }
        }
    }
}

static void move_centres(struct sides *s)
{
    memset(s->centre, 0, s->k * s->d * sizeof *s->centre);
    for (size_t i = 0; i < s->n; i++)
        for (size_t f = 0; f < s->d; f++)
            s->centre[s->side[i] * s->d + f] += s->song[i].weight * s->vector[i * s->d + f];
    for (size_t c = 0; c < s->k; c++)
        normalise(s->centre + c * s->d, s->d);
}

static void name_mix(const struct sg_occasion *o, const struct sg_basis *v, size_t n,
                     struct sg_mix *mix, struct sg_share *room)
{
    struct sg_shares genres = {room, 0}, artists = {room + n, 0};
    float all = 0;
    for (size_t i = 0; i < n; i++) {
        const struct sg_song_row *row = sg_songs_row(o->model->songs, v[i].song);
        genres.v[genres.n++] = (struct sg_share){row->genre_id, v[i].weight};
        artists.v[artists.n++] = (struct sg_share){row->artist_id, v[i].weight};
        all += v[i].weight;
    }
    sg_shares_add_up(&genres);
    sg_shares_add_up(&artists);
    for (size_t i = 0; i < genres.n; i++)
        if (genres.v[i].weight > all / 2)
            mix->genre_id = genres.v[i].id;
    for (; mix->n_artists < SG_MIX_ARTISTS && mix->n_artists < artists.n; mix->n_artists++) {
        struct sg_share *best = &artists.v[0];
        for (size_t i = 1; i < artists.n; i++)
            if (artists.v[i].weight > best->weight)
                best = &artists.v[i];
        mix->artists[mix->n_artists] = best->id;
        best->weight = -1;
    }
}

/* Songs of mixes already made are left out of the next ones. */
static int make_mix(struct sg_occasion *o, const struct sg_basis *v, size_t n, size_t limit,
                    struct sg_mix *mix, struct sg_error *e)
{
    struct sg_share *room = sg_arena_array(o->arena, 2 * n + 1, sizeof *room);
    *mix = (struct sg_mix){.songs = sg_arena_array(o->arena, limit, sizeof *mix->songs)};
    uint64_t *out = sg_arena_array(o->arena, o->leave_out.n + limit, sizeof *out);
    if (!room || !mix->songs || !out)
        return sg_fail(e, SG_ENOMEM, "mixes");
    name_mix(o, v, n, mix, room);
    struct sg_compose_options c = {.limit = limit, .fill_genre = mix->genre_id};
    int k = sg_compose_with_songs(o, v, n, &c, mix->songs, e);
    if (k < 0)
        return k;
    mix->n = (size_t)k;
    if (o->leave_out.n)
        memcpy(out, o->leave_out.v, o->leave_out.n * sizeof *out);
    for (size_t i = 0; i < mix->n; i++)
        out[o->leave_out.n + i] = mix->songs[i].song_id;
    o->leave_out = (struct sg_ids){out, o->leave_out.n + mix->n};
    return 0;
}

int sg_mixes_of(const struct sg_occasion *given, size_t most, size_t limit,
                struct sg_mix out[SG_MIXES_MAX], struct sg_error *e)
{
    struct sg_occasion o = *given;
    struct sides s = {.o = &o};
    struct sg_leaning t;
    int made = 0, rc = sg_leaning_of_person(&o, &t, e);
    if (!rc)
        rc = take_songs(&s, &t, e);
    if (rc || !s.n || !s.d)
        return rc;
    o.seed = o.person->user_id * 1000003 + (uint64_t)(o.now_us / 86400000000ll) + 1;
    s.k = (s.n + SONGS_OF_A_SIDE - 1) / SONGS_OF_A_SIDE;
    s.k = s.k < most ? s.k : most;
    begin_centres(&s);
    for (int round = 0; round < ROUNDS; round++) {
        choose_sides(&s);
        move_centres(&s);
    }
    struct sg_basis *v = sg_arena_array(o.arena, s.n, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "mixes");
    for (size_t c = 0; c < s.k && !rc; c++) {
        size_t n = 0;
        for (size_t i = 0; i < s.n; i++)
            if (s.side[i] == c)
                v[n++] = s.song[i];
        if (n)
            rc = make_mix(&o, v, n, limit, &out[made], e);
        made += n && !rc;
    }
    return rc ? rc : made;
}
