/* multipart.c - see multipart.h.
 *
 * The reader takes as boundary whatever follows "boundary=", in small letters, to the end of the
 * line, and nothing after the last boundary. So it is given the parameter alone, spelled as it
 * wants it, and the body up to there.
 */
#include "api/http/multipart.h"
#include "api/http/parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <xxhash.h>

/* A part's headers and a piece of its value must each fit. */
enum { BUFFER = 64 << 10, BOUNDARY_MAX = 200 };

static const char form_data[] = "multipart/form-data";

struct sg_multipart {
    struct MHD_PostProcessor *reader;
    sg_multipart_fn fn;
    void *ctx;
    int parts;
    bool stopped;
    uint64_t empty; /* hash of the names of a part of which nothing has come yet; 0: none */
    char close[BOUNDARY_MAX + 8];                   /* a line's end, the last boundary */
    size_t close_n, matched;                        /* as much of it has just come */
    enum { ON_ITS_LINE, AT_ITS_END, BEHIND } after; /* matched all: where in what follows */
};

/* The reader may tell a part of which it has no bytes yet, and then begin it again. (So a field
 * that is told twice, empty first, is taken for one.) */
static bool is_first(struct sg_multipart *m, struct sg_str name, struct sg_str filename,
                     uint64_t at, size_t n)
{
    uint64_t names = XXH3_64bits_withSeed(filename.p ? filename.p : "", filename.n,
                                          XXH3_64bits(name.p ? name.p : "", name.n)) |
                     1;
    bool again = at == 0 && m->empty == names;
    m->empty = at == 0 && n == 0 ? names : 0;
    return at == 0 && !again;
}

static enum MHD_Result take(void *ctx, enum MHD_ValueKind kind, const char *name,
                            const char *filename, const char *type, const char *coding,
                            const char *bytes, uint64_t at, size_t n)
{
    struct sg_multipart *m = ctx;
    struct sg_multipart_piece piece = {.name = sg_str(name),
                                       .filename = sg_str(filename),
                                       .first = is_first(m, sg_str(name), sg_str(filename), at, n),
                                       .bytes = {bytes, n}};
    (void)kind;
    (void)type;
    (void)coding;
    m->parts += piece.first;
    m->stopped = m->stopped || m->parts > SG_MULTIPART_PARTS || !m->fn(m->ctx, &piece);
    return m->stopped ? MHD_NO : MHD_YES;
}

/* Takes "name=value" or "name" off the front of what follows a semicolon. False: a quoted value
 * without end, or with an escape, which no boundary has a use for. */
static bool take_parameter(struct sg_str *left, struct sg_str *name, struct sg_str *value)
{
    while (left->n && strchr("; \t", *left->p))
        left->p++, left->n--;
    size_t n = 0;
    while (n < left->n && left->p[n] != '=' && left->p[n] != ';')
        n++;
    bool has_value = n < left->n && left->p[n] == '=';
    *name = (struct sg_str){left->p, n};
    n += has_value;
    *left = (struct sg_str){left->p + n, left->n - n};
    bool quoted = has_value && left->n && *left->p == '"';
    left->p += quoted;
    left->n -= quoted;
    const char *end = memchr(left->p, quoted ? '"' : ';', left->n);
    *value = (struct sg_str){left->p, end ? (size_t)(end - left->p) : left->n};
    *left = (struct sg_str){left->p + value->n, left->n - value->n};
    if (quoted) {
        bool good = end && !memchr(value->p, '\\', value->n);
        left->p += end != NULL;
        left->n -= end != NULL;
        return good && (!left->n || strchr("; \t", *left->p));
    }
    while (value->n && strchr(" \t", value->p[value->n - 1]))
        value->n--;
    return has_value || !value->n;
}

/* RFC 9110 section 5.6.6: names in any letters. NONE: it has none, or two. Of one character the
 * reader takes none. */
static struct sg_str boundary_of(struct sg_str parameters)
{
    struct sg_str name, value, found = SG_STR_NONE;
    while (parameters.n) {
        if (!take_parameter(&parameters, &name, &value))
            return SG_STR_NONE;
        if (!http_same(name, SG_STR("boundary")))
            continue;
        if (found.p || value.n < 2 || value.n > BOUNDARY_MAX || memchr(value.p, '"', value.n))
            return SG_STR_NONE;
        found = value;
    }
    return found;
}

