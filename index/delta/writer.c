/* writer.c - opening a delta for writing, and its batches; see delta.h and format.h. */
#include "index/delta/writer.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Reader slots of killed processes hold old pages back; they are looked for this often. */
#define COMMITS_PER_READER_CHECK 256
#define FULL_BYTES               (1u << 20) /* less left than this: the disk is full */

static const char state_key[] = "state";

static int lock(struct sg_delta *d, struct sg_error *e)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/LOCK", d->dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return sg_fail(e, SG_EINVAL, "path too long: %s", d->dir);
    d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (d->lock_fd < 0)
        return sg_fail_errno(e, "open %s", path);
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return sg_fail(e, SG_EBUSY, "%s: another writer holds it", path);
    return sg_fail_errno(e, "lock %s", path);
}

static int open_base(struct sg_delta *d, struct sg_error *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/store.mdb", d->dir);
    int rc = sg_store_open(&d->store, path, e);
    if (!rc)
        rc = sg_store_begin(d->store, &d->base, e);
    for (int k = 0; !rc && k < SG_KINDS; k++) {
        snprintf(path, sizeof path, "%s/facts-%s.seg", d->dir, sg_kind_names[k]);
        rc = sg_facts_open(&d->facts[k], path, e);
    }
    snprintf(path, sizeof path, "%s/lyrics.seg", d->dir);
    return rc ? rc : sg_lyrics_file_open(&d->lyrics, path, e);
}

static int put_meta(struct sg_delta *d, struct sg_error *e)
{
    MDB_val key = {sizeof state_key - 1, (void *)state_key}, value = {sizeof d->meta, &d->meta};
    int rc = mdb_put(d->txn, d->env->table[SG_DELTA_META], &key, &value, 0);
    return rc ? sg_delta_fail(e, rc, "meta") : 0;
}

static int init_meta(struct sg_delta *d, struct sg_error *e)
{
    d->meta = (struct sg_delta_meta){.format = SG_DELTA_FORMAT, .next_docid = 1};
    if (getrandom(&d->meta.stamp, sizeof d->meta.stamp, 0) != (ssize_t)sizeof d->meta.stamp)
        return sg_fail_errno(e, "random");
    return put_meta(d, e);
}

static int load_meta(struct sg_delta *d, struct sg_error *e)
{
    MDB_val key = {sizeof state_key - 1, (void *)state_key}, value;
    int rc = mdb_get(d->txn, d->env->table[SG_DELTA_META], &key, &value);
    if (rc == MDB_NOTFOUND)
        return init_meta(d, e);
    if (rc)
        return sg_delta_fail(e, rc, "meta");
    if (!sg_delta_fixed(value, &d->meta, sizeof d->meta) || d->meta.format != SG_DELTA_FORMAT)
        return sg_fail(e, SG_ECORRUPT, "delta: of another format");
    return 0;
}

static int apply_of(struct sg_delta *d, struct sg_error *e)
{
    MDB_cursor *c;
    MDB_val key, value;
    struct sg_delta_of of;
    int rc = mdb_cursor_open(d->txn, d->env->table[SG_DELTA_OF], &c);
    if (rc)
        return sg_delta_fail(e, rc, "cursor");
    while (!(rc = mdb_cursor_get(c, &key, &value, MDB_NEXT))) {
        unsigned kind = *(const unsigned char *)key.mv_data;
        if (kind < SG_KINDS && sg_delta_fixed(value, &of, sizeof of) && of.base_docid)
            sg_delta_maps_kill(&d->maps, kind, of.base_docid);
    }
    mdb_cursor_close(c);
    return rc == MDB_NOTFOUND ? 0 : sg_delta_fail(e, rc, "of");
}

