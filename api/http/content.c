/* content.c - see content.h: what of it is answered. */
#include "api/http/conditions.h"
#include "api/http/content_parts.h"
#include "api/problem.h"
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

void http_content_free(struct http_content *h)
{
    if (!h)
        return;
    if (h->block)
        atomic_fetch_sub(&h->server->blocks, h->block);
    if (h->c.fd >= 0)
        close(h->c.fd);
    if (h->c.free)
        h->c.free(h->c.ctx);
    sg_buf_free(&h->heads);
    free(h->window);
    free(h);
}

static void end_head(struct http_content *h)
{
    h->head_ends[h->n_heads++] = (uint32_t)h->heads.n;
}

/* The texts between parts, and how long it is all together. False: no memory. */
static bool write_heads(struct http_content *h, struct sg_http_request *q,
                        struct sg_http_response *r)
{
    uint64_t mark;
    if (getrandom(&mark, sizeof mark, 0) != sizeof mark)
        return false;
    for (size_t i = 0; i < h->ranges.n; i++) {
        const struct sg_range *x = &h->ranges.v[i];
        sg_buf_printf(&h->heads,
                      "\r\n--%016llx\r\nContent-Type: %s\r\nContent-Range: bytes %llu-%llu/%llu"
                      "\r\n\r\n",
                      (unsigned long long)mark, h->c.content_type, (unsigned long long)x->from,
                      (unsigned long long)(x->from + x->n - 1), (unsigned long long)h->c.bytes);
        end_head(h);
        h->bytes += x->n;
    }
    sg_buf_printf(&h->heads, "\r\n--%016llx--\r\n", (unsigned long long)mark);
    end_head(h);
    h->bytes += h->heads.n;
    r->content_type = NULL;
    sg_http_header(r, "Content-Type",
                   sg_arena_printf(q->arena, "multipart/byteranges; boundary=%016llx",
                                   (unsigned long long)mark));
    return !sg_buf_failed(&h->heads);
}

static bool write_range(struct http_content *h, struct sg_http_request *q,
                        struct sg_http_response *r)
{
    const struct sg_range *x = h->ranges.v;
    r->status = 206;
    if (h->ranges.n > 1)
        return write_heads(h, q, r);
    h->bytes = x->n;
    sg_http_header(r, "Content-Range",
                   sg_arena_printf(q->arena, "bytes %llu-%llu/%llu", (unsigned long long)x->from,
                                   (unsigned long long)(x->from + x->n - 1),
                                   (unsigned long long)h->c.bytes));
    return true;
}

static int fill(struct http_content *h, struct sg_http_request *q, struct sg_http_response *r,
                const struct sg_conditions *said)
{
    struct sg_str range = sg_http_request_header(q, "Range");
    bool counts = range.p && sg_str_eq(q->method, SG_STR("GET")) &&
                  sg_conditions_range(said, h->c.etag, h->c.modified_s);
    switch (sg_ranges_read(counts ? range : SG_STR_NONE, h->c.bytes, &h->ranges)) {
    case SG_RANGES_OUTSIDE:
        sg_http_header(r, "Content-Range",
                       sg_arena_printf(q->arena, "bytes */%llu", (unsigned long long)h->c.bytes));
        return 416;
    case SG_RANGES_SOME:
        return write_range(h, q, r) ? 0 : 503;
    case SG_RANGES_NONE:
    default:
        h->ranges = (struct sg_ranges){.v = {{0, h->c.bytes}}, .n = 1};
        h->bytes = h->c.bytes;
        r->status = 200;
        return 0;
    }
}

static void say(struct sg_http_request *q, struct sg_http_response *r,
                const struct sg_http_content *c)
{
    char date[SG_HTTP_DATE];
    sg_http_header(r, "Accept-Ranges", SG_STR("bytes"));
    sg_http_header(r, "ETag", c->etag);
    if (!c->modified_s)
        return;
    sg_http_date(c->modified_s, date);
    sg_http_header(r, "Last-Modified", sg_arena_copy(q->arena, sg_str(date)));
}

static void refuse(struct sg_http_request *q, struct sg_http_response *r, int status)
{
    if (status == 304) {
        r->status = 304;
        return;
    }
    sg_http_header(r, "Cache-Control", SG_STR("no-store")); /* instead of the content's own */
    sg_problem_status(q, r, status,
                      status == 412   ? "it is not the one that was asked for"
                      : status == 416 ? "none of the ranges lies within it"
                                      : "no memory for it");
}

void sg_http_content(struct sg_http_request *q, struct sg_http_response *r,
                     const struct sg_http_content *c)
{
    struct http_content *h = calloc(1, sizeof *h);
    struct sg_conditions said = {
        .match = sg_http_request_header(q, "If-Match"),
        .none_match = sg_http_request_header(q, "If-None-Match"),
        .range = sg_http_request_header(q, "If-Range"),
        .modified = sg_http_request_header(q, "If-Modified-Since"),
        .unmodified = sg_http_request_header(q, "If-Unmodified-Since"),
    };
    if (!h) {
        if (c->fd >= 0)
            close(c->fd);
        if (c->free)
            c->free(c->ctx);
        refuse(q, r, 503);
        return;
    }
    h->c = *c;
    r->content_type = c->content_type;
    say(q, r, c);
    int status = sg_conditions_judge(&said, c->etag, c->modified_s);
    if (!status)
        status = fill(h, q, r, &said);
    if (!status) {
        r->content = h;
        return;
    }
    http_content_free(h);
    refuse(q, r, status);
}
