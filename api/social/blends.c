/* blends.c - lists made of two listeners' tastes: invited by one, accepted by the other, gone as
 * soon as either leaves. Songs are chosen by the recommender once a day, when first asked for. */
#include "api/social/blends.h"
#include "api/social/social.h"

#define LINK_DAYS "7" /* an invitation's link is good for */

/* A blend b as $1 sees it; songs: JSON or NULL. */
#define VIEW(songs)                                                                                \
    "json_build_object('blend_id', b.blend_id, 'state', CASE WHEN b.accepted_at IS NULL THEN "     \
    "'invited' ELSE 'active' END, 'mine', b.user_id = $1::bigint, 'with', (SELECT thing FROM "     \
    "things t WHERE t.k = b.blend_id AND t.n = 0), 'token', CASE WHEN b.user_id = $1::bigint "     \
    "THEN "                                                                                        \
    "b.token END, 'created_at', segue_time_text(b.created_at), 'made_on', b.made_on, "             \
    "'songs', " songs                                                                              \
    ", 'fallback', CASE WHEN b.is_fallback THEN 'what is popular: too little is known of "         \
    "one of you' END)"
#define MINE "(b.user_id = $1::bigint OR b.other_user_id = $1::bigint)"
#define OTHER                                                                                      \
    "SELECT blend_id AS k, 0 AS n, 'user' AS kind, CASE WHEN user_id = $1::bigint THEN "           \
    "other_user_id ELSE user_id END AS id FROM page"

static const struct sg_pg_statement list = {
    "blends",
    "WITH page AS MATERIALIZED (SELECT * FROM blends b WHERE " MINE " ORDER BY blend_id DESC LIMIT "
    "100), wanted AS (" OTHER "), " SG_SQL_THINGS
    " SELECT json_build_object('blends', coalesce((SELECT json_agg(" VIEW(
        "NULL") " ORDER BY b.blend_id DESC) FROM page b), '[]'))",
    1};
static const struct sg_pg_statement one = {
    "blend",
    "WITH page AS MATERIALIZED (SELECT * FROM blends b WHERE b.blend_id = $2::bigint AND " MINE
    "), wanted AS (" OTHER " UNION ALL SELECT s.blend_id, s.position, 'song', s.song_id FROM "
    "blend_songs s JOIN page p USING (blend_id)), " SG_SQL_THINGS " SELECT " VIEW(
        "(SELECT json_agg(json_build_object('song', t.thing, 'you', y.you, 'other', y.other, "
        "'suits', CASE WHEN y.you >= 2 * y.other THEN 'you' WHEN y.other >= 2 * y.you THEN "
        "'other' ELSE 'both' END) ORDER BY t.n) FROM things t JOIN blend_songs s ON s.blend_id = "
        "t.k AND s.position = t.n CROSS JOIN LATERAL (SELECT CASE WHEN b.user_id = $1::bigint THEN "
        "s.first ELSE s.second END AS you, CASE WHEN b.user_id = $1::bigint THEN s.second ELSE "
        "s.first END AS other) y)") " FROM page b",
    2};
/* The other must be there for $1; a private profile is invited only by whom its owner follows. */
static const struct sg_pg_statement invite = {
    "blend_invite",
    "WITH other AS (SELECT u.user_id FROM users u WHERE u.user_id = $2::bigint AND u.user_id <> "
    "$1::bigint AND (NOT u.private_profile OR EXISTS (SELECT FROM follows f "
    "WHERE f.user_id = u.user_id AND f.target_kind = 'user' AND f.target_id = $1::bigint)) "
    "AND " SG_SQL_UNBLOCKED(
        "u.user_id") "), room AS (SELECT count(*) < 100 AS is FROM blends b WHERE " MINE
                     "), made AS (INSERT INTO blends (user_id, other_user_id, token) SELECT "
                     "$1::bigint, "
                     "$2::bigint, $3 FROM room WHERE room.is AND ($2::bigint IS NULL OR EXISTS "
                     "(SELECT FROM other)) "
                     "ON CONFLICT DO NOTHING RETURNING blend_id) "
                     "SELECT CASE WHEN $2::bigint IS NOT NULL AND NOT EXISTS (SELECT FROM other) "
                     "THEN '404 there is "
                     "no such user' WHEN NOT room.is THEN '409 more blends than anybody needs' "
                     "WHEN NOT EXISTS "
                     "(SELECT FROM made) THEN '409 there is a blend of the two of you, or an "
                     "invitation' ELSE "
                     "(SELECT blend_id::text FROM made) END FROM room",
    3};
static const struct sg_pg_statement agree = {
    "blend_accept",
    "WITH put AS (UPDATE blends SET accepted_at = now() WHERE blend_id = $2::bigint AND "
    "other_user_id = $1::bigint AND accepted_at IS NULL RETURNING blend_id) "
    "SELECT coalesce((SELECT blend_id::text FROM put), (SELECT CASE WHEN accepted_at IS NULL THEN "
    "'409 it is for the other to accept' ELSE blend_id::text END FROM blends b WHERE blend_id = "
    "$2::bigint AND " MINE "), '404 there is no such blend')",
    2};
