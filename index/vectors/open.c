/* open.c - a vectors file mapped, checked and asked. */
#include "index/segment.h"
#include "index/vectors/format.h"
#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

static int check_shape(struct sg_vectors *v, const struct sg_segment *g, struct sg_error *e)
{
    if (g->value[V_ROWS] > UINT32_MAX || g->value[V_DIMENSION] < 1 ||
        g->value[V_DIMENSION] > VECTORS_DIMENSION_MAX ||
        g->value[V_METRIC] > SG_VECTORS_INNER_PRODUCT)
        return sg_fail(e, SG_ECORRUPT, "a number in the header is out of its bounds");
    uint32_t spread = (uint32_t)g->value[V_SPREAD];
    memcpy(&v->spread, &spread, sizeof spread);
    v->n = g->value[V_ROWS];
    v->d = g->value[V_DIMENSION];
    v->metric = (enum sg_vectors_metric)g->value[V_METRIC];
    v->stride = vectors_stride(v->d);
    v->n_blocks = g->section[S_BLOCKS].n / sizeof *v->blocks;
    v->n_cones = g->section[S_AXES].n / (v->stride * sizeof(float));
    size_t rows = v->n * v->stride * sizeof(float);
    bool fits = g->section[S_IDS].n == v->n * sizeof *v->ids &&
                g->section[S_PLACE].n == v->n * sizeof *v->place &&
                g->section[S_OWNER].n == v->n * sizeof *v->owner &&
                g->section[S_BLOCKS].n == v->n_blocks * sizeof *v->blocks &&
                g->section[S_AXES].n == v->n_cones * v->stride * sizeof(float) &&
                g->section[S_ROWS].n >= rows && g->section[S_ROWS].n < rows + VECTORS_LINE &&
                g->section[S_ROWS].n % sizeof(float) == 0 && v->n_blocks <= v->n &&
                isfinite(v->spread) && v->spread >= 0;
    return fits ? 0 : sg_fail(e, SG_ECORRUPT, "sections do not fit together");
}

static int check_sum(const struct sg_segment *g, struct sg_error *e)
{
    uint64_t sum = 0;
    for (int i = 0; i < S_N; i++)
        sum = XXH3_64bits_withSeed(g->section[i].p, g->section[i].n, sum);
    return sum == g->value[V_SUM] ? 0 : sg_fail(e, SG_ECORRUPT, "checksum differs");
}

/* A search follows these numbers without looking again. */
static int check_numbers(const struct sg_vectors *v, struct sg_error *e)
{
    size_t rows = 0;
    for (size_t i = 0; i < v->n_blocks; i++) {
        const struct cone_block *b = &v->blocks[i];
        if (b->first != rows || b->n < 1 || b->n > BLOCK_ROWS || b->cone >= v->n_cones ||
            !isfinite(b->longest) || !isfinite(b->along) || !isfinite(b->across))
            return sg_fail(e, SG_ECORRUPT, "block %zu is out of its bounds", i);
        rows += b->n;
    }
    if (rows != v->n)
        return sg_fail(e, SG_ECORRUPT, "blocks of %zu rows, expected %zu", rows, v->n);
    for (size_t i = 0; i < v->n; i++)
        if (v->place[i] >= v->n || v->owner[v->place[i]] != i || (i && v->ids[i] <= v->ids[i - 1]))
            return sg_fail(e, SG_ECORRUPT, "id %zu is out of its place", i);
    return 0;
}

int sg_vectors_open_bytes(struct sg_vectors **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    struct sg_vectors *v = calloc(1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "vectors");
    int rc = sg_segment_parse(&g, bytes, VECTORS_MAGIC, e);
    if (!rc)
        rc = check_shape(v, &g, e);
    if (!rc)
        rc = check_sum(&g, e);
    if (!rc) {
        v->ids = (const void *)g.section[S_IDS].p;
        v->place = (const void *)g.section[S_PLACE].p;
        v->owner = (const void *)g.section[S_OWNER].p;
        v->blocks = (const void *)g.section[S_BLOCKS].p;
        v->axes = (const void *)g.section[S_AXES].p;
        v->rows = (const void *)(g.section[S_ROWS].p + g.section[S_ROWS].n -
                                 v->n * v->stride * sizeof(float));
        rc = (uintptr_t)v->ids % 8 || (uintptr_t)v->place % 4 || (uintptr_t)v->owner % 4 ||
                     (uintptr_t)v->blocks % 4 || (uintptr_t)v->axes % 4 || (uintptr_t)v->rows % 4
                 ? sg_fail(e, SG_ECORRUPT, "a section is not aligned")
                 : check_numbers(v, e);
    }
    if (rc)
        sg_vectors_close(v);
    else
        *out = v;
    return rc;
}

int sg_vectors_open(struct sg_vectors **out, const char *path, struct sg_error *e)
{
    struct sg_map m;
    struct sg_vectors *v;
    int rc = sg_map_open(&m, path, sizeof(struct sg_segment_header), e);
    if (rc)
        return rc;
    rc = sg_vectors_open_bytes(&v, (struct sg_str){(const char *)m.p, m.n}, e);
    if (rc) {
        sg_map_close(&m);
        (void)sg_wrap(e, "%s", path);
        return rc;
    }
    v->map = m;
    *out = v;
    return 0;
}

void sg_vectors_close(struct sg_vectors *v)
{
    if (!v)
        return;
    vectors_free_spares(v);
    sg_map_close(&v->map);
    free(v);
}

size_t sg_vectors_count(const struct sg_vectors *v)
{
    return v->n;
}

size_t sg_vectors_dimension(const struct sg_vectors *v)
{
    return v->d;
}

enum sg_vectors_metric sg_vectors_metric(const struct sg_vectors *v)
{
    return v->metric;
}

/* Only the spares change, by atomic swaps. */
int sg_vectors_search(const struct sg_vectors *v, const float *query, size_t k,
                      struct sg_neighbour *out, struct sg_error *e)
{
    return vectors_search((struct sg_vectors *)v, query, k, v->n > READ_ALL ? v->spread : -1, out,
                          e);
}

int sg_vectors_search_all(const struct sg_vectors *v, const float *query, size_t k,
                          struct sg_neighbour *out, struct sg_error *e)
{
    return vectors_search((struct sg_vectors *)v, query, k, -1, out, e);
}

const float *sg_vectors_row(const struct sg_vectors *v, uint64_t id)
{
    size_t lo = 0, hi = v->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (v->ids[mid] < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < v->n && v->ids[lo] == id ? v->rows + v->place[lo] * v->stride : NULL;
}

bool sg_vectors_get(const struct sg_vectors *v, uint64_t id, float *out)
{
    const float *row = sg_vectors_row(v, id);
    if (row)
        memcpy(out, row, v->d * sizeof *out);
    return row != NULL;
}
