/* etag.c - see etag.h. */
#include "api/catalogue/etag.h"
#include <xxhash.h>

void sg_etag_put(struct sg_http_request *q, struct sg_http_response *r, uint64_t version)
{
    struct sg_str tag = sg_arena_printf(q->arena, "\"%llu-%016llx\"", (unsigned long long)version,
                                        (unsigned long long)XXH3_64bits(r->body.p, r->body.n));
    if (tag.p)
        sg_http_header(r, "ETag", tag);
}

/* What stands before the dash of "VERSION-HASH", quotes off. */
static bool is_version(struct sg_str tag, uint64_t version)
{
    const char *dash = memchr(tag.p, '-', tag.n);
    uint64_t told;
    return sg_str_to_u64((struct sg_str){tag.p, dash ? (size_t)(dash - tag.p) : tag.n}, &told) &&
           told == version;
}

static struct sg_str skip_spaces(struct sg_str s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t' || *s.p == ','))
        s = (struct sg_str){s.p + 1, s.n - 1};
    return s;
}

bool sg_etag_matches(struct sg_str s, uint64_t version)
{
    s = skip_spaces(s);
    if (s.n && *s.p == '*')
        return true;
    while (s.n) {
        bool weak = s.n >= 2 && s.p[0] == 'W' && s.p[1] == '/';
        s = weak ? (struct sg_str){s.p + 2, s.n - 2} : s;
        const char *end = s.n && *s.p == '"' ? memchr(s.p + 1, '"', s.n - 1) : NULL;
        if (!end)
            return false;
        if (!weak && is_version((struct sg_str){s.p + 1, (size_t)(end - s.p - 1)}, version))
            return true;
        s = skip_spaces((struct sg_str){end + 1, s.n - (size_t)(end + 1 - s.p)});
    }
    return false;
}

int sg_etag_check(struct sg_http_request *q, uint64_t version, struct sg_error *e)
{
    struct sg_str told = sg_http_request_header(q, "If-Match");
    if (!told.p || sg_etag_matches(told, version))
        return 0;
    return sg_fail(e, SG_ECHANGED, "the present version is %llu; read it again and repeat the edit",
                   (unsigned long long)version);
}
