/* put.c - writing an object: its clear is hashed, kept if asked, sealed, and given to the store. */
#include "core/objects/seal.h"
#include "core/objects/store.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

struct sg_object_put {
    const struct store_ops *ops;
    void *put; /* the store's */
    EVP_MD_CTX *sha;
    struct seal *seal;
    char *sealed; /* SG_OBJECT_CHUNK bytes */
    int64_t bytes;
    int kept; /* -1: not asked for */
};

static void free_put(struct sg_object_put *p)
{
    EVP_MD_CTX_free(p->sha);
    seal_close(p->seal);
    free(p->sealed);
    if (p->kept >= 0)
        close(p->kept);
    free(p);
}

static int open_kept(struct sg_error *e)
{
    const char *dir = getenv("TMPDIR");
    int fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        sg_fail_errno(e, "objects: a file in %s", dir && *dir ? dir : "/tmp");
    return fd;
}

static int set_up(struct sg_object_put *p, const char *key, const unsigned char *seal,
                  unsigned flags, struct sg_error *e)
{
    p->kept = -1;
    p->sha = EVP_MD_CTX_new();
    if (!p->sha || EVP_DigestInit_ex(p->sha, EVP_sha256(), NULL) <= 0)
        return sg_fail(e, SG_ENOMEM, "objects");
    if (seal && !(p->sealed = malloc(SG_OBJECT_CHUNK)))
        return sg_fail(e, SG_ENOMEM, "objects");
    if (flags & SG_OBJECT_KEEP && (p->kept = open_kept(e)) < 0)
        return e ? e->code : SG_EIO;
    return seal ? seal_open(&p->seal, seal, key, 0, e) : 0;
}

int sg_objects_put(struct sg_objects *o, const char *key, const char *content_type,
                   const unsigned char *seal, unsigned flags, struct sg_object_put **out,
                   struct sg_error *e)
{
    if (!key || !sg_object_key_ok(sg_str(key)))
        return sg_fail(e, SG_EINVAL, "objects: '%.80s' is no key", key ? key : "");
    struct sg_object_put *p = calloc(1, sizeof *p);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "objects");
    p->ops = o->ops;
    int rc = set_up(p, key, seal, flags, e);
    if (!rc)
        rc = o->ops->put(o->store, key, content_type, &p->put, e);
    if (rc)
        free_put(p);
    else
        *out = p;
    return rc;
}

static int keep(int fd, struct sg_str s, struct sg_error *e)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sg_fail_errno(e, "objects: the file kept for checking");
        s.p += n;
        s.n -= (size_t)n;
    }
    return 0;
}

static int write_chunk(struct sg_object_put *p, struct sg_str s, struct sg_error *e)
{
    int rc = EVP_DigestUpdate(p->sha, s.p, s.n) > 0 ? 0 : sg_fail(e, SG_ENOMEM, "sha256");
    if (!rc && p->kept >= 0)
        rc = keep(p->kept, s, e);
    if (!rc && p->seal) {
        rc = seal_apply(p->seal, s.p, p->sealed, s.n, e);
        s.p = p->sealed;
    }
    return rc ? rc : p->ops->write(p->put, s, e);
}

int sg_object_write(struct sg_object_put *p, struct sg_str bytes, struct sg_error *e)
{
    int rc = 0;
    while (!rc && bytes.n) {
        size_t n = bytes.n < SG_OBJECT_CHUNK ? bytes.n : SG_OBJECT_CHUNK;
        rc = write_chunk(p, (struct sg_str){bytes.p, n}, e);
        bytes.p += n;
        bytes.n -= n;
        p->bytes += (int64_t)n;
    }
    return rc;
}

int sg_object_fd(struct sg_object_put *p)
{
    if (p->kept >= 0)
        lseek(p->kept, 0, SEEK_SET);
    return p->kept;
}

int sg_object_commit(struct sg_object_put *p, struct sg_object_info *info, struct sg_error *e)
{
    struct sg_object_info done = {.bytes = p->bytes};
    int rc =
        EVP_DigestFinal_ex(p->sha, done.sha256, NULL) > 0 ? 0 : sg_fail(e, SG_ENOMEM, "sha256");
    if (rc)
        p->ops->abort(p->put);
    else
        rc = p->ops->commit(p->put, e);
    if (!rc && info)
        *info = done;
    free_put(p);
    return rc;
}

void sg_object_abort(struct sg_object_put *p)
{
    if (!p)
        return;
    p->ops->abort(p->put);
    free_put(p);
}

static int put_all(struct sg_object_put *p, int fd, const char *path, struct sg_error *e)
{
    char *chunk = malloc(SG_OBJECT_CHUNK);
    ssize_t n = 1;
    int rc = chunk ? 0 : sg_fail(e, SG_ENOMEM, "objects");
    while (!rc && n) {
        n = read(fd, chunk, SG_OBJECT_CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        rc = n < 0 ? sg_fail_errno(e, "%s", path)
                   : sg_object_write(p, (struct sg_str){chunk, (size_t)n}, e);
    }
    free(chunk);
    return rc;
}

int sg_objects_put_file(struct sg_objects *o, const char *key, const char *content_type,
                        const unsigned char *seal, const char *path, struct sg_object_info *info,
                        struct sg_error *e)
{
    struct sg_object_put *p;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "%s", path);
    int rc = sg_objects_put(o, key, content_type, seal, 0, &p, e);
    if (!rc) {
        rc = put_all(p, fd, path, e);
        if (rc)
            sg_object_abort(p);
        else
            rc = sg_object_commit(p, info, e);
    }
    close(fd);
    return rc;
}
