/* write.c - see write.h. */
#include "recsys/train/write.h"
#include "core/clock.h"
#include "core/log.h"
#include "index/facts.h"
#include "index/generation.h"
#include "index/vectors.h"
#include "recsys/als.h"
#include "recsys/content.h"
#include "recsys/fold_in.h"
#include "recsys/items.h"
#include "recsys/near.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUERIES = 1000 }; /* listeners whose vectors the search is measured with */

static void show_sweep(void *ctx, int sweep, int sweeps)
{
    const int64_t *from = ctx;
    double s = (double)(sg_now_us() - *from) / 1e6;
    fprintf(stderr, "training: sweep %d of %d, %.1f s, about %.1f s to go\n", sweep, sweeps, s,
            s / sweep * (sweeps - sweep));
}

static const char *path_of(char path[PATH_MAX], const char *dir, const char *file)
{
    snprintf(path, PATH_MAX, "%s/%s", dir, file);
    return path;
}

/* The rows of the played songs, ascending; NULL: out of memory. */
static uint32_t *played_rows(const struct sg_interactions *plays)
{
    uint32_t *v = calloc(plays->items.n + 1, sizeof *v);
    for (size_t i = 0; v && i < plays->items.n; i++)
        v[i] = (uint32_t)plays->items.id[i];
    return v;
}

/* Songs' factors by their rows, and listeners'. */
struct factorised {
    const uint32_t *song; /* ascending */
    const float *items, *users;
    size_t n, n_users, factors;
};

static int write_vectors(const struct sg_train_input *in, const struct factorised *f, int threads,
                         const char *path, struct sg_error *e)
{
    uint64_t *ids = malloc((f->n + 1) * sizeof *ids);
    if (!ids)
        return sg_fail(e, SG_ENOMEM, "ids of songs");
    for (size_t i = 0; i < f->n; i++)
        ids[i] = in->songs[f->song[i]].song_id;
    struct sg_vectors_options by_product = {.metric = SG_VECTORS_INNER_PRODUCT,
                                            .threads = threads,
                                            .queries = f->n_users ? f->users : NULL,
                                            .n_queries =
                                                f->n_users < QUERIES ? f->n_users : QUERIES};
    int rc = sg_vectors_build_for(path, f->items, ids, f->n, f->factors, &by_product, e);
    free(ids);
    return rc;
}

static int write_fold(const struct factorised *f, const struct sg_als_loss *loss, const char *path,
                      struct sg_error *e)
{
    struct sg_fold_in_source fold = {.loss = *loss,
                                     .factors = f->factors,
                                     .users = f->users,
                                     .items = f->items,
                                     .n_users = f->n_users,
                                     .n_items = f->n};
    return sg_fold_in_write(path, &fold, e);
}

static int write_factorised(const struct sg_train_input *in, const struct factorised *f,
                            const struct sg_als_options *o, const char *dir, struct sg_error *e)
{
    char path[PATH_MAX];
    int rc = sg_items_write(path_of(path, dir, "items.seg"), f->song, f->items, f->n, f->factors,
                            in->n_songs, e);
    if (!rc)
        rc = write_fold(f, &o->loss, path_of(path, dir, "fold.seg"), e);
    return rc ? rc : write_vectors(in, f, o->threads, path_of(path, dir, "items.vec"), e);
}

static int write_trained(const struct sg_train_input *in, const uint32_t *song,
                         const struct sg_als_options *o, const char *dir, struct sg_error *e)
{
    struct sg_factors f;
    const struct sg_interactions *plays = &in->plays;
    int rc = sg_als_train(plays, o, &f, e);
    if (rc)
        return rc;
    struct factorised all = {song, f.items, f.users, plays->items.n, plays->users.n, f.factors};
    rc = write_factorised(in, &all, o, dir, e);
    sg_factors_free(&f);
    return rc;
}

static const float *own_row(const struct sg_own_factors *own, uint64_t song)
{
    size_t low = 0, high = own->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (own->song[middle] < song)
            low = middle + 1;
        else
            high = middle;
    }
    return low < own->n && own->song[low] == song ? own->v + low * own->factors : NULL;
}

/* Every listener of the plays, as she will be folded in. */
static int fold_listeners(const struct sg_train_input *in, const struct sg_fold_in *fold,
                          float *out, struct sg_error *e)
{
    const struct sg_side *users = &in->plays.users;
    size_t most = 0;
    for (size_t u = 0; u < users->n; u++)
        most = users->start[u + 1] - users->start[u] > most ? users->start[u + 1] - users->start[u]
                                                            : most;
    struct sg_fold_in_scratch *scratch = NULL;
    const float **rows = malloc((most + 1) * sizeof *rows);
    int rc = rows ? sg_fold_in_scratch_new(&scratch, fold, e) : sg_fail(e, SG_ENOMEM, "plays");
    for (size_t u = 0; u < users->n && !rc; u++) {
        size_t from = users->start[u], n = users->start[u + 1] - from;
        for (size_t i = 0; i < n; i++)
            rows[i] = own_row(&in->own, in->plays.items.id[users->other[from + i]]);
        rc = sg_fold_in_user(fold, scratch, rows, users->weight + from, n,
                             out + u * in->own.factors, e);
    }
    sg_fold_in_scratch_free(scratch);
    free(rows);
    return rc;
}

