/* items.c - songs put into a list, taken out, moved; those that are there more than once. */
#include "api/playlists/handlers.h"
#include "api/playlists/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include <stdlib.h>

static void change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   int rc, const struct sg_playlist_changes *changes, struct sg_error *e)
{
    if (!rc)
        rc = playlist_change(api, q, sg_route_id(q, 0), changes, &r->body, e);
    if (rc)
        sg_problem(q, r, e);
    else
        r->content_type = "application/json";
}

void sg_playlist_edit(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playlist_changes changes;
    int rc = sg_record_from_json(&sg_playlist_changes_record, q->body, q->arena, &changes, &e);
    change(api, q, r, rc, &changes, &e);
}

void sg_playlist_add(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playlist_addition in;
    int rc = sg_record_from_json(&sg_playlist_addition_record, q->body, q->arena, &in, &e);
    if (!rc && (in.song_id != 0) == (in.song_ids.n > 0))
        rc = sg_fail_field(&e, "song_id", "song_id: expected it or song_ids");
    struct sg_playlist_operation add = {.op = SG_STR("add"),
                                        .song_ids = in.song_id ? (struct sg_list){&in.song_id, 1}
                                                               : in.song_ids,
                                        .before_item_id = in.before_item_id,
                                        .after_item_id = in.after_item_id,
                                        .index = in.index};
    struct sg_playlist_changes changes = {.operation_id = in.operation_id,
                                          .snapshot_id = in.snapshot_id,
                                          .on_duplicate = in.on_duplicate,
                                          .operations = {&add, 1}};
    change(api, q, r, rc, &changes, &e);
}

void sg_playlist_remove_song(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playlist_query in;
    uint64_t song_id = sg_route_id(q, 1);
    int rc = sg_params_read(q, sg_playlist_removal_params, &sg_playlist_query_record, &in, &e);
    struct sg_playlist_operation take = {.op = SG_STR("remove"), .index = -1};
    if (in.item_id)
        take.item_ids = (struct sg_list){&in.item_id, 1};
    else
        take.song_ids = (struct sg_list){&song_id, 1};
    struct sg_playlist_changes changes = {
        .operation_id = in.operation_id, .snapshot_id = in.snapshot_id, .operations = {&take, 1}};
    change(api, q, r, rc, &changes, &e);
}

static int read_duplicates(struct sg_http_request *q, PGresult *rows,
                           struct sg_playlist_duplicates *out, struct sg_error *e)
{
    size_t n = (size_t)PQntuples(rows);
    struct sg_playlist_duplicate *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    uint64_t *items = sg_arena_array(q->arena, n + 1, sizeof *items);
    if (!v || !items)
        return sg_fail(e, SG_ENOMEM, "duplicates");
    for (size_t i = 0; i < n; i++) {
        uint64_t song = playlist_number(rows, (int)i, 0);
        items[i] = playlist_number(rows, (int)i, 1);
        if (!out->duplicates.n || v[out->duplicates.n - 1].song_id != song)
            v[out->duplicates.n++] = (struct sg_playlist_duplicate){song, {&items[i], 0}};
        v[out->duplicates.n - 1].item_ids.n++;
    }
    out->duplicates.v = v;
    return 0;
}

void sg_playlist_duplicates_get(struct sg_api *api, struct sg_http_request *q,
                                struct sg_http_response *r)
{
    static const struct sg_pg_statement find = {
        "playlist_duplicates",
        "SELECT song_id, item_id FROM (SELECT song_id, coalesce(item_id, 0) AS item_id, position, "
        "count(*) OVER w AS times, min(position) OVER w AS first FROM playlist_songs WHERE "
        "user_id = $1::bigint AND playlist_id = $2::bigint WINDOW w AS (PARTITION BY song_id)) i "
        "WHERE times > 1 ORDER BY first, position",
        2};
    struct sg_error e = SG_ERROR_INIT;
    struct playlist p;
    struct sg_playlist_duplicates out = {0};
    PGresult *rows = NULL;
    int rc = playlist_of_path(api, q, PLAYLIST_STRANGER, &p, &e);
    if (!rc)
        rc = sg_db_read(api->db, q, &find, (const char *[]){p.owner, p.id}, &rows, &e);
    if (!rc)
        rc = read_duplicates(q, rows, &out, &e);
    out.snapshot_id = p.view.snapshot_id;
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_playlist_duplicates_record, &out);
    PQclear(rows);
}
