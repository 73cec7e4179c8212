/* change.c - one request's edits of a list, in one transaction under the playlist's lock: so all
 * edits of one list are one after the other, and of different lists side by side. */
#include "api/playlists/edit.h"
#include "api/playlists/parts.h"
#include "core/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define KEPT_CHANGES 1000 /* of one list */

struct change {
    struct sg_api *api;
    struct sg_http_request *q;
    uint64_t playlist_id;
    const struct sg_playlist_changes *asked;
    struct sg_buf *body;
    struct playlist p;
    struct sg_db_tx *tx;
    struct sg_edit edit;
    size_t before; /* items */
};

/* Removals are looked up where an item's place is asked for that is gone. */
static int place_of_gone(void *ctx, uint64_t item_id, struct sg_str *position, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "playlist_gone",
        "SELECT position FROM playlist_removed WHERE user_id = $1::bigint AND "
        "playlist_id = $2::bigint AND item_id = $3::bigint",
        3};
    struct change *c = ctx;
    char item[24];
    PGresult *rows = NULL;
    snprintf(item, sizeof item, "%llu", (unsigned long long)item_id);
    int rc = sg_tx_run(c->tx, &find, (const char *[]){c->p.owner, c->p.id, item}, &rows, e);
    if (!rc && !PQntuples(rows))
        rc = SG_ENOENT;
    if (!rc)
        *position = playlist_text(c->q->arena, rows, 0, 0);
    PQclear(rows);
    return rc;
}

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
    const char *params[] = {c->p.owner, c->p.id, playlist_caller(c->q).user_id, operation.p};
    char user[24];
    snprintf(user, sizeof user, "%llu", (unsigned long long)c->q->caller.user_id);
    params[2] = user;
    int rc = operation.p ? sg_tx_run(c->tx, &find, params, &rows, e)
                         : sg_fail(e, SG_ENOMEM, "a playlist");
    if (!rc && PQntuples(rows))
        sg_buf_puts(c->body, PQgetvalue(rows, 0, 0));
    PQclear(rows);
    return rc;
}

/* Rows from before items had ids get them now. */
static int number_items(struct change *c, struct sg_error *e)
{
    static const struct sg_pg_statement number = {
        "playlist_number_locked",
        "UPDATE playlist_songs SET item_id = nextval('playlist_item_ids') WHERE "
        "user_id = $1::bigint AND playlist_id = $2::bigint AND item_id IS NULL",
        2};
    return sg_tx_run(c->tx, &number, (const char *[]){c->p.owner, c->p.id}, NULL, e);
}

static int load_items(struct change *c, size_t adding, struct sg_error *e)
{
    static const struct sg_pg_statement load = {
        "playlist_load",
        "SELECT item_id, song_id, position, coalesce(added_by, 0), " PLAYLIST_TIME(
            "added_at") " FROM playlist_songs WHERE user_id = $1::bigint AND playlist_id = "
                        "$2::bigint "
                        "ORDER BY position",
        2};
    PGresult *rows = NULL;
    int rc = number_items(c, e);
    if (!rc)
        rc = sg_tx_run(c->tx, &load, (const char *[]){c->p.owner, c->p.id}, &rows, e);
    size_t n = rc ? 0 : (size_t)PQntuples(rows);
    struct sg_listed *v = sg_arena_array(c->q->arena, n + 1, sizeof *v);
    for (size_t i = 0; v && i < n; i++) {
        int row = (int)i;
        v[i] = (struct sg_listed){.item_id = playlist_number(rows, row, 0),
                                  .song_id = playlist_number(rows, row, 1),
                                  .position = playlist_text(c->q->arena, rows, row, 2),
                                  .added_by = playlist_number(rows, row, 3),
                                  .added_at = playlist_text(c->q->arena, rows, row, 4)};
        if (!v[i].position.p || !v[i].added_at.p)
            rc = sg_fail(e, SG_ENOMEM, "a playlist");
    }
    PQclear(rows);
    c->before = n;
    if (!rc)
        rc = v ? sg_edit_begin(&c->edit, v, n, adding, e) : sg_fail(e, SG_ENOMEM, "a playlist");
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

/* All songs to be added must be there and out; one that is not is named. */
static int check_songs(struct change *c, const struct sg_playlist_operation *o, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "playlist_songs_missing",
        "SELECT w FROM unnest($1::bigint[]) w WHERE NOT EXISTS (SELECT FROM songs s WHERE "
        "s.song_id = w AND (s.release_date IS NULL OR s.release_date <= CURRENT_DATE)) LIMIT 1",
        1};
    PGresult *rows = NULL;
    const char *ids = playlist_array(c->q->arena, o->song_ids.v, o->song_ids.n);
    int rc = ids ? sg_tx_run(c->tx, &find, &ids, &rows, e) : sg_fail(e, SG_ENOMEM, "song ids");
    if (!rc && PQntuples(rows))
        rc = sg_fail_field(e, "song_ids", "song_ids: there is no song %s", PQgetvalue(rows, 0, 0));
    PQclear(rows);
    return rc;
}

static int take_ids(struct change *c, size_t n, struct sg_error *e)
{
    static const struct sg_pg_statement take = {
        "playlist_item_ids",
        "SELECT nextval('playlist_item_ids') FROM generate_series(1, $1::integer)", 1};
    char count[24];
    PGresult *rows = NULL;
    uint64_t *ids = sg_arena_array(c->q->arena, n + 1, sizeof *ids);
    snprintf(count, sizeof count, "%zu", n);
    int rc = !ids ? sg_fail(e, SG_ENOMEM, "item ids")
             : n  ? sg_tx_run(c->tx, &take, (const char *[]){count}, &rows, e)
                  : 0;
    for (size_t i = 0; !rc && i < n; i++)
        ids[i] = playlist_number(rows, (int)i, 0);
    PQclear(rows);
    c->edit.ids = ids;
    c->edit.n_ids = n;
    return rc;
}

