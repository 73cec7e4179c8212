/* vectors.h - approximate nearest neighbours, by cosine or by inner product. Ids are the
 * caller's 64-bit entity ids, each once.
 *
 * Rows lie in cones about axes found by FAISS's k-means, in blocks of falling length
 * (inner product) or growing angle (cosine). What the best row of a block can score is
 * estimated from its longest row and its angles, and blocks are read best first until no
 * estimate reaches the k-th best score found. How much a block is given beyond its mean
 * angle is measured when building, so that 98.5 of 100 of the ten best are found. Everything
 * is read from the mapped file. The estimate is of the family of Ram and Gray, "Maximum
 * Inner-Product Search using Cone Trees", KDD 2012; docs/recommendations.md has it.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sg_vectors_metric {
    SG_VECTORS_COSINE,        /* rows are normalised inside */
    SG_VECTORS_INNER_PRODUCT, /* rows stay as they are: a user's best items */
};
struct sg_neighbour {
    uint64_t id;
    float score; /* in the metric */
};
struct sg_vectors; /* thread-safe after open */

int sg_vectors_open(struct sg_vectors **out, const char *path,
                    struct sg_error *e); /* SG_ENOENT, SG_ECORRUPT */
/* Of bytes that stay where they are until close; what is fuzzed. */
int sg_vectors_open_bytes(struct sg_vectors **out, struct sg_str bytes, struct sg_error *e);
void sg_vectors_close(struct sg_vectors *v);
size_t sg_vectors_count(const struct sg_vectors *v);
size_t sg_vectors_dimension(const struct sg_vectors *v);
enum sg_vectors_metric sg_vectors_metric(const struct sg_vectors *v);

/* query: dimension floats, of any length. Returns how many (<= k), best first, or a
 * negative error: SG_ENOMEM, SG_EINVAL when the query is not finite. */
int sg_vectors_search(const struct sg_vectors *v, const float *query, size_t k,
                      struct sg_neighbour *out, struct sg_error *e);
/* As search, reading every row: the truth to compare with. */
int sg_vectors_search_all(const struct sg_vectors *v, const float *query, size_t k,
                          struct sg_neighbour *out, struct sg_error *e);
/* The stored vector of an id, dimension floats valid until close: NULL when unknown. */
const float *sg_vectors_row(const struct sg_vectors *v, uint64_t id);
/* The same copied: false when unknown. */
bool sg_vectors_get(const struct sg_vectors *v, uint64_t id, float *out);

struct sg_vectors_options {
    enum sg_vectors_metric metric;
    int threads;
    /* Some queries of the kind to come, n_queries x dimension floats, to measure the search
     * with: a sample of the users' vectors. NULL: rows take their part. */
    const float *queries;
    size_t n_queries;
};
/* rows: n x dimension floats, row-major. Writes to path atomically. */
int sg_vectors_build_for(const char *path, const float *rows, const uint64_t *ids, size_t n,
                         size_t dimension, const struct sg_vectors_options *o, struct sg_error *e);
/* By cosine. */
int sg_vectors_build(const char *path, const float *rows, const uint64_t *ids, size_t n,
                     size_t dimension, int threads, struct sg_error *e);
