/* coding.c - see coding.h. */
#include "api/http/coding.h"
#include <stdlib.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

const char *const sg_coding_names[] = {NULL, "gzip", "zstd"};

static struct sg_str trim(struct sg_str s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = (struct sg_str){s.p + 1, s.n - 1};
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* Takes what is before the separator off s. */
static struct sg_str take(struct sg_str *s, char separator)
{
    const char *end = s->n ? memchr(s->p, separator, s->n) : NULL;
    struct sg_str one = {s->p, end ? (size_t)(end - s->p) : s->n};
    size_t skip = one.n + (end ? 1 : 0);
    *s = (struct sg_str){s->p + skip, s->n - skip};
    return trim(one);
}

static bool is(struct sg_str s, const char *name)
{
    return s.n == strlen(name) && strncasecmp(s.p, name, s.n) == 0;
}

/* q in thousandths; what is no q-value counts as 0. */
static int quality(struct sg_str params)
{
    while (params.n) {
        struct sg_str one = take(&params, ';');
        double q;
        if (one.n < 3 || (one.p[0] | 32) != 'q' || one.p[1] != '=')
            continue;
        struct sg_str value = {one.p + 2, one.n - 2};
        return value.n <= 5 && sg_str_to_f64(value, &q) && q >= 0 && q <= 1 ? (int)(q * 1000) : 0;
    }
    return 1000;
}

enum sg_coding sg_coding_choose(struct sg_str accept)
{
    int gzip = -1, zstd = -1, any = 0;
    while (accept.n) {
        struct sg_str params = take(&accept, ',');
        struct sg_str name = take(&params, ';');
        int q = quality(params);
        if (is(name, "gzip") || is(name, "x-gzip"))
            gzip = q;
        else if (is(name, "zstd"))
            zstd = q;
        else if (is(name, "*"))
            any = q;
    }
    gzip = gzip < 0 ? any : gzip;
    zstd = zstd < 0 ? any : zstd;
    if (zstd > 0 && zstd >= gzip)
        return SG_CODING_ZSTD;
    return gzip > 0 ? SG_CODING_GZIP : SG_CODING_NONE;
}

bool sg_coding_pays(const char *type)
{
    static const char *const kinds[] = {"text/",
                                        "application/json",
                                        "application/problem+json",
                                        "application/manifest+json",
                                        "application/xspf+xml",
                                        "application/xml",
                                        "application/vnd.apple.mpegurl",
                                        "audio/x-mpegurl",
                                        "image/svg+xml",
                                        "application/jspf+json"};
    for (size_t i = 0; type && i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(type, kinds[i], strlen(kinds[i])) == 0)
            return strcmp(type, "text/event-stream") != 0;
    return false;
}

void sg_coder_free(struct sg_coder *c)
{
    if (c->gzip)
        deflateEnd(c->gzip);
    free(c->gzip);
    ZSTD_freeCCtx(c->zstd);
    *c = (struct sg_coder){NULL, NULL};
}

enum { GZIP_LEVEL = 5, GZIP_SMALL = 9, ZSTD_LEVEL = 3, ZSTD_SMALL = 15 };

static bool gzip_ready(struct sg_coder *c)
{
    if (c->gzip)
        return deflateReset(c->gzip) == Z_OK;
    z_stream *z = calloc(1, sizeof *z);
    if (z && deflateInit2(z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(z);
        z = NULL;
    }
    c->gzip = z;
    return z != NULL;
}

static bool run_gzip(struct sg_coder *c, struct sg_str in, bool small, struct sg_buf *out)
{
    if (in.n > UINT32_MAX / 2 || !gzip_ready(c))
        return false;
    z_stream *z = c->gzip;
    size_t room = deflateBound(z, in.n);
    char *to = sg_buf_reserve(out, room);
    if (!to)
        return false;
    z->next_out = (Bytef *)to;
    z->avail_out = (uInt)room;
    z->next_in = (Bytef *)in.p;
    z->avail_in = (uInt)in.n;
    if (deflateParams(z, small ? GZIP_SMALL : GZIP_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(z, Z_FINISH) != Z_STREAM_END)
        return false;
    out->n += room - z->avail_out;
    return true;
}

static bool run_zstd(struct sg_coder *c, struct sg_str in, bool small, struct sg_buf *out)
{
    if (!c->zstd)
        c->zstd = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(in.n);
    char *to = c->zstd ? sg_buf_reserve(out, room) : NULL;
    if (!to)
        return false;
    size_t n = ZSTD_compressCCtx(c->zstd, to, room, in.p, in.n, small ? ZSTD_SMALL : ZSTD_LEVEL);
    if (ZSTD_isError(n))
        return false;
    out->n += n;
    return true;
}

bool sg_coder_run(struct sg_coder *c, enum sg_coding coding, struct sg_str in, bool small,
                  struct sg_buf *out)
{
    return coding == SG_CODING_GZIP ? run_gzip(c, in, small, out) : run_zstd(c, in, small, out);
}

struct sg_str sg_coding_tag(struct sg_str etag, enum sg_coding coding, struct sg_arena *a)
{
    if (etag.n < 2 || etag.p[etag.n - 1] != '"')
        return etag;
    return sg_arena_printf(a, "%.*s-%s\"", (int)etag.n - 1, etag.p, sg_coding_names[coding]);
}

struct sg_str sg_coding_untag(struct sg_str told, struct sg_arena *a)
{
    bool tagged =
        told.n && (memmem(told.p, told.n, "-gzip\"", 6) || memmem(told.p, told.n, "-zstd\"", 6));
    char *to = tagged ? sg_arena_alloc(a, told.n + 1) : NULL;
    size_t n = 0;
    if (!to)
        return told;
    for (size_t i = 0; i < told.n; i++) {
        if (told.n - i >= 6 &&
            (memcmp(told.p + i, "-gzip\"", 6) == 0 || memcmp(told.p + i, "-zstd\"", 6) == 0))
            i += 5;
        to[n++] = told.p[i];
    }
    return (struct sg_str){to, n};
}
