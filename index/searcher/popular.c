/* popular.c - see index/popular.h. */
#include "index/popular.h"
#include "index/searcher/reader.h"

uint64_t sg_popular_version(struct sg_searcher *s)
{
    MDB_val k = {sizeof SG_POPULAR_VERSION - 1, SG_POPULAR_VERSION}, v;
    uint64_t version = 0;
    if (s->delta && s->txn && !mdb_get(s->txn, s->delta->table[SG_DELTA_NOTE], &k, &v) &&
        v.mv_size == sizeof version)
        memcpy(&version, v.mv_data, sizeof version);
    return version;
}

int sg_popular_each(struct sg_searcher *s, sg_popular_fn fn, void *ctx, struct sg_error *e)
{
    const size_t n = sizeof SG_POPULAR_PREFIX - 1;
    MDB_val k = {n, SG_POPULAR_PREFIX}, v;
    MDB_cursor *c;
    int rc = 0;
    if (!s->delta || !s->txn)
        return 0;
    if (mdb_cursor_open(s->txn, s->delta->table[SG_DELTA_NOTE], &c))
        return sg_fail(e, SG_EIO, "popular queries");
    int found = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
    while (!rc && !found && k.mv_size > n && memcmp(k.mv_data, SG_POPULAR_PREFIX, n) == 0) {
        struct sg_popular_row row;
        if (sg_popular_read((struct sg_str){v.mv_data, v.mv_size}, &row))
            rc = fn(ctx, &row);
        found = mdb_cursor_get(c, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(c);
    return rc;
}
