/* apply.c - see apply.h. */
#include "indexer/apply.h"
#include "core/log.h"
#include "core/metrics.h"
#include "indexer/aliases.h"
#include "indexer/levers.h"
#include "indexer/lyrics.h"
#include "indexer/popular.h"
#include "indexer/row.h"
#include "indexer/songs.h"
#include "indexer/source_pg.h"
#include <stdlib.h>

struct sg_apply {
    struct sg_delta *delta;
    struct sg_songs *songs;
    struct sg_arena arena; /* of one change */
    const char *dsn;
    PGconn *connection; /* for the rare fetch; NULL until then */
    struct sg_metric *changes, *skipped;
};

int sg_apply_open(struct sg_apply **out, struct sg_delta *d, const char *dsn, struct sg_error *e)
{
    struct sg_apply *a = calloc(1, sizeof *a);
    if (!a)
        return sg_fail(e, SG_ENOMEM, "apply");
    int rc = sg_songs_open(&a->songs, d, e);
    if (rc) {
        free(a);
        return rc;
    }
    a->delta = d;
    a->dsn = dsn;
    a->changes = sg_metric_new(SG_COUNTER, "segue_indexer_changes_total",
                               "Row changes applied, by table", "table");
    a->skipped = sg_metric_new(SG_COUNTER, "segue_indexer_skipped_total",
                               "Rows that no record can hold, by table", "table");
    *out = a;
    return 0;
}

void sg_apply_close(struct sg_apply *a)
{
    if (!a)
        return;
    sg_songs_close(a->songs);
    sg_arena_free(&a->arena);
    PQfinish(a->connection);
    free(a);
}

int sg_apply_flush(struct sg_apply *a, struct sg_error *e)
{
    return sg_songs_flush(a->songs, e);
}

static int ask(struct sg_apply *a, enum sg_table t, uint64_t id, struct sg_row *row,
               struct sg_arena *arena, struct sg_error *e)
{
    if (!a->dsn)
        return sg_fail(e, SG_EINVAL, "%s %llu: incomplete, and no database to ask",
                       sg_table_name(t), (unsigned long long)id);
    if (a->connection && PQstatus(a->connection) != CONNECTION_OK) {
        PQfinish(a->connection);
        a->connection = NULL;
    }
    int rc = a->connection ? 0 : sg_pg_connect(&a->connection, a->dsn, e);
    return rc ? rc : sg_source_pg_row(a->connection, t, id, row, arena, e);
}

/* The row with what was not sent of it. The database may still show it as it was before this
 * change, as a commit is told a moment before it can be read: the same of what was not sent. */
static int fetch(struct sg_apply *a, enum sg_table t, const struct sg_change *c, uint64_t id,
                 uint64_t old_id, struct sg_row *row, struct sg_arena *arena, struct sg_error *e)
{
    bool complete;
    int rc = ask(a, t, id, row, arena, e);
    if (rc == SG_ENOENT && old_id != id)
        rc = ask(a, t, old_id, row, arena, e);
    return rc ? rc : sg_row_patch(t, c->relation, c->new_tuple, row, &complete, arena, e);
}

static int song_remove(struct sg_apply *a, uint64_t song_id, struct sg_error *e)
{
    struct sg_work_song *w;
    int rc = sg_songs_touch(a->songs, song_id, &w, e);
    if (rc)
        return rc;
    w->exists = false;
    w->credits.n = 0;
    return 0;
}

