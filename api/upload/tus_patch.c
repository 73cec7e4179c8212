/* tus_patch.c - PATCH: bytes become an object of their own, as many as come. So do those that a
 * POST brings along.
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
#include <strings.h>

#define PART (32ll << 20)

struct patch {
    struct sg_uploads *s;
    struct tus_upload t; /* offset: where the part begins that is being written */
    char key[SG_OBJECT_KEY_MAX + 1];
    struct sg_object_put *put; /* NULL: none has begun */
    int64_t bytes;             /* of it */
    struct upload_digest digest;
    struct upload_hash *hash; /* NULL: no checksum was told */
    enum tus_taking how;
    bool lost; /* what came last does not count */
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

/* Nobody was told where it is. */
static void give_up(struct patch *x)
{
    struct sg_error e = SG_ERROR_INIT;
    if (upload_end(x->s, x->t.u.id, "cancelled", NULL, NULL, &e))
        sg_log(SG_LOG_INFO, "an upload that nobody knows is left to expire", "why=%s", e.text);
}

static void on_gone(void *ctx)
{
    struct patch *x = ctx;
    struct sg_error e = SG_ERROR_INIT;
    if (x->how == TUS_CREATES)
        give_up(x);
    else if (!x->lost && !x->hash && end_part(x, NULL, &e))
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
    bool whole = !rc && x->t.offset == x->t.declared;
    if (!rc)
        tus_headers(q, r, x->t.offset);
    if (!rc && !whole)
        sg_http_header(r, "Upload-Expires", x->t.expires);
    if (!rc && x->how == TUS_GOES_ON)
        r->status = 204;
    if (whole && tus_finish(x->s, q, r, x->t.u.id, &e) == 0) {
        patch_free(x);
        return;
    }
    if (rc) /* else whole, but too many wait: the keeper takes it up */
        tus_refuse(q, r, &e);
    if (rc && x->how == TUS_CREATES)
        give_up(x);
    patch_free(x);
    sg_route_end(q, r);
}

int tus_is_bytes(const struct sg_http_request *q, struct sg_error *e)
{
    static const char wanted[] = "application/offset+octet-stream";
    const size_t n = sizeof wanted - 1;
    struct sg_str type = sg_http_request_header(q, "Content-Type");
    if (type.n < n || strncasecmp(type.p, wanted, n) != 0 ||
        (type.n > n && !strchr("; \t", type.p[n])))
        return sg_fail(e, SG_EMEDIA, "expected Content-Type: %s", wanted);
    return 0;
}

static int read_offset(const struct sg_http_request *q, const struct tus_upload *t,
                       struct sg_error *e)
{
    uint64_t at;
    int rc = tus_is_bytes(q, e);
    if (rc)
        return rc;
    if (!sg_str_to_u64(sg_http_request_header(q, "Upload-Offset"), &at))
        return sg_fail_field(e, "Upload-Offset", "Upload-Offset: expected a number of bytes");
    if (at != (uint64_t)t->offset)
        return sg_fail(e, SG_ECONFLICT, "%lld bytes have come: go on there", (long long)t->offset);
    return 0;
}

static int read_digest(const struct sg_http_request *q, struct patch *x, struct sg_error *e)
{
    struct sg_str sum = sg_http_request_header(q, "Upload-Checksum");
    int rc = sum.p
                 ? upload_digest_tus(sum, &x->digest, e)
                 : upload_digest_header("Content-Digest",
                                        sg_http_request_header(q, "Content-Digest"), &x->digest, e);
    if (!rc && x->digest.algorithm && !(x->hash = upload_hash_new(x->digest.algorithm)))
        rc = sg_fail(e, SG_ENOMEM, "checksum");
    return rc;
}

bool tus_take(struct sg_uploads *s, struct sg_http_request *q, struct sg_http_response *r,
              const struct tus_upload *t, enum tus_taking how, struct sg_http_sink *out)
{
    struct sg_error e = SG_ERROR_INIT;
    struct patch *x = calloc(1, sizeof *x);
    int rc = x ? 0 : sg_fail(&e, SG_ENOMEM, "upload");
    if (!rc) {
        *x = (struct patch){.s = s, .t = *t, .how = how};
        rc = read_digest(q, x, &e);
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

bool sg_tus_patch(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                  struct sg_http_sink *out)
{
    struct sg_error e = SG_ERROR_INIT;
    struct tus_upload t;
    if (!tus_speaks(q, r))
        return false;
    int rc = tus_find(api->uploads, q, q->arena, sg_route_text(q, 0), &t, &e);
    if (!rc)
        rc = tus_is_open(&t, &e);
    if (!rc) {
        tus_headers(q, r, t.offset);
        rc = read_offset(q, &t, &e);
    }
    if (!rc)
        return tus_take(api->uploads, q, r, &t, TUS_GOES_ON, out);
    tus_refuse(q, r, &e);
    return false;
}
