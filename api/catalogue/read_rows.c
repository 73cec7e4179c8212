/* read_rows.c - see read_rows.h. */
#include "api/catalogue/read_rows.h"
#include "api/cache/cache.h"
#include "schemas/catalogue.h"
#include <stdio.h>

enum column {
    SONG_ID,
    VERSION,
    TITLE,
    DURATION,
    PLAYS,
    EXPLICIT,
    TRACK,
    DISC,
    ISRC,
    RELEASED,
    RELEASE_DAY,
    GENRE_ID,
    GENRE,
    ARTIST_ID,
    ARTIST,
    MANAGER,
    ALBUM_ID,
    ALBUM,
    COVER,
    MARKETS,
    EXCLUDED,
    CREDITED_ID,
    CREDITED,
    ROLE,
    OWN_COVER,
};

const struct sg_pg_statement song_rows_statement = {
    "songs_by_id",
    "SELECT s.song_id, s.version, s.title, s.duration_s, s.play_count, s.explicit, s.track_no,"
    " s.disc_no, s.isrc, coalesce(s.release_date, al.release_date),"
    " coalesce(s.release_date, al.release_date) - date '1970-01-01', s.genre_id, g.name,"
    " a.artist_id, a.name, a.user_id, al.album_id, al.title, al.cover_art_url,"
    " array_to_string(v.markets, ''), v.excluded, c.credited_artist_id, ca.name, c.role,"
    " s.cover_art_url"
    " FROM songs s JOIN artists a ON a.artist_id = s.artist_id"
    " LEFT JOIN albums al ON al.album_id = s.album_id"
    " LEFT JOIN genres g ON g.genre_id = s.genre_id"
    " LEFT JOIN availability v ON v.kind = 'song' AND v.id = s.song_id"
    " LEFT JOIN song_artists c ON c.artist_id = s.artist_id AND c.song_id = s.song_id"
    " LEFT JOIN artists ca ON ca.artist_id = c.credited_artist_id"
    " WHERE s.song_id = ANY ($1::bigint[]) ORDER BY s.song_id, c.position",
    1};

static struct sg_str text(const PGresult *r, int row, int column)
{
    if (PQgetisnull(r, row, column))
        return SG_STR_NONE;
    return (struct sg_str){PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column)};
}

/* 0 when it is NULL. */
static int64_t number(const PGresult *r, int row, int column)
{
    int64_t v;
    return sg_str_to_i64(text(r, row, column), &v) ? v : 0;
}

static uint64_t id(const PGresult *r, int row, int column)
{
    int64_t v = number(r, row, column);
    return v > 0 ? (uint64_t)v : 0;
}

static bool truth(const PGresult *r, int row, int column)
{
    struct sg_str t = text(r, row, column);
    return t.n && *t.p == 't';
}

/* An empty text is as none. */
static struct sg_str some(struct sg_str s)
{
    return s.n ? s : SG_STR_NONE;
}

static void read_song(const PGresult *r, int row, struct song_row *out)
{
    struct sg_song_view *v = &out->view;
    int64_t year;
    sg_record_init(&sg_song_view_record, v);
    v->type = SG_STR("song");
    v->song_id = id(r, row, SONG_ID);
    v->title = text(r, row, TITLE);
    v->duration = number(r, row, DURATION);
    v->play_count = number(r, row, PLAYS);
    v->is_explicit = truth(r, row, EXPLICIT);
    v->track_no = number(r, row, TRACK);
    v->disc_no = number(r, row, DISC);
    v->isrc = some(text(r, row, ISRC));
    v->genre = some(text(r, row, GENRE));
    v->cover_art_url = some(text(r, row, COVER));
    if (!v->cover_art_url.p)
        v->cover_art_url = some(text(r, row, OWN_COVER));
    v->is_excluded = truth(r, row, EXCLUDED);
    struct sg_str date = text(r, row, RELEASED);
    if (date.n == 10 && sg_str_to_i64((struct sg_str){date.p, 4}, &year)) {
        v->year = year;
        v->release_date = date;
    }
    out->version = id(r, row, VERSION);
    out->manager = id(r, row, MANAGER);
    out->release_day =
        PQgetisnull(r, row, RELEASE_DAY) ? SONG_NEVER : (int32_t)number(r, row, RELEASE_DAY);
}

