/* albums.c - albums that somebody has saved. */
#include "api/library/answers.h"
#include "api/library/library.h"
#include "api/library/sql.h"
#include "api/params.h"
#include "api/problem.h"
#include "api/route.h"

#define SAVED "SELECT album_id AS id, created_at AS at FROM saved_albums WHERE user_id = $1::bigint"
#define TOTAL "(SELECT count(*) FROM saved_albums WHERE user_id = $1::bigint)"

static const struct sg_pg_statement newest = {"library_albums",
                                              SG_SQL_SAVED_NEWEST(SAVED, "'album'", "", TOTAL), 4};
static const struct sg_pg_statement oldest = {"library_albums_oldest",
                                              SG_SQL_SAVED_OLDEST(SAVED, "'album'", "", TOTAL), 4};
static const struct sg_pg_statement contains = {
    "library_albums_contain",
    "SELECT json_build_object('results', coalesce(json_agg(json_build_object('id', w.id, 'saved', "
    "EXISTS (SELECT FROM saved_albums a WHERE a.user_id = $1::bigint AND a.album_id = w.id)) "
    "ORDER BY w.k), '[]')) FROM unnest($2::bigint[]) WITH ORDINALITY w (id, k)",
    2};
static const struct sg_pg_statement put = {
    "library_album_put",
    "WITH target AS (SELECT album_id FROM albums WHERE album_id = $2::bigint AND "
    "coalesce(release_date, '-infinity') <= CURRENT_DATE), "
    "put AS (INSERT INTO saved_albums (user_id, album_id) SELECT $1::bigint, album_id FROM target "
    "ON CONFLICT DO NOTHING) "
    "SELECT CASE WHEN EXISTS (SELECT FROM target) THEN '200' ELSE '404 there is no such album' END",
    2};
static const struct sg_pg_statement take_out = {
    "library_album_remove",
    "WITH gone AS (DELETE FROM saved_albums WHERE user_id = $1::bigint AND album_id = $2::bigint) "
    "SELECT '200'",
    2};

static void change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   const struct sg_pg_statement *s)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    int rc = sg_answers_done(api, q, s, params, &e);
    sg_answers_end(q, r, rc, &e);
}

void sg_library_save_album(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    change(api, q, r, &put);
}

void sg_library_remove_album(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    change(api, q, r, &take_out);
}

void sg_library_albums(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_sorted_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit};
    bool first = sg_str_eq(page.in.sort, SG_STR("oldest"));
    sg_answers_give(api, q, r, first ? &oldest : &newest, params, &sg_saved_list_record, "library",
                    rc, &e);
}

void sg_library_has_albums(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    sg_library_contains(api, q, r, &contains);
}

void sg_library_contains(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                         const struct sg_pg_statement *s)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page_request in;
    int rc = sg_contains_read(q, &in, &e);
    const char *params[] = {sg_caller_text(q), rc ? NULL : sg_ids_text(q, &in.ids)};
    sg_answers_give(api, q, r, s, params, &sg_contains_reply_record, "library", rc, &e);
}
