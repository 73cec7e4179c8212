/* inbox.c - shares as those see them who got them: the inbox, and what a link leads to. */
#include "api/social/social.h"

static const struct sg_pg_statement inbox = {
    "inbox",
    "WITH more AS MATERIALIZED (SELECT s.* FROM shares s JOIN users u ON u.user_id = s.user_id "
    "WHERE s.to_user_id = $1::bigint AND NOT s.is_hidden AND s.share_id < coalesce($3::bigint, "
    "9223372036854775807) AND ($2::bigint IS NULL OR true) AND " SG_SQL_UNBLOCKED(
        "u.user_id") " ORDER BY s.share_id DESC LIMIT $4::bigint + 1), "
                     "page AS MATERIALIZED (SELECT * FROM more ORDER BY share_id DESC LIMIT "
                     "$4::bigint), "
                     "wanted AS (SELECT share_id AS k, 1 AS n, kind, target_id AS id FROM page "
                     "UNION ALL SELECT share_id, 2, 'user', user_id FROM page), " SG_SQL_THINGS
                     " SELECT json_build_object('shares', coalesce((SELECT "
                     "json_agg(json_build_object('share_id', "
                     "s.share_id, 'audience', 'user', 'item', (SELECT thing FROM things t WHERE "
                     "t.k = s.share_id "
                     "AND t.n = 1), 'from', (SELECT thing FROM things t WHERE t.k = s.share_id AND "
                     "t.n = 2), "
                     "'message', s.message, 'created_at', segue_time_text(s.created_at), 'unread', "
                     "s.read_at IS "
                     "NULL) ORDER BY s.share_id DESC) FROM page s), '[]'), 'unread', (SELECT "
                     "count(*) FROM shares "
                     "WHERE to_user_id = $1::bigint AND NOT is_hidden AND read_at IS NULL), "
                     "'next_cursor', (SELECT "
                     "'0-' || min(share_id) FROM page WHERE (SELECT count(*) FROM more) > "
                     "$4::bigint))",
    4};
static const struct sg_pg_statement mark = {
    "inbox_read",
    "WITH put AS (UPDATE shares SET read_at = now() WHERE to_user_id = $1::bigint AND NOT "
    "is_hidden AND read_at IS NULL AND ($2::bigint[] IS NULL OR share_id = ANY ($2::bigint[]))) "
    "SELECT '200'",
    2};
static const struct sg_pg_statement take_out = {
    "inbox_remove",
    "WITH put AS (UPDATE shares SET is_hidden = true, read_at = coalesce(read_at, now()) WHERE "
    "share_id = $2::bigint AND to_user_id = $1::bigint AND NOT is_hidden RETURNING 1) "
    "SELECT CASE WHEN EXISTS (SELECT FROM put) THEN '200' ELSE '404 there is no such share' END",
    2};
/* Expired, revoked, made up, or what it led to is gone: all the same. */
static const struct sg_pg_statement resolve = {
    "share_link",
    "WITH page AS MATERIALIZED (SELECT s.*, u.display_name FROM shares s JOIN users u USING "
    "(user_id) WHERE s.token = $2 AND (s.expires_at IS NULL OR s.expires_at > now()) "
    "AND " SG_SQL_UNBLOCKED(
        "u.user_id") "), wanted AS (SELECT 1 AS k, 1 AS n, kind, target_id AS id FROM "
                     "page), " SG_SQL_THINGS " SELECT json_build_object('item', thing, "
                     "'shared_by', display_name, 'message', message, "
                     "'expires_at', segue_time_text(expires_at)) FROM page, things",
    2};

void sg_social_inbox(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit};
    sg_answers_give(api, q, r, &inbox, params, &sg_share_list_record, "inbox", rc, &e);
}

void sg_social_inbox_read(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_shares_read in;
    int rc = sg_record_from_json(&sg_shares_read_record, q->body, q->arena, &in, &e);
    const char *params[] = {sg_caller_text(q),
                            !rc && in.share_ids.n ? sg_ids_text(q, &in.share_ids) : NULL};
    if (!rc)
        rc = sg_answers_done(api, q, &mark, params, &e);
    sg_answers_end(q, r, rc, &e);
}

void sg_social_inbox_remove(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    sg_answers_end(q, r, sg_answers_done(api, q, &take_out, params, &e), &e);
}

/* The owner of a playlist may be who shares it: only the name is told. */
/* Who opens a link in a browser is led to the page's view of it. */
static bool lead_to_view(struct sg_http_request *q, struct sg_http_response *r,
                         const struct sg_thing *item)
{
    struct sg_str accept = sg_http_request_header(q, "Accept");
    uint64_t id = item->song_id       ? item->song_id
                  : item->artist_id   ? item->artist_id
                  : item->album_id    ? item->album_id
                  : item->playlist_id ? item->playlist_id
                                      : 0;
    sg_http_header(r, "Vary", SG_STR("Accept"));
    if (!id || !accept.n || !memmem(accept.p, accept.n, "text/html", 9))
        return false;
    sg_http_header(
        r, "Location",
        sg_arena_printf(q->arena, "/%.*s/%llu", SG_FMT(item->type), (unsigned long long)id));
    r->status = 302;
    return true;
}

void sg_social_link(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_shared out;
    const char *params[] = {sg_caller_text(q), sg_param_text(q, sg_route_text(q, 0))};
    int rc = sg_answers_read(api, q, &resolve, params, &sg_shared_record, "link", &out, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    out.item->user_id = 0;
    if (!lead_to_view(q, r, out.item))
        sg_api_answer(r, &sg_shared_record, &out);
}
