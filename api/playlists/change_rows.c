/* change_rows.c - the rows of a list under its lock: read, and what an edit changed written. */
#include "api/playlists/change_parts.h"
#include <stdio.h>
#include <stdlib.h>

int change_place_of_gone(void *ctx, uint64_t item_id, struct sg_str *position, struct sg_error *e)
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

int change_load(struct change *c, size_t adding, struct sg_error *e)
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
    if (!rc)
        rc = v ? sg_edit_begin(&c->edit, v, n, adding, e) : sg_fail(e, SG_ENOMEM, "a playlist");
    return rc;
}

int change_check_songs(struct change *c, const struct sg_playlist_operation *o, struct sg_error *e)
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

int change_take_ids(struct change *c, size_t n, struct sg_error *e)
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
    if (rc == SG_EEXIST) /* an import, which takes no lock, was there first: once more */
        rc = sg_fail(e, SG_EBUSY, "the playlist is being imported");
    return rc;
}

int change_write(struct change *c, uint64_t snapshot_id, struct sg_error *e)
{
    int rc = write_removals(c, snapshot_id, e);
    return rc ? rc : write_rows(c, e);
}
