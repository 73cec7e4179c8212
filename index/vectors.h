/* vectors.h - approximate nearest neighbours (inner product on unit vectors)
 * by FAISS: HNSW up to 2M vectors, IVF-PQ with refinement above. Ids are the
 * caller's 64-bit entity ids.
 */
#pragma once
#include "core/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sg_neighbour {
    uint64_t id;
    float score; /* cosine */
};
struct sg_vectors; /* thread-safe after open */
int sg_vectors_open(struct sg_vectors **out, const char *path,
                    struct sg_error *e); /* SG_ECORRUPT */
void sg_vectors_close(struct sg_vectors *v);
size_t sg_vectors_count(const struct sg_vectors *v);
size_t sg_vectors_dimension(const struct sg_vectors *v);
/* query: dimension floats. Returns how many (<= k), best first, or a negative error. */
int sg_vectors_search(const struct sg_vectors *v, const float *query, size_t k,
                      struct sg_neighbour *out, struct sg_error *e);
/* The stored vector of an id: false when unknown. */
bool sg_vectors_get(const struct sg_vectors *v, uint64_t id, float *out);
/* rows: n x dimension floats, row-major; normalised inside. Writes to path atomically. */
int sg_vectors_build(const char *path, const float *rows, const uint64_t *ids, size_t n,
                     size_t dimension, int threads, struct sg_error *e);
