/* output.c - see output.h. */
#include "audio/package/output.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK (256u << 10)

void sg_output_open(struct sg_output *o, int fd, uint64_t head_room)
{
    *o = (struct sg_output){.fd = fd, .at = head_room, .first = head_room};
}

void sg_output_close(struct sg_output *o)
{
    free(o->facts.segments);
    *o = (struct sg_output){.fd = -1};
}

int sg_output_write(int fd, const void *p, size_t n, uint64_t at, struct sg_error *e)
{
    const char *from = p;
    while (n) {
        ssize_t wrote = pwrite(fd, from, n, (off_t)at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return sg_fail_errno(e, "writing a rendition");
        from += wrote;
        n -= (size_t)wrote;
        at += (uint64_t)wrote;
    }
    return 0;
}

static struct sg_segment *next_segment(struct sg_output *o, struct sg_error *e)
{
    struct sg_cmaf_facts *f = &o->facts;
    if (f->n == SG_SEGMENTS_MAX) {
        sg_fail(e, SG_ELIMIT, "more than %d segments", SG_SEGMENTS_MAX);
        return NULL;
    }
    if (f->n == o->room) {
        size_t room = o->room ? o->room * 2 : 64;
        struct sg_segment *grown = realloc(f->segments, room * sizeof *grown);
        if (!grown) {
            sg_fail(e, SG_ENOMEM, "segments");
            return NULL;
        }
        f->segments = grown;
        o->room = room;
    }
    return &f->segments[f->n];
}

int sg_output_segment(struct sg_output *o, const void *head, size_t head_bytes, const void *body,
                      size_t body_bytes, uint32_t samples, struct sg_error *e)
{
    struct sg_segment *s = next_segment(o, e);
    if (!s)
        return e ? e->code : SG_ENOMEM;
    if (head_bytes + body_bytes > INT32_MAX) /* sidx has 31 bits for it */
        return sg_fail(e, SG_ELIMIT, "a segment of %zu bytes", head_bytes + body_bytes);
    int rc = sg_output_write(o->fd, head, head_bytes, o->at, e);
    if (!rc)
        rc = sg_output_write(o->fd, body, body_bytes, o->at + head_bytes, e);
    if (rc)
        return rc;
    *s = (struct sg_segment){o->at, (uint32_t)(head_bytes + body_bytes), samples};
    o->at += s->bytes;
    o->facts.samples += samples;
    o->facts.n++;
    return 0;
}

static int move_down(struct sg_output *o, uint64_t to, char *buf, struct sg_error *e)
{
    for (uint64_t from = o->first; from < o->at;) {
        size_t n = o->at - from < CHUNK ? (size_t)(o->at - from) : CHUNK;
        ssize_t got = pread(o->fd, buf, n, (off_t)from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return sg_fail_errno(e, "reading a rendition");
        int rc = sg_output_write(o->fd, buf, (size_t)got, to, e);
        if (rc)
            return rc;
        from += (uint64_t)got;
        to += (uint64_t)got;
    }
    return ftruncate(o->fd, (off_t)to) ? sg_fail_errno(e, "cutting a rendition") : 0;
}

int sg_output_settle(struct sg_output *o, uint64_t head_bytes, struct sg_error *e)
{
    if (head_bytes > o->first)
        return sg_fail(e, SG_EINTERNAL, "a head of %llu bytes", (unsigned long long)head_bytes);
    uint64_t by = o->first - head_bytes;
    char *buf = malloc(CHUNK);
    int rc = !buf ? sg_fail(e, SG_ENOMEM, "moving") : by ? move_down(o, head_bytes, buf, e) : 0;
    free(buf);
    if (rc)
        return rc;
    for (size_t i = 0; i < o->facts.n; i++)
        o->facts.segments[i].from -= by;
    o->first = head_bytes;
    o->at -= by;
    o->facts.bytes = o->at;
    return 0;
}
