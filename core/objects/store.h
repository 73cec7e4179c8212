/* store.h - what a folder and a bucket have to do alike. Private to this folder: keys are checked,
 * bytes are as they lie there, sealed or not.
 */
#pragma once
#include "core/buf.h"
#include "core/objects/objects.h"

struct store_ops {
    void (*close)(void *s);
    int (*is_there)(void *s, struct sg_error *e);
    int (*put)(void *s, const char *key, const char *content_type, void **put, struct sg_error *e);
    int (*write)(void *put, struct sg_str bytes, struct sg_error *e);
    int (*commit)(void *put, struct sg_error *e); /* frees put */
    void (*abort)(void *put);                     /* frees put */
    int (*get)(void *s, const char *key, int64_t from, int64_t n, sg_object_sink *sink, void *ctx,
               struct sg_error *e);
    int (*stat)(void *s, const char *key, struct sg_object_info *info, struct sg_error *e);
    int (*fd)(void *s, const char *key, int *fd, int64_t *bytes, struct sg_error *e); /* or NULL */
    int (*remove)(void *s, const char *key, struct sg_error *e);
    int (*list)(void *s, const char *prefix, const char *after, sg_object_seen *fn, void *ctx,
                struct sg_error *e);
    int (*presign)(void *s, const char *key, int64_t seconds, struct sg_buf *url,
                   struct sg_error *e); /* or NULL */
    int (*sweep)(void *s, int64_t older_s, int64_t *n, struct sg_error *e);
};

struct sg_objects {
    const struct store_ops *ops;
    void *store;
};

int folder_store_open(void **out, const struct sg_config *c, struct sg_error *e);
int s3_store_open(void **out, const struct sg_config *c, struct sg_error *e);
extern const struct store_ops folder_store_ops, s3_store_ops;
