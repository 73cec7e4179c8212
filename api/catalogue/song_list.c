/* song_list.c - GET /api/v1/songs: ids from an index of PostgreSQL, the songs from the cache. */
#include "api/catalogue/handlers.h"
#include "api/catalogue/listing.h"
#include "api/catalogue/read.h"
#include "api/catalogue/rows.h"
#include "api/problem.h"

enum { BY_ANY, BY_GENRE, BY_ARTIST, BY_ALBUM, BYS };
enum { IDS_MAX = 100, PARAMS = LISTING_PARAMS + 7 };

/* $7 genre, $8 artist, $9 album, $10 clean, $11 limit; $12, $13 the last row's id and key. */
#define DATE "coalesce(s.release_date, l.release_date)"
#define ANY  ""
#define GENRE                                                                                      \
    "AND s.genre_id = (SELECT genre_id FROM genres WHERE lower(name) = lower($7::text) "           \
    "ORDER BY name <> $7::text, genre_id LIMIT 1) "
#define ARTIST "AND s.artist_id = $8::bigint "
#define ALBUM  "AND s.album_id = $9::bigint "
#define TRACK  "(coalesce(s.disc_no, 1)::bigint << 32) + coalesce(s.track_no, 2147483647)"
#define LIST(key, filter, after, order)                                                            \
    "SELECT s.song_id, " key                                                                       \
    " FROM songs s LEFT JOIN albums l ON l.album_id = s.album_id WHERE " SG_SQL_SEEN(              \
        DATE, "s.artist_id", "song",                                                               \
        "s.song_id") "AND ($7::text IS NULL OR s.genre_id = (SELECT genre_id FROM genres WHERE "   \
                     "lower(name) = "                                                              \
                     "lower($7::text) ORDER BY name <> $7::text, genre_id LIMIT 1)) "              \
                     "AND ($8::bigint IS NULL OR s.artist_id = $8::bigint) "                       \
                     "AND ($9::bigint IS NULL OR s.album_id = $9::bigint) "                        \
                     "AND NOT ($10::boolean AND s.explicit) " filter "AND " after                  \
                     " ORDER BY " order " LIMIT $11::bigint"
#define NEWEST(filter) LIST("0", filter, "s.song_id < $12::bigint", "s.song_id DESC")
#define POPULAR(filter)                                                                            \
    LIST("s.play_count", filter, "(s.play_count, s.song_id) < ($13::bigint, $12::bigint)",         \
         "s.play_count DESC, s.song_id DESC")
#define TITLE(filter)                                                                              \
    LIST("s.title", filter, "(s.title COLLATE \"C\", s.song_id) > ($13::text, $12::bigint)",       \
         "s.title COLLATE \"C\", s.song_id")
#define TRACKS(filter)                                                                             \
    LIST(TRACK, filter, "(" TRACK ", s.song_id) > ($13::bigint, $12::bigint)", TRACK ", s.song_id")

/* Without names: planned for the filters that there are, each time. A plan for any filters reads
 * the whole table (0.9 s instead of 2 ms of 400,000 songs, by plays). */
static const struct sg_pg_statement newest[BYS] = {
    {NULL, NEWEST(ANY), 12},
    {NULL, NEWEST(GENRE), 12},
    {NULL, NEWEST(ARTIST), 12},
    {NULL, NEWEST(ALBUM), 12},
};
static const struct sg_pg_statement popular[BYS] = {
    {NULL, POPULAR(ANY), 13},
    {NULL, POPULAR(GENRE), 13},
    {NULL, POPULAR(ARTIST), 13},
    {NULL, POPULAR(ALBUM), 13},
};
static const struct sg_pg_statement by_title[BYS] = {
    [BY_ARTIST] = {NULL, TITLE(ARTIST), 13},
    [BY_ALBUM] = {NULL, TITLE(ALBUM), 13},
};
static const struct sg_pg_statement by_track[BYS] = {
    [BY_ALBUM] = {NULL, TRACKS(ALBUM), 13},
};

