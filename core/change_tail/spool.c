/* spool.c - see spool.h. */
#include "core/change_tail/spool.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const size_t write_bytes = 256 << 10;
static const size_t read_bytes = 256 << 10;
static const size_t keep_bytes = 1 << 20;

struct header {
    uint32_t bytes, xid;
};

void sg_spool_init(struct sg_spool *s, const char *tmp_dir, size_t limit)
{
    *s = (struct sg_spool){.tmp_dir = tmp_dir, .limit = limit};
}

static void trim(struct sg_buf *b)
{
    if (b->cap > keep_bytes)
        sg_buf_free(b);
    sg_buf_reset(b);
}

void sg_spool_reset(struct sg_spool *s)
{
    if (s->fd > 0)
        close(s->fd);
    s->fd = 0;
    s->file_bytes = s->file_at = 0;
    s->window_at = s->tail_at = 0;
    trim(&s->tail);
    trim(&s->window);
}

void sg_spool_fini(struct sg_spool *s)
{
    sg_spool_reset(s);
    sg_buf_free(&s->tail);
    sg_buf_free(&s->window);
}

static int open_file(struct sg_spool *s, struct sg_error *e)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/spool-XXXXXX", s->tmp_dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return sg_fail(e, SG_EINVAL, "temporary folder's name is too long");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "spill a transaction to %s", path);
    unlink(path);
    if (fd == 0) { /* stdin was closed; 0 means none here */
        fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
        close(0);
        if (fd < 0)
            return sg_fail_errno(e, "spill a transaction to %s", path);
    }
    s->fd = fd;
    return 0;
}

static int write_tail(struct sg_spool *s, struct sg_error *e)
{
    for (size_t at = 0; at < s->tail.n;) {
        ssize_t n = write(s->fd, s->tail.p + at, s->tail.n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sg_fail_errno(e, "spill a transaction to %s", s->tmp_dir);
        at += (size_t)n;
    }
    s->file_bytes += s->tail.n;
    trim(&s->tail);
    return 0;
}

int sg_spool_put(struct sg_spool *s, uint32_t xid, struct sg_str msg, struct sg_error *e)
{
    struct header h = {(uint32_t)msg.n, xid};
    int rc = 0;
    if (msg.n > UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "replication message of %zu bytes", msg.n);
    if (!s->fd && s->tail.n + sizeof h + msg.n > s->limit)
        rc = open_file(s, e);
    if (!rc && s->fd && s->tail.n + msg.n >= write_bytes)
        rc = write_tail(s, e);
    if (rc)
        return rc;
    sg_buf_put(&s->tail, &h, sizeof h);
    sg_buf_put(&s->tail, msg.p, msg.n);
    return sg_buf_failed(&s->tail) ? sg_fail(e, SG_ENOMEM, "transaction") : 0;
}

/* Makes the next n bytes of the file one piece in the window. */
static int fill_window(struct sg_spool *s, size_t n, struct sg_error *e)
{
    size_t have = s->window.n - s->window_at;
    if (have >= n)
        return 0;
    if (have)
        memmove(s->window.p, s->window.p + s->window_at, have);
    s->window.n = have;
    s->window_at = 0;
    size_t want = n - have > read_bytes ? n - have : read_bytes;
    if (!sg_buf_reserve(&s->window, want))
        return sg_fail(e, SG_ENOMEM, "transaction");
    while (s->window.n < n) {
        ssize_t got =
            pread(s->fd, s->window.p + s->window.n, want - (s->window.n - have), (off_t)s->file_at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sg_fail_errno(e, "read a spilled transaction");
        if (got == 0)
            return sg_fail(e, SG_ECORRUPT, "a spilled transaction ends early");
        s->window.n += (size_t)got;
        s->file_at += (uint64_t)got;
    }
    return 0;
}

static int next_from_file(struct sg_spool *s, struct header *h, struct sg_str *msg,
                          struct sg_error *e)
{
    int rc = fill_window(s, sizeof *h, e);
    if (rc)
        return rc;
    memcpy(h, s->window.p + s->window_at, sizeof *h);
    rc = fill_window(s, sizeof *h + h->bytes, e);
    if (rc)
        return rc;
    *msg = (struct sg_str){s->window.p + s->window_at + sizeof *h, h->bytes};
    s->window_at += sizeof *h + h->bytes;
    return 1;
}

int sg_spool_next(struct sg_spool *s, uint32_t *xid, struct sg_str *msg, struct sg_error *e)
{
    struct header h = {0};
    int rc = 1;
    if (s->window.n - s->window_at > 0 || s->file_at < s->file_bytes) {
        rc = next_from_file(s, &h, msg, e);
    } else if (s->tail_at < s->tail.n) {
        memcpy(&h, s->tail.p + s->tail_at, sizeof h);
        *msg = (struct sg_str){s->tail.p + s->tail_at + sizeof h, h.bytes};
        s->tail_at += sizeof h + h.bytes;
    } else {
        return 0;
    }
    if (rc == 1)
        *xid = h.xid;
    return rc;
}
