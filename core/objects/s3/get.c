/* get.c - reading; after a cut it goes on where it was, from the same content or not at all. */
#include "core/objects/s3/s3.h"
#include <stdio.h>

struct flow {
    sg_object_sink *sink;
    void *ctx;
    int64_t from, end; /* asked of this try; end 0: to the object's */
    struct s3_request *q;
    bool checked;
};

static int pass_on(void *ctx, struct sg_str bytes, struct sg_error *e)
{
    struct flow *f = ctx;
    long long first = -1, last = -1;
    int rc = 0;
    if (!f->checked && (f->from || f->end)) { /* a server that knows no ranges sends all of it */
        if (sscanf(f->q->range, "bytes %lld-%lld", &first, &last) != 2 || first != f->from ||
            (f->end && last >= f->end))
            return sg_fail(e, SG_EIO, "objects: the server sent another range than was asked for");
    }
    f->checked = true;
    while (!rc && bytes.n) {
        size_t n = bytes.n < SG_OBJECT_CHUNK ? bytes.n : SG_OBJECT_CHUNK;
        rc = f->sink(f->ctx, (struct sg_str){bytes.p, n}, e);
        bytes.p += n;
        bytes.n -= n;
    }
    return rc;
}

/* from is the object's very end: nothing to read, and no mistake. */
static int judge_end(struct s3 *s, const char *key, int64_t from, struct sg_error *e)
{
    struct s3_request q = {.method = "HEAD", .key = key};
    int rc = s3_run(s, &q, e);
    if (!rc && from > q.length)
        rc = sg_fail(e, SG_EINVAL, "object %s has %lld bytes", key, (long long)q.length);
    sg_buf_free(&q.answer);
    return rc;
}

int s3_get(void *store, const char *key, int64_t from, int64_t n, sg_object_sink *sink, void *ctx,
           struct sg_error *e)
{
    struct s3 *s = store;
    char range[80], match[160] = "";
    struct flow f = {.sink = sink, .ctx = ctx};
    struct s3_request q = {.method = "GET", .key = key, .sink = pass_on, .ctx = &f, .tries = 1};
    int64_t at = from, end = n ? from + n : 0;
    int rc = 0;
    f.q = &q;
    for (int tries = 1;; tries++) {
        size_t i = 0;
        if (end)
            snprintf(range, sizeof range, "Range: bytes=%lld-%lld", (long long)at,
                     (long long)end - 1);
        else
            snprintf(range, sizeof range, "Range: bytes=%lld-", (long long)at);
        if (at || end)
            q.headers[i++] = range;
        if (match[0])
            q.headers[i++] = match;
        q.headers[i] = NULL;
        f.from = at;
        f.end = end;
        f.checked = false;
        rc = s3_run(s, &q, e);
        at += q.received;
        if (q.etag[0] && !match[0])
            snprintf(match, sizeof match, "If-Match: %s", q.etag);
        if (q.received)
            tries = 1; /* it moves */
        if (!rc || !q.passes || tries > s->retries || (end && at >= end) ||
            !s3_wait(s, &q, tries + 1))
            break;
    }
    sg_buf_free(&q.answer);
    return rc == SG_EINVAL && q.status == 416 ? judge_end(s, key, from, e) : rc;
}
