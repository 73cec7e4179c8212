/* lists.c - GET of albums, artists and genres, page by page. */
#include "api/catalogue/handlers.h"
#include "api/catalogue/hits.h"
#include "api/catalogue/listing.h"
#include "api/problem.h"
#include "schemas/pages.h"

#define LAST "9223372036854775807"

/* $7 artist, $8 limit, $9 the last row's id, $10 its title. */
#define ALBUMS(filter, after, order)                                                               \
    "SELECT " SG_SQL_ALBUM_HIT                                                                     \
    " FROM albums l JOIN artists a ON a.artist_id = l.artist_id WHERE " SG_SQL_SEEN(               \
        "l.release_date", "l.artist_id", "album",                                                  \
        "l.album_id") "AND ($7::bigint IS NULL OR l.artist_id = $7::bigint) " filter "AND " after  \
                      " ORDER BY " order " LIMIT $8::bigint"
#define NEWEST(filter) ALBUMS(filter, "l.album_id < $9::bigint", "l.album_id DESC")
#define OF_ARTIST      "AND l.artist_id = $7::bigint "

static const struct sg_pg_statement *albums_statement(const struct sg_listing *l, char sort,
                                                      struct sg_error *e)
{
    static const struct sg_pg_statement newest = {NULL, NEWEST(""), 9};
    static const struct sg_pg_statement of_artist = {NULL, NEWEST(OF_ARTIST), 9};
    static const struct sg_pg_statement by_title = {
        NULL,
        ALBUMS(OF_ARTIST, "(l.title COLLATE \"C\", l.album_id) > ($10::text, $9::bigint)",
               "l.title COLLATE \"C\", l.album_id"),
        10};
    if (sort != 't')
        return l->in.artist_id ? &of_artist : &newest;
    if (l->in.artist_id)
        return &by_title;
    sg_fail_field(e, "sort", "sort: title needs artist_id");
    return NULL;
}

static int find_albums(struct sg_api *api, struct sg_http_request *q, const struct sg_listing *l,
                       char sort, PGresult **rows, struct sg_error *e)
{
    struct sg_arena *a = q->arena;
    const struct sg_pg_statement *s = albums_statement(l, sort, e);
    const char *p[LISTING_PARAMS + 4];
    sg_listing_params(l, p);
    p[6] = sg_sql_some(a, l->in.artist_id);
    p[7] = sg_sql_u64(a, (uint64_t)l->in.limit + 1);
    p[8] = l->place.id ? sg_sql_u64(a, l->place.id) : sort == 't' ? "0" : LAST;
    p[9] = l->place.id ? sg_sql_str(a, l->place.text) : "";
    return s ? sg_db_read(api->db, q, s, p, rows, e) : e->code;
}

/* Rows of the page, of those that were read; *more: there was one after. */
static size_t page_of(const PGresult *rows, const struct sg_listing *l, bool *more)
{
    size_t n = rows ? (size_t)PQntuples(rows) : 0;
    *more = n > (size_t)l->in.limit;
    return *more ? (size_t)l->in.limit : n;
}

void sg_api_albums(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_listing l;
    struct sg_hit_page page = {0};
    PGresult *rows = NULL;
    bool more = false;
    char sort = 'n';
    int rc = sg_listing_begin(q, SG_ALBUM, sg_album_list_params, &sg_album_list_params_record, 'n',
                              &l, &sort, &e);
    if (!rc && !l.none)
        rc = find_albums(api, q, &l, sort, &rows, &e);
    size_t n = rc ? 0 : page_of(rows, &l, &more);
    if (!rc)
        rc = sg_album_hits(rows, n, q->arena, &page.results, &e);
    if (!rc && more)
        page.next_cursor =
            sg_listing_next(q->arena, &l, sort, 0, sg_row_u64(rows, (int)n - 1, 0),
                            sort == 't' ? sg_row_str(q->arena, rows, (int)n - 1, 1) : SG_STR_NONE);
    PQclear(rows);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_hit_page_record, &page);
}

