/* own_factors.c - see own_factors.h. */
#include "recsys/train/own_factors.h"
#include "recsys/input/npy.h"
#include <stdio.h>
#include <stdlib.h>

#define FACTORS_MAX 512

struct place { /* of a known song */
    uint32_t song;
    size_t row;
};

static int by_song(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->song > y->song) - (x->song < y->song);
}

static bool find_song(const struct sg_song_row *songs, size_t n, uint64_t id, uint32_t *out)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (songs[middle].song_id < id)
            low = middle + 1;
        else
            high = middle;
    }
    *out = (uint32_t)low;
    return low < n && songs[low].song_id == id;
}

static int find_places(const struct sg_npy *ids, const struct sg_song_row *songs, size_t n_songs,
                       struct place *out, size_t *n, struct sg_error *e)
{
    *n = 0;
    for (size_t row = 0; row < ids->rows; row++) {
        uint64_t id;
        if (!sg_npy_whole(ids, row, 0, &id))
            return sg_fail(e, SG_EINVAL, "ids: row %zu is no whole number above 0", row);
        if (find_song(songs, n_songs, id, &out[*n].song))
            out[(*n)++].row = row;
    }
    if (*n == 0)
        return sg_fail(e, SG_EINVAL, "ids: none of %zu is a song of the catalogue", ids->rows);
    qsort(out, *n, sizeof *out, by_song);
    for (size_t i = 1; i < *n; i++)
        if (out[i].song == out[i - 1].song)
            return sg_fail(e, SG_EINVAL, "ids: song %llu comes twice",
                           (unsigned long long)songs[out[i].song].song_id);
    return 0;
}

static int copy_rows(struct sg_own_factors *out, const struct sg_npy *items,
                     const struct place *places, size_t n, struct sg_error *e)
{
    out->song = malloc(n * sizeof *out->song);
    out->v = malloc(n * items->columns * sizeof *out->v);
    if (!out->song || !out->v)
        return sg_fail(e, SG_ENOMEM, "%zu songs' factors", n);
    out->n = n;
    out->factors = items->columns;
    for (size_t i = 0; i < n; i++) {
        out->song[i] = places[i].song;
        for (size_t f = 0; f < items->columns; f++)
            if (!sg_npy_float(items, places[i].row, f, &out->v[i * items->columns + f]))
                return sg_fail(e, SG_EINVAL, "factors: row %zu, column %zu is no finite number",
                               places[i].row, f);
    }
    return 0;
}

static int read_both(struct sg_own_factors *out, const struct sg_npy *items,
                     const struct sg_npy *ids, const struct sg_song_row *songs, size_t n_songs,
                     struct sg_error *e)
{
    if (items->kind != 'f' || items->columns < 1 || items->columns > FACTORS_MAX)
        return sg_fail(e, SG_EINVAL, "factors: expected floats in 1 to %d columns, got %zu",
                       FACTORS_MAX, items->columns);
    if (ids->kind == 'f' || ids->columns != 1 || ids->rows != items->rows)
        return sg_fail(e, SG_EINVAL, "ids: expected %zu whole numbers, one for each row of factors",
                       items->rows);
    struct place *places = malloc((ids->rows + 1) * sizeof *places);
    size_t n;
    if (!places)
        return sg_fail(e, SG_ENOMEM, "%zu ids", ids->rows);
    int rc = find_places(ids, songs, n_songs, places, &n, e);
    if (!rc && n < ids->rows)
        fprintf(stderr, "training: %zu of %zu rows are of songs that the catalogue has not\n",
                ids->rows - n, ids->rows);
    if (!rc)
        rc = copy_rows(out, items, places, n, e);
    free(places);
    return rc;
}

int sg_own_factors_read(struct sg_own_factors *out, const char *items_path, const char *ids_path,
                        const struct sg_song_row *songs, size_t n_songs, struct sg_error *e)
{
    struct sg_npy items = {0}, ids = {0};
    *out = (struct sg_own_factors){0};
    int rc = sg_npy_open(&items, items_path, e);
    if (!rc)
        rc = sg_npy_open(&ids, ids_path, e);
    if (!rc)
        rc = read_both(out, &items, &ids, songs, n_songs, e);
    sg_npy_close(&items);
    sg_npy_close(&ids);
    if (rc)
        sg_own_factors_free(out);
    return rc;
}

void sg_own_factors_free(struct sg_own_factors *f)
{
    free(f->song);
    free(f->v);
    *f = (struct sg_own_factors){0};
}
