/* original.h - what was uploaded: one object, or parts in order, sealed or not. */
#pragma once
#include "core/objects/objects.h"
#include "core/vault/vault.h"
#include "worker/jobs/upload.h"

struct original {
    struct sg_pg_pool *pool;
    struct sg_objects *objects;
    struct sg_vault *vault;
    int64_t bytes_max;
};

/* Into a new file at path, checked by size and checksum; *fd is the caller's. SG_ECORRUPT: it is
 * not what was received; SG_ENOENT: an object of it is gone. */
int encode_original_fetch(const struct original *o, const struct encode_upload *u, const char *path,
                          int *fd, struct sg_error *e);
/* All objects below uploads/<upload_id>/. */
int encode_original_remove(const struct original *o, const struct encode_upload *u,
                           struct sg_error *e);
