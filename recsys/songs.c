/* songs.c - see songs.h. Whatever is read of the file is checked where it is used. */
#include "recsys/songs.h"
#include "core/map.h"
#include "index/segment.h"
#include "recsys/songs_format.h"
#include <stdlib.h>

struct sg_songs {
    struct sg_map map;
    const struct sg_song_row *rows;
    struct sg_song_rows order[SONGS_ORDERS];
    const uint64_t *credits;
    const struct sg_market_set *sets;
    size_t n, n_credits, n_sets;
    uint32_t *at;  /* by a hash of the id: the row, SG_NO_SONG: free; some ids are asked for in
                      every answer. NULL: looked for in order */
    size_t places; /* a power of two */
};

static struct sg_song_rows rows_of(struct sg_str section)
{
    return (struct sg_song_rows){(const void *)section.p, section.n / sizeof(uint32_t)};
}

static int take(struct sg_songs *s, const struct sg_segment *g, struct sg_error *e)
{
    s->n = g->value[0];
    s->rows = (const void *)g->section[SONGS_ROWS].p;
    s->credits = (const void *)g->section[SONGS_CREDITS].p;
    s->sets = (const void *)g->section[SONGS_MARKETS].p;
    s->n_credits = g->section[SONGS_CREDITS].n / sizeof *s->credits;
    s->n_sets = g->section[SONGS_MARKETS].n / sizeof *s->sets;
    bool good = sg_segment_is_aligned(g) && s->n < SG_NO_SONG &&
                g->section[SONGS_ROWS].n == s->n * sizeof *s->rows;
    for (int i = 0; i < SONGS_ORDERS; i++) {
        s->order[i] = rows_of(g->section[SONGS_ROWS + 1 + i]);
        good = good && s->order[i].n <= s->n;
    }
    return good ? 0 : sg_fail(e, SG_ECORRUPT, "songs: sections do not fit together");
}

static int parse(struct sg_songs *s, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment segment;
    int rc = sg_segment_parse(&segment, bytes, SONGS_MAGIC, e);
    return rc ? rc : take(s, &segment, e);
}

static size_t place_of(const struct sg_songs *s, uint64_t song_id)
{
    size_t i = (size_t)(song_id * 0x9e3779b97f4a7c15u >> 24) & (s->places - 1);
    while (s->at[i] != SG_NO_SONG && s->rows[s->at[i]].song_id != song_id)
        i = (i + 1) & (s->places - 1);
    return i;
}

static int index_ids(struct sg_songs *s, struct sg_error *e)
{
    for (s->places = 64; s->places < 2 * s->n; s->places *= 2) {
    }
    s->at = malloc(s->places * sizeof *s->at);
    if (!s->at)
        return sg_fail(e, SG_ENOMEM, "songs");
    memset(s->at, 0xff, s->places * sizeof *s->at);
    for (size_t i = 0; i < s->n; i++)
        s->at[place_of(s, s->rows[i].song_id)] = (uint32_t)i;
    return 0;
}

int sg_songs_parse(struct sg_songs **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_songs *s = calloc(1, sizeof *s);
    int rc = s ? parse(s, bytes, e) : sg_fail(e, SG_ENOMEM, "songs");
    if (rc)
        free(s);
    else
        *out = s;
    return rc;
}

int sg_songs_open(struct sg_songs **out, const char *path, struct sg_error *e)
{
    struct sg_songs *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "songs");
    int rc = sg_map_open(&s->map, path, sizeof(struct sg_segment_header), e);
    if (!rc)
        rc = parse(s, (struct sg_str){(const char *)s->map.p, s->map.n}, e);
    if (!rc)
        rc = index_ids(s, e);
    if (rc) {
        sg_songs_close(s);
        return sg_wrap(e, "%s", path);
    }
    *out = s;
    return 0;
}

void sg_songs_close(struct sg_songs *s)
{
    if (s)
        sg_map_close(&s->map);
    if (s)
        free(s->at);
    free(s);
}

size_t sg_songs_count(const struct sg_songs *s)
{
    return s->n;
}

const struct sg_song_row *sg_songs_row(const struct sg_songs *s, uint32_t row)
{
    return row < s->n ? &s->rows[row] : NULL;
}

void sg_songs_prefetch(const struct sg_songs *s, uint32_t row)
{
    if (row < s->n) {
        __builtin_prefetch(&s->rows[row]);
        __builtin_prefetch((const char *)(&s->rows[row] + 1) - 1);
    }
}

uint32_t sg_songs_index(const struct sg_songs *s, uint64_t song_id)
{
    size_t lo = 0, hi = s->n;
    if (s->at)
        return s->at[place_of(s, song_id)];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->rows[mid].song_id < song_id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->n && s->rows[lo].song_id == song_id ? (uint32_t)lo : SG_NO_SONG;
}

const struct sg_song_row *sg_songs_find(const struct sg_songs *s, uint64_t song_id)
{
    return sg_songs_row(s, sg_songs_index(s, song_id));
}

const struct sg_song_row *sg_songs_ranked(const struct sg_songs *s, size_t rank)
{
    struct sg_song_rows all = s->order[SONGS_BY_PLAYS];
    return rank < all.n ? sg_songs_row(s, all.v[rank]) : NULL;
}

struct sg_song_rows sg_songs_by_plays(const struct sg_songs *s)
{
    return s->order[SONGS_BY_PLAYS];
}

struct sg_song_rows sg_songs_newest(const struct sg_songs *s)
{
    return s->order[SONGS_NEWEST];
}

/* How many of the order, which is by that id, have one below. */
static size_t below(const struct sg_songs *s, int order, uint64_t id)
{
    const struct sg_song_rows *by = &s->order[order];
    size_t lo = 0, hi = by->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct sg_song_row *row = sg_songs_row(s, by->v[mid]);
        if (row && songs_key(row, order) < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct sg_song_rows of(const struct sg_songs *s, int order, uint64_t id)
{
    if (!id)
        return (struct sg_song_rows){0};
    size_t from = below(s, order, id), to = below(s, order, id + 1);
    return (struct sg_song_rows){s->order[order].v + from, to > from ? to - from : 0};
}

struct sg_song_rows sg_songs_of_artist(const struct sg_songs *s, uint64_t artist_id)
{
    return of(s, SONGS_BY_ARTIST, artist_id);
}

struct sg_song_rows sg_songs_of_album(const struct sg_songs *s, uint64_t album_id)
{
    return of(s, SONGS_BY_ALBUM, album_id);
}

struct sg_song_rows sg_songs_of_genre(const struct sg_songs *s, uint64_t genre_id)
{
    return of(s, SONGS_BY_GENRE, genre_id);
}

const uint64_t *sg_songs_credits(const struct sg_songs *s, const struct sg_song_row *row, size_t *n)
{
    bool inside = (uint64_t)row->first_credit + row->n_credits <= s->n_credits;
    *n = inside ? row->n_credits : 0;
    return *n ? s->credits + row->first_credit : NULL;
}

bool sg_songs_is_allowed(const struct sg_songs *s, const struct sg_song_row *row, unsigned region)
{
    if (!row->markets || region >= SG_REGIONS)
        return true;
    return row->markets <= s->n_sets &&
           s->sets[row->markets - 1].allowed[region / 64] >> region % 64 & 1;
}
