/* archive.c - see archive.h. */
#include "api/accounts/archive.h"
#include "core/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define BLOCK 512
#define CHUNK (64u << 10)

struct archive {
    z_stream z;
    struct sg_buf *out;
};

int archive_open(struct archive **a, struct sg_buf *out, struct sg_error *e)
{
    struct archive *x = calloc(1, sizeof *x);
    if (!x)
        return sg_fail(e, SG_ENOMEM, "archive");
    x->out = out;
    /* 16: a gzip header around it. */
    if (deflateInit2(&x->z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(x);
        return sg_fail(e, SG_ENOMEM, "archive");
    }
    *a = x;
    return 0;
}

static int write_bytes(struct archive *x, const void *bytes, size_t n, int flush,
                       struct sg_error *e)
{
    int rc;
    x->z.next_in = (Bytef *)(uintptr_t)bytes;
    x->z.avail_in = (uInt)n;
    do {
        char *to = sg_buf_reserve(x->out, CHUNK);
        if (!to)
            return sg_fail(e, SG_ENOMEM, "archive");
        x->z.next_out = (Bytef *)to;
        x->z.avail_out = CHUNK;
        rc = deflate(&x->z, flush);
        x->out->n += CHUNK - x->z.avail_out;
        if (x->out->n > ARCHIVE_MAX)
            return sg_fail(e, SG_ELIMIT, "the archive is larger than %u MiB", ARCHIVE_MAX >> 20);
    } while (x->z.avail_in || (flush == Z_FINISH && rc == Z_OK));
    return 0;
}

/* POSIX.1-1988 ustar. */
static void make_header(char h[BLOCK], const char *name, size_t size)
{
    unsigned sum = 0;
    memset(h, 0, BLOCK);
    snprintf(h, 100, "%s", name);
    snprintf(h + 100, 8, "%07o", 0600u);
    snprintf(h + 108, 8, "%07o", 0u);
    snprintf(h + 116, 8, "%07o", 0u);
    snprintf(h + 124, 12, "%011llo", (unsigned long long)size);
    snprintf(h + 136, 12, "%011llo", (unsigned long long)(sg_wall_us() / 1000000));
    memset(h + 148, ' ', 8);
    h[156] = '0';
    memcpy(h + 257, "ustar\00000", 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
}

int archive_put(struct archive *x, const char *name, struct sg_str bytes, struct sg_error *e)
{
    static const char zeros[BLOCK];
    char header[BLOCK];
    make_header(header, name, bytes.n);
    int rc = write_bytes(x, header, BLOCK, Z_NO_FLUSH, e);
    if (!rc && bytes.n)
        rc = write_bytes(x, bytes.p, bytes.n, Z_NO_FLUSH, e);
    size_t rest = bytes.n % BLOCK;
    return rc || !rest ? rc : write_bytes(x, zeros, BLOCK - rest, Z_NO_FLUSH, e);
}

int archive_close(struct archive *x, struct sg_error *e)
{
    static const char end[2 * BLOCK];
    int rc = write_bytes(x, end, sizeof end, Z_FINISH, e);
    deflateEnd(&x->z);
    free(x);
    return rc;
}
