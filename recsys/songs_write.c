/* songs_write.c - the file of songs.h: rows as they come, and their orders. */
#include "index/segment.h"
#include "recsys/songs_format.h"
#include <stdlib.h>

struct ordering {
    const struct sg_song_row *rows;
    int order;
};

static int compare(const void *a, const void *b, void *ctx)
{
    const struct ordering *o = ctx;
    const struct sg_song_row *x = &o->rows[*(const uint32_t *)a],
                             *y = &o->rows[*(const uint32_t *)b];
    uint64_t i = songs_key(x, o->order), j = songs_key(y, o->order);
    if (o->order == SONGS_NEWEST && x->released != y->released)
        return x->released > y->released ? -1 : 1;
    if (i != j)
        return i < j ? -1 : 1;
    if (x->plays != y->plays)
        return x->plays > y->plays ? -1 : 1;
    return (x->song_id > y->song_id) - (x->song_id < y->song_id);
}

static bool belongs(const struct sg_song_row *row, int order)
{
    return order == SONGS_BY_PLAYS ||
           (order == SONGS_NEWEST ? row->released != SG_SONG_UNDATED : songs_key(row, order) != 0);
}

static void put_order(struct sg_segment_writer *w, const struct sg_songs_source *s, int order,
                      uint32_t *v)
{
    struct ordering o = {s->rows, order};
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (belongs(&s->rows[i], order))
            v[n++] = (uint32_t)i;
    if (n)
        qsort_r(v, n, sizeof *v, compare, &o);
    sg_segment_begin(w, SONGS_ROWS + 1 + order);
    sg_segment_put(w, v, n * sizeof *v);
}

int sg_songs_write(const char *path, const struct sg_songs_source *s, struct sg_error *e)
{
    struct sg_segment_writer w;
    if (s->n >= SG_NO_SONG)
        return sg_fail(e, SG_ELIMIT, "%s: more than %u songs", path, SG_NO_SONG);
    uint32_t *v = malloc((s->n + 1) * sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "%s", path);
    int rc = sg_segment_create(&w, path, SONGS_MAGIC, e);
    if (!rc) {
        w.header.value[0] = s->n;
        sg_segment_begin(&w, SONGS_ROWS);
        sg_segment_put(&w, s->rows, s->n * sizeof *s->rows);
        for (int order = 0; order < SONGS_ORDERS; order++)
            put_order(&w, s, order, v);
        sg_segment_begin(&w, SONGS_CREDITS);
        sg_segment_put(&w, s->credits, s->n_credits * sizeof *s->credits);
        sg_segment_begin(&w, SONGS_MARKETS);
        sg_segment_put(&w, s->sets, s->n_sets * sizeof *s->sets);
        rc = sg_segment_commit(&w, e);
    }
    free(v);
    return rc;
}
