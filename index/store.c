/* store.c - see store.h and store_writer.h.
 *
 * A record and its docid share one value: one lookup gives both, and the key
 * is there once. The reader needs no lock file, since nobody ever writes, and
 * no reader table, so a transaction is not tied to its thread.
 */
#include "index/store.h"
#include "index/store_writer.h"
#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { n_relations = SG_ALBUM_SONGS + 1, key_bytes = 9, docid_bytes = 4 };
enum { puts_per_commit = 200000 }; /* bounds the dirty pages to some 50 MB */

static const char *const relation_names[n_relations] = {"artist-song", "artist-album",
                                                        "album-song"};

struct tables {
    MDB_dbi record, genre, related[n_relations];
};
struct sg_store {
    MDB_env *env;
    struct tables tables;
};
struct sg_store_txn {
    struct sg_store *store;
    MDB_txn *txn;
};
struct sg_store_writer {
    char *path;
    MDB_env *env;
    MDB_txn *txn;
    struct tables tables;
    unsigned puts;
    uint64_t last[n_relations]; /* key written last, to append the next one */
    bool any[n_relations];
};

static int fail(struct sg_error *e, int rc, const char *what, const char *path)
{
    int code = rc == MDB_MAP_FULL || rc == ENOSPC || rc == EDQUOT ? SG_ENOSPC
               : rc == MDB_NOTFOUND || rc == ENOENT               ? SG_ENOENT
               : rc == ENOMEM                                     ? SG_ENOMEM
               : rc == MDB_KEYEXIST                               ? SG_EINVAL
               : rc > 0                                           ? SG_EIO
                                                                  : SG_ECORRUPT;
    return sg_fail(e, code, "%s %s: %s", what, path, mdb_strerror(rc));
}

static void put_be64(unsigned char *to, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(to, &v, sizeof v);
}

static uint64_t get_be64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}

static void record_key(unsigned char to[key_bytes], enum sg_kind kind, uint64_t id)
{
    to[0] = (unsigned char)kind;
    put_be64(to + 1, id);
}

static int open_tables(MDB_txn *txn, struct tables *t, unsigned flags)
{
    int rc = mdb_dbi_open(txn, "record", flags, &t->record);
    if (!rc)
        rc = mdb_dbi_open(txn, "genre", flags, &t->genre);
    for (int r = 0; !rc && r < n_relations; r++)
        rc = mdb_dbi_open(txn, relation_names[r], flags | MDB_DUPSORT | MDB_DUPFIXED,
                          &t->related[r]);
    return rc;
}

static int open_env(MDB_env **out, const char *path, uint64_t map_bytes, unsigned flags)
{
    MDB_env *env;
    int rc = mdb_env_create(&env);
    if (rc)
        return rc;
    rc = mdb_env_set_maxdbs(env, 3 + n_relations);
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

static int open_reader(struct sg_store *s, const char *path)
{
    MDB_txn *txn;
    int rc = open_env(&s->env, path, 0, MDB_RDONLY | MDB_NORDAHEAD);
    if (!rc)
        rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
    if (rc)
        return rc;
    rc = open_tables(txn, &s->tables, 0);
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
        return fail(e, rc, "open", path);
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
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t->txn);
    if (rc) {
        free(t);
        return fail(e, rc, "begin", "store");
    }
    t->store = s;
    *out = t;
    return 0;
}

void sg_store_end(struct sg_store_txn *t)
{
    if (t)
        mdb_txn_abort(t->txn);
    free(t);
}

/* The value under (kind, id), docid first: 0 or an LMDB error. */
static int find(struct sg_store_txn *t, enum sg_kind kind, uint64_t id, MDB_val *value)
{
    unsigned char bytes[key_bytes];
    record_key(bytes, kind, id);
    MDB_val key = {sizeof bytes, bytes};
    int rc = mdb_get(t->txn, t->store->tables.record, &key, value);
    return !rc && value->mv_size < docid_bytes ? MDB_CORRUPTED : rc;
}

