/* songs.c - pages of a playlist's songs: by the position of the last one told, which stays good
 * whatever is put in or taken out before it. */
#include "api/catalogue/read.h"
#include "api/playlists/parts.h"
#include <stdio.h>
#include <stdlib.h>

static int compare_ids(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Each once: a song may be there twice. */
static uint64_t *distinct_songs(struct sg_arena *a, const struct sg_list *items, size_t *n)
{
    const struct sg_playlist_item *v = items->v;
    uint64_t *ids = sg_arena_array(a, items->n + 1, sizeof *ids);
    *n = 0;
    for (size_t i = 0; ids && i < items->n; i++)
        ids[i] = v[i].song_id;
    if (!ids || !items->n)
        return ids;
    qsort(ids, items->n, sizeof *ids, compare_ids);
    for (size_t i = 0; i < items->n; i++)
        if (!i || ids[i] != ids[i - 1])
            ids[(*n)++] = ids[i];
    return ids;
}

int playlist_join_songs(struct sg_api *api, struct sg_http_request *q, struct sg_list *items,
                        struct sg_error *e)
{
    struct sg_playlist_item *v = items->v;
    size_t n;
    uint64_t *ids = distinct_songs(q->arena, items, &n);
    if (!ids)
        return sg_fail(e, SG_ENOMEM, "a playlist's songs");
    for (size_t from = 0; from < n; from += SG_LIMIT_MAX) {
        struct sg_list hits = {0};
        size_t many = n - from < SG_LIMIT_MAX ? n - from : SG_LIMIT_MAX;
        int rc = sg_songs_read(api, q, ids + from, many, &hits, e);
        if (rc)
            return rc;
        struct sg_hit *h = hits.v;
        for (size_t i = 0; i < items->n; i++)
            for (size_t k = 0; k < hits.n; k++)
                if (h[k].song_id == v[i].song_id)
                    v[i].song = &h[k];
    }
    return 0;
}

/* A list from before items had ids gets them when it is first looked at. */
static int number_items(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                        struct sg_error *e)
{
    static const struct sg_pg_statement number = {
        "playlist_number",
        "UPDATE playlist_songs SET item_id = nextval('playlist_item_ids') WHERE "
        "user_id = $1::bigint AND playlist_id = $2::bigint AND item_id IS NULL",
        2};
    return sg_db_write(api->db, q, &number, (const char *[]){p->owner, p->id}, NULL, e);
}

static bool lacks_ids(PGresult *rows)
{
    for (int i = 0; i < PQntuples(rows); i++)
        if (PQgetisnull(rows, i, 1) && !PQgetisnull(rows, i, 2))
            return true;
    return false;
}

static int select_page(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                       int64_t limit, const char *after, PGresult **rows, struct sg_error *e)
{
    /* One statement, so that the snapshot is that of the songs. */
    static const struct sg_pg_statement page = {
        "playlist_page",
        "SELECT s.snapshot_id, i.item_id, i.song_id, i.position, coalesce(i.added_by, "
        "0), " PLAYLIST_TIME(
            "i.added_at") " FROM (SELECT coalesce((SELECT snapshot_id FROM playlist_state WHERE "
                          "user_id = $1::bigint AND playlist_id = $2::bigint), 0) AS snapshot_id) "
                          "s "
                          "LEFT JOIN LATERAL (SELECT * FROM playlist_songs WHERE user_id = "
                          "$1::bigint AND playlist_id = $2::bigint AND position > $3 ORDER BY "
                          "position LIMIT $4::bigint) i ON true ORDER BY i.position",
        4};
    char many[24];
    snprintf(many, sizeof many, "%lld", (long long)limit + 1);
    const char *params[] = {p->owner, p->id, after, many};
    int rc = sg_db_read(api->db, q, &page, params, rows, e);
    if (rc || !lacks_ids(*rows))
        return rc;
    PQclear(*rows);
    *rows = NULL;
    rc = number_items(api, q, p, e);
    return rc ? rc : sg_db_read(api->db, q, &page, params, rows, e);
}

static int read_page(struct sg_http_request *q, const struct playlist *p, PGresult *rows,
                     int64_t limit, struct sg_playlist_songs *out, struct sg_error *e)
{
    size_t n = (size_t)PQntuples(rows);
    struct sg_playlist_item *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "a playlist's songs");
    if (n && PQgetisnull(rows, 0, 2))
        n = 0; /* the snapshot alone */
    bool more = n > (size_t)limit;
    n = more ? (size_t)limit : n;
    for (size_t i = 0; i < n; i++) {
        int row = (int)i;
        v[i] = (struct sg_playlist_item){
            .item_id = playlist_number(rows, row, 1),
            .song_id = playlist_number(rows, row, 2),
            .position = playlist_text(q->arena, rows, row, 3),
            .added_by = p->role > PLAYLIST_STRANGER ? playlist_number(rows, row, 4) : 0,
            .added_at = playlist_text(q->arena, rows, row, 5)};
        if (!v[i].position.p || !v[i].added_at.p)
            return sg_fail(e, SG_ENOMEM, "a playlist's songs");
    }
    out->songs = (struct sg_list){v, n};
    out->snapshot_id = playlist_number(rows, 0, 0);
    out->song_count = p->view.song_count;
    out->next_cursor = more ? v[n - 1].position : SG_STR_NONE;
    return 0;
}

/* The rules' songs from cursor, a number, on; those that may not be seen now are left out. */
static int smart_page(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                      int64_t limit, struct sg_str cursor, struct sg_playlist_songs *out,
                      struct sg_error *e)
{
    struct sg_list ids;
    uint64_t from = 0;
    if (cursor.p && (!sg_str_to_u64(cursor, &from) || from > SG_PLAYLIST_SMART_MAX))
        return sg_fail_field(e, "cursor", "cursor: not one of this playlist's");
    int rc = playlist_smart_songs(api, q, p, &ids, e);
    if (rc)
        return rc;
    size_t end = from + (uint64_t)limit < ids.n ? (size_t)from + (size_t)limit : ids.n, n = 0;
    struct sg_playlist_item *v = sg_arena_array(q->arena, (size_t)limit + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "a smart playlist");
    for (size_t i = (size_t)from; i < end; i++)
        v[n++] = (struct sg_playlist_item){.item_id = i + 1, .song_id = ((uint64_t *)ids.v)[i]};
    out->songs = (struct sg_list){v, n};
    out->snapshot_id = p->view.snapshot_id;
    out->song_count = (int64_t)ids.n;
    out->next_cursor = end < ids.n ? sg_arena_printf(q->arena, "%zu", end) : SG_STR_NONE;
    return 0;
}

int playlist_items(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                   int64_t limit, struct sg_str cursor, struct sg_playlist_songs *out,
                   struct sg_error *e)
{
    struct sg_str after = sg_arena_copy(q->arena, cursor.p ? cursor : SG_STR(""));
    PGresult *rows = NULL;
    int rc = after.p ? select_page(api, q, p, limit, after.p, &rows, e)
                     : sg_fail(e, SG_ENOMEM, "a cursor");
    if (!rc)
        rc = read_page(q, p, rows, limit, out, e);
    PQclear(rows);
    return rc;
}

int playlist_songs(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                   int64_t limit, struct sg_str cursor, struct sg_playlist_songs *out,
                   struct sg_error *e)
{
    *out = (struct sg_playlist_songs){0};
    int rc = p->is_smart ? smart_page(api, q, p, limit, cursor, out, e)
                         : playlist_items(api, q, p, limit, cursor, out, e);
    return rc ? rc : playlist_join_songs(api, q, &out->songs, e);
}
