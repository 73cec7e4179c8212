/* tell.c - the log of a list's edits: numbered, told to who looks on, forgotten after a while. */
#include "api/playlists/parts.h"
#include <stdio.h>

#define KEPT_CHANGES 1000 /* of one list */

/* Old changes go now and then, together with the places of what they removed. */
static int forget_old(struct sg_db_tx *tx, const struct playlist *p, uint64_t snapshot_id,
                      struct sg_error *e)
{
    static const struct sg_pg_statement forget = {
        "playlist_forget",
        "WITH changes AS (DELETE FROM playlist_changes WHERE user_id = $1::bigint AND "
        "playlist_id = $2::bigint AND snapshot_id <= $3::bigint) DELETE FROM playlist_removed "
        "WHERE user_id = $1::bigint AND playlist_id = $2::bigint AND snapshot_id <= $3::bigint",
        3};
    char until[24];
    if (snapshot_id % 100 || snapshot_id <= KEPT_CHANGES)
        return 0;
    snprintf(until, sizeof until, "%llu", (unsigned long long)(snapshot_id - KEPT_CHANGES));
    return sg_tx_run(tx, &forget, (const char *[]){p->owner, p->id, until}, NULL, e);
}

int playlist_tell(struct sg_db_tx *tx, const struct playlist *p, struct sg_playlist_delta *delta,
                  struct sg_buf *body, struct sg_error *e)
{
    /* The row that the index follows is touched at most once a minute. */
    static const struct sg_pg_statement tell = {
        "playlist_tell",
        "WITH state AS (INSERT INTO playlist_state (user_id, playlist_id, snapshot_id) VALUES "
        "($1::bigint, $2::bigint, $3::bigint) ON CONFLICT (user_id, playlist_id) DO UPDATE SET "
        "snapshot_id = excluded.snapshot_id, edited_at = now()), touched AS (UPDATE playlists SET "
        "updated_at = now() WHERE user_id = $1::bigint AND playlist_id = $2::bigint AND "
        "updated_at < now() - interval '1 minute'), change AS (INSERT INTO playlist_changes "
        "(user_id, playlist_id, snapshot_id, added_by, operation_id, change) VALUES ($1::bigint, "
        "$2::bigint, $3::bigint, $4::bigint, $5, $6)) SELECT pg_notify('segue_playlists', "
        "$2::bigint || ':' || $3::bigint)",
        6};
    char snapshot[24], by[24], operation[104] = "";
    delta->from_snapshot_id = p->view.snapshot_id;
    delta->snapshot_id = p->view.snapshot_id + 1;
    snprintf(snapshot, sizeof snapshot, "%llu", (unsigned long long)delta->snapshot_id);
    snprintf(by, sizeof by, "%llu", (unsigned long long)delta->changed_by);
    snprintf(operation, sizeof operation, "%.*s", SG_FMT(delta->operation_id));
    sg_record_to_json(&sg_playlist_delta_record, delta, body);
    sg_buf_put(body, "", 1);
    if (sg_buf_failed(body))
        return sg_fail(e, SG_ENOMEM, "a playlist");
    const char *params[] = {p->owner, p->id, snapshot, by, delta->operation_id.p ? operation : NULL,
                            body->p};
    int rc = sg_tx_run(tx, &tell, params, NULL, e);
    body->n--;
    return rc ? rc : forget_old(tx, p, delta->snapshot_id, e);
}
