/* outfile.c - see outfile.h. */
#include "index/outfile.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t buffer_bytes = 256 << 10;

int sg_outfile_open(struct sg_outfile *f, const char *path, struct sg_error *e)
{
    struct sg_outfile made = {.path = strdup(path), .buffer = malloc(buffer_bytes), .fd = -1};
    int rc = 0;
    if (!made.path || !made.buffer)
        rc = sg_fail(e, SG_ENOMEM, "%s: out of memory", path);
    else if (unlink(path) && errno != ENOENT) /* who has an older one mapped keeps it */
        rc = sg_fail_errno(e, "remove %s", path);
    else if ((made.fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) < 0)
        rc = sg_fail_errno(e, "create %s", path);
    if (rc) {
        free(made.path);
        free(made.buffer);
        return rc;
    }
    *f = made;
    return 0;
}

static int write_all(struct sg_outfile *f, const char *p, size_t n, struct sg_error *e)
{
    while (n) {
        ssize_t w = write(f->fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return sg_fail_errno(e, "write %s", f->path);
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

int sg_outfile_flush(struct sg_outfile *f, struct sg_error *e)
{
    int rc = write_all(f, f->buffer, f->used, e);
    f->used = 0;
    return rc;
}

int sg_outfile_put(struct sg_outfile *f, const void *p, size_t n, struct sg_error *e)
{
    int rc = f->used + n > buffer_bytes ? sg_outfile_flush(f, e) : 0;
    if (rc)
        return rc;
    f->written += n;
    if (n > buffer_bytes)
        return write_all(f, p, n, e);
    if (n)
        memcpy(f->buffer + f->used, p, n);
    f->used += n;
    return 0;
}

int sg_outfile_copy(struct sg_outfile *f, const char *from, struct sg_error *e)
{
    int rc = sg_outfile_flush(f, e);
    if (rc)
        return rc;
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", from);
    ssize_t n = 0;
    while (!rc && (n = read(fd, f->buffer, buffer_bytes)) > 0) {
        rc = write_all(f, f->buffer, (size_t)n, e);
        f->written += (size_t)n;
    }
    if (n < 0)
        rc = sg_fail_errno(e, "read %s", from);
    close(fd);
    return rc;
}

int sg_outfile_patch(struct sg_outfile *f, uint64_t at, const void *p, size_t n, struct sg_error *e)
{
    ssize_t w = pwrite(f->fd, p, n, (off_t)at);
    if (w < 0)
        return sg_fail_errno(e, "write %s", f->path);
    return (size_t)w == n ? 0 : sg_fail(e, SG_EIO, "write %s: cut short", f->path);
}

int sg_outfile_close(struct sg_outfile *f, bool sync, struct sg_error *e)
{
    int rc = sg_outfile_flush(f, e);
    if (!rc && sync && fchmod(f->fd, 0444))
        rc = sg_fail_errno(e, "make %s read-only", f->path);
    if (!rc && sync && fsync(f->fd))
        rc = sg_fail_errno(e, "sync %s", f->path);
    if (close(f->fd) && !rc)
        rc = sg_fail_errno(e, "close %s", f->path);
    f->fd = -1;
    free(f->path);
    free(f->buffer);
    *f = (struct sg_outfile){0};
    return rc;
}

void sg_outfile_abort(struct sg_outfile *f)
{
    if (f->path)
        close(f->fd);
    free(f->path);
    free(f->buffer);
    *f = (struct sg_outfile){0};
}
