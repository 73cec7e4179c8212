/* store_writer.c - see store_writer.h, and store_format.h for the file. */
#include "index/store_writer.h"
#include "core/buf.h"
#include "index/store_format.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { puts_per_commit = 20000 }; /* bounds the dirty pages to some 25 MB */

struct sg_store_writer {
    char *path;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi rows;
    unsigned puts;
    struct sg_buf chunk; /* rows of one table, up to (table, last) */
    unsigned table;
    uint64_t last;
    struct sg_buf row;
    bool any, relating; /* row: what is related to `owner` in the table `relation` */
    unsigned relation;
    uint64_t owner, related;
};

int sg_store_writer_open(struct sg_store_writer **out, const char *path, uint64_t map_bytes,
                         struct sg_error *e)
{
    struct sg_store_writer *w = calloc(1, sizeof *w);
    if (!w || !(w->path = strdup(path))) {
        free(w);
        return sg_fail(e, SG_ENOMEM, "%s: out of memory", path);
    }
    /* Whoever has an older one mapped keeps it. */
    int rc = unlink(path) && errno != ENOENT
                 ? errno
                 : store_env_open(&w->env, path, map_bytes, MDB_NOSYNC | MDB_NORDAHEAD);
    if (!rc)
        rc = mdb_txn_begin(w->env, NULL, 0, &w->txn);
    if (!rc)
        rc = store_table_open(w->txn, MDB_CREATE, &w->rows);
    if (rc) {
        rc = store_fail(e, rc, "create", path);
        sg_store_writer_abort(w);
        return rc;
    }
    *out = w;
    return 0;
}

/* LMDB calls a write that the disk took only half of EIO; look at the disk. */
static int write_failed(struct sg_store_writer *w, int rc, struct sg_error *e)
{
    struct statvfs st;
    if (rc == EIO && !statvfs(w->path, &st) && st.f_bavail * st.f_frsize < 1 << 20)
        rc = ENOSPC;
    return store_fail(e, rc, "write", w->path);
}

static int recommit(struct sg_store_writer *w)
{
    MDB_txn *txn = w->txn;
    w->txn = NULL;
    w->puts = 0;
    int rc = mdb_txn_commit(txn);
    return rc ? rc : mdb_txn_begin(w->env, NULL, 0, &w->txn);
}

static int end_chunk(struct sg_store_writer *w, struct sg_error *e)
{
    unsigned char bytes[store_key_bytes];
    if (!w->chunk.n)
        return 0;
    if (sg_buf_failed(&w->chunk))
        return sg_fail(e, SG_ENOMEM, "%s: out of memory", w->path);
    store_key(bytes, w->table, w->last);
    MDB_val key = {sizeof bytes, bytes}, value = {w->chunk.n, w->chunk.p};
    int rc = mdb_put(w->txn, w->rows, &key, &value, MDB_APPEND);
    if (!rc && ++w->puts >= puts_per_commit)
        rc = recommit(w);
    sg_buf_reset(&w->chunk);
    return rc ? write_failed(w, rc, e) : 0;
}

static void put_varint(struct sg_buf *b, uint64_t v)
{
    unsigned char *to = (unsigned char *)sg_buf_reserve(b, store_varint_bytes);
    if (to)
        b->n += store_varint_put(to, v);
}

/* w->row becomes the bytes of (table, id). */
static int put_row(struct sg_store_writer *w, unsigned table, uint64_t id, struct sg_error *e)
{
    bool same = w->any && table == w->table;
    if (sg_buf_failed(&w->row))
        return sg_fail(e, SG_ENOMEM, "%s: out of memory", w->path);
    if (w->any && (table < w->table || (same && id <= w->last)))
        return sg_fail(e, SG_EINVAL, "write %s: ids out of order", w->path);
    size_t most = w->row.n + 2 * store_varint_bytes;
    int rc = !same || w->chunk.n + most > store_chunk_bytes ? end_chunk(w, e) : 0;
    if (rc)
        return rc;
    put_varint(&w->chunk, w->chunk.n ? id - w->last : id);
    put_varint(&w->chunk, w->row.n);
    sg_buf_str_put(&w->chunk, sg_buf_str(&w->row));
    w->any = true;
    w->table = table;
    w->last = id;
    return 0;
}

