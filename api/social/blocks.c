/* blocks.c - blocking: two users are hidden from each other, and what bound them is undone. */
#include "api/social/social.h"

#define BETWEEN(one, two)                                                                          \
    "((" one " = $1::bigint AND " two " = $2::bigint) OR (" one " = $2::bigint AND " two           \
    " = $1::bigint))"

/* The other is not told, nor kept from being blocked by having blocked first. */
static const struct sg_pg_statement block = {
    "block",
    "WITH target AS (SELECT user_id FROM users WHERE user_id = $2::bigint), "
    "put AS (INSERT INTO blocks (user_id, blocked_user_id) SELECT $1::bigint, user_id FROM target "
    "ON CONFLICT DO NOTHING), "
    "follow AS (DELETE FROM follows WHERE target_kind = 'user' AND " BETWEEN(
        "user_id",
        "target_id") "), "
                     "share AS (DELETE FROM shares WHERE " BETWEEN(
                         "user_id",
                         "to_user_id") "), "
                                       "blend AS (DELETE FROM blends WHERE " BETWEEN(
                                           "user_id",
                                           "other_user_id") "), "
                                                            "collaborator AS (DELETE FROM "
                                                            "playlist_collaborators WHERE " BETWEEN(
                                                                "user_id",
                                                                "collaborator_id") ") "
                                                                                   "SELECT CASE "
                                                                                   "WHEN EXISTS "
                                                                                   "(SELECT FROM "
                                                                                   "target) THEN "
                                                                                   "'200' ELSE "
                                                                                   "'404 there is "
                                                                                   "no such user' "
                                                                                   "END",
    2};
static const struct sg_pg_statement unblock = {
    "unblock",
    "WITH gone AS (DELETE FROM blocks WHERE user_id = $1::bigint AND blocked_user_id = $2::bigint) "
    "SELECT '200'",
    2};
/* Here alone the blocked are shown, to who blocked them. */
static const struct sg_pg_statement list = {
    "blocks",
    "WITH page AS MATERIALIZED (SELECT s.*, row_number() OVER (ORDER BY at DESC, id DESC) AS k "
    "FROM (SELECT blocked_user_id AS id, created_at AS at FROM blocks WHERE user_id = $1::bigint "
    "AND (created_at, blocked_user_id) < " SG_SQL_NEWEST_FROM
    " ORDER BY created_at DESC, blocked_user_id DESC LIMIT $4::bigint + 1) s) "
    "SELECT json_build_object('items', coalesce((SELECT json_agg(json_build_object('added_at', "
    "segue_time_text(p.at), 'item', json_build_object('type', 'user', 'user_id', u.user_id, "
    "'name', u.display_name)) ORDER BY p.k) FROM page p JOIN users u ON u.user_id = p.id WHERE "
    "p.k <= $4::bigint), '[]'), 'next_cursor', (SELECT " SG_SQL_PLACE
    " FROM page WHERE k = $4::bigint AND EXISTS (SELECT FROM page WHERE k > $4::bigint)))",
    4};

static void change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   const struct sg_pg_statement *s)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    int rc = s == &block && sg_route_id(q, 0) == q->caller.user_id
                 ? sg_fail_field(&e, "user_id", "user_id: oneself cannot be blocked")
                 : sg_answers_done(api, q, s, params, &e);
    sg_answers_end(q, r, rc, &e);
}

void sg_social_block(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    change(api, q, r, &block);
}

void sg_social_unblock(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    change(api, q, r, &unblock);
}

void sg_social_blocks(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit};
    sg_answers_give(api, q, r, &list, params, &sg_saved_list_record, "list", rc, &e);
}
