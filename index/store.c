/* store.c - the reading side: see store.h, and store_format.h for the file.
 *
 * A record and its docid share one row: one lookup gives both. The reader needs
 * no lock file, since nobody ever writes, and no reader table, so a transaction
 * is not tied to its thread.
 */
#include "index/store_format.h"
#include <errno.h>
#include <stdlib.h>

#define KNOWN 2048u /* a power of two */

struct sg_store {
    MDB_env *env;
    MDB_dbi rows;
};
struct known {
    uint64_t id;
    struct sg_str bytes; /* p NULL: empty */
    unsigned table;
};
struct sg_store_txn {
    MDB_txn *txn;
    MDB_cursor *cursor; /* of lookups */
    MDB_dbi rows;
    struct known known[KNOWN]; /* rows found before, each where its hash says: the same few
                                  thousand records fill most answers */
};

int store_fail(struct sg_error *e, int rc, const char *what, const char *path)
{
    int code = rc == MDB_MAP_FULL || rc == ENOSPC || rc == EDQUOT ? SG_ENOSPC
               : rc == MDB_NOTFOUND || rc == ENOENT               ? SG_ENOENT
               : rc == ENOMEM                                     ? SG_ENOMEM
               : rc == MDB_KEYEXIST                               ? SG_EINVAL
               : rc > 0                                           ? SG_EIO
                                                                  : SG_ECORRUPT;
    return sg_fail(e, code, "%s %s: %s", what, path, mdb_strerror(rc));
}

int store_env_open(MDB_env **out, const char *path, uint64_t map_bytes, unsigned flags)
{
    MDB_env *env;
    int rc = mdb_env_create(&env);
    if (rc)
        return rc;
    rc = mdb_env_set_maxdbs(env, 2);
    if (!rc && map_bytes)
        rc = mdb_env_set_mapsize(env, map_bytes);
    if (!rc)
        rc = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | flags, 0644);
    if (rc)
        mdb_env_close(env);
    else
        *out = env;
    return rc;
}

int store_table_open(MDB_txn *txn, unsigned flags, MDB_dbi *out)
{
    return mdb_dbi_open(txn, "rows", flags, out);
}

static int open_reader(struct sg_store *s, const char *path)
{
    MDB_txn *txn;
    int rc = store_env_open(&s->env, path, 0, MDB_RDONLY | MDB_NORDAHEAD);
    if (!rc)
        rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
    if (rc)
        return rc;
    rc = store_table_open(txn, 0, &s->rows);
    if (!rc)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc == MDB_NOTFOUND ? MDB_INVALID : rc;
}

int sg_store_open(struct sg_store **out, const char *path, struct sg_error *e)
{
    struct sg_store *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "%s: out of memory", path);
    int rc = open_reader(s, path);
    if (rc) {
        sg_store_close(s);
        return store_fail(e, rc, "open", path);
    }
    *out = s;
    return 0;
}

void sg_store_close(struct sg_store *s)
{
    if (s && s->env)
        mdb_env_close(s->env);
    free(s);
}

int sg_store_begin(struct sg_store *s, struct sg_store_txn **out, struct sg_error *e)
{
    struct sg_store_txn *t = calloc(1, sizeof *t);
    if (!t)
        return sg_fail(e, SG_ENOMEM, "store: out of memory");
    t->rows = s->rows;
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t->txn);
    if (!rc)
        rc = mdb_cursor_open(t->txn, t->rows, &t->cursor);
    if (rc) {
        sg_store_end(t);
        return store_fail(e, rc, "begin", "store");
    }
    *out = t;
    return 0;
}

void sg_store_end(struct sg_store_txn *t)
{
    if (!t)
        return;
    if (t->cursor)
        mdb_cursor_close(t->cursor);
    if (t->txn)
        mdb_txn_abort(t->txn);
    free(t);
}

struct row {
    uint64_t id; /* before the first: 0 */
    struct sg_str bytes;
};

/* The next row of a chunk; false at its end, and where it is damaged. */
static bool next_row(struct sg_str *chunk, struct row *row)
{
    uint64_t more, n;
    if (!store_varint_take(chunk, &more) || !store_varint_take(chunk, &n) || n > chunk->n)
        return false;
    row->id += more;
    row->bytes = (struct sg_str){chunk->p, n};
    chunk->p += n;
    chunk->n -= n;
    return true;
}

static struct known *known_of(struct sg_store_txn *t, unsigned table, uint64_t id)
{
    return &t->known[((id << 4 | table) * 0x9e3779b97f4a7c15ull) >> 32 & (KNOWN - 1)];
}

