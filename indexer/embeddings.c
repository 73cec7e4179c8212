/* embeddings.c - see embeddings.h. */
#include "indexer/embeddings.h"
#include "core/log.h"
#include <limits.h>
#include <sys/stat.h>

void sg_embedding_source_open(struct sg_embedding_source *s, const struct sg_config *c)
{
    struct sg_error e = SG_ERROR_INIT;
    char dir[PATH_MAX];
    *s = (struct sg_embedding_source){0};
    if (!c->embeddings.url[0])
        return;
    snprintf(dir, sizeof dir, "%s/embeddings", c->var_dir);
    mkdir(c->var_dir, 0777); /* most often it is there */
    int rc = sg_embeddings_open(&s->client, c, &e);
    if (!rc)
        rc = sg_embeddings_cache_open(&s->cache, dir, sg_embeddings_source(s->client),
                                      sg_embeddings_dimensions(s->client), &e);
    if (!rc)
        return;
    sg_log(SG_LOG_ERROR, "the embeddings server cannot be used: songs get own vectors", "why=%s",
           e.text);
    sg_embedding_source_close(s);
}

void sg_embedding_source_close(struct sg_embedding_source *s)
{
    sg_embeddings_cache_close(s->cache);
    sg_embeddings_close(s->client);
    *s = (struct sg_embedding_source){0};
}
