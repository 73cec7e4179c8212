/* catalogue.c - see catalogue.h. Everything comes in ascending song id, so that each
 * reading walks the rows once.
 */
#include "recsys/train/catalogue.h"
#include "recsys/trends.h"
#include <stdlib.h>

static const char songs_sql[] =
    "SELECT s.song_id, s.artist_id, coalesce(s.album_id, 0), coalesce(s.genre_id, 0), "
    "s.play_count, "
    "coalesce(s.release_date, a.release_date) - date '1970-01-01', coalesce(s.duration_s, 0), "
    "s.explicit::int FROM songs s LEFT JOIN albums a ON a.album_id = s.album_id ORDER BY s.song_id";
static const char credits_sql[] = "SELECT song_id, credited_artist_id FROM song_artists "
                                  "WHERE position > 1 ORDER BY song_id, position";
static const char markets_sql[] =
    "SELECT id, excluded::int, array_to_string(markets, ',') FROM availability "
    "WHERE kind = 'song' ORDER BY id";

struct reading {
    struct sg_train_input *out;
    size_t songs_cap, credits_cap, sets_cap, at;
};

static int grow(void **v, size_t n, size_t *cap, size_t size, struct sg_error *e)
{
    if (n < *cap)
        return 0;
    size_t more = *cap ? *cap * 2 : 1 << 12;
    void *bigger = realloc(*v, more * size);
    if (!bigger)
        return sg_fail(e, SG_ENOMEM, "%zu rows", more);
    *v = bigger;
    *cap = more;
    return 0;
}

static int read_numbers(const struct sg_str *cells, size_t n, uint64_t *out, struct sg_error *e)
{
    for (size_t i = 0; i < n; i++)
        if (!sg_str_to_u64(cells[i], &out[i]))
            return sg_fail(e, SG_ECORRUPT, "column %zu: '%.*s' is no whole number", i + 1,
                           SG_FMT(cells[i]));
    return 0;
}

static int32_t days_of(struct sg_str cell)
{
    int64_t days;
    bool negative = cell.n && cell.p[0] == '-';
    struct sg_str digits = {cell.p + negative, cell.n - negative};
    if (!cell.n || !sg_str_to_i64(digits, &days) || days > INT32_MAX)
        return SG_SONG_UNDATED;
    return negative ? -(int32_t)days : (int32_t)days;
}

static int take_song(void *ctx, const struct sg_str *c, size_t n, struct sg_error *e)
{
    struct reading *r = ctx;
    struct sg_train_input *t = r->out;
    uint64_t v[5], rest[2];
    if (n != 8)
        return sg_fail(e, SG_EINTERNAL, "songs: %zu columns", n);
    int rc = read_numbers(c, 5, v, e);
    if (!rc)
        rc = read_numbers(c + 6, 2, rest, e);
    if (!rc)
        rc = grow((void **)&t->songs, t->n_songs, &r->songs_cap, sizeof *t->songs, e);
    if (rc)
        return rc;
    t->songs[t->n_songs++] = (struct sg_song_row){
        .song_id = v[0],
        .artist_id = v[1],
        .album_id = v[2],
        .genre_id = v[3],
        .plays = v[4],
        .released = days_of(c[5]),
        .duration_s = (uint16_t)(rest[0] < UINT16_MAX ? rest[0] : UINT16_MAX),
        .is_explicit = rest[1] != 0,
    };
    return 0;
}

/* The row of the song, walking on from the one before; NULL when it is not there. */
static struct sg_song_row *walk_to(struct reading *r, uint64_t song_id)
{
    struct sg_train_input *t = r->out;
    while (r->at < t->n_songs && t->songs[r->at].song_id < song_id)
        r->at++;
    return r->at < t->n_songs && t->songs[r->at].song_id == song_id ? &t->songs[r->at] : NULL;
}

static int take_credit(void *ctx, const struct sg_str *c, size_t n, struct sg_error *e)
{
    struct reading *r = ctx;
    struct sg_train_input *t = r->out;
    uint64_t v[2];
    int rc =
        n == 2 ? read_numbers(c, 2, v, e) : sg_fail(e, SG_EINTERNAL, "credits: %zu columns", n);
    if (!rc)
        rc = grow((void **)&t->credits, t->n_credits, &r->credits_cap, sizeof *t->credits, e);
    struct sg_song_row *row = rc ? NULL : walk_to(r, v[0]);
    if (!row || row->n_credits == UINT8_MAX || t->n_credits >= UINT32_MAX)
        return rc;
    if (!row->n_credits++)
        row->first_credit = (uint32_t)t->n_credits;
    t->credits[t->n_credits++] = v[1];
    return 0;
}

static struct sg_market_set set_of(struct sg_str markets, bool excluded)
{
    struct sg_market_set set = {{0}};
    for (size_t i = 0; i + 2 <= markets.n; i += 3) {
        unsigned region = sg_region((struct sg_str){markets.p + i, 2});
        if (region)
            set.allowed[region / 64] |= 1ull << region % 64;
    }
    for (size_t i = 0; excluded && i < sizeof set.allowed / sizeof *set.allowed; i++)
        set.allowed[i] = ~set.allowed[i];
    set.allowed[0] |= 1;
    return set;
}

/* Few sets are different, and neighbours are often alike: looked for from the last one. */
static int take_market(void *ctx, const struct sg_str *c, size_t n, struct sg_error *e)
{
    enum { LOOK_BACK = 64 };
    struct reading *r = ctx;
    struct sg_train_input *t = r->out;
    uint64_t v[2];
    int rc =
        n == 3 ? read_numbers(c, 2, v, e) : sg_fail(e, SG_EINTERNAL, "markets: %zu columns", n);
    if (!rc)
        rc = grow((void **)&t->sets, t->n_sets, &r->sets_cap, sizeof *t->sets, e);
    struct sg_song_row *row = rc ? NULL : walk_to(r, v[0]);
    if (!row)
        return rc;
    struct sg_market_set set = set_of(c[2], v[1] != 0);
    size_t last = t->n_sets > LOOK_BACK ? t->n_sets - LOOK_BACK : 0, i = t->n_sets;
    while (i > last && memcmp(&t->sets[i - 1], &set, sizeof set) != 0)
        i--;
    if (i == last) {
        t->sets[t->n_sets++] = set;
        i = t->n_sets;
    }
    row->markets = (uint32_t)i;
    return 0;
}

int sg_train_read_catalogue(PGconn *c, struct sg_train_input *out, struct sg_error *e)
{
    struct reading r = {.out = out};
    int rc = sg_pg_copy_out(c, songs_sql, take_song, &r, e);
    if (!rc)
        rc = sg_pg_copy_out(c, credits_sql, take_credit, &r, e);
    r.at = 0;
    return rc ? rc : sg_pg_copy_out(c, markets_sql, take_market, &r, e);
}
