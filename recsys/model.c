/* model.c - see model.h: one generation's files, which must speak of the same songs. */
#include "recsys/model.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRESH_MAX = 100000 };

static void model_free(struct sg_model *m)
{
    sg_songs_close(m->songs);
    sg_items_close(m->items);
    sg_fold_in_close(m->fold);
    if (m->vectors)
        sg_vectors_close(m->vectors);
    sg_near_close(m->near);
    sg_content_close(m->content);
    free(m->fresh);
    free(m);
}

void sg_models_give(struct sg_model *model)
{
    if (model && atomic_fetch_sub(&model->references, 1) == 1)
        model_free(model);
}

static int check_manifest(const char *dir, struct sg_error *e)
{
    struct sg_manifest *manifest = calloc(1, sizeof *manifest);
    int rc = manifest ? sg_manifest_read(manifest, dir, e) : sg_fail(e, SG_ENOMEM, "manifest");
    if (!rc)
        rc = sg_manifest_check(manifest, dir, true, e);
    free(manifest);
    return rc;
}

static int open_files(struct sg_model *m, const char *dir, struct sg_error *e)
{
    char path[PATH_MAX];
    int rc;
#define OPEN(what, file, member)                                                                   \
    snprintf(path, sizeof path, "%s/" file, dir);                                                  \
    rc = sg_##what##_open(&m->member, path, e);                                                    \
    if (rc)                                                                                        \
    return rc
    OPEN(songs, "songs.seg", songs);
    OPEN(items, "items.seg", items);
    OPEN(fold_in, "fold.seg", fold);
    OPEN(vectors, "items.vec", vectors);
    OPEN(near, "near.seg", near);
    OPEN(content, "content.seg", content);
#undef OPEN
    size_t n = sg_songs_count(m->songs), d = sg_items_factors(m->items);
    bool agree = sg_items_songs(m->items) == n && sg_near_songs(m->near) == n &&
                 sg_content_songs(m->content) == n &&
                 sg_vectors_count(m->vectors) == sg_items_count(m->items) &&
                 (!sg_items_count(m->items) ||
                  (sg_vectors_dimension(m->vectors) == d && sg_fold_in_factors(m->fold) == d));
    return agree ? 0 : sg_fail(e, SG_ECORRUPT, "its files are of different models");
}

static int by_artist(const void *a, const void *b)
{
    const struct sg_fresh *x = a, *y = b;
    if (x->artist_id != y->artist_id)
        return x->artist_id < y->artist_id ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

static void add_fresh(struct sg_model *m, size_t cap, uint64_t artist_id, struct sg_fresh f)
{
    f.artist_id = artist_id;
    if (m->n_fresh < cap)
        m->fresh[m->n_fresh++] = f;
}

static int gather_fresh(struct sg_model *m, struct sg_error *e)
{
    struct sg_song_rows newest = sg_songs_newest(m->songs);
    size_t n = newest.n < FRESH_MAX ? newest.n : FRESH_MAX, cap = 2 * n;
    m->fresh = malloc((cap + 1) * sizeof *m->fresh);
    if (!m->fresh)
        return sg_fail(e, SG_ENOMEM, "new songs");
    for (size_t i = 0; i < n; i++) {
        const struct sg_song_row *row = sg_songs_row(m->songs, newest.v[i]);
        struct sg_fresh f = {.song = newest.v[i], .rank = (uint32_t)i};
        size_t credits;
        if (!row)
            continue;
        add_fresh(m, cap, row->artist_id, f);
        const uint64_t *other = sg_songs_credits(m->songs, row, &credits);
        for (size_t k = 0; k < credits; k++)
            add_fresh(m, cap, other[k], f);
    }
    if (m->n_fresh)
        qsort(m->fresh, m->n_fresh, sizeof *m->fresh, by_artist);
    return 0;
}

int sg_model_open(struct sg_model **out, const char *models, const char *name, struct sg_error *e)
{
    char dir[PATH_MAX];
    struct sg_model *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "model");
    snprintf(dir, sizeof dir, "%s/%s", models, name);
    int rc = check_manifest(dir, e);
    if (!rc)
        rc = open_files(m, dir, e);
    if (!rc)
        rc = gather_fresh(m, e);
    if (rc) {
        model_free(m);
        return sg_wrap(e, "model %s", name);
    }
    snprintf(m->name, sizeof m->name, "%s", name);
    m->references = 1;
    *out = m;
    return 0;
}

const struct sg_fresh *sg_model_fresh(const struct sg_model *m, uint64_t artist_id, size_t *n)
{
    size_t lo = 0, hi = m->n_fresh, to;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (m->fresh[mid].artist_id < artist_id)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (to = lo; to < m->n_fresh && m->fresh[to].artist_id == artist_id; to++) {
    }
    *n = to - lo;
    return m->fresh + lo;
}
