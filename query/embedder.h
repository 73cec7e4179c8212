/* embedder.h - the vector of a query from the embeddings server (core/embeddings.h), for as
 * long as a search may wait for it.
 *
 * One thread asks, for all queries that wait at the time together; searches wait for it
 * embeddings.query_timeout_ms at most. A vector that comes too late is there the next time:
 * the last ones are kept. After some waits in vain searches stop waiting, until an answer is
 * in time again. Thread-safe.
 */
#pragma once
#include "core/embeddings.h"

struct sg_embedder;
int sg_embedder_open(struct sg_embedder **out, const struct sg_config *c, struct sg_error *e);
void sg_embedder_close(struct sg_embedder *x); /* no search waits any more; NULL too */
/* As sg_embeddings_source and _dimensions. */
uint64_t sg_embedder_source(const struct sg_embedder *x);
size_t sg_embedder_dimensions(const struct sg_embedder *x);
/* deadline_us: sg_now_us's clock, 0: none. out: unit length. False: not known in time. */
bool sg_embedder_vector(struct sg_embedder *x, struct sg_str text, int64_t deadline_us, float *out);