static const struct sg_pg_statement join = {
    "blend_join",
    "WITH found AS (SELECT b.blend_id, b.user_id FROM blends b JOIN users u USING (user_id) WHERE "
    "b.token = $2 AND b.accepted_at IS NULL AND b.created_at > now() - interval '" LINK_DAYS
    " days' AND " SG_SQL_UNBLOCKED(
        "u.user_id") "), "
                     "there AS (SELECT FROM blends b, found WHERE b.other_user_id IS NOT NULL AND "
                     "least(b.user_id, "
                     "b.other_user_id) = least($1::bigint, found.user_id) AND greatest(b.user_id, "
                     "b.other_user_id) "
                     "= greatest($1::bigint, found.user_id)), "
                     "put AS (UPDATE blends b SET other_user_id = $1::bigint, token = NULL, "
                     "accepted_at = now() "
                     "FROM found WHERE b.blend_id = found.blend_id AND b.token = $2 AND "
                     "found.user_id <> $1::bigint "
                     "AND NOT EXISTS (SELECT FROM there) RETURNING b.blend_id) "
                     "SELECT CASE WHEN NOT EXISTS (SELECT FROM found) THEN '404 there is no such "
                     "invitation' "
                     "WHEN (SELECT user_id FROM found) = $1::bigint THEN '409 it is your own "
                     "invitation' "
                     "WHEN EXISTS (SELECT FROM put) THEN (SELECT blend_id::text FROM put) "
                     "ELSE '409 there is a blend of the two of you already' END",
    2};
static const struct sg_pg_statement leave = {
    "blend_leave",
    "WITH gone AS (DELETE FROM blends b WHERE b.blend_id = $2::bigint AND " MINE " RETURNING 1) "
    "SELECT CASE WHEN EXISTS (SELECT FROM gone) THEN '200' ELSE '404 there is no such blend' END",
    2};

static int read_blend(struct sg_api *api, struct sg_http_request *q, uint64_t id,
                      struct sg_blend_view *out, struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q), sg_id_text(q, id)};
    return sg_answers_read(api, q, &one, params, &sg_blend_view_record, "blend", out, e);
}

/* Runs one of those that say an id, or a status and why. */
static int change(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                  const char *const *params, uint64_t *id, struct sg_error *e)
{
    PGresult *rows = NULL;
    int rc = sg_db_write(api->db, q, s, params, &rows, e);
    const char *said = rc || PQntuples(rows) != 1 ? "" : PQgetvalue(rows, 0, 0);
    if (!rc && strncmp(said, "404 ", 4) == 0)
        rc = sg_fail(e, SG_ENOENT, "%s", said + 4);
    else if (!rc && strncmp(said, "409 ", 4) == 0)
        rc = sg_fail(e, SG_ECONFLICT, "%s", said + 4);
    else if (!rc && !sg_str_to_u64(sg_str(said), id))
        rc = sg_fail(e, SG_EINTERNAL, "the database said '%s' of a blend", said);
    PQclear(rows);
    return rc;
}

static void answer(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   int rc, uint64_t id, bool made, struct sg_error *e)
{
    struct sg_blend_view out;
    if (!rc)
        rc = read_blend(api, q, id, &out, e);
    if (rc) {
        sg_problem(q, r, e);
    } else if (made) {
        sg_social_made(q, r, "/api/v1/blends", id, &sg_blend_view_record, &out);
    } else {
        sg_api_answer(r, &sg_blend_view_record, &out);
    }
}

void sg_social_blend_invite(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_blend_new in;
    char token[SG_SHARE_TOKEN + 1];
    uint64_t id = 0;
    int rc = sg_record_from_json(&sg_blend_new_record, q->body, q->arena, &in, &e);
    if (!rc && in.user_id == q->caller.user_id)
        rc = sg_fail_field(&e, "user_id", "user_id: a blend takes somebody else");
    if (!rc)
        rc = sg_social_token(token, &e);
    const char *params[] = {sg_caller_text(q), !rc && in.user_id ? sg_id_text(q, in.user_id) : NULL,
                            !rc && in.user_id ? NULL : token};
    if (!rc)
        rc = change(api, q, &invite, params, &id, &e);
    answer(api, q, r, rc, id, true, &e);
}

void sg_social_blend_accept(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    uint64_t id = 0;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    int rc = change(api, q, &agree, params, &id, &e);
    answer(api, q, r, rc, id, false, &e);
}

void sg_social_blend_join(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_blend_join in;
    uint64_t id = 0;
    int rc = sg_record_from_json(&sg_blend_join_record, q->body, q->arena, &in, &e);
    const char *params[] = {sg_caller_text(q), rc ? NULL : sg_param_text(q, in.token)};
    if (!rc)
        rc = change(api, q, &join, params, &id, &e);
    answer(api, q, r, rc, id, false, &e);
}

void sg_social_blends(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q)};
    sg_answers_give(api, q, r, &list, params, &sg_blend_list_record, "list", 0, &e);
}

/* Yesterday's songs, when the recommender cannot be asked. */
void sg_social_blend(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_blend_renew(api, q, sg_route_id(q, 0), &e);
    answer(api, q, r, rc, sg_route_id(q, 0), false, &e);
}

void sg_social_blend_leave(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    sg_answers_end(q, r, sg_answers_done(api, q, &leave, params, &e), &e);
}
