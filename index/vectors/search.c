/* search.c - the k best rows, block by block from the best estimate down.
 *
 * With a query q at the angle A of a cone's axis, and a row v at the angle B of it,
 *   q.v = |q| |v| (cos A cos B + sin A sin B z),
 * z being how much the two lie on one side of the axis: at most 1, but in d dimensions
 * seldom above a few times 1 / sqrt(d - 1). z = spread is what a block is given.
 */
#include "index/vectors/dots.h"
#include "index/vectors/format.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 2048 };

struct search_scratch {
    float query[VECTORS_DIMENSION_MAX], scores[BLOCK_ROWS];
    uint32_t bucket_end[BUCKETS + 1];
    float *to_axis;  /* n_cones: q.axis */
    float *estimate; /* n_blocks */
    uint32_t *order; /* n_blocks: by bucket of the estimate, best first */
};

struct found { /* a heap, the worst on top; id is a row until the end */
    struct sg_neighbour *v;
    size_t n, k;
};

static void scratch_free(struct search_scratch *s)
{
    if (s) {
        free(s->to_axis);
        free(s->estimate);
        free(s->order);
    }
    free(s);
}

static struct search_scratch *scratch_take(struct sg_vectors *v)
{
    for (size_t i = 0; i < sizeof v->spare / sizeof *v->spare; i++) {
        struct search_scratch *s = atomic_exchange(&v->spare[i], NULL);
        if (s)
            return s;
    }
    struct search_scratch *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->to_axis = malloc((v->n_cones + 1) * sizeof *s->to_axis);
    s->estimate = malloc((v->n_blocks + 1) * sizeof *s->estimate);
    s->order = malloc((v->n_blocks + 1) * sizeof *s->order);
    if (s->to_axis && s->estimate && s->order)
        return s;
    scratch_free(s);
    return NULL;
}

static void scratch_give(struct sg_vectors *v, struct search_scratch *s)
{
    for (size_t i = 0; i < sizeof v->spare / sizeof *v->spare; i++) {
        struct search_scratch *none = NULL;
        if (atomic_compare_exchange_strong(&v->spare[i], &none, s))
            return;
    }
    scratch_free(s);
}

void vectors_free_spares(struct sg_vectors *v)
{
    for (size_t i = 0; i < sizeof v->spare / sizeof *v->spare; i++)
        scratch_free(atomic_exchange(&v->spare[i], NULL));
}

static bool worse(const struct sg_neighbour *a, const struct sg_neighbour *b)
{
    return a->score < b->score || (a->score == b->score && a->id > b->id);
}

static void sift_down(struct sg_neighbour *v, size_t n, size_t i)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && worse(&v[child + 1], &v[child]))
            child++;
        if (!worse(&v[child], &v[i]))
            return;
        struct sg_neighbour t = v[i];
        v[i] = v[child];
        v[child] = t;
    }
}

static void offer(struct found *f, uint64_t row, float score)
{
    struct sg_neighbour it = {row, score};
    if (f->n == f->k) {
        if (worse(&f->v[0], &it)) {
            f->v[0] = it;
            sift_down(f->v, f->n, 0);
        }
        return;
    }
    f->v[f->n++] = it;
    if (f->n == f->k)
        for (size_t i = f->n / 2; i-- > 0;)
            sift_down(f->v, f->n, i);
}

static void read_block(const struct sg_vectors *v, vectors_dots_fn *dots,
                       const struct cone_block *b, struct search_scratch *s, struct found *f)
{
    dots(v->rows + b->first * v->stride, b->n, v->stride, s->query, s->scores);
    for (uint32_t i = 0; i < b->n; i++)
        if (f->n < f->k || s->scores[i] >= f->v[0].score)
            offer(f, b->first + i, s->scores[i]);
}

static void estimate(const struct sg_vectors *v, struct search_scratch *s, float length,
                     float spread)
{
    float inverse = length > 0 ? 1 / length : 0;
    for (size_t i = 0; i < v->n_blocks; i++) {
        const struct cone_block *b = &v->blocks[i];
        float along = s->to_axis[b->cone] * inverse;
        float across = 1 - along * along;
        across = across > 0 ? sqrtf(across) : 0;
        s->estimate[i] = length * b->longest * (along * b->along + spread * across * b->across);
    }
}

