/* songs.c - see songs.h.
 *
 *   segment "SGSONGS1": section 0 rows by id, section 1 row numbers (u32) by plays
 */
#include "recsys/songs.h"
#include "core/map.h"
#include "index/segment.h"
#include <stdlib.h>

static const char magic[] = "SGSONGS1";

struct sg_songs {
    struct sg_map map;
    const struct sg_song_row *rows;
    const uint32_t *by_plays;
    size_t n;
};

int sg_songs_open(struct sg_songs **out, const char *path, struct sg_error *e)
{
    struct sg_segment segment;
    struct sg_songs *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "songs");
    int rc = sg_map_open(&s->map, path, sizeof(struct sg_segment_header), e);
    if (!rc)
        rc =
            sg_segment_parse(&segment, (struct sg_str){(const char *)s->map.p, s->map.n}, magic, e);
    if (!rc) {
        s->rows = (const void *)segment.section[0].p;
        s->by_plays = (const void *)segment.section[1].p;
        s->n = segment.section[0].n / sizeof *s->rows;
        if (segment.section[0].n % sizeof *s->rows ||
            segment.section[1].n != s->n * sizeof(uint32_t))
            rc = sg_fail(e, SG_ECORRUPT, "sections do not fit together");
    }
    if (rc) {
        sg_songs_close(s);
        return sg_wrap(e, "%s", path);
    }
    *out = s;
    return 0;
}

void sg_songs_close(struct sg_songs *s)
{
    if (s)
        sg_map_close(&s->map);
    free(s);
}

size_t sg_songs_count(const struct sg_songs *s)
{
    return s->n;
}

const struct sg_song_row *sg_songs_find(const struct sg_songs *s, uint64_t song_id)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->rows[mid].song_id < song_id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->n && s->rows[lo].song_id == song_id ? &s->rows[lo] : NULL;
}

const struct sg_song_row *sg_songs_ranked(const struct sg_songs *s, size_t rank)
{
    return rank < s->n && s->by_plays[rank] < s->n ? &s->rows[s->by_plays[rank]] : NULL;
}

static int more_plays_first(const void *a, const void *b, void *ctx)
{
    const struct sg_song_row *rows = ctx;
    const struct sg_song_row *x = &rows[*(const uint32_t *)a], *y = &rows[*(const uint32_t *)b];
    if (x->plays != y->plays)
        return x->plays > y->plays ? -1 : 1;
    return (x->song_id > y->song_id) - (x->song_id < y->song_id);
}

int sg_songs_write(const char *path, const struct sg_song_row *rows, size_t n, struct sg_error *e)
{
    struct sg_segment_writer w;
    if (n > UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "%s: more than %u songs", path, UINT32_MAX);
    uint32_t *order = malloc((n + 1) * sizeof *order);
    if (!order)
        return sg_fail(e, SG_ENOMEM, "%s", path);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    if (n)
        qsort_r(order, n, sizeof *order, more_plays_first, (void *)rows);
    int rc = sg_segment_create(&w, path, magic, e);
    if (!rc) {
        sg_segment_begin(&w, 0);
        sg_segment_put(&w, rows, n * sizeof *rows);
        sg_segment_begin(&w, 1);
        sg_segment_put(&w, order, n * sizeof *order);
        rc = sg_segment_commit(&w, e);
    }
    free(order);
    return rc;
}
