/* kind.h - what a model fills to be a scorer. Private to recsys/models. */
#pragma once
#include "recsys/models/scorer.h"
#include <float.h>

struct sg_param {
    const char *name; /* NULL ends the table */
    double value, low, high;
    const char *help;
};
struct sg_model_kind {
    const char *name, *summary;
    const struct sg_param *params;
    /* p: the parameters' values in the table's order; parts: the text in (), or NULL. */
    int (*fit)(void **state, const struct sg_fit *f, const double *p, const char *parts,
               struct sg_error *e);
    int (*score)(const void *state, const struct sg_row *rows, size_t n, float *out,
                 struct sg_error *e);
    void (*free)(void *state);
    void (*describe)(const void *state, FILE *to); /* may be NULL */
};
extern const struct sg_model_kind sg_model_popularity, sg_model_item_knn, sg_model_user_knn,
    sg_model_linear, sg_model_graph, sg_model_als, sg_model_blend;

static inline void sg_fit_progress(const struct sg_fit *f, const char *step, double done)
{
    if (f->progress)
        f->progress(f->ctx, step, done);
}

/* One scorer's per-worker memory: `floats` zeroed floats and room for as many numbers. */
struct sg_bench {
    float *sum;
    uint32_t *touched;
};
/* Adds what is > 0 (too small or negative counts as next to nothing, so that a sum once
 * touched is never 0 again) and notes the first touch; returns how many are touched. */
static inline size_t sg_bench_add(struct sg_bench *b, size_t touched, uint32_t at, float value)
{
    if (b->sum[at] == 0)
        b->touched[touched++] = at;
    b->sum[at] += value > FLT_MIN ? value : FLT_MIN;
    return touched;
}
int sg_bench_open(struct sg_bench *b, size_t floats);
void sg_bench_close(struct sg_bench *b);
/* One for each of n workers; NULL when out of memory. */
struct sg_bench *sg_benches_open(int n, size_t floats);
void sg_benches_close(struct sg_bench *b, int n);