static int choose(const struct sg_listing *l, char sort, const struct sg_pg_statement **out,
                  struct sg_error *e)
{
    int by = l->in.album_id    ? BY_ALBUM
             : l->in.artist_id ? BY_ARTIST
             : l->in.genre.p   ? BY_GENRE
                               : BY_ANY;
    const struct sg_pg_statement *s = sort == 'p'   ? &popular[by]
                                      : sort == 't' ? &by_title[by]
                                      : sort == 'd' ? &by_track[by]
                                                    : &newest[by];
    if (!s->sql && sort == 'd')
        return sg_fail_field(e, "sort", "sort: disc needs album_id");
    if (!s->sql)
        return sg_fail_field(e, "sort", "sort: title needs artist_id or album_id");
    *out = s;
    return 0;
}

/* Where the first page starts: past every key there is. */
static void begin_at(const struct sg_listing *l, char sort, struct sg_arena *a, const char **id,
                     const char **key)
{
    bool down = sort == 'n' || sort == 'p';
    if (!l->place.id) {
        *id = down ? "9223372036854775807" : "0";
        *key = sort == 't' ? "" : down ? "9223372036854775807" : "-1";
        return;
    }
    *id = sg_sql_u64(a, l->place.id);
    *key = sort == 't' ? sg_sql_str(a, l->place.text)
                       : sg_arena_printf(a, "%lld", (long long)l->place.number).p;
}

static int find(struct sg_api *api, struct sg_http_request *q, const struct sg_listing *l,
                char sort, PGresult **rows, struct sg_error *e)
{
    struct sg_arena *a = q->arena;
    const struct sg_pg_statement *s = NULL;
    const char *p[PARAMS];
    int rc = choose(l, sort, &s, e);
    if (rc)
        return rc;
    sg_listing_params(l, p);
    p[6] = sg_sql_str(a, l->in.genre);
    p[7] = sg_sql_some(a, l->in.artist_id);
    p[8] = sg_sql_some(a, l->in.album_id);
    p[9] = sg_sql_bool(q->clean);
    p[10] = sg_sql_u64(a, (uint64_t)l->in.limit + 1);
    begin_at(l, sort, a, &p[11], &p[12]);
    return sg_db_read(api->db, q, s, p, rows, e);
}

/* The cursor after the last row of the page; absent: there is no further one. */
static struct sg_str next_of(struct sg_arena *a, const struct sg_listing *l, char sort,
                             const PGresult *rows)
{
    int last = (int)l->in.limit - 1;
    int64_t number = 0;
    if (PQntuples(rows) <= l->in.limit)
        return SG_STR_NONE;
    sg_str_to_i64(sg_str(PQgetvalue(rows, last, 1)), &number);
    return sg_listing_next(a, l, sort, sort == 't' ? 0 : number, sg_row_u64(rows, last, 0),
                           sort == 't' ? sg_str(PQgetvalue(rows, last, 1)) : SG_STR_NONE);
}

/* Into the object that the songs' reader wrote. */
static void add_cursor(struct sg_http_response *r, struct sg_str cursor)
{
    if (!cursor.p || !r->body.n || r->body.p[r->body.n - 1] != '}')
        return;
    r->body.n--;
    sg_buf_puts(&r->body, ",\"next_cursor\":");
    sg_buf_json_str(&r->body, cursor);
    sg_buf_putc(&r->body, '}');
}

static void list(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                 const struct sg_listing *l, char sort)
{
    struct sg_error e = SG_ERROR_INIT;
    PGresult *rows = NULL;
    uint64_t ids[IDS_MAX];
    size_t n = 0;
    struct sg_str next = SG_STR_NONE;
    int rc = l->none ? 0 : find(api, q, l, sort, &rows, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    for (; rows && n < (size_t)l->in.limit && (int)n < PQntuples(rows); n++)
        ids[n] = sg_row_u64(rows, (int)n, 0);
    if (rows)
        next = next_of(q->arena, l, sort, rows);
    PQclear(rows);
    sg_api_songs_by_id(api, q, r, ids, n);
    if (r->status == 0 || r->status == 200)
        add_cursor(r, next);
}

void sg_api_songs(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_listing l;
    char sort;
    int rc = sg_listing_begin(q, SG_SONG, sg_song_list_params, &sg_song_list_params_record, 0, &l,
                              &sort, &e);
    if (rc)
        sg_problem(q, r, &e);
    else if (l.in.ids.n)
        sg_api_songs_by_id(api, q, r, l.in.ids.v, l.in.ids.n);
    else
        list(api, q, r, &l, sort);
}
