/* format.h - vectors on disk. Private to index/vectors.
 *
 *   segment "SGVECS02": values: rows, dimension, metric, spread (float), XXH3 of sections 0-5
 *     0 ids      u64[n], ascending
 *     1 place    u32[n]: the row of ids[i]
 *     2 owner    u32[n]: the id's number of a row
 *     3 blocks   struct cone_block[]
 *     4 axes     float[cones x stride], of length 1
 *     5 rows     float[n x stride], block after block; zeros before the first one bring
 *                it to a multiple of 64 bytes in the file
 *
 * stride is the dimension rounded up to 16 floats, filled with zeros.
 */
#pragma once
#include "core/map.h"
#include "index/vectors.h"
#include <stdatomic.h>

enum {
    VECTORS_DIMENSION_MAX = 4096,
    VECTORS_PAD = 16,
    VECTORS_LINE = 64,
    BLOCK_ROWS = 64,
    READ_ALL = 8192, /* so few rows are all read: no estimate pays */
};
enum { V_ROWS, V_DIMENSION, V_METRIC, V_SPREAD, V_SUM };
enum { S_IDS, S_PLACE, S_OWNER, S_BLOCKS, S_AXES, S_ROWS, S_N };
#define VECTORS_MAGIC "SGVECS02"

struct cone_block {
    uint32_t first, n, cone;
    float longest;       /* of its rows' lengths */
    float along, across; /* mean cosine of its rows to the axis, and the sine of that angle */
};

struct search_scratch; /* search.c */

struct sg_vectors {
    struct sg_map map;
    size_t n, d, stride, n_blocks, n_cones;
    enum sg_vectors_metric metric;
    float spread; /* across a cone, how far its best row may lie towards the query: 0..1 */
    const uint64_t *ids;
    const uint32_t *place, *owner;
    const struct cone_block *blocks;
    const float *axes, *rows;
    _Atomic(struct search_scratch *) spare[8]; /* of searches that ended */
};

static inline size_t vectors_stride(size_t d)
{
    return (d + VECTORS_PAD - 1) / VECTORS_PAD * VECTORS_PAD;
}

/* spread < 0: reads every row. */
int vectors_search(struct sg_vectors *v, const float *query, size_t k, float spread,
                   struct sg_neighbour *out, struct sg_error *e);
void vectors_free_spares(struct sg_vectors *v);
