/* content_write.c - the file of content.h from an index's songs' vectors. A song that
 * came after the index was built takes the mean of its artist's others, in the list
 * whose centroid is nearest.
 */
#include "index/segment.h"
#include "recsys/content.h"
#include "recsys/content_format.h"
#include "recsys/content_layout.h"
#include <math.h>
#include <stdlib.h>

struct member {
    uint64_t group;
    uint32_t song;
};

static void take_vectors(struct layout *l)
{
    const struct sg_meaning_model *m = l->s->meaning;
    size_t from, to;
    const int8_t *v;
    for (size_t i = 0; i < l->lists; i++) {
        (void)sg_meaning_list(m, i, &from, &to);
        for (size_t place = from; place < to; place++) {
            uint32_t doc = sg_meaning_song_at(m, place, &v);
            uint32_t song = doc < l->s->docs ? l->s->song_of[doc] : UINT32_MAX;
            if (song < l->s->songs && l->list[song] == UINT32_MAX) {
                memcpy(l->vectors + song * l->d, v, l->d);
                l->list[song] = (uint32_t)i;
            }
        }
    }
}

float content_length(const int8_t *v, size_t d)
{
    float sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += (float)v[i] * (float)v[i];
    return sqrtf(sum);
}

static uint32_t nearest_list(const struct layout *l, const int8_t *v)
{
    uint32_t best = 0;
    float most = -INFINITY;
    size_t from, to;
    for (size_t i = 0; i < l->lists; i++) {
        const float *c = sg_meaning_list(l->s->meaning, i, &from, &to);
        float sum = 0;
        for (size_t f = 0; f < l->d; f++)
            sum += c[f] * (float)v[f];
        if (sum > most) {
            most = sum;
            best = (uint32_t)i;
        }
    }
    return best;
}

static int by_group(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->song > y->song) - (x->song < y->song);
}

/* The group's songs v[0..n): those without a vector take the mean of those with one. */
static void fill_group(struct layout *l, const struct member *v, size_t n)
{
    float mean[SG_MEANING_PLACED_MAX] = {0};
    int8_t bytes[SG_MEANING_PLACED_MAX];
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        const int8_t *x = l->vectors + v[i].song * l->d;
        float length = l->list[v[i].song] == UINT32_MAX ? 0 : content_length(x, l->d);
        for (size_t f = 0; length > 0 && f < l->d; f++)
            mean[f] += (float)x[f] / length;
        known += length > 0;
    }
    if (!known || known == n || !sg_meaning_quantise(mean, l->d, bytes))
        return;
    uint32_t list = nearest_list(l, bytes);
    for (size_t i = 0; i < n; i++)
        if (l->list[v[i].song] == UINT32_MAX) {
            memcpy(l->vectors + v[i].song * l->d, bytes, l->d);
            l->list[v[i].song] = list;
        }
}

static int fill_new_songs(struct layout *l, struct sg_error *e)
{
    struct member *v = malloc((l->s->songs + 1) * sizeof *v);
    size_t n = 0, to;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "content");
    for (size_t i = 0; i < l->s->songs; i++) {
        uint64_t group = l->s->group ? l->s->group(l->s->ctx, (uint32_t)i) : 0;
        if (group)
            v[n++] = (struct member){group, (uint32_t)i};
    }
    if (n)
        qsort(v, n, sizeof *v, by_group);
    for (size_t from = 0; from < n; from = to) {
        for (to = from + 1; to < n && v[to].group == v[from].group; to++) {
        }
        fill_group(l, v + from, to - from);
    }
    free(v);
    return 0;
}

/* start: where lists begin; place: of each song. Returns how many are placed. */
static size_t place_songs(struct layout *l)
{
    size_t placed = 0;
    for (size_t i = 0; i < l->s->songs; i++)
        if (l->list[i] != UINT32_MAX) {
            l->start[l->list[i] + 1]++;
            placed++;
        }
    for (size_t i = 0; i < l->lists; i++)
        l->start[i + 1] += l->start[i];
    for (size_t i = 0; i < l->s->songs; i++)
        l->place[i] = l->list[i] == UINT32_MAX ? UINT32_MAX : l->start[l->list[i]]++;
    for (size_t i = l->lists; i > 0; i--)
        l->start[i] = l->start[i - 1];
    l->start[0] = 0;
    return placed;
}

static void put_placed(struct sg_segment_writer *w, const struct layout *l, const uint32_t *song,
                       size_t placed)
{
    sg_segment_begin(w, CONTENT_SONG);
    sg_segment_put(w, song, placed * sizeof *song);
    sg_segment_begin(w, CONTENT_VECTORS);
    for (size_t i = 0; i < placed; i++)
        sg_segment_put(w, l->vectors + song[i] * l->d, l->d);
    sg_segment_begin(w, CONTENT_SCALE);
    for (size_t i = 0; i < placed; i++) {
        float length = content_length(l->vectors + song[i] * l->d, l->d),
              scale = length > 0 ? 1 / length : 0;
        sg_segment_put(w, &scale, sizeof scale);
    }
}

static int write_layout(const char *path, struct layout *l, struct sg_error *e)
{
    struct sg_segment_writer w;
    size_t placed = place_songs(l);
    uint32_t *song = malloc((placed + 1) * sizeof *song);
    int rc =
        song ? sg_segment_create(&w, path, CONTENT_MAGIC, e) : sg_fail(e, SG_ENOMEM, "%s", path);
    if (rc) {
        free(song);
        return rc;
    }
    for (size_t i = 0; i < l->s->songs; i++)
        if (l->place[i] != UINT32_MAX)
            song[l->place[i]] = (uint32_t)i;
    w.header.value[0] = l->s->songs;
    w.header.value[1] = l->d;
    w.header.value[2] = l->lists;
    w.header.value[3] = placed;
    sg_segment_begin(&w, CONTENT_CENTROIDS);
    sg_segment_put(&w, l->centroids, l->lists * l->d * sizeof(float));
    sg_segment_begin(&w, CONTENT_START);
    sg_segment_put(&w, l->start, (l->lists + 1) * sizeof *l->start);
    put_placed(&w, l, song, placed);
    sg_segment_begin(&w, CONTENT_PLACE);
    sg_segment_put(&w, l->place, l->s->songs * sizeof *l->place);
    free(song);
    return sg_segment_commit(&w, e);
}

int sg_content_write(const char *path, const struct sg_content_source *s, struct sg_error *e)
{
    struct layout l = {.s = s};
    if (s->meaning && sg_meaning_songs(s->meaning)) {
        l.d = sg_meaning_song_dimensions(s->meaning);
        l.lists = sg_meaning_lists(s->meaning);
    }
    l.vectors = calloc(s->songs + 1, l.d + 1);
    l.list = malloc((s->songs + 1) * sizeof *l.list);
    l.place = malloc((s->songs + 1) * sizeof *l.place);
    l.start = calloc(l.lists + 2, sizeof *l.start);
    int rc = l.vectors && l.list && l.place && l.start ? 0 : sg_fail(e, SG_ENOMEM, "%s", path);
    if (!rc) {
        memset(l.list, 0xff, s->songs * sizeof *l.list);
        if (l.d) {
            take_vectors(&l);
            rc = fill_new_songs(&l, e);
        }
    }
    if (!rc)
        rc = content_hear(&l, e);
    if (!rc)
        rc = write_layout(path, &l, e);
    free(l.vectors);
    free(l.centroids);
    free(l.list);
    free(l.place);
    free(l.start);
    return rc;
}