static int apply_plays(struct sg_delta *d, struct sg_error *e)
{
    MDB_cursor *c;
    MDB_val key, value;
    struct sg_delta_plays plays;
    int rc = mdb_cursor_open(d->txn, d->env->table[SG_DELTA_PLAYS], &c);
    if (rc)
        return sg_delta_fail(e, rc, "cursor");
    while (!(rc = mdb_cursor_get(c, &key, &value, MDB_NEXT)))
        if (sg_delta_fixed(value, &plays, sizeof plays) && plays.base_docid)
            sg_delta_maps_plays(&d->maps, plays.base_docid, plays.count);
    mdb_cursor_close(c);
    return rc == MDB_NOTFOUND ? 0 : sg_delta_fail(e, rc, "plays");
}

/* What is committed, put into the maps: they may be new, or behind after a crash. */
static int complete_maps(struct sg_delta *d, struct sg_error *e)
{
    uint32_t counts[SG_KINDS];
    for (int k = 0; k < SG_KINDS; k++)
        counts[k] = sg_facts_count(d->facts[k]);
    int rc = sg_delta_maps_open(&d->maps, d->dir, counts, d->meta.stamp, true, e);
    if (rc)
        return rc;
    rc = mdb_txn_begin(d->env->env, NULL, MDB_RDONLY, &d->txn);
    if (rc)
        return sg_delta_fail(e, rc, "begin");
    uint64_t snapshot = mdb_txn_id(d->txn);
    sg_delta_maps_start(&d->maps, snapshot);
    rc = apply_of(d, e);
    if (!rc)
        rc = apply_plays(d, e);
    if (!rc)
        sg_delta_maps_finish(&d->maps, snapshot);
    mdb_txn_abort(d->txn);
    d->txn = NULL;
    return rc;
}

static int open_meta(struct sg_delta *d, struct sg_error *e)
{
    int rc = mdb_txn_begin(d->env->env, NULL, 0, &d->txn);
    if (rc)
        return sg_delta_fail(e, rc, "begin");
    rc = load_meta(d, e);
    if (rc) {
        mdb_txn_abort(d->txn);
    } else if ((rc = mdb_txn_commit(d->txn))) {
        rc = sg_delta_fail(e, rc, "commit");
    }
    d->txn = NULL;
    d->committed = d->meta;
    return rc;
}

static int open_all(struct sg_delta *d, struct sg_error *e)
{
    int dead;
    int rc = lock(d, e);
    if (!rc)
        rc = open_base(d, e);
    if (!rc)
        rc = sg_delta_env_acquire(&d->env, d->dir, true, e);
    if (!rc && mdb_reader_check(d->env->env, &dead))
        rc = sg_fail(e, SG_EIO, "delta: reader table");
    if (!rc)
        rc = open_meta(d, e);
    return rc ? rc : complete_maps(d, e);
}

int sg_delta_open(struct sg_delta **out, const char *generation_dir, struct sg_error *e)
{
    struct sg_delta *d = calloc(1, sizeof *d);
    if (!d)
        return sg_fail(e, SG_ENOMEM, "delta");
    d->lock_fd = -1;
    d->dir = strdup(generation_dir);
    int rc = d->dir ? open_all(d, e) : sg_fail(e, SG_ENOMEM, "delta");
    if (rc)
        sg_delta_close(d);
    else
        *out = d;
    return rc;
}

static void free_buffers(struct sg_delta *d)
{
    sg_delta_set_free(&d->dirty);
    sg_delta_set_free(&d->renamed);
    free(d->effects);
    sg_arena_free(&d->arena);
    struct sg_buf *bufs[] = {&d->fresh,    &d->present,   &d->text, &d->terms,
                             &d->old_text, &d->old_terms, &d->row};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        sg_buf_free(bufs[i]);
}

void sg_delta_close(struct sg_delta *d)
{
    if (!d)
        return;
    sg_delta_rollback(d);
    sg_delta_maps_close(&d->maps);
    sg_delta_env_release(d->env);
    for (int k = 0; k < SG_KINDS; k++)
        sg_facts_close(d->facts[k]);
    sg_lyrics_file_close(d->lyrics);
    sg_store_end(d->base);
    sg_store_close(d->store);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    free_buffers(d);
    free(d->dir);
    free(d);
}

uint64_t sg_delta_lsn(const struct sg_delta *d)
{
    return d->committed.lsn;
}

