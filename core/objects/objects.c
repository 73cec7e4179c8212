/* objects.c - which store it is, and what is the same for all: see objects.h. */
#include "core/objects/objects.h"
#include "core/objects/store.h"
#include <ctype.h>
#include <stdlib.h>

bool sg_object_key_ok(struct sg_str key)
{
    if (key.n < 1 || key.n > SG_OBJECT_KEY_MAX || key.p[key.n - 1] == '/')
        return false;
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        bool begins = i == 0 || key.p[i - 1] == '/';
        if (begins && (c == '/' || c == '.'))
            return false;
        if (!isascii(c) || !(isalnum(c) || c == '.' || c == '_' || c == '-' || c == '/'))
            return false;
    }
    return true;
}

static int check_key(const char *key, struct sg_error *e)
{
    if (!key || !sg_object_key_ok(sg_str(key)))
        return sg_fail(e, SG_EINVAL, "objects: '%.80s' is no key", key ? key : "");
    return 0;
}

int sg_objects_open(struct sg_objects **out, const struct sg_config *c, struct sg_error *e)
{
    struct sg_objects *o = calloc(1, sizeof *o);
    if (!o)
        return sg_fail(e, SG_ENOMEM, "objects");
    bool bucket = !strncmp(c->objects.url, "s3://", 5);
    o->ops = bucket ? &s3_store_ops : &folder_store_ops;
    int rc = bucket ? s3_store_open(&o->store, c, e) : folder_store_open(&o->store, c, e);
    if (rc)
        free(o);
    else
        *out = o;
    return rc;
}

void sg_objects_close(struct sg_objects *o)
{
    if (!o)
        return;
    o->ops->close(o->store);
    free(o);
}

int sg_objects_is_there(struct sg_objects *o, struct sg_error *e)
{
    return o->ops->is_there(o->store, e);
}

bool sg_objects_is_folder(const struct sg_objects *o)
{
    return o->ops->fd;
}

int sg_objects_stat(struct sg_objects *o, const char *key, struct sg_object_info *info,
                    struct sg_error *e)
{
    int rc = check_key(key, e);
    return rc ? rc : o->ops->stat(o->store, key, info, e);
}

int sg_objects_fd(struct sg_objects *o, const char *key, int *fd, int64_t *bytes,
                  struct sg_error *e)
{
    int rc = check_key(key, e);
    if (!rc && !o->ops->fd)
        rc = sg_fail(e, SG_EINVAL, "objects: the store is no folder");
    return rc ? rc : o->ops->fd(o->store, key, fd, bytes, e);
}

int sg_objects_delete(struct sg_objects *o, const char *key, struct sg_error *e)
{
    int rc = check_key(key, e);
    return rc ? rc : o->ops->remove(o->store, key, e);
}

int sg_objects_list(struct sg_objects *o, const char *prefix, const char *after, sg_object_seen *fn,
                    void *ctx, struct sg_error *e)
{
    return o->ops->list(o->store, prefix, after, fn, ctx, e);
}

int sg_objects_presign(struct sg_objects *o, const char *key, int64_t seconds, struct sg_buf *url,
                       struct sg_error *e)
{
    int rc = check_key(key, e);
    if (!rc && !o->ops->presign)
        rc = sg_fail(e, SG_EINVAL, "objects: a folder has no addresses");
    if (!rc && (seconds < 1 || seconds > 604800)) /* AWS: seven days */
        rc = sg_fail(e, SG_EINVAL, "objects: an address is good for 1 to 604800 s");
    return rc ? rc : o->ops->presign(o->store, key, seconds, url, e);
}

int sg_objects_sweep(struct sg_objects *o, int64_t older_s, int64_t *n, struct sg_error *e)
{
    int64_t swept = 0;
    int rc = o->ops->sweep(o->store, older_s, &swept, e);
    if (n)
        *n = swept;
    return rc;
}