int sg_store_get(struct sg_store_txn *t, enum sg_kind kind, uint64_t id, struct sg_str *packed,
                 struct sg_error *e)
{
    MDB_val value;
    int rc = find(t, kind, id, &value);
    if (rc)
        return fail(e, rc, sg_kind_names[kind], "store");
    *packed =
        (struct sg_str){(const char *)value.mv_data + docid_bytes, value.mv_size - docid_bytes};
    return 0;
}

uint32_t sg_store_docid(struct sg_store_txn *t, enum sg_kind kind, uint64_t id)
{
    MDB_val value;
    uint32_t docid;
    if (find(t, kind, id, &value))
        return 0;
    memcpy(&docid, value.mv_data, sizeof docid);
    return docid;
}

int sg_store_genre(struct sg_store_txn *t, uint64_t id, struct sg_str *packed, struct sg_error *e)
{
    unsigned char bytes[8];
    put_be64(bytes, id);
    MDB_val key = {sizeof bytes, bytes}, value;
    int rc = mdb_get(t->txn, t->store->tables.genre, &key, &value);
    if (rc)
        return fail(e, rc, "genre", "store");
    *packed = (struct sg_str){value.mv_data, value.mv_size};
    return 0;
}

int sg_store_each(struct sg_store_txn *t, enum sg_kind kind, sg_id_fn fn, void *ctx)
{
    unsigned char bytes[key_bytes];
    record_key(bytes, kind, 0);
    MDB_val key = {sizeof bytes, bytes}, value;
    MDB_cursor *c;
    if (mdb_cursor_open(t->txn, t->store->tables.record, &c))
        return SG_ENOMEM;
    int rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE), stop = 0;
    while (!rc && !stop && key.mv_size == key_bytes && *(unsigned char *)key.mv_data == kind) {
        stop = fn(ctx, get_be64((const char *)key.mv_data + 1));
        if (!stop)
            rc = mdb_cursor_get(c, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(c);
    return stop ? stop : rc && rc != MDB_NOTFOUND ? SG_ECORRUPT : 0;
}

int sg_store_each_genre(struct sg_store_txn *t, sg_id_fn fn, void *ctx)
{
    MDB_val key, value;
    MDB_cursor *c;
    if (mdb_cursor_open(t->txn, t->store->tables.genre, &c))
        return SG_ENOMEM;
    int rc = mdb_cursor_get(c, &key, &value, MDB_FIRST), stop = 0;
    while (!rc && !stop && key.mv_size == 8) {
        stop = fn(ctx, get_be64(key.mv_data));
        if (!stop)
            rc = mdb_cursor_get(c, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(c);
    return stop ? stop : rc && rc != MDB_NOTFOUND ? SG_ECORRUPT : 0;
}

int sg_store_related(struct sg_store_txn *t, enum sg_relation_of r, uint64_t id, sg_id_fn fn,
                     void *ctx)
{
    unsigned char bytes[8];
    put_be64(bytes, id);
    MDB_val key = {sizeof bytes, bytes}, value;
    MDB_cursor *c;
    if (mdb_cursor_open(t->txn, t->store->tables.related[r], &c))
        return SG_ENOMEM;
    int rc = mdb_cursor_get(c, &key, &value, MDB_SET), stop = 0;
    while (!rc && !stop && value.mv_size == 8) {
        stop = fn(ctx, get_be64(value.mv_data));
        if (!stop)
            rc = mdb_cursor_get(c, &key, &value, MDB_NEXT_DUP);
    }
    mdb_cursor_close(c);
    return stop ? stop : rc && rc != MDB_NOTFOUND ? SG_ECORRUPT : 0;
}

int sg_store_writer_open(struct sg_store_writer **out, const char *path, uint64_t map_bytes,
                         struct sg_error *e)
{
    struct sg_store_writer *w = calloc(1, sizeof *w);
    if (!w || !(w->path = strdup(path))) {
        free(w);
        return sg_fail(e, SG_ENOMEM, "%s: out of memory", path);
    }
    int rc = open_env(&w->env, path, map_bytes, MDB_NOSYNC | MDB_NORDAHEAD);
    if (!rc)
        rc = mdb_txn_begin(w->env, NULL, 0, &w->txn);
    if (!rc)
        rc = open_tables(w->txn, &w->tables, MDB_CREATE);
    if (rc) {
        rc = fail(e, rc, "create", path);
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
    return fail(e, rc, "write", w->path);
}

static int recommit(struct sg_store_writer *w)
{
    MDB_txn *txn = w->txn;
    w->txn = NULL;
    w->puts = 0;
    int rc = mdb_txn_commit(txn);
    return rc ? rc : mdb_txn_begin(w->env, NULL, 0, &w->txn);
}

static int append(struct sg_store_writer *w, MDB_dbi dbi, MDB_val key, struct sg_str head,
                  struct sg_str tail, unsigned flags, struct sg_error *e)
{
    MDB_val value = {head.n + tail.n, (void *)head.p};
    if (tail.n)
        flags |= MDB_RESERVE;
    int rc = mdb_put(w->txn, dbi, &key, &value, flags);
    if (!rc && tail.n) {
        if (head.n)
            memcpy(value.mv_data, head.p, head.n);
        memcpy((char *)value.mv_data + head.n, tail.p, tail.n);
    }
    if (!rc && ++w->puts >= puts_per_commit)
        rc = recommit(w);
    return rc ? write_failed(w, rc, e) : 0;
}

int sg_store_writer_put(struct sg_store_writer *w, enum sg_kind kind, uint64_t id, uint32_t docid,
                        struct sg_str packed, struct sg_error *e)
{
    unsigned char key[key_bytes];
    record_key(key, kind, id);
    return append(w, w->tables.record, (MDB_val){sizeof key, key},
                  (struct sg_str){(const char *)&docid, sizeof docid}, packed, MDB_APPEND, e);
}

int sg_store_writer_relate(struct sg_store_writer *w, enum sg_relation_of r, uint64_t id,
                           uint64_t related, struct sg_error *e)
{
    unsigned char key[8], value[8];
    put_be64(key, id);
    put_be64(value, related);
    bool fresh = !w->any[r] || w->last[r] != id;
    w->any[r] = true;
    w->last[r] = id;
    return append(w, w->tables.related[r], (MDB_val){sizeof key, key},
                  (struct sg_str){(const char *)value, sizeof value}, SG_STR_NONE,
                  fresh ? MDB_APPEND | MDB_APPENDDUP : MDB_APPENDDUP, e);
}

int sg_store_writer_genre(struct sg_store_writer *w, uint64_t id, struct sg_str packed,
                          struct sg_error *e)
{
    unsigned char key[8];
    put_be64(key, id);
    return append(w, w->tables.genre, (MDB_val){sizeof key, key}, packed, SG_STR_NONE, MDB_APPEND,
                  e);
}

/* Readers map as much as the header says: what the file holds, no more. The
 * header is written by a commit that changes something, here a marker. */
static int trim(struct sg_store_writer *w)
{
    MDB_envinfo info;
    MDB_stat st;
    MDB_dbi main_dbi;
    int rc = mdb_env_info(w->env, &info);
    if (!rc)
        rc = mdb_env_stat(w->env, &st);
    if (!rc)
        rc = mdb_env_set_mapsize(w->env, (info.me_last_pgno + 64) * st.ms_psize);
    if (!rc)
        rc = mdb_txn_begin(w->env, NULL, 0, &w->txn);
    if (!rc)
        rc = mdb_dbi_open(w->txn, "complete", MDB_CREATE, &main_dbi);
    if (!rc) {
        rc = mdb_txn_commit(w->txn);
        w->txn = NULL;
    }
    return rc ? rc : mdb_env_sync(w->env, 1);
}

int sg_store_writer_finish(struct sg_store_writer *w, struct sg_error *e)
{
    MDB_txn *txn = w->txn;
    w->txn = NULL;
    int rc = mdb_txn_commit(txn);
    if (!rc)
        rc = trim(w);
    if (rc)
        rc = write_failed(w, rc, e);
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
    free(w->path);
    free(w);
}
