/* live_tell.c - bringing the viewers of one playlist up to date. */
#include "api/playlists/live_parts.h"
#include "api/playlists/parts.h"
#include <stdio.h>
#include <stdlib.h>

#define ASKED_MAX 200                      /* changes read at once */
#define TOLD_MAX  (SG_HTTP_STREAM_MAX / 2) /* bytes of changes at once; more is told as a reload */

struct news {
    struct sg_arena arena;
    uint64_t playlist_id, from, snapshot_id; /* told from here on; the list's now */
    uint64_t *users;                         /* who looks on */
    size_t n_users;
    uint64_t *members, *readers; /* of them: those with a role, those who may see it */
    size_t n_members, n_readers;
    PGresult *changes; /* snapshot_id, change */
};

static bool is_of(const struct playlist_viewer *v, const struct news *n)
{
    return v->playlist_id == n->playlist_id && !v->ended;
}

/* Who looks on, and from where the one most behind has to be told. */
static int collect(struct sg_playlist_live *l, struct news *n)
{
    size_t many = 0;
    n->from = UINT64_MAX;
    pthread_mutex_lock(&l->lock);
    for (struct playlist_viewer *v = l->viewers; v; v = v->next)
        many += is_of(v, n);
    n->users = sg_arena_array(&n->arena, many + 1, sizeof *n->users);
    for (struct playlist_viewer *v = l->viewers; n->users && v; v = v->next)
        if (is_of(v, n)) {
            n->users[n->n_users++] = v->is_admin ? 0 : v->user_id;
            n->from = v->snapshot_id < n->from ? v->snapshot_id : n->from;
            v->asked = true;
        }
    pthread_mutex_unlock(&l->lock);
    return n->users ? 0 : SG_ENOMEM;
}

static int ask_access(struct sg_playlist_live *l, struct news *n, struct sg_error *e)
{
    static const struct sg_pg_statement ask = {
        "playlist_live_access",
        "SELECT w, p.user_id = w OR c.role IS NOT NULL, coalesce(s.snapshot_id, 0) FROM playlists "
        "p "
        "LEFT JOIN playlist_state s USING (user_id, playlist_id) CROSS JOIN (SELECT DISTINCT "
        "unnest($2::bigint[])) AS u (w) LEFT JOIN playlist_collaborators c ON c.user_id = "
        "p.user_id "
        "AND c.playlist_id = p.playlist_id AND c.collaborator_id = w WHERE p.playlist_id = "
        "$1::bigint AND (p.is_public OR p.user_id = w OR c.role IS NOT NULL OR w = 0) AND NOT "
        "segue_blocked(p.user_id, w)",
        2};
    char id[24];
    PGresult *rows = NULL;
    snprintf(id, sizeof id, "%llu", (unsigned long long)n->playlist_id);
    const char *params[] = {id, playlist_array(&n->arena, n->users, n->n_users)};
    int rc = params[1] ? sg_db_write(l->api->db, NULL, &ask, params, &rows, e) : SG_ENOMEM;
    size_t many = rc ? 0 : (size_t)PQntuples(rows);
    n->readers = sg_arena_array(&n->arena, many + 1, sizeof *n->readers);
    n->members = sg_arena_array(&n->arena, many + 1, sizeof *n->members);
    for (size_t i = 0; n->readers && n->members && i < many; i++) {
        uint64_t who = playlist_number(rows, (int)i, 0);
        n->readers[n->n_readers++] = who;
        if (*PQgetvalue(rows, (int)i, 1) == 't')
            n->members[n->n_members++] = who;
        n->snapshot_id = playlist_number(rows, (int)i, 2);
    }
    PQclear(rows);
    return rc ? rc : n->readers && n->members ? 0 : SG_ENOMEM;
}

static int ask_changes(struct sg_playlist_live *l, struct news *n, struct sg_error *e)
{
    static const struct sg_pg_statement ask = {
        "playlist_live_changes",
        "SELECT h.snapshot_id, h.change FROM playlists p JOIN playlist_changes h USING (user_id, "
        "playlist_id) WHERE p.playlist_id = $1::bigint AND h.snapshot_id > $2::bigint ORDER BY "
        "h.snapshot_id LIMIT $3::bigint",
        3};
    char id[24], from[24], most[24];
    snprintf(id, sizeof id, "%llu", (unsigned long long)n->playlist_id);
    snprintf(from, sizeof from, "%llu", (unsigned long long)n->from);
    snprintf(most, sizeof most, "%d", ASKED_MAX);
    return sg_db_write(l->api->db, NULL, &ask, (const char *[]){id, from, most}, &n->changes, e);
}

static bool holds(const uint64_t *v, size_t n, uint64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] == id)
            return true;
    return false;
}