static uint32_t bucket_of(float estimate, float top, float per)
{
    float at = (top - estimate) * per;
    return at < BUCKETS - 1 ? (uint32_t)at : BUCKETS - 1;
}

/* Counting sort into buckets of equal width, the best estimates first. */
static void sort_blocks(const struct sg_vectors *v, struct search_scratch *s, float *top,
                        float *width)
{
    float low = s->estimate[0], high = s->estimate[0];
    for (size_t i = 1; i < v->n_blocks; i++) {
        low = s->estimate[i] < low ? s->estimate[i] : low;
        high = s->estimate[i] > high ? s->estimate[i] : high;
    }
    float per = high > low ? BUCKETS / (high - low) : 0;
    *top = high;
    *width = per > 0 ? 1 / per : 0;
    memset(s->bucket_end, 0, sizeof s->bucket_end);
    for (size_t i = 0; i < v->n_blocks; i++)
        s->bucket_end[bucket_of(s->estimate[i], high, per) + 1]++;
    for (size_t i = 1; i <= BUCKETS; i++)
        s->bucket_end[i] += s->bucket_end[i - 1];
    for (size_t i = 0; i < v->n_blocks; i++)
        s->order[s->bucket_end[bucket_of(s->estimate[i], high, per)]++] = (uint32_t)i;
}

/* At most a twenty-fourth of many rows is read, so that a query like no row takes no longer. */
static size_t most_rows(const struct sg_vectors *v, size_t k)
{
    return READ_ALL + 16 * k + v->n / 24;
}

static void read_best(const struct sg_vectors *v, vectors_dots_fn *dots, struct search_scratch *s,
                      struct found *f)
{
    float top, width;
    size_t read = 0, most = most_rows(v, f->k);
    sort_blocks(v, s, &top, &width);
    for (size_t bucket = 0, i = 0; bucket < BUCKETS; bucket++) {
        if (f->n == f->k && (read > most || top - width * (float)bucket < f->v[0].score))
            return;
        for (; i < s->bucket_end[bucket]; i++) {
            const struct cone_block *b = &v->blocks[s->order[i]];
            if (f->n == f->k && s->estimate[s->order[i]] < f->v[0].score)
                continue;
            read_block(v, dots, b, s, f);
            read += b->n;
        }
    }
}

static int take_query(const struct sg_vectors *v, const float *query, struct search_scratch *s,
                      float *length, struct sg_error *e)
{
    double sum = 0;
    for (size_t i = 0; i < v->d; i++)
        sum += (double)query[i] * query[i];
    if (!isfinite(sum))
        return sg_fail(e, SG_EINVAL, "nearest neighbours: the query is not finite");
    double by = v->metric == SG_VECTORS_COSINE && sum > 0 ? 1 / sqrt(sum) : 1;
    memset(s->query, 0, v->stride * sizeof *s->query);
    for (size_t i = 0; i < v->d; i++)
        s->query[i] = (float)(query[i] * by);
    *length = (float)(sqrt(sum) * by);
    return 0;
}

static int best_first(const void *a, const void *b)
{
    return worse(a, b) ? 1 : worse(b, a) ? -1 : 0;
}

int vectors_search(struct sg_vectors *v, const float *query, size_t k, float spread,
                   struct sg_neighbour *out, struct sg_error *e)
{
    vectors_dots_fn *dots = vectors_dots();
    struct found f = {.v = out, .k = k < v->n ? k : v->n};
    float length = 0;
    if (!f.k)
        return 0;
    struct search_scratch *s = scratch_take(v);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "nearest neighbours");
    int rc = take_query(v, query, s, &length, e);
    if (!rc && spread < 0) {
        for (size_t i = 0; i < v->n_blocks; i++)
            read_block(v, dots, &v->blocks[i], s, &f);
    } else if (!rc) {
        dots(v->axes, v->n_cones, v->stride, s->query, s->to_axis);
        estimate(v, s, length, spread);
        read_best(v, dots, s, &f);
    }
    scratch_give(v, s);
    if (rc)
        return rc;
    for (size_t i = 0; i < f.n; i++)
        out[i].id = v->ids[v->owner[out[i].id]];
    qsort(out, f.n, sizeof *out, best_first);
    return (int)f.n;
}
