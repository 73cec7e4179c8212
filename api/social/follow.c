/* follow.c - following artists and users. Anybody may follow a private profile: it counts once it
 * is approved, and is a request until then. */
#include "api/social/social.h"

static const struct sg_pg_statement follow_user = {
    "follow_user",
    "WITH target AS (SELECT user_id, private_profile AS is_private FROM users u "
    "WHERE user_id = $2::bigint AND user_id <> $1::bigint AND " SG_SQL_UNBLOCKED(
        "u.user_id") " FOR KEY SHARE), "
                     "put AS (INSERT INTO follows (user_id, target_kind, target_id) "
                     "SELECT $1::bigint, 'user', user_id FROM target WHERE (SELECT count(*) FROM "
                     "follows WHERE user_id = $1::bigint AND target_kind = 'user') < $3::bigint "
                     "ON CONFLICT DO NOTHING RETURNING 1) "
                     "SELECT json_build_object('state', CASE "
                     "WHEN EXISTS (SELECT FROM follows WHERE user_id = $1::bigint AND target_kind "
                     "= 'user' AND target_id = $2::bigint AND approved) THEN 'following' "
                     "WHEN NOT EXISTS (SELECT FROM put) AND NOT EXISTS (SELECT FROM follows WHERE "
                     "user_id = $1::bigint AND target_kind = 'user' AND target_id = $2::bigint) "
                     "THEN 'none' WHEN is_private THEN 'requested' ELSE 'following' END) "
                     "FROM target",
    3};
static const struct sg_pg_statement follow_artist = {
    "follow_artist",
    "WITH target AS (SELECT artist_id FROM artists WHERE artist_id = $2::bigint FOR KEY SHARE), "
    "room AS (SELECT count(*) < $3::bigint AS is FROM follows WHERE user_id = $1::bigint AND "
    "target_kind = 'artist'), "
    "put AS (INSERT INTO follows (user_id, target_kind, target_id) SELECT $1::bigint, 'artist', "
    "artist_id FROM target, room WHERE room.is ON CONFLICT DO NOTHING) "
    "SELECT CASE WHEN NOT EXISTS (SELECT FROM target) THEN '404 there is no such artist' "
    "WHEN room.is THEN '200' ELSE '409 more artists than can be followed' END FROM room",
    3};
static const struct sg_pg_statement unfollow = {
    "unfollow",
    "WITH gone AS (DELETE FROM follows WHERE user_id = $1::bigint AND target_kind = $3 AND "
    "target_id = $2::bigint) SELECT '200'",
    3};

#define FOLLOWING_MAX "10000" /* SG_FOLLOWING_MAX */
_Static_assert(SG_FOLLOWING_MAX == 10000, "as its text");

void sg_social_follow_user(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_follow_state out;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0)), FOLLOWING_MAX};
    int rc = 0;
    if (sg_route_id(q, 0) == q->caller.user_id)
        rc = sg_fail_field(&e, "user_id", "user_id: oneself cannot be followed");
    if (!rc)
        rc = sg_answers_write(api, q, &follow_user, params, &sg_follow_state_record, "user", &out,
                              &e);
    if (!rc && sg_str_eq(out.state, SG_STR("none")))
        rc = sg_fail(&e, SG_ECONFLICT, "more users than can be followed");
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_follow_state_record, &out);
}

void sg_social_follow_artist(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0)), FOLLOWING_MAX};
    int rc = sg_answers_done(api, q, &follow_artist, params, &e);
    if (!rc)
        sg_answers_tell(api, q);
    sg_answers_end(q, r, rc, &e);
}

static void end_follow(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                       const char *kind)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0)), kind};
    int rc = sg_answers_done(api, q, &unfollow, params, &e);
    if (!rc && *kind == 'a')
        sg_answers_tell(api, q);
    sg_answers_end(q, r, rc, &e);
}

void sg_social_unfollow_user(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    end_follow(api, q, r, "user");
}

void sg_social_unfollow_artist(struct sg_api *api, struct sg_http_request *q,
                               struct sg_http_response *r)
{
    end_follow(api, q, r, "artist");
}
