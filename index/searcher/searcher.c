/* searcher.c - a thread's handle: its generation and its snapshot of the delta. */
#include "index/searcher/reader.h"
#include <stdio.h>
#include <stdlib.h>

#define ADOPT_TRIES 3 /* generations that come and go while one is being opened */

int sg_searcher_open(struct sg_searcher **out, struct sg_index *x, struct sg_error *e)
{
    struct sg_searcher *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "searcher");
    s->index = x;
    *out = s;
    return 0;
}

static void drop_snapshot(struct sg_searcher *s)
{
    for (size_t i = 0; i < s->n_cursors; i++)
        mdb_cursor_close(s->cursors[i]);
    s->n_cursors = 0;
    if (s->txn)
        mdb_txn_abort(s->txn);
    s->txn = NULL;
    s->delta = NULL;
    s->maps = NULL;
    s->snapshot = 0;
    s->meta = (struct sg_delta_meta){0};
}

static void drop_generation(struct sg_searcher *s)
{
    drop_snapshot(s);
    for (int k = 0; k < SG_KINDS; k++) {
        if (s->postings[k])
            sg_postings_close(s->postings[k]);
        s->postings[k] = NULL;
    }
    sg_store_end(s->base);
    s->base = NULL;
    sg_generation_unref(s->gen);
    s->gen = NULL;
}

void sg_searcher_close(struct sg_searcher *s)
{
    if (!s)
        return;
    drop_generation(s);
    free(s->cursors);
    sg_arena_free(&s->arena);
    free(s);
}

static int open_generation(struct sg_searcher *s, struct sg_error *e)
{
    char path[PATH_MAX + 64];
    int rc = sg_store_begin(s->gen->store, &s->base, e);
    for (int k = 0; !rc && k < SG_KINDS; k++) {
        if (s->gen->counts[k] == 0)
            continue;
        snprintf(path, sizeof path, "%s/text-%s", s->gen->dir, sg_kind_names[k]);
        rc = sg_postings_open(&s->postings[k], path, e);
    }
    return rc;
}

/* Makes s hold what is served now. */
static int adopt(struct sg_searcher *s, struct sg_error *e)
{
    int rc = 0;
    for (int i = 0; i < ADOPT_TRIES; i++) {
        drop_generation(s);
        s->gen = sg_index_take(s->index);
        if (!s->gen)
            return sg_fail(e, SG_ENOENT, "no generation was published");
        rc = open_generation(s, e);
        if (!rc)
            return 0;
        if (sg_index_serves(s->index, s->gen))
            break;
    }
    drop_generation(s);
    return rc;
}

static int load_meta(struct sg_searcher *s, struct sg_error *e)
{
    MDB_val key = {5, (void *)"state"}, value;
    int rc = mdb_get(s->txn, s->delta->table[SG_DELTA_META], &key, &value);
    if (rc == MDB_NOTFOUND) {
        s->meta = (struct sg_delta_meta){0};
        return 0;
    }
    if (rc)
        return sg_delta_fail(e, rc, "meta");
    if (!sg_delta_fixed(value, &s->meta, sizeof s->meta) || s->meta.format != SG_DELTA_FORMAT)
        return sg_fail(e, SG_ECORRUPT, "delta: of another format");
    s->maps = sg_generation_maps(s->gen, s->meta.stamp);
    return 0;
}

static int renew(struct sg_searcher *s, struct sg_error *e)
{
    int rc =
        s->txn ? mdb_txn_renew(s->txn) : mdb_txn_begin(s->delta->env, NULL, MDB_RDONLY, &s->txn);
    if (rc)
        return sg_delta_fail(e, rc, "begin");
    uint64_t snapshot = mdb_txn_id(s->txn);
    rc = snapshot != s->snapshot || !s->maps ? load_meta(s, e) : 0;
    if (rc) {
        s->snapshot = 0;
        mdb_txn_reset(s->txn);
        return rc;
    }
    s->snapshot = snapshot;
    return 0;
}

int sg_searcher_begin(struct sg_searcher *s, struct sg_error *e)
{
    int rc = 0;
    if (s->active)
        return sg_fail(e, SG_EINTERNAL, "searcher: begun twice");
    if (!s->gen || !sg_index_serves(s->index, s->gen))
        rc = adopt(s, e);
    if (rc)
        return rc;
    if (!s->delta)
        s->delta = sg_generation_delta(s->gen);
    if (s->delta)
        rc = renew(s, e);
    s->day = sg_index_day(s->index);
    s->active = rc == 0;
    return rc;
}

void sg_searcher_end(struct sg_searcher *s)
{
    if (s->active && s->txn)
        mdb_txn_reset(s->txn);
    s->active = s->restricted = s->by_market = false;
}

const char *sg_searcher_generation(const struct sg_searcher *s)
{
    return s->gen ? s->gen->manifest.name : "";
}

uint64_t sg_searcher_lsn(const struct sg_searcher *s)
{
    if (s->meta.lsn)
        return s->meta.lsn;
    return s->gen ? s->gen->manifest.lsn : 0;
}

const struct sg_suggest *sg_searcher_suggest(const struct sg_searcher *s)
{
    return s->gen ? s->gen->suggest : NULL;
}

const struct sg_meaning_model *sg_searcher_meaning(const struct sg_searcher *s)
{
    return s->gen->meaning;
}

const struct sg_spell *sg_searcher_spell(const struct sg_searcher *s)
{
    return s->gen ? s->gen->spell : NULL;
}