static int song_put(struct sg_apply *a, const struct sg_change *c, struct sg_error *e)
{
    uint64_t id, old_id;
    int rc = sg_row_key(c->relation, c->new_tuple, "song_id", &id, e);
    if (rc)
        return rc;
    struct sg_row row = {.v.song.song_id = 0};
    struct sg_work_song *w;
    bool complete;
    bool moved = c->old_tuple && !sg_row_key(c->relation, c->old_tuple, "song_id", &old_id, NULL) &&
                 old_id != id;
    if (moved) {
        /* Room for two: the first must not be flushed by touching the second. */
        rc = sg_songs_flush(a->songs, e);
        if (!rc)
            rc = sg_songs_touch(a->songs, old_id, &w, e);
        if (rc)
            return rc;
        row.v.song = w->song;
        w->exists = false;
        w->credits.n = 0;
    }
    rc = sg_songs_touch(a->songs, id, &w, e);
    if (rc)
        return rc;
    if (!moved)
        row.v.song = w->song;
    bool fresh = !w->exists || c->kind == SG_CHANGE_INSERT;
    if (fresh && !moved)
        row.v.song.aliases = row.v.song.hints = (struct sg_list){NULL, 0};
    row.lead = w->credits.lead;
    rc = sg_row_patch(SG_TABLE_SONGS, c->relation, c->new_tuple, &row, &complete,
                      sg_songs_arena(a->songs), e);
    if (!rc && !complete && fresh && !moved)
        rc = fetch(a, SG_TABLE_SONGS, c, id, id, &row, sg_songs_arena(a->songs), e);
    if (rc == SG_ENOENT)
        return song_remove(a, id, e);
    if (rc)
        return rc;
    if (fresh)
        w->credits.n = 0;
    w->song = row.v.song;
    w->credits.lead = row.lead;
    w->exists = true;
    return 0;
}

static int apply_song(struct sg_apply *a, const struct sg_change *c, struct sg_error *e)
{
    uint64_t id;
    if (c->kind != SG_CHANGE_DELETE)
        return song_put(a, c, e);
    int rc = sg_row_key(c->relation, c->old_tuple, "song_id", &id, e);
    return rc ? rc : song_remove(a, id, e);
}

static int credit_unset(struct sg_apply *a, const struct sg_relation *r, const struct sg_tuple *t,
                        struct sg_error *e)
{
    uint64_t lead, song, position;
    struct sg_work_song *w;
    int rc = sg_row_key(r, t, "song_id", &song, e);
    if (!rc)
        rc = sg_row_key(r, t, "position", &position, e);
    if (!rc)
        rc = sg_row_key(r, t, "artist_id", &lead, e);
    if (!rc)
        rc = sg_songs_touch(a->songs, song, &w, e);
    if (rc || !w->exists)
        return rc;
    w->credits.lead = lead;
    sg_credits_unset(&w->credits, position);
    return 0;
}

static int credit_set(struct sg_apply *a, const struct sg_relation *r, const struct sg_tuple *t,
                      struct sg_error *e)
{
    uint64_t lead, song, position, artist;
    struct sg_work_song *w;
    int rc = sg_row_key(r, t, "song_id", &song, e);
    if (!rc)
        rc = sg_row_key(r, t, "position", &position, e);
    if (!rc)
        rc = sg_row_key(r, t, "artist_id", &lead, e);
    if (!rc)
        rc = sg_row_key(r, t, "credited_artist_id", &artist, e);
    if (!rc)
        rc = sg_songs_touch(a->songs, song, &w, e);
    if (rc || !w->exists)
        return rc;
    w->credits.lead = lead;
    return sg_credits_set(&w->credits, position, artist, sg_songs_arena(a->songs), e);
}

static int apply_credit(struct sg_apply *a, const struct sg_change *c, struct sg_error *e)
{
    int rc = c->old_tuple ? credit_unset(a, c->relation, c->old_tuple, e) : 0;
    return rc || !c->new_tuple ? rc : credit_set(a, c->relation, c->new_tuple, e);
}

static int remove_one(struct sg_apply *a, enum sg_table t, uint64_t id, struct sg_error *e)
{
    int rc = t == SG_TABLE_GENRES ? sg_delta_remove_genre(a->delta, id, e)
                                  : sg_delta_remove(a->delta, (enum sg_kind)t, id, e);
    return rc == SG_ENOENT ? 0 : rc;
}

