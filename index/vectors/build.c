/* build.c - rows into cones and blocks, the search measured, the file written. */
#include "index/segment.h"
#include "index/vectors/cones.h"
#include "index/vectors/format.h"
#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum { TRIALS = 128, TRIAL_K = 10 };
static const float recall_wanted = 0.985f;

struct builder {
    size_t n, d, stride, n_cones, n_blocks;
    uint64_t *ids;
    uint32_t *place, *owner, *cone;
    uint32_t *order; /* input rows in the order of the file */
    float *cosine, *length, *axes, *rows;
    struct cone_block *blocks;
};

static void builder_free(struct builder *b)
{
    free(b->ids);
    free(b->place);
    free(b->owner);
    free(b->cone);
    free(b->order);
    free(b->cosine);
    free(b->length);
    free(b->axes);
    free(b->rows);
    free(b->blocks);
}

/* About 4 sqrt(n) cones, as FAISS's guide advises, of 39 rows or more. */
static size_t cone_count(size_t n)
{
    size_t k = (size_t)(4 * sqrt((double)n));
    k = k < n / 39 ? k : n / 39;
    return k ? k : 1;
}

static bool builder_alloc(struct builder *b, size_t n, size_t d)
{
    *b = (struct builder){.n = n, .d = d, .stride = vectors_stride(d), .n_cones = cone_count(n)};
    b->ids = malloc((n + 1) * sizeof *b->ids);
    b->place = malloc((n + 1) * sizeof *b->place);
    b->owner = malloc((n + 1) * sizeof *b->owner);
    b->cone = calloc(n + 1, sizeof *b->cone);
    b->order = malloc((n + 1) * sizeof *b->order);
    b->cosine = calloc(n + 1, sizeof *b->cosine);
    b->length = calloc(n + 1, sizeof *b->length);
    b->axes = calloc(b->n_cones * b->stride, sizeof *b->axes);
    b->rows = aligned_alloc(VECTORS_LINE, (n + 1) * b->stride * sizeof *b->rows);
    b->blocks = malloc((n + 1) * sizeof *b->blocks);
    return b->ids && b->place && b->owner && b->cone && b->order && b->cosine && b->length &&
           b->axes && b->rows && b->blocks;
}

/* b->rows become the input's directions: of length 1, or 0. */
static int take_directions(struct builder *b, const float *rows, struct sg_error *e)
{
    for (size_t i = 0; i < b->n; i++) {
        const float *from = rows + i * b->d;
        float *to = b->rows + i * b->stride;
        double sum = 0;
        for (size_t f = 0; f < b->d; f++)
            sum += (double)from[f] * from[f];
        if (!isfinite(sum))
            return sg_fail(e, SG_EINVAL, "vectors: row %zu is not finite", i);
        b->length[i] = (float)sqrt(sum);
        double by = sum > 0 ? 1 / sqrt(sum) : 0;
        for (size_t f = 0; f < b->stride; f++)
            to[f] = f < b->d ? (float)(from[f] * by) : 0;
    }
    return 0;
}

struct sort_key {
    const struct builder *b;
    bool by_length;
};

static int by_cone(const void *x, const void *y, void *ctx)
{
    const struct sort_key *key = ctx;
    uint32_t i = *(const uint32_t *)x, j = *(const uint32_t *)y;
    if (key->b->cone[i] != key->b->cone[j])
        return key->b->cone[i] < key->b->cone[j] ? -1 : 1;
    const float *v = key->by_length ? key->b->length : key->b->cosine;
    if (v[i] != v[j])
        return v[i] > v[j] ? -1 : 1;
    return (i > j) - (i < j);
}

static int by_id(const void *x, const void *y, void *ctx)
{
    const uint64_t *ids = ctx;
    uint64_t i = ids[*(const uint32_t *)x], j = ids[*(const uint32_t *)y];
    return (i > j) - (i < j);
}

/* ids ascending, place and owner; uses place as the order while sorting. */
static int number(struct builder *b, const uint64_t *ids, struct sg_error *e)
{
    uint32_t *row_of = malloc((b->n + 1) * sizeof *row_of); /* by input row */
    if (!row_of)
        return sg_fail(e, SG_ENOMEM, "vectors");
    for (size_t i = 0; i < b->n; i++) {
        row_of[b->order[i]] = (uint32_t)i;
        b->place[i] = (uint32_t)i;
    }
    if (b->n)
        qsort_r(b->place, b->n, sizeof *b->place, by_id, (void *)ids);
    int rc = 0;
    for (size_t i = 0; i < b->n; i++) {
        b->ids[i] = ids[b->place[i]];
        b->place[i] = row_of[b->place[i]];
        b->owner[b->place[i]] = (uint32_t)i;
        if (i && b->ids[i] == b->ids[i - 1])
            rc = sg_fail(e, SG_EINVAL, "vectors: id %llu comes twice",
                         (unsigned long long)b->ids[i]);
    }
    free(row_of);
    return rc;
}