uint64_t sg_delta_sequence(const struct sg_delta *d)
{
    return d->committed.sequence;
}

uint64_t sg_delta_documents(const struct sg_delta *d)
{
    return d->committed.entities;
}

/* --- batches --- */

int sg_delta_begin(struct sg_delta *d, struct sg_error *e)
{
    if (d->poisoned) {
        if (e)
            *e = d->why;
        return d->poisoned;
    }
    if (d->txn)
        return 0;
    int rc = mdb_txn_begin(d->env->env, NULL, 0, &d->txn);
    return rc ? sg_delta_fail(e, rc, "begin") : 0;
}

/* LMDB reports a write that a full disk cut short as a plain I/O error. */
static int blame(const struct sg_delta *d, int rc, struct sg_error *e)
{
    struct statvfs v;
    if (rc != SG_EIO || statvfs(d->dir, &v) < 0 || (uint64_t)v.f_bavail * v.f_frsize >= FULL_BYTES)
        return rc;
    return sg_fail(e, SG_ENOSPC, "delta: the disk is full");
}

int sg_delta_poison(struct sg_delta *d, int rc, struct sg_error *why, struct sg_error *e)
{
    if (why->code != rc)
        sg_fail(why, rc, "delta: %s", sg_err_name(rc));
    d->poisoned = blame(d, rc, why);
    d->why = *why;
    if (e)
        *e = *why;
    return d->poisoned;
}

int sg_delta_note_effect(struct sg_delta *d, struct sg_delta_effect effect, struct sg_error *e)
{
    if (d->n_effects == d->cap_effects) {
        size_t cap = d->cap_effects ? d->cap_effects * 2 : 256;
        void *v = reallocarray(d->effects, cap, sizeof *d->effects);
        if (!v)
            return sg_fail(e, SG_ENOMEM, "delta: %zu effects", cap);
        d->effects = v;
        d->cap_effects = cap;
    }
    d->effects[d->n_effects++] = effect;
    return 0;
}

static void forget_batch(struct sg_delta *d)
{
    d->txn = NULL;
    d->poisoned = 0;
    d->dirty.n = d->dirty.squeezed = 0;
    d->renamed.n = d->renamed.squeezed = 0;
    d->n_effects = 0;
    d->meta = d->committed;
}

void sg_delta_rollback(struct sg_delta *d)
{
    if (d->txn)
        mdb_txn_abort(d->txn);
    forget_batch(d);
}

static void publish_effects(struct sg_delta *d, uint64_t txn)
{
    sg_delta_maps_start(&d->maps, txn);
    for (size_t i = 0; i < d->n_effects; i++) {
        const struct sg_delta_effect *f = &d->effects[i];
        if (f->plays)
            sg_delta_maps_plays(&d->maps, f->docid, f->count);
        else
            sg_delta_maps_kill(&d->maps, f->kind, f->docid);
    }
    sg_delta_maps_finish(&d->maps, txn);
}

static int commit_txn(struct sg_delta *d, uint64_t *txn, struct sg_error *e)
{
    int rc = put_meta(d, e);
    if (rc)
        return rc;
    *txn = mdb_txn_id(d->txn);
    rc = mdb_txn_commit(d->txn);
    d->txn = NULL; /* freed, whatever it returned */
    return rc ? sg_delta_fail(e, rc, "commit") : 0;
}

int sg_delta_commit(struct sg_delta *d, uint64_t lsn, uint64_t sequence, struct sg_error *e)
{
    uint64_t txn = 0;
    int dead;
    int rc = sg_delta_begin(d, e);
    if (!rc)
        rc = sg_delta_document_all(d, e);
    d->meta.lsn = lsn;
    d->meta.sequence = sequence;
    if (!rc)
        rc = commit_txn(d, &txn, e);
    if (rc) {
        rc = blame(d, rc, e);
        sg_delta_rollback(d);
        return rc;
    }
    publish_effects(d, txn);
    d->committed = d->meta;
    forget_batch(d);
    if (++d->commits % COMMITS_PER_READER_CHECK == 0)
        mdb_reader_check(d->env->env, &dead);
    return 0;
}
