/* shares.c - what somebody shares: with one user, by link, or with followers. Only who made a
 * share sees, edits or revokes it; to anybody else it is not there. */
#include "api/social/social.h"
#include <stdio.h>
#include <sys/random.h>

/* $1 who asks, $2 kind, $3 target, $4 to_user_id, $5 token, $6 message, $7 seconds.
 * A private profile takes shares only of whom its owner follows. */
static const struct sg_pg_statement make = {
    "share_make",
    "WITH target AS (SELECT 1 WHERE CASE $2 "
    "WHEN 'song' THEN EXISTS (SELECT FROM songs s LEFT JOIN albums b ON b.album_id = s.album_id "
    "WHERE s.song_id = $3::bigint AND " SG_SQL_IS_OUT(
        "s",
        "b") ") WHEN 'artist' THEN EXISTS (SELECT FROM artists WHERE artist_id = $3::bigint) "
             "WHEN 'album' THEN EXISTS (SELECT FROM albums WHERE album_id = $3::bigint AND "
             "coalesce(release_date, '-infinity') <= CURRENT_DATE) "
             "WHEN 'playlist' THEN EXISTS (SELECT FROM playlists WHERE playlist_id = "
             "$3::bigint AND is_public) END), "
             "receiver AS (SELECT u.user_id FROM users u WHERE u.user_id = $4::bigint AND "
             "u.user_id <> "
             "$1::bigint AND (NOT u.private_profile OR EXISTS (SELECT FROM follows f "
             "WHERE f.user_id = u.user_id AND f.target_kind = 'user' AND f.target_id = "
             "$1::bigint)) AND " SG_SQL_UNBLOCKED(
                 "u.user_id") "), "
                              "made AS (INSERT INTO shares (user_id, to_user_id, token, kind, "
                              "target_id, message, "
                              "expires_at) SELECT $1::bigint, $4::bigint, $5, $2, $3::bigint, $6, "
                              "now() + $7::bigint * "
                              "interval '1 second' FROM target WHERE $4::bigint IS NULL OR EXISTS "
                              "(SELECT FROM receiver) "
                              "RETURNING share_id) "
                              "SELECT CASE WHEN NOT EXISTS (SELECT FROM target) THEN '404 there is "
                              "no such ' || $2 "
                              "WHEN NOT EXISTS (SELECT FROM made) THEN '404 there is no such user' "
                              "ELSE (SELECT share_id::text FROM made) END",
    7};

/* Of shares s, in the page s.k: $1's own. */
#define OWN                                                                                        \
    "json_build_object('share_id', s.share_id, 'audience', CASE WHEN s.to_user_id IS NOT NULL "    \
    "THEN 'user' WHEN s.token IS NOT NULL THEN 'link' ELSE 'followers' END, 'item', (SELECT "      \
    "thing FROM things t WHERE t.k = s.share_id AND t.n = 1), 'to', (SELECT thing FROM things t "  \
    "WHERE t.k = s.share_id AND t.n = 2), 'message', s.message, 'created_at', "                    \
    "segue_time_text(s.created_at), 'expires_at', segue_time_text(s.expires_at), 'url', '/s/' || " \
    "s.token)"
#define WANTED                                                                                     \
    "wanted AS (SELECT share_id AS k, 1 AS n, kind, target_id AS id FROM page UNION ALL SELECT "   \
    "share_id, 2, 'user', to_user_id FROM page WHERE to_user_id IS NOT NULL), "

static const struct sg_pg_statement one = {
    "share_get",
    "WITH page AS MATERIALIZED (SELECT * FROM shares WHERE share_id = $2::bigint AND user_id = "
    "$1::bigint), " WANTED SG_SQL_THINGS " SELECT " OWN " FROM page s",
    2};
static const struct sg_pg_statement list = {
    "shares",
    "WITH more AS MATERIALIZED (SELECT * FROM shares WHERE user_id = $1::bigint AND share_id < "
    "coalesce($3::bigint, 9223372036854775807) AND ($2::bigint IS NULL OR true) ORDER BY share_id "
    "DESC LIMIT $4::bigint + 1), page AS MATERIALIZED (SELECT * FROM more ORDER BY share_id DESC "
    "LIMIT $4::bigint), " WANTED SG_SQL_THINGS
    " SELECT json_build_object('shares', coalesce((SELECT json_agg(" OWN
    " ORDER BY s.share_id DESC) FROM page s), '[]'), 'next_cursor', (SELECT '0-' || min(share_id) "
    "FROM page WHERE (SELECT count(*) FROM more) > $4::bigint))",
    4};
static const struct sg_pg_statement edit = {
    "share_edit",
    "WITH put AS (UPDATE shares SET message = coalesce($3, message), expires_at = CASE WHEN "
    "token IS NULL OR $4::bigint = -1 THEN expires_at WHEN $4::bigint = 0 THEN NULL ELSE now() + "
    "$4::bigint * interval '1 second' END "
    "WHERE share_id = $2::bigint AND user_id = $1::bigint RETURNING 1) "
    "SELECT CASE WHEN EXISTS (SELECT FROM put) THEN '200' ELSE '404 there is no such share' END",
    4};
