/* lists.c - whose playlists there are, and following one. */
#include "api/playlists/handlers.h"
#include "api/playlists/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include <stdio.h>

static int read_list(struct sg_api *api, struct sg_http_request *q, PGresult *rows, int64_t limit,
                     struct sg_playlist_list *out, struct sg_error *e)
{
    size_t n = (size_t)PQntuples(rows);
    bool more = n > (size_t)limit;
    n = more ? (size_t)limit : n;
    struct sg_playlist_view *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    struct playlist *p = sg_arena_array(q->arena, n + 1, sizeof *p);
    int rc = v && p ? 0 : sg_fail(e, SG_ENOMEM, "playlists");
    for (size_t i = 0; !rc && i < n; i++)
        rc = playlist_read_row(q, rows, (int)i, &p[i], e);
    if (!rc)
        rc = playlist_mosaics(api, q, p, n, e);
    for (size_t i = 0; !rc && i < n; i++) {
        v[i] = p[i].view;
        v[i].rules = NULL;
    }
    *out = (struct sg_playlist_list){.playlists = {v, rc ? 0 : n}};
    if (!rc && more)
        out->next_cursor =
            sg_arena_printf(q->arena, "%llu", (unsigned long long)v[n - 1].playlist_id);
    return rc;
}

static int check_cursor(struct sg_str cursor, const char **text, struct sg_arena *a,
                        struct sg_error *e)
{
    uint64_t id;
    *text = NULL;
    if (!cursor.p)
        return 0;
    if (!sg_str_to_u64(cursor, &id) || id > INT64_MAX)
        return sg_fail_field(e, "cursor", "cursor: not one of this list's");
    *text = sg_arena_copy(a, cursor).p;
    return *text ? 0 : sg_fail(e, SG_ENOMEM, "a cursor");
}

static int select_mine(struct sg_api *api, struct sg_http_request *q,
                       const struct sg_playlist_query *in, struct sg_playlist_list *out,
                       struct sg_error *e)
{
    static const struct sg_pg_statement mine = {
        "playlists_mine",
        "SELECT " PLAYLIST_COLUMNS " FROM (SELECT o.user_id, o.playlist_id FROM playlists o WHERE "
        "o.user_id = $1::bigint AND $3 <> 'shared' UNION ALL SELECT m.user_id, m.playlist_id FROM "
        "playlist_collaborators m WHERE m.collaborator_id = $1::bigint AND $3 <> 'own') l JOIN "
        "playlists p USING (user_id, playlist_id)" PLAYLIST_JOINS
        "WHERE ($4::bigint IS NULL OR p.playlist_id < $4::bigint) ORDER BY p.playlist_id DESC "
        "LIMIT $5::bigint",
        5};
    struct playlist_caller who = playlist_caller(q);
    char limit[24];
    const char *cursor, *of = in->of.p ? sg_arena_copy(q->arena, in->of).p : "own";
    PGresult *rows = NULL;
    snprintf(limit, sizeof limit, "%lld", (long long)in->limit + 1);
    int rc =
        of ? check_cursor(in->cursor, &cursor, q->arena, e) : sg_fail(e, SG_ENOMEM, "playlists");
    /* "f": also an admin is told her own role here. */
    if (!rc)
        rc = sg_db_read(api->db, q, &mine, (const char *[]){who.user_id, "f", of, cursor, limit},
                        &rows, e);
    if (!rc)
        rc = read_list(api, q, rows, in->limit, out, e);
    PQclear(rows);
    return rc;
}

void sg_playlists_mine(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playlist_query in;
    struct sg_playlist_list out;
    int rc = sg_params_read(q, sg_playlist_mine_params, &sg_playlist_query_record, &in, &e);
    if (!rc)
        rc = select_mine(api, q, &in, &out, &e);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_playlist_list_record, &out);
}

