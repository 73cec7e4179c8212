/* followers.c - who follows a user: lists that keep to privacy, requests, and how two users stand
 * to each other. */
#include "api/social/social.h"

/* Of $5; of a private profile only those who were approved. */
#define FOLLOWERS                                                                                  \
    "SELECT f.user_id AS id, f.created_at AS at FROM follows f WHERE f.target_kind = 'user' AND "  \
    "f.target_id = $5::bigint AND (f.approved OR NOT (SELECT private_profile "                     \
    "FROM users WHERE user_id = $5::bigint))"
#define COUNT(who)                                                                                 \
    "(SELECT greatest(coalesce(sum(CASE WHEN o.private_profile THEN c.approved ELSE c.followers "  \
    "END), 0), 0)::bigint FROM users o JOIN follow_counts c ON c.target_kind = 'user' AND "        \
    "c.target_id = o.user_id WHERE o.user_id = " who ")"

static const struct sg_pg_statement followers = {
    "followers_of",
    SG_SQL_SAVED_NEWEST(FOLLOWERS, "'user'", "",
                        COUNT("$5::bigint")) " WHERE segue_sees_acts($1::bigint, $5::bigint)",
    5};
static const struct sg_pg_statement requests = {
    "follow_requests",
    SG_SQL_SAVED_NEWEST("SELECT f.user_id AS id, f.created_at AS at FROM follows f JOIN users u ON "
                        "u.user_id = $1::bigint AND u.private_profile WHERE "
                        "f.target_kind = 'user' AND f.target_id = $1::bigint AND NOT f.approved",
                        "'user'", "", "-1"),
    4};
static const struct sg_pg_statement approve = {
    "follower_approve",
    "WITH put AS (UPDATE follows SET approved = true WHERE user_id = $2::bigint AND target_kind = "
    "'user' AND target_id = $1::bigint RETURNING 1) "
    "SELECT CASE WHEN EXISTS (SELECT FROM put) THEN '200' ELSE '404 this user does not follow you' "
    "END",
    2};
static const struct sg_pg_statement take_out = {
    "follower_remove",
    "WITH gone AS (DELETE FROM follows WHERE user_id = $2::bigint AND target_kind = 'user' AND "
    "target_id = $1::bigint) SELECT '200'",
    2};
static const struct sg_pg_statement view = {
    "social_view",
    "SELECT json_build_object('user_id', u.user_id, 'name', u.display_name, 'is_private', "
    "u.private_profile, 'followers', CASE WHEN s.sees THEN " COUNT(
        "u.user_id") " END, 'following', CASE WHEN s.sees THEN (SELECT count(*) FROM follows WHERE "
                     "user_id = "
                     "u.user_id AND target_kind = 'user') END, 'you_follow', coalesce((SELECT CASE "
                     "WHEN "
                     "f.approved OR NOT u.private_profile THEN 'following' ELSE 'requested' "
                     "END FROM follows f WHERE f.user_id = $1::bigint AND f.target_kind = 'user' "
                     "AND "
                     "f.target_id = u.user_id), 'none'), 'follows_you', EXISTS (SELECT FROM "
                     "follows f JOIN "
                     "users m ON m.user_id = $1::bigint WHERE f.user_id = u.user_id AND "
                     "f.target_kind = 'user' "
                     "AND f.target_id = $1::bigint AND (f.approved OR NOT "
                     "m.private_profile)), 'blocked', s.blocked) "
                     "FROM users u, LATERAL (SELECT segue_sees_acts($1::bigint, u.user_id) AS "
                     "sees, EXISTS "
                     "(SELECT FROM blocks b WHERE b.user_id = $1::bigint AND b.blocked_user_id = "
                     "u.user_id) AS "
                     "blocked) s WHERE u.user_id = $2::bigint AND NOT EXISTS (SELECT FROM blocks b "
                     "WHERE "
                     "b.user_id = u.user_id AND b.blocked_user_id = $1::bigint)",
    2};

static void list(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                 uint64_t of)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit, sg_id_text(q, of)};
    sg_answers_give(api, q, r, &followers, params, &sg_saved_list_record, "user", rc, &e);
}

void sg_social_my_followers(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    list(api, q, r, q->caller.user_id);
}

void sg_social_followers_of(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    list(api, q, r, sg_route_id(q, 0));
}

void sg_social_requests(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit};
    sg_answers_give(api, q, r, &requests, params, &sg_saved_list_record, "list", rc, &e);
}

static void change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   const struct sg_pg_statement *s)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    sg_answers_end(q, r, sg_answers_done(api, q, s, params, &e), &e);
}

void sg_social_approve(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    change(api, q, r, &approve);
}

void sg_social_remove_follower(struct sg_api *api, struct sg_http_request *q,
                               struct sg_http_response *r)
{
    change(api, q, r, &take_out);
}

void sg_social_view_of(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    sg_answers_give(api, q, r, &view, params, &sg_social_view_record, "user", 0, &e);
}
