/* radio.c - see radio.h. */
#include "recsys/radio.h"

enum { OF_ARTIST = 15, OF_ALBUM = 40, OF_GENRE = 30, REACH = 150, REACH_MAX = 1000 };

static size_t add_rows(struct sg_song_rows rows, size_t most, struct sg_basis *out, size_t n)
{
    for (size_t i = 0; i < rows.n && i < most && n < SG_SEED_SONGS; i++)
        out[n++] = (struct sg_basis){rows.v[i], 1, 0};
    return n;
}

size_t sg_seed_songs(const struct sg_model *m, struct sg_seed seed, struct sg_basis *out, size_t n)
{
    uint32_t song;
    switch (seed.kind) {
    case SG_SEED_SONG:
        song = sg_songs_index(m->songs, seed.id);
        if (song != SG_NO_SONG && n < SG_SEED_SONGS)
            out[n++] = (struct sg_basis){song, 3, 0};
        return n;
    case SG_SEED_ARTIST:
        return add_rows(sg_songs_of_artist(m->songs, seed.id), OF_ARTIST, out, n);
    case SG_SEED_ALBUM:
        return add_rows(sg_songs_of_album(m->songs, seed.id), OF_ALBUM, out, n);
    case SG_SEED_GENRE:
        return add_rows(sg_songs_of_genre(m->songs, seed.id), OF_GENRE, out, n);
    default:
        return n;
    }
}

/* The genre of most of the songs; 0: none. */
static uint64_t genre_of(const struct sg_model *m, const struct sg_basis *basis, size_t n)
{
    uint64_t genre = 0;
    size_t votes = 0; /* Boyer and Moore's majority */
    for (size_t i = 0; i < n; i++) {
        const struct sg_song_row *row = sg_songs_row(m->songs, basis[i].song);
        if (!row || !row->genre_id)
            continue;
        if (!votes)
            genre = row->genre_id;
        votes = row->genre_id == genre ? votes + 1 : votes - 1;
    }
    return genre;
}

static void remember(struct sg_radio_state *s, const struct sg_model *m,
                     const struct sg_recommendation *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct sg_song_row *row = sg_songs_find(m->songs, v[i].song_id);
        sg_played_add(&s->played, v[i].song_id);
        if (!row)
            continue;
        memmove(s->last + 1, s->last, sizeof s->last - sizeof *s->last);
        s->last[0] = row->artist_id;
        s->n_last += s->n_last < SG_RADIO_LAST;
    }
}

/* With what s tells of before. */
static int page(const struct sg_occasion *given, const struct sg_radio_state *s,
                const struct sg_basis *basis, size_t n, size_t limit, struct sg_recommendation *out,
                struct sg_error *e)
{
    struct sg_occasion o = *given;
    size_t before = sg_played_count(&s->played);
    struct sg_compose_options c = {.limit = limit,
                                   .reach = before + REACH < REACH_MAX ? before + REACH : REACH_MAX,
                                   .spaced = s->last,
                                   .n_spaced = s->n_last < 3 ? s->n_last : 3,
                                   .fill_genre = genre_of(o.model, basis, n)};
    o.played = &s->played;
    o.seed = ((uint64_t)s->seed << 20) + before + 1;
    return sg_compose_with_songs(&o, basis, n, &c, out, e);
}

int sg_radio_next(const struct sg_occasion *o, struct sg_radio_state *s,
                  const struct sg_basis *basis, size_t n, size_t limit,
                  struct sg_recommendation *out, struct sg_error *e)
{
    int k = page(o, s, basis, n, limit, out, e);
    if (k < 0)
        return k;
    bool exhausted = (size_t)k < limit;
    if (exhausted)
        s->played = (struct sg_played){0};
    remember(s, o->model, out, (size_t)k);
    if (!exhausted)
        return k;
    int more = page(o, s, basis, n, limit - (size_t)k, out + k, e);
    if (more > 0)
        remember(s, o->model, out + k, (size_t)more);
    return more < 0 ? more : k + more;
}
