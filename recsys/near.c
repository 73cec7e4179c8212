/* near.c - see near.h. */
#include "recsys/near.h"
#include "core/map.h"
#include "index/segment.h"
#include "recsys/near_format.h"
#include <stdlib.h>

struct sg_near {
    struct sg_map map;
    const uint32_t *start, *song;
    const uint16_t *likeness;
    size_t songs, pairs;
};

static int parse(struct sg_near *x, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    int rc = sg_segment_parse(&g, bytes, NEAR_MAGIC, e);
    if (rc)
        return rc;
    x->songs = g.value[0];
    x->pairs = g.value[1];
    x->start = (const void *)g.section[NEAR_START].p;
    x->song = (const void *)g.section[NEAR_SONG].p;
    x->likeness = (const void *)g.section[NEAR_LIKENESS].p;
    bool good = sg_segment_is_aligned(&g) && x->songs < UINT32_MAX && x->pairs <= UINT32_MAX &&
                g.section[NEAR_START].n == (x->songs + 1) * sizeof(uint32_t) &&
                g.section[NEAR_SONG].n == x->pairs * sizeof(uint32_t) &&
                g.section[NEAR_LIKENESS].n == x->pairs * sizeof(uint16_t);
    return good ? 0 : sg_fail(e, SG_ECORRUPT, "neighbours: sections do not fit together");
}

int sg_near_parse(struct sg_near **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_near *x = calloc(1, sizeof *x);
    int rc = x ? parse(x, bytes, e) : sg_fail(e, SG_ENOMEM, "neighbours");
    if (rc)
        free(x);
    else
        *out = x;
    return rc;
}

int sg_near_open(struct sg_near **out, const char *path, struct sg_error *e)
{
    struct sg_near *x = calloc(1, sizeof *x);
    if (!x)
        return sg_fail(e, SG_ENOMEM, "neighbours");
    int rc = sg_map_open(&x->map, path, sizeof(struct sg_segment_header), e);
    if (!rc)
        rc = parse(x, (struct sg_str){(const char *)x->map.p, x->map.n}, e);
    if (rc) {
        sg_near_close(x);
        return sg_wrap(e, "%s", path);
    }
    *out = x;
    return 0;
}

void sg_near_close(struct sg_near *x)
{
    if (x)
        sg_map_close(&x->map);
    free(x);
}

size_t sg_near_songs(const struct sg_near *x)
{
    return x->songs;
}

struct sg_near_list sg_near_of(const struct sg_near *x, uint32_t song)
{
    if (song >= x->songs)
        return (struct sg_near_list){0};
    uint32_t from = x->start[song], to = x->start[song + 1];
    if (from > to || to > x->pairs)
        return (struct sg_near_list){0};
    return (struct sg_near_list){x->song + from, x->likeness + from, to - from};
}
