/* levers.c - reading levers, and what a request may find: see index/levers.h. */
#include "index/levers.h"
#include "index/delta/lever_key.h"
#include "index/searcher/reader.h"

uint64_t sg_searcher_levers(struct sg_searcher *s)
{
    unsigned char version = SG_LEVER_VERSION;
    MDB_val key = {1, &version}, value;
    uint64_t n;
    if (!s->delta || mdb_get(s->txn, s->delta->table[SG_DELTA_LEVER], &key, &value) ||
        !sg_delta_fixed(value, &n, sizeof n))
        return 0;
    return (s->meta.stamp ^ n * 0x9e3779b97f4a7c15ull) | 1;
}

static int read_each(MDB_cursor *c, enum sg_lever lever, sg_lever_fn fn, void *ctx,
                     struct sg_arena *a, struct sg_error *e)
{
    union {
        struct sg_rule rule;
        struct sg_synonym synonym;
        struct sg_stop_word stop_word;
    } record;
    unsigned char first = (unsigned char)lever;
    MDB_val key = {1, &first}, value;
    int rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE);
    while (!rc && *(unsigned char *)key.mv_data == first) {
        struct sg_str frozen = {value.mv_data, value.mv_size};
        int stop = sg_record_thaw(sg_lever_records[lever], frozen, a, &record, NULL)
                       ? 0
                       : fn(ctx, &record);
        if (stop)
            return stop;
        rc = mdb_cursor_get(c, &key, &value, MDB_NEXT);
    }
    return rc && rc != MDB_NOTFOUND ? sg_delta_fail(e, rc, "levers") : 0;
}

int sg_searcher_each_lever(struct sg_searcher *s, enum sg_lever lever, sg_lever_fn fn, void *ctx,
                           struct sg_arena *a, struct sg_error *e)
{
    MDB_cursor *c;
    if (!s->delta)
        return 0;
    int rc = mdb_cursor_open(s->txn, s->delta->table[SG_DELTA_LEVER], &c);
    if (rc)
        return sg_delta_fail(e, rc, "levers");
    rc = read_each(c, lever, fn, ctx, a, e);
    mdb_cursor_close(c);
    return rc;
}

static bool has_availability(struct sg_searcher *s)
{
    MDB_cursor *c;
    unsigned char first = SG_LEVER_AVAILABILITY;
    MDB_val key = {1, &first}, value;
    if (!s->delta || mdb_cursor_open(s->txn, s->delta->table[SG_DELTA_LEVER], &c))
        return false;
    bool some =
        !mdb_cursor_get(c, &key, &value, MDB_SET_RANGE) && *(unsigned char *)key.mv_data == first;
    mdb_cursor_close(c);
    return some;
}

void sg_searcher_allow(struct sg_searcher *s, const struct sg_access *access)
{
    unsigned kinds = access->kinds ? access->kinds : (1u << SG_KINDS) - 1;
    s->access = *access;
    s->access.kinds = kinds;
    s->by_market = access->market[0] && has_availability(s);
    s->restricted = s->by_market || access->clean || kinds != (1u << SG_KINDS) - 1;
}

bool sg_searcher_may_show(struct sg_searcher *s, enum sg_kind kind, uint64_t id)
{
    unsigned char b[SG_LEVER_KEY];
    MDB_val value;
    if (!s->restricted)
        return true;
    if (!(s->access.kinds >> kind & 1))
        return false;
    if (!s->by_market || (kind != SG_SONG && kind != SG_ALBUM))
        return true;
    MDB_val key = sg_availability_key(b, kind, id);
    int rc = mdb_get(s->txn, s->delta->table[SG_DELTA_LEVER], &key, &value);
    if (rc || value.mv_size == 0)
        return rc == MDB_NOTFOUND;
    const char *v = value.mv_data;
    bool there = false;
    for (size_t i = 1; i + 2 <= value.mv_size && !there; i += 2)
        there = memcmp(v + i, s->access.market, 2) == 0;
    return there != (v[0] != 0);
}

bool sg_searcher_knows(struct sg_searcher *s, enum sg_kind kind, uint64_t id, bool is_explicit,
                       bool is_hit)
{
    unsigned kinds = s->access.kinds;
    if (s->access.clean && kind == SG_SONG && is_explicit)
        return false;
    if (!is_hit)
        s->access.kinds = ~0u;
    bool knows = sg_searcher_may_show(s, kind, id);
    s->access.kinds = kinds;
    return knows;
}
