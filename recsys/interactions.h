/* interactions.h - who played what: a sparse users x items matrix, by row and by
 * column, with ids mapped to dense numbers in ascending order.
 */
#pragma once
#include "core/err.h"
#include <stddef.h>
#include <stdint.h>

struct sg_side {     /* of one row: other[start[r]] .. other[start[r + 1]] */
    size_t n;        /* rows */
    uint64_t *id;    /* the caller's ids, ascending */
    size_t *start;   /* n + 1 */
    uint32_t *other; /* row numbers of the other side, ascending */
    float *weight;   /* > 0, alike in both sides */
};
struct sg_interactions {
    struct sg_side users, items;
    size_t n; /* pairs */
};

/* Pairs as they come, repeated ones adding up; finish sorts them into both sides. */
struct sg_interactions_builder;
int sg_interactions_begin(struct sg_interactions_builder **out, struct sg_error *e);
/* At most 2^32 - 1 pairs: SG_ELIMIT. */
int sg_interactions_add(struct sg_interactions_builder *b, uint64_t user, uint64_t item,
                        float weight, struct sg_error *e);
/* Frees b, whatever it returns. */
int sg_interactions_finish(struct sg_interactions_builder *b, struct sg_interactions *out,
                           struct sg_error *e);
void sg_interactions_abort(struct sg_interactions_builder *b);
void sg_interactions_free(struct sg_interactions *x);