/* Puts the row unless the delta has the very same already. */
static int put_one(struct sg_apply *a, enum sg_table t, const struct sg_row *row, bool known,
                   const struct sg_row *before, struct sg_error *e)
{
    if (t == SG_TABLE_GENRES)
        return sg_delta_put_genre(a->delta, &row->v.genre, e);
    if (t == SG_TABLE_PLAYLISTS && !row->is_public)
        return known ? remove_one(a, t, sg_row_id(t, row), e) : 0;
    if (known && !sg_record_differs(sg_table_record(t), &before->v, &row->v, NULL))
        return 0;
    return sg_delta_put(a->delta, (enum sg_kind)t, &row->v, e);
}

/* The record before the change, copied out of the delta: 1 known, 0 not. */
static int known_before(struct sg_apply *a, enum sg_table t, uint64_t id, struct sg_row *row,
                        struct sg_error *e)
{
    sg_record_init(sg_table_record(t), &row->v);
    if (t == SG_TABLE_GENRES)
        return 0;
    int rc = sg_delta_get(a->delta, (enum sg_kind)t, id, &a->arena, &row->v, e);
    if (rc == SG_ENOENT)
        return 0;
    if (!rc)
        rc = sg_record_own(sg_table_record(t), &row->v, &a->arena, e);
    row->is_public = true;
    return rc ? rc : 1;
}

static const char *id_column(enum sg_table t)
{
    static const char *const names[] = {"song_id", "artist_id", "album_id", "playlist_id",
                                        "genre_id"};
    return names[t];
}

static int put_row(struct sg_apply *a, enum sg_table t, const struct sg_change *c, uint64_t id,
                   uint64_t old_id, struct sg_error *e)
{
    struct sg_row before = {.lead = 0};
    bool complete;
    int known = known_before(a, t, old_id, &before, e);
    if (known < 0)
        return known;
    struct sg_row row = before;
    int rc = sg_row_patch(t, c->relation, c->new_tuple, &row, &complete, &a->arena, e);
    if (!rc && !complete && !known && (t != SG_TABLE_PLAYLISTS || row.is_public))
        rc = fetch(a, t, c, id, old_id, &row, &a->arena, e);
    if (rc == SG_ENOENT)
        return remove_one(a, t, id, e);
    if (!rc && id != old_id && known) {
        rc = remove_one(a, t, old_id, e);
        known = 0;
    }
    return rc ? rc : put_one(a, t, &row, known, &before, e);
}

static int apply_row(struct sg_apply *a, enum sg_table t, const struct sg_change *c,
                     struct sg_error *e)
{
    uint64_t id, old_id;
    sg_arena_reset(&a->arena);
    if (c->kind == SG_CHANGE_DELETE) {
        int rc = sg_row_key(c->relation, c->old_tuple, id_column(t), &id, e);
        return rc ? rc : remove_one(a, t, id, e);
    }
    int rc = sg_row_key(c->relation, c->new_tuple, id_column(t), &id, e);
    if (rc)
        return rc;
    if (!c->old_tuple || sg_row_key(c->relation, c->old_tuple, id_column(t), &old_id, NULL))
        old_id = id;
    return put_row(a, t, c, id, old_id, e);
}

struct ids { /* of a table being truncated */
    struct sg_buf buf;
};

static int collect(void *ctx, enum sg_kind kind, uint64_t id)
{
    (void)kind;
    sg_buf_put(&((struct ids *)ctx)->buf, &id, sizeof id);
    return 0;
}

static int collect_genre(void *ctx, uint64_t id)
{
    return collect(ctx, SG_KINDS, id);
}

static int clear_credits(struct sg_apply *a, uint64_t song_id, struct sg_error *e)
{
    struct sg_work_song *w;
    int rc = sg_songs_touch(a->songs, song_id, &w, e);
    if (!rc)
        w->credits.n = 0;
    return rc;
}

static int truncate_one(struct sg_apply *a, enum sg_table t, uint64_t id, struct sg_error *e)
{
    if (t == SG_TABLE_CREDITS)
        return clear_credits(a, id, e);
    return t == SG_TABLE_SONGS ? song_remove(a, id, e) : remove_one(a, t, id, e);
}