static int apply(struct change *c, struct sg_error *e)
{
    const struct sg_playlist_operation *o = c->asked->operations.v;
    size_t adding = count_songs(c->asked);
    c->edit = (struct sg_edit){
        .arena = c->q->arena, .added_by = c->q->caller.user_id, .gone = place_of_gone, .ctx = c};
    if (getrandom(&c->edit.seed, sizeof c->edit.seed, 0) != sizeof c->edit.seed)
        return sg_fail_errno(e, "random bytes");
    if (c->asked->on_duplicate.p)
        c->edit.on_duplicate = *c->asked->on_duplicate.p == 's'   ? SG_DUPLICATE_SKIP
                               : *c->asked->on_duplicate.p == 'r' ? SG_DUPLICATE_REFUSE
                                                                  : SG_DUPLICATE_ADD;
    int rc = load_items(c, adding, e);
    if (!rc)
        rc = take_ids(c, adding, e);
    for (size_t i = 0; !rc && i < c->asked->operations.n; i++) {
        if (sg_str_eq(o[i].op, SG_STR("add")))
            rc = check_songs(c, &o[i], e);
        if (!rc)
            rc = sg_edit_apply(&c->edit, &o[i], e);
    }
    return rc;
}

/* Rows that go, and those that move, whose place another may take in the same edit. */
static int write_removals(struct change *c, uint64_t snapshot_id, struct sg_error *e)
{
    static const struct sg_pg_statement take_out = {
        "playlist_take_out",
        "WITH gone AS (DELETE FROM playlist_songs WHERE user_id = $1::bigint AND "
        "playlist_id = $2::bigint AND item_id = ANY ($3::bigint[] || $4::bigint[]) "
        "RETURNING item_id, position) INSERT INTO playlist_removed (user_id, playlist_id, item_id, "
        "position, snapshot_id) SELECT $1::bigint, $2::bigint, item_id, position, $5::bigint "
        "FROM gone WHERE item_id = ANY ($3::bigint[]) ON CONFLICT DO NOTHING",
        5};
    const struct sg_edit *x = &c->edit;
    char snapshot[24];
    uint64_t *moved = sg_arena_array(c->q->arena, x->n + 1, sizeof *moved);
    size_t n = 0;
    snprintf(snapshot, sizeof snapshot, "%llu", (unsigned long long)snapshot_id);
    for (size_t i = 0; moved && i < x->n; i++)
        if (x->v[i].state == SG_LISTED_MOVED)
            moved[n++] = x->v[i].item_id;
    if (moved && !n && !x->n_removed)
        return 0;
    const char *params[] = {c->p.owner, c->p.id,
                            playlist_array(c->q->arena, x->removed, x->n_removed),
                            moved ? playlist_array(c->q->arena, moved, n) : NULL, snapshot};
    return params[2] && params[3] ? sg_tx_run(c->tx, &take_out, params, NULL, e)
                                  : sg_fail(e, SG_ENOMEM, "a playlist");
}

/* Arrays as PostgreSQL reads them; positions are letters and digits, times have no quotes. */
struct columns {
    struct sg_buf item, song, position, by, at;
};

static void put_cell(struct sg_buf *b, struct sg_str text)
{
    sg_buf_putc(b, b->n ? ',' : '{');
    sg_buf_str_put(b, text.n ? text : SG_STR("NULL"));
}

static void put_row(struct columns *k, const struct sg_listed *v)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)v->item_id);
    put_cell(&k->item, sg_str(text));
    snprintf(text, sizeof text, "%llu", (unsigned long long)v->song_id);
    put_cell(&k->song, sg_str(text));
    put_cell(&k->position, v->position);
    snprintf(text, sizeof text, "%llu", (unsigned long long)v->added_by);
    put_cell(&k->by, v->added_by ? sg_str(text) : SG_STR("NULL"));
    put_cell(&k->at, v->added_at);
}

static int write_rows(struct change *c, struct sg_error *e)
{
    static const struct sg_pg_statement put = {
        "playlist_put",
        "INSERT INTO playlist_songs (user_id, playlist_id, position, song_id, added_by, added_at, "
        "item_id) SELECT $1::bigint, $2::bigint, t.position, t.song, t.by, coalesce(t.at, now()), "
        "t.item FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[], "
        "$7::timestamptz[]) AS t (item, song, position, by, at)",
        7};
    struct columns k = {0};
    struct sg_buf *all[] = {&k.item, &k.song, &k.position, &k.by, &k.at};
    const char *params[7] = {c->p.owner, c->p.id};
    bool failed = false;
    for (size_t i = 0; i < c->edit.n; i++)
        if (c->edit.v[i].state != SG_LISTED_SAME)
            put_row(&k, &c->edit.v[i]);
    bool any = k.item.n > 0;
    for (size_t i = 0; i < 5; i++) {
        sg_buf_put(all[i], "}", 2); /* and the zero */
        failed = failed || sg_buf_failed(all[i]);
        params[i + 2] = all[i]->p;
    }
    int rc = failed ? sg_fail(e, SG_ENOMEM, "a playlist")
             : any  ? sg_tx_run(c->tx, &put, params, NULL, e)
                    : 0;
    for (size_t i = 0; i < 5; i++)
        sg_buf_free(all[i]);
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
        rc = write_removals(c, delta.snapshot_id, e);
    if (!rc)
        rc = write_rows(c, e);
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
    return rc ? rc : sg_db_transact(api->db, q, in_transaction, &c, e);
}

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
