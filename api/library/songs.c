/* songs.c - songs that somebody likes. A like is the verdict 'like' of their feedback: what the
 * library shows is what the recommender learns from, and a later dislike takes it out. */
#include "api/library/answers.h"
#include "api/library/library.h"
#include "api/library/sql.h"
#include "api/params.h"
#include "api/problem.h"
#include "api/route.h"

#define LIKES                                                                                      \
    "SELECT target_id AS id, created_at AS at FROM feedback WHERE user_id = $1::bigint AND "       \
    "target_kind = 'song' AND verdict = 'like'"
#define TOTAL                                                                                      \
    "(SELECT count(*) FROM feedback WHERE user_id = $1::bigint AND verdict = 'like' AND "          \
    "target_kind = 'song')"

static const struct sg_pg_statement newest = {"library_songs",
                                              SG_SQL_SAVED_NEWEST(LIKES, "'song'", "", TOTAL), 4};
static const struct sg_pg_statement oldest = {"library_songs_oldest",
                                              SG_SQL_SAVED_OLDEST(LIKES, "'song'", "", TOTAL), 4};
static const struct sg_pg_statement one = {
    "library_song",
    "WITH page AS (SELECT 1 AS k, created_at AS at FROM feedback WHERE user_id = $1::bigint AND "
    "target_kind = 'song' AND target_id = $2::bigint AND verdict = 'like'), "
    "wanted AS (SELECT k, 1 AS n, 'song' AS kind, $2::bigint AS id FROM page), " SG_SQL_THINGS
    " SELECT json_build_object('added_at', segue_time_text(at), 'item', thing) "
    "FROM page JOIN things USING (k)",
    2};
static const struct sg_pg_statement contains = {
    "library_songs_contain",
    "SELECT json_build_object('results', coalesce(json_agg(json_build_object('id', w.id, 'saved', "
    "EXISTS (SELECT FROM feedback f WHERE f.user_id = $1::bigint AND f.target_kind = 'song' AND "
    "f.target_id = w.id AND f.verdict = 'like')) ORDER BY w.k), '[]')) "
    "FROM unnest($2::bigint[]) WITH ORDINALITY w (id, k)",
    2};
static const struct sg_pg_statement put = {
    "library_song_put",
    "WITH target AS (SELECT s.song_id FROM songs s LEFT JOIN albums b ON b.album_id = s.album_id "
    "WHERE s.song_id = $2::bigint AND " SG_SQL_IS_OUT(
        "s", "b") "), "
                  "put AS (INSERT INTO feedback AS f (user_id, target_kind, target_id, verdict) "
                  "SELECT $1::bigint, 'song', song_id, 'like' FROM target "
                  "ON CONFLICT (user_id, target_kind, target_id) DO UPDATE SET verdict = 'like', "
                  "created_at = now() WHERE f.verdict <> 'like') "
                  "SELECT CASE WHEN EXISTS (SELECT FROM target) THEN '200' ELSE '404 there is no "
                  "such song' END",
    2};
static const struct sg_pg_statement take_out = {
    "library_song_remove",
    "WITH gone AS (DELETE FROM feedback WHERE user_id = $1::bigint AND target_kind = 'song' AND "
    "target_id = $2::bigint AND verdict = 'like') SELECT '200'",
    2};

static void change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   const struct sg_pg_statement *s)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    int rc = sg_answers_done(api, q, s, params, &e);
    if (!rc)
        sg_answers_tell(api, q);
    sg_answers_end(q, r, rc, &e);
}

void sg_library_like(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    change(api, q, r, &put);
}

void sg_library_unlike(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    change(api, q, r, &take_out);
}

void sg_library_song(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    sg_answers_give(api, q, r, &one, params, &sg_saved_record, "song in the library", 0, &e);
}

void sg_library_songs(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_sorted_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit};
    bool first = sg_str_eq(page.in.sort, SG_STR("oldest"));
    sg_answers_give(api, q, r, first ? &oldest : &newest, params, &sg_saved_list_record, "library",
                    rc, &e);
}

void sg_library_has_songs(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_library_contains(api, q, r, &contains);
}
