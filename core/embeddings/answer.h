/* answer.h - the body of an answer of /v1/embeddings, private to core/embeddings. */
#pragma once
#include "core/err.h"
#include "core/str.h"

/* {"data": [{"index": 0, "embedding": [0.1, ...]}, ...]} into n vectors of d, made unit
 * length. Any bytes at all. SG_ECORRUPT says what is wrong. */
int sg_embeddings_parse(struct sg_str body, size_t n, size_t d, float *out, struct sg_error *e);
/* More than any right answer has. */
size_t sg_embeddings_body_max(size_t n, size_t d);
