/* cached.c - see cached.h. */
#include "api/playlists/cached.h"
#include "api/cache/cache.h"
#include "api/route.h"
#include <stdio.h>

struct loading {
    struct sg_api *api;
    struct sg_http_request *q;
    uint64_t playlist_id;
};

/* As nobody, and from the primary: a replica's could be older than what is forgotten next. */
static int load(void *ctx, struct sg_buf *out, struct sg_error *e)
{
    const struct loading *l = ctx;
    struct sg_http_request nobody = {
        .arena = l->q->arena, .deadline_us = l->q->deadline_us, .must_see = UINT64_MAX};
    struct playlist p;
    struct sg_playlist_songs songs = {0};
    int rc = playlist_find_any(l->api, &nobody, l->playlist_id, &p, e);
    if (rc)
        return rc;
    p.role = PLAYLIST_VIEWER; /* with who added what */
    if (!p.is_smart)
        rc = playlist_items(l->api, &nobody, &p, PLAYLIST_FIRST, SG_STR_NONE, &songs, e);
    if (!rc)
        rc = playlist_mosaics(l->api, &nobody, &p, 1, e);
    if (rc)
        return rc;
    if (!p.is_smart) {
        p.view.songs = songs.songs;
        p.view.next_cursor = songs.next_cursor;
        p.view.snapshot_id = songs.snapshot_id;
    }
    sg_record_pack(&sg_playlist_page_record, &p.view, out);
    return 0;
}

/* What everybody sees, into the arena. */
static int get(struct sg_api *api, struct sg_http_request *q, uint64_t id,
               struct sg_playlist_view *out, struct sg_error *e)
{
    struct loading l = {api, q, id};
    struct sg_buf kept = {0};
    struct sg_str key = sg_arena_printf(q->arena, "playlist:%llu", (unsigned long long)id);
    int rc = key.p ? 0 : sg_fail(e, SG_ENOMEM, "a playlist");
    if (rc)
        return rc;
    bool behind = sg_db_needs(api->db, q) > sg_cache_position(api->cache);
    if (behind) /* she may have written it through another process */
        rc = load(&l, &kept, e);
    if (!behind || rc == SG_EUNAVAIL)
        rc = sg_cache_through(api->cache, &sg_cache_playlist, key, q->deadline_us, load, &l, &kept,
                              e);
    if (rc == SG_ENOENT)
        sg_fail(e, SG_ENOENT, "there is no playlist %llu", (unsigned long long)id);
    struct sg_str bytes = rc ? SG_STR_NONE : sg_arena_copy(q->arena, sg_buf_str(&kept));
    sg_buf_free(&kept);
    return rc ? rc : sg_record_unpack(&sg_playlist_page_record, bytes, q->arena, out, e);
}

static int read_own(struct sg_http_request *q, PGresult *rows, struct playlist *p,
                    struct sg_error *e)
{
    p->view.role = playlist_text(q->arena, rows, 0, 0);
    p->view.is_following = *PQgetvalue(rows, 0, 1) == 't';
    return *PQgetvalue(rows, 0, 2) == 't' && !sg_caller_is_admin(q)
               ? sg_fail(e, SG_ENOENT, "there is no playlist %s", p->id)
               : 0;
}

/* The caller's role, whether she follows it, and whether one has blocked the other. While the
 * database is away the owner is known, and everybody else sees what is public. */
static int ask_own(struct sg_api *api, struct sg_http_request *q, struct playlist *p,
                   struct sg_error *e)
{
    static const struct sg_pg_statement ask = {
        "playlist_own",
        "SELECT (SELECT c.role FROM playlist_collaborators c WHERE c.user_id = $2::bigint AND "
        "c.playlist_id = $3::bigint AND c.collaborator_id = $1::bigint), EXISTS (SELECT FROM "
        "follows f WHERE f.user_id = $1::bigint AND f.target_kind = 'playlist' AND f.target_id = "
        "$3::bigint), segue_blocked($1::bigint, $2::bigint)",
        3};
    struct playlist_caller who = playlist_caller(q);
    bool owns = q->caller.user_id == p->view.user_id || sg_caller_is_admin(q);
    PGresult *rows = NULL;
    int rc = sg_db_read(api->db, q, &ask, (const char *[]){who.user_id, p->owner, p->id}, &rows, e);
    if (!rc)
        rc = read_own(q, rows, p, e);
    else if (rc == SG_EUNAVAIL && (owns || p->view.is_public))
        rc = 0;
    if (owns)
        p->view.role = SG_STR("owner");
    PQclear(rows);
    return rc;
}

int playlist_cached(struct sg_api *api, struct sg_http_request *q, struct playlist *out,
                    struct sg_playlist_songs *first, struct sg_error *e)
{
    struct sg_playlist_view *v = &out->view;
    *out = (struct playlist){0};
    int rc = get(api, q, sg_route_id(q, 0), v, e);
    if (rc)
        return rc;
    v->user_id = v->owner->user_id;
    snprintf(out->id, sizeof out->id, "%llu", (unsigned long long)v->playlist_id);
    snprintf(out->owner, sizeof out->owner, "%llu", (unsigned long long)v->user_id);
    out->is_smart = v->is_smart;
    if (q->caller.user_id)
        rc = ask_own(api, q, out, e);
    out->role = playlist_role_of(v->role);
    if (!rc)
        rc = playlist_judge(out, PLAYLIST_STRANGER, e);
    *first = (struct sg_playlist_songs){.songs = v->songs,
                                        .snapshot_id = v->snapshot_id,
                                        .song_count = v->song_count,
                                        .next_cursor = v->next_cursor};
    struct sg_playlist_item *items = v->songs.v;
    for (size_t i = 0; i < v->songs.n && out->role == PLAYLIST_STRANGER; i++)
        items[i].added_by = 0;
    v->songs = (struct sg_list){0};
    v->next_cursor = SG_STR_NONE;
    return rc;
}