static void cut_blocks(struct builder *b, bool cosine)
{
    for (size_t at = 0; at < b->n;) {
        struct cone_block block = {.first = (uint32_t)at, .cone = b->cone[b->order[at]]};
        double along = 0;
        for (; at < b->n && block.n < BLOCK_ROWS && b->cone[b->order[at]] == block.cone; at++) {
            uint32_t i = b->order[at];
            float length = cosine ? (b->length[i] > 0) : b->length[i];
            block.longest = length > block.longest ? length : block.longest;
            along += (double)b->cosine[i];
            block.n++;
        }
        block.along = (float)(along / block.n);
        float across = 1 - block.along * block.along;
        block.across = across > 0 ? sqrtf(across) : 0;
        b->blocks[b->n_blocks++] = block;
    }
}

/* The rows of the file: directions, or as they came in. */
static int lay_rows(struct builder *b, const float *rows, bool cosine, struct sg_error *e)
{
    float *laid = aligned_alloc(VECTORS_LINE, (b->n + 1) * b->stride * sizeof *laid);
    if (!laid)
        return sg_fail(e, SG_ENOMEM, "vectors");
    memset(laid, 0, (b->n + 1) * b->stride * sizeof *laid);
    for (size_t i = 0; i < b->n; i++)
        memcpy(laid + i * b->stride,
               cosine ? b->rows + b->order[i] * b->stride : rows + b->order[i] * b->d,
               b->d * sizeof *laid);
    free(b->rows);
    b->rows = laid;
    return 0;
}

static int arrange(struct builder *b, const float *rows, const uint64_t *ids,
                   const struct sg_vectors_options *o, struct sg_error *e)
{
    bool cosine = o->metric == SG_VECTORS_COSINE;
    int rc = take_directions(b, rows, e);
    if (!rc && b->n > READ_ALL)
        rc = vectors_find_cones(b->rows, b->n, b->stride, b->n_cones, o->threads, b->axes, b->cone,
                                b->cosine, e);
    else
        b->n_cones = 1;
    if (rc)
        return rc;
    for (size_t i = 0; i < b->n; i++)
        b->order[i] = (uint32_t)i;
    struct sort_key key = {b, !cosine};
    if (b->n)
        qsort_r(b->order, b->n, sizeof *b->order, by_cone, &key);
    cut_blocks(b, cosine);
    rc = number(b, ids, e);
    return rc ? rc : lay_rows(b, rows, cosine, e);
}

/* Of the k best, how many are found with this spread; < 0: an error. */
static int hits_of(struct sg_vectors *v, const float *q, float spread,
                   const struct sg_neighbour *truth, int k, struct sg_error *e)
{
    struct sg_neighbour found[TRIAL_K];
    int hits = 0, n = vectors_search(v, q, TRIAL_K, spread, found, e);
    for (int i = 0; i < n && k > 0; i++)
        hits += found[i].score >= truth[k - 1].score;
    return n < 0 ? n : hits;
}

/* The smallest spread that finds what is wanted of the trial queries' neighbours, or the one
 * that finds the most: with too large a one, the rows that may be read are used up in vain. */
static int measure_spread(struct sg_vectors *v, const float *queries, size_t n, size_t step,
                          struct sg_error *e)
{
    struct sg_neighbour truth[TRIALS][TRIAL_K];
    int k[TRIALS], total = 0, rc = 0;
    for (size_t i = 0; i < n; i++) {
        k[i] = vectors_search(v, queries + i * step, TRIAL_K, -1, truth[i], e);
        if (k[i] < 0)
            return k[i];
        total += k[i];
    }
    int most = -1;
    float best = 0;
    for (v->spread = 0.1f; v->spread < 1; v->spread *= 1.06f) {
        int hits = 0;
        for (size_t i = 0; i < n && rc >= 0; i++)
            hits += rc = hits_of(v, queries + i * step, v->spread, truth[i], k[i], e);
        if (rc >= 0 && hits > most) {
            most = hits;
            best = v->spread;
        }
        if (rc < 0 || (float)hits >= recall_wanted * (float)total)
            break;
    }
    v->spread = best;
    return rc < 0 ? rc : 0;
}