void sg_api_artists(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    static const struct sg_pg_statement newest = {"artists_newest",
                                                  "SELECT " SG_SQL_ARTIST_HIT
                                                  " FROM artists a WHERE a.artist_id < $1::bigint "
                                                  "ORDER BY a.artist_id DESC LIMIT $2::bigint",
                                                  2};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_listing l;
    struct sg_hit_page page = {0};
    PGresult *rows = NULL;
    bool more = false;
    char sort = 'n';
    int rc = sg_listing_begin(q, SG_ARTIST, sg_artist_list_params, &sg_artist_list_params_record,
                              'n', &l, &sort, &e);
    if (!rc && !l.none) {
        const char *p[] = {l.place.id ? sg_sql_u64(q->arena, l.place.id) : LAST,
                           sg_sql_u64(q->arena, (uint64_t)l.in.limit + 1)};
        rc = sg_db_read(api->db, q, &newest, p, &rows, &e);
    }
    size_t n = rc ? 0 : page_of(rows, &l, &more);
    if (!rc)
        rc = sg_artist_hits(rows, n, q->arena, &page.results, &e);
    if (!rc && more)
        page.next_cursor =
            sg_listing_next(q->arena, &l, sort, 0, sg_row_u64(rows, (int)n - 1, 0), SG_STR_NONE);
    PQclear(rows);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_hit_page_record, &page);
}

static int read_genres(const PGresult *rows, size_t n, struct sg_arena *a, struct sg_list *out,
                       struct sg_error *e)
{
    struct sg_genre *v = sg_arena_array(a, n + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "genres");
    for (size_t i = 0; i < n; i++)
        v[i] = (struct sg_genre){sg_row_u64(rows, (int)i, 0), sg_row_str(a, rows, (int)i, 1)};
    *out = (struct sg_list){v, n};
    return 0;
}

/* As the index knows them, all: while the database is away. */
static int genres_of_index(struct sg_api *api, struct sg_http_request *q,
                           struct sg_genre_page *page, struct sg_error *e)
{
    struct sg_genres_reply reply;
    int rc = sg_rpc_call(api->query, SG_METHOD_GENRES, NULL, NULL, &sg_genres_reply_record, &reply,
                         q->arena, q->deadline_us, q->traceparent, e);
    if (!rc)
        page->genres = reply.genres;
    return rc;
}

static int genres_of_database(struct sg_api *api, struct sg_http_request *q,
                              const struct sg_listing *l, struct sg_genre_page *page,
                              struct sg_error *e)
{
    static const struct sg_pg_statement in_order = {
        "genres_in_order",
        "SELECT genre_id, name FROM genres WHERE (name COLLATE \"C\", genre_id) > "
        "($1::text, $2::bigint) ORDER BY name COLLATE \"C\", genre_id LIMIT $3::bigint",
        3};
    struct sg_arena *a = q->arena;
    const char *p[] = {l->place.id ? sg_sql_str(a, l->place.text) : "",
                       l->place.id ? sg_sql_u64(a, l->place.id) : "0",
                       sg_sql_u64(a, (uint64_t)l->in.limit + 1)};
    PGresult *rows = NULL;
    bool more;
    int rc = sg_db_read(api->db, q, &in_order, p, &rows, e);
    if (rc)
        return rc;
    size_t n = page_of(rows, l, &more);
    rc = read_genres(rows, n, a, &page->genres, e);
    if (!rc && more)
        page->next_cursor = sg_listing_next(a, l, 'n', 0, sg_row_u64(rows, (int)n - 1, 0),
                                            sg_row_str(a, rows, (int)n - 1, 1));
    PQclear(rows);
    return rc;
}

void sg_api_genres(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_listing l;
    struct sg_genre_page page = {0};
    char sort;
    int rc = sg_listing_begin(q, SG_SONG, sg_genre_list_params, &sg_genre_list_params_record, 'n',
                              &l, &sort, &e);
    if (!rc) {
        rc = genres_of_database(api, q, &l, &page, &e);
        if (rc == SG_EUNAVAIL && !l.place.id)
            rc = genres_of_index(api, q, &page, &e);
    }
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_genre_page_record, &page);
}
