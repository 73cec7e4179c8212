/* embeddings.h - the embeddings server (core/embeddings.h) and its cache, for one rebuild. */
#pragma once
#include "core/embeddings.h"

struct sg_embedding_source {
    struct sg_embeddings *client; /* NULL: embeddings.url is not set, or cannot be used */
    struct sg_embeddings_cache *cache;
};
/* Cannot be used: logged as an error; songs get own vectors then. */
void sg_embedding_source_open(struct sg_embedding_source *s, const struct sg_config *c);
void sg_embedding_source_close(struct sg_embedding_source *s);
