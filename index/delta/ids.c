/* ids.c - the live ids of a kind: the base's and the delta's in one ascending walk. */
#include "index/delta/format.h"

struct walk {
    MDB_cursor *cursor;
    unsigned char prefix[1]; /* what every key of the walk begins with */
    size_t prefix_bytes;
    sg_id_fn fn;
    void *ctx;
    bool has; /* the delta's next entry: */
    uint64_t id;
    bool removed;
    int lmdb_rc; /* what stopped the walk, when not fn */
};

/* Looks the delta's first entry at or after id up afresh: fn may have written. */
static void seek(struct walk *w, uint64_t id)
{
    unsigned char b[SG_DELTA_KEY_BYTES];
    size_t n = w->prefix_bytes;
    uint64_t be = __builtin_bswap64(id);
    memcpy(b, w->prefix, n);
    memcpy(b + n, &be, 8);
    MDB_val key = {n + 8, b}, value;
    w->has = false;
    if (!w->cursor)
        return;
    int rc = mdb_cursor_get(w->cursor, &key, &value, MDB_SET_RANGE);
    if (rc && rc != MDB_NOTFOUND)
        w->lmdb_rc = rc;
    if (rc || key.mv_size != n + 8 || memcmp(key.mv_data, w->prefix, n) != 0)
        return;
    w->has = true;
    w->id = sg_delta_id_of((const char *)key.mv_data + n);
    w->removed = value.mv_size == 0;
}

static int take_delta(struct walk *w)
{
    uint64_t id = w->id;
    int rc = w->removed ? 0 : w->fn(w->ctx, id);
    if (id == UINT64_MAX)
        w->has = false;
    else
        seek(w, id + 1);
    return rc ? rc : w->lmdb_rc;
}

static int on_base(void *ctx, uint64_t id)
{
    struct walk *w = ctx;
    int rc = 0;
    while (!rc && w->has && w->id < id)
        rc = take_delta(w);
    if (!rc && w->has && w->id == id)
        return take_delta(w);
    return rc ? rc : w->fn(w->ctx, id);
}

static int begin(struct walk *w, MDB_txn *txn, MDB_dbi table, struct sg_error *e)
{
    int rc = txn ? mdb_cursor_open(txn, table, &w->cursor) : 0;
    if (rc)
        return sg_delta_fail(e, rc, "cursor");
    seek(w, 0);
    return w->lmdb_rc;
}

static int end(struct walk *w, int rc, struct sg_error *e)
{
    while (!rc && w->has)
        rc = take_delta(w);
    if (w->cursor)
        mdb_cursor_close(w->cursor);
    return w->lmdb_rc ? sg_delta_fail(e, w->lmdb_rc, "walk") : rc;
}

int sg_delta_live_ids(struct sg_store_txn *base, MDB_txn *txn, MDB_dbi record, enum sg_kind kind,
                      sg_id_fn fn, void *ctx, struct sg_error *e)
{
    struct walk w = {.prefix = {(unsigned char)kind}, .prefix_bytes = 1, .fn = fn, .ctx = ctx};
    int rc = begin(&w, txn, record, e);
    if (!rc)
        rc = sg_store_each(base, kind, on_base, &w);
    return end(&w, rc, e);
}

int sg_delta_live_genres(struct sg_store_txn *base, MDB_txn *txn, MDB_dbi genre, sg_id_fn fn,
                         void *ctx, struct sg_error *e)
{
    struct walk w = {.fn = fn, .ctx = ctx};
    int rc = begin(&w, txn, genre, e);
    if (!rc)
        rc = sg_store_each_genre(base, on_base, &w);
    return end(&w, rc, e);
}
