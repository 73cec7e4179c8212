/* lines.c - see lines.h. */
#include "indexer/lines.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int sg_lines_open(struct sg_lines *l, const char *path, struct sg_error *e)
{
    *l = (struct sg_lines){.fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (l->fd < 0)
        return sg_fail_errno(e, "open %s", path);
    l->buf = malloc(SG_LINE_MAX);
    if (l->buf)
        return 0;
    sg_lines_close(l);
    return sg_fail(e, SG_ENOMEM, "%s", path);
}

void sg_lines_close(struct sg_lines *l)
{
    if (l->fd >= 0)
        close(l->fd);
    free(l->buf);
    *l = (struct sg_lines){.fd = -1};
}

/* Bytes read; 0 at the end of what there is. */
static ssize_t fill(struct sg_lines *l, struct sg_error *e)
{
    memmove(l->buf, l->buf + l->from, l->to - l->from);
    l->to -= l->from;
    l->from = 0;
    if (l->to == SG_LINE_MAX) {
        l->skipping = true;
        l->offset += l->to;
        l->to = 0;
    }
    ssize_t n;
    do
        n = read(l->fd, l->buf + l->to, SG_LINE_MAX - l->to);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return sg_fail_errno(e, "read line %llu", (unsigned long long)l->number + 1);
    l->to += (size_t)n;
    return n;
}

int sg_lines_next(struct sg_lines *l, struct sg_str *line, struct sg_error *e)
{
    const char *end;
    while (!(end = l->to > l->from ? memchr(l->buf + l->from, '\n', l->to - l->from) : NULL)) {
        ssize_t n = fill(l, e);
        if (n <= 0)
            return (int)n;
    }
    size_t n = (size_t)(end - (l->buf + l->from));
    *line = (struct sg_str){l->buf + l->from, l->skipping ? 0 : n};
    l->from += n + 1;
    l->offset += n + 1;
    l->number++;
    l->skipping = false;
    return 1;
}