static int find_in_rows(struct sg_store_txn *t, unsigned table, uint64_t id, struct sg_str *out)
{
    unsigned char bytes[store_key_bytes];
    store_key(bytes, table, id);
    MDB_val key = {sizeof bytes, bytes}, value;
    int rc = mdb_cursor_get(t->cursor, &key, &value, MDB_SET_RANGE);
    if (rc)
        return rc;
    if (key.mv_size != store_key_bytes || *(unsigned char *)key.mv_data != table)
        return MDB_NOTFOUND;
    struct sg_str chunk = {value.mv_data, value.mv_size};
    struct row row = {.id = 0};
    while (next_row(&chunk, &row) && row.id <= id) {
        if (row.id != id)
            continue;
        *out = row.bytes;
        return 0;
    }
    return MDB_NOTFOUND;
}

/* The bytes under (table, id): 0 or an LMDB error. */
static int find(struct sg_store_txn *t, unsigned table, uint64_t id, struct sg_str *out)
{
    struct known *k = known_of(t, table, id);
    if (!k->bytes.p || k->id != id || k->table != table) {
        struct sg_str bytes;
        int rc = find_in_rows(t, table, id, &bytes);
        if (rc)
            return rc;
        *k = (struct known){id, bytes, table};
    }
    *out = k->bytes;
    return 0;
}

/* A record's row without its docid. */
static int find_record(struct sg_store_txn *t, enum sg_kind kind, uint64_t id, uint64_t *docid,
                       struct sg_str *frozen)
{
    int rc = find(t, kind, id, frozen);
    return !rc && !store_varint_take(frozen, docid) ? MDB_CORRUPTED : rc;
}

int sg_store_get(struct sg_store_txn *t, enum sg_kind kind, uint64_t id, struct sg_str *frozen,
                 struct sg_error *e)
{
    uint64_t docid;
    struct sg_str found;
    int rc = find_record(t, kind, id, &docid, &found);
    if (rc)
        return store_fail(e, rc, sg_kind_names[kind], "store");
    *frozen = found;
    return 0;
}

uint32_t sg_store_docid(struct sg_store_txn *t, enum sg_kind kind, uint64_t id)
{
    uint64_t docid;
    struct sg_str frozen;
    return find_record(t, kind, id, &docid, &frozen) || docid > UINT32_MAX ? 0 : (uint32_t)docid;
}

int sg_store_genre(struct sg_store_txn *t, uint64_t id, struct sg_str *frozen, struct sg_error *e)
{
    struct sg_str found;
    int rc = find(t, store_genre, id, &found);
    if (rc)
        return store_fail(e, rc, "genre", "store");
    *frozen = found;
    return 0;
}

static int each_row(MDB_val value, sg_id_fn fn, void *ctx)
{
    struct sg_str chunk = {value.mv_data, value.mv_size};
    struct row row = {.id = 0};
    int stop = 0;
    while (!stop && chunk.n)
        stop = next_row(&chunk, &row) ? fn(ctx, row.id) : SG_ECORRUPT;
    return stop;
}

static int each(struct sg_store_txn *t, unsigned table, sg_id_fn fn, void *ctx)
{
    unsigned char bytes[store_key_bytes];
    store_key(bytes, table, 0);
    MDB_val key = {sizeof bytes, bytes}, value;
    MDB_cursor *c; /* its own: fn may look up */
    if (mdb_cursor_open(t->txn, t->rows, &c))
        return SG_ENOMEM;
    int rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE), stop = 0;
    while (!rc && !stop && key.mv_size == store_key_bytes &&
           *(unsigned char *)key.mv_data == table) {
        stop = each_row(value, fn, ctx);
        if (!stop)
            rc = mdb_cursor_get(c, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(c);
    return stop ? stop : rc && rc != MDB_NOTFOUND ? SG_ECORRUPT : 0;
}

int sg_store_each(struct sg_store_txn *t, enum sg_kind kind, sg_id_fn fn, void *ctx)
{
    return each(t, kind, fn, ctx);
}

int sg_store_each_genre(struct sg_store_txn *t, sg_id_fn fn, void *ctx)
{
    return each(t, store_genre, fn, ctx);
}

int sg_store_related(struct sg_store_txn *t, enum sg_relation_of r, uint64_t id, sg_id_fn fn,
                     void *ctx)
{
    struct sg_str ids;
    uint64_t related = 0, more;
    int rc = find(t, store_relation + r, id, &ids), stop = 0;
    if (rc)
        return rc == MDB_NOTFOUND ? 0 : SG_ECORRUPT;
    while (!stop && ids.n) {
        if (!store_varint_take(&ids, &more))
            return SG_ECORRUPT;
        related += more;
        stop = fn(ctx, related);
    }
    return stop;
}