static int clear_aliases(struct sg_apply *a, enum sg_kind kind, struct sg_error *e)
{
    struct ids ids = {.buf = {0}};
    int rc = sg_delta_each(a->delta, kind, collect, &ids, e);
    if (!rc && sg_buf_failed(&ids.buf))
        rc = sg_fail(e, SG_ENOMEM, "truncate aliases");
    for (size_t at = 0; !rc && at < ids.buf.n; at += sizeof(uint64_t)) {
        uint64_t id;
        memcpy(&id, ids.buf.p + at, sizeof id);
        sg_arena_reset(&a->arena);
        rc = sg_aliases_clear(a->delta, kind, id, &a->arena, e);
    }
    sg_buf_free(&ids.buf);
    return rc;
}

static int truncate_aliases(struct sg_apply *a, struct sg_error *e)
{
    int rc = sg_songs_flush(a->songs, e);
    for (int kind = 0; !rc && kind < SG_PLAYLIST; kind++)
        rc = clear_aliases(a, (enum sg_kind)kind, e);
    return rc;
}

static int apply_truncate(struct sg_apply *a, enum sg_table t, struct sg_error *e)
{
    struct ids ids = {.buf = {0}};
    if (t == SG_TABLE_ALIASES)
        return truncate_aliases(a, e);
    enum sg_kind kind = t == SG_TABLE_CREDITS ? SG_SONG : (enum sg_kind)t;
    int rc = sg_songs_flush(a->songs, e);
    if (!rc && t == SG_TABLE_GENRES)
        rc = sg_delta_each_genre(a->delta, collect_genre, &ids, e);
    else if (!rc)
        rc = sg_delta_each(a->delta, kind, collect, &ids, e);
    if (!rc && sg_buf_failed(&ids.buf))
        rc = sg_fail(e, SG_ENOMEM, "truncate %s", sg_table_name(t));
    for (size_t at = 0; !rc && at < ids.buf.n; at += sizeof(uint64_t)) {
        uint64_t id;
        memcpy(&id, ids.buf.p + at, sizeof id);
        rc = truncate_one(a, t, id, e);
    }
    sg_buf_free(&ids.buf);
    return rc;
}

static int dispatch(struct sg_apply *a, enum sg_table t, const struct sg_change *c,
                    struct sg_error *e)
{
    if (t == SG_TABLE_POPULAR)
        return sg_popular_apply(a->delta, c, e);
    if (t == SG_TABLE_LYRICS)
        return sg_lyrics_apply(a->delta, c, &a->arena, e);
    if (c->kind == SG_CHANGE_TRUNCATE)
        return apply_truncate(a, t, e);
    if (t == SG_TABLE_SONGS)
        return apply_song(a, c, e);
    if (t == SG_TABLE_CREDITS)
        return apply_credit(a, c, e);
    if (t != SG_TABLE_ALIASES)
        return apply_row(a, t, c, e);
    sg_arena_reset(&a->arena);
    return sg_aliases_apply(a->delta, a->songs, c, &a->arena, e);
}

int sg_apply_change(struct sg_apply *a, const struct sg_change *c, struct sg_error *e)
{
    enum sg_table t = sg_table_of(c->relation);
    enum sg_lever lever = sg_lever_of(c->relation);
    if (t == SG_TABLES && lever == SG_LEVERS)
        return 0;
    const char *name = t == SG_TABLES ? sg_lever_tables[lever] : sg_table_name(t);
    struct sg_error why = SG_ERROR_INIT;
    sg_arena_reset(&a->arena);
    int rc = t == SG_TABLES ? sg_levers_apply(a->delta, lever, c, &a->arena, &why)
                            : dispatch(a, t, c, &why);
    sg_metric_add(a->changes, name, 1);
    if (rc == SG_EINVAL) {
        sg_log(SG_LOG_WARN, "row skipped", "table=%s why=%s", name, why.text);
        sg_metric_add(a->skipped, name, 1);
        return 0;
    }
    if (rc && e)
        *e = why;
    return rc;
}
