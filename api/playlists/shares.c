/* shares.c - links that let whoever has them in: 256 random bits, of which a SHA-256 is kept, so
 * that who reads the table has no link. Only the owner makes and revokes them. */
#include "api/playlists/handlers.h"
#include "api/playlists/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/digest.h"
#include <stdio.h>
#include <sys/random.h>

#define TOKEN_BYTES 32
#define SHARES_MAX  "100" /* of one playlist */

static void hash_of(struct sg_str token, char out[2 * SG_SHA256_BYTES + 1])
{
    unsigned char digest[SG_SHA256_BYTES];
    sg_sha256(token, digest);
    sg_hex(digest, sizeof digest, out);
}

static struct sg_playlist_share read_share(struct sg_http_request *q, const struct playlist *p,
                                           PGresult *rows, int row)
{
    return (struct sg_playlist_share){
        .share_id = playlist_number(rows, row, 0),
        .playlist_id = p->view.playlist_id,
        .role = playlist_text(q->arena, rows, row, 1),
        .uses = (int64_t)playlist_number(rows, row, 2),
        .max_uses = (int64_t)playlist_number(rows, row, 3),
        .created_at = playlist_text(q->arena, rows, row, 4),
        .expires_at = playlist_text(q->arena, rows, row, 5),
    };
}

#define SHARE_COLUMNS                                                                              \
    "share_id, role, uses, coalesce(max_uses, 0), " PLAYLIST_TIME(                                 \
        "created_at") ", " PLAYLIST_TIME("expires_at")

void sg_playlist_shares_get(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    static const struct sg_pg_statement find = {
        "playlist_shares",
        "SELECT " SHARE_COLUMNS " FROM playlist_shares WHERE user_id = $1::bigint AND playlist_id "
        "= $2::bigint ORDER BY share_id LIMIT " SHARES_MAX,
        2};
    struct sg_error e = SG_ERROR_INIT;
    struct playlist p;
    PGresult *rows = NULL;
    int rc = playlist_of_path(api, q, PLAYLIST_OWNER, &p, &e);
    if (!rc)
        rc = sg_db_read(api->db, q, &find, (const char *[]){p.owner, p.id}, &rows, &e);
    size_t n = rc ? 0 : (size_t)PQntuples(rows);
    struct sg_playlist_share *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    for (size_t i = 0; v && i < n; i++)
        v[i] = read_share(q, &p, rows, (int)i);
    struct sg_playlist_shares out = {{v, v ? n : 0}};
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_playlist_shares_record, &out);
    PQclear(rows);
}

struct share {
    struct sg_http_request *q;
    struct sg_playlist_share_new in;
    struct sg_playlist_share out;
    char token[2 * TOKEN_BYTES + 1];
};

static int insert(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement make = {
        "playlist_share",
        "WITH over AS (DELETE FROM playlist_shares WHERE user_id = $1::bigint AND playlist_id = "
        "$2::bigint AND expires_at <= now()) "
        "INSERT INTO playlist_shares (user_id, playlist_id, token_hash, role, max_uses, "
        "expires_at) "
        "SELECT $1::bigint, $2::bigint, decode($3, 'hex'), $4, nullif($5::integer, 0), CASE WHEN "
        "$6::bigint > 0 THEN now() + make_interval(secs => $6::bigint) END WHERE (SELECT count(*) "
        "FROM playlist_shares WHERE user_id = $1::bigint AND playlist_id = $2::bigint AND "
        "coalesce(expires_at, 'infinity') > now()) "
        "< " SHARES_MAX " RETURNING " SHARE_COLUMNS,
        6};
    struct share *s = ctx;
    struct playlist p;
    char hash[2 * SG_SHA256_BYTES + 1], uses[24], seconds[24];
    PGresult *rows = NULL;
    hash_of(sg_str(s->token), hash);
    snprintf(uses, sizeof uses, "%lld", (long long)s->in.max_uses);
    snprintf(seconds, sizeof seconds, "%lld", (long long)s->in.expires_in);
    const char *role = s->in.role.p && *s->in.role.p == 'e' ? "editor" : "viewer";
    int rc = playlist_lock(tx, s->q, sg_route_id(s->q, 0), PLAYLIST_OWNER, &p, e);
    const char *params[] = {p.owner, p.id, hash, role, uses, seconds};
    if (!rc)
        rc = sg_tx_run(tx, &make, params, &rows, e);
    if (!rc && !PQntuples(rows))
        rc = sg_fail(e, SG_ELIMIT, "a playlist has at most " SHARES_MAX " links: revoke some");
    if (!rc)
        s->out = read_share(s->q, &p, rows, 0);
    s->out.token = sg_str(s->token);
    PQclear(rows);
    return rc;
}

void sg_playlist_share_make(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct share s = {.q = q};
    unsigned char secret[TOKEN_BYTES];
    struct sg_str body = q->body.n ? q->body : SG_STR("{}");
    int rc = sg_record_from_json(&sg_playlist_share_new_record, body, q->arena, &s.in, &e);
    if (!rc && getrandom(secret, sizeof secret, 0) != sizeof secret)
        rc = sg_fail_errno(&e, "random bytes");
    if (!rc) {
        sg_hex(secret, sizeof secret, s.token);
        rc = sg_db_transact(api->db, q, insert, &s, &e);
    }
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_playlist_share_record, &s.out);
}

