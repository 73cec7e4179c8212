/* cors.c - see cors.h; and what answers say to such pages. */
#include "api/http/cors.h"
#include "api/http/parts.h"

/* RFC 6454 section 6.2: scheme, host, port; nothing behind. */
static bool is_origin(struct sg_str s)
{
    size_t scheme = sg_str_starts(s, SG_STR("https://"))  ? 8
                    : sg_str_starts(s, SG_STR("http://")) ? 7
                                                          : 0;
    if (!scheme || s.n == scheme)
        return false;
    for (size_t i = scheme; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c && strchr("-.:[]", c))))
            return false;
    }
    return true;
}

int sg_origins_read(struct sg_origins *out, struct sg_str text, struct sg_error *e)
{
    struct sg_origins read = {.n = 0};
    while (text.n) {
        size_t n = 0;
        while (n < text.n && text.p[n] != ' ' && text.p[n] != ',')
            n++;
        struct sg_str one = {text.p, n};
        n += n < text.n;
        text = (struct sg_str){text.p + n, text.n - n};
        if (sg_str_eq(one, SG_STR("*")))
            read.any = true;
        else if (one.n && !is_origin(one))
            return sg_fail(e, SG_EINVAL, "'%.*s' is no origin: SCHEME://HOST[:PORT] in lower case",
                           SG_FMT(one));
        else if (one.n && read.n == SG_ORIGINS_MAX)
            return sg_fail(e, SG_ELIMIT, "more than %d origins", SG_ORIGINS_MAX);
        else if (one.n)
            read.v[read.n++] = one;
    }
    *out = read;
    return 0;
}

bool sg_origins_hold(const struct sg_origins *o, struct sg_str origin)
{
    for (size_t i = 0; i < o->n; i++)
        if (sg_str_eq(o->v[i], origin))
            return true;
    return o->any && origin.n;
}

static struct sg_str header_of(const struct sg_http_response *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return SG_STR_NONE;
}

static const char exposed[] =
    "Accept-Ranges, Content-Length, Content-Range, ETag, Idempotent-Replayed, Link, Location, "
    "RateLimit, "
    "RateLimit-Policy, Retry-After, Segue-Consistency, Tus-Checksum-Algorithm, Tus-Extension, "
    "Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, Upload-Metadata, "
    "Upload-Offset, X-Request-Id, traceparent";

static void add_preflight(struct http_exchange *x, struct MHD_Response *m)
{
    struct sg_str allow = header_of(&x->response, "Allow");
    struct sg_str z = allow.p ? sg_arena_copy(&x->arena, allow) : SG_STR_NONE;
    if (z.p)
        MHD_add_response_header(m, "Access-Control-Allow-Methods", z.p);
    MHD_add_response_header(m, "Access-Control-Allow-Headers",
                            "Authorization, Content-Digest, Content-Type, Idempotency-Key, "
                            "If-Match, If-None-Match, If-Range, Range, Repr-Digest, "
                            "Segue-Consistency, Tus-Resumable, Upload-Checksum, Upload-Length, "
                            "Upload-Metadata, Upload-Offset, X-API-Key, "
                            "X-HTTP-Method-Override, X-Request-Id, traceparent, tracestate");
    MHD_add_response_header(m, "Access-Control-Max-Age", "7200");
}

void http_cors_add(struct http_exchange *x, struct MHD_Response *m)
{
    const struct sg_origins *o = x->server->o.origins;
    struct sg_str origin = http_field(&x->fields, SG_STR("Origin"));
    if (header_of(&x->response, "Access-Control-Allow-Origin").p) { /* the handler's own */
        MHD_add_response_header(m, "Access-Control-Expose-Headers", exposed);
        return;
    }
    if (!o || (!o->n && !o->any))
        return;
    if (!o->any) /* without an Origin too: a cache must not give that answer to a page */
        MHD_add_response_header(m, "Vary", "Origin");
    if (!origin.n || !sg_origins_hold(o, origin))
        return;
    struct sg_str z = o->any ? SG_STR("*") : sg_arena_copy(&x->arena, origin);
    if (!z.p)
        return;
    MHD_add_response_header(m, "Access-Control-Allow-Origin", z.p);
    MHD_add_response_header(m, "Access-Control-Expose-Headers", exposed);
    if (sg_str_eq(x->request.method, SG_STR("OPTIONS")) &&
        http_field(&x->fields, SG_STR("Access-Control-Request-Method")).p)
        add_preflight(x, m);
}
