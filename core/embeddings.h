/* embeddings.h - vectors of texts from a server that speaks POST /v1/embeddings in OpenAI's
 * form (embeddings.url), and a cache of them on disk.
 *
 * Nothing of an answer is believed: its size is bounded before it is read, and it has one
 * vector for each text by its index, of the configured dimension, of finite numbers, with a
 * length. What may pass (no connection, 429, 5xx) is tried again, after growing waits with
 * jitter or as long as Retry-After says; what will not (another dimension, not JSON) is not.
 * After five failures in a row the server is left alone for a while (a circuit breaker).
 */
#pragma once
#include "core/config.h"

#define SG_EMBEDDINGS_TEXT 1000 /* bytes of a text that are sent */
#define SG_EMBEDDINGS_MAX  1536 /* dimensions */

struct sg_embeddings; /* thread-compatible; keeps its connection */
/* embeddings.url is set. SG_EINVAL with the field: a setting, or no key in the variable that
 * embeddings.key_env names. */
int sg_embeddings_open(struct sg_embeddings **out, const struct sg_config *c, struct sg_error *e);
void sg_embeddings_close(struct sg_embeddings *x);
size_t sg_embeddings_dimensions(const struct sg_embeddings *x);
size_t sg_embeddings_batch(const struct sg_embeddings *x); /* texts at once */
/* Of model and dimensions, never 0: vectors compare only with those of the same one. */
uint64_t sg_embeddings_source(const struct sg_embeddings *x);

struct sg_embeddings_effort {
    bool patient;       /* tries again; else once, and at once refused while the breaker is open */
    int64_t timeout_ms; /* of one try; 0: embeddings.timeout_ms */
};
/* n: 1 to embeddings.batch. out: n vectors of unit length. SG_EUNAVAIL: not answering;
 * SG_ECORRUPT: not an answer; SG_EINVAL: the request was refused; SG_ECANCELED. */
int sg_embeddings_ask(struct sg_embeddings *x, const struct sg_str *texts, size_t n,
                      const struct sg_embeddings_effort *effort, float *out, struct sg_error *e);
/* From any thread: the request being made, and all later ones, end with SG_ECANCELED. */
void sg_embeddings_cancel(struct sg_embeddings *x);

/* Values of a fixed size by source and text, in LMDB: what was asked once is not asked again,
 * and an interrupted rebuild goes on where it was. Nothing is ever removed; the folder may be
 * deleted between rebuilds. Thread-compatible. */
struct sg_embeddings_cache;
int sg_embeddings_cache_open(struct sg_embeddings_cache **out, const char *dir, uint64_t source,
                             size_t value_bytes, struct sg_error *e);
void sg_embeddings_cache_close(struct sg_embeddings_cache *c);
/* False: not there, or not of this size. */
bool sg_embeddings_cache_get(struct sg_embeddings_cache *c, struct sg_str text, void *out);
/* n values, one after the other, on disk when it returns. */
int sg_embeddings_cache_put(struct sg_embeddings_cache *c, const struct sg_str *texts, size_t n,
                            const void *values, struct sg_error *e);