static int check(struct sg_str type, struct sg_str *boundary, struct sg_error *e)
{
    size_t n = sizeof form_data - 1;
    if (type.n < n || strncasecmp(type.p, form_data, n) != 0 ||
        (type.n > n && !strchr("; \t", type.p[n])))
        return sg_fail(e, SG_EMEDIA, "expected Content-Type: multipart/form-data");
    *boundary = boundary_of((struct sg_str){type.p + n, type.n - n});
    return boundary->p ? 0
                       : sg_fail_field(e, "Content-Type", "Content-Type: has no boundary, or two");
}

/* Where libmicrohttpd keeps the header, which nothing else reads of a form: what was told in more
 * letters has room for it. */
static void spell(struct sg_str type, struct sg_str boundary)
{
    static const char name[] = ";boundary=";
    char *to = (char *)type.p + sizeof form_data - 1;
    memmove(to + sizeof name - 1, boundary.p, boundary.n);
    memcpy(to, name, sizeof name - 1);
    to[sizeof name - 1 + boundary.n] = '\0';
}

int sg_multipart_open(struct sg_multipart **out, const struct sg_http_request *q,
                      sg_multipart_fn fn, void *ctx, struct sg_error *e)
{
    const struct http_exchange *x =
        (const void *)((const char *)q - offsetof(struct http_exchange, request));
    struct sg_str type = sg_http_request_header(q, "Content-Type"), boundary = SG_STR_NONE;
    int rc = check(type, &boundary, e);
    if (rc)
        return rc;
    struct sg_multipart *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "multipart");
    *m = (struct sg_multipart){.fn = fn, .ctx = ctx, .matched = 2}; /* it begins a line */
    m->close_n = (size_t)snprintf(m->close, sizeof m->close, "\r\n--%.*s--", SG_FMT(boundary));
    spell(type, boundary);
    m->reader = MHD_create_post_processor(x->connection, BUFFER, take, m);
    if (!m->reader) {
        free(m);
        return sg_fail_field(e, "Content-Type", "Content-Type: has no boundary");
    }
    *out = m;
    return 0;
}

static int why(const struct sg_multipart *m, struct sg_error *e)
{
    if (m->parts > SG_MULTIPART_PARTS)
        return sg_fail(e, SG_ELIMIT, "more than %d parts", SG_MULTIPART_PARTS);
    if (m->stopped)
        return SG_ECANCELED;
    return sg_fail(e, SG_EINVAL, "the form cannot be read: malformed multipart/form-data");
}

/* How many bytes there are up to the end of the last boundary, or in all. */
static size_t up_to_close(struct sg_multipart *m, struct sg_str bytes)
{
    size_t i = 0;
    while (i < bytes.n && m->matched < m->close_n) {
        if (!m->matched) {
            const char *cr = memchr(bytes.p + i, '\r', bytes.n - i);
            if (!cr)
                return bytes.n;
            i = (size_t)(cr - bytes.p);
        }
        char c = bytes.p[i++]; /* what is looked for has one '\r', its first */
        m->matched = c == m->close[m->matched] ? m->matched + 1 : c == '\r';
    }
    return i;
}

/* Spaces, a line's end, and then whatever it may be: RFC 2046 section 5.1.1. */
static bool is_epilogue(struct sg_multipart *m, struct sg_str bytes)
{
    for (size_t i = 0; i < bytes.n && m->after != BEHIND; i++) {
        char c = bytes.p[i];
        if (c == '\n')
            m->after = BEHIND;
        else if (c == '\r' && m->after == ON_ITS_LINE)
            m->after = AT_ITS_END;
        else if ((c != ' ' && c != '\t') || m->after == AT_ITS_END)
            return false;
    }
    return true;
}

int sg_multipart_put(struct sg_multipart *m, struct sg_str bytes, struct sg_error *e)
{
    size_t n = up_to_close(m, bytes);
    if (n && (MHD_post_process(m->reader, bytes.p, n) != MHD_YES || m->stopped))
        return why(m, e);
    return is_epilogue(m, (struct sg_str){bytes.p + n, bytes.n - n}) ? 0 : why(m, e);
}

int sg_multipart_end(struct sg_multipart *m, struct sg_error *e)
{
    int rc = MHD_destroy_post_processor(m->reader) == MHD_YES && !m->stopped ? 0 : why(m, e);
    free(m);
    return rc;
}

void sg_multipart_free(struct sg_multipart *m)
{
    if (m)
        MHD_destroy_post_processor(m->reader);
    free(m);
}
