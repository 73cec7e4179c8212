/* store.c - a playlist's row as the caller sees it. */
#include "api/cache/cache.h"
#include "api/playlists/parts.h"
#include "api/playlists/visible.h"
#include "api/route.h"
#include <stdio.h>
#include <stdlib.h>

struct playlist_caller playlist_caller(const struct sg_http_request *q)
{
    struct playlist_caller c = {.is_admin = sg_caller_is_admin(q) ? "t" : "f"};
    snprintf(c.user_id, sizeof c.user_id, "%llu", (unsigned long long)q->caller.user_id);
    return c;
}

struct sg_str playlist_text(struct sg_arena *a, PGresult *rows, int row, int column)
{
    if (PQgetisnull(rows, row, column))
        return SG_STR_NONE;
    return sg_arena_copy(
        a, (struct sg_str){PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column)});
}

uint64_t playlist_number(PGresult *rows, int row, int column)
{
    uint64_t n = 0;
    sg_str_to_u64(sg_str(PQgetvalue(rows, row, column)), &n);
    return n;
}

const char *playlist_array(struct sg_arena *a, const uint64_t *ids, size_t n)
{
    char *out = sg_arena_alloc(a, n * 21 + 3);
    size_t at = 0;
    if (!out)
        return NULL;
    out[at++] = '{';
    for (size_t i = 0; i < n; i++)
        at += (size_t)sprintf(out + at, "%s%llu", i ? "," : "", (unsigned long long)ids[i]);
    out[at++] = '}';
    return out;
}

enum playlist_role playlist_role_of(struct sg_str name)
{
    return sg_str_eq(name, SG_STR("owner"))    ? PLAYLIST_OWNER
           : sg_str_eq(name, SG_STR("editor")) ? PLAYLIST_EDITOR
           : sg_str_eq(name, SG_STR("viewer")) ? PLAYLIST_VIEWER
                                               : PLAYLIST_STRANGER;
}

static int read_rules(struct sg_http_request *q, struct sg_str json, struct playlist *out,
                      struct sg_error *e)
{
    if (!json.p)
        return 0;
    out->is_smart = out->view.is_smart = true;
    out->view.rules = sg_arena_alloc(q->arena, sizeof *out->view.rules);
    if (!out->view.rules)
        return sg_fail(e, SG_ENOMEM, "a playlist's rules");
    return sg_record_from_json(&sg_playlist_rules_record, json, q->arena, out->view.rules, e);
}

int playlist_read_row(struct sg_http_request *q, PGresult *rows, int row, struct playlist *out,
                      struct sg_error *e)
{
    struct sg_arena *a = q->arena;
    struct sg_playlist_view *v = &out->view;
    int c = 0;
    *out = (struct playlist){0};
    v->playlist_id = playlist_number(rows, row, c++);
    v->user_id = playlist_number(rows, row, c++);
    v->name = playlist_text(a, rows, row, c++);
    v->description = playlist_text(a, rows, row, c++);
    v->is_public = *PQgetvalue(rows, row, c++) == 't';
    v->followers = (int64_t)playlist_number(rows, row, c++);
    v->created_at = playlist_text(a, rows, row, c++);
    v->updated_at = playlist_text(a, rows, row, c++);
    v->snapshot_id = playlist_number(rows, row, c++);
    struct sg_str rules = playlist_text(a, rows, row, c++);
    v->owner = sg_arena_alloc(a, sizeof *v->owner);
    if (!v->owner || !v->name.p || !v->updated_at.p)
        return sg_fail(e, SG_ENOMEM, "a playlist");
    *v->owner = (struct sg_playlist_owner){v->user_id, playlist_text(a, rows, row, c++)};
    v->role = playlist_text(a, rows, row, c++);
    v->is_following = *PQgetvalue(rows, row, c++) == 't';
    v->song_count = strtoll(PQgetvalue(rows, row, c++), NULL, 10);
    out->role = playlist_role_of(v->role);
    snprintf(out->id, sizeof out->id, "%llu", (unsigned long long)v->playlist_id);
    snprintf(out->owner, sizeof out->owner, "%llu", (unsigned long long)v->user_id);
    return read_rules(q, rules, out, e);
}

