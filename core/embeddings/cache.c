/* cache.c - LMDB by XXH3-128 of source and text: see embeddings.h. */
#include "core/embeddings.h"
#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <xxhash.h>

#define MAP_BYTES (64ul << 30) /* of addresses: the file is as large as what it holds */

struct sg_embeddings_cache {
    MDB_env *env;
    MDB_dbi table;
    MDB_txn *reader; /* reset between reads */
    uint64_t source;
    size_t bytes;
};

static int fail(struct sg_error *e, int rc)
{
    int code = rc == ENOSPC || rc == MDB_MAP_FULL         ? SG_ENOSPC
               : rc == ENOMEM                             ? SG_ENOMEM
               : rc == MDB_CORRUPTED || rc == MDB_INVALID ? SG_ECORRUPT
                                                          : SG_EIO;
    return sg_fail(e, code, "cache of embeddings: %s", mdb_strerror(rc));
}

static int open_table(struct sg_embeddings_cache *c)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(c->env, NULL, 0, &txn);
    if (rc)
        return rc;
    rc = mdb_dbi_open(txn, NULL, 0, &c->table);
    if (rc) {
        mdb_txn_abort(txn);
        return rc;
    }
    rc = mdb_txn_commit(txn);
    if (!rc)
        rc = mdb_txn_begin(c->env, NULL, MDB_RDONLY, &c->reader);
    if (!rc)
        mdb_txn_reset(c->reader);
    return rc;
}

int sg_embeddings_cache_open(struct sg_embeddings_cache **out, const char *dir, uint64_t source,
                             size_t value_bytes, struct sg_error *e)
{
    if (mkdir(dir, 0777) && errno != EEXIST)
        return sg_fail_errno(e, "%s", dir);
    struct sg_embeddings_cache *c = calloc(1, sizeof *c);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "cache of embeddings");
    c->source = source;
    c->bytes = value_bytes;
    int rc = mdb_env_create(&c->env);
    if (!rc)
        rc = mdb_env_set_mapsize(c->env, MAP_BYTES);
    if (!rc)
        rc = mdb_env_open(c->env, dir, MDB_NOTLS | MDB_NOMETASYNC, 0644);
    if (!rc)
        rc = mdb_reader_check(c->env, &(int){0}); /* of one that was killed */
    if (!rc)
        rc = open_table(c);
    if (!rc) {
        *out = c;
        return 0;
    }
    sg_embeddings_cache_close(c);
    fail(e, rc);
    return sg_wrap(e, "%s", dir);
}

void sg_embeddings_cache_close(struct sg_embeddings_cache *c)
{
    if (!c)
        return;
    if (c->reader)
        mdb_txn_abort(c->reader);
    if (c->env)
        mdb_env_close(c->env);
    free(c);
}

static XXH128_canonical_t key_of(const struct sg_embeddings_cache *c, struct sg_str text)
{
    XXH128_canonical_t key;
    XXH128_canonicalFromHash(&key, XXH3_128bits_withSeed(text.p, text.n, c->source));
    return key;
}

bool sg_embeddings_cache_get(struct sg_embeddings_cache *c, struct sg_str text, void *out)
{
    XXH128_canonical_t key = key_of(c, text);
    MDB_val k = {sizeof key, &key}, v;
    if (mdb_txn_renew(c->reader))
        return false;
    bool found = !mdb_get(c->reader, c->table, &k, &v) && v.mv_size == c->bytes;
    if (found)
        memcpy(out, v.mv_data, c->bytes);
    mdb_txn_reset(c->reader);
    return found;
}

int sg_embeddings_cache_put(struct sg_embeddings_cache *c, const struct sg_str *texts, size_t n,
                            const void *values, struct sg_error *e)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(c->env, NULL, 0, &txn);
    if (rc)
        return fail(e, rc);
    for (size_t i = 0; i < n && !rc; i++) {
        XXH128_canonical_t key = key_of(c, texts[i]);
        MDB_val k = {sizeof key, &key}, v = {c->bytes, (char *)values + i * c->bytes};
        rc = mdb_put(txn, c->table, &k, &v, 0);
    }
    if (rc)
        mdb_txn_abort(txn);
    else
        rc = mdb_txn_commit(txn);
    return rc ? fail(e, rc) : 0;
}