static int read_markets(const PGresult *r, int row, struct sg_arena *a, struct sg_list *out,
                        struct sg_error *e)
{
    struct sg_str all = text(r, row, MARKETS);
    size_t n = all.n / 2;
    struct sg_str *v = n ? sg_arena_array(a, n, sizeof *v) : NULL;
    if (n && !v)
        return sg_fail(e, SG_ENOMEM, "markets");
    for (size_t i = 0; i < n; i++)
        v[i] = (struct sg_str){all.p + 2 * i, 2};
    *out = (struct sg_list){v, n};
    return 0;
}

static int read_refs(const PGresult *r, int row, struct sg_arena *a, struct sg_song_view *v,
                     struct sg_error *e)
{
    v->artist = sg_arena_alloc(a, sizeof *v->artist);
    v->album = PQgetisnull(r, row, ALBUM_ID) ? NULL : sg_arena_alloc(a, sizeof *v->album);
    if (!v->artist || (!v->album && !PQgetisnull(r, row, ALBUM_ID)))
        return sg_fail(e, SG_ENOMEM, "song");
    *v->artist = (struct sg_artist_ref){id(r, row, ARTIST_ID), text(r, row, ARTIST)};
    if (v->album)
        *v->album = (struct sg_album_ref){id(r, row, ALBUM_ID), text(r, row, ALBUM),
                                          some(text(r, row, COVER))};
    return read_markets(r, row, a, &v->markets, e);
}

static bool holds(const struct sg_artist_ref *v, size_t n, uint64_t artist_id)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].artist_id == artist_id)
            return true;
    return false;
}

/* n rows from row; at least the lead artist is credited. */
static int read_credits(const PGresult *r, int row, int n, struct sg_arena *a,
                        struct sg_song_view *v, struct sg_error *e)
{
    size_t credits_n = 0, artists_n = 0;
    struct sg_credit *credits = sg_arena_array(a, (size_t)n, sizeof *credits);
    struct sg_artist_ref *artists = sg_arena_array(a, (size_t)n + 1, sizeof *artists);
    if (!credits || !artists)
        return sg_fail(e, SG_ENOMEM, "credits");
    for (int i = row; i < row + n && credits_n < SG_ARTISTS_MAX; i++) {
        if (PQgetisnull(r, i, CREDITED_ID))
            continue;
        struct sg_credit c = {id(r, i, CREDITED_ID), text(r, i, CREDITED), text(r, i, ROLE)};
        credits[credits_n++] = c;
        if (!holds(artists, artists_n, c.artist_id))
            artists[artists_n++] = (struct sg_artist_ref){c.artist_id, c.name};
    }
    if (!artists_n)
        artists[artists_n++] = *v->artist;
    v->credits = (struct sg_list){credits, credits_n};
    v->artists = (struct sg_list){artists, artists_n};
    return 0;
}

static uint64_t hash_of(const char *kind, uint64_t name)
{
    char key[48];
    int n = snprintf(key, sizeof key, "%s:%llu", kind, (unsigned long long)name);
    return sg_cache_hash((struct sg_str){key, (size_t)n});
}

static int list_names(const PGresult *r, int row, struct sg_arena *a, struct song_row *out,
                      struct sg_error *e)
{
    const struct sg_artist_ref *artists = out->view.artists.v;
    size_t n = 0;
    uint64_t *names = sg_arena_array(a, out->view.artists.n + 3, sizeof *names);
    if (!names)
        return sg_fail(e, SG_ENOMEM, "song");
    names[n++] = hash_of("artist", out->view.artist->artist_id);
    for (size_t i = 0; i < out->view.artists.n; i++)
        if (artists[i].artist_id != out->view.artist->artist_id)
            names[n++] = hash_of("artist", artists[i].artist_id);
    if (out->view.album)
        names[n++] = hash_of("album", out->view.album->album_id);
    if (!PQgetisnull(r, row, GENRE_ID))
        names[n++] = hash_of("genre", id(r, row, GENRE_ID));
    out->names = names;
    out->n_names = n;
    return 0;
}

int song_rows_next(const PGresult *rows, int *at, struct sg_arena *a, struct song_row *out,
                   struct sg_error *e)
{
    int row = *at, end = row + 1;
    *out = (struct song_row){0};
    read_song(rows, row, out);
    while (end < PQntuples(rows) && id(rows, end, SONG_ID) == out->view.song_id)
        end++;
    *at = end;
    int rc = read_refs(rows, row, a, &out->view, e);
    if (!rc)
        rc = read_credits(rows, row, end - row, a, &out->view, e);
    return rc ? rc : list_names(rows, row, a, out, e);
}
