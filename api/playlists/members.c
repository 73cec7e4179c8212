/* members.c - who may see a private playlist or edit its songs, besides its owner. */
#include "api/playlists/handlers.h"
#include "api/playlists/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include <stdio.h>

static int read_members(struct sg_http_request *q, PGresult *rows,
                        struct sg_playlist_collaborators *out, struct sg_error *e)
{
    size_t n = (size_t)PQntuples(rows);
    struct sg_playlist_collaborator *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "collaborators");
    for (size_t i = 0; i < n; i++)
        v[i] = (struct sg_playlist_collaborator){
            .collaborator_id = playlist_number(rows, (int)i, 0),
            .display_name = playlist_text(q->arena, rows, (int)i, 1),
            .role = playlist_text(q->arena, rows, (int)i, 2),
            .added_at = playlist_text(q->arena, rows, (int)i, 3)};
    *out = (struct sg_playlist_collaborators){{v, n}};
    return 0;
}

void sg_playlist_collaborators_get(struct sg_api *api, struct sg_http_request *q,
                                   struct sg_http_response *r)
{
    static const struct sg_pg_statement find = {
        "playlist_members",
        "SELECT m.collaborator_id, u.display_name, m.role, " PLAYLIST_TIME(
            "m.added_at") " FROM playlist_collaborators m LEFT JOIN users u ON u.user_id = "
                          "m.collaborator_id WHERE m.user_id = $1::bigint AND m.playlist_id = "
                          "$2::bigint ORDER BY m.added_at, m.collaborator_id LIMIT " MEMBERS_MAX,
        2};
    struct sg_error e = SG_ERROR_INIT;
    struct playlist p;
    struct sg_playlist_collaborators out;
    PGresult *rows = NULL;
    int rc = playlist_of_path(api, q, PLAYLIST_VIEWER, &p, &e);
    if (!rc)
        rc = sg_db_read(api->db, q, &find, (const char *[]){p.owner, p.id}, &rows, &e);
    if (!rc)
        rc = read_members(q, rows, &out, &e);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_playlist_collaborators_record, &out);
    PQclear(rows);
}

struct member {
    struct sg_api *api;
    struct sg_http_request *q;
    struct sg_playlist_role in;
    uint64_t collaborator_id;
};

static int put(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement invite = {
        "playlist_invite",
        "WITH put AS (INSERT INTO playlist_collaborators AS m (user_id, playlist_id, "
        "collaborator_id, role) SELECT $1::bigint, $2::bigint, u.user_id, $4 FROM users u WHERE "
        "u.user_id = $3::bigint AND NOT segue_blocked($1::bigint, u.user_id) AND (SELECT count(*) "
        "FROM playlist_collaborators WHERE user_id = "
        "$1::bigint AND playlist_id = $2::bigint) < " MEMBERS_MAX
        " ON CONFLICT (user_id, playlist_id, collaborator_id) DO UPDATE SET role = excluded.role "
        "RETURNING 1) SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM users WHERE user_id "
        "= $3::bigint AND NOT segue_blocked($1::bigint, user_id)), pg_notify('segue_playlists', "
        "$2::bigint || ':access')",
        4};
    struct member *m = ctx;
    struct playlist p;
    char who[24], role[8];
    PGresult *rows = NULL;
    snprintf(who, sizeof who, "%llu", (unsigned long long)m->collaborator_id);
    snprintf(role, sizeof role, "%.*s", SG_FMT(m->in.role));
    int rc = playlist_lock(tx, m->q, sg_route_id(m->q, 0), PLAYLIST_OWNER, &p, e);
    if (!rc && p.view.user_id == m->collaborator_id)
        rc = sg_fail(e, SG_ECONFLICT, "the owner is no collaborator");
    if (!rc)
        rc = sg_tx_run(tx, &invite, (const char *[]){p.owner, p.id, who, role}, &rows, e);
    if (!rc && *PQgetvalue(rows, 0, 1) == '0')
        rc = sg_fail(e, SG_ENOENT, "there is no user %s", who);
    else if (!rc && *PQgetvalue(rows, 0, 0) == '0')
        rc = sg_fail(e, SG_ELIMIT, "a playlist has at most " MEMBERS_MAX " collaborators");
    PQclear(rows);
    return rc;
}

void sg_playlist_collaborator_put(struct sg_api *api, struct sg_http_request *q,
                                  struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct member m = {.api = api, .q = q, .collaborator_id = sg_route_id(q, 1)};
    int rc = sg_record_from_json(&sg_playlist_role_record, q->body, q->arena, &m.in, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, put, &m, &e);
    if (rc)
        sg_problem(q, r, &e);
}

static int take_out(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement leave = {
        "playlist_leave",
        "WITH gone AS (DELETE FROM playlist_collaborators WHERE user_id = $1::bigint AND "
        "playlist_id = $2::bigint AND collaborator_id = $3::bigint RETURNING 1) SELECT (SELECT "
        "count(*) FROM gone), pg_notify('segue_playlists', $2::bigint || ':access')",
        3};
    struct member *m = ctx;
    struct playlist p;
    char who[24];
    PGresult *rows = NULL;
    bool own = m->collaborator_id == m->q->caller.user_id;
    snprintf(who, sizeof who, "%llu", (unsigned long long)m->collaborator_id);
    int rc = playlist_lock(tx, m->q, sg_route_id(m->q, 0), own ? PLAYLIST_VIEWER : PLAYLIST_OWNER,
                           &p, e);
    if (!rc)
        rc = sg_tx_run(tx, &leave, (const char *[]){p.owner, p.id, who}, &rows, e);
    if (!rc && *PQgetvalue(rows, 0, 0) == '0')
        rc = sg_fail(e, SG_ENOENT, "user %s is no collaborator", who);
    PQclear(rows);
    return rc;
}

void sg_playlist_collaborator_remove(struct sg_api *api, struct sg_http_request *q,
                                     struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct member m = {.api = api, .q = q, .collaborator_id = sg_route_id(q, 1)};
    if (sg_db_transact(api->db, q, take_out, &m, &e))
        sg_problem(q, r, &e);
}
