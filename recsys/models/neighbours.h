/* neighbours.h - a sparse item x item matrix: of every target item its k strongest
 * sources, kept by source so that a row of items is scored by adding up. Private to
 * recsys/models.
 *
 * Memory: 8 bytes x k x items, twice while it is built.
 */
#pragma once
#include "recsys/models/kind.h"

struct sg_neighbours {
    size_t n;
    size_t *start;  /* n + 1, by source */
    uint32_t *item; /* targets */
    float *weight;
};

/* Finds the sources of one target: at most k into out, any order; returns how many.
 * bench: of this worker, whose sums must be left zero. */
typedef size_t (*sg_sources_fn)(void *ctx, uint32_t target, int worker, struct sg_scored *out);

/* For all n targets in parallel. SG_ENOMEM, SG_ECANCELED. */
int sg_neighbours_build(struct sg_neighbours *out, size_t n, size_t k, const struct sg_fit *f,
                        const char *step, sg_sources_fn fn, void *ctx, struct sg_error *e);
void sg_neighbours_free(struct sg_neighbours *m);
/* As a model's whole state: sg_model_kind's score, which cannot fail, and free of what was
 * malloc'd. */
int sg_neighbours_score(const void *state, const struct sg_row *rows, size_t n, float *out,
                        struct sg_error *e);
void sg_neighbours_close(void *state);

/* Adds up the weighted co-occurrence of `item` with every other item in b->sum, whose
 * indices go to b->touched; returns how many. The caller zeroes them again. */
size_t sg_cooccurring(const struct sg_interactions *x, uint32_t item, struct sg_bench *b);
/* The euclidean norm of every row of a side: malloc'd, NULL when out of memory. */
float *sg_norms(const struct sg_side *side);