/* Who came by the link stays; she can be removed as a collaborator. */
void sg_playlist_share_revoke(struct sg_api *api, struct sg_http_request *q,
                              struct sg_http_response *r)
{
    static const struct sg_pg_statement revoke = {
        "playlist_share_revoke",
        "DELETE FROM playlist_shares WHERE user_id = $1::bigint AND playlist_id = $2::bigint AND "
        "share_id = $3::bigint RETURNING 1",
        3};
    struct sg_error e = SG_ERROR_INIT;
    struct playlist p;
    char share[24];
    PGresult *rows = NULL;
    snprintf(share, sizeof share, "%llu", (unsigned long long)sg_route_id(q, 1));
    int rc = playlist_of_path(api, q, PLAYLIST_OWNER, &p, &e);
    if (!rc)
        rc = sg_db_write(api->db, q, &revoke, (const char *[]){p.owner, p.id, share}, &rows, &e);
    if (!rc && !PQntuples(rows))
        rc = sg_fail(&e, SG_ENOENT, "there is no link %s", share);
    PQclear(rows);
    if (rc)
        sg_problem(q, r, &e);
}

#define GOOD                                                                                       \
    "h.token_hash = decode($1, 'hex') AND (h.expires_at IS NULL OR h.expires_at > now()) AND "     \
    "(h.max_uses IS NULL OR h.uses < h.max_uses)"

static int no_link(struct sg_error *e)
{
    return sg_fail(e, SG_ENOENT, "there is no such link, or no longer");
}

void sg_playlist_shared_get(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    static const struct sg_pg_statement find = {
        "playlist_shared", "SELECT h.playlist_id, h.role FROM playlist_shares h WHERE " GOOD, 1};
    struct sg_error e = SG_ERROR_INIT;
    struct playlist p;
    char hash[2 * SG_SHA256_BYTES + 1];
    PGresult *rows = NULL;
    hash_of(sg_route_text(q, 0), hash);
    int rc = sg_db_read(api->db, q, &find, (const char *[]){hash}, &rows, &e);
    if (!rc && !PQntuples(rows))
        rc = no_link(&e);
    if (!rc && *PQgetvalue(rows, 0, 1) == 'e' && !q->caller.user_id)
        rc = sg_fail(&e, SG_EAUTH, "log in: this link is for who may edit");
    if (!rc)
        rc = playlist_find_any(api, q, playlist_number(rows, 0, 0), &p, &e);
    if (!rc)
        rc = playlist_page(api, q, &p, r, &e);
    PQclear(rows);
    if (rc)
        sg_problem(q, r, &e);
}

struct joining {
    struct sg_http_request *q;
    uint64_t playlist_id;
};

/* A use is counted when it gives somebody a role that she had not; nobody loses one. */
static int join(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement use = {
        "playlist_join",
        "WITH link AS (SELECT h.user_id, h.playlist_id, h.share_id, h.role, p.user_id = $2::bigint "
        "OR coalesce(m.role = 'editor' OR m.role = h.role, false) AS is_in FROM playlist_shares h "
        "JOIN playlists p USING (user_id, playlist_id) LEFT JOIN playlist_collaborators m ON "
        "m.user_id = h.user_id AND m.playlist_id = h.playlist_id AND m.collaborator_id = "
        "$2::bigint WHERE " GOOD " AND NOT segue_blocked(h.user_id, $2::bigint) AND (m.role IS NOT "
        "NULL OR p.user_id = $2::bigint OR (SELECT count(*) FROM playlist_collaborators n WHERE "
        "n.user_id = h.user_id AND "
        "n.playlist_id = h.playlist_id) < " MEMBERS_MAX ")), used AS (UPDATE "
        "playlist_shares h SET uses = h.uses + 1 FROM "
        "link l WHERE h.share_id = l.share_id AND h.user_id = l.user_id AND h.playlist_id = "
        "l.playlist_id AND NOT l.is_in AND " GOOD
        " RETURNING h.user_id, h.playlist_id, h.role), put AS (INSERT INTO playlist_collaborators "
        "(user_id, playlist_id, collaborator_id, role) SELECT user_id, playlist_id, $2::bigint, "
        "role FROM used ON CONFLICT (user_id, playlist_id, collaborator_id) DO UPDATE SET role = "
        "excluded.role RETURNING playlist_id, pg_notify('segue_playlists', playlist_id || "
        "':access')) SELECT playlist_id FROM put UNION ALL SELECT playlist_id FROM link WHERE "
        "is_in",
        2};
    struct joining *j = ctx;
    struct playlist_caller who = playlist_caller(j->q);
    char hash[2 * SG_SHA256_BYTES + 1];
    PGresult *rows = NULL;
    hash_of(sg_route_text(j->q, 0), hash);
    int rc = sg_tx_run(tx, &use, (const char *[]){hash, who.user_id}, &rows, e);
    if (!rc && !PQntuples(rows))
        rc = no_link(e);
    if (!rc)
        j->playlist_id = playlist_number(rows, 0, 0);
    PQclear(rows);
    return rc;
}

void sg_playlist_shared_join(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct joining j = {.q = q};
    struct playlist p;
    int rc = sg_db_transact(api->db, q, join, &j, &e);
    if (!rc)
        rc = playlist_find(api, q, j.playlist_id, &p, &e);
    if (!rc)
        rc = playlist_mosaics(api, q, &p, 1, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_playlist_view_record, &p.view);
}
