/* tus_create.c - POST: an upload begins, and takes what bytes come along. */
#include "api/idempotency/idempotency.h"
#include "api/route.h"
#include "api/upload/handlers.h"
#include "api/upload/parts.h"
#include "api/upload/tus.h"

static int read_length(const struct sg_api *api, const struct sg_http_request *q,
                       struct tus_upload *t, struct sg_error *e)
{
    uint64_t n;
    int64_t most = api->config->upload.max_mb << 20;
    struct sg_str told = sg_http_request_header(q, "Upload-Length");
    if (!sg_str_to_u64(told, &n) || !n)
        return sg_fail_field(e, "Upload-Length",
                             "Upload-Length: expected the file's length in bytes, from 1");
    if (n > (uint64_t)most)
        return sg_fail(e, SG_ETOOLARGE, "a file has at most %lld bytes", (long long)most);
    t->declared = (int64_t)n;
    return 0;
}

static bool has_body(const struct sg_http_request *q)
{
    uint64_t n = 0;
    return sg_http_request_header(q, "Transfer-Encoding").p ||
           (sg_str_to_u64(sg_http_request_header(q, "Content-Length"), &n) && n);
}

static int read_all(struct sg_api *api, struct sg_http_request *q, struct tus_upload *t,
                    struct sg_error *e)
{
    struct sg_str told = sg_http_request_header(q, "Upload-Metadata");
    upload_name(&t->u);
    t->metadata = told.n ? sg_arena_copy(q->arena, told) : SG_STR_NONE;
    int rc = read_length(api, q, t, e);
    if (!rc)
        rc = upload_metadata(&t->u.fields, q->arena, told, e);
    return rc || !has_body(q) ? rc : tus_is_bytes(q, e);
}

static int create(struct sg_uploads *s, struct sg_http_request *q, struct tus_upload *t,
                  struct sg_error *e)
{
    struct sg_str id = sg_arena_copy(q->arena, sg_str(t->u.id));
    int rc = upload_resolve(s, q, &t->u, e);
    if (!rc)
        rc = upload_seal(s, &t->u, e);
    if (!rc)
        rc = tus_create(s, q, t, e);
    return rc ? rc : tus_find(s, q, q->arena, id, t, e);
}

/* An Idempotency-Key stands for the upload that is made, whatever of it came along. */
static void tell(struct sg_http_request *q, struct sg_http_response *r, const struct tus_upload *t)
{
    r->status = 201;
    sg_http_header(r, "Location", sg_arena_printf(q->arena, "/api/v1/upload/tus/%s", t->u.id));
    sg_http_header(r, "Upload-Expires", t->expires);
}

bool sg_tus_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   struct sg_http_sink *out)
{
    struct sg_error e = SG_ERROR_INIT;
    struct tus_upload t = {.offset = 0};
    if (!tus_speaks(q, r))
        return false;
    int rc = read_all(api, q, &t, &e);
    if (rc) {
        tus_refuse(q, r, &e);
        return false;
    }
    q->body = sg_arena_printf(q->arena, "%lld %.*s", (long long)t.declared, SG_FMT(t.metadata));
    if (!sg_idempotency_begin(api, q, r))
        return false;
    bool keyed = q->idempotent != NULL;
    rc = create(api->uploads, q, &t, &e);
    if (rc) {
        tus_refuse(q, r, &e);
        sg_idempotency_end(api, q, r, r->status);
        return false;
    }
    bool takes = tus_take(api->uploads, q, r, &t, keyed ? TUS_CREATES_FOR_LATER : TUS_CREATES, out);
    if (takes)
        tell(q, r, &t);
    else
        upload_end(api->uploads, t.u.id, "cancelled", NULL, NULL, &e); /* else it expires */
    sg_idempotency_end(api, q, r, r->status);
    return takes;
}
