/* multipart.c - see multipart.h. */
#include "api/http/multipart.h"
#include "api/http/parts.h"
#include <stdlib.h>
#include <strings.h>
#include <xxhash.h>

/* A part's headers and a piece of its value must each fit. */
enum { BUFFER = 64 << 10 };

struct sg_multipart {
    struct MHD_PostProcessor *reader;
    sg_multipart_fn fn;
    void *ctx;
    int parts;
    bool stopped;
    uint64_t empty; /* hash of the names of a part of which nothing has come yet; 0: none */
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

/* The type alone, and whether a boundary follows: of one character the reader takes none. */
static int check(struct sg_str type, struct sg_error *e)
{
    static const char wanted[] = "multipart/form-data";
    size_t n = sizeof wanted - 1;
    if (type.n < n || strncasecmp(type.p, wanted, n) != 0 ||
        (type.n > n && !strchr("; \t", type.p[n])))
        return sg_fail(e, SG_EMEDIA, "expected Content-Type: multipart/form-data");
    const char *at = memmem(type.p + n, type.n - n, "boundary=", 9);
    size_t left = at ? type.n - (size_t)(at + 9 - type.p) : 0;
    if (left < 2 || left > 200 || at[9] == ';')
        return sg_fail_field(e, "Content-Type", "Content-Type: has no boundary");
    return 0;
}

int sg_multipart_open(struct sg_multipart **out, const struct sg_http_request *q,
                      sg_multipart_fn fn, void *ctx, struct sg_error *e)
{
    const struct http_exchange *x =
        (const void *)((const char *)q - offsetof(struct http_exchange, request));
    int rc = check(sg_http_request_header(q, "Content-Type"), e);
    if (rc)
        return rc;
    struct sg_multipart *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "multipart");
    *m = (struct sg_multipart){.fn = fn, .ctx = ctx};
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

int sg_multipart_put(struct sg_multipart *m, struct sg_str bytes, struct sg_error *e)
{
    return MHD_post_process(m->reader, bytes.p, bytes.n) == MHD_YES && !m->stopped ? 0 : why(m, e);
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
