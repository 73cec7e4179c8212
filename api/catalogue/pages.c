/* pages.c - GET of one artist or album with what belongs to it: keys from PostgreSQL, so that
 * one's own edits show at once, songs from the cache; from the index while the database is away. */
#include "api/catalogue/away.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/hits.h"
#include "api/catalogue/listing.h"
#include "api/catalogue/read.h"
#include "api/problem.h"
#include "api/route.h"

#define SONG_DATE  "coalesce(s.release_date, l.release_date)"
#define SONG_SEEN  SG_SQL_SEEN(SONG_DATE, "s.artist_id", "song", "s.song_id")
#define ALBUM_SEEN SG_SQL_SEEN("l.release_date", "l.artist_id", "album", "l.album_id")

enum { PARAMS = LISTING_PARAMS + 2 }; /* $7 the artist or album, $8 clean */

static int read_rows(struct sg_api *api, struct sg_http_request *q, const struct sg_listing *l,
                     const struct sg_pg_statement *s, PGresult **rows, struct sg_error *e)
{
    const char *p[PARAMS];
    sg_listing_params(l, p);
    p[6] = sg_sql_u64(q->arena, sg_route_id(q, 0));
    p[7] = sg_sql_bool(q->clean);
    return sg_db_read(api->db, q, s, p, rows, e);
}

static int missing(const struct sg_http_request *q, const char *what, struct sg_error *e)
{
    return sg_fail(e, SG_ENOENT, "there is no %s %llu", what,
                   (unsigned long long)sg_route_id(q, 0));
}

/* Songs by the ids of rows, whose first column tells by a letter which list each is in. */
struct groups {
    PGresult *rows; /* letter, song_id */
    struct sg_list hits;
};

static int read_songs(struct sg_api *api, struct sg_http_request *q, const PGresult *rows,
                      struct sg_list *hits, struct sg_error *e)
{
    struct sg_list ids;
    uint64_t *v;
    size_t n = 0;
    int rc = sg_row_ids(rows, 1, q->arena, &ids, e);
    v = ids.v;
    for (size_t i = 0; !rc && i + 1 < ids.n; i++) { /* each once; the last row is a count */
        size_t j = 0;
        while (j < n && v[j] != v[i])
            j++;
        if (j == n && n < 100)
            v[n++] = v[i];
    }
    return rc ? rc : sg_songs_read(api, q, v, n, hits, e);
}

/* The hits of one letter, in the rows' order. */
static int take(const struct groups *g, char letter, struct sg_arena *a, struct sg_list *out,
                struct sg_error *e)
{
    const struct sg_hit *all = g->hits.v;
    size_t n_rows = (size_t)PQntuples(g->rows), n = 0;
    struct sg_hit *v = sg_arena_array(a, n_rows + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "songs");
    for (size_t i = 0; i < n_rows; i++) {
        uint64_t id = sg_row_u64(g->rows, (int)i, 1);
        for (size_t j = 0; *PQgetvalue(g->rows, (int)i, 0) == letter && j < g->hits.n; j++)
            if (all[j].song_id == id)
                v[n++] = all[j];
    }
    *out = (struct sg_list){v, n};
    return 0;
}

/* Top ten, singles, songs of others; the last row: how many songs in all. */
static const struct sg_pg_statement artist_songs = {
    "artist_page_songs",
    "WITH own AS MATERIALIZED (SELECT s.song_id, s.play_count, s.album_id, " SONG_DATE " AS day "
    "FROM songs s LEFT JOIN albums l ON l.album_id = s.album_id "
    "WHERE s.artist_id = $7::bigint AND NOT ($8::boolean AND s.explicit) AND " SONG_SEEN ") "
    "(SELECT 't', song_id FROM own ORDER BY play_count DESC, song_id LIMIT 10) UNION ALL "
    "(SELECT 's', song_id FROM own WHERE album_id IS NULL "
    "ORDER BY day DESC NULLS LAST, song_id DESC LIMIT 50) UNION ALL "
    "(SELECT 'a', s.song_id FROM (SELECT DISTINCT song_id FROM song_artists "
    "WHERE credited_artist_id = $7::bigint AND artist_id <> $7::bigint) c "
    "JOIN songs s USING (song_id) LEFT JOIN albums l ON l.album_id = s.album_id "
    "WHERE NOT ($8::boolean AND s.explicit) AND " SONG_SEEN
    "ORDER BY s.play_count DESC, s.song_id LIMIT 20) UNION ALL "
    "(SELECT 'c', count(*) FROM own)",
    8};

