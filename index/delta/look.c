/* look.c - what the open batch sees: its own changes, the delta, the base. */
#include "index/delta/writer.h"

int sg_delta_frozen(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_str *out,
                    struct sg_error *e)
{
    unsigned char b[SG_DELTA_KEY_BYTES];
    MDB_val key = sg_delta_key(b, kind, id), value;
    int rc = mdb_get(d->txn, d->env->table[SG_DELTA_RECORD], &key, &value);
    if (rc == MDB_NOTFOUND)
        return sg_store_get(d->base, kind, id, out, e);
    if (rc)
        return sg_delta_fail(e, rc, "record");
    if (value.mv_size == 0)
        return sg_fail(e, SG_ENOENT, "%s %llu was removed", sg_kind_names[kind],
                       (unsigned long long)id);
    *out = (struct sg_str){value.mv_data, value.mv_size};
    return 0;
}

int sg_delta_get_of(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_delta_of *out,
                    bool *found, struct sg_error *e)
{
    unsigned char b[SG_DELTA_KEY_BYTES];
    MDB_val key = sg_delta_key(b, kind, id), value;
    int rc = mdb_get(d->txn, d->env->table[SG_DELTA_OF], &key, &value);
    *out = (struct sg_delta_of){0};
    *found = rc == 0;
    if (rc && rc != MDB_NOTFOUND)
        return sg_delta_fail(e, rc, "of");
    if (!rc && !sg_delta_fixed(value, out, sizeof *out))
        return sg_fail(e, SG_ECORRUPT, "delta: of: a row has another size");
    return 0;
}

int sg_delta_get_plays(struct sg_delta *d, uint64_t song_id, struct sg_delta_plays *out,
                       bool *found, struct sg_error *e)
{
    uint64_t be;
    MDB_val key = sg_delta_id_key(&be, song_id), value;
    *found = false;
    if (d->meta.plays == 0)
        return 0;
    int rc = mdb_get(d->txn, d->env->table[SG_DELTA_PLAYS], &key, &value);
    if (rc && rc != MDB_NOTFOUND)
        return sg_delta_fail(e, rc, "plays");
    if (!rc && !sg_delta_fixed(value, out, sizeof *out))
        return sg_fail(e, SG_ECORRUPT, "delta: plays: a row has another size");
    *found = rc == 0;
    return 0;
}

int sg_delta_look(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_arena *a,
                  union sg_delta_record *out, struct sg_error *e)
{
    struct sg_str frozen = SG_STR_NONE;
    struct sg_delta_plays plays;
    bool moved = false;
    int rc = sg_delta_frozen(d, kind, id, &frozen, e);
    if (!rc)
        rc = sg_record_thaw(sg_kind_records[kind], frozen, a, out, e);
    if (!rc && kind == SG_SONG)
        rc = sg_delta_get_plays(d, id, &plays, &moved, e);
    if (!rc && moved)
        out->song.play_count = plays.count;
    return rc;
}

static int related_here(struct sg_delta *d, MDB_dbi table, uint64_t id, sg_id_fn fn, void *ctx,
                        struct sg_error *e)
{
    uint64_t be;
    MDB_cursor *c;
    MDB_val key = sg_delta_id_key(&be, id), value;
    int out = 0, rc = mdb_cursor_open(d->txn, table, &c);
    if (rc)
        return sg_delta_fail(e, rc, "related");
    rc = mdb_cursor_get(c, &key, &value, MDB_SET_KEY);
    while (!rc && !out) {
        out = fn(ctx, sg_delta_id_of(value.mv_data));
        rc = mdb_cursor_get(c, &key, &value, MDB_NEXT_DUP);
    }
    mdb_cursor_close(c);
    return out || rc == MDB_NOTFOUND || !rc ? out : sg_delta_fail(e, rc, "related");
}

int sg_delta_related(struct sg_delta *d, enum sg_relation_of r, uint64_t id, sg_id_fn fn, void *ctx,
                     struct sg_error *e)
{
    int rc = sg_store_related(d->base, r, id, fn, ctx);
    return rc ? rc : related_here(d, d->env->table[SG_DELTA_ARTIST_SONG + r], id, fn, ctx, e);
}

int sg_delta_get(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_arena *a, void *out,
                 struct sg_error *e)
{
    union sg_delta_record r;
    int rc = sg_delta_begin(d, e);
    if (!rc)
        rc = sg_delta_look(d, kind, id, a, &r, e);
    if (!rc)
        memcpy(out, &r, sg_kind_records[kind]->size);
    return rc;
}

struct each {
    sg_entity_fn fn;
    void *ctx;
    enum sg_kind kind;
};

static int on_id(void *ctx, uint64_t id)
{
    struct each *each = ctx;
    return each->fn(each->ctx, each->kind, id);
}

int sg_delta_each(struct sg_delta *d, enum sg_kind kind, sg_entity_fn fn, void *ctx,
                  struct sg_error *e)
{
    struct each each = {fn, ctx, kind};
    int rc = sg_delta_begin(d, e);
    return rc ? rc
              : sg_delta_live_ids(d->base, d->txn, d->env->table[SG_DELTA_RECORD], kind, on_id,
                                  &each, e);
}

int sg_delta_each_genre(struct sg_delta *d, int (*fn)(void *ctx, uint64_t id), void *ctx,
                        struct sg_error *e)
{
    int rc = sg_delta_begin(d, e);
    return rc ? rc
              : sg_delta_live_genres(d->base, d->txn, d->env->table[SG_DELTA_GENRE], fn, ctx, e);
}

int sg_delta_note_get(struct sg_delta *d, struct sg_str key, struct sg_arena *a,
                      struct sg_str *value, struct sg_error *e)
{
    int rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    MDB_val k = {key.n, (void *)key.p}, v;
    rc = mdb_get(d->txn, d->env->table[SG_DELTA_NOTE], &k, &v);
    if (rc)
        return sg_delta_fail(e, rc, "note");
    struct sg_str copy = sg_arena_copy(a, (struct sg_str){v.mv_data, v.mv_size});
    if (!copy.p)
        return sg_fail(e, SG_ENOMEM, "note");
    *value = copy;
    return 0;
}