static int select_users(struct sg_api *api, struct sg_http_request *q,
                        const struct sg_playlist_query *in, struct sg_playlist_list *out,
                        struct sg_error *e)
{
    /* Of somebody with a private profile only she herself, followers she approved and admins are
     * told; of who has blocked the caller, nobody. */
    static const struct sg_pg_statement of_user = {
        "playlists_of_user",
        "SELECT " PLAYLIST_COLUMNS " FROM playlists p" PLAYLIST_JOINS
        "WHERE p.user_id = $3::bigint AND p.is_public AND ($4::bigint IS NULL OR p.playlist_id < "
        "$4::bigint) AND ($2::boolean OR segue_sees_acts($1::bigint, p.user_id)) ORDER BY "
        "p.playlist_id DESC LIMIT "
        "$5::bigint",
        5};
    static const struct sg_pg_statement known = {
        "playlists_user_known",
        "SELECT FROM users WHERE user_id = $3::bigint AND ($2::boolean OR NOT "
        "segue_blocked($1::bigint, $3::bigint))",
        3};
    struct playlist_caller who = playlist_caller(q);
    char limit[24], user[24];
    const char *cursor;
    PGresult *rows = NULL;
    snprintf(user, sizeof user, "%llu", (unsigned long long)sg_route_id(q, 0));
    snprintf(limit, sizeof limit, "%lld", (long long)in->limit + 1);
    int rc = check_cursor(in->cursor, &cursor, q->arena, e);
    if (!rc)
        rc = sg_db_read(api->db, q, &known, (const char *[]){who.user_id, who.is_admin, user},
                        &rows, e);
    if (!rc && !PQntuples(rows))
        rc = sg_fail(e, SG_ENOENT, "there is no user %s", user);
    PQclear(rows);
    rows = NULL;
    if (!rc)
        rc = sg_db_read(api->db, q, &of_user,
                        (const char *[]){who.user_id, who.is_admin, user, cursor, limit}, &rows, e);
    if (!rc)
        rc = read_list(api, q, rows, in->limit, out, e);
    PQclear(rows);
    return rc;
}

void sg_playlists_of_user(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playlist_query in;
    struct sg_playlist_list out;
    int rc = sg_params_read(q, sg_playlist_page_params, &sg_playlist_query_record, &in, &e);
    if (!rc)
        rc = select_users(api, q, &in, &out, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_playlist_list_record, &out);
}

/* The count of followers is a trigger's, so that it is right however rows come and go. */
static void follow(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   const struct sg_pg_statement *s, bool must_see)
{
    struct sg_error e = SG_ERROR_INIT;
    struct playlist_caller who = playlist_caller(q);
    struct playlist p;
    char id[24];
    snprintf(id, sizeof id, "%llu", (unsigned long long)sg_route_id(q, 0));
    int rc = must_see ? playlist_of_path(api, q, PLAYLIST_STRANGER, &p, &e) : 0;
    if (!rc)
        rc = sg_db_write(api->db, q, s, (const char *[]){who.user_id, id}, NULL, &e);
    playlist_forget(api, sg_route_id(q, 0));
    if (rc)
        sg_problem(q, r, &e);
}

void sg_playlist_follow(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    static const struct sg_pg_statement put = {
        "playlist_follow",
        "INSERT INTO follows (user_id, target_kind, target_id) SELECT u.user_id, 'playlist', "
        "p.playlist_id FROM users u, playlists p WHERE u.user_id = $1::bigint AND p.playlist_id = "
        "$2::bigint FOR KEY SHARE ON CONFLICT DO NOTHING",
        2};
    follow(api, q, r, &put, true);
}

/* Also of one that is no longer to be seen. */
void sg_playlist_unfollow(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    static const struct sg_pg_statement take = {
        "playlist_unfollow",
        "DELETE FROM follows WHERE user_id = $1::bigint AND target_kind = 'playlist' AND "
        "target_id = $2::bigint",
        2};
    follow(api, q, r, &take, false);
}