static int not_there(uint64_t playlist_id, struct sg_error *e)
{
    return sg_fail(e, SG_ENOENT, "there is no playlist %llu", (unsigned long long)playlist_id);
}

static const struct sg_pg_statement find = {
    "playlist_find",
    "SELECT " PLAYLIST_COLUMNS " FROM playlists p" PLAYLIST_JOINS
    "WHERE p.playlist_id = $3::bigint AND ($2::boolean OR NOT segue_blocked($1::bigint, "
    "p.user_id))",
    3};

int playlist_judge(const struct playlist *p, enum playlist_role least, struct sg_error *e)
{
    if (!p->view.is_public && p->role == PLAYLIST_STRANGER)
        return not_there(p->view.playlist_id, e);
    if (p->role < least)
        return sg_fail(e, SG_EPERM,
                       least == PLAYLIST_OWNER
                           ? "only the playlist's owner may do this"
                           : "only the playlist's owner and editors may do this");
    return 0;
}

void playlist_forget(struct sg_api *api, uint64_t playlist_id)
{
    sg_cache_forgetf(api->cache, "playlist:%llu", (unsigned long long)playlist_id);
}

int playlist_find_any(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id,
                      struct playlist *out, struct sg_error *e)
{
    struct playlist_caller who = playlist_caller(q);
    char id[24];
    PGresult *rows = NULL;
    snprintf(id, sizeof id, "%llu", (unsigned long long)playlist_id);
    int rc =
        sg_db_read(api->db, q, &find, (const char *[]){who.user_id, who.is_admin, id}, &rows, e);
    if (!rc)
        rc = PQntuples(rows) ? playlist_read_row(q, rows, 0, out, e) : not_there(playlist_id, e);
    PQclear(rows);
    return rc;
}

int playlist_find(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id,
                  struct playlist *out, struct sg_error *e)
{
    int rc = playlist_find_any(api, q, playlist_id, out, e);
    return rc ? rc : playlist_judge(out, PLAYLIST_STRANGER, e);
}

int playlist_of_path(struct sg_api *api, struct sg_http_request *q, enum playlist_role least,
                     struct playlist *out, struct sg_error *e)
{
    int rc = playlist_find(api, q, sg_route_id(q, 0), out, e);
    return rc ? rc : playlist_judge(out, least, e);
}

int sg_playlist_visible(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id,
                        struct sg_error *e)
{
    struct playlist p;
    return playlist_find(api, q, playlist_id, &p, e);
}

/* The second statement sees what whoever held the lock before has committed. */
int playlist_lock(struct sg_db_tx *tx, struct sg_http_request *q, uint64_t playlist_id,
                  enum playlist_role least, struct playlist *out, struct sg_error *e)
{
    static const struct sg_pg_statement lock = {
        "playlist_lock", "SELECT FROM playlists WHERE playlist_id = $1::bigint FOR NO KEY UPDATE",
        1};
    struct playlist_caller who = playlist_caller(q);
    char id[24];
    PGresult *rows = NULL;
    snprintf(id, sizeof id, "%llu", (unsigned long long)playlist_id);
    int rc = sg_tx_run(tx, &lock, (const char *[]){id}, NULL, e);
    if (!rc)
        rc = sg_tx_run(tx, &find, (const char *[]){who.user_id, who.is_admin, id}, &rows, e);
    if (!rc)
        rc = PQntuples(rows) ? playlist_read_row(q, rows, 0, out, e) : not_there(playlist_id, e);
    if (!rc)
        rc = playlist_judge(out, least, e);
    PQclear(rows);
    return rc;
}