static int measure(struct builder *b, const struct sg_vectors_options *o, float *spread,
                   struct sg_error *e)
{
    struct sg_vectors v = {.n = b->n,
                           .d = b->d,
                           .stride = b->stride,
                           .n_blocks = b->n_blocks,
                           .n_cones = b->n_cones,
                           .metric = o->metric,
                           .ids = b->ids,
                           .place = b->place,
                           .owner = b->owner,
                           .blocks = b->blocks,
                           .axes = b->axes,
                           .rows = b->rows};
    size_t have = o->n_queries ? o->n_queries : b->n, trials = have < TRIALS ? have : TRIALS;
    size_t each = trials ? have / trials : 0;
    int rc = 0;
    if (b->n > READ_ALL)
        rc = o->n_queries ? measure_spread(&v, o->queries, trials, each * b->d, e)
                          : measure_spread(&v, b->rows, trials, each * b->stride, e);
    *spread = v.spread < 1 ? v.spread : 1;
    vectors_free_spares(&v);
    return rc;
}

static int write_file(const struct builder *b, const char *path, enum sg_vectors_metric metric,
                      float spread, struct sg_error *e)
{
    static const char zeros[VECTORS_LINE];
    struct sg_segment_writer w;
    uint32_t bits;
    memcpy(&bits, &spread, sizeof bits);
    const struct sg_str part[S_ROWS] = {
        {(const char *)b->ids, b->n * sizeof *b->ids},
        {(const char *)b->place, b->n * sizeof *b->place},
        {(const char *)b->owner, b->n * sizeof *b->owner},
        {(const char *)b->blocks, b->n_blocks * sizeof *b->blocks},
        {(const char *)b->axes, b->n_cones * b->stride * sizeof *b->axes},
    };
    int rc = sg_segment_create(&w, path, VECTORS_MAGIC, e);
    if (rc)
        return rc;
    uint64_t sum = 0;
    for (int i = 0; i < S_ROWS; i++) {
        sg_segment_begin(&w, i);
        sg_segment_put(&w, part[i].p, part[i].n);
        sum = XXH3_64bits_withSeed(part[i].p, part[i].n, sum);
    }
    sg_segment_begin(&w, S_ROWS);
    size_t pad = (VECTORS_LINE - w.at % VECTORS_LINE) % VECTORS_LINE;
    size_t bytes = b->n * b->stride * sizeof *b->rows;
    XXH3_state_t *state = XXH3_createState();
    if (!state) {
        sg_segment_abort(&w);
        return sg_fail(e, SG_ENOMEM, "%s", path);
    }
    XXH3_64bits_reset_withSeed(state, sum);
    XXH3_64bits_update(state, zeros, pad);
    XXH3_64bits_update(state, b->rows, bytes);
    sum = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    sg_segment_put(&w, zeros, pad);
    sg_segment_put(&w, b->rows, bytes);
    const uint64_t value[] = {b->n, b->d, metric, bits, sum};
    memcpy(w.header.value, value, sizeof value);
    return sg_segment_commit(&w, e);
}

int sg_vectors_build_for(const char *path, const float *rows, const uint64_t *ids, size_t n,
                         size_t dimension, const struct sg_vectors_options *o, struct sg_error *e)
{
    struct builder b;
    float spread = 0;
    if (dimension < 1 || dimension > VECTORS_DIMENSION_MAX)
        return sg_fail(e, SG_EINVAL, "vectors: dimension %zu, expected 1 to %d", dimension,
                       VECTORS_DIMENSION_MAX);
    if (n >= UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "vectors: more than %u rows", UINT32_MAX);
    int rc = builder_alloc(&b, n, dimension) ? 0 : sg_fail(e, SG_ENOMEM, "%s", path);
    if (!rc)
        rc = arrange(&b, rows, ids, o, e);
    if (!rc)
        rc = measure(&b, o, &spread, e);
    if (!rc)
        rc = write_file(&b, path, o->metric, spread, e);
    builder_free(&b);
    return rc;
}

int sg_vectors_build(const char *path, const float *rows, const uint64_t *ids, size_t n,
                     size_t dimension, int threads, struct sg_error *e)
{
    struct sg_vectors_options o = {.metric = SG_VECTORS_COSINE, .threads = threads};
    return sg_vectors_build_for(path, rows, ids, n, dimension, &o, e);
}
