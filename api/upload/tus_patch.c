/* tus_patch.c - PATCH: bytes become an object of their own, as many as come.
 *
 * A long PATCH is cut into parts, so that at most PART bytes are lost when this process is killed;
 * one whose checksum is told is one part, as it counts whole or not at all.
 */
#include "api/problem.h"
#include "api/route.h"
#include "api/upload/handlers.h"
#include "api/upload/parts.h"
#include "api/upload/tus.h"
#include "core/log.h"
#include <stdlib.h>

#define PART (32ll << 20)

struct patch {
    struct sg_uploads *s;
    struct tus_upload t; /* offset: where the part begins that is being written */
    char key[SG_OBJECT_KEY_MAX + 1];
    struct sg_object_put *put; /* NULL: none has begun */
    int64_t bytes;             /* of it */
    struct upload_digest digest;
    struct upload_hash *hash; /* NULL: no checksum was told */
    bool lost;                /* what came last does not count */
};

static void patch_free(struct patch *x)
{
    sg_object_abort(x->put);
    upload_hash_free(x->hash);
    free(x);
}

/* q NULL: the client has left. */
static int end_part(struct patch *x, struct sg_http_request *q, struct sg_error *e)
{
    struct sg_object_put *put = x->put;
    struct sg_error at = SG_ERROR_INIT;
    if (!put)
        return 0;
    x->put = NULL;
    int rc = sg_object_commit(put, NULL, e);
    if (!rc)
        rc = tus_add_part(x->s, q, &x->t, x->key, x->bytes, e);
    if (rc == SG_ECONFLICT)
        sg_objects_delete(x->s->objects, x->key, &at); /* else the sweep does */
    if (rc)
        return rc;
    x->t.offset += x->bytes;
    x->bytes = 0;
    return 0;
}

static int take(struct patch *x, struct sg_http_request *q, struct sg_str bytes, struct sg_error *e)
{
    int rc = 0;
    if ((int64_t)bytes.n > x->t.declared - x->t.offset - x->bytes)
        return sg_fail(e, SG_ETOOLARGE, "these are more bytes than Upload-Length said");
    if (!x->put) {
        upload_key(&x->t.u, x->key);
        rc = sg_objects_put(x->s->objects, x->key, "application/octet-stream",
                            upload_seal_of(&x->t.u), 0, &x->put, e);
    }
    if (!rc)
        rc = sg_object_write(x->put, bytes, e);
    if (rc)
        return rc;
    x->bytes += (int64_t)bytes.n;
    if (x->hash)
        upload_hash_put(x->hash, bytes);
    return x->bytes >= PART && !x->hash ? end_part(x, q, e) : 0;
}

static bool on_write(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                     struct sg_str bytes)
{
    struct patch *x = ctx;
    struct sg_error e = SG_ERROR_INIT;
    if (!take(x, q, bytes, &e))
        return true;
    x->lost = true;
    tus_refuse(q, r, &e);
    return false;
}

static void on_gone(void *ctx)
{
    struct patch *x = ctx;
    struct sg_error e = SG_ERROR_INIT;
    if (!x->lost && !x->hash && end_part(x, NULL, &e))
        sg_log(SG_LOG_INFO, "what came of a broken upload is not kept", "why=%s", e.text);
    patch_free(x);
}

static int end(struct patch *x, struct sg_http_request *q, struct sg_error *e)
{
    struct upload_hash *hash = x->hash;
    x->hash = NULL;
    if (hash && !upload_hash_is(hash, &x->digest))
        return sg_fail_kind(e, SG_EINVAL, "checksum-mismatch",
                            "the bytes that came have another checksum");
    return end_part(x, q, e);
}

/* When all has come, whoever finishes it answers. */
static void on_end(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    struct patch *x = ctx;
    struct sg_error e = SG_ERROR_INIT;
    int rc = end(x, q, &e);
    if (!rc)
        tus_headers(q, r, x->t.offset);
    bool whole = !rc && x->t.offset == x->t.declared;
    if (whole && tus_finish(x->s, q, r, x->t.u.id, &e) == 0) {
        patch_free(x);
        return;
    }
    if (rc)
        tus_refuse(q, r, &e);
    else
        r->status = 204; /* whole, but too many wait: the keeper takes it up */
    patch_free(x);
    sg_route_end(q, r);
}

static int read_headers(const struct sg_http_request *q, struct patch *x, struct sg_error *e)
{
    uint64_t at;
    struct sg_str sum = sg_http_request_header(q, "Upload-Checksum");
    if (!sg_str_eq(sg_http_request_header(q, "Content-Type"),
                   SG_STR("application/offset+octet-stream")))
        return sg_fail(e, SG_EMEDIA, "expected Content-Type: application/offset+octet-stream");
    if (!sg_str_to_u64(sg_http_request_header(q, "Upload-Offset"), &at))
        return sg_fail_field(e, "Upload-Offset", "Upload-Offset: expected a number of bytes");
    if (at != (uint64_t)x->t.offset)
        return sg_fail(e, SG_ECONFLICT, "%lld bytes have come: go on there",
                       (long long)x->t.offset);
    if (!sum.p)
        return upload_digest_header("Content-Digest", sg_http_request_header(q, "Content-Digest"),
                                    &x->digest, e);
    return upload_digest_tus(sum, &x->digest, e);
}

static int begin(struct patch *x, struct sg_http_request *q, struct sg_http_response *r,
                 struct sg_error *e)
{
    int rc = tus_find(x->s, q, q->arena, sg_route_text(q, 0), &x->t, e);
    if (!rc)
        rc = tus_is_open(&x->t, e);
    if (!rc)
        tus_headers(q, r, x->t.offset);
    if (!rc)
        rc = read_headers(q, x, e);
    if (!rc && x->digest.algorithm && !(x->hash = upload_hash_new(x->digest.algorithm)))
        rc = sg_fail(e, SG_ENOMEM, "checksum");
    return rc;
}

bool sg_tus_patch(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                  struct sg_http_sink *out)
{
    struct sg_error e = SG_ERROR_INIT;
    if (!tus_speaks(q, r))
        return false;
    struct patch *x = calloc(1, sizeof *x);
    int rc = x ? 0 : sg_fail(&e, SG_ENOMEM, "upload");
    if (!rc) {
        x->s = api->uploads;
        rc = begin(x, q, r, &e);
    }
    if (rc) {
        tus_refuse(q, r, &e);
        if (x)
            patch_free(x);
        return false;
    }
    *out = (struct sg_http_sink){
        .ctx = x, .write = on_write, .end = on_end, .gone = on_gone, .keeps = true};
    return true;
}
