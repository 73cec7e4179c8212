/* items.c - see items.h. */
#include "recsys/items.h"
#include "core/map.h"
#include "index/segment.h"
#include <stdlib.h>

static const char magic[] = "SGITEMS1";
enum { ITEM_OF, SONG_OF, FACTORS };

struct sg_items {
    struct sg_map map;
    const uint32_t *item_of;
    const float *rows;
    size_t songs, n, d;
};

static int parse(struct sg_items *x, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    int rc = sg_segment_parse(&g, bytes, magic, e);
    if (rc)
        return rc;
    x->songs = g.value[0];
    x->n = g.value[1];
    x->d = g.value[2];
    x->item_of = (const void *)g.section[ITEM_OF].p;
    x->rows = (const void *)g.section[FACTORS].p;
    bool good = sg_segment_is_aligned(&g) && x->songs < UINT32_MAX && x->n <= x->songs &&
                x->d <= SG_FACTORS_MAX && (x->d || !x->n) &&
                g.section[ITEM_OF].n == x->songs * sizeof(uint32_t) &&
                g.section[FACTORS].n == x->n * x->d * sizeof(float);
    return good ? 0 : sg_fail(e, SG_ECORRUPT, "items: sections do not fit together");
}

int sg_items_parse(struct sg_items **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_items *x = calloc(1, sizeof *x);
    int rc = x ? parse(x, bytes, e) : sg_fail(e, SG_ENOMEM, "items");
    if (rc)
        free(x);
    else
        *out = x;
    return rc;
}

int sg_items_open(struct sg_items **out, const char *path, struct sg_error *e)
{
    struct sg_items *x = calloc(1, sizeof *x);
    if (!x)
        return sg_fail(e, SG_ENOMEM, "items");
    int rc = sg_map_open(&x->map, path, sizeof(struct sg_segment_header), e);
    if (!rc)
        rc = parse(x, (struct sg_str){(const char *)x->map.p, x->map.n}, e);
    if (rc) {
        sg_items_close(x);
        return sg_wrap(e, "%s", path);
    }
    *out = x;
    return 0;
}

void sg_items_close(struct sg_items *x)
{
    if (x)
        sg_map_close(&x->map);
    free(x);
}

size_t sg_items_songs(const struct sg_items *x)
{
    return x->songs;
}

size_t sg_items_count(const struct sg_items *x)
{
    return x->n;
}

size_t sg_items_factors(const struct sg_items *x)
{
    return x->d;
}

const float *sg_items_of(const struct sg_items *x, uint32_t song)
{
    uint32_t item = song < x->songs ? x->item_of[song] : UINT32_MAX;
    return item < x->n ? x->rows + item * x->d : NULL;
}

int sg_items_write(const char *path, const uint32_t *song, const float *rows, size_t n,
                   size_t factors, size_t songs, struct sg_error *e)
{
    struct sg_segment_writer w;
    uint32_t *item_of = malloc((songs + 1) * sizeof *item_of);
    if (!item_of)
        return sg_fail(e, SG_ENOMEM, "%s", path);
    memset(item_of, 0xff, songs * sizeof *item_of);
    for (size_t i = 0; i < n; i++)
        item_of[song[i]] = (uint32_t)i;
    int rc = sg_segment_create(&w, path, magic, e);
    if (!rc) {
        w.header.value[0] = songs;
        w.header.value[1] = n;
        w.header.value[2] = factors;
        sg_segment_begin(&w, ITEM_OF);
        sg_segment_put(&w, item_of, songs * sizeof *item_of);
        sg_segment_begin(&w, SONG_OF);
        sg_segment_put(&w, song, n * sizeof *song);
        sg_segment_begin(&w, FACTORS);
        sg_segment_put(&w, rows, n * factors * sizeof *rows);
        rc = sg_segment_commit(&w, e);
    }
    free(item_of);
    return rc;
}
