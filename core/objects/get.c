/* get.c - reading an object from its store, opened on the way when it is sealed. */
#include "core/objects/seal.h"
#include "core/objects/store.h"
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

struct opening {
    struct seal *seal;
    char *clear; /* SG_OBJECT_CHUNK bytes */
    sg_object_sink *sink;
    void *ctx;
};

static int open_chunk(void *ctx, struct sg_str bytes, struct sg_error *e)
{
    struct opening *x = ctx;
    int rc = 0;
    while (!rc && bytes.n) {
        size_t n = bytes.n < SG_OBJECT_CHUNK ? bytes.n : SG_OBJECT_CHUNK;
        rc = seal_apply(x->seal, bytes.p, x->clear, n, e);
        if (!rc)
            rc = x->sink(x->ctx, (struct sg_str){x->clear, n}, e);
        bytes.p += n;
        bytes.n -= n;
    }
    return rc;
}

int sg_objects_get(struct sg_objects *o, const char *key, const unsigned char *seal, int64_t from,
                   int64_t n, sg_object_sink *sink, void *ctx, struct sg_error *e)
{
    if (!key || !sg_object_key_ok(sg_str(key)) || from < 0 || n < 0)
        return sg_fail(e, SG_EINVAL, "objects: '%.80s' is no key, or no range", key ? key : "");
    if (!seal)
        return o->ops->get(o->store, key, from, n, sink, ctx, e);
    struct opening x = {.clear = malloc(SG_OBJECT_CHUNK), .sink = sink, .ctx = ctx};
    int rc = x.clear ? seal_open(&x.seal, seal, key, from, e) : sg_fail(e, SG_ENOMEM, "objects");
    if (!rc)
        rc = o->ops->get(o->store, key, from, n, open_chunk, &x, e);
    seal_close(x.seal);
    free(x.clear);
    return rc;
}

struct fetch {
    EVP_MD_CTX *sha;
    int fd;
    int64_t bytes;
};

static int fetch_chunk(void *ctx, struct sg_str bytes, struct sg_error *e)
{
    struct fetch *x = ctx;
    if (EVP_DigestUpdate(x->sha, bytes.p, bytes.n) <= 0)
        return sg_fail(e, SG_ENOMEM, "sha256");
    x->bytes += (int64_t)bytes.n;
    while (bytes.n) {
        ssize_t n = write(x->fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sg_fail_errno(e, "objects: the file it goes to");
        bytes.p += n;
        bytes.n -= (size_t)n;
    }
    return 0;
}

int sg_objects_fetch(struct sg_objects *o, const char *key, const unsigned char *seal, int fd,
                     struct sg_object_info *info, struct sg_error *e)
{
    struct fetch x = {.sha = EVP_MD_CTX_new(), .fd = fd};
    struct sg_object_info done = {0};
    int rc = x.sha && EVP_DigestInit_ex(x.sha, EVP_sha256(), NULL) > 0
                 ? sg_objects_get(o, key, seal, 0, 0, fetch_chunk, &x, e)
                 : sg_fail(e, SG_ENOMEM, "objects");
    if (!rc && EVP_DigestFinal_ex(x.sha, done.sha256, NULL) <= 0)
        rc = sg_fail(e, SG_ENOMEM, "sha256");
    done.bytes = x.bytes;
    if (!rc && info)
        *info = done;
    EVP_MD_CTX_free(x.sha);
    return rc;
}
