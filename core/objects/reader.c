/* reader.c - any byte of an object: a folder's file is read where it is asked for; a server is
 * asked for a window, which grows while reading goes on where it ended.
 */
#include "core/objects/seal.h"
#include "core/objects/store.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define WINDOW_FIRST (64 << 10)
#define WINDOW_MAX   (4 << 20)

struct sg_object_reader {
    struct sg_objects *o;
    struct seal *seal;
    int64_t sealed_at; /* where the seal stands */
    int64_t bytes;
    int fd; /* -1: a server's */
    char *window;
    int64_t window_at;
    size_t window_n, window_next;
    char key[SG_OBJECT_KEY_MAX + 1];
};

int sg_object_reader_open(struct sg_objects *o, const char *key, const unsigned char *seal,
                          struct sg_object_reader **out, struct sg_error *e)
{
    struct sg_object_info info;
    if (!key || !sg_object_key_ok(sg_str(key)))
        return sg_fail(e, SG_EINVAL, "objects: '%.80s' is no key", key ? key : "");
    struct sg_object_reader *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_ENOMEM, "objects");
    r->o = o;
    r->fd = -1;
    r->window_next = WINDOW_FIRST;
    memcpy(r->key, key, strlen(key));
    int rc;
    if (o->ops->fd)
        rc = o->ops->fd(o->store, key, &r->fd, &r->bytes, e);
    else {
        rc = o->ops->stat(o->store, key, &info, e);
        r->bytes = rc ? 0 : info.bytes;
    }
    if (!rc && seal)
        rc = seal_open(&r->seal, seal, key, 0, e);
    if (rc)
        sg_object_reader_close(r);
    else
        *out = r;
    return rc;
}

void sg_object_reader_close(struct sg_object_reader *r)
{
    if (!r)
        return;
    seal_close(r->seal);
    if (r->fd >= 0)
        close(r->fd);
    free(r->window);
    free(r);
}

int64_t sg_object_reader_bytes(const struct sg_object_reader *r)
{
    return r->bytes;
}

static int fill(void *ctx, struct sg_str bytes, struct sg_error *e)
{
    struct sg_object_reader *r = ctx;
    if (bytes.n > r->window_next - r->window_n)
        return sg_fail(e, SG_EIO, "object %s: more came than was asked for", r->key);
    memcpy(r->window + r->window_n, bytes.p, bytes.n);
    r->window_n += bytes.n;
    return 0;
}

static int move_window(struct sg_object_reader *r, int64_t at, struct sg_error *e)
{
    bool goes_on = r->window && at == r->window_at + (int64_t)r->window_n;
    size_t next = !goes_on                          ? WINDOW_FIRST
                  : 2 * r->window_next > WINDOW_MAX ? WINDOW_MAX
                                                    : 2 * r->window_next;
    if (next > r->window_next || !r->window) {
        char *more = realloc(r->window, next);
        if (!more)
            return sg_fail(e, SG_ENOMEM, "objects");
        r->window = more;
    }
    r->window_next = next;
    r->window_at = at;
    r->window_n = 0;
    int rc = r->o->ops->get(r->o->store, r->key, at, (int64_t)next, fill, r, e);
    if (rc)
        r->window_n = 0;
    return rc;
}

static int64_t read_window(struct sg_object_reader *r, int64_t at, void *buf, size_t n,
                           struct sg_error *e)
{
    if (!r->window || at < r->window_at || at >= r->window_at + (int64_t)r->window_n) {
        int rc = move_window(r, at, e);
        if (rc)
            return rc;
    }
    size_t skip = (size_t)(at - r->window_at);
    n = n < r->window_n - skip ? n : r->window_n - skip;
    memcpy(buf, r->window + skip, n);
    return (int64_t)n;
}

static int64_t read_file(struct sg_object_reader *r, int64_t at, void *buf, size_t n,
                         struct sg_error *e)
{
    ssize_t got;
    do
        got = pread(r->fd, buf, n, at);
    while (got < 0 && errno == EINTR);
    return got < 0 ? sg_fail_errno(e, "object %s", r->key) : got;
}

int64_t sg_object_read(struct sg_object_reader *r, int64_t at, void *buf, size_t n,
                       struct sg_error *e)
{
    if (at < 0)
        return sg_fail(e, SG_EINVAL, "object %s: read before its start", r->key);
    if (at >= r->bytes || !n)
        return 0;
    n = n < INT32_MAX ? n : INT32_MAX;
    int64_t got = r->fd >= 0 ? read_file(r, at, buf, n, e) : read_window(r, at, buf, n, e);
    if (got <= 0 || !r->seal)
        return got;
    int rc = r->sealed_at == at ? 0 : seal_seek(r->seal, at, e);
    if (!rc)
        rc = seal_apply(r->seal, buf, buf, (size_t)got, e);
    r->sealed_at = rc ? -1 : at + got;
    return rc ? rc : got;
}
