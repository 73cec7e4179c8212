/* listening.c - what friends are playing now. */
#include "api/plays/now.h"
#include "api/social/social.h"
#include <stdlib.h>

enum { FRIENDS_MAX = 1000 };

/* Whom $1 follows and who lets it be known: followed back, or to all followers by choice. */
static const struct sg_pg_statement friends = {
    "friends",
    "SELECT u.user_id FROM follows f JOIN users u ON u.user_id = f.target_id WHERE f.user_id = "
    "$1::bigint AND f.target_kind = 'user' AND (f.approved OR NOT "
    "u.private_profile) AND NOT u.private_session AND CASE "
    "segue_share_listening(u.preferences) WHEN 'followers' THEN true WHEN 'friends' THEN EXISTS "
    "(SELECT FROM follows b WHERE b.user_id = u.user_id AND b.target_kind = 'user' AND b.target_id "
    "= $1::bigint) ELSE false END AND " SG_SQL_UNBLOCKED(
        "u.user_id") " ORDER BY f.created_at DESC LIMIT 1000",
    1};
/* $2 users, $3 what each plays, $4 since when (microseconds): in this order. */
static const struct sg_pg_statement name = {
    "friends_listening",
    "WITH page AS MATERIALIZED (SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) "
    "WITH ORDINALITY t (user_id, song_id, at, k)), wanted AS (SELECT k, 1 AS n, 'user' AS kind, "
    "user_id AS id FROM page UNION ALL SELECT k, 2, 'song', song_id FROM page), " SG_SQL_THINGS
    " SELECT json_build_object('friends', coalesce(json_agg(json_build_object('user', u.thing, "
    "'song', s.thing, 'since', segue_time_text(timestamptz 'epoch' + p.at * interval "
    "'1 microsecond')) ORDER BY p.k), '[]')) FROM page p JOIN things u ON u.k = p.k AND u.n = 1 "
    "JOIN things s ON s.k = p.k AND s.n = 2",
    4};

static int find_friends(struct sg_api *api, struct sg_http_request *q, uint64_t *out, size_t *n,
                        struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q)};
    PGresult *rows = NULL;
    int rc = sg_db_read(api->db, q, &friends, params, &rows, e);
    *n = 0;
    for (int i = 0; !rc && i < PQntuples(rows) && *n < FRIENDS_MAX; i++)
        *n += sg_str_to_u64(sg_str(PQgetvalue(rows, i, 0)), &out[*n]);
    PQclear(rows);
    return rc;
}

static int newest_first(const void *a, const void *b)
{
    const struct sg_now_play *x = a, *y = b;
    return (x->heard_us < y->heard_us) - (x->heard_us > y->heard_us);
}

static int tell(struct sg_api *api, struct sg_http_request *q, const struct sg_now_play *v,
                size_t n, struct sg_listening_reply *out, struct sg_error *e)
{
    uint64_t *ids = sg_arena_array(q->arena, 3 * n + 1, sizeof *ids);
    if (!ids)
        return sg_fail(e, SG_ENOMEM, "friends");
    for (size_t i = 0; i < n; i++) {
        ids[i] = v[i].user_id;
        ids[n + i] = v[i].song_id;
        ids[2 * n + i] = (uint64_t)v[i].began_us;
    }
    struct sg_list users = {ids, n}, songs = {ids + n, n}, since = {ids + 2 * n, n};
    const char *params[] = {sg_caller_text(q), sg_ids_text(q, &users), sg_ids_text(q, &songs),
                            sg_ids_text(q, &since)};
    return sg_answers_read(api, q, &name, params, &sg_listening_reply_record, "list", out, e);
}

void sg_social_listening(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_listening_reply out = {0};
    uint64_t *ids = sg_arena_array(q->arena, FRIENDS_MAX, sizeof *ids);
    struct sg_now_play *v = sg_arena_array(q->arena, FRIENDS_MAX, sizeof *v);
    size_t n = 0;
    int rc = ids && v ? find_friends(api, q, ids, &n, &e) : sg_fail(&e, SG_ENOMEM, "friends");
    size_t playing = rc ? 0 : sg_now_find(api->now, ids, n, v);
    if (v && playing)
        qsort(v, playing, sizeof *v, newest_first);
    if (playing)
        rc = tell(api, q, v, playing < SG_PAGE_MAX ? playing : SG_PAGE_MAX, &out, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_listening_reply_record, &out);
}
