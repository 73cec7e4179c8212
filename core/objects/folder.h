/* folder.h - a store that is a folder. Private to this folder.
 *
 *   <root>/audio/<asset>/f/aac128.mp4   an object: its key is its path
 *   <root>/.temp/<uuid>                 a put that has not been committed; its writer holds a lock
 *                                       on it, so that only what a dead one left is swept
 *
 * Commit: the file to disk, its folders made, rename, the folders to disk up to the root.
 */
#pragma once
#include "core/objects/store.h"

#define FOLDER_TEMP ".temp"

struct folder {
    char path[SG_CONFIG_TEXT];
    int root, temp;
};

int folder_put(void *s, const char *key, const char *content_type, void **put, struct sg_error *e);
int folder_write(void *put, struct sg_str bytes, struct sg_error *e);
int folder_commit(void *put, struct sg_error *e);
void folder_abort(void *put);
int folder_sweep(void *s, int64_t older_s, int64_t *n, struct sg_error *e);
int folder_list(void *s, const char *prefix, const char *after, sg_object_seen *fn, void *ctx,
                struct sg_error *e);
