/* fuzz_tus.c - what tus's headers and digests say: the first byte tells which is read. */
#include "api/upload/digests.h"
#include "api/upload/fields.h"
#include <stdlib.h>

static struct sg_arena arena;

static void metadata(struct sg_str in)
{
    struct sg_error e = SG_ERROR_INIT;
    struct upload_fields f = {.seen = 0};
    if (upload_metadata(&f, &arena, in, &e))
        return;
    if ((f.title.p && (!f.title.n || memchr(f.title.p, 0, f.title.n))) ||
        !sg_str_is_utf8(f.title) ||
        memchr(f.filename.n ? f.filename.p : "x", '/', f.filename.n ? f.filename.n : 1))
        abort(); /* what is let through is fit to be kept */
}

static void digest(struct sg_str in, int which)
{
    struct sg_error e = SG_ERROR_INIT;
    struct upload_digest d = {.n = 0};
    int rc = which == 0   ? upload_digest_header("Content-Digest", in, &d, &e)
             : which == 1 ? upload_digest_tus(in, &d, &e)
                          : upload_digest_hex("checksum", in, &d, &e);
    if (rc || !d.algorithm)
        return;
    struct upload_hash *h = upload_hash_new(d.algorithm);
    unsigned char made[UPLOAD_DIGEST_MAX];
    size_t n;
    if (!upload_hash_end(h, made, &n) || n != d.n)
        abort(); /* a digest has its algorithm's length */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct sg_str in = {(const char *)data + 1, size - 1};
    if (*data % 4 == 3)
        metadata(in);
    else
        digest(in, *data % 4);
    sg_arena_reset(&arena);
    return 0;
}