static int write_own(const struct sg_train_input *in, const struct sg_als_options *o,
                     const char *dir, struct sg_error *e)
{
    const struct sg_own_factors *own = &in->own;
    char path[PATH_MAX];
    struct sg_fold_in *fold = NULL;
    float *users = calloc(in->plays.users.n * own->factors + 1, sizeof *users);
    struct factorised f = {own->song, own->v, users, own->n, 0, own->factors};
    int rc = users ? write_fold(&f, &o->loss, path_of(path, dir, "fold.seg"), e)
                   : sg_fail(e, SG_ENOMEM, "listeners' vectors");
    if (!rc)
        rc = sg_fold_in_open(&fold, path_of(path, dir, "fold.seg"), e);
    if (!rc)
        rc = fold_listeners(in, fold, users, e);
    sg_fold_in_close(fold);
    f.n_users = in->plays.users.n;
    if (!rc)
        rc = write_factorised(in, &f, o, dir, e);
    free(users);
    return rc;
}

/* What an index knows of its songs: their vectors, and which row each of its documents is. */
struct described {
    struct sg_meaning_model *meaning;
    uint32_t *song_of;
    size_t docs;
};

static uint32_t row_of(const struct sg_train_input *in, uint64_t song_id)
{
    size_t lo = 0, hi = in->n_songs;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (in->songs[mid].song_id < song_id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < in->n_songs && in->songs[lo].song_id == song_id ? (uint32_t)lo : SG_NO_SONG;
}

static int read_docs(struct described *d, const struct sg_train_input *in,
                     const struct sg_facts_reader *facts, struct sg_error *e)
{
    struct sg_facts f;
    d->docs = (size_t)sg_facts_count(facts) + 1;
    d->song_of = malloc(d->docs * sizeof *d->song_of);
    if (!d->song_of)
        return sg_fail(e, SG_ENOMEM, "documents of the index");
    d->song_of[0] = SG_NO_SONG;
    for (uint32_t doc = 1; doc < d->docs; doc++)
        d->song_of[doc] = sg_facts_get(facts, doc, &f) ? row_of(in, f.id) : SG_NO_SONG;
    return 0;
}

/* SG_ENOENT when there is no index, or one without vectors. */
static int describe(const struct sg_config *config, const struct sg_train_input *in,
                    struct described *d, struct sg_error *e)
{
    char name[SG_GENERATION_NAME], path[PATH_MAX];
    struct sg_facts_reader *facts = NULL;
    int rc = sg_current_read(config->index.dir, name, e);
    if (rc)
        return rc;
    snprintf(path, sizeof path, "%s/%s/meaning.seg", config->index.dir, name);
    rc = sg_meaning_open(&d->meaning, path, e);
    snprintf(path, sizeof path, "%s/%s/facts-song.seg", config->index.dir, name);
    if (!rc)
        rc = sg_facts_open(&facts, path, e);
    if (!rc)
        rc = read_docs(d, in, facts, e);
    if (facts)
        sg_facts_close(facts);
    return rc;
}

static uint64_t artist_of(void *ctx, uint32_t song)
{
    const struct sg_train_input *in = ctx;
    return in->songs[song].artist_id;
}

static int write_content(const struct sg_config *config, const struct sg_train_input *in,
                         const char *path, struct sg_error *e)
{
    struct described d = {0};
    struct sg_error why = SG_ERROR_INIT;
    if (describe(config, in, &d, &why)) {
        fprintf(stderr,
                "training: no songs' vectors from the index (%s): new songs are reached by "
                "artist and genre only\n",
                why.text);
        sg_meaning_close(d.meaning);
        d.meaning = NULL;
    }
    struct sg_content_source s = {.meaning = d.meaning,
                                  .song_of = d.song_of,
                                  .docs = d.docs,
                                  .group = artist_of,
                                  .ctx = (void *)in,
                                  .songs = in->n_songs,
                                  .sound = in->sound};
    int rc = sg_content_write(path, &s, e);
    sg_meaning_close(d.meaning);
    free(d.song_of);
    return rc;
}

int sg_model_write(const struct sg_config *config, const struct sg_train_input *in,
                   const struct sg_als_options *with, const char *dir, struct sg_error *e)
{
    char path[PATH_MAX];
    int64_t from = sg_now_us();
    struct sg_als_options als = *with;
    struct sg_near_options near = SG_NEAR_DEFAULTS;
    struct sg_songs_source songs = {in->songs,     in->n_songs, in->credits,
                                    in->n_credits, in->sets,    in->n_sets};
    uint32_t *played = played_rows(&in->plays);
    near.threads = with->threads;
    als.progress = show_sweep;
    als.ctx = &from;
    int rc = played ? 0 : sg_fail(e, SG_ENOMEM, "played songs");
    if (!rc)
        rc = sg_songs_write(path_of(path, dir, "songs.seg"), &songs, e);
    if (!rc)
        rc = in->own.n ? write_own(in, &als, dir, e) : write_trained(in, played, &als, dir, e);
    if (!rc)
        rc = sg_near_build(path_of(path, dir, "near.seg"), &in->plays, played, in->n_songs, &near,
                           e);
    if (!rc)
        rc = write_content(config, in, path_of(path, dir, "content.seg"), e);
    free(played);
    return rc;
}

int sg_model_write_manifest(const char *dir, const char *name, size_t songs, double recall,
                            struct sg_error *e)
{
    struct sg_manifest *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "manifest");
    int rc = sg_manifest_sum(m, dir, e);
    if (!rc) {
        snprintf(m->name, sizeof m->name, "%s", name);
        m->created_us = sg_wall_us();
        m->counts[0] = songs;
        m->canary_mrr = recall;
        rc = sg_manifest_write(m, dir, e);
    }
    free(m);
    return rc;
}
