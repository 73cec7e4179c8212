/* change.c - one request's edits of a list, in one transaction under the playlist's lock: so all
 * edits of one list are one after the other, and of different lists side by side. */
#include "api/playlists/change_parts.h"
#include <stdio.h>
#include <sys/random.h>

/* The answer of an edit that was made before; *body stays empty when it was not. */
static int find_replay(struct change *c, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "playlist_replay",
        "SELECT change FROM playlist_changes WHERE user_id = $1::bigint AND "
        "playlist_id = $2::bigint AND added_by = $3::bigint AND operation_id = $4",
        4};
    PGresult *rows = NULL;
    if (!c->asked->operation_id.p)
        return 0;
    struct sg_str operation = sg_arena_copy(c->q->arena, c->asked->operation_id);
    struct playlist_caller who = playlist_caller(c->q);
    const char *params[] = {c->p.owner, c->p.id, who.user_id, operation.p};
    int rc = operation.p ? sg_tx_run(c->tx, &find, params, &rows, e)
                         : sg_fail(e, SG_ENOMEM, "a playlist");
    if (!rc && PQntuples(rows))
        sg_buf_puts(c->body, PQgetvalue(rows, 0, 0));
    PQclear(rows);
    return rc;
}

static size_t count_songs(const struct sg_playlist_changes *asked)
{
    const struct sg_playlist_operation *o = asked->operations.v;
    size_t n = 0;
    for (size_t i = 0; i < asked->operations.n; i++)
        n += sg_str_eq(o[i].op, SG_STR("add")) ? o[i].song_ids.n : 0;
    return n;
}

static int apply(struct change *c, struct sg_error *e)
{
    const struct sg_playlist_operation *o = c->asked->operations.v;
    size_t adding = count_songs(c->asked);
    c->edit = (struct sg_edit){.arena = c->q->arena,
                               .added_by = c->q->caller.user_id,
                               .gone = change_place_of_gone,
                               .ctx = c};
    if (getrandom(&c->edit.seed, sizeof c->edit.seed, 0) != sizeof c->edit.seed)
        return sg_fail_errno(e, "random bytes");
    if (c->asked->on_duplicate.p)
        c->edit.on_duplicate = *c->asked->on_duplicate.p == 's'   ? SG_DUPLICATE_SKIP
                               : *c->asked->on_duplicate.p == 'r' ? SG_DUPLICATE_REFUSE
                                                                  : SG_DUPLICATE_ADD;
    int rc = change_load(c, adding, e);
    if (!rc)
        rc = change_take_ids(c, adding, e);
    for (size_t i = 0; !rc && i < c->asked->operations.n; i++) {
        if (sg_str_eq(o[i].op, SG_STR("add")))
            rc = change_check_songs(c, &o[i], e);
        if (!rc)
            rc = sg_edit_apply(&c->edit, &o[i], e);
    }
    return rc;
}

static int make_delta(struct change *c, struct sg_playlist_delta *out, struct sg_error *e)
{
    const struct sg_edit *x = &c->edit;
    struct sg_playlist_item *items = sg_arena_array(c->q->arena, x->n + 1, sizeof *items);
    size_t n = 0;
    if (!items)
        return sg_fail(e, SG_ENOMEM, "a playlist");
    for (size_t i = 0; i < x->n; i++)
        if (x->v[i].state != SG_LISTED_SAME)
            items[n++] = (struct sg_playlist_item){.item_id = x->v[i].item_id,
                                                   .song_id = x->v[i].song_id,
                                                   .position = x->v[i].position};
    *out = (struct sg_playlist_delta){.playlist_id = c->playlist_id,
                                      .snapshot_id = c->p.view.snapshot_id + 1,
                                      .from_snapshot_id = c->p.view.snapshot_id,
                                      .song_count = (int64_t)x->n,
                                      .changed_by = c->q->caller.user_id,
                                      .operation_id = c->asked->operation_id,
                                      .items = {items, n},
                                      .removed = {x->removed, x->n_removed},
                                      .missing = {x->missing, x->n_missing},
                                      .skipped = {x->skipped, x->n_skipped}};
    return 0;
}

/* An edit that changes nothing is answered with the snapshot there is. */
static int write(struct change *c, struct sg_error *e)
{
    struct sg_playlist_delta delta;
    int rc = make_delta(c, &delta, e);
    if (!rc && !delta.items.n && !delta.removed.n) {
        delta.snapshot_id--;
        sg_record_to_json(&sg_playlist_delta_record, &delta, c->body);
        return 0;
    }
    if (!rc)
        rc = change_write(c, delta.snapshot_id, e);
    return rc ? rc : playlist_tell(c->tx, &c->p, &delta, c->body, e);
}

static int in_transaction(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct change *c = ctx;
    c->tx = tx;
    sg_buf_reset(c->body);
    int rc = playlist_lock(tx, c->q, c->playlist_id, PLAYLIST_EDITOR, &c->p, e);
    if (!rc)
        rc = find_replay(c, e);
    if (rc || c->body->n)
        return rc;
    if (c->p.is_smart)
        return sg_fail_kind(e, SG_ECONFLICT, "smart-playlist",
                            "the songs of a smart playlist are what its rules say");
    if (c->asked->snapshot_id > c->p.view.snapshot_id)
        return sg_fail_field(e, "snapshot_id", "snapshot_id: the list is at %llu",
                             (unsigned long long)c->p.view.snapshot_id);
    rc = apply(c, e);
    return rc ? rc : write(c, e);
}

static int check_ids(const struct sg_list *list, const char *field, size_t *left,
                     struct sg_error *e)
{
    const uint64_t *v = list->v;
    for (size_t i = 0; i < list->n; i++)
        if (!v[i] || v[i] > INT64_MAX)
            return sg_fail_field(e, field, "%s: expected whole numbers from 1", field);
    if (list->n > *left)
        return sg_fail_field(e, field, "%s: at most %d songs and items in one request", field,
                             SG_PLAYLIST_CHANGES_MAX);
    *left -= list->n;
    return 0;
}

int playlist_change(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id,
                    const struct sg_playlist_changes *changes, struct sg_buf *body,
                    struct sg_error *e)
{
    struct change c = {
        .api = api, .q = q, .playlist_id = playlist_id, .asked = changes, .body = body};
    const struct sg_playlist_operation *o = changes->operations.v;
    size_t left = SG_PLAYLIST_CHANGES_MAX;
    int rc = 0;
    for (size_t i = 0; !rc && i < changes->operations.n; i++) {
        rc = check_ids(&o[i].song_ids, "song_ids", &left, e);
        if (!rc)
            rc = check_ids(&o[i].item_ids, "item_ids", &left, e);
    }
    if (!rc)
        rc = sg_db_transact(api->db, q, in_transaction, &c, e);
    if (!rc)
        playlist_forget(api, playlist_id);
    return rc;
}