static int end_relation(struct sg_store_writer *w, struct sg_error *e)
{
    if (!w->relating)
        return 0;
    w->relating = false;
    return put_row(w, w->relation, w->owner, e);
}

static int put(struct sg_store_writer *w, unsigned table, uint64_t id, const uint32_t *docid,
               struct sg_str frozen, struct sg_error *e)
{
    int rc = end_relation(w, e);
    if (rc)
        return rc;
    sg_buf_reset(&w->row);
    if (docid)
        put_varint(&w->row, *docid);
    sg_buf_str_put(&w->row, frozen);
    return put_row(w, table, id, e);
}

int sg_store_writer_put(struct sg_store_writer *w, enum sg_kind kind, uint64_t id, uint32_t docid,
                        struct sg_str frozen, struct sg_error *e)
{
    return put(w, kind, id, &docid, frozen, e);
}

int sg_store_writer_genre(struct sg_store_writer *w, uint64_t id, struct sg_str frozen,
                          struct sg_error *e)
{
    return put(w, store_genre, id, NULL, frozen, e);
}

int sg_store_writer_relate(struct sg_store_writer *w, enum sg_relation_of r, uint64_t id,
                           uint64_t related, struct sg_error *e)
{
    unsigned table = store_relation + r;
    bool same = w->relating && w->relation == table && w->owner == id;
    if (same && related <= w->related)
        return sg_fail(e, SG_EINVAL, "write %s: ids out of order", w->path);
    if (!same) {
        int rc = end_relation(w, e);
        if (rc)
            return rc;
        sg_buf_reset(&w->row);
        w->relating = true;
        w->relation = table;
        w->owner = id;
        w->related = 0;
    }
    put_varint(&w->row, related - w->related);
    w->related = related;
    return 0;
}

/* Readers map as much as the header says: what the file holds, no more. The
 * header is written by a commit that changes something, here a marker. */
static int trim(struct sg_store_writer *w)
{
    MDB_envinfo info;
    MDB_stat st;
    MDB_dbi marker;
    int rc = mdb_env_info(w->env, &info);
    if (!rc)
        rc = mdb_env_stat(w->env, &st);
    if (!rc)
        rc = mdb_env_set_mapsize(w->env, (info.me_last_pgno + 64) * st.ms_psize);
    if (!rc)
        rc = mdb_txn_begin(w->env, NULL, 0, &w->txn);
    if (!rc)
        rc = mdb_dbi_open(w->txn, "complete", MDB_CREATE, &marker);
    if (!rc) {
        rc = mdb_txn_commit(w->txn);
        w->txn = NULL;
    }
    return rc ? rc : mdb_env_sync(w->env, 1);
}

static int complete(struct sg_store_writer *w, struct sg_error *e)
{
    MDB_txn *txn = w->txn;
    w->txn = NULL;
    int rc = mdb_txn_commit(txn);
    if (!rc)
        rc = trim(w);
    return rc ? write_failed(w, rc, e) : 0;
}

int sg_store_writer_finish(struct sg_store_writer *w, struct sg_error *e)
{
    int rc = end_relation(w, e);
    if (!rc)
        rc = end_chunk(w, e);
    if (!rc)
        rc = complete(w, e);
    if (!rc && chmod(w->path, 0444))
        rc = sg_fail_errno(e, "make %s read-only", w->path);
    sg_store_writer_abort(w);
    return rc;
}

void sg_store_writer_abort(struct sg_store_writer *w)
{
    if (!w)
        return;
    if (w->txn)
        mdb_txn_abort(w->txn);
    if (w->env)
        mdb_env_close(w->env);
    sg_buf_free(&w->chunk);
    sg_buf_free(&w->row);
    free(w->path);
    free(w);
}