static int put_songs(struct sg_api *api, struct sg_http_request *q, const struct sg_listing *l,
                     struct sg_artist_page *page, struct sg_error *e)
{
    struct groups g = {0};
    int rc = read_rows(api, q, l, &artist_songs, &g.rows, e);
    if (rc)
        return rc;
    int last = PQntuples(g.rows) - 1; /* the count */
    page->song_count = (int64_t)sg_row_u64(g.rows, last, 1);
    rc = read_songs(api, q, g.rows, &g.hits, e);
    if (!rc)
        rc = take(&g, 't', q->arena, &page->top_songs, e);
    if (!rc)
        rc = take(&g, 's', q->arena, &page->singles, e);
    if (!rc)
        rc = take(&g, 'a', q->arena, &page->appears_on, e);
    PQclear(g.rows);
    return rc;
}

static int put_albums(struct sg_api *api, struct sg_http_request *q, const struct sg_listing *l,
                      struct sg_artist_page *page, struct sg_error *e)
{
    static const struct sg_pg_statement albums = {
        "artist_page_albums",
        "SELECT " SG_SQL_ALBUM_HIT ", count(*) OVER () FROM albums l "
        "JOIN artists a ON a.artist_id = l.artist_id WHERE l.artist_id = $7::bigint "
        "AND $8::boolean IS NOT NULL AND " ALBUM_SEEN
        "ORDER BY l.release_date DESC NULLS LAST, l.album_id DESC LIMIT 100",
        8};
    PGresult *rows = NULL;
    if (q->kinds && !(q->kinds >> SG_ALBUM & 1))
        return 0;
    int rc = read_rows(api, q, l, &albums, &rows, e);
    if (!rc)
        rc = sg_album_hits(rows, (size_t)PQntuples(rows), q->arena, &page->albums, e);
    if (!rc && PQntuples(rows))
        page->album_count = (int64_t)sg_row_u64(rows, 0, 6);
    PQclear(rows);
    return rc;
}

static int artist_page(struct sg_api *api, struct sg_http_request *q, const struct sg_listing *l,
                       struct sg_artist_page *page, uint64_t *version, struct sg_error *e)
{
    static const struct sg_pg_statement head = {"artist_page",
                                                "SELECT name, nullif(image_url, ''), bio, version "
                                                "FROM artists WHERE artist_id = $1::bigint",
                                                1};
    PGresult *r = NULL;
    int rc = sg_db_read(api->db, q, &head,
                        (const char *const[]){sg_sql_u64(q->arena, sg_route_id(q, 0))}, &r, e);
    if (!rc && (!PQntuples(r) || l->none))
        rc = missing(q, "artist", e);
    if (!rc) {
        *page = (struct sg_artist_page){.artist_id = sg_route_id(q, 0),
                                        .name = sg_row_str(q->arena, r, 0, 0),
                                        .image_url = sg_row_str(q->arena, r, 0, 1),
                                        .bio = sg_row_str(q->arena, r, 0, 2)};
        *version = sg_row_u64(r, 0, 3);
        rc = put_songs(api, q, l, page, e);
    }
    PQclear(r);
    return rc ? rc : put_albums(api, q, l, page, e);
}