static const struct sg_pg_statement revoke = {
    "share_revoke",
    "WITH gone AS (DELETE FROM shares WHERE share_id = $2::bigint AND user_id = $1::bigint "
    "RETURNING 1) "
    "SELECT CASE WHEN EXISTS (SELECT FROM gone) THEN '200' ELSE '404 there is no such share' END",
    2};

int sg_social_token(char out[SG_SHARE_TOKEN + 1], struct sg_error *e)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char bytes[17];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return sg_fail_errno(e, "random bytes");
    for (size_t i = 0; i < SG_SHARE_TOKEN; i++) { /* six bits each, across bytes */
        size_t bit = 6 * i, at = bit / 8;
        unsigned pair = (unsigned)bytes[at] << 8 | (at + 1 < sizeof bytes ? bytes[at + 1] : 0u);
        out[i] = digits[pair >> (10 - bit % 8) & 63];
    }
    out[SG_SHARE_TOKEN] = '\0';
    return 0;
}

void sg_social_made(struct sg_http_request *q, struct sg_http_response *r, const char *base,
                    uint64_t id, const struct sg_record *record, const void *value)
{
    struct sg_str where = sg_arena_printf(q->arena, "%s/%llu", base, (unsigned long long)id);
    if (where.p)
        sg_http_header(r, "Location", where);
    sg_api_answer(r, record, value);
    r->status = 201;
}

static int check_audience(const struct sg_share_new *in, struct sg_error *e)
{
    bool to_user = sg_str_eq(in->audience, SG_STR("user"));
    bool link = sg_str_eq(in->audience, SG_STR("link"));
    if (to_user != (in->to_user_id > 0))
        return sg_fail_field(e, "to_user_id", "to_user_id: goes with audience user");
    if (in->expires_in_s && !link)
        return sg_fail_field(e, "expires_in_s", "expires_in_s: goes with audience link");
    return 0;
}

/* The id of the share that was made. */
static int insert(struct sg_api *api, struct sg_http_request *q, const struct sg_share_new *in,
                  const char *token, uint64_t *id, struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q),
                            sg_param_text(q, in->type),
                            sg_id_text(q, in->id),
                            in->to_user_id ? sg_id_text(q, in->to_user_id) : NULL,
                            token,
                            in->message.p ? sg_param_text(q, in->message) : "",
                            in->expires_in_s ? sg_id_text(q, (uint64_t)in->expires_in_s) : NULL};
    PGresult *rows = NULL;
    int rc = sg_db_write(api->db, q, &make, params, &rows, e);
    const char *said = rc ? "" : PQgetvalue(rows, 0, 0);
    if (!rc && strncmp(said, "404 ", 4) == 0)
        rc = sg_fail(e, SG_ENOENT, "%s", said + 4);
    else if (!rc && !sg_str_to_u64(sg_str(said), id))
        rc = sg_fail(e, SG_EINTERNAL, "the database said '%s' of a share", said);
    PQclear(rows);
    return rc;
}

static int read_share(struct sg_api *api, struct sg_http_request *q, uint64_t id,
                      struct sg_share *out, struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q), sg_id_text(q, id)};
    return sg_answers_read(api, q, &one, params, &sg_share_record, "share", out, e);
}

void sg_social_share(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_share_new in;
    struct sg_share out;
    char token[SG_SHARE_TOKEN + 1];
    uint64_t id = 0;
    int rc = sg_record_from_json(&sg_share_new_record, q->body, q->arena, &in, &e);
    if (!rc)
        rc = check_audience(&in, &e);
    if (!rc)
        rc = sg_social_token(token, &e);
    if (!rc)
        rc = insert(api, q, &in, sg_str_eq(in.audience, SG_STR("link")) ? token : NULL, &id, &e);
    if (!rc)
        rc = read_share(api, q, id, &out, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_social_made(q, r, "/api/v1/shares", id, &sg_share_record, &out);
}

void sg_social_shares(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit};
    sg_answers_give(api, q, r, &list, params, &sg_share_list_record, "list", rc, &e);
}

void sg_social_share_get(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    sg_answers_give(api, q, r, &one, params, &sg_share_record, "share", 0, &e);
}

void sg_social_share_edit(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_share_change in;
    struct sg_share out;
    char age[24];
    int rc = sg_record_from_json(&sg_share_change_record, q->body, q->arena, &in, &e);
    snprintf(age, sizeof age, "%lld", rc ? -1ll : (long long)in.expires_in_s);
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0)),
                            rc ? NULL : sg_param_text(q, in.message), age};
    if (!rc)
        rc = sg_answers_done(api, q, &edit, params, &e);
    if (!rc)
        rc = read_share(api, q, sg_route_id(q, 0), &out, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_share_record, &out);
}

void sg_social_share_revoke(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    sg_answers_end(q, r, sg_answers_done(api, q, &revoke, params, &e), &e);
}