static void put_place(struct playlist_viewer *v, const char *event, uint64_t snapshot_id)
{
    char data[64];
    int n = snprintf(data, sizeof data, "{\"snapshot_id\":%llu}", (unsigned long long)snapshot_id);
    sg_http_stream_event(v->stream, event, snapshot_id, (struct sg_str){data, (size_t)n});
    v->snapshot_id = snapshot_id;
}

/* To strangers without who did it. */
static struct sg_str change_for(struct news *n, int row, bool member)
{
    struct sg_str text = {PQgetvalue(n->changes, row, 1), (size_t)PQgetlength(n->changes, row, 1)};
    struct sg_playlist_delta delta;
    struct sg_buf b = {0};
    if (member || sg_record_from_json(&sg_playlist_delta_record, text, &n->arena, &delta, NULL))
        return member ? text : SG_STR_NONE;
    delta.changed_by = 0;
    delta.operation_id = SG_STR_NONE;
    sg_record_to_json(&sg_playlist_delta_record, &delta, &b);
    text = sg_arena_copy(&n->arena, sg_buf_str(&b));
    sg_buf_free(&b);
    return text;
}

/* A stream that is given more than it can hold ends. */
static bool fits(const struct playlist_viewer *v, const struct news *n)
{
    size_t bytes = 0;
    for (int i = 0; i < PQntuples(n->changes); i++)
        if (playlist_number(n->changes, i, 0) > v->snapshot_id)
            bytes += (size_t)PQgetlength(n->changes, i, 1);
    return bytes <= TOLD_MAX;
}

static void tell_changes(struct playlist_viewer *v, struct news *n, bool member)
{
    int rows = PQntuples(n->changes);
    if (!fits(v, n)) {
        put_place(v, "reload", playlist_number(n->changes, rows - 1, 0));
        return;
    }
    for (int i = 0; i < rows; i++) {
        uint64_t snapshot = playlist_number(n->changes, i, 0);
        if (snapshot <= v->snapshot_id)
            continue;
        struct sg_str change = change_for(n, i, member);
        if (snapshot != v->snapshot_id + 1 || !change.p) {
            put_place(v, "reload", snapshot);
            continue;
        }
        sg_http_stream_event(v->stream, "change", snapshot, change);
        v->snapshot_id = snapshot;
    }
}

static void tell(struct playlist_viewer *v, struct news *n)
{
    uint64_t who = v->is_admin ? 0 : v->user_id;
    bool lost = (int)ASKED_MAX == PQntuples(n->changes) || v->snapshot_id > n->snapshot_id;
    if (!v->told) {
        v->told = true;
        put_place(v, "here", v->snapshot_id);
    }
    if (lost && v->snapshot_id != n->snapshot_id)
        put_place(v, "reload", n->snapshot_id);
    else
        tell_changes(v, n, v->is_admin || holds(n->members, n->n_members, who));
}

static void end(struct playlist_viewer *v)
{
    sg_http_stream_event(v->stream, "gone", 0, SG_STR("{}"));
    sg_http_stream_close(v->stream);
    v->ended = true;
}

/* 0 stands for admins and for nobody: the latter see what is public. */
static bool may_see(const struct playlist_viewer *v, const struct news *n, bool is_public)
{
    return holds(n->readers, n->n_readers, v->is_admin ? 0 : v->user_id) &&
           (v->user_id || is_public);
}

static int ask_public(struct sg_playlist_live *l, struct news *n, bool *is_public,
                      struct sg_error *e)
{
    static const struct sg_pg_statement ask = {
        "playlist_live_public",
        "SELECT FROM playlists WHERE playlist_id = $1::bigint AND is_public", 1};
    char id[24];
    PGresult *rows = NULL;
    snprintf(id, sizeof id, "%llu", (unsigned long long)n->playlist_id);
    int rc = sg_db_write(l->api->db, NULL, &ask, (const char *[]){id}, &rows, e);
    *is_public = !rc && PQntuples(rows) > 0;
    PQclear(rows);
    return rc;
}

int playlist_live_refresh(struct sg_playlist_live *l, uint64_t playlist_id, struct sg_error *e)
{
    struct news n = {.playlist_id = playlist_id};
    bool is_public = false;
    int rc = collect(l, &n);
    if (rc || !n.n_users)
        goto done;
    rc = ask_access(l, &n, e);
    if (!rc)
        rc = ask_public(l, &n, &is_public, e);
    if (!rc)
        rc = ask_changes(l, &n, e);
    if (rc)
        goto done;
    pthread_mutex_lock(&l->lock);
    for (struct playlist_viewer *v = l->viewers; v; v = v->next) {
        if (!is_of(v, &n) || !v->asked)
            continue; /* who came meanwhile has her turn */
        v->asked = false;
        if (may_see(v, &n, is_public))
            tell(v, &n);
        else
            end(v);
    }
    pthread_mutex_unlock(&l->lock);

done:
    PQclear(n.changes);
    sg_arena_free(&n.arena);
    return rc;
}
