/* content.c - see content.h. */
#include "recsys/content.h"
#include "core/map.h"
#include "index/segment.h"
#include "recsys/content_format.h"
#include "recsys/dot.h"
#include <math.h>
#include <stdlib.h>

enum { PROBES_MAX = 256 };

struct sg_content {
    struct sg_map map;
    const float *centroids, *scale;
    const uint32_t *start, *song, *place;
    const int8_t *vectors;
    size_t songs, d, lists, placed;
};

static bool is_whole(const struct sg_content *c, const struct sg_segment *g)
{
    return sg_segment_is_aligned(g) && c->songs < UINT32_MAX && c->placed <= c->songs &&
           c->d <= SG_MEANING_PLACED_MAX && c->d % 16 == 0 && c->lists <= CONTENT_LISTS_MAX &&
           g->section[CONTENT_CENTROIDS].n == c->lists * c->d * sizeof(float) &&
           g->section[CONTENT_START].n == (c->lists + 1) * sizeof(uint32_t) &&
           g->section[CONTENT_SONG].n == c->placed * sizeof(uint32_t) &&
           g->section[CONTENT_VECTORS].n == c->placed * c->d &&
           g->section[CONTENT_SCALE].n == c->placed * sizeof(float) &&
           g->section[CONTENT_PLACE].n == c->songs * sizeof(uint32_t);
}

static int parse(struct sg_content *c, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    int rc = sg_segment_parse(&g, bytes, CONTENT_MAGIC, e);
    if (rc)
        return rc;
    c->songs = g.value[0];
    c->d = g.value[1];
    c->lists = g.value[2];
    c->placed = g.value[3];
    c->centroids = (const void *)g.section[CONTENT_CENTROIDS].p;
    c->start = (const void *)g.section[CONTENT_START].p;
    c->song = (const void *)g.section[CONTENT_SONG].p;
    c->vectors = (const void *)g.section[CONTENT_VECTORS].p;
    c->scale = (const void *)g.section[CONTENT_SCALE].p;
    c->place = (const void *)g.section[CONTENT_PLACE].p;
    return is_whole(c, &g) ? 0 : sg_fail(e, SG_ECORRUPT, "content: sections do not fit together");
}

int sg_content_parse(struct sg_content **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_content *c = calloc(1, sizeof *c);
    int rc = c ? parse(c, bytes, e) : sg_fail(e, SG_ENOMEM, "content");
    if (rc)
        free(c);
    else
        *out = c;
    return rc;
}

int sg_content_open(struct sg_content **out, const char *path, struct sg_error *e)
{
    struct sg_content *c = calloc(1, sizeof *c);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "content");
    int rc = sg_map_open(&c->map, path, sizeof(struct sg_segment_header), e);
    if (!rc)
        rc = parse(c, (struct sg_str){(const char *)c->map.p, c->map.n}, e);
    if (rc) {
        sg_content_close(c);
        return sg_wrap(e, "%s", path);
    }
    *out = c;
    return 0;
}

void sg_content_close(struct sg_content *c)
{
    if (c)
        sg_map_close(&c->map);
    free(c);
}

size_t sg_content_songs(const struct sg_content *c)
{
    return c->songs;
}

size_t sg_content_dimensions(const struct sg_content *c)
{
    return c->d;
}

static uint32_t place_of(const struct sg_content *c, uint32_t song)
{
    uint32_t place = song < c->songs ? c->place[song] : UINT32_MAX;
    return place < c->placed && isfinite(c->scale[place]) ? place : UINT32_MAX;
}

bool sg_content_add(const struct sg_content *c, uint32_t song, float by, float *to)
{
    uint32_t place = place_of(c, song);
    if (place == UINT32_MAX)
        return false;
    sg_dot()->add_bytes(to, c->vectors + place * c->d, by * c->scale[place], c->d);
    return true;
}

float sg_content_dot(const struct sg_content *c, const float *query, uint32_t song)
{
    uint32_t place = place_of(c, song);
    return place == UINT32_MAX
               ? 0
               : sg_dot()->bytes(query, c->vectors + place * c->d, c->d) * c->scale[place];
}

void sg_content_prefetch_place(const struct sg_content *c, uint32_t song)
{
    if (song < c->songs)
        __builtin_prefetch(c->place + song);
}

void sg_content_prefetch(const struct sg_content *c, uint32_t song)
{
    uint32_t place = song < c->songs ? c->place[song] : UINT32_MAX;
    if (place < c->placed) {
        __builtin_prefetch(c->scale + place);
        __builtin_prefetch(c->vectors + place * c->d);
    }
}

static size_t nearest_lists(const struct sg_content *c, const float *query, size_t probes,
                            struct sg_akin *out)
{
    size_t n = 0;
    const struct sg_dot *dot = sg_dot();
    for (size_t i = 0; i < c->lists; i++) {
        float sum = dot->floats(query, c->centroids + i * c->d, c->d);
        if (isfinite(sum))
            sg_akin_offer(out, &n, probes, (struct sg_akin){(uint32_t)i, sum});
    }
    return n;
}

size_t sg_content_near(const struct sg_content *c, const float *query, size_t k, size_t probes,
                       struct sg_akin *out)
{
    const struct sg_dot *dot = sg_dot();
    struct sg_akin lists[PROBES_MAX];
    size_t n = 0,
           n_lists = nearest_lists(c, query, probes < PROBES_MAX ? probes : PROBES_MAX, lists);
    for (size_t i = 0; i < n_lists && k; i++) {
        size_t from = c->start[lists[i].doc], to = c->start[lists[i].doc + 1];
        for (size_t s = from; s < to && s < c->placed; s++) {
            float near = dot->bytes(query, c->vectors + s * c->d, c->d) * c->scale[s];
            if (isfinite(near) && (n < k || near >= out[0].cosine))
                sg_akin_offer(out, &n, k, (struct sg_akin){c->song[s], near});
        }
    }
    sg_akin_sort(out, n);
    return n;
}