void sg_api_artist(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_listing l;
    struct sg_artist_page page;
    uint64_t version = 0;
    char sort;
    int rc =
        sg_listing_begin(q, SG_ARTIST, sg_page_params, &sg_page_params_record, 'n', &l, &sort, &e);
    if (!rc) {
        rc = artist_page(api, q, &l, &page, &version, &e);
        if (rc == SG_EUNAVAIL)
            rc = sg_artist_page_of_index(api, q, &page, &e);
    }
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    sg_api_answer(r, &sg_artist_page_record, &page);
    if (version)
        sg_etag_put(q, r, version);
}

/* The songs in order; the last row: how many in all. */
static const struct sg_pg_statement album_songs = {
    "album_page_songs",
    "WITH own AS MATERIALIZED (SELECT s.song_id, s.disc_no, s.track_no FROM songs s "
    "LEFT JOIN albums l ON l.album_id = s.album_id WHERE s.album_id = $7::bigint "
    "AND NOT ($8::boolean AND s.explicit) AND " SONG_SEEN ") "
    "(SELECT 's', song_id FROM own "
    "ORDER BY coalesce(disc_no, 1), track_no NULLS LAST, song_id LIMIT 100) UNION ALL "
    "(SELECT 'c', count(*) FROM own)",
    8};

static const struct sg_pg_statement album_head = {
    "album_page",
    "SELECT " SG_SQL_ALBUM_HIT ", to_char(l.release_date, 'YYYY-MM-DD'), l.upc, l.version, "
    "coalesce(l.release_date > CURRENT_DATE, false) FROM albums l "
    "JOIN artists a ON a.artist_id = l.artist_id WHERE l.album_id = $7::bigint "
    "AND $8::boolean IS NOT NULL AND " ALBUM_SEEN,
    8};

static int album_page(struct sg_api *api, struct sg_http_request *q, const struct sg_listing *l,
                      struct sg_album_page *page, uint64_t *version, struct sg_error *e)
{
    PGresult *r = NULL;
    struct sg_list hits;
    int rc = read_rows(api, q, l, &album_head, &r, e);
    if (!rc && (!PQntuples(r) || l->none))
        rc = missing(q, "album", e);
    if (!rc)
        rc = sg_album_hits(r, 1, q->arena, &hits, e);
    if (!rc) {
        const struct sg_hit *album = hits.v;
        *page = (struct sg_album_page){.album_id = album->album_id,
                                       .title = album->title,
                                       .artist = album->artist,
                                       .year = album->year,
                                       .cover_art_url = album->cover_art_url,
                                       .release_date = sg_row_str(q->arena, r, 0, 6),
                                       .upc = sg_row_str(q->arena, r, 0, 7),
                                       .upcoming = sg_row_bool(r, 0, 9)};
        *version = sg_row_u64(r, 0, 8);
    }
    PQclear(r);
    return rc;
}

static int put_tracks(struct sg_api *api, struct sg_http_request *q, const struct sg_listing *l,
                      struct sg_album_page *page, struct sg_error *e)
{
    PGresult *rows = NULL;
    struct sg_list ids;
    int rc = read_rows(api, q, l, &album_songs, &rows, e);
    if (!rc)
        rc = sg_row_ids(rows, 1, q->arena, &ids, e);
    PQclear(rows);
    if (rc || !ids.n)
        return rc;
    page->song_count = (int64_t)((uint64_t *)ids.v)[ids.n - 1];
    return sg_songs_read(api, q, ids.v, ids.n - 1, &page->songs, e);
}

void sg_api_album(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_listing l;
    struct sg_album_page page;
    uint64_t version = 0;
    char sort;
    int rc =
        sg_listing_begin(q, SG_ALBUM, sg_page_params, &sg_page_params_record, 'n', &l, &sort, &e);
    if (!rc) {
        rc = album_page(api, q, &l, &page, &version, &e);
        if (!rc)
            rc = put_tracks(api, q, &l, &page, &e);
        if (rc == SG_EUNAVAIL)
            rc = sg_album_page_of_index(api, q, &page, &e);
    }
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    sg_api_answer(r, &sg_album_page_record, &page);
    if (version)
        sg_etag_put(q, r, version);
}
